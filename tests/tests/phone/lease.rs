//! A phone that has not spoken to the server for too long shows no files, and loses nothing.

use doorstep_mobile::{News, Phone, PhoneError, Stage};
use sync_core::event::Answer;
use sync_core::form::AnswerRow;
use sync_core::id::EntityId;
use sync_core::time::Span;

use super::journey::{blocked_exit, inspection, new_shop, shop_with_blocked_exit};
use super::world::{Held, World};

/// Whether every way to a file is open; all or none.
#[track_caller]
fn is_readable(phone: &Phone, world: &World, shop: EntityId) -> bool {
    let lease = phone.lease().unwrap();
    let ways = [
        phone.premises(shop).map(drop),
        phone.value(shop, "name").map(drop),
        phone.flags_at_door(shop).map(drop),
        phone.today().map(drop),
    ];
    let readable = !lease.locked;
    assert!(ways.iter().all(|way| *way == if readable { Ok(()) } else { Err(PhoneError::Locked) }), "{ways:?}");
    assert_eq!(!phone.search("王记", 9).is_empty(), readable);
    assert_eq!(!phone.list(world.caseload()).is_empty(), readable);
    assert_eq!(lease.left > Span::ZERO, readable);
    if !readable {
        assert_eq!(phone.changes_since_last_sync(), News::default());
    }
    readable
}

fn synced(world: &World) -> (Held, EntityId) {
    let a = world.phone(1);
    let (shop, seen) = shop_with_blocked_exit(&a.phone, world.caseload());
    world.sync(&a.phone);
    assert_eq!(a.phone.receipt(seen.submission).unwrap().stage, Stage::Flagged { rules: vec!["F01".to_owned()] });
    (a, shop)
}

#[test]
fn after_72_hours_files_lock_and_work_goes_on_until_a_sync_unlocks_them() {
    let world = World::new();
    let (a, shop) = synced(&world);
    world.clock.advance(Span::minutes(72 * 60 - 1));
    assert!(is_readable(&a.phone, &world, shop));
    world.clock.advance(Span::minutes(1));
    assert!(!is_readable(&a.phone, &world, shop));
    let draft = a.phone.start(world.caseload(), inspection(shop, blocked_exit())).unwrap();
    a.phone.save(draft, inspection(shop, blocked_exit())).unwrap();
    assert_eq!(a.phone.check(draft).unwrap(), []);
    a.phone.finish(draft).unwrap();
    a.phone.submit(world.caseload(), new_shop("李记", "B-1", "")).unwrap();
    assert_eq!(a.phone.pending().unwrap().len(), 2);
    let a = world.kill(a);
    assert!(!is_readable(&a.phone, &world, shop), "starting the app anew is no sync");
    assert!(matches!(a.phone.receipts(world.caseload()).unwrap()[1].stage, Stage::Merged), "nothing of the answer");

    world.sync(&a.phone);
    assert!(is_readable(&a.phone, &world, shop));
    world.assert_equal(&a.phone);
    assert_eq!(a.phone.pending().unwrap(), []);
    assert_eq!(a.phone.lease().unwrap().left, Span::hours(72));
}

#[test]
fn setting_the_clock_and_starting_anew_never_prolong_it() {
    let tricks: [&[fn(&World)]; 4] = [
        // The hands are turned back, or held.
        &[|world| world.clock.turn(Span::hours(-200)), |world| world.clock.pass(Span::hours(72))],
        &[|world| world.clock.pass(Span::hours(40)), |world| world.clock.pass(Span::hours(32))],
        // Turned back while it is off.
        &[
            |world| {
                world.clock.advance(Span::hours(2));
            },
            |world| {
                world.clock.turn(Span::hours(-1));
                world.clock.reboot();
            },
        ],
        // Off for long.
        &[|world| world.clock.reboot(), |world| world.clock.turn(Span::hours(72))],
    ];
    for (n, trick) in tricks.iter().enumerate() {
        for kills in [false, true] {
            let world = World::new();
            let (mut a, shop) = synced(&world);
            for act in *trick {
                act(&world);
                let _looked = a.phone.lease().unwrap();
                if kills {
                    a = world.kill(a);
                }
            }
            assert!(!is_readable(&a.phone, &world, shop), "trick {n}, kills {kills}");
        }
    }
}

#[test]
fn a_failed_exchange_unlocks_nothing() {
    let world = World::new();
    let (a, shop) = synced(&world);
    world.clock.advance(Span::days(5));
    for n in 0..3 {
        let row = AnswerRow { note: format!("第{n}次"), ..AnswerRow::new("EXIT-02", Answer::Problem) };
        a.phone.submit(world.caseload(), inspection(shop, row)).unwrap();
    }
    world.step(&a.phone, Some(200), None);
    world.clock.advance(Span::hours(1));
    world.step(&a.phone, None, Some(200));
    assert!(!is_readable(&a.phone, &world, shop));
    world.clock.advance(Span::hours(1));
    world.sync(&a.phone);
    assert!(is_readable(&a.phone, &world, shop));
    world.assert_equal(&a.phone);
}
