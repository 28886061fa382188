//! Tidy: what must stay true of the tree itself. Layers, sizes, lists, words, licences, and that the pages tell the
//! truth. Each check is a function from text to problems, and each is shown a planted problem that it must find.

mod commands;
mod layers;
mod licences;
mod lists;
mod pages;
mod purity;
mod shape;
mod tree;
mod words;

/// Fails with every problem on a line of its own.
#[track_caller]
fn none(problems: &[String]) {
    assert!(problems.is_empty(), "\n{}\n", problems.join("\n"));
}
