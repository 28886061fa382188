//! Forms: what a worker fills in, and the submission it becomes. Pure: what is known of the files, the time and the
//! submission's id are parameters, so the same form made twice is the same submission.
//!
//! A form is checked while it is filled in ([`Form::check`]) and once more when it is finished ([`Form::finish`]). Only
//! what no server could take is an error; a doubtful credit code, or a word that only a department may use, is a warning.

use minicbor::{Decode, Encode};

use crate::edit::Value;
use crate::id::{EntityId, EventId};
use crate::submission::Part;

mod assessment;
mod break_glass;
mod consent;
mod dwelling;
mod editor;
mod elder;
mod flag_review;
mod inspection;
mod message;
mod need;
mod not_met;
mod notice;
mod premises;
mod record;
mod referral;
mod risk;
mod seen;
mod visit;
mod written;

#[cfg(test)]
mod tests;

pub use assessment::AssessmentForm;
pub use break_glass::BreakGlassForm;
pub use consent::{ConsentEntry, ConsentForm};
pub use dwelling::NewDwelling;
pub use elder::{ContactEntry, NewElder};
pub use flag_review::{ExplanationForm, FlagDecisionForm, creation as new_flag_review, decision as flag_decision};
pub use inspection::{AnswerRow, InspectionForm};
pub use message::{Level, Message};
pub use need::{NeedForm, NeedState};
pub use not_met::NotMetForm;
pub use notice::NoticeForm;
pub use premises::{NewPremises, OperatorEntry};
pub use record::{EntityEdit, LinkForm, SettleForm, VoidForm};
pub use referral::{ConfirmationForm, SupplyForm, WithdrawalForm};
pub use risk::{RiskEntry, RiskForm};
pub use seen::{Circumstances, Earlier, Scene, Seen};
pub use visit::{ObservedRow, VisitForm};

use editor::Editor;

/// A form of any kind. **The list of forms**: one line here and one file.
#[expect(clippy::large_enum_variant, reason = "a phone holds few forms, and whoever makes one need not box it")]
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub enum Form {
    /// A shop that has no file yet.
    #[n(0)]
    NewPremises(#[n(0)] NewPremises),
    /// A friendly reminder visit, or going back to look.
    #[n(1)]
    Inspection(#[n(0)] InspectionForm),
    /// The notice that was left.
    #[n(2)]
    Notice(#[n(0)] NoticeForm),
    /// Changed fields of a file.
    #[n(3)]
    Edit(#[n(0)] EntityEdit),
    /// Is the answer to a referral true?
    #[n(4)]
    Confirmation(#[n(0)] ConfirmationForm),
    /// A referral is taken back.
    #[n(5)]
    Withdrawal(#[n(0)] WithdrawalForm),
    /// A decision between several values of one field.
    #[n(6)]
    Settle(#[n(0)] SettleForm),
    /// Two files are the same thing.
    #[n(7)]
    Link(#[n(0)] LinkForm),
    /// An event should not have been written.
    #[n(8)]
    Void(#[n(0)] VoidForm),
    /// An elder who has no file yet.
    #[n(9)]
    NewElder(#[n(0)] NewElder),
    /// A dwelling that has no file yet.
    #[n(10)]
    NewDwelling(#[n(0)] NewDwelling),
    /// A visit to an elder.
    #[n(11)]
    Visit(#[n(0)] VisitForm),
    /// An attempt that met nobody.
    #[n(12)]
    NotMet(#[n(0)] NotMetForm),
    /// An assessment of an elder's abilities.
    #[n(13)]
    Assessment(#[n(0)] AssessmentForm),
    /// Something happened to an elder.
    #[n(14)]
    Risk(#[n(0)] RiskForm),
    /// What an elder agreed to.
    #[n(15)]
    Consent(#[n(0)] ConsentForm),
    /// What an elder needs.
    #[n(16)]
    Need(#[n(0)] NeedForm),
    /// Confidence was broken to save a life.
    #[n(17)]
    BreakGlass(#[n(0)] BreakGlassForm),
    /// The answer to a desk's question.
    #[n(18)]
    Supply(#[n(0)] SupplyForm),
    /// The worker explains what a flag asks about.
    #[n(19)]
    Explanation(#[n(0)] ExplanationForm),
    /// A supervisor or steward decides on a flag.
    #[n(20)]
    FlagDecision(#[n(0)] FlagDecisionForm),
}

/// What a finished form becomes.
pub struct Made {
    /// Its edits and events.
    pub parts: Vec<Part>,
    /// The file that it is about: the new premises of a new file.
    pub subject: EntityId,
    /// Its event, if it has one.
    pub event: Option<EventId>,
    /// What is doubtful, but does not stop it.
    pub warnings: Vec<Message>,
}

/// One kind of form.
trait Fill {
    /// The entities whose files must be known.
    fn about(&self) -> Vec<EntityId>;

    /// Writes edits and events, and says what is wrong or doubtful.
    fn fill(&self, editor: &mut Editor<'_>);
}

impl Form {
    /// The entities whose files must be [`Seen`] to check and finish it; none for a new file.
    #[must_use]
    pub fn about(&self) -> Vec<EntityId> {
        self.fill().about()
    }

    /// What is wrong or doubtful so far, errors first.
    #[must_use]
    pub fn check(&self, seen: &Seen, circumstances: &Circumstances) -> Vec<Message> {
        match self.finish(seen, circumstances) {
            Ok(made) => made.warnings,
            Err(messages) => messages,
        }
    }

    /// The submission's parts.
    ///
    /// # Errors
    /// All messages, of which at least one is an error.
    pub fn finish(&self, seen: &Seen, circumstances: &Circumstances) -> Result<Made, Vec<Message>> {
        let mut editor = Editor::new(seen, circumstances);
        self.fill().fill(&mut editor);
        editor.finish()
    }

    /// The submission's parts when the form takes the place of events that its author wrote earlier: each of them is
    /// amended by the new event of its kind and subject; one that has none any more is voided, for `reason`.
    ///
    /// # Errors
    /// As [`Self::finish`].
    pub fn correct(
        &self,
        seen: &Seen,
        circumstances: &Circumstances,
        earlier: &[Earlier],
        reason: &str,
    ) -> Result<Made, Vec<Message>> {
        let mut editor = Editor::new(seen, circumstances);
        self.fill().fill(&mut editor);
        editor.take_the_place_of(earlier, reason);
        editor.finish()
    }

    /// What the form would write as it is now, complete or not: for what has to be known before it is finished.
    #[must_use]
    pub fn so_far(&self, seen: &Seen, circumstances: &Circumstances) -> Vec<Part> {
        let mut editor = Editor::new(seen, circumstances);
        self.fill().fill(&mut editor);
        editor.parts()
    }

    fn fill(&self) -> &dyn Fill {
        match self {
            Self::NewPremises(form) => form,
            Self::Inspection(form) => form,
            Self::Notice(form) => form,
            Self::Edit(form) => form,
            Self::Confirmation(form) => form,
            Self::Withdrawal(form) => form,
            Self::Settle(form) => form,
            Self::Link(form) => form,
            Self::Void(form) => form,
            Self::NewElder(form) => form,
            Self::NewDwelling(form) => form,
            Self::Visit(form) => form,
            Self::NotMet(form) => form,
            Self::Assessment(form) => form,
            Self::Risk(form) => form,
            Self::Consent(form) => form,
            Self::Need(form) => form,
            Self::BreakGlass(form) => form,
            Self::Supply(form) => form,
            Self::Explanation(form) => form,
            Self::FlagDecision(form) => form,
        }
    }
}

/// `Some(text)` unless there is nothing but space.
fn filled(text: &str) -> Option<&str> {
    Some(text.trim()).filter(|text| !text.is_empty())
}

fn text(value: &str) -> Value {
    Value::Text(value.to_owned())
}
