//! Days of two phones with links that cut anywhere and kills at any time, from a seed: whatever happens, every finished
//! form ends in the log once, and all replicas are equal once it is quiet.

use std::collections::BTreeSet;

use doorstep_mobile::{Blocked, Phone, Stage, SyncOutcome};
use sync_core::edit::{FieldOp, Value};
use sync_core::event::Answer;
use sync_core::form::{AnswerRow, EntityEdit, Form, InspectionForm, VoidForm};
use sync_core::id::{EntityId, SubmissionId};
use sync_core::time::Span;

use super::journey::new_shop;
use super::world::{Held, World};

const DAYS: u64 = 24;
const STEPS: u32 = 40;

/// A small generator: the same seed, the same day.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }

    fn of<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())]
    }
}

fn shops(phone: &Phone, world: &World) -> Vec<EntityId> {
    phone.list(world.caseload()).iter().map(|brief| brief.id).collect()
}

/// A form that this phone could finish now.
fn form(dice: &mut Dice, phone: &Phone, world: &World) -> Form {
    let known = shops(phone, world);
    if known.is_empty() || dice.below(6) == 0 {
        let unit = format!("A-{}", dice.below(3));
        return new_shop(dice.of(&["王记", "李记", "陈记"]), &unit, "");
    }
    let shop = dice.of(&known);
    match dice.below(8) {
        0 | 1 => {
            let field = dice.of(&["name", "contact_phone", "door_note"]);
            let value = Value::Text(format!("1420000000{}", dice.below(10)));
            Form::Edit(EntityEdit { entity: shop, ops: vec![FieldOp::put(field, value)] })
        }
        2 => {
            let history = phone.premises(shop).unwrap().history;
            match history.iter().find(|event| event.kind == "inspection") {
                Some(event) => {
                    Form::Void(VoidForm { subject: shop, event: event.id, reason: "填错了店".to_owned() })
                }
                None => form(dice, phone, world),
            }
        }
        _ => {
            let answer = dice.of(&[Answer::Problem, Answer::Problem, Answer::Ok, Answer::FixedOnSpot, Answer::NotSeen]);
            let severity = dice.of(&[None, Some(0), Some(1), Some(2), Some(3)]);
            let row = AnswerRow { severity, ..AnswerRow::new(dice.of(&["EXIT-02", "GAS-02", "ELE-01"]), answer) };
            let revisit = dice.below(2) == 0;
            Form::Inspection(InspectionForm { revisit, answers: vec![row], ..InspectionForm::new(shop) })
        }
    }
}

fn quiet(world: &World, phone: &Phone) {
    for _ in 0..100 {
        match world.step(phone, None, None) {
            SyncOutcome::Idle => return,
            SyncOutcome::More => {}
            SyncOutcome::Blocked(Blocked::Backoff(_)) => world.clock.advance(Span::minutes(16)),
            SyncOutcome::Blocked(blocked) => panic!("{blocked:?}"),
        }
    }
    panic!("sync does not come to an end");
}

fn day(seed: u64) {
    let mut dice = Dice(seed);
    let world = World::new();
    let mut phones: Vec<Held> = vec![world.phone(seed * 10 + 1), world.phone(seed * 10 + 2)];
    let mut finished: BTreeSet<SubmissionId> = BTreeSet::new();
    for _ in 0..STEPS {
        world.clock.advance(Span::minutes(7));
        let at = dice.below(phones.len());
        match dice.below(10) {
            0 => {
                let killed = phones.remove(at);
                phones.insert(at, world.kill(killed));
            }
            1..=3 => {
                let cut = |dice: &mut Dice| (dice.below(3) == 0).then(|| dice.below(4_000));
                let (up, down) = (cut(&mut dice), cut(&mut dice));
                world.step(&phones[at].phone, up, down);
            }
            _ => {
                let phone = &phones[at].phone;
                let form = form(&mut dice, phone, &world);
                finished.insert(phone.submit(world.caseload(), form).unwrap().submission);
            }
        }
    }
    // Each once for its own work, once more for the others'.
    for _ in 0..2 {
        phones.iter().for_each(|held| quiet(&world, &held.phone));
    }

    let logged: BTreeSet<SubmissionId> = world.server().caseload.logged().keys().copied().collect();
    assert!(finished.is_subset(&logged));
    for Held { phone, .. } in &phones {
        world.assert_equal(phone);
        assert_eq!(phone.repairs(), 0);
        for receipt in phone.receipts(world.caseload()).unwrap() {
            let settled = !matches!(receipt.stage, Stage::Pending | Stage::Stored | Stage::Held { .. });
            assert!(settled, "{:?}", receipt.stage);
        }
        assert_eq!(phone.pending().unwrap(), []);
    }
    let [a, b] = &phones[..] else { panic!("two phones") };
    assert_eq!(shops(&a.phone, &world), shops(&b.phone, &world));
    for shop in shops(&a.phone, &world) {
        assert!(a.phone.premises(shop).unwrap() == b.phone.premises(shop).unwrap());
        assert_eq!(a.phone.flags_at_door(shop).unwrap(), b.phone.flags_at_door(shop).unwrap());
    }
}

#[test]
fn whatever_happens_every_form_is_logged_once_and_replicas_are_equal() {
    for seed in 0..DAYS {
        let run = std::panic::catch_unwind(|| day(seed));
        assert!(run.is_ok(), "seed {seed}");
    }
}

#[test]
fn what_a_phone_shows_is_what_becomes_of_it() {
    for seed in 100..100 + DAYS / 4 {
        let mut dice = Dice(seed);
        let world = World::new();
        let a = world.phone(seed);
        quiet(&world, &a.phone);
        for _ in 0..STEPS {
            world.clock.advance(Span::minutes(3));
            let form = form(&mut dice, &a.phone, &world);
            a.phone.submit(world.caseload(), form).unwrap();
        }
        let files = |phone: &Phone| {
            let all = shops(phone, &world).into_iter().map(|shop| phone.premises(shop).unwrap());
            all.map(|file| (file.name, file.fields, file.operators, file.hazards, file.conflicts)).collect::<Vec<_>>()
        };
        let flags = |phone: &Phone| {
            let all = shops(phone, &world).into_iter().map(|shop| phone.flags_at_door(shop).unwrap().flags);
            all.flatten().map(|flag| (flag.flag, flag.rule, flag.window, flag.severity)).collect::<Vec<_>>()
        };
        // Offline, before the server has seen any of it.
        world.step(&a.phone, Some(400), None);
        let shown = (files(&a.phone), flags(&a.phone));
        quiet(&world, &a.phone);
        assert!(shown.0 == files(&a.phone), "seed {seed}");
        assert_eq!(shown.1, flags(&a.phone), "seed {seed}");
    }
}
