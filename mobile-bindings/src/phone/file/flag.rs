//! Flags of a file, with what people decided and explained.

use sync_core::case::{File, StandingFlag};
use sync_core::entity::{Kind, flag_review};
use sync_core::event::{FlagStanding, Flagged};
use sync_core::id::{EventId, FlagId};
use sync_core::policy::Text;
use sync_core::project::Said;
use sync_core::time::Timestamp;

use super::SaidView;
use crate::phone::view::Telling;

/// A flag as the server last said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlagView {
    /// The flag.
    pub flag: FlagId,
    /// The rule.
    pub rule: String,
    /// What it is about, within its rule.
    pub window: String,
    /// How it stands.
    pub standing: FlagStanding,
    /// 0 to 4.
    pub severity: u8,
    /// Why.
    pub why: Text,
    /// When it was first raised.
    pub raised_at: Timestamp,
    /// The events that it rests on: a decision names them.
    pub evidence: Vec<EventId>,
    /// `confirm` or `dismiss`, on that evidence; none when nobody has decided, or when people contradict each other.
    pub decision: Option<String>,
    /// People contradict each other: someone has to decide again.
    pub contested: bool,
    /// What workers have to explain.
    pub explanations: Vec<SaidView>,
    /// Somebody looking over the worker's shoulder should not read it.
    pub discreet: bool,
    /// What to show before somebody opens it: a neutral sign for a discreet one, else the reason.
    pub sign: Text,
    /// By when the person whom it goes to acts: while it stands, until somebody has decided on it.
    pub due_at: Option<Timestamp>,
}

pub(super) fn flags(file: &File, telling: Telling<'_>) -> Vec<FlagView> {
    let view = |flag: &StandingFlag| {
        let review = file.documents.get(&flag_review::id(flag.flagged.flag));
        let decision = review.and_then(|said| said.element("decision", &flag_review::on(&flag.flagged.evidence)));
        let contested = decision.as_ref().is_some_and(|said| said.conflict);
        let decided = decision.filter(|_| !contested).and_then(|said| Some(said.shown.value.as_text()?.to_owned()));
        let explanation = |element: &String| {
            let shown = review?.element("explanation", element)?.shown;
            Some(telling.said(Kind::FlagReview.code(), "explanation", &Said::from(&shown)))
        };
        let elements = review.map(|review| review.elements("explanation")).unwrap_or_default();
        let waits = flag.flagged.standing == FlagStanding::Raised && decided.is_none();
        FlagView {
            due_at: flag.flagged.due_at.filter(|_| waits),
            flag: flag.flagged.flag,
            rule: flag.flagged.rule.clone(),
            window: flag.flagged.window.clone(),
            standing: flag.flagged.standing,
            severity: flag.flagged.severity,
            why: Text::new(flag.flagged.zh.clone(), flag.flagged.en.clone()),
            raised_at: flag.raised_at,
            evidence: flag.flagged.evidence.clone(),
            decision: decided,
            contested,
            explanations: elements.iter().filter_map(explanation).collect(),
            discreet: flag.flagged.discreet,
            sign: sign(&flag.flagged),
        }
    };
    file.flags.values().map(view).collect()
}

/// What stands for a flag until somebody opens it.
pub(in crate::phone) fn sign(flagged: &Flagged) -> Text {
    if flagged.discreet {
        Text::new("有一条提示,点开查看", "There is a note; open to read")
    } else {
        Text::new(flagged.zh.clone(), flagged.en.clone())
    }
}
