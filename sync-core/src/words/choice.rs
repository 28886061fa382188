//! What forms let people choose from: the words beside each button, and what a text field of a file may say.

use super::event::{ANSWERS, MEANS, RECEIPTS, RISKS, SIGNALS, VISITS};
use super::value::{element, one_of};
use super::{ROLES, Word, word};
use crate::author::Role;
use crate::entity::{Kind, Shape};
use crate::event::{
    Answer, BreakGlassAct, ConsentMethod, ConsentState, FlagStanding, Means, NoticeReceipt, Purpose, RiskKind, Signal,
    VisitKind,
};
use crate::form::NeedState;
use crate::policy::Text;

/// Something that a form lets people choose, or that a file shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Choice {
    /// What was found for an item of a checklist.
    Answer(Answer),
    /// How a notice was received.
    Receipt(NoticeReceipt),
    /// How, or on what occasion, an elder was visited.
    Visit(VisitKind),
    /// What must not wait for the end of the form.
    Signal(Signal),
    /// By what means somebody was tried.
    Means(Means),
    /// What happened to an elder.
    Risk(RiskKind),
    /// What a consent is for.
    Purpose(Purpose),
    /// How a consent stands.
    Consent(ConsentState),
    /// How it was said.
    Method(ConsentMethod),
    /// What was done when confidence was broken.
    Act(BreakGlassAct),
    /// How far a need has come.
    Need(NeedState),
    /// How a flag stands.
    Standing(FlagStanding),
    /// What somebody may do.
    Role(Role),
}

/// What a choice is called.
#[must_use]
pub fn choice(choice: Choice) -> Text {
    let (words, code) = match choice {
        Choice::Answer(answer) => (ANSWERS, answer.code()),
        Choice::Receipt(receipt) => (RECEIPTS, receipt.code()),
        Choice::Visit(kind) => (VISITS, kind.code()),
        Choice::Signal(signal) => (SIGNALS, signal.code()),
        Choice::Means(means) => (MEANS, means.code()),
        Choice::Risk(kind) => (RISKS, kind.code()),
        Choice::Purpose(purpose) => return element("consent", purpose.code()),
        Choice::Consent(state) => return element("consent", state.code()),
        Choice::Method(method) => (METHODS, method.code()),
        Choice::Act(act) => (ACTS, act.code()),
        Choice::Need(state) => (NEEDS, state.code()),
        Choice::Standing(standing) => (STANDINGS, standing.code()),
        Choice::Role(role) => (ROLES, role.code()),
    };
    word(words, code)
}

/// What a field of a file takes when it takes only listed values, or listed elements: each code with what it is called.
/// Empty for any other field.
#[must_use]
pub fn choices(kind: Kind, field: &str) -> Vec<(&'static str, Text)> {
    let Some(spec) = kind.schema().field(field) else { return Vec::new() };
    let codes = match (spec.only, spec.shape) {
        (Some(elements), _) => elements,
        (None, Shape::OneOf(values)) => values,
        (None, _) => &[],
    };
    codes.iter().filter_map(|code| Some((*code, one_of(field, code)?))).collect()
}

const METHODS: &[Word] = &[
    ("paper", "书面", "on paper"),
    ("verbal_witness", "口头并有见证人", "said before a witness"),
    ("guardian", "由监护人", "by a guardian"),
];
const ACTS: &[Word] = &[
    ("opened", "紧急告知", "told in an emergency"),
    ("reviewed", "已复核", "reviewed"),
    ("elder_told", "已告知长者", "the elder was told"),
];
const NEEDS: &[Word] = &[("raised", "已提出", "raised"), ("matched", "已对接", "matched"), ("met", "已满足", "met")];
const STANDINGS: &[Word] = &[
    ("raised", "提示中", "raised"),
    ("ended", "已消除", "ended"),
    ("withdrawn", "已撤回", "withdrawn"),
    ("dismissed", "已排除", "dismissed"),
];

#[cfg(test)]
mod tests {
    use super::*;

    /// Every choice there is, with its code.
    fn all() -> Vec<(&'static str, Choice)> {
        macro_rules! each {
            ($($kind:ident of $name:ty,)*) => {{
                let mut all = Vec::new();
                $(all.extend(<$name>::ALL.iter().map(|one| (one.code(), Choice::$kind(*one))));)*
                all
            }};
        }
        each! {
            Answer of Answer, Receipt of NoticeReceipt, Visit of VisitKind, Signal of Signal, Means of Means,
            Risk of RiskKind, Purpose of Purpose, Consent of ConsentState, Method of ConsentMethod,
            Act of BreakGlassAct, Need of NeedState, Standing of FlagStanding, Role of Role,
        }
    }

    #[test]
    fn every_choice_has_words() {
        let bare = |(code, one): &(&str, Choice)| {
            let Text { zh, en } = choice(*one);
            zh.is_empty() || en.is_empty() || zh == *code
        };
        let bare: Vec<_> = all().into_iter().filter(bare).map(|(code, _)| code).collect();
        assert_eq!(bare, Vec::<&str>::new());
    }

    #[test]
    fn listed_fields_list_what_they_take() {
        let of = |field| choices(Kind::Elder, field);
        assert_eq!(of("risk_tier")[1], ("key", Text::new("重点", "key")));
        assert_eq!(of("living_situation").len(), 8);
        assert_eq!(of("difficulty_kinds").len(), 7);
        assert_eq!(of("name"), []);
    }
}
