//! A colleague brings the work of somebody who loses their access while the colleague's phone is at it, at every frame.
//! What a colleague in good standing took before a phone was lost merges; everything else is held and told.

use doorstep::db::submission::{self, Stands};
use doorstep_tests::rawphone::{RawPhone, boundaries};
use sync_core::log::HoldCode;
use sync_core::time::{Span, Timestamp};
use sync_core::wire::Down;

use super::*;

/// Whole frames of the carrier's upload: hello, parcel, end.
const CARRIED: usize = 3;

/// When the carrier took the parcel, and when the author's phone was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Taken {
    BeforeTheLoss,
    AfterTheLoss,
}

#[test]
fn what_a_colleague_carries_merges_only_if_it_was_taken_before_the_loss() {
    let mut street = Street::default();
    for files in [Files::Shops, Files::Elders] {
        for taken in [Taken::BeforeTheLoss, Taken::AfterTheLoss] {
            for arrived in 0..=CARRIED {
                carried(&mut street, files, taken, arrived);
            }
        }
    }
    street.server.verifies();
}

fn carried(street: &mut Street, files: Files, taken: Taken, arrived: usize) {
    let login = format!("relay-{files:?}-{taken:?}-{arrived}").to_lowercase();
    let what = format!("{login} after {arrived} frames");
    let mut author = Newcomer::new(street, &login, Loss::Revoked, files);
    let now = street.server.app.clock().now();
    let (at, lost_since): (Timestamp, Timestamp) = match taken {
        Taken::BeforeTheLoss => (now - Span::minutes(20), now - Span::minutes(10)),
        Taken::AfterTheLoss => (now - Span::minutes(10), now - Span::minutes(20)),
    };
    let item = author.form();
    let subject = author.subjects().next().unwrap();
    let server = street.server.address();
    assert!(server.port() > 0);
    let carrier = street.phone("worker");
    let parcel = author.phone.parcel(vec![item], carrier, at);
    let hello = carrier.hello();
    let request = carrier.carries(&hello, vec![parcel]);
    let ends = boundaries(&request);
    let cut = if arrived == 0 { 0 } else { ends[arrived] };
    let mut line = Line::open(&street.server);
    line.send(&request[..cut]);
    let there = |street: &Street| {
        let (device, hgs) = (author.phone.device, street.hgs);
        street.server.wait(async {
            let mut tx = street.server.db.read().await.unwrap();
            submission::by_number(&mut tx, hgs, device, 1).await.unwrap()
        })
    };
    if arrived >= 2 {
        wait_until("the parcel arrives", || there(street).is_some());
    }
    assert!(street.server.wait(street.server.admin().revoke(author.phone.device, "mei", Some(lost_since))).unwrap());
    line.send(&request[cut..]);
    let frames = line.end().rest(hello.request);
    let stored = frames.iter().any(|frame| matches!(frame, Down::Delivered(delivered) if delivered.stored.len() == 1));
    assert!(stored, "{what}: the carrier is told");
    let acks = frames.iter().filter(|frame| matches!(frame, Down::Acks(_))).count();
    assert_eq!(acks, 0, "{what}: what became of it is not the carrier's business");

    let merges = taken == Taken::BeforeTheLoss || arrived >= 2;
    let expected = if merges { Stands::Merged } else { Stands::Held(HoldCode::DeviceRevoked) };
    assert_eq!(there(street).unwrap().stands, expected, "{what}");
    assert_eq!(street.has(subject), merges, "{what}");
    let held = street.sees("supervisor", &format!("/v1/caseloads/{}/held", street.hgs));
    let device = author.phone.device.to_string();
    let mine = held.as_array().unwrap().iter().find(|form| form["device"] == device);
    assert_eq!(mine.is_none(), merges, "{what}");
    if let Some(form) = mine {
        assert_eq!(form["carrier"]["person_name"], "worker", "{what}: {form}");
        assert_eq!(form["carrier"]["before_loss"], false, "{what}: {form}");
        assert_eq!(form["written_before_loss"], false, "{what}: {form}");
        let decide = format!("/v1/caseloads/{}/held/{}/decide", street.hgs, form["submission"].as_str().unwrap());
        street.does("supervisor", &decide, &json!({"accept": true, "reason": "已当面核对"}));
        assert!(street.has(subject), "{what}");
    }
}

/// How a parcel comes whose author's phone was lost ten minutes ago.
struct Brought {
    what: &'static str,
    /// Whose word it is.
    signed_by: &'static str,
    /// How long ago it was taken, by the clock of whoever brings it.
    taken: Span,
    /// How far that clock is ahead.
    ahead: Span,
    /// What is written on it instead.
    instead: Option<Span>,
    merges: bool,
}

#[test]
fn a_carriers_word_counts_as_signed_by_who_brings_it_and_by_the_servers_clock() {
    let mut street = Street::default();
    let plain = Brought {
        what: "as it was given",
        signed_by: "worker",
        taken: Span::minutes(20),
        ahead: Span::ZERO,
        instead: None,
        merges: true,
    };
    let cases = [
        Brought {
            what: "with another time on it",
            taken: Span::minutes(5),
            instead: Some(plain.taken),
            merges: false,
            ..plain
        },
        Brought { what: "on the word of a phone that is not here", signed_by: "supervisor", merges: false, ..plain },
        Brought {
            what: "by a clock that is slow",
            ahead: Span::minutes(-15),
            taken: Span::minutes(5),
            merges: false,
            ..plain
        },
        Brought { what: "by a clock that is fast", ahead: Span::minutes(15), ..plain },
        plain,
    ];
    for (n, case) in cases.into_iter().enumerate() {
        let mut author = Newcomer::new(&mut street, &format!("word-{n}"), Loss::Revoked, Files::Shops);
        let (item, now) = (author.form(), street.server.app.clock().now());
        let lost_since = Some(now - Span::minutes(10));
        assert!(street.server.wait(street.server.admin().revoke(author.phone.device, "mei", lost_since)).unwrap());
        let clock = now + case.ahead;
        let mut parcel = author.phone.parcel(vec![item], street.phone(case.signed_by), clock - case.taken);
        parcel.at = case.instead.map_or(parcel.at, |instead| clock - instead);
        let carrier = street.phone("worker");
        carrier.now = clock;
        let hello = carrier.hello();
        let request = carrier.carries(&hello, vec![parcel]);
        carrier.now = now;
        assert_eq!(RawPhone::send(&street.server, &hello, &request).http.status, 200, "{}", case.what);
        let merged = street.has(author.subjects().next().unwrap());
        assert_eq!(merged, case.merges, "{}", case.what);
    }
    street.server.verifies();
}
