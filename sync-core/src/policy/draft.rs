//! A policy as its files state it, before anything is checked: every entry with the file it stands in.

use serde::Deserialize;

use super::Manifest;
use super::assessor::Certificate;
use super::cadence::{Cadence, WeatherKind};
use super::calendar::{Office, Year};
use super::checklist::{AnswerText, Item, VisitItem};
use super::deadline::Deadline;
use super::department::{Department, Routing};
use super::premises::{Limit, PremisesKind};
use super::problem::Problems;
use super::rule::Rule;
use super::severity::SeverityText;
use super::text::Wording;
use super::toml_words::toml_in_chinese;
use super::wording::{AlarmText, NoticeText, OutcomeText, Reason, ReceiptText, SignTexts, SlipText};
use super::workflow::Workflow;

/// An entry and the file it stands in.
pub(crate) struct Row<T> {
    pub(crate) file: String,
    pub(crate) value: T,
}

/// The entries of one kind.
pub(crate) type Rows<T> = Vec<Row<T>>;

macro_rules! sections {
    (
        once { $($one:ident $one_key:literal: $one_type:ty,)* }
        many { $($many:ident $many_key:literal: $many_type:ty,)* }
        any { $($any:ident $any_key:literal: $any_type:ty,)* }
    ) => {
        /// What any file of a policy may hold. Which entry stands in which file is the author's choice.
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct PolicyFile {
            $(#[serde(default, rename = $one_key)] $one: Option<$one_type>,)*
            $(#[serde(default, rename = $many_key)] $many: Vec<$many_type>,)*
            $(#[serde(default, rename = $any_key)] $any: Vec<$any_type>,)*
        }

        /// All entries of all files.
        #[derive(Default)]
        pub(crate) struct Draft {
            $(pub(crate) $one: Option<Row<$one_type>>,)*
            $(pub(crate) $many: Rows<$many_type>,)*
            $(pub(crate) $any: Rows<$any_type>,)*
        }

        impl Draft {
            fn add(&mut self, file: &str, content: PolicyFile, problems: &mut Problems) {
                $(if let Some(value) = content.$one {
                    if let Some(earlier) = &self.$one {
                        problems.refuse(
                            file,
                            $one_key,
                            format!("已经写在 {} 里,请只保留一处", earlier.file),
                            format!("already stands in {}: keep one", earlier.file),
                        );
                    }
                    self.$one = Some(Row { file: file.to_owned(), value });
                })*
                $(self.$many.extend(content.$many.into_iter().map(|value| Row { file: file.to_owned(), value }));)*
                $(self.$any.extend(content.$any.into_iter().map(|value| Row { file: file.to_owned(), value }));)*
            }

            /// Refuses a policy that leaves a section out.
            pub(crate) fn complete(&self, problems: &mut Problems) {
                $(if self.$one.is_none() {
                    problems.refuse("", $one_key, "缺少这一部分,请补上", "this section is missing: add it");
                })*
                $(if self.$many.is_empty() {
                    problems.refuse("", $many_key, "缺少这一部分,请补上", "this section is missing: add it");
                })*
            }
        }
    };
}

sections! {
    once {
        manifest "manifest": Manifest,
        edition "checklist_edition": String,
        office "office": Office,
        workflow "workflow": Workflow,
        notice "notice": NoticeText,
        slip "slip": SlipText,
        wording "wording": Wording,
        signs "signs": SignTexts,
    }
    many {
        departments "department": Department,
        items "item": Item,
        answers "answer": AnswerText,
        severities "severity": SeverityText,
        kinds "kind": PremisesKind,
        limits "limit": Limit,
        routings "routing": Routing,
        deadlines "deadline": Deadline,
        years "year": Year,
        cadences "cadence": Cadence,
        receipts "receipt": ReceiptText,
        alarms "alarm": AlarmText,
        reasons "reason": Reason,
        outcomes "outcome": OutcomeText,
        rules "rule": Rule,
    }
    any {
        visit_items "visit_item": VisitItem,
        assessors "assessor": Certificate,
        weather "weather": WeatherKind,
    }
}

/// The most a policy's files may hold together: a file from a folder is read whole.
const MAX_BYTES: usize = 4 << 20;

impl Draft {
    /// Reads every file; a file that cannot be read is a problem, and the others are read all the same.
    pub(crate) fn read(files: &[(&str, &str)], problems: &mut Problems) -> Self {
        let mut draft = Self::default();
        if files.iter().map(|(_, text)| text.len()).sum::<usize>() > MAX_BYTES {
            problems.refuse("", "", "文件太大(合计最多4MB)", "the files are too large (4 MB together)");
            return draft;
        }
        for (file, text) in files {
            match toml::from_str::<PolicyFile>(text) {
                Ok(content) => draft.add(file, content, problems),
                Err(error) => {
                    let before = |start| text.get(..start).unwrap_or(text).matches('\n').count();
                    let line = error.span().map_or(0, |span| before(span.start) + 1);
                    let what = error.message();
                    problems.refuse(
                        file,
                        format!("line {line}"),
                        format!("第{line}行有误:{}", toml_in_chinese(what)),
                        format!("line {line} is not as expected: {what}"),
                    );
                }
            }
        }
        for rule in &mut draft.rules {
            rule.value.file.clone_from(&rule.file);
        }
        draft
    }
}
