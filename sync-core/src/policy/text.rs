//! Texts in two languages, templates with `{placeholders}`, and the words the organisation's side never prints.

use serde::{Deserialize, Serialize};

/// The languages every text exists in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Lang {
    /// Chinese, simplified.
    Zh,
    /// English.
    En,
}

/// One text in both languages.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Text {
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

impl Text {
    /// The text made of these two.
    #[must_use]
    pub fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { zh: zh.into(), en: en.into() }
    }

    /// The text in one language.
    #[must_use]
    pub fn get(&self, lang: Lang) -> &str {
        match lang {
            Lang::Zh => &self.zh,
            Lang::En => &self.en,
        }
    }

    /// Both languages filled in; a placeholder that `value` does not know is named in the error.
    pub(crate) fn fill(&self, value: impl Fn(&str, Lang) -> Option<String>) -> Result<Self, TemplateError> {
        Ok(Self {
            zh: fill(&self.zh, |name| value(name, Lang::Zh))?,
            en: fill(&self.en, |name| value(name, Lang::En))?,
        })
    }
}

/// A template that cannot be filled in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TemplateError {
    /// No value has this name.
    #[error("no value is called {{{0}}}")]
    Unknown(String),
    /// `{` without `}`, or the other way round.
    #[error("a brace is not closed")]
    Braces,
}

/// `template` with each `{name}` replaced by its value. There is no escape: texts for people need no braces.
pub(crate) fn fill(template: &str, value: impl Fn(&str) -> Option<String>) -> Result<String, TemplateError> {
    let mut out = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, tail) = after.split_once('}').ok_or(TemplateError::Braces)?;
        if before.contains('}') || name.contains('{') {
            return Err(TemplateError::Braces);
        }
        out.push_str(before);
        out.push_str(&value(name).ok_or_else(|| TemplateError::Unknown(name.to_owned()))?);
        rest = tail;
    }
    if rest.contains('}') {
        return Err(TemplateError::Braces);
    }
    out.push_str(rest);
    Ok(out)
}

/// Which words the organisation's side must not print, and which it may only say as a suspicion.
///
/// In templates, notices and slip headings a hit refuses the policy; in free text it warns and never blocks.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wording {
    /// Words of enforcement.
    pub never: Vec<String>,
    /// Words that belong to a finding of the authority.
    pub only_suspected: Vec<String>,
    /// What has to stand straight before those.
    pub suspected_after: Vec<String>,
}

impl Wording {
    /// The words in `text` that an enforcement document would use.
    #[must_use]
    pub fn enforcement_words(&self, text: &str) -> Vec<&str> {
        let lower = text.to_lowercase();
        self.never.iter().filter(|word| lower.contains(&word.to_lowercase())).map(String::as_str).collect()
    }

    /// The words in `text` that state as a fact what only may be suspected.
    #[must_use]
    pub fn unsuspected_words(&self, text: &str) -> Vec<&str> {
        let stated = |word: &&String| {
            text.match_indices(word.as_str())
                .any(|(at, _)| !self.suspected_after.iter().any(|lead| text[..at].ends_with(lead.as_str())))
        };
        self.only_suspected.iter().filter(stated).map(String::as_str).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_takes_its_values_and_names_what_is_missing() {
        let value = |name: &str| (name == "a").then(|| "1".to_owned());
        assert_eq!(fill("x{a}y{a}", value), Ok("x1y1".to_owned()));
        assert_eq!(fill("{b}", value), Err(TemplateError::Unknown("b".to_owned())));
        for broken in ["{a", "a}", "{{a}}", "{a} }"] {
            assert_eq!(fill(broken, value), Err(TemplateError::Braces), "{broken}");
        }
    }

    #[test]
    fn wording_finds_enforcement_and_unsuspected_words() {
        let wording = Wording {
            never: vec!["责令".into(), "penalty".into()],
            only_suspected: vec!["重大".into()],
            suspected_after: vec!["疑似".into()],
        };
        assert_eq!(wording.enforcement_words("请责令改正"), ["责令"]);
        assert_eq!(wording.enforcement_words("A Penalty is due"), ["penalty"]);
        assert!(wording.enforcement_words("温馨提示").is_empty());
        assert_eq!(wording.unsuspected_words("疑似重大,也可能是重大"), ["重大"]);
        assert!(wording.unsuspected_words("疑似重大").is_empty());
    }
}
