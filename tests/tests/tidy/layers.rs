//! Who may depend on whom. The core on nothing that does input or output; the phone on no server and no HTTP client.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::sync::LazyLock;

use serde_json::Value;

use crate::none;

/// What `cargo metadata` says of the project and all it depends on.
pub(crate) static METADATA: LazyLock<Value> = LazyLock::new(|| {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked"])
        .current_dir(crate::tree::top())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("cargo prints JSON")
});

/// What a crate may not reach, directly or through others, and why.
const FORBIDDEN: &[(&str, &str, &[&str])] = &[
    (
        "sync-core",
        "the core does no input or output",
        &[
            "tokio",
            "mio",
            "sqlx",
            "sqlx-core",
            "rusqlite",
            "libsqlite3-sys",
            "axum",
            "hyper",
            "ureq",
            "reqwest",
            "clap",
        ],
    ),
    (
        "doorstep-mobile",
        "the host of the phone library brings HTTP and scheduling",
        &["tokio", "mio", "sqlx", "sqlx-core", "axum", "hyper", "ureq", "reqwest", "clap", "uniffi"],
    ),
    (
        "doorstep-bindings",
        "the host of the phone library brings HTTP and scheduling",
        &["tokio", "mio", "sqlx", "sqlx-core", "axum", "hyper", "ureq", "reqwest"],
    ),
];

/// What a crate may not name in its own manifest, although others that it needs may use it.
const UNNAMED: &[(&str, &str, &[&str])] =
    &[("sync-core", "time and randomness are parameters", &["getrandom", "tempfile", "tracing"])];

/// Which crates of the project each may use.
const DIRECTIONS: &[(&str, &[&str])] = &[
    ("sync-core", &[]),
    ("doorstep-mobile", &["sync-core"]),
    ("doorstep-bindings", &["sync-core", "doorstep-mobile"]),
    ("doorstep-bindgen", &[]),
    ("doorstep", &["sync-core", "doorstep-mobile"]),
    ("doorstep-tests", &["sync-core", "doorstep-mobile", "doorstep"]),
];

/// Names of the packages that each package depends on directly, other than for its tests.
type Graph = BTreeMap<String, BTreeSet<String>>;

fn graph(metadata: &Value) -> Graph {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let mut names = BTreeMap::new();
    for package in list(&metadata["packages"]) {
        names.insert(package["id"].to_string(), package["name"].as_str().unwrap_or_default().to_owned());
    }
    let mut graph = Graph::new();
    for node in list(&metadata["resolve"]["nodes"]) {
        let of_tests = |dep: &Value| list(&dep["dep_kinds"]).iter().all(|kind| kind["kind"] == "dev");
        let deps = list(&node["deps"]).into_iter().filter(|dep| !of_tests(dep));
        // Several versions of one package count as one: the union of what they use.
        let entry = graph.entry(names[&node["id"].to_string()].clone()).or_default();
        entry.extend(deps.map(|dep| names[&dep["pkg"].to_string()].clone()));
    }
    graph
}

fn reached<'g>(graph: &'g Graph, from: &'g str) -> BTreeSet<&'g str> {
    let mut reached = BTreeSet::new();
    let mut next = vec![from];
    while let Some(name) = next.pop() {
        for dep in graph.get(name).into_iter().flatten() {
            if reached.insert(dep.as_str()) {
                next.push(dep);
            }
        }
    }
    reached
}

fn problems(graph: &Graph) -> Vec<String> {
    let mut problems = Vec::new();
    for (krate, why, forbidden) in FORBIDDEN {
        let reached = reached(graph, krate);
        let found = forbidden.iter().filter(|name| reached.contains(**name));
        problems.extend(found.map(|name| format!("{krate} depends on {name}, but {why}")));
    }
    for (krate, why, unnamed) in UNNAMED {
        let found = unnamed.iter().filter(|name| graph[*krate].contains(**name));
        problems.extend(found.map(|name| format!("{krate} depends on {name}, but {why}")));
    }
    for (krate, allowed) in DIRECTIONS {
        let members = DIRECTIONS.iter().map(|(name, _)| *name);
        let found = members.filter(|name| graph[*krate].contains(*name) && !allowed.contains(name));
        problems.extend(found.map(|name| format!("{krate} may not depend on {name}")));
    }
    problems
}

#[test]
fn dependencies_point_inwards() {
    let graph = graph(&METADATA);
    for (krate, _) in DIRECTIONS {
        assert!(graph.contains_key(*krate), "{krate} is gone: say so here");
    }
    none(&problems(&graph));
}

#[test]
fn a_dependency_that_points_outwards_is_found() {
    let graph = graph(&METADATA);
    for (krate, added, problem) in [
        ("sync-core", "tokio", "sync-core depends on tokio"),
        ("automerge", "rusqlite", "sync-core depends on rusqlite"),
        ("sync-core", "getrandom", "sync-core depends on getrandom"),
        ("rusqlite", "ureq", "doorstep-mobile depends on ureq"),
        ("doorstep-mobile", "doorstep", "doorstep-mobile may not depend on doorstep"),
        ("doorstep", "doorstep-tests", "doorstep may not depend on doorstep-tests"),
    ] {
        let mut planted = graph.clone();
        planted.get_mut(krate).expect("a known package").insert(added.to_owned());
        let problems = problems(&planted);
        assert!(problems.iter().any(|found| found.starts_with(problem)), "{problem}: {problems:?}");
    }
}

#[test]
fn every_crate_takes_the_workspaces_lints_and_panics_unwind() {
    let manifest = |path: &str| -> toml::Table { crate::tree::text(path).parse().expect("a manifest is TOML") };
    let workspace = manifest("Cargo.toml");
    for krate in ["sync-core", "server", "mobile-bindings", "mobile-bindings/uniffi", "mobile-bindings/uniffi/bindgen"]
    {
        let lints = manifest(&format!("{krate}/Cargo.toml"))["lints"]["workspace"].as_bool();
        assert_eq!(lints, Some(true), "{krate}");
    }
    // Tests may unwrap and print; in all else they are held to the same.
    let spared = ["unwrap_used", "print_stdout", "print_stderr"];
    for group in ["rust", "clippy"] {
        let tests = &manifest("tests/Cargo.toml")["lints"][group];
        for (lint, level) in workspace["workspace"]["lints"][group].as_table().expect("lints") {
            assert!(spared.contains(&lint.as_str()) || tests.get(lint) == Some(level), "tests/Cargo.toml lacks {lint}");
        }
    }
    // A phone's host must be able to catch a panic, and a server to go on after one.
    let profiles = workspace["profile"].as_table().expect("profiles");
    assert!(profiles.values().all(|profile| profile.get("panic").is_none()), "a profile aborts on panic");
}
