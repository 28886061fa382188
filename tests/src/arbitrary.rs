//! Generators for proptest: edits of any kind of entity, and histories of one entity as several devices write it
//! offline, with what goes wrong on the way to the server.

use proptest::prelude::*;
use sync_core::author::{Author, Role};
use sync_core::document::Stamp;
use sync_core::edit::{Base, Edit, FieldOp, State, Value};
use sync_core::entity::{FieldSpec, Kind, Schema, Shape};
use sync_core::id::{DeviceId, EntityId, PersonId, SubmissionId};
use sync_core::merge::{FieldPolicy, Lower, Order};
use sync_core::time::{Hlc, Timestamp};

pub mod linked;

/// So many cases, or `DOORSTEP_CASES` times as many; twenty times as many in `tests/run --full`. What a failure was is kept by writing it down as a test with a
/// name, not as a seed in a file.
#[must_use]
pub fn cases(cases: u32) -> ProptestConfig {
    let times = std::env::var("DOORSTEP_CASES").ok().and_then(|times| times.parse().ok());
    let long = if std::env::var_os("DOORSTEP_TEST_LONG").is_some() { 20 } else { 1 };
    let times: u32 = times.unwrap_or(long);
    ProptestConfig { cases: cases.saturating_mul(times), failure_persistence: None, ..ProptestConfig::default() }
}

/// How restrictive a consent is, weakest first (domain reference, section 7).
pub const CONSENT: &[&str] = &["granted", "limited", "not_asked", "refused", "withdrawn"];

/// An entity with a field of every policy, also of those that no kind of this release uses.
pub static EVERY_POLICY: Schema = Schema {
    kind: Kind::Premises,
    parent: None,
    title: None,
    fields: &[
        field("note", Shape::Text, FieldPolicy::LastWriter, false),
        field("phone", Shape::Text, FieldPolicy::Ask, false),
        field(
            "severity",
            Shape::Int(0, 4),
            FieldPolicy::Strongest(Order::Number, Lower::Roles(&[Role::Supervisor])),
            false,
        ),
        field(
            "consent",
            Shape::OneOf(CONSENT),
            FieldPolicy::Strongest(Order::Listed(CONSENT), Lower::ConsentEvent),
            true,
        ),
        field("tags", Shape::Bool, FieldPolicy::AddWins, true),
        field("share", Shape::Bool, FieldPolicy::RemoveWins, true),
        field("state", Shape::State, FieldPolicy::Lattice, false),
        field("due_at", Shape::Time, FieldPolicy::Earliest, false),
        field("code", Shape::Text, FieldPolicy::Once, false),
        field("desk", Shape::Text, FieldPolicy::LastWriter, true),
    ],
};

const fn field(name: &'static str, shape: Shape, policy: FieldPolicy, keyed: bool) -> FieldSpec {
    FieldSpec { name, shape, policy, writers: &[], keyed, only: None, critical: false, undecided: None }
}

/// The entity that all histories are about.
pub const ENTITY: EntityId = EntityId::from_bytes([0xE1; 16]);

/// An edit on its way into the document.
#[derive(Clone)]
pub struct Arrival {
    /// What.
    pub edit: Edit,
    /// From whom.
    pub stamp: Stamp,
}

/// One line, because a failure shows a whole history.
impl std::fmt::Debug for Arrival {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (Stamp { submission, author, at, consent, .. }, Base { version, seen }) = (&self.stamp, &self.edit.base);
        let consent = if *consent { " with consent" } else { "" };
        write!(f, "{submission}: {} {} at {}.{}", author.role, author.number, at.wall.millis(), at.counter)?;
        write!(f, "{consent} on {version}+{seen:?}:")?;
        self.edit.ops.iter().try_for_each(|op| write!(f, " {}/{:?} := {:?}", op.field, op.element, op.value))
    }
}

/// One operation on one of these fields; few different values, so that equal ones meet.
fn op(fields: Vec<&'static FieldSpec>) -> BoxedStrategy<FieldOp> {
    let element = || prop::sample::select(vec!["1", "1", "1", "a/b", "a~b", "%7E", ""]);
    let known = prop::sample::select(fields).prop_flat_map(move |spec| {
        let element = spec.only.map_or_else(|| element().boxed(), |only| prop::sample::select(only).boxed());
        (value(spec.shape), element).prop_map(|(value, element)| FieldOp {
            field: spec.name.to_owned(),
            element: spec.keyed.then(|| element.to_owned()),
            value,
        })
    });
    // What a newer version writes.
    let newer = value(Shape::Text).prop_map(|value| FieldOp::put("of_a_newer_version", value));
    prop_oneof![30 => known, 1 => newer].boxed()
}

fn value(shape: Shape) -> BoxedStrategy<Value> {
    match shape {
        Shape::Text => prop::sample::select(vec!["", "N1", "N2"]).prop_map(Value::from).boxed(),
        Shape::Int(least, most) => (least..=most.min(least + 4)).prop_map(Value::Int).boxed(),
        Shape::Time => (0_i64..4).prop_map(Value::Int).boxed(),
        Shape::Day => prop::sample::select(vec!["1938-02-28", "1945-12-03"]).prop_map(Value::from).boxed(),
        Shape::Bool => any::<bool>().prop_map(Value::Bool).boxed(),
        Shape::Id => (0_u8..3).prop_map(|n| Value::Id(EntityId::from_bytes([n; 16]))).boxed(),
        Shape::State => (1_u16..3, 0_u8..4).prop_map(|(round, rank)| Value::State(State::new(round, rank))).boxed(),
        Shape::Point { .. } => {
            prop::sample::select(vec!["wgs84:22.487,113.915", "gcj02:22.490,113.920"]).prop_map(Value::from).boxed()
        }
        Shape::OneOf(texts) => prop::sample::select(texts).prop_map(Value::from).boxed(),
    }
}

/// One to three operations, each key once.
fn ops(fields: Vec<&'static FieldSpec>) -> impl Strategy<Value = Vec<FieldOp>> {
    prop::collection::vec(op(fields), 1..4).prop_map(|mut ops| {
        let mut keys = std::collections::BTreeSet::new();
        ops.retain(|op| keys.insert((op.field.clone(), op.element.clone())));
        ops
    })
}

/// What happens in a history.
#[derive(Clone, Debug)]
enum Move {
    /// A device finishes a form, offline. Held: a person will have to decide about it.
    Write { device: usize, form: Form },
    /// The oldest forms of a device's outbox arrive; the newest first when somebody else carries them.
    Upload { device: usize, count: usize, newest_first: bool },
    /// A device learns what the server has.
    Download { device: usize },
    /// A person accepts a held form.
    Accept { nth: usize },
    /// The phone is set back to an old copy of itself: it has forgotten what it wrote and what it saw.
    Restore { device: usize, version: u32 },
    /// Something arrives that arrived before.
    Again { nth: usize },
}

#[derive(Clone, Debug)]
struct Form {
    ops: Vec<FieldOp>,
    wall: i64,
    consent: bool,
    held: bool,
    /// A base that no honest phone states: any version, any submissions.
    forged: Option<(u32, Vec<usize>)>,
}

const DEVICES: usize = 4;
const ROLES: [Role; DEVICES] = [Role::Worker, Role::Worker, Role::Supervisor, Role::Officer];

fn a_move(fields: Vec<&'static FieldSpec>) -> impl Strategy<Value = Move> {
    let device = || 0..DEVICES;
    let forged = prop::option::weighted(0.05, (0_u32..8, prop::collection::vec(0_usize..12, 0..3)));
    let form = (ops(fields), 0_i64..6, any::<bool>(), prop::bool::weighted(0.2), forged)
        .prop_map(|(ops, wall, consent, held, forged)| Form { ops, wall, consent, held, forged });
    prop_oneof![
        10 => (device(), form).prop_map(|(device, form)| Move::Write { device, form }),
        5 => (device(), 1_usize..4, prop::bool::weighted(0.15))
            .prop_map(|(device, count, newest_first)| Move::Upload { device, count, newest_first }),
        4 => device().prop_map(|device| Move::Download { device }),
        2 => (0_usize..4).prop_map(|nth| Move::Accept { nth }),
        1 => (device(), 0_u32..4).prop_map(|(device, version)| Move::Restore { device, version }),
        1 => (0_usize..12).prop_map(|nth| Move::Again { nth }),
    ]
}

/// What arrives at an entity of this kind, in server order, forgeries and repetitions included. Each history is about
/// a few fields only, so that people do get into each other's way.
pub fn history(schema: &'static Schema) -> impl Strategy<Value = Vec<Arrival>> {
    let all: Vec<&FieldSpec> = schema.fields.iter().collect();
    let some = prop::sample::subsequence(all, 1..=3);
    some.prop_flat_map(|fields| prop::collection::vec(a_move(fields), 1..40)).prop_map(|moves| {
        let mut day = Day { kind: schema.kind.code(), ..Day::default() };
        moves.into_iter().for_each(|step| day.step(step));
        (0..DEVICES).for_each(|device| day.upload(device, usize::MAX, false));
        day.arrivals
    })
}

/// What arrives at an entity of any kind of this release.
pub fn history_of_any_kind() -> impl Strategy<Value = (&'static Schema, Vec<Arrival>)> {
    prop::sample::select(Kind::ALL).prop_flat_map(|kind| (Just(kind.schema()), history(kind.schema())))
}

/// A device with what it knows.
#[derive(Default)]
struct Device {
    version: u32,
    pending: Vec<SubmissionId>,
    outbox: Vec<(Arrival, bool)>,
    number: u64,
}

/// A day of several devices around one entity.
#[derive(Default)]
struct Day {
    kind: &'static str,
    devices: [Device; DEVICES],
    written: Vec<SubmissionId>,
    arrivals: Vec<Arrival>,
    merged: Vec<SubmissionId>,
    held: Vec<Arrival>,
}

impl Day {
    fn step(&mut self, step: Move) {
        match step {
            Move::Write { device, form } => self.write(device, form),
            Move::Upload { device, count, newest_first } => self.upload(device, count, newest_first),
            Move::Download { device } => {
                let device = &mut self.devices[device];
                device.version = version(&self.merged);
                device.pending.retain(|own| !self.merged.contains(own));
            }
            Move::Accept { nth } if nth < self.held.len() => {
                let accepted = self.held.remove(nth);
                self.arrive(accepted);
            }
            Move::Restore { device, version } => {
                let device = &mut self.devices[device];
                device.version = device.version.min(version);
                device.pending.clear();
            }
            Move::Again { nth } => self.arrivals.extend(self.arrivals.get(nth).cloned()),
            Move::Accept { .. } => {}
        }
    }

    fn write(&mut self, ix: usize, form: Form) {
        let submission = SubmissionId::derived("form", &[&self.written.len().to_be_bytes()]);
        let device = &mut self.devices[ix];
        device.number += 1;
        let base = match form.forged {
            None => Base { version: device.version, seen: device.pending.clone() },
            Some((version, seen)) => {
                let seen = seen.iter().filter_map(|nth| self.written.get(*nth).copied()).collect();
                Base { version, seen }
            }
        };
        let name = [u8::try_from(ix).unwrap_or(u8::MAX); 16];
        let author = Author {
            device: DeviceId::from_bytes(name),
            person: PersonId::from_bytes(name),
            role: ROLES[ix],
            number: device.number,
        };
        let at = Hlc { wall: Timestamp::from_millis(form.wall), counter: u32::from(form.wall % 2 == 0) };
        let stamp = Stamp { submission, entity: ENTITY, author, at, consent: form.consent };
        let edit = Edit { entity: ENTITY, kind: self.kind.to_owned(), base, ops: form.ops };
        device.pending.push(submission);
        device.outbox.push((Arrival { edit, stamp }, form.held));
        self.written.push(submission);
    }

    fn upload(&mut self, device: usize, count: usize, newest_first: bool) {
        let outbox = &mut self.devices[device].outbox;
        let count = count.min(outbox.len());
        let sent: Vec<(Arrival, bool)> = if newest_first {
            outbox.drain(outbox.len() - count..).rev().collect()
        } else {
            outbox.drain(..count).collect()
        };
        for (arrival, held) in sent {
            if held { self.held.push(arrival) } else { self.arrive(arrival) }
        }
    }

    fn arrive(&mut self, arrival: Arrival) {
        if arrival.edit.base.version <= version(&self.merged) {
            self.merged.push(arrival.stamp.submission);
        }
        self.arrivals.push(arrival);
    }
}

fn version(merged: &[SubmissionId]) -> u32 {
    u32::try_from(merged.len()).unwrap_or(u32::MAX)
}
