//! The lists that everything hangs on: what is listed has its file, and what has a file is listed.

use std::collections::BTreeSet;

use sync_core::entity::Kind;
use sync_core::event::EventBody;

use crate::none;
use crate::tree::{files, text};

/// Names of the files directly in a folder, without their ending.
fn names(folder: &str, ending: &str) -> BTreeSet<String> {
    let found = files(folder, ending);
    let inside = found.iter().filter_map(|file| file.path.strip_prefix(folder)?.strip_prefix('/'));
    inside.filter(|name| !name.contains('/')).map(|name| name.trim_end_matches(ending).to_owned()).collect()
}

#[test]
fn every_kind_of_entity_has_its_file() {
    let listed: BTreeSet<String> = Kind::ALL.iter().map(|kind| kind.code().to_owned()).collect();
    assert_eq!(listed, names("sync-core/src/entity", ".rs"));
    for kind in Kind::ALL {
        assert_eq!(kind.schema().kind, *kind, "the line of {} names another file's schema", kind.code());
    }
}

/// The lines `Inspection "inspection",` of the list of event kinds.
fn bodies(page: &str) -> Vec<(String, String)> {
    let list = page.split("\nbodies! {").nth(1).and_then(|rest| rest.split("\n}").next()).unwrap_or_default();
    let entry = |line: &str| {
        let (body, code) = line.trim().strip_suffix("\",")?.split_once(" \"")?;
        Some((body.to_owned(), code.to_owned()))
    };
    list.lines().filter(|line| !line.trim_start().starts_with("//")).filter_map(entry).collect()
}

#[test]
fn every_kind_of_event_is_written_in_one_file() {
    let page = text("sync-core/src/event.rs");
    let bodies = bodies(&page);
    let codes: Vec<&str> = bodies.iter().map(|(_, code)| code.as_str()).collect();
    assert_eq!(codes, EventBody::KINDS);
    let sources = files("sync-core/src/event", ".rs");
    for (body, code) in &bodies {
        let declaration = format!("pub struct {body} {{");
        let homes = sources.iter().filter(|source| source.text.contains(&declaration)).count();
        assert_eq!(homes, 1, "{code}: {declaration}");
    }
    for name in names("sync-core/src/event", ".rs") {
        assert!(page.contains(&format!("\nmod {name};")), "event/{name}.rs is not in event.rs");
    }
}

#[test]
fn every_file_of_the_sample_policy_is_built_in() {
    let listed: BTreeSet<String> =
        sync_core::policy::NANSHAN_SAMPLE.iter().map(|(name, _)| name.trim_end_matches(".toml").to_owned()).collect();
    assert_eq!(listed, names("sync-core/policies/nanshan-sample", ".toml"));
}

#[test]
fn every_source_file_belongs_to_its_crate() {
    let mut problems = Vec::new();
    for folder in ["sync-core/src", "server/src", "mobile-bindings/src", "mobile-bindings/uniffi/src", "tests/src"] {
        for source in files(folder, ".rs") {
            let inside = source.path[folder.len() + 1..].trim_end_matches(".rs");
            if matches!(inside, "lib" | "main") {
                continue;
            }
            let (parent, name) = inside.rsplit_once('/').unwrap_or(("lib", inside));
            let parent = format!("{folder}/{parent}.rs");
            if !text(&parent).lines().any(|line| line.trim_end().ends_with(&format!("mod {name};"))) {
                problems.push(format!("{} is not named in {parent}: it is never compiled", source.path));
            }
        }
    }
    none(&problems);
}

/// A test of the server prepares every listed statement against the migrated schema; so every one must be listed.
#[test]
fn every_file_with_sql_is_in_the_list_of_statements() {
    let page = text("server/src/db.rs");
    let mut problems = Vec::new();
    for source in files("server/src/db", ".rs").iter().filter(|source| source.text.contains("\nstatements! {")) {
        let module = source.path["server/src/db/".len()..].trim_end_matches(".rs").replace('/', "::");
        if !page.contains(&format!("\n        {module}::ALL,\n")) {
            problems.push(format!("{} is not in the list of modules with statements in db.rs", source.path));
        }
    }
    none(&problems);
}

/// Two back ends are given the same migrations, under the same names.
#[test]
fn migrations_are_twins() {
    let of = |backend: &str| -> BTreeSet<String> {
        let folder = format!("server/migrations/{backend}/");
        let all = files("server/migrations", ".sql");
        all.iter().filter_map(|file| file.path.strip_prefix(&folder)).map(str::to_owned).collect()
    };
    let (sqlite, postgres) = (of("sqlite"), of("postgres"));
    assert!(!sqlite.is_empty());
    assert!(postgres.is_empty() || postgres == sqlite, "sqlite {sqlite:?}, postgres {postgres:?}");
}
