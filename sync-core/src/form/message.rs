//! What a form says to the worker.

/// How grave a message is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Level {
    /// The form cannot be finished like this.
    Error,
    /// Danger now: phone first, record second.
    Alarm,
    /// Doubtful; may be finished.
    Warning,
}

/// One message about one field of a form. Texts name the rule, never what was typed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Message {
    /// How grave.
    pub level: Level,
    /// A stable code.
    pub code: &'static str,
    /// The field it is about, e.g. `answers/EXIT-02/note`.
    pub field: String,
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
}

impl Message {
    pub(super) fn new(level: Level, code: &'static str, field: &str, zh: &str, en: &str) -> Self {
        Self { level, code, field: field.to_owned(), zh: zh.to_owned(), en: en.to_owned() }
    }

    pub(super) fn required(field: &str) -> Self {
        Self::new(Level::Error, "required", field, "必填", "Must be filled in")
    }

    pub(super) fn too_long(field: &str) -> Self {
        Self::new(Level::Error, "too_long", field, "内容过长", "Too long")
    }

    pub(super) fn repeated(field: &str) -> Self {
        Self::new(Level::Error, "repeated", field, "同一项填写了两次", "This is said twice")
    }

    pub(super) fn too_many(field: &str) -> Self {
        Self::new(Level::Error, "too_many", field, "数量过多", "Too many")
    }

    pub(super) fn unknown_file(field: &str) -> Self {
        Self::new(Level::Error, "no_such_file", field, "本机没有这份档案", "There is no such file on this phone")
    }

    pub(super) fn not_allowed(field: &str) -> Self {
        Self::new(Level::Error, "not_allowed", field, "不能这样填写", "This cannot be entered here")
    }
}
