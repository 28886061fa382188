//! Many days of three phones, delivered in any order, batching and duplication: the same flags, and a database that
//! agrees with its log.

use std::collections::BTreeSet;

use sync_core::edit::{Base, FieldOp, Value};
use sync_core::entity::Kind;
use sync_core::id::EntityId;
use sync_core::submission::{Part, Submission};
use sync_core::time::Span;
use sync_core::wire::Item;

use super::verify;
use crate::db::flag;
use crate::flow::bench::{Bench, FIELD, at, edit, item, new_shop, shop};
use crate::random::{Random, SeededRandom};

struct Dice(SeededRandom);

impl Dice {
    fn below(&self, n: u8) -> u8 {
        let mut byte = [0];
        self.0.fill(&mut byte);
        byte[0] % n
    }
}

const CODES: [&str; 5] = ["EXIT-02", "ELE-01", "LIVE-01", "GAS-05", "FAC-01"];

/// What one phone wrote: visits to shops that others visit too, some of them twice.
fn outbox(bench: &mut Bench, dice: &Dice, person: u8) -> Vec<Submission> {
    let mut written = Vec::new();
    for n in 0..8 {
        let root = shop(1 + dice.below(4));
        let when = at("09:00") + Span::minutes(i64::from(n) * 10 + i64::from(person % 7));
        let code = CODES[usize::from(dice.below(5))];
        let mut parts = new_shop(root, when, code, 1 + dice.below(3));
        parts.extend(business(root, dice.below(3), person));
        written.push(bench.submission(person, when, parts));
    }
    written
}

/// The business in a shop; credit codes one character apart may be of one shop.
fn business(root: EntityId, n: u8, person: u8) -> Vec<Part> {
    let operator = EntityId::derived("operator", &[root.bytes(), &[n, person]]);
    let tenancy = EntityId::derived("tenancy", &[operator.bytes()]);
    let uscc = format!("92440399MA9T0001{n}G");
    vec![
        edit(operator, Kind::Operator, Base::default(), vec![FieldOp::put("uscc", Value::Text(uscc))]),
        edit(
            tenancy,
            Kind::Tenancy,
            Base::default(),
            vec![FieldOp::put("premises", Value::Id(root)), FieldOp::put("operator", Value::Id(operator))],
        ),
    ]
}

/// Delivers three outboxes; which phone comes next, how much it brings and what it sends again is up to the dice.
async fn deliver(seed: u64, order: u64) -> BTreeSet<(String, String, String, &'static str)> {
    let mut bench = Bench::new().await;
    let dice = Dice(SeededRandom::new(seed));
    let people = [0xA1, 0xB1, 0xC1];
    let outboxes: Vec<Vec<Submission>> = people.iter().map(|person| outbox(&mut bench, &dice, *person)).collect();
    let dice = Dice(SeededRandom::new(order));
    let mut sent = [0_usize; 3];
    while sent.iter().zip(&outboxes).any(|(sent, outbox)| *sent < outbox.len()) {
        let phone = usize::from(dice.below(3));
        let from = sent[phone].saturating_sub(usize::from(dice.below(3)));
        let upto = (sent[phone] + usize::from(dice.below(4))).min(outboxes[phone].len());
        let items: Vec<Item> = outboxes[phone][from..upto].iter().map(item).collect();
        let intake = bench.take_in(at("12:00"), people[phone], &items).await;
        assert_eq!(intake.taken.len(), items.len());
        sent[phone] = upto;
    }
    let report = verify(&bench.db, &bench.flow).await.unwrap();
    assert_eq!(report.findings, [], "seed {seed}, order {order}");
    let mut tx = bench.db.read().await.unwrap();
    let flags = flag::every(&mut tx, &mut bench.flow.keys(), FIELD, 1_000).await.unwrap();
    let shown = |kept: &flag::Kept| {
        let flagged = &kept.flag.flagged;
        (flagged.flag.to_string(), flagged.rule.clone(), flagged.window.clone(), flagged.standing.code())
    };
    flags.iter().map(shown).filter(|(.., standing)| *standing == "raised").collect()
}

#[tokio::test]
async fn any_delivery_gives_the_same_flags_and_agrees_with_its_log() {
    for seed in 0..3 {
        let first = deliver(seed, 100).await;
        assert!(!first.is_empty());
        assert_eq!(deliver(seed, 200).await, first, "seed {seed}");
    }
}
