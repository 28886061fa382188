//! Histories of several documents that are, at times, linked: each device writes in one of them or in several at once,
//! and a steward links and un-links.

use proptest::prelude::*;
use sync_core::author::Author;
use sync_core::document::Stamp;
use sync_core::edit::{Base, Edit, FieldOp};
use sync_core::entity::{FieldSpec, Kind, Schema};
use sync_core::id::{DeviceId, EntityId, PersonId, SubmissionId};
use sync_core::time::{Hlc, Timestamp};

use super::{Arrival, DEVICES, ROLES, ops};

/// How many documents a history is about.
pub const DOCUMENTS: usize = 3;

/// The id of a document; not in the order of their numbers.
#[must_use]
pub fn entity(document: usize) -> EntityId {
    EntityId::from_bytes([[0x90, 0x10, 0x50][document % DOCUMENTS]; 16])
}

/// What happens on the server.
#[derive(Clone, Debug)]
pub enum Step {
    /// A submission arrives: an edit of each of these documents. All of it is taken in, or nothing.
    Edits(Vec<(usize, Arrival)>),
    /// Two documents are linked, or un-linked.
    Link(usize, usize, bool),
}

#[derive(Clone, Debug)]
enum Move {
    Write { device: usize, documents: Vec<usize>, form: Form },
    Upload { device: usize, count: usize, newest_first: bool },
    Download { device: usize },
    Accept { nth: usize },
    Again { nth: usize },
    Link { a: usize, b: usize, linked: bool },
}

#[derive(Clone, Debug)]
struct Form {
    ops: Vec<FieldOp>,
    wall: i64,
    consent: bool,
    held: bool,
    /// A base that no honest phone states.
    forged: Option<(u32, Vec<usize>)>,
}

fn a_move(fields: Vec<&'static FieldSpec>) -> impl Strategy<Value = Move> {
    let device = || 0..DEVICES;
    let documents = prop_oneof![
        2 => (0..DOCUMENTS).prop_map(|one| vec![one]),
        1 => prop::sample::subsequence((0..DOCUMENTS).collect::<Vec<_>>(), 2..=DOCUMENTS),
    ];
    let forged = prop::option::weighted(0.05, (0_u32..5, prop::collection::vec(0_usize..12, 0..3)));
    let form = (ops(fields), 0_i64..6, any::<bool>(), prop::bool::weighted(0.15), forged)
        .prop_map(|(ops, wall, consent, held, forged)| Form { ops, wall, consent, held, forged });
    prop_oneof![
        10 => (device(), documents, form).prop_map(|(device, documents, form)| Move::Write { device, documents, form }),
        5 => (device(), 1_usize..4, prop::bool::weighted(0.15))
            .prop_map(|(device, count, newest_first)| Move::Upload { device, count, newest_first }),
        5 => device().prop_map(|device| Move::Download { device }),
        2 => (0_usize..4).prop_map(|nth| Move::Accept { nth }),
        1 => (0_usize..12).prop_map(|nth| Move::Again { nth }),
        3 => (0..DOCUMENTS, 1..DOCUMENTS, prop::bool::weighted(0.7))
            .prop_map(|(a, by, linked)| Move::Link { a, b: (a + by) % DOCUMENTS, linked }),
    ]
}

/// What happens to several documents of one kind, in server order.
pub fn linked_history(schema: &'static Schema) -> impl Strategy<Value = Vec<Step>> {
    let some = prop::sample::subsequence(schema.fields.iter().collect::<Vec<_>>(), 1..=2);
    some.prop_flat_map(|fields| prop::collection::vec(a_move(fields), 1..45)).prop_map(|moves| {
        let mut day = Day { kind: schema.kind.code(), ..Day::default() };
        moves.into_iter().for_each(|step| day.step(step));
        (0..DEVICES).for_each(|device| day.upload(device, usize::MAX, false));
        day.steps
    })
}

/// The kinds whose files can be linked, and hazards, which come together with their files.
pub fn linked_history_of_any_kind() -> impl Strategy<Value = (&'static Schema, Vec<Step>)> {
    let kinds = prop::sample::select(vec![Kind::Premises, Kind::Elder, Kind::Elder, Kind::Dwelling, Kind::Hazard]);
    kinds.prop_flat_map(|kind| (Just(kind.schema()), linked_history(kind.schema())))
}

#[derive(Default)]
struct Device {
    versions: [u32; DOCUMENTS],
    pending: [Vec<SubmissionId>; DOCUMENTS],
    outbox: Vec<(Vec<(usize, Arrival)>, bool)>,
    number: u64,
}

#[derive(Default)]
struct Day {
    kind: &'static str,
    devices: [Device; DEVICES],
    written: Vec<SubmissionId>,
    steps: Vec<Step>,
    merged: [Vec<SubmissionId>; DOCUMENTS],
    held: Vec<Vec<(usize, Arrival)>>,
}

impl Day {
    fn step(&mut self, step: Move) {
        match step {
            Move::Write { device, documents, form } => self.write(device, &documents, &form),
            Move::Upload { device, count, newest_first } => self.upload(device, count, newest_first),
            Move::Download { device } => {
                let device = &mut self.devices[device];
                for (document, merged) in self.merged.iter().enumerate() {
                    device.versions[document] = version(merged);
                    device.pending[document].retain(|own| !merged.contains(own));
                }
            }
            Move::Accept { nth } if nth < self.held.len() => {
                let accepted = self.held.remove(nth);
                self.arrive(accepted);
            }
            Move::Accept { .. } => {}
            Move::Again { nth } => self.steps.extend(self.steps.get(nth).cloned()),
            Move::Link { a, b, linked } => self.steps.push(Step::Link(a, b, linked)),
        }
    }

    fn write(&mut self, ix: usize, documents: &[usize], form: &Form) {
        let submission = SubmissionId::derived("form", &[&self.written.len().to_be_bytes()]);
        let device = &mut self.devices[ix];
        device.number += 1;
        let name = [u8::try_from(ix).unwrap_or(u8::MAX); 16];
        let author = Author {
            device: DeviceId::from_bytes(name),
            person: PersonId::from_bytes(name),
            role: ROLES[ix],
            number: device.number,
        };
        let at = Hlc { wall: Timestamp::from_millis(form.wall), counter: u32::from(form.wall % 2 == 0) };
        let mut edits = Vec::new();
        for document in documents {
            let base = match &form.forged {
                None => Base { version: device.versions[*document], seen: device.pending[*document].clone() },
                Some((version, seen)) => {
                    let seen = seen.iter().filter_map(|nth| self.written.get(*nth).copied()).collect();
                    Base { version: *version, seen }
                }
            };
            let entity = entity(*document);
            let stamp = Stamp { submission, entity, author, at, consent: form.consent };
            let edit = Edit { entity, kind: self.kind.to_owned(), base, ops: form.ops.clone() };
            device.pending[*document].push(submission);
            edits.push((*document, Arrival { edit, stamp }));
        }
        device.outbox.push((edits, form.held));
        self.written.push(submission);
    }

    fn upload(&mut self, device: usize, count: usize, newest_first: bool) {
        let outbox = &mut self.devices[device].outbox;
        let count = count.min(outbox.len());
        let mut sent: Vec<_> =
            if newest_first { outbox.drain(outbox.len() - count..).collect() } else { outbox.drain(..count).collect() };
        if newest_first {
            sent.reverse();
        }
        for (edits, held) in sent {
            if held { self.held.push(edits) } else { self.arrive(edits) }
        }
    }

    fn arrive(&mut self, edits: Vec<(usize, Arrival)>) {
        let fits =
            |(document, arrival): &(usize, Arrival)| arrival.edit.base.version <= version(&self.merged[*document]);
        if edits.iter().all(fits) {
            for (document, arrival) in &edits {
                self.merged[*document].push(arrival.stamp.submission);
            }
        }
        self.steps.push(Step::Edits(edits));
    }
}

fn version(merged: &[SubmissionId]) -> u32 {
    u32::try_from(merged.len()).unwrap_or(u32::MAX)
}
