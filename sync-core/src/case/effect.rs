//! What follows from an input: gathered by the rules and the workflow, then logged as one submission by the flow itself,
//! so that phones replay it like any other.

use std::collections::BTreeMap;

use super::{Case, flow_author};
use crate::document::Document;
use crate::edit::{Base, Edit, FieldOp};
use crate::event::{Event, EventBody, Flagged};
use crate::flag::RaisedAlarm;
use crate::id::{EntityId, EventId, SubmissionId};
use crate::log::{EntryBody, Logged, Verdict};
use crate::policy::{Route, RuleAlarm};
use crate::refer::{SlipNote, SlipOut};
use crate::submission::{Content, Part, Submission};
use crate::time::{Hlc, Timestamp};

/// A flag that changed.
#[derive(Clone)]
pub(crate) struct FlagChange {
    pub(crate) subject: EntityId,
    pub(crate) flagged: Flagged,
    pub(crate) routes: Vec<Route>,
    /// What goes to departments waits for a supervisor.
    pub(crate) waits: bool,
    pub(crate) observed_at: Timestamp,
    pub(crate) doubtful: bool,
}

/// What follows from an input: gathered, then logged as one submission by the flow.
#[derive(Default)]
pub(crate) struct Effect {
    pub(super) flags: Vec<FlagChange>,
    edits: BTreeMap<EntityId, NewEdit>,
    slips: Vec<SlipOut>,
    notes: Vec<SlipNote>,
    alarms: Vec<RuleAlarm>,
    raised: Vec<RaisedAlarm>,
}

struct NewEdit {
    kind: &'static str,
    ops: BTreeMap<(String, Option<String>), FieldOp>,
}

impl Effect {
    /// Puts a field of an entity; a later put of the same field replaces an earlier one.
    pub(crate) fn put(&mut self, entity: EntityId, kind: &'static str, op: FieldOp) {
        let edit = self.edits.entry(entity).or_insert_with(|| NewEdit { kind, ops: BTreeMap::new() });
        edit.ops.insert((op.field.clone(), op.element.clone()), op);
    }

    /// Sends a slip to a desk.
    pub(crate) fn slip(&mut self, slip: SlipOut) {
        self.slips.push(slip);
    }

    /// Tells a desk something about a slip that it has.
    pub(crate) fn note(&mut self, note: Option<SlipNote>) {
        self.notes.extend(note);
    }

    /// Calls a person.
    pub(crate) fn alarm(&mut self, alarm: RuleAlarm) {
        self.alarms.push(alarm);
    }

    /// Calls people to a flag that is known already.
    pub(crate) fn call(&mut self, alarm: RaisedAlarm) {
        self.raised.push(alarm);
    }
}

impl Case<'_> {
    /// Logs the consequences as one submission by the flow itself, so that phones replay them like any other.
    pub(super) fn append_effect(&mut self, effect: Effect) {
        let Effect { flags, edits, slips, notes, alarms, raised } = effect;
        self.outcome.slips.extend(slips);
        self.outcome.notes.extend(notes);
        self.outcome.alarms.extend(alarms);
        self.outcome.raised.extend(raised);
        if flags.is_empty() && edits.is_empty() {
            return;
        }
        let now = self.context.now;
        let seq = self.next_seq;
        let id = SubmissionId::derived("effect", &[self.context.caseload.bytes(), &seq.to_be_bytes()]);
        let mut content = Content::default();
        for (n, change) in (0_u32..).zip(&flags) {
            content.events.push(Event {
                id: EventId::derived("flagged", &[id.bytes(), &n.to_be_bytes()]),
                subject: change.subject,
                programme: String::new(),
                policy: self.context.policy.policy().manifest.version,
                start: now,
                end: now,
                coworkers: Vec::new(),
                place: None,
                photos: Vec::new(),
                amends: None,
                body: EventBody::Flagged(change.flagged.clone()),
            });
        }
        for (entity, NewEdit { kind, ops }) in edits {
            let base = Base { version: self.document(entity).map_or(0, Document::version), seen: Vec::new() };
            content.edits.push(Edit { entity, kind: kind.to_owned(), base, ops: ops.into_values().collect() });
        }
        let parts: Vec<Part> =
            content.events.iter().map(Part::event).chain(content.edits.iter().map(Part::edit)).collect();
        let submission =
            Submission { id, caseload: self.context.caseload, number: seq, at: Hlc { wall: now, counter: 0 }, parts };
        let author = flow_author(self.context.caseload, seq);
        let logged = Logged {
            id,
            author,
            at: submission.at,
            skew_ms: 0,
            digest: submission.digest(),
            verdict: Verdict::Merged,
            parts: submission.parts,
            carrier: None,
        };
        let verdict = self.fold(&logged, &content);
        debug_assert_eq!(verdict, Verdict::Merged, "the flow writes what it may write");
        self.append(EntryBody::Submission(Logged { verdict, ..logged }));
        self.inflight = None;
    }
}
