//! Files that share something with many others: the branches of a chain, a photo that is in every form. What was found of
//! them stays, and nobody who asks again finds otherwise.

#![expect(clippy::unwrap_used, reason = "a panic is how a test's helper fails")]

use std::collections::BTreeMap;

use doorstep_tests::inprocess::Server;
use doorstep_tests::rawphone::{RawPhone, edit, event, found};
use sync_core::author::Role;
use sync_core::edit::{FieldOp, Value};
use sync_core::entity::Kind;
use sync_core::event::{EventBody, PhotoHash, Void};
use sync_core::id::{CaseloadId, EntityId};
use sync_core::log::Verdict;
use sync_core::submission::Part;
use sync_core::time::Span;

/// Of a company that was invented.
const CODE: &str = "91440300MA0T00017H";
const SHOPS: u8 = 40;

struct World {
    server: Server,
    hgs: CaseloadId,
    lin: RawPhone,
    versions: BTreeMap<EntityId, u32>,
}

impl World {
    fn new() -> Self {
        let server = Server::start();
        let hgs = server.caseload("HGS");
        let lin = server.member("lin", Role::Worker, hgs, true);
        let _ = server.member("mei", Role::Supervisor, hgs, true);
        let lin = RawPhone::enrol(&server, lin, hgs, 1);
        Self { server, hgs, lin, versions: BTreeMap::new() }
    }

    fn says(&mut self, parts: Vec<Part>) {
        self.server.clock.advance(Span::minutes(1));
        self.lin.now = self.server.app.clock().now();
        assert_eq!(self.lin.say(&self.server, parts), Verdict::Merged);
    }

    /// The nth branch that is registered. Their ids fall: who comes later stands before all others in every list.
    fn opens(&mut self, nth: u8) {
        let tenancy =
            vec![FieldOp::put("premises", Value::Id(branch(nth))), FieldOp::put("operator", Value::Id(operator(nth)))];
        self.says(vec![
            edit(branch(nth), Kind::Premises, 0, vec![FieldOp::put("name", format!("连锁店{nth}号").as_str().into())]),
            edit(operator(nth), Kind::Operator, 0, vec![FieldOp::put("uscc", CODE.into())]),
            edit(id(0x33, nth), Kind::Tenancy, 0, tenancy),
        ]);
    }

    fn puts(&mut self, entity: EntityId, kind: Kind, field: &str, text: &str) {
        let version = self.versions.entry(entity).or_insert(0);
        *version += 1;
        let parts = vec![edit(entity, kind, *version, vec![FieldOp::put(field, text.into())])];
        self.says(parts);
    }

    fn is_renamed(&mut self, nth: u8) {
        self.puts(branch(nth), Kind::Premises, "name", &format!("便利店{nth}号"));
    }

    /// The flags of this rule that stand.
    fn raised(&self, rule: &str) -> usize {
        let mei = self.server.login("mei");
        let path = format!("/v1/caseloads/{}/flags", self.hgs);
        let flags = self.server.get(&path, Some(&mei)).ok();
        flags.as_array().unwrap().iter().filter(|flag| flag["rule"] == rule && flag["standing"] == "raised").count()
    }
}

fn id(kind: u8, nth: u8) -> EntityId {
    let mut bytes = [0xFF - nth; 16];
    bytes[15] = kind;
    EntityId::from_bytes(bytes)
}

fn branch(nth: u8) -> EntityId {
    id(0x11, nth)
}

fn operator(nth: u8) -> EntityId {
    id(0x22, nth)
}

#[test]
fn of_a_chain_some_are_compared_and_whoever_asks_again_finds_the_same() {
    let mut world = World::new();
    for nth in 0..SHOPS {
        world.opens(nth);
    }
    // Each of the first seventeen with each other; who comes later shares it with too many.
    assert_eq!(world.raised("D01"), 17 * 16 / 2);
    world.server.verifies();
    for nth in 0..SHOPS {
        world.is_renamed(nth);
    }
    assert_eq!(world.raised("D01"), 17 * 16 / 2, "what was compared once stays so");
    world.server.verifies();
    // A code that was typed for want of a better one is corrected, until few enough have it.
    for nth in 5..SHOPS - 5 {
        world.puts(operator(nth), Kind::Operator, "uscc", &format!("91440300MA0T{nth:02}{nth:02}7H"));
    }
    world.server.verifies();
    assert_eq!(world.raised("D01"), 5 * 4 / 2, "of the five left of those who were compared");
    for nth in SHOPS - 5..SHOPS {
        world.is_renamed(nth);
    }
    world.server.verifies();
    assert_eq!(world.raised("D01"), 5 * 4 / 2, "such a code says nothing any more");
}

#[test]
fn a_photo_that_is_in_every_form_is_a_question_of_each_but_the_first() {
    let mut world = World::new();
    let mut shown = Vec::new();
    for nth in 0..SHOPS {
        let mut seen = event("photographed", branch(nth), found("EXIT-02", 3));
        seen.start = world.server.app.clock().now();
        seen.end = seen.start;
        seen.photos = vec![PhotoHash([7; 32])];
        let name = format!("店{nth}");
        let new = edit(branch(nth), Kind::Premises, 0, vec![FieldOp::put("name", name.as_str().into())]);
        world.says(vec![new, Part::event(&seen)]);
        shown.push(seen.id);
    }
    assert_eq!(world.raised("D03"), usize::from(SHOPS) - 1);
    world.server.verifies();
    for nth in 0..SHOPS {
        world.is_renamed(nth);
    }
    assert_eq!(world.raised("D03"), usize::from(SHOPS) - 1, "though most are not compared with the first");
    world.server.verifies();
    let void = EventBody::Void(Void { event: shown[20], reason: "wrong photo".to_owned() });
    world.says(vec![Part::event(&event("void", branch(20), void))]);
    assert_eq!(world.raised("D03"), usize::from(SHOPS) - 2);
    world.server.verifies();
}
