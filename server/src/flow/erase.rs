//! Erasure on request (PIPL art. 47): the keys of a person's files are destroyed, and with them everything that was said
//! under them, in the log, in backups and wherever a copy lies. The log stays whole: its chain covers ciphertext.
//!
//! An `Erased` entry tells phones to forget; no key is ever made for the same entity again, so that what comes late
//! about it is sealed for nobody.

use std::collections::{BTreeMap, BTreeSet};

use sync_core::case::{File, belonging, flow_author};
use sync_core::id::{CaseloadId, DeliveryId, EntityId, EventId, PersonId, SubmissionId};
use sync_core::limits;
use sync_core::log::EntryBody;
use sync_core::report::{self, Bare, COUNTED_BARE};
use sync_core::submission::{Part, content};
use sync_core::time::Timestamp;
use sync_core::words::ERASED;

use super::{Actor, Flow, FlowError, Head, Result, load, save};
use crate::db::alarm;
use crate::db::delivery::{self, DeliveryState};
use crate::db::key::Keyring;
use crate::db::log::{self, logged};
use crate::db::submission::{self, Known};
use crate::db::{Tx, document, erased};

mod scope;

pub use scope::{Home, Scope};

/// Rows that are read at a time.
const AT_ONCE: u32 = 256;

/// On whose word, and why.
#[derive(Clone)]
pub(crate) struct Order {
    /// Who answers for it.
    pub(crate) by: PersonId,
    /// Why; sealed in the log.
    pub(crate) reason: String,
}

impl Order {
    /// What the register says once more after a restore.
    pub(crate) fn of_register(caseload: CaseloadId) -> Self {
        Self { by: flow_author(caseload, 0).person, reason: String::new() }
    }
}

/// What there is about the entities beside their files.
#[derive(Default)]
pub struct Around {
    /// Entities that only work which never merged speaks of, and such work itself where it could not be read.
    pub unmerged: BTreeSet<EntityId>,
    /// Held submissions: rejected in words.
    pub held: Vec<SubmissionId>,
    /// Alarms: their words go.
    pub alarms: Vec<u64>,
    /// Deliveries that name them.
    pub deliveries: Vec<DeliveryId>,
}

impl Flow {
    /// Destroys what the entities of one caseload or desk were sealed under, and what is derived of them; what was erased
    /// before is not again. To be called in a transaction that governs. Says what went: the register has to have it
    /// before that is committed.
    ///
    /// # Errors
    /// [`FlowError::NotFound`] for an unknown caseload; the database.
    pub(crate) async fn erase(
        &self,
        tx: &mut Tx,
        caseload: CaseloadId,
        now: Timestamp,
        entities: &BTreeSet<EntityId>,
        order: &Order,
    ) -> Result<BTreeSet<EntityId>> {
        let mut keys = self.keys();
        let before = erased::every(tx, caseload).await?;
        let entities: &BTreeSet<EntityId> =
            &entities.iter().copied().filter(|entity| !before.contains_key(entity)).collect();
        if entities.is_empty() {
            return Ok(BTreeSet::new());
        }
        let around = around(tx, &mut keys, caseload, entities).await?;
        let all: BTreeSet<EntityId> = entities.union(&around.unmerged).copied().collect();
        let (kept, gone) = events(tx, &mut keys, caseload, entities).await?;
        let mut head = Head::open(tx, caseload).await?;
        let mut case = head.case(&self.policy.evaluator, now);
        let every: Vec<EntityId> = all.iter().copied().collect();
        for some in every.chunks(limits::ERASED_AT_ONCE) {
            let of_these: Vec<Bare> = some.iter().filter_map(|root| kept.get(root)).flatten().cloned().collect();
            case.note(EntryBody::Erased {
                entities: some.to_vec(),
                counted: report::bare(&of_these),
                by: order.by,
                reason: order.reason.clone(),
            });
        }
        let outcome = case.finish();
        save::outcome(self, tx, &mut keys, &mut head, now, outcome).await?;
        erased::destroy(tx, caseload, &all, &gone).await?;
        keys.forget(caseload, all.iter().copied());
        for n in around.alarms {
            alarm::blank(tx, &mut keys, caseload, n).await?;
        }
        for id in around.deliveries {
            delivery::forget(tx, caseload, id).await?;
        }
        for submission in around.held {
            self.turn_away(tx, caseload, now, order.by, submission).await?;
        }
        Ok(all)
    }

    /// Tells the author in words that this can become part of nothing any more.
    pub(super) async fn turn_away(
        &self,
        tx: &mut Tx,
        caseload: CaseloadId,
        now: Timestamp,
        by: PersonId,
        submission: SubmissionId,
    ) -> Result<()> {
        let author = flow_author(caseload, 0);
        let actor = Actor { device: author.device, person: by, role: author.role };
        match self.decide(tx, caseload, actor, now, (submission, false, ERASED.to_owned())).await {
            Err(FlowError::AlreadyDecided) => Ok(()),
            decided => decided,
        }
    }
}

/// The events of these files: what is kept of each by its root, and which ones go.
async fn events(
    tx: &mut Tx,
    keys: &mut Keyring,
    caseload: CaseloadId,
    entities: &BTreeSet<EntityId>,
) -> Result<(BTreeMap<EntityId, Vec<Bare>>, BTreeSet<EventId>)> {
    let (mut kept, mut gone) = (BTreeMap::new(), BTreeSet::new());
    for root in entities {
        if document::root(tx, caseload, *root).await? != Some(*root) {
            continue;
        }
        let file = load::file(tx, keys, caseload, *root).await?;
        let bare = counted(&file);
        let ids: BTreeSet<EventId> = bare.iter().map(|event| event.id).collect();
        gone.extend(file.events.iter().map(|recorded| recorded.event.id).filter(|id| !ids.contains(id)));
        kept.insert(*root, bare);
    }
    Ok((kept, gone))
}

/// What a contract is measured by, as far as it stands.
fn counted(file: &File) -> Vec<Bare> {
    let counts = file.standing_events().filter(|recorded| COUNTED_BARE.contains(&recorded.event.body.kind()));
    let bare = counts.map(|recorded| Bare {
        id: recorded.event.id,
        kind: recorded.event.body.kind().to_owned(),
        subject: recorded.event.subject,
        seq: recorded.seq,
        observed: recorded.event.start,
    });
    bare.collect()
}

/// What there is about these entities beside their files.
pub(crate) async fn around(
    tx: &mut Tx,
    keys: &mut Keyring,
    caseload: CaseloadId,
    entities: &BTreeSet<EntityId>,
) -> Result<Around> {
    let mut around = Around::default();
    for (known, is_held) in unmerged(tx, caseload).await? {
        let Some(entry) = log::one(tx, keys, caseload, known.seq).await? else { continue };
        let parts = logged(&entry).map(|logged| &logged.parts[..]).unwrap_or_default();
        if !parts.iter().any(|part| is_about(part, entities)) {
            continue;
        }
        let mut roots = BTreeMap::new();
        for part in parts {
            roots.insert(part.subject, document::root(tx, caseload, part.subject).await?);
        }
        match content(parts) {
            Ok(content) => {
                let known = |entity| roots.get(&entity).copied().flatten();
                around.unmerged.extend(belonging(parts, &content, known, entities));
            }
            Err(_) => drop(around.unmerged.insert(alone(known.id))),
        }
        around.held.extend(is_held.then_some(known.id));
    }
    let mut n = 0;
    loop {
        let found = alarm::since(tx, keys, caseload, (n, Timestamp::EPOCH), AT_ONCE).await?;
        let Some(last) = found.last() else { break };
        n = last.n;
        let about = |alarm: &&alarm::Alarm| alarm.subject.is_some_and(|subject| entities.contains(&subject));
        around.alarms.extend(found.iter().filter(about).map(|alarm| alarm.n));
    }
    let names: Vec<String> = entities.iter().map(ToString::to_string).collect();
    for state in DeliveryState::ALL {
        for delivery in delivery::list(tx, keys, caseload, state, u32::MAX).await? {
            let body = String::from_utf8_lossy(&delivery.body).into_owned();
            if names.iter().any(|name| body.contains(name)) {
                around.deliveries.push(delivery.id);
            }
        }
    }
    Ok(around)
}

/// What was never merged, and whether it waits for a decision.
async fn unmerged(tx: &mut Tx, caseload: CaseloadId) -> Result<Vec<(Known, bool)>> {
    let held = submission::held(tx, caseload, u32::MAX).await?.into_iter().map(|known| (known, true));
    let rejected = submission::rejected(tx, caseload).await?.into_iter().map(|known| (known, false));
    Ok(held.chain(rejected).collect())
}

/// Whether a part is about one of these, or only names it: ids travel as their bytes.
fn is_about(part: &Part, entities: &BTreeSet<EntityId>) -> bool {
    entities.contains(&part.subject) || names(&part.bytes, entities)
}

/// Whether these bytes name one of the entities.
pub(super) fn names(bytes: &[u8], entities: &BTreeSet<EntityId>) -> bool {
    let is = |window: &[u8]| <[u8; 16]>::try_from(window).is_ok_and(|id| entities.contains(&EntityId::from_bytes(id)));
    !entities.is_empty() && bytes.windows(16).any(is)
}

/// The entity for which something is sealed that could not be read.
pub(super) fn alone(submission: SubmissionId) -> EntityId {
    EntityId::from_bytes(*submission.bytes())
}

/// Whether an entry takes what came late out of everybody's reach: see [`super::intake`].
pub(super) fn late(entities: Vec<EntityId>, caseload: CaseloadId) -> EntryBody {
    let by = flow_author(caseload, 0).person;
    EntryBody::Erased { entities, counted: report::bare(&[]), by, reason: String::new() }
}
