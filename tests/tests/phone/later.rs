//! A server that cannot take in for now: the phone keeps everything, says why, waits, and sends it again by itself.

use doorstep_mobile::{Blocked, Phone, Request, SyncOutcome};
use sync_core::time::Span;
use sync_core::wire::{Down, DownEnd, DownHello, DownWriter, NEWEST_DICTIONARY, Problem, Trouble, UpReader};

use super::journey::shop_with_blocked_exit;
use super::world::World;

/// What the server asks for.
const WAIT: Span = Span::seconds(10);

/// An answer that took nothing in, because of this.
fn refusal(world: &World, request: &Request, code: &str) -> Vec<u8> {
    let mut reader = UpReader::new();
    reader.push(&request.body).unwrap();
    let hello = reader.hello().unwrap().unwrap();
    let now = doorstep_mobile::Clock::now(&*world.clock);
    let answer = DownHello {
        now,
        epoch: 1,
        access: None,
        access_expires: None,
        refresh: None,
        blocked: None,
        dictionary: NEWEST_DICTIONARY,
    };
    let mut writer = DownWriter::new(hello.request, &answer).unwrap();
    assert!(writer.send(&Down::Problem(Problem { code: code.to_owned(), caseload: None, number: None })).unwrap());
    let retry_after_ms = u32::try_from(WAIT.as_millis()).ok();
    writer.finish(&DownEnd { more: true, retry_after_ms }).unwrap()
}

/// Why what waits on the phone is not sent yet; it is the same for all.
fn why(phone: &Phone) -> (String, String) {
    let mut pending = phone.pending().unwrap().into_iter().map(|pending| (pending.why.zh, pending.why.en));
    let first = pending.next().unwrap();
    assert!(pending.all(|other| other == first));
    first
}

fn words(trouble: Trouble) -> (String, String) {
    let (zh, en) = trouble.words();
    (zh.to_owned(), en.to_owned())
}

#[test]
fn what_the_server_could_not_take_in_waits_and_says_why() {
    for (trouble, status) in [(Trouble::Busy, 503), (Trouble::Storage, 507), (Trouble::Internal, 500)] {
        let world = World::new();
        let held = world.phone(1);
        world.sync(&held.phone);
        shop_with_blocked_exit(&held.phone, world.caseload());
        let (unsent, offline) = (held.phone.pending().unwrap().len(), why(&held.phone));
        assert_ne!(offline, words(trouble));
        // In the middle of what it sent, or at the door.
        let mut waited = Span::ZERO;
        for (n, status) in [(0, 200), (1, status)] {
            let request = held.phone.next_request().unwrap().unwrap();
            let body = if status == 200 { refusal(&world, &request, trouble.code()) } else { b"{}".to_vec() };
            let SyncOutcome::Blocked(Blocked::Backoff(until)) = held.phone.on_response(status, &body).unwrap() else {
                panic!("{status}: it does not wait");
            };
            waited = until - doorstep_mobile::Clock::now(&*world.clock);
            assert!(n > 0 || waited >= WAIT, "{waited:?}");
            assert_eq!((held.phone.pending().unwrap().len(), why(&held.phone)), (unsent, words(trouble)));
            assert!(held.phone.next_request().unwrap().is_none(), "it waits");
            world.clock.advance(waited);
        }
        assert!(waited > Span::seconds(4), "longer each time: {waited:?}");
        let held = world.kill(held);
        assert_eq!(why(&held.phone), words(trouble), "it is kept");
        let request = held.phone.next_request().unwrap().unwrap();
        assert_eq!(request.path, "/v1/sync");
        held.phone.on_failure(&[]).unwrap();
        assert_eq!(why(&held.phone), offline, "no network is something else");
        world.clock.advance(Span::minutes(16));
        world.sync(&held.phone);
        assert_eq!(held.phone.pending().unwrap(), []);
        world.assert_equal(&held.phone);
    }
}

#[test]
fn what_a_newer_server_says_is_waited_for_and_nothing_more() {
    let world = World::new();
    let held = world.phone(1);
    world.sync(&held.phone);
    shop_with_blocked_exit(&held.phone, world.caseload());
    let before = (held.phone.pending().unwrap().len(), why(&held.phone));
    let request = held.phone.next_request().unwrap().unwrap();
    let answer = refusal(&world, &request, "of_a_newer_server");
    assert_eq!(held.phone.on_response(200, &answer).unwrap(), SyncOutcome::More);
    assert_eq!((held.phone.pending().unwrap().len(), why(&held.phone)), before);
    assert!(held.phone.next_request().unwrap().is_none(), "it was asked to wait");
    world.clock.advance(WAIT);
    world.sync(&held.phone);
    world.assert_equal(&held.phone);
}
