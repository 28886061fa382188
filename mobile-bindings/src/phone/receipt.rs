//! Receipts: where each finished form stands, in words; and what is not confirmed yet, with the reason.

use std::collections::{BTreeMap, BTreeSet};

use sync_core::case::File;
use sync_core::entity::Kind;
use sync_core::event::{EventBody, FlagStanding};
use sync_core::id::{CaseloadId, EntityId, EventId, SubmissionId};
use sync_core::log::HoldCode;
use sync_core::phone::outbox::{Item, Standing};
use sync_core::policy::Text;
use sync_core::refer::{self, Answers};
use sync_core::submission::content;
use sync_core::time::Timestamp;
use sync_core::words;

use super::{Caseload, Inner, Phone};
use crate::error::PhoneError;

/// How far a submission got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stage {
    /// On this phone only.
    Pending,
    /// The server has it.
    Stored,
    /// Part of the record.
    Merged,
    /// Waits for a supervisor.
    Held {
        /// Why, as a stable code.
        code: HoldCode,
        /// Why, in words.
        why: Text,
    },
    /// A supervisor decided against it.
    Rejected {
        /// Why.
        reason: String,
    },
    /// A rule holds because of it.
    Flagged {
        /// The rules.
        rules: Vec<String>,
    },
    /// It is on its way to a department.
    Referred {
        /// The referral.
        referral: EntityId,
        /// The department of the present round.
        dept: String,
        /// By when the department acts.
        due_at: Option<Timestamp>,
    },
    /// A desk has accepted it.
    Acknowledged {
        /// The referral.
        referral: EntityId,
        /// The department.
        dept: String,
    },
    /// A department has answered.
    Answered {
        /// The referral.
        referral: EntityId,
        /// The department.
        dept: String,
        /// What was found or done, as a stable code.
        outcome: String,
        /// What the worker and the resident may read.
        public_text: String,
        /// When somebody was on site.
        checked_at: Option<Timestamp>,
        /// It takes the place of an answer that the desk gave before.
        corrected: bool,
    },
    /// A department did not take it on.
    NotAccepted {
        /// The referral.
        referral: EntityId,
        /// The department.
        dept: String,
        /// Why.
        reason: String,
    },
}

/// Where a submission stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The submission.
    pub submission: SubmissionId,
    /// Its caseload.
    pub caseload: CaseloadId,
    /// Its number in the outbox.
    pub number: u64,
    /// The file it is about.
    pub subject: EntityId,
    /// Its event, if it has one.
    pub event: Option<EventId>,
    /// When it was finished.
    pub finished_at: Timestamp,
    /// How far it got.
    pub stage: Stage,
}

/// A form that is not part of the record yet, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// Where it stands.
    pub receipt: Receipt,
    /// Why it is not confirmed.
    pub why: Text,
}

impl Phone {
    /// Where a submission stands.
    ///
    /// # Errors
    /// [`PhoneError`]
    pub fn receipt(&self, submission: SubmissionId) -> Result<Receipt, PhoneError> {
        let inner = self.lock();
        let found = inner.caseloads.values().find_map(|caseload| Some((caseload, caseload.outbox.of(submission)?)));
        let (caseload, item) = found.ok_or(PhoneError::NoSuchSubmission)?;
        inner.receipt(caseload, item)
    }

    /// Where the submissions of a caseload stand, in the order of their numbers.
    ///
    /// # Errors
    /// [`PhoneError`]
    pub fn receipts(&self, caseload: CaseloadId) -> Result<Vec<Receipt>, PhoneError> {
        let inner = self.lock();
        let caseload = inner.caseload(caseload)?;
        caseload.outbox.items().map(|item| inner.receipt(caseload, item)).collect()
    }

    /// What is not part of the record yet, and why.
    ///
    /// # Errors
    /// [`PhoneError::Store`]
    pub fn pending(&self) -> Result<Vec<Pending>, PhoneError> {
        let inner = self.lock();
        let mut pending = Vec::new();
        for caseload in inner.caseloads.values() {
            for item in caseload.outbox.items() {
                if let Some(why) = inner.why(item) {
                    pending.push(Pending { receipt: inner.receipt(caseload, item)?, why });
                }
            }
        }
        Ok(pending)
    }
}

impl Inner {
    fn receipt(&self, caseload: &Caseload, item: &Item) -> Result<Receipt, PhoneError> {
        let stage = match &item.standing {
            Standing::Waiting => Stage::Pending,
            Standing::Stored => Stage::Stored,
            Standing::Held(code) => Stage::Held { code: *code, why: in_words(*code) },
            Standing::Rejected { reason } => Stage::Rejected { reason: reason.clone() },
            // What a department answered is part of the file.
            Standing::Merged if item.confirmed && !self.is_locked() => {
                let events = said(item);
                followed(&self.confirmed_files(&events)?, &events)
            }
            Standing::Merged => Stage::Merged,
        };
        Ok(Receipt {
            submission: item.submission,
            caseload: caseload.id(),
            number: item.number,
            subject: item.subject,
            event: item.event,
            finished_at: item.finished_at,
            stage,
        })
    }

    /// The confirmed files that events are about: linked files are one, and a flag may stand on any of them.
    fn confirmed_files(&self, events: &BTreeMap<EventId, EntityId>) -> Result<Vec<File>, PhoneError> {
        let roots = events.values().filter_map(|subject| self.index.root(*subject)).map(|(_, root)| root);
        let roots: BTreeSet<EntityId> = roots.flat_map(|root| self.index.cluster(root)).collect();
        roots.into_iter().map(|root| Ok(self.confirmed_file(root)?)).collect()
    }

    fn why(&self, item: &Item) -> Option<Text> {
        Some(match &item.standing {
            Standing::Waiting => match self.session.blocked_text() {
                Some(why) => why,
                None => Text::new("等待网络,尚未发送", "Not sent yet: waiting for a network"),
            },
            Standing::Stored => Text::new("服务器已收到,尚未合并", "The server has it; not merged yet"),
            Standing::Merged if item.confirmed => return None,
            Standing::Merged => Text::new("已合并,等待下载确认", "Merged; its entry has not been downloaded yet"),
            Standing::Held(code) => in_words(*code),
            Standing::Rejected { .. } => Text::new("督导未采纳", "A supervisor decided against it"),
        })
    }
}

/// The events of a form with what each is about: a visit tells of falls and of the home, too.
fn said(item: &Item) -> BTreeMap<EventId, EntityId> {
    let content = item.decoded().and_then(|submission| content(&submission.parts).ok());
    let events = content.map(|content| content.events).unwrap_or_default();
    events.into_iter().map(|event| (event.id, event.subject)).collect()
}

/// How far the flow got with what these events set in motion: the referral that got farthest, else flags.
fn followed(files: &[File], events: &BTreeMap<EventId, EntityId>) -> Stage {
    let flags: Vec<_> = files
        .iter()
        .flat_map(|file| file.flags.values())
        .filter(|flag| {
            flag.flagged.evidence.iter().any(|event| events.contains_key(event))
                && flag.flagged.standing != FlagStanding::Withdrawn
        })
        .collect();
    let referrals = files.iter().flat_map(|file| file.of_kind(Kind::Referral).map(move |of| (file, of)));
    let referrals = referrals.filter_map(|(file, (id, document))| {
        let flag = document.value("flag")?;
        let flag = flag.as_text()?;
        let own = flags.iter().any(|standing| standing.flagged.flag.to_string() == flag);
        own.then(|| referred(file, id)).flatten()
    });
    let progress = |stage: &Stage| match stage {
        Stage::Answered { .. } => 4,
        Stage::NotAccepted { .. } => 3,
        Stage::Acknowledged { .. } => 2,
        _ => 1,
    };
    if let Some(stage) = referrals.max_by_key(progress) {
        return stage;
    }
    let mut rules: Vec<String> = flags.iter().map(|flag| flag.flagged.rule.clone()).collect();
    rules.sort_unstable();
    rules.dedup();
    if rules.is_empty() { Stage::Merged } else { Stage::Flagged { rules } }
}

/// How far a referral got; `None` before it was sent to a desk.
fn referred(file: &File, referral: EntityId) -> Option<Stage> {
    let document = file.documents.get(&referral)?;
    let state = document.value("state")?.as_state()?;
    let element = |field: &str| document.element(field, &state.round.to_string()).map(|resolved| resolved.shown.value);
    let text = |field: &str| element(field).and_then(|value| value.as_text().map(str::to_owned)).unwrap_or_default();
    let dept = text("dept");
    let due_at = element("due_at").and_then(|value| value.as_int()).map(Timestamp::from_millis);
    let acts = file.standing_events().filter(|recorded| recorded.event.subject == referral);
    Some(match state.rank {
        refer::DISPATCHED | refer::RETURNED => Stage::Referred { referral, dept, due_at },
        refer::ACCEPTED | refer::CHECKING => Stage::Acknowledged { referral, dept },
        refer::REPLIED..=refer::CLOSED => match refer::answers(file, referral, state.round) {
            Some(Answers { reply, .. }) => Stage::Answered {
                referral,
                dept,
                outcome: reply.outcome.code().to_owned(),
                public_text: reply.public_text.clone(),
                checked_at: reply.checked_at,
                corrected: reply.corrects.is_some(),
            },
            None => {
                let (outcome, public_text) = (text("outcome"), text("public_text"));
                Stage::Answered { referral, dept, outcome, public_text, checked_at: None, corrected: false }
            }
        },
        refer::NOT_ACCEPTED => {
            let reason = acts.filter_map(|recorded| match &recorded.event.body {
                EventBody::Step(step) if step.to == state => step.reason.clone(),
                _ => None,
            });
            let reason = reason.last().unwrap_or_default();
            Stage::NotAccepted { referral, dept, reason }
        }
        _ => return None,
    })
}

/// Why a submission is held, and what becomes of it.
fn in_words(code: HoldCode) -> Text {
    let Text { zh, en } = words::held(code);
    Text::new(format!("{zh};由督导决定"), format!("{en}; a supervisor decides"))
}
