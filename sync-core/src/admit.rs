//! Admit: may this submission become part of the record? A plan, made before anything is changed.

use std::collections::BTreeSet;

use crate::assess;
use crate::author::Role;
use crate::document::Document;
use crate::edit::{Edit, State, Value};
use crate::entity::{FieldError, Kind, Schema, flag_review, hazard, need};
use crate::event::{
    Assessment, BreakGlass, BreakGlassAct, Confirmation, Event, EventBody, Question, Reply, Step, WeatherAlert,
    Withdrawal,
};
use crate::id::{EntityId, EventId};
use crate::log::{HoldCode, Verdict};
use crate::refer;
use crate::submission::{Content, SubmissionError};

/// Those who keep the files of a caseload.
pub(crate) const KEEPERS: &[Role] = &[Role::Worker, Role::Supervisor, Role::Steward];
/// What can have hazards.
const PLACES: &[Kind] = &[Kind::Premises, Kind::Dwelling];

/// How the author stands to the caseload at the time of receipt.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Standing {
    /// The role in this caseload.
    pub role: Role,
    /// Is, now, a member of it.
    pub member: bool,
    /// The device was revoked.
    pub revoked: bool,
    /// The device's clock minus the server's during this sync, in milliseconds.
    pub clock_offset_ms: i64,
}

impl Standing {
    /// The flow itself.
    pub const FLOW: Self = Self { role: Role::System, member: true, revoked: false, clock_offset_ms: 0 };

    /// Why everything from this author is held, whatever it says. It comes before any other code: those who have no
    /// access learn nothing from the verdicts on what they send.
    #[must_use]
    pub const fn shut_out(&self) -> Option<HoldCode> {
        match self {
            Self { revoked: true, .. } => Some(HoldCode::DeviceRevoked),
            Self { member: false, .. } => Some(HoldCode::NoAccess),
            _ => None,
        }
    }
}

/// What the server says of a submission. `own` stands for the caseload itself, `known` finds its documents, `told` says
/// whether an event was told before.
pub(crate) fn verdict<'d>(
    content: Result<&Content, &SubmissionError>,
    standing: Standing,
    own: EntityId,
    known: impl Fn(EntityId) -> Option<&'d Document>,
    told: impl Fn(EventId) -> bool,
) -> Verdict {
    match plan(content, standing, own, known, told) {
        Ok(()) => Verdict::Merged,
        Err(code) => Verdict::Held(code),
    }
}

fn plan<'d>(
    content: Result<&Content, &SubmissionError>,
    standing: Standing,
    own: EntityId,
    known: impl Fn(EntityId) -> Option<&'d Document>,
    told: impl Fn(EventId) -> bool,
) -> Result<(), HoldCode> {
    if let Some(code) = standing.shut_out() {
        return Err(code);
    }
    let content = content.map_err(|error| match error {
        SubmissionError::Unreadable { .. } => HoldCode::Unreadable,
        SubmissionError::TooLarge(_) => HoldCode::TooLarge,
        SubmissionError::WrongSubject { .. } | SubmissionError::Empty | SubmissionError::Edit { .. } => {
            HoldCode::Malformed
        }
    })?;
    let scene = Scene { content, own, known };
    let mut edited = BTreeSet::new();
    for edit in &content.edits {
        if !edited.insert(edit.entity) {
            return Err(HoldCode::Malformed);
        }
        check_edit(edit, standing.role, &scene)?;
    }
    let mut said = BTreeSet::new();
    for event in &content.events {
        // An event is written once: the same id again is another event in its clothes.
        if !said.insert(event.id) || told(event.id) {
            return Err(HoldCode::Malformed);
        }
        check_event(event, standing.role, &scene)?;
    }
    Ok(())
}

/// What a submission can speak of: what is there, and what it makes itself.
struct Scene<'c, F> {
    content: &'c Content,
    own: EntityId,
    known: F,
}

impl<'d, F: Fn(EntityId) -> Option<&'d Document>> Scene<'_, F> {
    fn document(&self, entity: EntityId) -> Option<&'d Document> {
        (self.known)(entity)
    }

    /// The kind of an entity that is there, or will be when this is merged.
    fn kind(&self, entity: EntityId) -> Option<Kind> {
        let made = || self.edit_of(entity).and_then(|edit| Schema::of_code(&edit.kind));
        self.document(entity).map(Document::schema).or_else(made).map(|schema| schema.kind)
    }

    fn edit_of(&self, entity: EntityId) -> Option<&Edit> {
        self.content.edits.iter().find(|edit| edit.entity == entity)
    }
}

fn check_edit<'d>(
    edit: &Edit,
    role: Role,
    scene: &Scene<'_, impl Fn(EntityId) -> Option<&'d Document>>,
) -> Result<(), HoldCode> {
    let schema = Schema::check(edit, role).map_err(|error| match error {
        FieldError::UnknownKind(_) | FieldError::UnknownField(_) | FieldError::UnknownElement(_) => HoldCode::TooNew,
        FieldError::WrongShape(_) => HoldCode::Malformed,
        FieldError::NotPermitted(..) => HoldCode::NotPermitted,
    })?;
    let document = scene.document(edit.entity);
    match document {
        None if !edit.creates() => return Err(HoldCode::UnknownEntity),
        None => check_creation(edit, schema, scene)?,
        Some(document) if document.schema().kind != schema.kind || edit.base.version > document.version() => {
            return Err(HoldCode::Malformed);
        }
        // What it was written on was never merged: it waits with it, also when somebody else has made the same entity
        // since, so that it does not matter whose phone came online first.
        Some(document) if creation_is_missing(edit, document) => return Err(HoldCode::UnknownEntity),
        Some(_) => {}
    }
    let state = |field| put(edit, field).and_then(Value::as_state);
    match (schema.kind, state("state"), state("status")) {
        (Kind::Referral, Some(state), _) if !refer::may_enter(role, state.rank) => Err(HoldCode::NotPermitted),
        // At a desk without a computer a dispatcher writes down what its officers say.
        (Kind::Slip | Kind::PersonSlip, Some(state), _)
            if !refer::may_enter(if role == Role::Dispatcher { Role::Officer } else { role }, state.rank) =>
        {
            Err(HoldCode::NotPermitted)
        }
        (Kind::Referral, Some(State { rank: refer::SUBMITTED | refer::DISPATCHED, .. }), _)
            if role != Role::System && waits_for_consent(document) =>
        {
            Err(HoldCode::NotPermitted)
        }
        (Kind::Referral | Kind::Slip | Kind::PersonSlip, Some(state), _) => check_round(role, state, document),
        (Kind::Hazard, _, Some(status)) => check_status(edit, status, document),
        // A need is raised once and has one round: a state beyond would win over everything to come.
        (Kind::Need, _, Some(State { round, rank })) if round != 1 || rank > need::MET => Err(HoldCode::Malformed),
        _ => Ok(()),
    }
}

/// Whether an edit stands on a creation by its own author that is not part of the record.
fn creation_is_missing(edit: &Edit, document: &Document) -> bool {
    let merged = |seen| document.stamps().any(|stamp| stamp.submission == seen);
    edit.base.version == 0 && !edit.creates() && !edit.base.seen.iter().any(|seen| merged(*seen))
}

/// A new entity says whose file it belongs to, and that file is there; an id that follows from its content is the one
/// that follows.
fn check_creation<'d>(
    edit: &Edit,
    schema: &Schema,
    scene: &Scene<'_, impl Fn(EntityId) -> Option<&'d Document>>,
) -> Result<(), HoldCode> {
    // Whoever goes through all entities begins behind this one; and the caseload has no document.
    if *edit.entity.bytes() == [0; 16] || edit.entity == scene.own {
        return Err(HoldCode::Malformed);
    }
    let Some(parent) = schema.parent else { return Ok(()) };
    let parent = put(edit, parent).and_then(Value::as_id).ok_or(HoldCode::Malformed)?;
    let fits = |parent: Kind| match schema.kind {
        Kind::Hazard => PLACES.contains(&parent) && put(edit, "status").is_some(),
        Kind::Tenancy => parent == Kind::Premises,
        Kind::Need => parent == Kind::Elder,
        Kind::FlagReview => (PLACES.contains(&parent) || parent == Kind::Elder) && is_of_its_flag(edit),
        _ => PLACES.contains(&parent) || parent == Kind::Elder,
    };
    match scene.kind(parent) {
        None => Err(HoldCode::UnknownEntity),
        Some(parent) if fits(parent) => Ok(()),
        Some(_) => Err(HoldCode::Malformed),
    }
}

/// What is said of a flag has the id that follows from it.
fn is_of_its_flag(edit: &Edit) -> bool {
    let flag = put(edit, "flag").and_then(Value::as_text).and_then(|flag| flag.parse().ok());
    flag.is_some_and(|flag| flag_review::id(flag) == edit.entity)
}

/// A hazard is one episode of one finding: its status cannot be that of another episode, in which no rule would find
/// what was seen.
fn check_status(edit: &Edit, status: State, document: Option<&Document>) -> Result<(), HoldCode> {
    let said = |field| document.map_or_else(|| put(edit, field).cloned(), |document| document.value(field));
    let place = said("place").and_then(|value| value.as_id()).ok_or(HoldCode::Malformed)?;
    let code = said("code").ok_or(HoldCode::Malformed)?;
    let code = code.as_text().ok_or(HoldCode::Malformed)?;
    let of_this = hazard::id(place, code, status.round) == edit.entity;
    if of_this && status.rank <= hazard::VERIFIED_FIXED { Ok(()) } else { Err(HoldCode::Malformed) }
}

/// Without the elder's consent nobody sends a referral on its way.
fn waits_for_consent(referral: Option<&Document>) -> bool {
    let held = referral.and_then(|referral| referral.value("held_for_consent"));
    held.is_some_and(|held| held.as_text() != Some(""))
}

/// Rounds are counted by the flow; a dispatcher opens the next. A state beyond would win over everything to come.
fn check_round(role: Role, to: State, referral: Option<&Document>) -> Result<(), HoldCode> {
    let Some(referral) = referral.filter(|_| role != Role::System) else { return Ok(()) };
    let last = referral.value("state").and_then(|value| value.as_state()).unwrap_or_default().round;
    let next = to.rank == refer::DISPATCHED && to.round.checked_sub(1) == Some(last);
    if to.round <= last || next { Ok(()) } else { Err(HoldCode::Malformed) }
}

fn put<'e>(edit: &'e Edit, field: &str) -> Option<&'e Value> {
    edit.ops.iter().find(|op| op.field == field && op.element.is_none()).map(|op| &op.value)
}

/// Who may say that something of this kind happened, and to what.
fn check_event<'d>(
    event: &Event,
    role: Role,
    scene: &Scene<'_, impl Fn(EntityId) -> Option<&'d Document>>,
) -> Result<(), HoldCode> {
    let (speakers, about): (&[Role], &[Kind]) = match &event.body {
        EventBody::Inspection(_) => (KEEPERS, PLACES),
        EventBody::Notice(_) => (KEEPERS, &[Kind::Premises]),
        EventBody::Visit(_)
        | EventBody::NotMet(_)
        | EventBody::Assessment(_)
        | EventBody::RiskEvent(_)
        | EventBody::Consent(_) => (KEEPERS, &[Kind::Elder]),
        EventBody::BreakGlass(BreakGlass { act: BreakGlassAct::Reviewed, .. }) => (&[Role::Steward], &[Kind::Elder]),
        // Who opens it is not who looks at it.
        EventBody::BreakGlass(BreakGlass { act: BreakGlassAct::Opened, .. }) => {
            (&[Role::Worker, Role::Supervisor], &[Kind::Elder])
        }
        EventBody::BreakGlass(_) => (KEEPERS, &[Kind::Elder]),
        EventBody::Reviewed(_) => (&[Role::Steward], &[Kind::Review]),
        EventBody::SlipOpened(_) => (&[Role::Officer, Role::Dispatcher], &[Kind::Referral, Kind::PersonSlip]),
        EventBody::Question(_) => (&[Role::Officer], &[Kind::Referral, Kind::Slip, Kind::PersonSlip]),
        EventBody::Transcribed(_) => (&[Role::Officer], &[Kind::Referral]),
        EventBody::Supplied(_) => (&[Role::Worker, Role::Supervisor], &[Kind::Referral]),
        EventBody::Void(_) => (KEEPERS, Kind::ALL),
        EventBody::Confirmation(_) | EventBody::Withdrawal(_) => (&[Role::Worker, Role::Supervisor], &[Kind::Referral]),
        EventBody::Link(_) => (&[Role::Steward, Role::Supervisor], &[Kind::Premises, Kind::Dwelling, Kind::Elder]),
        EventBody::Reply(_) => (&[Role::Officer], &[Kind::Referral]),
        EventBody::Step(_) => (&[Role::Dispatcher, Role::Officer, Role::System], &[Kind::Referral]),
        EventBody::Flagged(_) => (&[Role::System], Kind::ALL),
        EventBody::WeatherAlert(alert) => return check_alert(event, alert, role, scene.own),
        EventBody::Unknown { .. } => return Err(HoldCode::TooNew),
    };
    if !speakers.contains(&role) {
        return Err(HoldCode::NotPermitted);
    }
    let kind = scene.kind(event.subject).ok_or(HoldCode::UnknownEntity)?;
    if !about.contains(&kind) {
        return Err(HoldCode::Malformed);
    }
    let referral = || scene.document(event.subject);
    match &event.body {
        EventBody::Confirmation(Confirmation { round, .. })
        | EventBody::Withdrawal(Withdrawal { round, .. })
        | EventBody::Question(Question { round, .. })
        | EventBody::Reply(Reply { round, .. }) => check_round(role, State::new(*round, refer::DRAFT), referral()),
        EventBody::Step(Step { to, .. }) if role != Role::System => {
            let done = scene.edit_of(event.subject).and_then(|edit| put(edit, "state"));
            if done == Some(&Value::State(*to)) { Ok(()) } else { Err(HoldCode::Malformed) }
        }
        EventBody::Link(link) => match scene.kind(link.other) {
            None => Err(HoldCode::UnknownEntity),
            Some(other) if other == kind && link.other != event.subject => Ok(()),
            Some(_) => Err(HoldCode::Malformed),
        },
        EventBody::Assessment(assessment) => check_assessment(assessment),
        // A review and a talk with the elder are about an opening; an opening is about nothing before.
        EventBody::BreakGlass(BreakGlass { act, of, .. }) if (*act == BreakGlassAct::Opened) == of.is_some() => {
            Err(HoldCode::Malformed)
        }
        // Whoever looks at it reads why.
        EventBody::BreakGlass(BreakGlass { reason, .. }) if reason.trim().is_empty() => Err(HoldCode::Malformed),
        _ => Ok(()),
    }
}

/// A supervisor says it, of the caseload as a whole.
fn check_alert(event: &Event, alert: &WeatherAlert, role: Role, own: EntityId) -> Result<(), HoldCode> {
    if role != Role::Supervisor {
        return Err(HoldCode::NotPermitted);
    }
    if event.subject == own && alert.is_sound() { Ok(()) } else { Err(HoldCode::Malformed) }
}

/// An assessment is worth what its assessors are; a visitor's is a screening, whatever it calls itself.
fn check_assessment(assessment: &Assessment) -> Result<(), HoldCode> {
    let worth = Assessment::standing_of(&assessment.assessors);
    let sound = assess::score(assessment).is_ok() && assessment.standing <= worth;
    if sound { Ok(()) } else { Err(HoldCode::Malformed) }
}
