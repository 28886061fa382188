//! The two languages in which Doorstep speaks.

use serde::{Deserialize, Serialize};

/// A language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Lang {
    /// 中文
    Zh,
    /// English
    #[default]
    En,
}

impl Lang {
    /// The one of two texts that is in this language.
    #[must_use]
    pub fn pick<T>(self, zh: T, en: T) -> T {
        match self {
            Self::Zh => zh,
            Self::En => en,
        }
    }

    /// The language of the machine: Chinese if its locale says so, else English.
    #[must_use]
    pub fn of_machine() -> Self {
        sys_locale::get_locale().map_or(Self::En, |locale| Self::of_locale(&locale))
    }

    /// The language of a locale or of an `Accept-Language` header: the first that is named and known.
    #[must_use]
    pub fn of_locale(locale: &str) -> Self {
        let known = |tag: &str| match tag.trim().get(..2).map(str::to_ascii_lowercase).as_deref() {
            Some("zh") => Some(Self::Zh),
            Some("en") => Some(Self::En),
            _ => None,
        };
        locale.split([',', ':']).find_map(known).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locales_and_headers_name_a_language() {
        for (text, lang) in [
            ("zh_CN.UTF-8", Lang::Zh),
            ("zh-Hans-CN", Lang::Zh),
            ("en-GB,zh;q=0.8", Lang::En),
            ("fr, zh;q=0.9, en", Lang::Zh),
            ("C", Lang::En),
            ("", Lang::En),
        ] {
            assert_eq!(Lang::of_locale(text), lang, "{text}");
        }
    }
}
