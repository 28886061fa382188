//! Refer: the workflow of a referral (domain reference, section 4). Who may enter which state, and what follows from
//! an act: deadlines, slips, the redo round.

use std::collections::BTreeMap;

use crate::author::Role;
use crate::case::{Context, File};
use crate::document::Document;
use crate::edit::State;
use crate::entity::Kind;
use crate::flag::Linked;
use crate::id::EntityId;
use crate::policy::{DueError, RuleAlarm, Text};

mod answer;
mod chain;
mod consent;
mod follow;
mod objection;
mod open;
mod person;
mod review;
mod slip;
mod supplement;

pub use answer::{Answers, Confirmed, answers};
pub use chain::{Did, Stood, stood_at_desk, stood_behind};
pub(crate) use consent::review_consents;
pub(crate) use follow::follow;
pub use objection::Objection;
pub(crate) use objection::objection;
pub(crate) use open::open;
pub(crate) use review::overdue;
pub use slip::{SlipNote, SlipOut};

/// The files around an act on a referral.
pub(crate) struct Around<'a> {
    pub(crate) context: &'a Context<'a>,
    /// The file that the referral is in.
    pub(crate) file: &'a File,
    /// That file with all that is linked with it.
    pub(crate) linked: Linked<'a>,
    /// Everything that is loaded: an elder's home is a file of its own.
    pub(crate) all: &'a BTreeMap<EntityId, File>,
}

impl Around<'_> {
    /// Whether a referral is about a person: by its rule, or by whose file it is in.
    fn of_a_person(&self, referral: &Document) -> bool {
        let rule = self.context.policy.policy().rule(&crate::case::text_of(referral, "rule"));
        let subject = referral.value("subject").and_then(|value| value.as_id());
        let subject = subject.and_then(|subject| self.file.documents.get(&subject));
        rule.is_some_and(|rule| rule.each.of_a_person()) || subject.is_some_and(|it| it.schema().kind == Kind::Elder)
    }

    /// Where the elder lives.
    fn address(&self) -> Option<String> {
        let home = crate::care::value(&self.linked, "dwelling", None)?.as_id()?;
        let home = self.all.get(&home)?.documents.get(&home)?;
        Some(crate::case::text_of(home, "address")).filter(|address| !address.is_empty())
    }
}

// The states in order of rank: who enters them, and from where.
macro_rules! workflow {
    ($($(#[$doc:meta])* $name:ident = $rank:literal $code:literal by [$($role:ident)*] from [$($from:literal)*];)*) => {
        $($(#[$doc])* pub const $name: u8 = $rank;)*

        /// The stable code of a rank.
        #[must_use]
        pub const fn rank_code(rank: u8) -> &'static str {
            match rank { $($rank => $code,)* _ => "unknown" }
        }

        /// Whether a role may write this rank at all.
        #[must_use]
        pub fn may_enter(role: Role, rank: u8) -> bool {
            let roles: &[Role] = match rank { $($rank => &[$(Role::$role),*],)* _ => return false };
            role == Role::System || roles.contains(&role)
        }

        fn follows(from: u8, to: u8) -> bool {
            let before: &[u8] = match to { $($rank => &[$($from),*],)* _ => return false };
            before.contains(&from)
        }
    };
}

workflow! {
    /// 拟稿
    DRAFT = 0 "draft" by [Worker Supervisor] from [];
    /// 待审
    SUBMITTED = 1 "submitted" by [Worker Supervisor] from [0];
    /// 撤回
    WITHDRAWN = 2 "withdrawn" by [Worker Supervisor] from [0 1];
    /// 已分拨
    DISPATCHED = 3 "dispatched" by [Dispatcher] from [1];
    /// 已签收
    ACCEPTED = 4 "accepted" by [Officer] from [3];
    /// 核查中
    CHECKING = 5 "checking" by [Officer] from [4];
    /// 已答复
    REPLIED = 6 "replied" by [Officer] from [4 5];
    /// 已回访
    CONFIRMED = 7 "confirmed" by [Worker Supervisor] from [6];
    /// 办结
    CLOSED = 8 "closed" by [Dispatcher] from [6 7];
    /// 不予受理
    NOT_ACCEPTED = 9 "not_accepted" by [Officer] from [3 4];
    /// 退回
    RETURNED = 10 "returned" by [Officer] from [3 4];
}

/// A deadline that cannot be worked out is a person's to look at: the case goes on without one.
pub(crate) fn undated(rule: &str, error: &DueError) -> RuleAlarm {
    let message = error.to_string();
    RuleAlarm { rule: rule.to_owned(), message: Text::new(message.clone(), message) }
}

/// A step that the workflow does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StepError {
    /// Another role does this.
    #[error("a {role} does not enter the state {}", rank_code(*.to))]
    NotYours {
        /// Who tried.
        role: Role,
        /// What.
        to: u8,
    },
    /// Not from where the referral is.
    #[error("a referral that is {} (round {}) cannot become {} (round {})",
        rank_code(.from.rank), .from.round, rank_code(.to.rank), .to.round)]
    NotFromHere {
        /// Where it is.
        from: State,
        /// What was asked.
        to: State,
    },
}

/// Whether `role` may take a referral from one state to another: within a round along the table; a new round is opened
/// by the dispatcher, at `dispatched`, after a return or after an answer that did not satisfy.
///
/// # Errors
/// [`StepError`]
pub fn step(from: State, to: State, role: Role) -> Result<(), StepError> {
    if !may_enter(role, to.rank) {
        return Err(StepError::NotYours { role, to: to.rank });
    }
    let same_round = from.round == to.round && follows(from.rank, to.rank);
    let new_round =
        to.round == from.round + 1 && to.rank == DISPATCHED && matches!(from.rank, RETURNED | CONFIRMED | CLOSED);
    if same_round || new_round { Ok(()) } else { Err(StepError::NotFromHere { from, to }) }
}
