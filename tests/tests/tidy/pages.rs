//! The pages tell the truth: links lead somewhere, files that are named exist, commands that are shown are understood.

use crate::none;
use crate::tree::{Source, files, text, top};

/// The targets of Markdown links that lead into the project, without their anchors.
fn links(page: &Source) -> Vec<String> {
    let targets = page.text.split("](").skip(1).filter_map(|rest| Some(rest.split_once(')')?.0));
    let inside = targets.filter(|target| !target.contains("://") && !target.starts_with('#'));
    inside.map(|target| target.split('#').next().unwrap_or_default().to_owned()).collect()
}

/// What stands in backquotes, outside blocks of code.
fn quoted(page: &str) -> Vec<&str> {
    page.split("```").step_by(2).flat_map(|prose| prose.split('`').skip(1).step_by(2)).collect()
}

/// Paths in backquotes: from the top of the project, and with a folder and an ending, or a `/` at the end.
fn paths(page: &str) -> Vec<&str> {
    let folders = ["sync-core/", "server/", "mobile-bindings/", "tests/", ".ci/"];
    quoted(page).into_iter().filter(|word| folders.iter().any(|folder| word.starts_with(folder))).collect()
}

fn problems(page: &Source) -> Vec<String> {
    let here = page.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut problems = Vec::new();
    for link in links(page) {
        if !top().join(here).join(&link).exists() {
            problems.push(format!("{}: the link {link} leads nowhere", page.path));
        }
    }
    for path in paths(&page.text) {
        // A name to be filled in: `sync-core/src/event/NAME.rs` stands for any file there.
        let exists = match path.split_once("NAME") {
            Some((folder, ending)) => files(folder, ending).len() > 1,
            None => top().join(path).exists(),
        };
        if !exists {
            problems.push(format!("{}: there is no {path}", page.path));
        }
    }
    problems
}

#[test]
fn pages_name_what_exists() {
    none(&files("", ".md").iter().flat_map(problems).collect::<Vec<_>>());
}

#[test]
fn the_architecture_names_every_module_of_the_core_and_holds_the_walkthroughs() {
    let page = text("sync-core/ARCHITECTURE.md");
    let mut problems = Vec::new();
    for line in text("sync-core/src/lib.rs").lines() {
        if let Some(module) = line.strip_prefix("pub mod ").and_then(|rest| rest.strip_suffix(';'))
            && !page.contains(&format!("`{module}`"))
        {
            problems.push(format!("ARCHITECTURE.md does not say what `{module}` is for"));
        }
    }
    for heading in
        ["Follow one inspection", "Add an event kind", "Add an entity kind", "Add a rule", "What is not there"]
    {
        if !page.lines().any(|line| line.trim_start_matches('#').trim() == heading) {
            problems.push(format!("ARCHITECTURE.md has no “{heading}”"));
        }
    }
    none(&problems);
}

#[test]
fn decisions_have_a_number_and_say_why() {
    let mut numbers = Vec::new();
    for page in files("sync-core/decisions", ".md") {
        let name = page.path.rsplit('/').next().unwrap_or_default();
        let number = name.split('-').next().unwrap_or_default();
        assert!(
            number.len() == 4 && number.bytes().all(|digit| digit.is_ascii_digit()),
            "{name} begins with its number"
        );
        assert!(page.text.starts_with(&format!("# {number} ")), "{name} begins with its number and what was decided");
        for part in ["Context", "Decision", "Consequences"] {
            let said = page.text.contains(&format!("\n## {part}\n")) || page.text.contains(&format!("\n**{part}.** "));
            assert!(said, "{name} has no “{part}”");
        }
        numbers.push(number.to_owned());
    }
    let mut unique = numbers.clone();
    unique.dedup();
    assert_eq!(numbers, unique, "two decisions have one number");
}

#[test]
fn a_page_that_lies_is_found() {
    let page = |text: &str| Source { path: "sync-core/ARCHITECTURE.md".to_owned(), text: text.to_owned() };
    for (text, count) in [
        ("[the readme](../README.md#limits), [elsewhere](https://example.org/x)", 0),
        ("[the readme](README.md)", 1),
        ("see `sync-core/src/document.rs` and `sync-core/src/event/`", 0),
        ("see `sync-core/src/documents.rs`", 1),
        ("one file `sync-core/src/event/NAME.rs`", 0),
        ("```sh\ncp `server/nowhere` x\n```", 0),
    ] {
        assert_eq!(problems(&page(text)).len(), count, "{text}");
    }
}
