//! An elder of whom two workers made a file, and the home they live in: one in every list and on its page, whichever file
//! somebody wrote in; and each again by itself.

use doorstep_mobile::{DueFor, Phone};
use sync_core::author::Role;
use sync_core::edit::FieldOp;
use sync_core::event::{Answer, ConsentState, Purpose};
use sync_core::form::{
    AnswerRow, ConsentEntry, ConsentForm, EntityEdit, Form, LinkForm, NeedForm, NeedState, NewElder, Scene, SettleForm,
    VisitForm,
};
use sync_core::id::EntityId;
use sync_core::time::Span;

use super::elders::{assessment, granted, new_elder, visit};
use super::world::{Held, World, at};

/// Two workers with a file of one elder each, and a file each of the home; and a steward with a phone.
struct Home {
    world: World,
    a: Held,
    b: Held,
    steward: Held,
    /// The files of the elder, the smaller id first.
    elders: [EntityId; 2],
    /// The files of the home, the smaller id first.
    homes: [EntityId; 2],
}

impl Home {
    fn new() -> Self {
        let world = World::new();
        let (a, b, steward) = (world.phone(1), world.phone(2), world.phone_of(3, Role::Steward));
        for held in [&a, &b, &steward] {
            world.sync(&held.phone);
        }
        let found = |phone: &Phone, name: &str, tier: &str, capacity: &str, address: &str| {
            let form = NewElder { capacity: capacity.to_owned(), ..new_elder(name, tier, address) };
            let elder = phone.submit(world.caseload(), Form::NewElder(form)).unwrap().subject;
            let gas = AnswerRow { severity: Some(2), ..AnswerRow::new("GAS-02", Answer::Problem) };
            phone.submit(world.caseload(), Form::Visit(VisitForm { home: vec![gas], ..visit(elder) })).unwrap();
            phone.submit(world.caseload(), need(elder, name)).unwrap();
            (elder, phone.elder(elder).unwrap().home.unwrap().id)
        };
        let one = found(&a.phone, "顾阿婆", "key", "full", "花果山3栋502");
        let other = found(&b.phone, "顾老太", "high", "none", "花果山三栋502室");
        a.phone.submit(world.caseload(), granted(one.0, Purpose::Photo)).unwrap();
        b.phone.submit(world.caseload(), refused(other.0)).unwrap();
        let (mut elders, mut homes) = ([one.0, other.0], [one.1, other.1]);
        elders.sort();
        homes.sort();
        let home = Self { world, a, b, steward, elders, homes };
        home.sync();
        home
    }

    /// Everybody knows everything.
    fn sync(&self) {
        for held in [&self.a, &self.b, &self.steward, &self.a, &self.b] {
            self.world.sync(&held.phone);
        }
    }

    fn link(&self, [other, one]: [EntityId; 2], undo: bool) {
        let link = LinkForm { one, other, undo, reason: "同一个人".to_owned() };
        self.steward.phone.submit(self.world.caseload(), Form::Link(link)).unwrap();
    }
}

fn need(elder: EntityId, text: &str) -> Form {
    Form::Need(NeedForm {
        elder,
        need: None,
        text: format!("{text}要助浴"),
        kind: "bath".to_owned(),
        state: NeedState::Raised,
        matched_with: String::new(),
        unmet_reason: String::new(),
    })
}

fn refused(elder: EntityId) -> Form {
    let entry = ConsentEntry::spoken(Purpose::Photo, ConsentState::Refused, "邻居");
    Form::Consent(ConsentForm { elder, consents: vec![entry], scene: Scene::default() })
}

fn called(phone: &Phone) -> Vec<EntityId> {
    phone.today().unwrap().elders.into_iter().map(|visit| visit.file).collect()
}

fn rows(phone: &Phone, world: &World) -> Vec<EntityId> {
    phone.elders(world.caseload()).into_iter().map(|row| row.id).collect()
}

fn photo(phone: &Phone, elder: EntityId) -> ConsentState {
    let consents = phone.elder(elder).unwrap().consents;
    consents.into_iter().find(|consent| consent.purpose == Purpose::Photo).unwrap().state
}

/// The fields about which people disagree in a file.
fn disputed(phone: &Phone, elder: EntityId) -> Vec<String> {
    phone.elder(elder).unwrap().conflicts.into_iter().map(|conflict| conflict.field).collect()
}

#[test]
fn an_elder_with_two_files_is_one_everywhere_and_two_again_when_un_linked() {
    let home = Home::new();
    let (world, a) = (&home.world, &home.a.phone);
    let [small, large] = home.elders;
    let apart = home.elders.map(|elder| a.elder(elder).unwrap());
    assert_eq!((rows(a, world).len(), called(a).len()), (2, 2), "two files, two elders");
    world.clock.set("10:00");
    home.link(home.elders, false);
    let steward = &home.steward.phone;
    assert_eq!(
        (rows(steward, world), called(steward)),
        (vec![small], vec![small]),
        "before the server has heard of it"
    );
    assert_eq!(steward.elder(small).unwrap().links, [(small, large)]);
    assert_eq!(rows(a, world).len(), 2);
    home.sync();

    for phone in [a, &home.b.phone, steward] {
        assert_eq!((rows(phone, world), called(phone)), (vec![small], vec![small]));
        for name in ["阿婆", "老太"] {
            let found: Vec<EntityId> = phone.search(name, 9).iter().map(|found| found.id).collect();
            assert_eq!(found, [small], "{name}: found by what either file says, and once");
        }
        let file = phone.elder(large).unwrap();
        assert!(file == phone.elder(small).unwrap(), "either id finds it");
        assert_eq!((file.id, file.also.as_slice()), (small, [large].as_slice()));
        assert_eq!(file.links, [(small, large)]);
        assert_eq!(photo(phone, large), ConsentState::Refused, "the stricter one counts");
        assert_eq!((file.tier.as_str(), file.capacity.as_str()), ("high", "none"), "and what protects most");
        assert_eq!((file.visits, file.needs.len(), file.contacts.len()), (2, 2, 2));
        assert_eq!(file.history.iter().filter(|event| event.kind == "visit").count(), 2);
        let fields = file.conflicts.iter().map(|conflict| conflict.field.as_str()).collect::<Vec<_>>();
        assert_eq!(fields, ["name", "dwelling", "capacity"]);
        let why: Vec<DueFor> = file.due.iter().map(|due| due.why).collect();
        assert_eq!(why, [DueFor::Need, DueFor::Visit]);
        assert_eq!(file.due[1].at, at("08:30") + Span::days(7), "as often as the higher tier asks, after any visit");
        assert_eq!(phone.elders(world.caseload())[0].due_at, Some(file.due[0].at));
    }
    let reopened = world.kill(home.a);
    assert_eq!(rows(&reopened.phone, world), [small], "the phone was closed meanwhile");

    let home = Home { a: reopened, ..home };
    home.link(home.elders, true);
    assert_eq!(rows(&home.steward.phone, &home.world).len(), 2, "at once where it was said");
    home.sync();
    let (world, a) = (&home.world, &home.a.phone);
    assert_eq!((rows(a, world).len(), called(a).len()), (2, 2));
    for before in &apart {
        let after = a.elder(before.id).unwrap();
        assert_eq!((&after.fields, &after.consents), (&before.fields, &before.consents));
        assert_eq!((after.visits, after.needs.len(), after.conflicts.len()), (1, 1, 0));
        assert_eq!((&after.tier, &after.capacity), (&before.tier, &before.capacity));
        assert!(after.also.is_empty() && after.links.is_empty());
    }
    world.assert_equal(a);
}

#[test]
fn a_home_with_two_files_is_one_and_so_are_those_who_live_there() {
    let home = Home::new();
    let (world, a) = (&home.world, &home.a.phone);
    let [small, large] = home.homes;
    let homes = |phone: &Phone| phone.dwellings(world.caseload()).iter().map(|row| row.id).collect::<Vec<_>>();
    assert_eq!(homes(a).len(), 2);
    home.link(home.homes, false);
    assert_eq!(homes(&home.steward.phone), [small], "before the server has heard of it");
    home.sync();
    assert_eq!(homes(a), [small]);
    assert_eq!(a.search("花果山三栋", 9).iter().filter(|found| found.id == small).count(), 1);
    let file = a.dwelling(large).unwrap();
    assert_eq!((file.id, file.also.as_slice()), (small, [large].as_slice()));
    assert_eq!(file.links, [(small, large)]);
    assert_eq!(file.hazards.iter().map(|hazard| hazard.code.as_str()).collect::<Vec<_>>(), ["GAS-02"], "one hose");
    let looks = file.history.iter().filter(|event| event.kind == "inspection").count();
    assert_eq!((file.elders.len(), looks), (2, 2));
    home.link(home.elders, false);
    home.sync();
    assert_eq!(a.dwelling(small).unwrap().elders.iter().map(|row| row.id).collect::<Vec<_>>(), [home.elders[0]]);
    for elder in home.elders {
        let shown = a.elder(elder).unwrap().home.unwrap();
        assert_eq!((shown.id, shown.open.len()), (small, 1));
    }
    world.clock.set_to(at("09:00") + Span::days(3) - Span::hours(1));
    let revisits = a.today().unwrap().revisits;
    assert_eq!(revisits.iter().map(|visit| visit.file).collect::<Vec<_>>(), [small], "to be looked at once");
    home.link(home.homes, true);
    home.sync();
    assert_eq!(homes(a).len(), 2);
    world.assert_equal(a);
}

#[test]
fn what_is_written_of_a_linked_elder_holds_for_both_files() {
    let home = Home::new();
    let world = &home.world;
    let (a, b) = (&home.a.phone, &home.b.phone);
    let (caseload, [small, large]) = (world.caseload(), home.elders);
    let screened = |phone: &Phone, elder: EntityId| phone.submit(caseload, assessment(elder, ["", ""])).unwrap().event;
    world.clock.set("09:00");
    screened(a, small);
    screened(b, large);
    home.sync();
    home.link(home.elders, false);
    home.sync();
    assert!(a.elder(small).unwrap().level.unwrap().conflict, "made without knowing of each other");

    // Settled once, from the phone, by either id, and at once.
    let settle = |entity: EntityId, field: &str, value: &str| {
        let value = value.into();
        Form::Settle(SettleForm { entity, field: field.to_owned(), element: None, value })
    };
    assert_eq!(a.submit(caseload, settle(small, "name", "顾阿婆")).unwrap().warnings, []);
    assert!(!disputed(a, large).contains(&"name".to_owned()));
    assert_eq!(a.elder(large).unwrap().name, "顾阿婆");
    // Somebody else settles it otherwise, without having seen that: a new conflict, with both.
    b.submit(caseload, settle(large, "name", "顾老太")).unwrap();
    home.sync();
    let conflicts = a.elder(small).unwrap().conflicts;
    assert_eq!(conflicts.iter().find(|conflict| conflict.field == "name").unwrap().said.len(), 2);
    a.submit(caseload, settle(small, "name", "顾某某")).unwrap();
    let capacity = Form::Edit(EntityEdit { entity: large, ops: vec![FieldOp::put("capacity", "limited".into())] });
    a.submit(caseload, capacity).unwrap();
    // Asked again, the elder agrees: that lifts what stands in both files. So does a new look for the level of ability.
    a.submit(caseload, granted(small, Purpose::Photo)).unwrap();
    let new = screened(a, small).unwrap();
    home.sync();
    for phone in [a, b] {
        let file = phone.elder(large).unwrap();
        assert_eq!((file.name.as_str(), file.capacity.as_str()), ("顾某某", "limited"));
        assert_eq!((disputed(phone, small), photo(phone, small)), (vec!["dwelling".to_owned()], ConsentState::Granted));
        let level = file.level.unwrap();
        assert_eq!((level.conflict, level.made.len(), level.made[0].0), (false, 1, new));
    }

    // A visit in one file is a visit, and is voided by the id that shows, whichever file holds it.
    world.clock.set("11:00");
    let visited = b.submit(caseload, Form::Visit(visit(large))).unwrap().event.unwrap();
    home.sync();
    assert_eq!((a.elder(small).unwrap().visits, a.elder(small).unwrap().last_visit), (3, Some(at("11:00"))));
    b.void(small, visited, "走错了门").unwrap();
    home.sync();
    assert_eq!(a.elder(small).unwrap().visits, 2);

    home.link(home.elders, true);
    home.sync();
    for elder in home.elders {
        let file = a.elder(elder).unwrap();
        assert_eq!((file.name.as_str(), file.capacity.as_str(), file.conflicts.len()), ("顾某某", "limited", 0));
        assert_eq!(photo(a, elder), ConsentState::Granted, "each keeps it");
        assert!(file.level.is_some(), "and what was told in it");
    }
    for phone in [a, b, &home.steward.phone] {
        world.assert_equal(phone);
    }
}
