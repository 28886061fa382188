//! Linked files on the phone: one shop in every list and on its page, for forms too; and each file again by itself.

use doorstep_mobile::{Phone, PremisesFile};
use sync_core::author::Role;
use sync_core::edit::{FieldOp, Value};
use sync_core::event::Answer;
use sync_core::form::{AnswerRow, EntityEdit, Form, LinkForm, SettleForm};
use sync_core::id::EntityId;
use sync_core::time::Span;

use super::journey::{inspection, new_shop};
use super::world::{Held, World};

/// Two workers who each made a file of one shop, and a steward with a phone.
struct Street {
    world: World,
    a: Held,
    b: Held,
    steward: Held,
    /// The files, the smaller id first.
    small: EntityId,
    large: EntityId,
}

impl Street {
    fn new() -> Self {
        let world = World::new();
        let (a, b, steward) = (world.phone(1), world.phone(2), world.phone_of(3, Role::Steward));
        let found = |phone: &Phone, name: &str, contact: &str, severity: u8| {
            let shop = phone.submit(world.caseload(), new_shop(name, "HGS-01-0102", "")).unwrap().subject;
            let row = AnswerRow { severity: Some(severity), ..AnswerRow::new("EXIT-02", Answer::Problem) };
            phone.submit(world.caseload(), inspection(shop, row)).unwrap();
            put(&world, phone, shop, FieldOp::put("contact_phone", contact.into()));
            shop
        };
        let mut shops = [found(&a.phone, "王记", "14200000001", 1), found(&b.phone, "王记肠粉", "14200000002", 3)];
        shops.sort();
        let street = Self { world, a, b, steward, small: shops[0], large: shops[1] };
        street.sync();
        street
    }

    /// Everybody knows everything.
    fn sync(&self) {
        for held in [&self.a, &self.b, &self.steward, &self.a, &self.b] {
            self.world.sync(&held.phone);
        }
    }

    fn link(&self, undo: bool) {
        let (one, other, reason) = (self.large, self.small, "同一扇门".to_owned());
        let link = LinkForm { one, other, undo, reason };
        self.steward.phone.submit(self.world.caseload(), Form::Link(link)).unwrap();
    }
}

fn put(world: &World, phone: &Phone, entity: EntityId, op: FieldOp) {
    phone.submit(world.caseload(), Form::Edit(EntityEdit { entity, ops: vec![op] })).unwrap();
}

fn contact(phone: &Phone, shop: EntityId) -> (Option<Value>, usize) {
    let conflicts = phone.premises(shop).unwrap().conflicts;
    let conflicts = conflicts.iter().filter(|conflict| conflict.field == "contact_phone").count();
    (phone.value(shop, "contact_phone").unwrap(), conflicts)
}

fn hazards(file: &PremisesFile) -> Vec<(String, u16, String, u8)> {
    file.hazards.iter().map(|h| (h.code.clone(), h.episode, h.status.clone(), h.severity)).collect()
}

#[test]
fn linked_files_are_one_in_every_list_and_two_again_when_un_linked() {
    let street = Street::new();
    let (world, a) = (&street.world, &street.a.phone);
    let apart = [a.premises(street.small).unwrap(), a.premises(street.large).unwrap()];
    let caseload = world.caseload();
    let shops = |phone: &Phone| phone.list(caseload).iter().map(|brief| brief.id).collect::<Vec<_>>();
    world.clock.set("10:00");
    street.link(false);
    assert_eq!(shops(&street.steward.phone), [street.small], "before the server has heard of it, too");
    assert_eq!(shops(a).len(), 2);
    street.sync();

    for phone in [a, &street.b.phone, &street.steward.phone] {
        let file = phone.premises(street.large).unwrap();
        assert!(file == phone.premises(street.small).unwrap());
        assert_eq!((file.id, file.also.as_slice()), (street.small, [street.large].as_slice()));
        assert_eq!(hazards(&file), [("EXIT-02".to_owned(), 1, "open".to_owned(), 3)]);
        assert_eq!(file.history.iter().filter(|event| event.kind == "inspection").count(), 2);
        assert_eq!(file.links, [(street.small, street.large)]);
        let disputed: Vec<&str> = file.conflicts.iter().map(|conflict| conflict.field.as_str()).collect();
        assert_eq!(disputed, ["name", "contact_phone"]);
        let list = phone.list(world.caseload());
        assert_eq!((list.len(), list[0].id, list[0].open.len(), list[0].conflicts), (1, street.small, 1, 2));
        for name in ["王记", "肠粉"] {
            assert_eq!(phone.search(name, 9).len(), 1, "{name}: found by what either file says, and once");
        }
    }
    world.clock.advance(Span::days(7));
    street.sync();
    let today = a.today().unwrap();
    assert_eq!(today.revisits.iter().map(|visit| visit.file).collect::<Vec<_>>(), [street.small]);
    let reopened = street.world.kill(street.a);
    assert_eq!(shops(&reopened.phone), [street.small], "the phone was closed meanwhile");

    let street = Street { a: reopened, ..street };
    street.link(true);
    street.sync();
    let a = &street.a.phone;
    assert_eq!(shops(a).len(), 2);
    for before in &apart {
        let after = a.premises(before.id).unwrap();
        assert_eq!(
            (after.fields, after.hazards, after.conflicts.len()),
            (before.fields.clone(), before.hazards.clone(), 0)
        );
        assert!(after.also.is_empty() && after.links.is_empty());
    }
    street.world.assert_equal(a);
}

#[test]
fn who_settles_or_edits_on_the_phone_names_every_linked_file() {
    let street = Street::new();
    let world = &street.world;
    street.link(false);
    street.sync();
    let (a, b) = (&street.a.phone, &street.b.phone);
    assert_eq!(contact(a, street.small).1, 1);
    let settle = |value: &str| {
        let value = Value::from(value);
        Form::Settle(SettleForm { entity: street.small, field: "contact_phone".to_owned(), element: None, value })
    };
    assert_eq!(a.submit(world.caseload(), settle("14200000001")).unwrap().warnings, []);
    assert_eq!(contact(a, street.large), (Some("14200000001".into()), 0), "at once, and for either id");

    // Somebody else settles it otherwise, without having seen that: a new conflict, with both.
    b.submit(world.caseload(), settle("14200000002")).unwrap();
    street.sync();
    let file = a.premises(street.small).unwrap();
    let conflict = file.conflicts.iter().find(|conflict| conflict.field == "contact_phone").unwrap();
    assert_eq!(conflict.said.len(), 2, "one word in two files is one word");
    a.submit(world.caseload(), settle("14200000003")).unwrap();
    street.sync();
    assert_eq!(contact(b, street.small), (Some("14200000003".into()), 0));

    // An ordinary edit replaces what was on the screen; the same field of either file.
    put(world, b, street.large, FieldOp::put("contact_phone", "14200000001".into()));
    street.sync();
    assert_eq!(contact(a, street.small), (Some("14200000001".into()), 0));
    street.link(true);
    street.sync();
    for shop in [street.small, street.large] {
        assert_eq!(contact(a, shop), (Some("14200000001".into()), 0), "each keeps it");
    }
    for phone in [a, b, &street.steward.phone] {
        world.assert_equal(phone);
    }
}

/// What was put right in one file must not hide that it is there again.
#[test]
fn a_finding_that_comes_back_is_a_new_episode_whichever_file_had_it() {
    let street = Street::new();
    let world = &street.world;
    let a = &street.a.phone;
    let says = |shop: EntityId, answer: Answer, time: &str| {
        world.clock.set(time);
        let Form::Inspection(form) = inspection(shop, AnswerRow::new("EXIT-02", answer)) else { panic!() };
        let form = sync_core::form::InspectionForm { revisit: true, ..form };
        a.submit(world.caseload(), Form::Inspection(form)).unwrap();
        street.sync();
        hazards(&a.premises(shop).unwrap())
    };
    let line = |episode: u16, status: &str, severity: u8| ("EXIT-02".to_owned(), episode, status.to_owned(), severity);
    says(street.large, Answer::Ok, "10:00");
    says(street.large, Answer::Problem, "10:10");
    assert_eq!(a.premises(street.large).unwrap().hazards.len(), 2);
    street.link(false);
    street.sync();
    assert_eq!(says(street.small, Answer::Ok, "11:00")[0].2, "verified_fixed");
    let back = says(street.small, Answer::Problem, "12:00");
    assert_eq!((back.len(), &back[0]), (3, &line(3, "open", 3)));
    let rules: Vec<String> = a.flags_at_door(street.large).unwrap().flags.into_iter().map(|flag| flag.rule).collect();
    assert_eq!(rules, ["F01"]);
    world.assert_equal(a);
}
