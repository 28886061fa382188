//! Entities: living files that several people change over time. One file for each kind: its fields, how each merges,
//! and who may write it.

use crate::author::Role;
use crate::edit::{Edit, Value};
use crate::map_point::MapPoint;
use crate::merge::{FieldPolicy, Resolved};
use crate::time::Day;

pub mod dwelling;
pub mod elder;
pub mod event_review;
pub mod flag_review;
pub mod hazard;
pub mod need;
pub mod operator;
pub mod person_slip;
pub mod premises;
pub mod referral;
pub mod review;
pub mod slip;
pub mod slip_copy;
pub mod tenancy;

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident $code:literal $module:ident,)*) => {
        /// **The list of entity kinds**: one line here and one file.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum Kind { $($(#[$doc])* $kind,)* }

        impl Kind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$kind),*];

            /// The stable code.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$kind => $code,)* }
            }

            /// The fields of this kind.
            #[must_use]
            pub const fn schema(self) -> &'static Schema {
                match self { $(Self::$kind => &$module::SCHEMA,)* }
            }
        }
    };
}

kinds! {
    /// A shop as a place.
    Premises "premises" premises,
    /// A shop as a business.
    Operator "operator" operator,
    /// Which business was in which place, when.
    Tenancy "tenancy" tenancy,
    /// One finding at one place, through its life.
    Hazard "hazard" hazard,
    /// A case that went, or should go, to a department.
    Referral "referral" referral,
    /// What one desk received for one round.
    Slip "slip" slip,
    /// An elder.
    Elder "elder" elder,
    /// Where elders live.
    Dwelling "dwelling" dwelling,
    /// What an elder needs.
    Need "need" need,
    /// What one desk received about a person for one round.
    PersonSlip "person_slip" person_slip,
    /// Something that was opened or told, for a steward to look at.
    Review "review" review,
    /// What people say of a flag.
    FlagReview "flag_review" flag_review,
    /// What people say of an event that one corrected and another voided.
    EventReview "event_review" event_review,
    /// What a desk is told of a slip that went to another desk.
    SlipCopy "slip_copy" slip_copy,
}

/// The fields of one kind of entity.
#[derive(Debug)]
pub struct Schema {
    /// The kind.
    pub kind: Kind,
    /// The field that names the file this one belongs to, if any: a hazard's premises.
    pub parent: Option<&'static str>,
    /// The field that people know it by.
    pub title: Option<&'static str>,
    /// The fields.
    pub fields: &'static [FieldSpec],
}

/// What one field may hold, how it merges, and who may write it.
#[derive(Debug)]
pub struct FieldSpec {
    /// Its name.
    pub name: &'static str,
    /// What it may hold.
    pub shape: Shape,
    /// How it merges.
    pub policy: FieldPolicy,
    /// Who may write it.
    pub writers: &'static [Role],
    /// Written with an element: a set's member, or a round.
    pub keyed: bool,
    /// The only elements it takes, when they are known beforehand.
    pub only: Option<&'static [&'static str]>,
    /// A mistake in it can hurt somebody: a question about it that nobody settles raises D02.
    pub critical: bool,
    /// The value that says that nobody has decided yet: a person should, as in any other conflict.
    pub undecided: Option<&'static str>,
}

/// What a field may hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shape {
    /// Text within [`crate::limits::TEXT_BYTES`].
    Text,
    /// A whole number within these bounds.
    Int(i64, i64),
    /// A point in time.
    Time,
    /// A day of the calendar, `1945-12-03`.
    Day,
    /// Yes or no.
    Bool,
    /// Another entity.
    Id,
    /// A state of a workflow.
    State,
    /// One of these texts.
    OneOf(&'static [&'static str]),
    /// A point on a map, as a [`MapPoint`] is written.
    Point {
        /// Only one that is no finer than about 100 m.
        coarse: bool,
    },
}

impl Shape {
    /// Whether the value fits.
    #[must_use]
    pub fn fits(self, value: &Value) -> bool {
        match (self, value) {
            (Self::Text, Value::Text(_))
            | (Self::Time, Value::Int(_))
            | (Self::Bool, Value::Bool(_))
            | (Self::Id, Value::Id(_))
            | (Self::State, Value::State(_)) => true,
            (Self::Day, Value::Text(text)) => text.parse::<Day>().is_ok(),
            (Self::Int(least, most), Value::Int(n)) => (least..=most).contains(n),
            (Self::OneOf(texts), Value::Text(text)) => texts.contains(&text.as_str()),
            (Self::Point { coarse }, Value::Text(text)) => {
                text.parse::<MapPoint>().is_ok_and(|point| !coarse || point.is_coarse())
            }
            _ => false,
        }
    }
}

/// Those who keep a caseload's files.
pub(crate) const FIELD: &[Role] = &[Role::Worker, Role::Supervisor, Role::Steward];
/// The flow itself.
pub(crate) const FLOW: &[Role] = &[Role::System];

impl FieldSpec {
    pub(crate) const fn new(name: &'static str, shape: Shape, policy: FieldPolicy) -> Self {
        Self { name, shape, policy, writers: FIELD, keyed: false, only: None, critical: false, undecided: None }
    }

    pub(crate) const fn set(name: &'static str, policy: FieldPolicy) -> Self {
        Self { keyed: true, ..Self::new(name, Shape::Bool, policy) }
    }

    pub(crate) const fn by(self, writers: &'static [Role]) -> Self {
        Self { writers, ..self }
    }

    pub(crate) const fn keyed(self) -> Self {
        Self { keyed: true, ..self }
    }

    pub(crate) const fn only(self, elements: &'static [&'static str]) -> Self {
        Self { only: Some(elements), ..self }
    }

    pub(crate) const fn critical(self) -> Self {
        Self { critical: true, ..self }
    }

    pub(crate) const fn undecided(self, value: &'static str) -> Self {
        Self { undecided: Some(value), ..self }
    }

    /// Whether a person should decide about what this field amounts to.
    pub(crate) fn asks(&self, resolved: &Resolved) -> bool {
        resolved.conflict || self.undecided.is_some_and(|value| resolved.shown.value.as_text() == Some(value))
    }
}

/// Why an edit is not one that this role may make of this kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FieldError {
    /// A kind that this version does not know.
    #[error("unknown kind of entity {0}")]
    UnknownKind(String),
    /// A field that this version does not know.
    #[error("unknown field {0}")]
    UnknownField(String),
    /// An element that this version does not know.
    #[error("the field {0} has no such element")]
    UnknownElement(&'static str),
    /// A value of the wrong shape.
    #[error("the field {0} does not take this value")]
    WrongShape(&'static str),
    /// A field that the role may not write.
    #[error("a {1} may not write the field {0}")]
    NotPermitted(&'static str, Role),
}

impl Schema {
    /// The schema with this kind code.
    #[must_use]
    pub fn of_code(code: &str) -> Option<&'static Self> {
        Kind::ALL.iter().find(|kind| kind.code() == code).map(|kind| kind.schema())
    }

    /// The field with this name.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&FieldSpec> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// Checks an edit against the fields of its kind and the rights of its author.
    ///
    /// # Errors
    /// The first operation that does not fit.
    pub fn check(edit: &Edit, role: Role) -> Result<&'static Self, FieldError> {
        let schema = Self::of_code(&edit.kind).ok_or_else(|| FieldError::UnknownKind(edit.kind.clone()))?;
        for op in &edit.ops {
            let field = schema.field(&op.field).ok_or_else(|| FieldError::UnknownField(op.field.clone()))?;
            if field.keyed != op.element.is_some() || !field.shape.fits(&op.value) {
                return Err(FieldError::WrongShape(field.name));
            }
            let unknown = |element: &String| field.only.is_some_and(|only| !only.contains(&element.as_str()));
            if op.element.as_ref().is_some_and(unknown) {
                return Err(FieldError::UnknownElement(field.name));
            }
            if !field.writers.contains(&role) {
                return Err(FieldError::NotPermitted(field.name, role));
            }
        }
        Ok(schema)
    }
}
