//! What files look like: small, named for what they hold, and with nothing left lying about.

use crate::none;
use crate::tree::{Source, files, rust, top};

/// Files aim at 100 to 300 lines; past this, one holds more than one idea. There are no exceptions.
const MOST_LINES: usize = 600;

/// All that is seen at the top of the project; tooling hides in dotfiles.
const TOP: &[&str] = &[
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "mobile-bindings",
    "server",
    "sync-core",
    "tests",
];

/// What a run leaves behind, which git ignores.
const IGNORED: &[&str] = &["target", "doorstep-data", "doorstep.toml"];

/// Left lying about. Written in two halves, so that this page does not find itself.
const LEFTOVERS: &[&str] = &[
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("XX", "X:"),
    concat!("dbg", "!("),
    concat!("todo", "!("),
    concat!("unimplemented", "!("),
    concat!("#[al", "low("),
    concat!("#![al", "low("),
    // An ignored test says why: it is long, and `tests/run --full` runs it.
    concat!("#[ign", "ore]"),
];

fn problems(source: &Source) -> Vec<String> {
    let Source { path, text } = source;
    let mut problems = Vec::new();
    let lines = text.lines().count();
    if lines > MOST_LINES {
        problems.push(format!("{path} has {lines} lines, at most {MOST_LINES}: split it by idea"));
    }
    for (line, n) in text.lines().zip(1..) {
        let found = LEFTOVERS.iter().filter(|word| line.contains(**word));
        problems.extend(found.map(|word| format!("{path}:{n}: {word}")));
    }
    let name = path.rsplit('/').next().unwrap_or_default();
    if matches!(name, "mod.rs" | "utils.rs" | "util.rs" | "helpers.rs" | "common.rs" | "misc.rs") {
        problems.push(format!("{path}: name it for what it holds"));
    }
    problems
}

#[test]
fn files_are_small_and_finished() {
    let mut sources = rust();
    for ending in [".sql", ".toml", ".md"] {
        sources.extend(files("", ending));
    }
    none(&sources.iter().flat_map(problems).collect::<Vec<_>>());
}

#[test]
fn a_long_or_unfinished_file_is_found() {
    let problems = |path: &str, text: &str| problems(&Source { path: path.to_owned(), text: text.to_owned() });
    assert!(problems("server/src/flow.rs", &"\n".repeat(MOST_LINES)).is_empty());
    assert_eq!(problems("server/src/flow.rs", &"\n".repeat(MOST_LINES + 1)).len(), 1);
    assert_eq!(problems("server/src/utils.rs", "").len(), 1);
    for word in LEFTOVERS {
        assert_eq!(problems("server/src/flow.rs", &format!("    {word} later")).len(), 1, "{word}");
    }
}

#[test]
fn the_top_of_the_project_is_a_table_of_contents() {
    let entries = std::fs::read_dir(top()).unwrap();
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.retain(|name| !name.starts_with('.') && !IGNORED.contains(&name.as_str()));
    names.sort();
    assert_eq!(names, TOP);
}
