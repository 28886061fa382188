//! Links that cut anywhere, a phone that was restored from a copy, a server that was restored, a replica that differs.

use doorstep_mobile::{Blocked, Stage, SyncOutcome};
use sync_core::event::Answer;
use sync_core::form::AnswerRow;
use sync_core::time::Span;

use super::journey::{inspection, new_shop, shop_with_blocked_exit};
use super::world::World;

#[test]
fn a_link_that_cuts_anywhere_loses_and_doubles_nothing() {
    // Cut after every so many bytes, up and down, until it happens to get through.
    for (up, down) in
        [(Some(300), None), (Some(700), None), (None, Some(100)), (None, Some(900)), (Some(1_500), Some(2_500))]
    {
        let world = World::new();
        let a = world.phone(1);
        let (shop, _) = shop_with_blocked_exit(&a.phone, world.caseload());
        for n in 0..20 {
            let row = AnswerRow { note: format!("第{n}次"), ..AnswerRow::new("EXIT-02", Answer::Problem) };
            a.phone.submit(world.caseload(), inspection(shop, row)).unwrap();
        }
        let (mut up, mut down) = (up, down);
        let mut cuts = 0;
        loop {
            match world.step(&a.phone, up, down) {
                SyncOutcome::Idle => break,
                SyncOutcome::More => {}
                SyncOutcome::Blocked(Blocked::Offline) => {
                    cuts += 1;
                    up = up.map(|bytes| bytes + 450);
                    down = down.map(|bytes| bytes + 450);
                    assert!(matches!(world.step(&a.phone, up, down), SyncOutcome::Blocked(Blocked::Backoff(_))));
                    world.clock.advance(Span::minutes(16));
                }
                SyncOutcome::Blocked(blocked) => panic!("{blocked:?}"),
            }
        }
        assert!(cuts > 0, "the link was cut");
        world.assert_equal(&a.phone);
        let receipts = a.phone.receipts(world.caseload()).unwrap();
        assert_eq!(receipts.len(), 22);
        assert!(receipts.iter().all(|receipt| !matches!(receipt.stage, Stage::Pending | Stage::Stored)));
        assert_eq!(
            a.phone.premises(shop).unwrap().history.iter().filter(|event| event.kind == "inspection").count(),
            21
        );
        assert_eq!(a.phone.repairs(), 0);
    }
}

#[test]
fn whole_frames_of_a_cut_upload_are_in_the_log() {
    let world = World::new();
    let a = world.phone(1);
    let (shop, _) = shop_with_blocked_exit(&a.phone, world.caseload());
    for n in 0..30 {
        let row = AnswerRow {
            note: format!("第{n}次,门口仍堆放纸箱").repeat(8),
            ..AnswerRow::new("EXIT-02", Answer::Problem)
        };
        a.phone.submit(world.caseload(), inspection(shop, row)).unwrap();
    }
    assert_eq!(world.step(&a.phone, Some(4_000), None), SyncOutcome::Blocked(Blocked::Offline));
    let before = world.server().caseload.logged().len();
    assert!(before > 2, "{before}");
    world.clock.advance(Span::hours(1));
    world.sync(&a.phone);
    world.assert_equal(&a.phone);
}

#[test]
fn a_restored_phone_sends_what_it_wrote_under_new_numbers() {
    let world = World::new();
    let a = world.phone(1);
    let (shop, _) = shop_with_blocked_exit(&a.phone, world.caseload());
    world.sync(&a.phone);
    let copy = a.store.backup();
    let known = a.phone.submit(world.caseload(), inspection(shop, AnswerRow::new("EXT-01", Answer::Problem))).unwrap();
    world.sync(&a.phone);
    drop(a);

    // The copy does not know number 3, and gives it to another form.
    let restored = world.open(Box::new(copy), 77);
    let other = restored.submit(world.caseload(), new_shop("另一家", "C-3", "")).unwrap();
    let third = restored.submit(world.caseload(), new_shop("第三家", "C-4", "")).unwrap();
    assert_eq!((known.number, other.number, third.number), (3, 3, 4));
    world.sync(&restored);
    world.assert_equal(&restored);
    assert_eq!(restored.receipt(other.submission).unwrap().stage, Stage::Merged);
    let numbers: Vec<_> = restored.receipts(world.caseload()).unwrap().iter().map(|receipt| receipt.number).collect();
    assert_eq!(numbers.len(), 4);
    assert!(!numbers.contains(&3), "{numbers:?}");
    assert_eq!(restored.search("家", 9).len(), 2);
    assert_eq!(restored.premises(shop).unwrap().hazards.len(), 2, "what the copy had lost came back");
}

#[test]
fn a_restored_server_gets_everything_again() {
    let world = World::new();
    let (a, b) = (world.phone(1), world.phone(2));
    let (shop, seen) = shop_with_blocked_exit(&a.phone, world.caseload());
    world.sync(&a.phone);
    world.sync(&b.phone);
    let before = a.phone.state_digest(world.caseload()).unwrap();

    world.server().lose_everything();
    let later = b.phone.submit(world.caseload(), inspection(shop, AnswerRow::new("EXT-01", Answer::Problem))).unwrap();
    world.sync(&a.phone);
    world.assert_equal(&a.phone);
    assert_eq!(a.phone.state_digest(world.caseload()).unwrap(), before, "the same day was lived again");
    assert_eq!(a.phone.receipt(seen.submission).unwrap().stage, Stage::Flagged { rules: vec!["F01".to_owned()] });
    world.sync(&b.phone);
    world.assert_equal(&b.phone);
    assert_eq!(b.phone.receipt(later.submission).unwrap().stage, Stage::Merged);
    assert_eq!(b.phone.repairs(), 0);
}

#[test]
fn a_replica_that_differs_is_made_anew() {
    let world = World::new();
    let a = world.phone(1);
    let (shop, _) = shop_with_blocked_exit(&a.phone, world.caseload());
    world.server().lies = true;
    world.sync(&a.phone);
    assert_eq!(a.phone.repairs(), 1);
    world.assert_equal(&a.phone);
    assert_eq!(a.phone.premises(shop).unwrap().pending, []);
}

#[test]
fn replaying_an_answer_changes_nothing() {
    let world = World::new();
    let a = world.phone(1);
    shop_with_blocked_exit(&a.phone, world.caseload());
    let request = a.phone.next_request().unwrap().unwrap();
    let response = doorstep_mobile::Transport::send(&world.link(None, None), &request);
    let Ok(response) = response else { panic!() };
    a.phone.on_response(200, &response.body).unwrap();
    let before = a.phone.state_digest(world.caseload()).unwrap();
    let again = a.phone.on_response(200, &response.body).unwrap();
    assert_eq!(again, SyncOutcome::Blocked(Blocked::Offline));
    assert_eq!(a.phone.state_digest(world.caseload()).unwrap(), before);
    // Also when something else came back: a captive portal, say.
    a.phone.retry_now().unwrap();
    a.phone.next_request().unwrap().unwrap();
    let portal = a.phone.on_response(200, b"<html>please sign in</html>").unwrap();
    assert_eq!(portal, SyncOutcome::Blocked(Blocked::Offline));
    world.clock.advance(Span::hours(1));
    world.sync(&a.phone);
    world.assert_equal(&a.phone);
}
