//! A form filled in again from what it wrote: what somebody starts from who corrects it.

use super::{
    AnswerRow, AssessmentForm, BreakGlassForm, ConfirmationForm, ConsentEntry, ConsentForm, Form, InspectionForm,
    LinkForm, NotMetForm, NoticeForm, ObservedRow, RiskEntry, RiskForm, Scene, SupplyForm, VisitForm, VoidForm,
    WithdrawalForm,
};
use crate::edit::{Edit, FieldOp};
use crate::event::{
    Answered, Assessment, BreakGlass, Confirmation, Consent, Event, EventBody, Inspection, Link, NotMet, Notice,
    Observed, RiskEvent, Supplied, Visit, Void, Withdrawal,
};
use crate::id::EntityId;

impl Form {
    /// The form that wrote these events of one submission, the main one first; `None` when no form writes such a one.
    ///
    /// `edits` are those of the same submission when the whole of it is to be written again, because nobody else has seen
    /// it: then the changed fields of a visit are part of the form. Else they are left out: changed fields stand, and
    /// saying them again would set back what others have said since.
    ///
    /// What the form itself corrected is not named in it.
    #[must_use]
    pub fn written(events: &[Event], edits: &[Edit]) -> Option<Self> {
        let (main, others) = events.split_first()?;
        let (subject, scene) = (main.subject, scene(main));
        Some(match main.body.clone() {
            EventBody::Inspection(Inspection { answers, met, revisit }) => Self::Inspection(InspectionForm {
                premises: subject,
                answers: answers.into_iter().map(answer).collect(),
                met: met.unwrap_or_default(),
                revisit,
                scene,
            }),
            EventBody::Notice(notice) => {
                let Notice { inspection, number, items, receipt, fix_by, next_visit, badges, copy_left } = notice;
                Self::Notice(NoticeForm {
                    premises: subject,
                    inspection,
                    items,
                    receipt,
                    fix_by,
                    next_visit,
                    number,
                    scene,
                    badges,
                    copy_left,
                })
            }
            EventBody::Confirmation(Confirmation { satisfied, note, .. }) => {
                let note = note.unwrap_or_default();
                Self::Confirmation(ConfirmationForm { referral: subject, satisfied, note, scene })
            }
            EventBody::Withdrawal(Withdrawal { round: _, reason }) => {
                Self::Withdrawal(WithdrawalForm { referral: subject, reason, scene })
            }
            EventBody::Supplied(Supplied { question, text }) => {
                Self::Supply(SupplyForm { referral: subject, question, text, scene })
            }
            EventBody::Link(Link { other, undo, reason }) => Self::Link(LinkForm { one: subject, other, undo, reason }),
            EventBody::Void(Void { event, reason }) => Self::Void(VoidForm { subject, event, reason }),
            EventBody::Visit(visit) => Self::Visit(self::visit(visit, subject, others, edits, scene)),
            EventBody::NotMet(NotMet { tried, note, next_try }) => {
                Self::NotMet(NotMetForm { elder: subject, tried, note: note.unwrap_or_default(), next_try, scene })
            }
            EventBody::Assessment(assessment) => Self::Assessment(self::assessment(assessment, subject, scene)),
            EventBody::RiskEvent(told) => Self::Risk(RiskForm { elder: subject, risk: risk(told), scene }),
            EventBody::Consent(_) => {
                let scene = Scene { photos: Vec::new(), ..scene };
                Self::Consent(ConsentForm { elder: subject, consents: consents(events), scene })
            }
            EventBody::BreakGlass(BreakGlass { act, of, reason, told, fields }) => {
                let told = told.unwrap_or_default();
                Self::BreakGlass(BreakGlassForm { elder: subject, act, of, reason, told, fields, scene })
            }
            EventBody::Reply(_)
            | EventBody::Step(_)
            | EventBody::Flagged(_)
            | EventBody::SlipOpened(_)
            | EventBody::Reviewed(_)
            | EventBody::Question(_)
            | EventBody::Transcribed(_)
            | EventBody::WeatherAlert(_)
            | EventBody::Unknown { .. } => return None,
        })
    }
}

fn scene(event: &Event) -> Scene {
    let Event { coworkers, place, photos, .. } = event.clone();
    Scene { coworkers, place, photos, amends: None }
}

fn answer(answered: Answered) -> AnswerRow {
    let Answered { code, answer, severity, refused, quantity, note, photos } = answered;
    AnswerRow { code, answer, severity, refused, quantity, note: note.unwrap_or_default(), photos }
}

fn row(observed: Observed) -> ObservedRow {
    let Observed { item, answer, note } = observed;
    ObservedRow { item, answer, note: note.unwrap_or_default() }
}

fn risk(told: RiskEvent) -> RiskEntry {
    let RiskEvent { kind, occurred_on, note } = told;
    RiskEntry { kind, occurred_on, note: note.unwrap_or_default() }
}

/// A visit with all that was told on it: of the home, of falls, of consent.
fn visit(visit: Visit, elder: EntityId, others: &[Event], edits: &[Edit], scene: Scene) -> VisitForm {
    let Visit { kind, observed, signals, words, next_visit } = visit;
    let home = others.iter().find_map(|other| match &other.body {
        EventBody::Inspection(looked) => Some(looked.answers.iter().cloned().map(answer).collect()),
        _ => None,
    });
    let risks = others.iter().filter_map(|other| match &other.body {
        EventBody::RiskEvent(told) => Some(risk(told.clone())),
        _ => None,
    });
    let consents = consents(others);
    let changes = changes(edits, elder, &consents);
    VisitForm {
        elder,
        kind,
        observed: observed.into_iter().map(row).collect(),
        signals,
        words: words.unwrap_or_default(),
        next_visit,
        home: home.unwrap_or_default(),
        risks: risks.collect(),
        consents,
        changes,
        scene,
    }
}

fn assessment(assessment: Assessment, elder: EntityId, scene: Scene) -> AssessmentForm {
    let Assessment { scores, standing: _, risks, coma, diagnoses, assessors, informant, note } = assessment;
    AssessmentForm {
        elder,
        scores: scores.into_iter().map(Some).collect(),
        risks,
        coma,
        diagnoses,
        assessors,
        informant: informant.unwrap_or_default(),
        note: note.unwrap_or_default(),
        scene,
    }
}

/// The statements of these events, each purpose once: linked files of an elder each got their own event.
fn consents(events: &[Event]) -> Vec<ConsentEntry> {
    let mut entries: Vec<ConsentEntry> = Vec::new();
    for event in events {
        let EventBody::Consent(said) = &event.body else { continue };
        if entries.iter().all(|entry| entry.purpose != said.purpose) {
            entries.push(consent(said.clone()));
        }
    }
    entries
}

fn consent(said: Consent) -> ConsentEntry {
    let Consent { purpose, state, method, paper, witness, valid_to, receivers, limits } = said;
    ConsentEntry {
        purpose,
        state,
        method,
        paper,
        witness: witness.unwrap_or_default(),
        valid_to,
        receivers,
        limits: limits.unwrap_or_default(),
    }
}

/// The changed fields of an elder's file, without those that follow from its consents.
fn changes(edits: &[Edit], elder: EntityId, consents: &[ConsentEntry]) -> Vec<FieldOp> {
    let shared = |element: &str| {
        let of =
            |entry: &ConsentEntry| element.strip_prefix(entry.purpose.code()).is_some_and(|to| to.starts_with(':'));
        consents.iter().any(of)
    };
    let follows = |op: &FieldOp| match op.field.as_str() {
        "consent" => true,
        "share_list" => op.element.as_deref().is_some_and(shared),
        _ => false,
    };
    let of_elder = edits.iter().filter(|edit| edit.entity == elder);
    of_elder.flat_map(|edit| &edit.ops).filter(|op| !follows(op)).cloned().collect()
}
