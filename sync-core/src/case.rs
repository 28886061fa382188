//! A case at work: the files that one transaction touches, and the flow over them.
//!
//! The flow asks for what it needs ([`Case::want`]) and the shell gives it: rows of a database on the server, the
//! sealed store on a phone, maps in a simulation. Then [`Case::take_in`] and its like append to the log, fold, flag and
//! refer, all in memory; [`Case::finish`] hands out what is to be saved. So the same code decides everywhere.

use std::collections::{BTreeMap, BTreeSet};

use crate::admit::{self, Standing};
use crate::author::{Author, Role};
use crate::document::{Document, FoldError};
use crate::edit::Value;
use crate::entity::Schema;
use crate::event::{Event, EventBody};
use crate::flag;
use crate::id::{CaseloadId, DeviceId, EntityId, FlagId, PersonId, SubmissionId};
use crate::log::{Carrier, Decision, Entry, EntryBody, HoldCode, Logged, Verdict};
use crate::policy::{AnomalyFacts, Evaluator};
use crate::refer;
use crate::submission::{Content, Digest, Part, Submission, SubmissionError, content};
use crate::time::{Hlc, Timestamp};

mod dispute;
mod effect;
mod file;
mod held;
mod load;
mod outcome;

pub use dispute::Dispute;
pub(crate) use effect::{Effect, FlagChange};
pub use file::{File, Links, Recorded, StandingFlag};
pub use load::{Want, belonging, roots_of};
pub use outcome::{Change, Outcome};

/// What the flow needs to know beside the files.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The caseload.
    pub caseload: CaseloadId,
    /// The time of this transaction.
    pub now: Timestamp,
    /// The policy in force.
    pub policy: &'a Evaluator,
    /// The desk that each department answers at.
    pub desks: &'a BTreeMap<String, CaseloadId>,
    /// What human numbers begin with, e.g. `HGS`.
    pub prefix: &'a str,
    /// Whom a desk may ring about a referral: the organisation, never a worker.
    pub contact: &'a str,
}

/// A submission as it arrived.
pub struct Received {
    /// The submission.
    pub submission: Submission,
    /// The digest of what its author encoded.
    pub digest: Digest,
    /// Who wrote it.
    pub author: Author,
    /// How the author stands to the caseload.
    pub standing: Standing,
}

/// What was taken in but has not yet been concluded.
#[derive(Default)]
struct Inflight {
    roots: BTreeSet<EntityId>,
    acts: Vec<(EntityId, Event)>,
    /// What a revoked device wrote about a file: held, and yet it says something of that file's evidence.
    after_revocation: BTreeMap<EntityId, Vec<AnomalyFacts>>,
}

/// The files that one transaction touches, and what became of them.
pub struct Case<'a> {
    context: Context<'a>,
    next_seq: u64,
    next_number: u64,
    roots: BTreeMap<EntityId, Option<EntityId>>,
    files: BTreeMap<EntityId, File>,
    alike: BTreeMap<EntityId, (Vec<String>, Option<Vec<EntityId>>)>,
    /// Files whose evidence was compared with some others only.
    partly: BTreeSet<EntityId>,
    erased: BTreeSet<EntityId>,
    pending_roots: BTreeSet<EntityId>,
    pending_files: BTreeSet<EntityId>,
    inflight: Option<Inflight>,
    carrier: Option<Carrier>,
    outcome: Outcome,
}

impl<'a> Case<'a> {
    /// Begins a transaction at the log's end. `next_seq` is the sequence number and `next_number` the human number that
    /// will be given out next.
    #[must_use]
    pub fn new(context: Context<'a>, next_seq: u64, next_number: u64) -> Self {
        let own = EntityId::of_caseload(context.caseload);
        Self {
            context,
            next_seq,
            next_number,
            roots: BTreeMap::from([(own, Some(own))]),
            files: BTreeMap::new(),
            alike: BTreeMap::new(),
            partly: BTreeSet::new(),
            erased: BTreeSet::new(),
            pending_roots: BTreeSet::new(),
            pending_files: BTreeSet::new(),
            inflight: None,
            carrier: None,
            outcome: Outcome::default(),
        }
    }

    /// Whose log it is.
    #[must_use]
    pub fn caseload(&self) -> CaseloadId {
        self.context.caseload
    }

    /// Who brings what this transaction takes in, when its author's device does not.
    pub fn brought_by(&mut self, carrier: Option<Carrier>) {
        self.carrier = carrier;
    }

    /// Admits a submission, appends it to the log and, when it merges, folds it. Announce it by [`Case::expect`] and
    /// satisfy [`Case::want`] before; then satisfy `want` again and call [`Case::conclude`].
    pub fn take_in(&mut self, received: Received) -> Verdict {
        let Received { submission, digest, author, standing } = received;
        let content = submission.content();
        let verdict = self.judge(content.as_ref(), standing);
        let logged = Logged {
            id: submission.id,
            author,
            at: submission.at.capped(self.context.now),
            skew_ms: noted(standing.clock_offset_ms),
            digest,
            verdict,
            parts: submission.parts,
            carrier: self.carrier,
        };
        let verdict = match (verdict, &content) {
            (Verdict::Merged, Ok(content)) => self.fold(&logged, content),
            (verdict, _) => verdict,
        };
        if let (Verdict::Held(code), Ok(content)) = (verdict, &content) {
            self.held(code, &logged, content);
        }
        self.append(EntryBody::Submission(Logged { verdict, ..logged }));
        verdict
    }

    /// Appends something that is no submission, or none that may stand under its own id, so that nothing is lost: about
    /// the caseload itself, under the id that the shell gives it.
    pub fn take_in_unreadable(&mut self, id: SubmissionId, bytes: Vec<u8>, code: HoldCode, author: Author) -> Verdict {
        let caseload = self.context.caseload;
        let digest = Digest::of(&bytes);
        let subject = EntityId::from_bytes(*caseload.bytes());
        let part = Part { kind: crate::submission::PartKind::Event, subject, bytes };
        let verdict = Verdict::Held(code);
        self.append(EntryBody::Submission(Logged {
            id,
            author,
            at: Hlc { wall: self.context.now, counter: 0 },
            skew_ms: 0,
            digest,
            verdict,
            parts: vec![part],
            carrier: self.carrier,
        }));
        verdict
    }

    /// Appends a person's decision on a held submission; an accepted one folds here. Expect its parts first, conclude
    /// after.
    ///
    /// # Errors
    /// The code for which it cannot be merged even if a person wants to (it does not decode, or its entity is missing).
    pub fn decide(&mut self, held: Logged, accepted: bool, by: PersonId, reason: String) -> Result<(), HoldCode> {
        let submission = held.id;
        let logged = if accepted {
            let content = content(&held.parts).map_err(|_| HoldCode::Unreadable)?;
            let standing = Standing { role: held.author.role, member: true, revoked: false, clock_offset_ms: 0 };
            let verdict = self.judge(Ok(&content), standing);
            let logged = Logged { verdict: Verdict::Merged, ..held };
            match verdict {
                Verdict::Merged => match self.fold(&logged, &content) {
                    Verdict::Merged => Some(logged),
                    Verdict::Held(code) => return Err(code),
                },
                Verdict::Held(code) => return Err(code),
            }
        } else {
            None
        };
        self.append(EntryBody::Decision(Decision { submission, accepted, by, reason, logged }));
        Ok(())
    }

    /// Appends that a point in time has passed, for the files expected by [`Case::expect_file`].
    pub fn tick(&mut self) {
        let own = self.own();
        let roots = self.files.keys().copied().filter(|root| *root != own).collect();
        self.append(EntryBody::Timer);
        self.inflight = Some(Inflight { roots, ..Inflight::default() });
    }

    /// Appends an entry of another kind: a policy that came into force, somebody who entered or left.
    pub fn note(&mut self, body: EntryBody) {
        self.append(body);
    }

    /// Draws the consequences of what was taken in: flags raised, ended or withdrawn; referrals opened and followed;
    /// slips written.
    pub fn conclude(&mut self) {
        let Some(Inflight { roots, acts, after_revocation }) = self.inflight.take() else { return };
        let mut effect = Effect::default();
        for (root, event) in &acts {
            if let Some(around) = self.around(*root) {
                refer::follow(&around, event, &mut effect);
            }
        }
        let mut plans = Vec::new();
        for cluster in self.concerned(roots) {
            let doubts: Vec<AnomalyFacts> =
                cluster.iter().filter_map(|root| after_revocation.get(root)).flatten().cloned().collect();
            let plan = self.flag(&cluster, &doubts, &mut effect);
            plans.push((cluster, plan));
        }
        self.follow_flags(plans, &mut effect);
        self.append_effect(effect);
    }

    /// What is to be saved.
    #[must_use]
    pub fn finish(self) -> Outcome {
        let own = self.own();
        let Self { mut files, next_seq, next_number, alike, mut outcome, .. } = self;
        // Of most caseloads nothing is said as a whole.
        files.retain(|root, file| *root != own || !file.events.is_empty());
        outcome.next_seq = next_seq;
        outcome.next_number = next_number;
        outcome.alike = alike.into_iter().map(|(root, (keys, _))| (root, keys)).collect();
        outcome.files = files;
        outcome
    }

    /// The entries appended so far.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.outcome.entries
    }

    /// The document of an entity in one of the loaded files.
    #[must_use]
    pub fn document(&self, entity: EntityId) -> Option<&Document> {
        let root = (*self.roots.get(&entity)?)?;
        self.files.get(&root)?.documents.get(&entity)
    }

    /// The loaded file with this root.
    #[must_use]
    pub fn file(&self, root: EntityId) -> Option<&File> {
        self.files.get(&root)
    }

    /// The loaded files that are the same thing as the one with this root, itself included.
    #[must_use]
    pub fn linked(&self, root: EntityId) -> flag::Linked<'_> {
        self.cluster(root).into_iter().filter_map(|root| Some((root, self.files.get(&root)?))).collect()
    }

    fn judge(&self, content: Result<&Content, &SubmissionError>, standing: Standing) -> Verdict {
        let told = |event| self.files.values().any(|file| file.events.iter().any(|known| known.event.id == event));
        let verdict = admit::verdict(content, standing, self.own(), |entity| self.document(entity), told);
        match (verdict, content) {
            // What was erased is not there, and does not come back by being written again.
            (Verdict::Merged, Ok(content)) if self.is_about_erased(content) => Verdict::Held(HoldCode::UnknownEntity),
            (Verdict::Merged, Ok(content)) if self.takes_back_anothers_word(content) => {
                Verdict::Held(HoldCode::NotPermitted)
            }
            (Verdict::Merged, Ok(content)) if self.objection(content).is_some() => {
                Verdict::Held(HoldCode::NotPermitted)
            }
            (verdict, _) => verdict,
        }
    }

    /// Whether it voids or corrects what nobody of those who keep the files said: what a desk answered, what a dispatcher
    /// did, what the flow found.
    fn takes_back_anothers_word(&self, content: &Content) -> bool {
        let anothers = |id| {
            let told = self.files.values().flat_map(|file| &file.events).find(|known| known.event.id == id);
            told.is_some_and(|told| !admit::KEEPERS.contains(&told.author.role))
        };
        content.events.iter().any(|event| match &event.body {
            EventBody::Void(void) => anothers(void.event),
            _ => event.amends.is_some_and(anothers),
        })
    }

    /// What policy, consent or the clock have against these parts, in the files as they are: for whoever acts at a
    /// console to be told in words. Satisfy [`Case::want`] before.
    #[must_use]
    pub fn objects(&self, parts: &[Part]) -> Option<refer::Objection> {
        self.objection(&content(parts).ok()?)
    }

    fn objection(&self, content: &Content) -> Option<refer::Objection> {
        content.events.iter().find_map(|event| {
            let root = (*self.roots.get(&event.subject)?)?;
            refer::objection(&self.around(root)?, event)
        })
    }

    /// The loaded files around this one.
    fn around(&self, root: EntityId) -> Option<refer::Around<'_>> {
        let file = self.files.get(&root)?;
        let linked = self.cluster(root).into_iter().filter_map(|root| Some((root, self.files.get(&root)?))).collect();
        Some(refer::Around { context: &self.context, file, linked, all: &self.files })
    }

    fn append(&mut self, body: EntryBody) -> u64 {
        let seq = self.next_seq;
        self.next_seq += 1;
        let entry =
            Entry { seq, received_at: self.context.now, policy: self.context.policy.policy().manifest.version, body };
        self.outcome.entries.push(entry);
        seq
    }

    /// Folds an admitted submission: all of it, or nothing.
    fn fold(&mut self, logged: &Logged, content: &Content) -> Verdict {
        if self.recorded(&content.events) {
            return Verdict::Held(HoldCode::Malformed);
        }
        let mut documents = BTreeMap::new();
        for edit in &content.edits {
            let Some(schema) = Schema::of_code(&edit.kind) else { return Verdict::Held(HoldCode::TooNew) };
            let mut document = self.document(edit.entity).cloned().unwrap_or_else(|| Document::new(schema));
            match document.apply(edit, &logged.stamp(edit)) {
                Ok(()) => {}
                Err(FoldError::FutureBase { .. } | FoldError::Duplicate | FoldError::Damaged(_)) => {
                    return Verdict::Held(HoldCode::Malformed);
                }
            }
            documents.insert(edit.entity, document);
        }
        let roots = load::roots_of(content, |entity| self.roots.get(&entity).copied().flatten());
        let of_elders = documents.values().any(load::depends_on_own);
        let inflight = self.inflight.get_or_insert_default();
        inflight.roots.extend(roots.values());
        for (entity, document) in documents {
            let Some(root) = roots.get(&entity) else { continue };
            self.roots.insert(entity, Some(*root));
            self.outcome.changed.insert(entity, *root);
            self.files.entry(*root).or_default().documents.insert(entity, document);
        }
        let mut going = BTreeSet::new();
        for event in &content.events {
            let Some(root) = roots.get(&event.subject) else { continue };
            if logged.author.role != Role::System {
                inflight.acts.push((*root, event.clone()));
            }
            // What goes to a desk about an elder says where that is: a file of its own.
            if matches!(&event.body, EventBody::Step(step) if step.to.rank == refer::DISPATCHED) {
                going.insert(*root);
            }
            let recorded = Recorded {
                seq: self.next_seq,
                submission: logged.id,
                author: logged.author,
                received_at: self.context.now,
                doubtful: logged.skew_ms != 0,
                event: event.clone(),
            };
            self.outcome.events.push((*root, recorded.clone()));
            let file = self.files.entry(*root).or_default();
            if let EventBody::Link(link) = &event.body {
                file.links.set(link.other, !link.undo);
                self.outcome.links.push((*root, link.other, !link.undo));
                // Un-linked, both are judged again, each by itself.
                inflight.roots.insert(link.other);
            }
            file.record(recorded);
        }
        for (root, other, standing) in &self.outcome.links {
            if let Some(file) = self.files.get_mut(other) {
                file.links.set(*root, *standing);
            }
        }
        let homes: Vec<EntityId> = going.into_iter().flat_map(|root| self.homes(root)).collect();
        self.pending_roots.extend(homes);
        let own = self.own();
        self.pending_files.extend(of_elders.then_some(own));
        Verdict::Merged
    }

    /// Where the elder of this file lives, as anybody says.
    fn homes(&self, root: EntityId) -> Vec<EntityId> {
        let home = |root| self.document(root)?.value("dwelling")?.as_id();
        self.cluster(root).into_iter().filter_map(home).collect()
    }

    /// Whether one of these events is on record already: events merge by union of ids, and none counts twice.
    fn recorded(&self, events: &[Event]) -> bool {
        let mut new = BTreeSet::new();
        events.iter().any(|event| {
            let root = self.roots.get(&event.subject).copied().flatten();
            let file = root.and_then(|root| self.files.get(&root));
            let known = file.is_some_and(|file| file.events.iter().any(|known| known.event.id == event.id));
            let taken_in = self.outcome.events.iter().any(|(_, taken_in)| taken_in.event.id == event.id);
            known || taken_in || !new.insert(event.id)
        })
    }

    /// Evaluates the rules over linked files: the flags that change.
    fn flag(&mut self, cluster: &[EntityId], doubts: &[AnomalyFacts], effect: &mut Effect) -> Vec<FlagChange> {
        let files = self.together(cluster);
        if files.values().all(|file| file.documents.is_empty()) {
            return Vec::new();
        }
        let alike: BTreeSet<Vec<EntityId>> = cluster
            .iter()
            .filter_map(|root| self.alike.get(root)?.1.as_ref())
            .flatten()
            .filter(|other| !cluster.contains(other))
            .map(|other| self.cluster(*other))
            .collect();
        let alike: Vec<flag::Linked<'_>> = alike.iter().map(|roots| self.together(roots)).collect();
        let partly = cluster.iter().any(|root| self.partly.contains(root));
        let beside = flag::Beside { alike: &alike, partly, alerts: &self.alerts(), held: doubts };
        let plan = flag::plan(&self.context, &files, &beside);
        refer::review_consents(&self.context, &files, effect);
        refer::overdue(self.context.now, &files, effect);
        dispute::ask(&files, effect);
        self.outcome.alarms.extend(plan.alarms);
        self.outcome.raised.extend(plan.raised);
        plan.changes
    }

    fn together(&self, roots: &[EntityId]) -> BTreeMap<EntityId, &File> {
        roots.iter().filter_map(|root| Some((*root, self.files.get(root)?))).collect()
    }

    /// What follows from flags that changed. Two files may say the same of one flag: it changes once, and the file that
    /// it is in has seen more.
    fn follow_flags(&mut self, plans: Vec<(Vec<EntityId>, Vec<FlagChange>)>, effect: &mut Effect) {
        let own: BTreeSet<_> = plans
            .iter()
            .flat_map(|(cluster, changes)| changes.iter().filter(|change| cluster.contains(&change.subject)))
            .map(|change| change.flagged.flag)
            .collect();
        for (cluster, changes) in plans {
            for change in changes {
                let flag = change.flagged.flag;
                let elsewhere = own.contains(&flag) && !cluster.contains(&change.subject);
                let said = effect.flags.iter().any(|known| known.flagged.flag == flag);
                let Some(file) = self.files.get(&change.subject).filter(|_| !elsewhere && !said) else { continue };
                let files = cluster.iter().filter_map(|root| Some((*root, self.files.get(root)?))).collect();
                refer::open(&self.context, &files, file, &change, &mut self.next_number, effect);
                effect.flags.push(change);
            }
        }
    }
}

/// The flow as an author: it has no device and no hands.
#[must_use]
pub fn flow_author(caseload: CaseloadId, seq: u64) -> Author {
    Author {
        device: DeviceId::from_bytes(*caseload.bytes()),
        person: PersonId::from_bytes(*caseload.bytes()),
        role: Role::System,
        number: seq,
    }
}

/// A clock that is out by less than this is not worth a remark.
const CLOCK_TOLERANCE_MS: u64 = 120_000;

fn noted(offset_ms: i64) -> i64 {
    if offset_ms.unsigned_abs() > CLOCK_TOLERANCE_MS { offset_ms } else { 0 }
}

/// The id that the flag of this rule, subject and window has, for ever.
#[must_use]
pub fn flag_id(rule: &str, subject: EntityId, window: &str) -> FlagId {
    FlagId::derived("flag", &[rule.as_bytes(), subject.bytes(), window.as_bytes()])
}

pub(crate) fn text_of(document: &Document, field: &str) -> String {
    match document.value(field) {
        Some(Value::Text(text)) => text,
        _ => String::new(),
    }
}
