//! Linked files in the flow: which files look alike, what becomes of flags and conflicts when files are linked, settled
//! and un-linked. In a caseload in memory.

#![expect(clippy::unwrap_used, reason = "a panic is how a test's helper fails")]

use doorstep_tests::memory::Caseload;
use sync_core::author::Role;
use sync_core::case::flag_id;
use sync_core::edit::{Base, Edit, FieldOp, State, Value};
use sync_core::entity::{Kind, hazard};
use sync_core::event::{Answer, Answered, Event, EventBody, FlagStanding, Inspection, Link};
use sync_core::id::{EntityId, EventId, FlagId, SubmissionId};
use sync_core::log::Verdict;
use sync_core::submission::{Part, Submission};
use sync_core::time::{Hlc, Span, Timestamp};

fn morning() -> Timestamp {
    Timestamp::from_civil("2026-11-23T08:30".parse().unwrap())
}

fn id(n: u32) -> EntityId {
    let mut bytes = [0x20; 16];
    bytes[..4].copy_from_slice(&n.to_be_bytes());
    EntityId::from_bytes(bytes)
}

struct Street {
    caseload: Caseload,
    now: Timestamp,
    written: u64,
}

impl Street {
    fn new() -> Self {
        Self { caseload: Caseload::new(1), now: morning(), written: 0 }
    }

    fn send(&mut self, person: u8, role: Role, parts: Vec<Part>) {
        self.written += 1;
        self.now = self.now + Span::minutes(1);
        let submission = SubmissionId::derived("linked", &[&self.written.to_be_bytes()]);
        let at = Hlc { wall: self.now, counter: 0 };
        let number = self.written;
        let submission = Submission { id: submission, caseload: self.caseload.id, number, at, parts };
        let author = self.caseload.author(person, role, number);
        assert_eq!(self.caseload.take_in(self.now, submission, author), Verdict::Merged);
    }

    fn put(&mut self, person: u8, entity: EntityId, kind: Kind, ops: &[(&str, &str)]) {
        let ops = ops.iter().map(|(field, text)| FieldOp::put(field, (*text).into())).collect();
        let base = Base { version: self.version(entity), seen: Vec::new() };
        self.send(person, Role::Worker, vec![Part::edit(&Edit { entity, kind: kind.code().to_owned(), base, ops })]);
    }

    fn version(&self, entity: EntityId) -> u32 {
        let documents = self.caseload.files.values().find_map(|file| file.documents.get(&entity));
        documents.map_or(0, |document| document.version())
    }

    fn shop(&mut self, n: u32, ops: &[(&str, &str)]) -> EntityId {
        self.put(1, id(n), Kind::Premises, ops);
        id(n)
    }

    /// A shop whose operator has this credit code.
    fn operated(&mut self, n: u32, uscc: &str) -> EntityId {
        let (shop, operator) = (self.shop(n, &[("name", "店")]), id(n + 500));
        let edit = |entity, kind: Kind, ops| {
            Part::edit(&Edit { entity, kind: kind.code().to_owned(), base: Base::default(), ops })
        };
        let tenancy = vec![FieldOp::put("premises", Value::Id(shop)), FieldOp::put("operator", Value::Id(operator))];
        let named = vec![FieldOp::put("uscc", uscc.into())];
        self.send(
            1,
            Role::Worker,
            vec![edit(operator, Kind::Operator, named), edit(id(n + 600), Kind::Tenancy, tenancy)],
        );
        shop
    }

    fn find(&mut self, shop: EntityId, code: &str) {
        let answered = Answered {
            code: code.to_owned(),
            answer: Answer::Problem,
            severity: Some(3),
            refused: true,
            quantity: None,
            note: None,
            photos: Vec::new(),
        };
        let body = EventBody::Inspection(Inspection { answers: vec![answered], met: None, revisit: false });
        let entity = hazard::id(shop, code, 1);
        let ops = vec![
            FieldOp::put("place", Value::Id(shop)),
            FieldOp::put("code", code.into()),
            FieldOp::put("severity", Value::Int(3)),
            FieldOp::put("status", Value::State(State::new(1, hazard::OPEN))),
        ];
        let base = Base { version: self.version(entity), seen: Vec::new() };
        let event = self.event(shop, body);
        self.send(1, Role::Worker, vec![event, Part::edit(&Edit { entity, kind: "hazard".to_owned(), base, ops })]);
    }

    fn event(&self, subject: EntityId, body: EventBody) -> Part {
        Part::event(&Event {
            id: EventId::derived("linked", &[&self.written.to_be_bytes()]),
            subject,
            programme: "work-safety".to_owned(),
            policy: 1,
            start: self.now,
            end: self.now,
            coworkers: Vec::new(),
            place: None,
            photos: Vec::new(),
            amends: None,
            body,
        })
    }

    fn link(&mut self, a: EntityId, b: EntityId, undo: bool) {
        let event = self.event(a, EventBody::Link(Link { other: b, undo, reason: "same door".to_owned() }));
        self.send(9, Role::Steward, vec![event]);
    }

    /// The raised flags of a rule: id, subject, window.
    fn raised(&self, rule: &str) -> Vec<(FlagId, EntityId, String)> {
        let flags = self.caseload.files.values().flat_map(|file| &file.flags);
        let raised =
            flags.filter(|(_, flag)| flag.flagged.standing == FlagStanding::Raised && flag.flagged.rule == rule);
        raised.map(|(id, flag)| (*id, flag.subject, flag.flagged.window.clone())).collect()
    }

    fn tick_after(&mut self, hours: i64) {
        self.now = self.now + Span::hours(hours);
        self.caseload.tick(self.now);
    }
}

fn alike(make: impl Fn(&mut Street)) -> bool {
    let mut street = Street::new();
    make(&mut street);
    !street.raised("D01").is_empty()
}

#[test]
fn files_of_one_shop_are_found_by_what_they_share_and_not_by_what_nearly() {
    let fields = |ours: &[(&str, &str)], theirs: &[(&str, &str)]| {
        alike(|street| {
            street.shop(1, ours);
            street.shop(2, theirs);
        })
    };
    // The unit, however it is written.
    assert!(fields(&[("unit_code", "HGS-01-0102")], &[("unit_code", "ｈｇｓ 01 0102")]));
    assert!(!fields(&[("unit_code", "HGS-01-0102")], &[("unit_code", "HGS-01-0103")]), "the next door");
    assert!(!fields(&[("unit_code", "")], &[("unit_code", " ")]), "nothing is nothing in common");
    // Phone and name together, each alone says too little.
    let wang = [("name", "王记肠粉"), ("contact_phone", "14200000001")];
    assert!(fields(&wang, &[("name", "王记 肠粉"), ("contact_phone", "142-0000-0001")]));
    assert!(!fields(&wang, &[("name", "王记肠粉"), ("contact_phone", "14200000002")]));
    assert!(!fields(&wang, &[("name", "李记"), ("contact_phone", "14200000001")]));
    assert!(!fields(&wang, &[("name", "14200000001"), ("contact_phone", "王记肠粉")]), "the fields exchanged");
    // The credit code, also with one character mistyped.
    let codes = |ours: &str, theirs: &str| {
        alike(|street| {
            street.operated(1, ours);
            street.operated(2, theirs);
        })
    };
    let code = "92440399MA9T00018G";
    for place in 0..code.len() {
        let mut mistyped: Vec<char> = code.chars().collect();
        mistyped[place] = if mistyped[place] == 'A' { 'B' } else { 'A' };
        assert!(codes(code, &mistyped.into_iter().collect::<String>()), "mistyped at {place}");
    }
    assert!(codes(code, "92440399 ma9t00018g"));
    assert!(!codes(code, "92440399MA9T00026B"), "three differ");
    assert!(!codes(code, "92440399MA9T00019H"), "two differ");
    assert!(!codes(code, "92440399MA9T0001G8"), "two changed places");
    assert!(!codes(code, "92440399MA9T00018"), "one is missing");
    assert!(codes("92440399MA9T00018", "92440399-MA9T00018"), "the same mistake twice");
    assert!(!codes("", ""));
    // An elder, by the hash of the resident id.
    let elders = |ours: &str, theirs: &str| {
        alike(|street| {
            street.put(1, id(1), Kind::Elder, &[("name", "顾某"), ("id_hmac", ours)]);
            street.put(2, id(2), Kind::Elder, &[("name", "谷某"), ("id_hmac", theirs)]);
        })
    };
    assert!(elders("a1b2c3", "a1b2c3"));
    assert!(!elders("a1b2c3", "a1b2c4"));
    assert!(!elders("", ""), "of many no id is known");
}

/// What a conflict hides is said all the same.
#[test]
fn what_somebody_else_says_of_a_unit_finds_the_other_file_too() {
    let mut street = Street::new();
    let shop = street.shop(1, &[("name", "店"), ("unit_code", "A-1")]);
    let concurrent = |text: &str| Edit {
        entity: shop,
        kind: "premises".to_owned(),
        base: Base { version: 1, seen: Vec::new() },
        ops: vec![FieldOp::put("unit_code", text.into())],
    };
    street.send(2, Role::Worker, vec![Part::edit(&concurrent("B-2"))]);
    street.send(3, Role::Worker, vec![Part::edit(&concurrent("C-3"))]);
    street.shop(2, &[("name", "另一家"), ("unit_code", "B-2")]);
    assert_eq!(street.raised("D01").len(), 1);
}

/// A file is compared with those that share a key, not with all.
#[test]
fn looking_for_look_alikes_does_not_grow_with_the_caseload() {
    let mut street = Street::new();
    let took = |street: &mut Street, from: u32| {
        for n in from..from + 100 {
            let code = format!("HGS-{n}");
            street.shop(n + 1, &[("name", "店"), ("unit_code", &code)]);
        }
        let loaded = street.caseload.loaded;
        street.caseload.loaded = 0;
        loaded
    };
    let first = took(&mut street, 0);
    for hundred in 1..10 {
        took(&mut street, hundred * 100);
    }
    let last = took(&mut street, 1_000);
    assert_eq!(first, last, "files loaded for a hundred new shops");
}

#[test]
fn a_conflict_between_linked_files_is_the_stewards_once_after_48_hours_of_being_one() {
    let mut street = Street::new();
    let (small, large) = (
        street.shop(1, &[("name", "王记"), ("contact_phone", "N1")]),
        street.shop(2, &[("name", "王记"), ("contact_phone", "N2")]),
    );
    street.tick_after(72);
    assert_eq!(street.raised("D02"), [], "each is at one with itself");
    street.link(large, small, false);
    street.tick_after(47);
    assert_eq!(street.raised("D02"), [], "nobody could see it before they were linked");
    street.tick_after(2);
    let raised = street.raised("D02");
    let [(flag, subject, window)] = &raised[..] else { panic!("{raised:?}") };
    assert_eq!((*flag, *subject), (flag_id("D02", small, window), small));

    // Settled by an edit that names both; somebody who had not seen that says otherwise: it is open again, and the same.
    let settle = |street: &mut Street, person: u8, value: &str, versions: [u32; 2]| {
        let edit = |(entity, version): (EntityId, u32)| Edit {
            entity,
            kind: "premises".to_owned(),
            base: Base { version, seen: Vec::new() },
            ops: vec![FieldOp::put("contact_phone", value.into())],
        };
        let parts = [small, large].into_iter().zip(versions).map(|both| Part::edit(&edit(both))).collect();
        street.send(person, Role::Supervisor, parts);
    };
    settle(&mut street, 7, "N1", [1, 1]);
    assert_eq!(street.raised("D02"), []);
    settle(&mut street, 8, "N3", [1, 1]);
    street.tick_after(49);
    assert_eq!(street.raised("D02"), raised, "the same flag");
    settle(&mut street, 8, "N3", [3, 3]);
    assert_eq!(street.raised("D02"), []);
    street.link(large, small, true);
    street.tick_after(49);
    assert_eq!(street.raised("D02"), []);
    for shop in [small, large] {
        let phone = street.caseload.files[&shop].documents[&shop].field("contact_phone").unwrap();
        assert_eq!((phone.shown.value, phone.conflict), ("N3".into(), false), "each keeps it");
    }
}

#[test]
fn the_flag_of_a_conflict_does_not_move_when_its_file_is_linked() {
    let mut street = Street::new();
    let (small, large) = (street.shop(1, &[("name", "王记")]), street.shop(2, &[("name", "王记")]));
    for (person, phone) in [(2, "N1"), (3, "N2")] {
        let edit = Edit {
            entity: large,
            kind: "premises".to_owned(),
            base: Base { version: 1, seen: Vec::new() },
            ops: vec![FieldOp::put("contact_phone", phone.into())],
        };
        street.send(person, Role::Worker, vec![Part::edit(&edit)]);
    }
    street.tick_after(49);
    let raised = street.raised("D02");
    assert_eq!(raised.iter().map(|(_, subject, _)| *subject).collect::<Vec<_>>(), [large]);
    street.link(small, large, false);
    street.tick_after(1);
    assert_eq!(street.raised("D02"), raised);
    street.link(small, large, true);
    street.tick_after(1);
    assert_eq!(street.raised("D02"), raised);
}

/// Found by shuffling links with arrivals: only the file that the un-linking was written to was judged again, so that the
/// blocked exit of the other was nobody's.
#[test]
fn un_linked_both_files_are_judged_again() {
    let mut street = Street::new();
    let (small, large) = (street.shop(1, &[("name", "甲")]), street.shop(2, &[("name", "乙")]));
    street.find(small, "EXIT-02");
    street.find(large, "EXIT-02");
    let apart = street.raised("F01");
    assert_eq!(apart.len(), 2);
    for (a, b) in [(small, large), (large, small)] {
        street.link(a, b, false);
        assert_eq!(street.raised("F01").len(), 1, "one shop, one exit");
        street.link(a, b, true);
        assert_eq!(street.raised("F01"), apart);
    }
}

/// A third file keeps two apart or together by its own links only.
#[test]
fn of_three_linked_files_the_middle_one_joins_the_others() {
    let mut street = Street::new();
    let shops: Vec<EntityId> =
        [(1, "甲"), (2, "乙"), (3, "丙")].map(|(n, name)| street.shop(n, &[("name", name)])).into();
    shops.iter().for_each(|shop| street.find(*shop, "EXIT-02"));
    let apart = street.raised("F01");
    street.link(shops[1], shops[2], false);
    street.link(shops[1], shops[0], false);
    assert_eq!((apart.len(), street.raised("F01").len()), (3, 1));
    street.link(shops[0], shops[1], true);
    assert_eq!(street.raised("F01").len(), 2);
    street.link(shops[2], shops[1], true);
    assert_eq!(street.raised("F01"), apart);
}
