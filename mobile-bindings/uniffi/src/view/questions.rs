//! What a form asks, and what it says.

use doorstep_mobile::Phone;
use sync_core::entity::{FieldSpec, Kind};
use sync_core::id::{EntityId, EventId, SubmissionId};
use sync_core::policy::{Severity, Text};
use sync_core::words;

use crate::vocabulary::Level;

/// What forms ask, as the policy on this phone says.
#[derive(uniffi::Record, Default)]
pub struct Checklist {
    /// The edition of the checklist of places, which is printed on every notice.
    pub edition: String,
    /// By which places are looked at, in the order in which a worker walks.
    pub items: Vec<ChecklistItem>,
    /// What a visit to an elder asks.
    pub visit: Vec<VisitItem>,
    /// What an assessment scores, in order.
    pub assessment: Vec<AssessmentItem>,
    /// Kinds of premises.
    pub premises_kinds: Vec<Coded>,
    /// What the fields of an elder's file take that take only some values.
    pub elder_fields: Vec<ListedField>,
}

/// A code with what it is called.
#[derive(uniffi::Record)]
pub struct Coded {
    /// What a form or an edit says.
    pub code: String,
    /// What people read.
    pub name: Text,
}

/// A field that takes only some values, or only some elements.
#[derive(uniffi::Record)]
pub struct ListedField {
    /// The field, e.g. `living_situation`.
    pub field: String,
    /// What it is called.
    pub name: Text,
    /// What it takes.
    pub values: Vec<Coded>,
}

fn elder_fields() -> Vec<ListedField> {
    let listed = |spec: &FieldSpec| {
        let values = words::choices(Kind::Elder, spec.name).into_iter();
        let values: Vec<Coded> = values.map(|(code, name)| Coded { code: code.to_owned(), name }).collect();
        let name = words::label(Kind::Elder.code(), spec.name, None);
        (!values.is_empty()).then(|| ListedField { field: spec.name.to_owned(), name, values })
    };
    // What was agreed to has a form of its own.
    Kind::Elder.schema().fields.iter().filter(|spec| spec.name != "consent").filter_map(listed).collect()
}

/// One item of the checklist of visits.
#[derive(uniffi::Record)]
pub struct VisitItem {
    /// Stable code, e.g. `mood`.
    pub code: String,
    /// What is asked.
    pub name: Text,
    /// What to look or ask for.
    pub hint: Text,
}

/// One item of an assessment by GB/T 42195-2022.
#[derive(uniffi::Record)]
pub struct AssessmentItem {
    /// Its number in the standard's form, e.g. `B3.9`.
    pub code: String,
    /// Its name.
    pub name: Text,
    /// The score of somebody who needs no help; 0 is wholly dependent.
    pub most: u8,
}

/// One item of the checklist.
#[derive(uniffi::Record)]
pub struct ChecklistItem {
    /// Stable code, e.g. `EXIT-02`.
    pub code: String,
    /// What was found.
    pub name: Text,
    /// Where the form starts, 0 to 4.
    pub severity: u8,
    /// What this severity is called.
    pub severity_name: Text,
    /// A plain reason, for the owner.
    pub why: Text,
    /// How to put it right, for the owner.
    pub how: Text,
    /// A number to ask for.
    pub quantity: Option<Quantity>,
}

/// A number that goes with an answer.
#[derive(uniffi::Record)]
pub struct Quantity {
    /// Unit, e.g. `kg`.
    pub unit: String,
    /// What to ask for.
    pub name: Text,
}

impl Checklist {
    /// That of the policy on this phone; empty before the first sync.
    pub(crate) fn of(phone: &Phone) -> Self {
        let Some(evaluator) = phone.policy() else { return Self::default() };
        let policy = evaluator.policy();
        let name = |severity: Severity| policy.severity(severity).map(|text| text.name.clone()).unwrap_or_default();
        let items = policy.checklist.items.iter().map(|item| ChecklistItem {
            code: item.code.clone(),
            name: item.name.clone(),
            severity: u8::try_from(item.severity.number()).unwrap_or(0),
            severity_name: name(item.severity),
            why: item.why.clone(),
            how: item.how.clone(),
            quantity: item.quantity.as_ref().map(|asked| Quantity {
                unit: asked.unit.clone(),
                name: Text::new(asked.zh.clone(), asked.en.clone()),
            }),
        });
        let visit = policy.visit_items.iter().map(|item| VisitItem {
            code: item.code.clone(),
            name: item.name.clone(),
            hint: item.hint.clone(),
        });
        let assessment = sync_core::assess::ITEMS.iter().map(|item| AssessmentItem {
            code: item.code.to_owned(),
            name: Text::new(item.zh, item.en),
            most: item.most,
        });
        let kinds = policy.kinds.iter().map(|kind| Coded { code: kind.code.clone(), name: kind.name.clone() });
        Self {
            edition: policy.checklist.edition.clone(),
            items: items.collect(),
            visit: visit.collect(),
            assessment: assessment.collect(),
            premises_kinds: kinds.collect(),
            elder_fields: elder_fields(),
        }
    }
}

/// What a form says about one of its fields. Texts name the rule, never what was typed.
#[derive(uniffi::Record)]
pub struct Message {
    /// How grave.
    pub level: Level,
    /// A stable code.
    pub code: String,
    /// The field it is about, e.g. `answers/EXIT-02/note`.
    pub field: String,
    /// In words.
    pub text: Text,
}

impl From<sync_core::form::Message> for Message {
    fn from(said: sync_core::form::Message) -> Self {
        let sync_core::form::Message { level, code, field, zh, en } = said;
        Self { level, code: code.to_owned(), field, text: Text::new(zh, en) }
    }
}

/// A finished form.
#[derive(uniffi::Record)]
pub struct Finished {
    /// The submission: ask for its receipt by this.
    pub submission: SubmissionId,
    /// Its number in the caseload's outbox.
    pub number: u64,
    /// The file it is about: the new shop of a new file.
    pub subject: EntityId,
    /// Its event, if it has one: what a notice refers to.
    pub event: Option<EventId>,
    /// What is doubtful, e.g. a credit code whose check fails.
    pub warnings: Vec<Message>,
}

impl From<doorstep_mobile::Finished> for Finished {
    fn from(finished: doorstep_mobile::Finished) -> Self {
        let doorstep_mobile::Finished { submission, number, subject, event, warnings } = finished;
        Self { submission, number, subject, event, warnings: warnings.into_iter().map(Into::into).collect() }
    }
}

/// The digest of a caseload's confirmed state.
#[derive(uniffi::Record)]
pub struct StateDigest {
    /// The log entry up to which it is.
    pub seq: u64,
    /// In hexadecimal.
    pub digest: String,
}
