//! What is wrong with a policy: where it stands, and what to do about it, in both languages.

use std::fmt;

use super::text::Text;

/// One thing wrong with a policy.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    /// The file it stands in.
    pub file: String,
    /// The entry: a rule, item, deadline… Empty for the whole file.
    pub entry: String,
    /// What is wrong and what to do.
    pub message: Text,
    /// A warning leaves the policy usable.
    pub warning: bool,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entry = if self.entry.is_empty() { String::new() } else { format!(" [{}]", self.entry) };
        write!(f, "{}{entry}: {} / {}", self.file, self.message.zh, self.message.en)
    }
}

/// Why a policy was refused. Never empty.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct PolicyErrors(pub Vec<Problem>);

/// Collects what is wrong, so that one run shows everything.
#[derive(Default)]
pub(crate) struct Problems(pub(crate) Vec<Problem>);

impl Problems {
    pub(crate) fn refuse(
        &mut self,
        file: &str,
        entry: impl Into<String>,
        zh: impl Into<String>,
        en: impl Into<String>,
    ) {
        let message = Text::new(zh, en);
        self.0.push(Problem { file: file.to_owned(), entry: entry.into(), message, warning: false });
    }

    pub(crate) fn warn(&mut self, file: &str, entry: impl Into<String>, zh: impl Into<String>, en: impl Into<String>) {
        let message = Text::new(zh, en);
        self.0.push(Problem { file: file.to_owned(), entry: entry.into(), message, warning: true });
    }
}
