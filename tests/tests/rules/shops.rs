//! Rules of shops that rest on a second look, on where the shop is, or on what kind of thing was found.

use sync_core::event::Answer;
use sync_core::form::AnswerRow;
use sync_core::time::Span;

use super::world::{World, dispatched_to, problem};

#[test]
fn dangerous_goods_go_to_two_departments_where_people_gather_and_nowhere_else() {
    let world = World::new();
    let (inn, shop) = (world.shop("客栈", "inn"), world.shop("杂货", "shop"));
    world.finds(shop, problem("HAZ-01"), false);
    assert_eq!(world.standing("F04"), [""; 0]);
    world.finds(inn, AnswerRow::new("HAZ-01", Answer::FixedOnSpot), false);
    assert_eq!(world.standing("F04"), [""; 0], "carried away at once");
    world.finds(inn, problem("HAZ-01"), false);
    assert_eq!(world.standing("F04"), ["raised"]);
    assert_eq!(world.referrals("F04"), dispatched_to(&["EMB", "FIRE"], "submitted"));
    // Put right: the flag has ended, and what is on its way goes on.
    world.later(Span::days(1));
    world.finds(inn, AnswerRow::new("HAZ-01", Answer::Ok), true);
    assert_eq!(world.standing("F04"), ["ended"]);
    world.server.verifies();
}

#[test]
fn a_worn_gas_hose_is_reminded_of_first_and_referred_at_the_second_visit() {
    let world = World::new();
    let shop = world.shop("肠粉", "restaurant");
    world.finds(shop, problem("GAS-02"), false);
    assert_eq!(world.standing("F07"), [""; 0], "a reminder comes first");
    world.later(Span::days(3));
    world.finds(shop, problem("GAS-02"), true);
    assert_eq!(world.standing("F07"), ["raised"]);
    assert_eq!(world.referrals("F07"), dispatched_to(&["GASREG"], "submitted"));
}

#[test]
fn an_e_bike_is_the_streets_matter_when_refused_or_seen_again_and_the_fire_services_in_an_escape_route() {
    let world = World::new();
    let (refuses, again, much_later, route) =
        (world.shop("甲", "shop"), world.shop("乙", "shop"), world.shop("丙", "shop"), world.shop("丁", "shop"));
    for shop in [again, much_later] {
        world.finds(shop, problem("EBK-01"), false);
    }
    assert_eq!(world.standing("F08"), [""; 0]);
    world.finds(refuses, AnswerRow { refused: true, ..problem("EBK-01") }, false);
    assert_eq!(world.standing("F08"), ["raised"]);
    world.later(Span::days(29));
    world.finds(again, problem("EBK-01"), true);
    assert_eq!(world.standing("F08").len(), 2);
    world.later(Span::days(2));
    world.finds(much_later, problem("EBK-01"), true);
    assert_eq!(world.standing("F08").len(), 2, "31 days apart is not twice in 30 days");
    assert_eq!(world.referrals("F08"), dispatched_to(&["SUBDIST"], "submitted"));
    world.finds(route, problem("EBK-02"), false);
    assert_eq!(world.standing("F08").len(), 3);
    assert_eq!(world.referrals("F08"), dispatched_to(&["FIRE", "SUBDIST"], "submitted"));
}

#[test]
fn a_missing_licence_waits_for_the_second_visit_and_bad_food_does_not() {
    let world = World::new();
    let (licence, food) = (world.shop("理发", "leisure"), world.shop("快餐", "restaurant"));
    world.finds(licence, problem("LIC-01"), false);
    assert_eq!(world.standing("F10"), [""; 0]);
    world.finds(food, problem("FOOD-01"), false);
    assert_eq!(world.standing("F10"), ["raised"]);
    world.later(Span::days(7));
    world.finds(licence, problem("LIC-01"), true);
    assert_eq!(world.standing("F10").len(), 2);
    assert_eq!(world.referrals("F10"), dispatched_to(&["SAMR"], "submitted"));
}

#[test]
fn cracked_walls_go_to_the_building_authority_and_to_city_management() {
    let world = World::new();
    let shop = world.shop("书店", "shop");
    world.finds(shop, problem("STR-01"), false);
    assert_eq!(world.standing("F11"), ["raised"]);
    assert_eq!(world.referrals("F11"), dispatched_to(&["HCB", "URBAN"], "submitted"));
}
