//! The words people read: no word of enforcement on the organisation's side, and every text in both languages.
//!
//! `policy::validate` refuses such a policy when it is read. This looks at the bare files, so that it also sees what
//! that code does not know of, and what is written in comments.

use toml::Value;

use crate::none;
use crate::tree::{Source, files, rust};

/// What only a department may say.
const ENFORCEMENT: &[&str] = &["责令", "处罚", "查封", "整改通知书"];

/// The list of these words, and what departments answer.
const DEPARTMENTS: &[&str] = &["/wording.toml", "/outcomes.toml"];

fn enforcement(source: &Source) -> Vec<String> {
    if DEPARTMENTS.iter().any(|name| source.path.ends_with(name)) {
        return Vec::new();
    }
    let mut problems = Vec::new();
    for (line, n) in source.text.lines().zip(1..) {
        for word in ENFORCEMENT.iter().filter(|word| line.contains(**word)) {
            problems.push(format!("{}:{n}: {word}: the worker reminds, the department rectifies", source.path));
        }
    }
    problems
}

fn is_chinese(text: &str) -> bool {
    text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c))
}

/// The `{names}` in a text, sorted.
fn placeholders(text: &str) -> Vec<&str> {
    let mut names: Vec<&str> = text.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0)).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// Tables with a `zh` and no `en` that says the same, or the other way round.
fn unpaired(place: &str, value: &Value, problems: &mut Vec<String>) {
    match value {
        Value::Array(list) => list.iter().for_each(|value| unpaired(place, value, problems)),
        Value::Table(table) => {
            match (table.get("zh").and_then(Value::as_str), table.get("en").and_then(Value::as_str)) {
                (None, None) => {}
                (Some(zh), Some(en)) if zh.is_empty() && en.is_empty() => {}
                (Some(zh), Some(en)) if !is_chinese(zh) || en.trim().is_empty() || en == zh => {
                    problems.push(format!("{place}: not one text in two languages: “{zh}”, “{en}”"));
                }
                (Some(zh), Some(en)) if placeholders(zh) != placeholders(en) => {
                    problems.push(format!("{place}: the two texts are filled in differently: “{zh}”, “{en}”"));
                }
                (Some(_), Some(_)) => {}
                (Some(text), None) | (None, Some(text)) => {
                    problems.push(format!("{place}: only in one language: “{text}”"));
                }
            }
            for (key, value) in table {
                unpaired(&format!("{place}.{key}"), value, problems);
            }
        }
        _ => {}
    }
}

fn unpaired_texts(source: &Source) -> Vec<String> {
    let table = source.text.parse::<toml::Table>().unwrap_or_else(|problem| panic!("{}: {problem}", source.path));
    let mut problems = Vec::new();
    unpaired(&source.path, &Value::Table(table), &mut problems);
    problems
}

#[test]
fn policies_remind_and_never_threaten() {
    none(&files("sync-core/policies", ".toml").iter().flat_map(enforcement).collect::<Vec<_>>());
}

#[test]
fn every_policy_text_is_in_both_languages() {
    none(&files("sync-core/policies", ".toml").iter().flat_map(unpaired_texts).collect::<Vec<_>>());
}

/// Texts in the code are written `zh: "…", en: "…"`, side by side.
#[test]
fn texts_in_the_code_come_in_pairs() {
    let mut problems = Vec::new();
    for source in rust() {
        let count = |key: &str| source.code().filter(|(_, line)| line.trim_start().starts_with(key)).count();
        let (zh, en) = (count("zh: \""), count("en: \""));
        if zh != en {
            problems.push(format!("{}: {zh} texts in Chinese, {en} in English", source.path));
        }
    }
    none(&problems);
}

#[test]
fn a_threat_or_a_missing_language_is_found() {
    let source = |path: &str, text: &str| Source { path: path.to_owned(), text: text.to_owned() };
    for word in ENFORCEMENT {
        let text = format!("[notice]\ntitle.zh = \"{word}\"\ntitle.en = \"Notice\"\n");
        assert_eq!(enforcement(&source("sync-core/policies/x/notice.toml", &text)).len(), 1, "{word}");
        assert_eq!(enforcement(&source("sync-core/policies/x/outcomes.toml", &text)).len(), 0, "{word}");
    }
    for text in [
        "title.zh = \"温馨提示\"",
        "title.en = \"Friendly reminder\"",
        "title.zh = \"温馨提示\"\ntitle.en = \"\"",
        "title.zh = \"Friendly reminder\"\ntitle.en = \"Friendly reminder\"",
        "[[rule]]\n[rule.explanation]\nzh = \"请{depts}核查\"\nen = \"Please check\"",
    ] {
        assert_eq!(unpaired_texts(&source("x.toml", text)).len(), 1, "{text}");
    }
    let good = source("x.toml", "title.zh = \"请{depts}核查\"\ntitle.en = \"The {depts} should check\"");
    assert!(unpaired_texts(&good).is_empty());
}
