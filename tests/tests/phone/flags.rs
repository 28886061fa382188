//! On phones: a worker explains a flag while offline, supervisors decide on it, and everybody sees what was said.

use doorstep_mobile::{FlagView, Phone};
use sync_core::author::Role;
use sync_core::event::FlagStanding;
use sync_core::form::{ExplanationForm, FlagDecisionForm, Form};
use sync_core::id::EntityId;

use super::journey::shop_with_blocked_exit;
use super::world::World;

fn flag(phone: &Phone, shop: EntityId) -> FlagView {
    phone.premises(shop).unwrap().flags.into_iter().find(|flag| flag.rule == "F01").unwrap()
}

fn decides(phone: &Phone, world: &World, shop: EntityId, confirm: bool) {
    let FlagView { flag, evidence, .. } = flag(phone, shop);
    let reason = "看过现场".to_owned();
    let form = FlagDecisionForm { flag, subject: shop, evidence, confirm, reason };
    phone.submit(world.caseload(), Form::FlagDecision(form)).unwrap();
}

#[test]
fn an_explanation_is_beside_the_flag_and_two_supervisors_who_contradict_each_other_are_a_conflict() {
    let world = World::new();
    let a = world.phone(1);
    let (b, c) = (world.phone_of(2, Role::Supervisor), world.phone_of(3, Role::Supervisor));
    let (shop, _) = shop_with_blocked_exit(&a.phone, world.caseload());
    [&a, &b, &c].iter().for_each(|held| world.sync(&held.phone));

    let explains = |text: &str| {
        let form = ExplanationForm { flag: flag(&a.phone, shop).flag, subject: shop, text: text.to_owned() };
        a.phone.submit(world.caseload(), Form::Explanation(form))
    };
    assert!(explains(" ").is_err(), "an explanation says something");
    explains("货是当天刚到的").unwrap();
    explains("已约好复查").unwrap();
    assert_eq!(flag(&a.phone, shop).explanations.len(), 2, "offline too");
    let FlagView { flag: id, evidence, .. } = flag(&a.phone, shop);
    let form = FlagDecisionForm { flag: id, subject: shop, evidence, confirm: false, reason: "x".to_owned() };
    assert!(a.phone.submit(world.caseload(), Form::FlagDecision(form)).is_err(), "a worker decides nothing");

    // Neither has seen the other's word.
    decides(&b.phone, &world, shop, false);
    decides(&c.phone, &world, shop, true);
    for _ in 0..2 {
        [&a, &b, &c].iter().for_each(|held| world.sync(&held.phone));
    }
    let seen = flag(&a.phone, shop);
    assert_eq!((seen.standing, seen.contested, seen.decision.as_deref()), (FlagStanding::Raised, true, None));
    assert_eq!(flag(&b.phone, shop).explanations.len(), 2);
    decides(&b.phone, &world, shop, false);
    for _ in 0..2 {
        [&a, &b, &c].iter().for_each(|held| world.sync(&held.phone));
    }
    for held in [&a, &b, &c] {
        let seen = flag(&held.phone, shop);
        assert_eq!((seen.standing, seen.decision.as_deref()), (FlagStanding::Dismissed, Some("dismiss")));
        world.assert_equal(&held.phone);
    }
}
