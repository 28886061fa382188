//! Deliveries to receivers that fail in every way: signed, tried again, under one id for good.

use std::collections::BTreeSet;

use doorstep::db::delivery::{Delivery, DeliveryState};
use doorstep::db::duty::Level;
use doorstep::deliver::{deliver_due, keep_delivering};
use doorstep_tests::inprocess::MORNING;
use doorstep_tests::rawphone::shop;
use doorstep_tests::receiver::{Does, Receiver, nowhere};
use doorstep_tests::street::Street;
use serde_json::json;
use sync_core::limits::DELIVERY_ATTEMPTS;
use sync_core::time::Span;

use crate::night::{Night, pager};

impl Night {
    /// Sends what is due, without the job of a minute.
    fn delivers(&self) -> usize {
        self.street.server.wait(deliver_due(&self.street.server.app)).unwrap()
    }

    fn deliveries(&self, state: DeliveryState) -> Vec<Delivery> {
        let server = &self.street.server;
        server.wait(server.admin().deliveries(self.street.hgs, state)).unwrap()
    }

    /// An alarm that is told, with nothing sent yet.
    fn alarmed(&self, detail: &str) -> u64 {
        let server = &self.street.server;
        let n = self.street.alarm(self.street.hgs, detail);
        server.wait(server.app.flow().tick(&server.db, server.app.clock().now())).unwrap();
        n
    }

    /// Until everything was tried so often, or has arrived.
    fn until(&self, done: impl Fn(&[Delivery]) -> bool) {
        for _ in 0..2 * DELIVERY_ATTEMPTS {
            self.delivers();
            if done(&self.deliveries(DeliveryState::Pending)) {
                return;
            }
            self.street.server.clock.advance(Span::minutes(76));
        }
        panic!("{} deliveries still go round", self.deliveries(DeliveryState::Pending).len());
    }
}

#[test]
fn a_delivery_is_signed_under_the_secret_of_its_address() {
    let night = Night::falls();
    let n = night.alarmed("F05 fails");
    assert_eq!(night.delivers(), 1);
    let request = &night.first.receiver.requests()[0];
    assert!(request.is_signed(&night.first.secret));
    assert!(!request.is_signed(&night.deputy.secret), "another address, another secret");
    let mut changed = request.clone();
    changed.body = changed.body.iter().map(|byte| if *byte == b'1' { b'2' } else { *byte }).collect();
    assert!(!changed.is_signed(&night.first.secret));
    assert_eq!(request.headers["webhook-timestamp"], (MORNING.millis() / 1_000).to_string());
    assert_eq!(request.headers["content-type"], "application/json");
    assert_eq!(request.json()["data"]["alarm"], n);
    let delivered = night.deliveries(DeliveryState::Delivered);
    assert_eq!(delivered.iter().map(|one| one.id.to_string()).collect::<Vec<_>>(), [request.id()]);
}

#[test]
fn what_fails_comes_again_ever_later_under_the_same_id() {
    let night = Night::falls();
    let pager = &night.first.receiver;
    pager.next(&[Does::Answers(500), Does::Answers(503), Does::Drops, Does::Answers(400)]);
    night.alarmed("F05 fails");
    for (attempt, wait, problem) in
        [(1, 5, "status_500"), (2, 10, "status_503"), (3, 20, "broken"), (4, 40, "status_400")]
    {
        assert_eq!(night.delivers(), 1);
        let pending = night.deliveries(DeliveryState::Pending);
        assert_eq!((pending[0].attempts, pending[0].problem.as_deref()), (attempt, Some(problem)));
        assert_eq!(night.delivers(), 0, "not at once");
        let waits = pending[0].next_at.unwrap() - night.street.server.app.clock().now();
        assert!(Span::seconds(wait * 3 / 4) <= waits && waits <= Span::seconds(wait * 5 / 4 + 1), "{waits:?}");
        night.street.server.clock.advance(waits);
    }
    assert_eq!(night.delivers(), 1);
    assert_eq!((pager.requests().len(), pager.effects().len()), (5, 1));
    assert!(pager.requests().iter().all(|request| request.is_signed(&night.first.secret)), "signed anew each time");
    let stamps: BTreeSet<String> =
        pager.requests().iter().map(|request| request.headers["webhook-timestamp"].clone()).collect();
    assert_eq!(stamps.len(), 5);
    assert_eq!(night.deliveries(DeliveryState::Delivered)[0].problem, None);
}

#[test]
fn a_receiver_that_acts_and_does_not_say_so_acts_once() {
    let night = Night::falls();
    let pager = &night.first.receiver;
    pager.next(&[Does::Hangs, Does::Hangs]);
    night.alarmed("F05 fails");
    for _ in 0..2 {
        assert_eq!(night.delivers(), 1);
        assert_eq!(night.deliveries(DeliveryState::Pending)[0].problem.as_deref(), Some("timeout"));
        night.street.server.clock.advance(Span::minutes(1));
    }
    assert_eq!(night.delivers(), 1);
    assert_eq!((pager.requests().len(), pager.effects().len()), (3, 1));
}

#[test]
fn answers_that_are_none_are_told_apart_and_nothing_is_followed() {
    let elsewhere = Receiver::start();
    for (does, problem) in [
        (Does::Points(elsewhere.url()), "status_307"),
        (Does::Drops, "broken"),
        (Does::Babbles, "broken"),
        (Does::Answers(404), "status_404"),
    ] {
        let night = Night::falls();
        night.first.receiver.next(&[does]);
        night.alarmed("F05 fails");
        night.delivers();
        assert_eq!(night.deliveries(DeliveryState::Pending)[0].problem.as_deref(), Some(problem));
    }
    assert!(elsewhere.requests().is_empty(), "nobody is sent where a receiver points");
    let night = Night::falls();
    night.first.receiver.next(&[Does::Answers(410)]);
    night.alarmed("F05 fails");
    night.delivers();
    assert_eq!(night.deliveries(DeliveryState::Dead)[0].problem.as_deref(), Some("status_410"), "asked to stop");
}

#[test]
fn ten_dead_deliveries_are_replayed_and_have_ten_effects() {
    let night = Night::falls();
    let (server, hgs) = (&night.street.server, night.street.hgs);
    night.first.receiver.otherwise(Does::Answers(500));
    for n in 0..10 {
        night.alarmed(&format!("F05 fails ({n})"));
    }
    night.until(<[Delivery]>::is_empty);
    let dead = night.deliveries(DeliveryState::Dead);
    assert_eq!(dead.len(), 10);
    assert!(dead.iter().all(|one| one.attempts == DELIVERY_ATTEMPTS && one.next_at.is_none()));
    assert_eq!(night.delivers(), 0, "dead is dead");
    assert!(!server.wait(server.admin().replay(night.street.oth, dead[0].id)).unwrap(), "not of that caseload");
    for one in &dead {
        assert!(server.wait(server.admin().replay(hgs, one.id)).unwrap());
        assert!(!server.wait(server.admin().replay(hgs, one.id)).unwrap(), "once");
    }
    night.first.receiver.otherwise(Does::Answers(200));
    night.delivers();
    assert_eq!(night.deliveries(DeliveryState::Delivered).len(), 10);
    assert_eq!(night.first.receiver.effects().len(), 10, "under the ids they always had");
    assert_eq!(night.first.receiver.requests().len(), 10 * (DELIVERY_ATTEMPTS as usize + 1));
}

#[test]
fn an_address_where_nothing_listens_keeps_nobody_else_waiting() {
    let street = Street::default();
    let server = &street.server;
    let add = |url: &str| {
        server.wait(server.admin().add_webhook(street.hgs, Some(Level::First), url, false)).unwrap();
    };
    let (slow, well) = (Receiver::start(), Receiver::start());
    slow.otherwise(Does::Hangs);
    for url in [nowhere(), slow.url(), well.url()] {
        add(&url);
    }
    for n in 0..5 {
        let _n = street.alarm(street.hgs, &format!("F05 fails ({n})"));
    }
    server.wait(async {
        server.app.flow().tick(&server.db, server.app.clock().now()).await.unwrap();
        let sending = tokio::spawn(keep_delivering(server.app.clone()));
        let receiver = well.clone();
        tokio::task::spawn_blocking(move || receiver.waits_for(5)).await.unwrap();
        sending.abort();
    });
    // What hangs is given a second each; what is well has everything before that.
    assert!(slow.requests().len() <= 2, "one at a time for each address: {}", slow.requests().len());
    let pending = server.wait(server.admin().deliveries(street.hgs, DeliveryState::Pending)).unwrap();
    assert!(pending.iter().any(|one| one.problem.as_deref() == Some("refused")), "{:?}", pending.len());
}

#[test]
fn a_desk_is_told_of_its_slips_by_number_only() {
    let mut street = Street::default();
    let (fire, urban) = (street.fire, street.urban);
    let (desk, other) = (pager(&street, fire, None), pager(&street, urban, None));
    let (_, slip) = street.dispatched(shop(1));
    let server = &street.server;
    assert_eq!(server.wait(deliver_due(&server.app)).unwrap(), 1);
    assert_eq!(other.receiver.requests().len(), 0);
    let request = &desk.receiver.requests()[0];
    assert!(request.is_signed(&desk.secret));
    let said = request.json();
    let data = &said["data"];
    assert_eq!((&said["type"], &data["slip"], &data["desk"]), (&json!("slip.dispatched"), &json!(slip), &json!(fire)));
    assert_eq!((&data["number"], &data["round"]), (&json!("HGS-2026-000001/1"), &json!(1)));
    assert_eq!(data["due_at"], "2026-11-24T08:30:00+08:00");
    let path = data["path"].as_str().unwrap();
    assert_eq!(street.sees("officer", path)["id"], json!(slip), "the path leads there");
    let text = String::from_utf8_lossy(&request.body).into_owned();
    assert!(!text.contains("王记肠粉") && !text.contains("EXIT"), "{text}");
    assert!(server.wait(server.admin().remove_webhook(desk.id)).unwrap() == 0);
    let again = street.dispatched(shop(2));
    assert_eq!(street.server.wait(deliver_due(&street.server.app)).unwrap(), 0, "{again:?}");
}

#[test]
fn what_was_on_its_way_to_a_removed_address_is_dead() {
    let night = Night::falls();
    night.first.receiver.next(&[Does::Answers(500)]);
    night.alarmed("F05 fails");
    night.delivers();
    let server = &night.street.server;
    assert_eq!(server.wait(server.admin().remove_webhook(night.first.id)).unwrap(), 1);
    let dead = night.deliveries(DeliveryState::Dead);
    assert_eq!(dead[0].problem.as_deref(), Some("removed"));
    assert!(server.wait(server.admin().replay(night.street.hgs, dead[0].id)).unwrap());
    assert_eq!(night.delivers(), 0);
    assert_eq!(night.deliveries(DeliveryState::Dead).len(), 1, "dead again");
}
