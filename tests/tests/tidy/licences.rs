//! What the project stands on may be used under MIT OR Apache-2.0: the list is that of `.deny.toml`.

use serde_json::Value;

use crate::layers::METADATA;
use crate::none;
use crate::tree::{text, top};

fn allowed() -> Vec<String> {
    let deny: toml::Table = text(".deny.toml").parse().expect(".deny.toml is TOML");
    let list = deny["licenses"]["allow"].as_array().expect("a list of licences");
    list.iter().filter_map(|name| Some(name.as_str()?.to_owned())).collect()
}

/// Licences that one crate may have besides.
fn excepted(package: &str) -> Vec<String> {
    let deny: toml::Table = text(".deny.toml").parse().expect(".deny.toml is TOML");
    let list = deny["licenses"]["exceptions"].as_array().expect("a list of exceptions");
    let own = list.iter().filter(|exception| exception["crate"].as_str() == Some(package));
    let licences = own.flat_map(|exception| exception["allow"].as_array().expect("a list of licences"));
    licences.filter_map(|name| Some(name.as_str()?.to_owned())).collect()
}

/// Whether an SPDX expression can be satisfied by the allowed licences. `AND` binds before `OR`, `/` is an old `OR`.
fn satisfied(expression: &str, allowed: &[String]) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let mut tokens = spaced.split_whitespace().peekable();
    let satisfied = either(&mut tokens, allowed);
    satisfied && tokens.next().is_none()
}

type Tokens<'t> = std::iter::Peekable<std::str::SplitWhitespace<'t>>;

fn either(tokens: &mut Tokens<'_>, allowed: &[String]) -> bool {
    let mut satisfied = both(tokens, allowed);
    while tokens.next_if_eq(&"OR").is_some() {
        satisfied |= both(tokens, allowed);
    }
    satisfied
}

fn both(tokens: &mut Tokens<'_>, allowed: &[String]) -> bool {
    let mut satisfied = one(tokens, allowed);
    while tokens.next_if_eq(&"AND").is_some() {
        satisfied &= one(tokens, allowed);
    }
    satisfied
}

fn one(tokens: &mut Tokens<'_>, allowed: &[String]) -> bool {
    let Some(name) = tokens.next() else { return false };
    if name == "(" {
        let satisfied = either(tokens, allowed);
        return tokens.next_if_eq(&")").is_some() && satisfied;
    }
    let full = match tokens.next_if_eq(&"WITH") {
        Some(_) => format!("{name} WITH {}", tokens.next().unwrap_or_default()),
        None => name.to_owned(),
    };
    allowed.contains(&full)
}

#[test]
fn everything_used_may_be_used() {
    let allowed = allowed();
    let packages = METADATA["packages"].as_array().expect("packages");
    assert!(packages.len() > 100, "the list of packages is whole");
    let refused = packages.iter().filter(|package| {
        let own = excepted(package["name"].as_str().unwrap_or_default());
        !satisfied(package["license"].as_str().unwrap_or_default(), &[allowed.clone(), own].concat())
    });
    none(
        &refused
            .map(|package| format!("{} {}: {}", package["name"], package["version"], package["license"]))
            .collect::<Vec<_>>(),
    );
}

#[test]
fn the_project_is_under_both_licences() {
    let members: Vec<&Value> = METADATA["workspace_members"].as_array().expect("members").iter().collect();
    for package in METADATA["packages"].as_array().expect("packages").iter().filter(|p| members.contains(&&p["id"])) {
        assert_eq!(package["license"], "MIT OR Apache-2.0", "{}", package["name"]);
    }
    for name in ["LICENSE-MIT", "LICENSE-APACHE"] {
        assert!(top().join(name).is_file(), "{name}");
    }
}

#[test]
fn expressions_are_read_as_spdx_means_them() {
    let allowed = ["MIT", "Apache-2.0", "Unicode-3.0", "Apache-2.0 WITH LLVM-exception"].map(str::to_owned);
    for (expression, expected) in [
        ("MIT", true),
        ("GPL-3.0-only", false),
        ("MIT OR GPL-3.0-only", true),
        ("MIT/GPL-3.0", true),
        ("MIT AND GPL-3.0-only", false),
        ("(MIT OR GPL-3.0-only) AND Unicode-3.0", true),
        ("(MIT OR Apache-2.0) AND OpenSSL", false),
        ("GPL-2.0-only OR MIT AND Unicode-3.0", true),
        ("Apache-2.0 WITH LLVM-exception", true),
        ("GPL-3.0-only WITH Classpath-exception-2.0", false),
        ("(MIT", false),
        ("", false),
    ] {
        assert_eq!(satisfied(expression, &allowed), expected, "{expression}");
    }
}
