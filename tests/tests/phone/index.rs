//! The index: made anew where it is missing, and never believed where a download was cut.

use doorstep_mobile::store::{Changes, Key, Space, Store as _};
use doorstep_mobile::{Phone, Request, Response, Transport, TransportError};
use sync_core::author::Role;
use sync_core::form::{Form, LinkForm};
use sync_core::id::EntityId;

use super::elders::{new_elder, visit};
use super::journey::{blocked_exit, inspection, new_shop, shop_with_blocked_exit};
use super::world::{Held, World};

/// What lists show: shops with the files that are one with them and their findings, elders, homes.
type Lists = (Vec<(EntityId, Vec<EntityId>, usize)>, Vec<(String, String, bool)>, Vec<String>);

fn lists(world: &World, phone: &Phone) -> Lists {
    let caseload = world.caseload();
    let shops = phone.list(caseload).into_iter().map(|shop| (shop.id, shop.also, shop.open.len())).collect();
    let elders = phone.elders(caseload).into_iter().map(|elder| (elder.name, elder.address, elder.due_at.is_some()));
    let homes = phone.dwellings(caseload).into_iter().map(|home| home.address);
    (shops, elders.collect(), homes.collect())
}

/// Two linked shops, two that were un-linked again, an elder who was visited.
fn street(world: &World) -> Held {
    let mei = world.phone_of(9, Role::Supervisor);
    let caseload = world.caseload();
    world.sync(&mei.phone);
    let (wang, _) = shop_with_blocked_exit(&mei.phone, caseload);
    let same = mei.phone.submit(caseload, new_shop("王记", "A-101", "")).unwrap().subject;
    let other = mei.phone.submit(caseload, new_shop("李记", "A-103", "")).unwrap().subject;
    let link = |one, other, undo| {
        let reason = "同一家".to_owned();
        mei.phone.submit(caseload, Form::Link(LinkForm { one, other, undo, reason })).unwrap();
    };
    link(wang, same, false);
    link(same, other, false);
    link(other, same, true);
    let gu = mei.phone.submit(caseload, Form::NewElder(new_elder("顾", "key", "花果山3栋502"))).unwrap().subject;
    mei.phone.submit(caseload, Form::Visit(visit(gu))).unwrap();
    world.sync(&mei.phone);
    mei
}

#[test]
fn an_index_of_another_format_is_made_anew_from_the_files() {
    let world = World::new();
    let mut mei = street(&world);
    let expected = lists(&world, &mei.phone);
    let (shops, elders, homes) = &expected;
    assert_eq!((shops.len(), elders.len(), homes.len()), (2, 1, 1));
    assert_eq!(shops.iter().map(|(_, links, _)| links.len()).sum::<usize>(), 1, "two files are one shop");
    let mut changes = Changes::default();
    for (key, _) in mei.store.scan(Space::Brief).unwrap() {
        if key.position != 0 {
            changes.remove(key);
        }
    }
    changes.remove(Key::single(Space::Setting, b"index format"));
    mei.store.apply(&changes).unwrap();
    let mei = world.kill(mei);
    assert_eq!(lists(&world, &mei.phone), expected);
    let mei = world.kill(mei);
    assert_eq!(lists(&world, &mei.phone), expected, "and kept");
    world.sync(&mei.phone);
    world.assert_equal(&mei.phone);
}

/// A link that breaks just before the end: everything came but for the word that it was everything.
struct Broken<'w>(&'w World);

impl Transport for Broken<'_> {
    fn send(&self, request: &Request) -> Result<Response, TransportError> {
        let Response { mut body, .. } = self.0.link(None, None).send(request)?;
        body.pop();
        Err(TransportError::Cut(body))
    }
}

#[test]
fn lists_are_right_after_a_download_that_was_cut_and_a_kill_before_anybody_looked() {
    let world = World::new();
    let expected = lists(&world, &street(&world).phone);
    for look in [false, true] {
        let c = world.phone(3);
        let _cut = c.phone.sync_step(&Broken(&world), 256 * 1024).unwrap();
        assert!(c.phone.caseloads()[0].seq > 0, "all came");
        if look {
            assert_eq!(lists(&world, &c.phone), expected, "what has come is shown");
        }
        let c = world.kill(c);
        assert_eq!(lists(&world, &c.phone), expected);
        c.phone.retry_now().unwrap();
        world.sync(&c.phone);
        assert_eq!(lists(&world, &c.phone), expected);
        world.assert_equal(&c.phone);
    }
}

#[test]
fn each_form_shows_at_once_what_a_phone_that_is_opened_anew_shows() {
    let world = World::new();
    let mei = world.phone_of(9, Role::Supervisor);
    let caseload = world.caseload();
    world.sync(&mei.phone);
    let submit = |form: Form| {
        let subject = mei.phone.submit(caseload, form).unwrap().subject;
        let anew = world.open(Box::new(mei.store.clone()), 77);
        assert_eq!(lists(&world, &mei.phone), lists(&world, &anew));
        subject
    };
    let wang = submit(new_shop("王记肠粉", "A-101", ""));
    submit(inspection(wang, blocked_exit()));
    let same = submit(new_shop("王记", "A-101", ""));
    submit(inspection(same, blocked_exit()));
    let link = |undo| Form::Link(LinkForm { one: wang, other: same, undo, reason: "同一家".to_owned() });
    submit(link(false));
    assert_eq!(lists(&world, &mei.phone).0.len(), 1, "two files are one shop");
    submit(inspection(same, blocked_exit()));
    submit(link(true));
    assert_eq!(lists(&world, &mei.phone).0.len(), 2);
    let gu = submit(Form::NewElder(new_elder("顾", "key", "花果山3栋502")));
    submit(Form::Visit(visit(gu)));
    // Half of it confirmed, half on top.
    world.sync(&mei.phone);
    submit(link(false));
    submit(Form::Visit(visit(gu)));
    world.sync(&mei.phone);
    world.assert_equal(&mei.phone);
}
