//! Somebody loses their access in the middle of a sync, at every point of it: whatever they wrote is part of the record
//! or held with the code that says why, and nothing that came later than the loss is read.

#![expect(clippy::unwrap_used, reason = "a panic is how a test's helper fails")]

#[path = "revocation/line.rs"]
mod line;
#[path = "revocation/loss.rs"]
mod loss;
#[path = "revocation/relay.rs"]
mod relay;

use doorstep::db::log;
use doorstep_tests::rawphone::boundaries;
use doorstep_tests::street::Street;
use line::{Line, wait_until};
use loss::{Files, Loss, Newcomer};
use serde_json::json;
use sync_core::log::{EntryBody, HoldCode, Verdict};
use sync_core::wire::{Down, Item};

/// Batches of an upload, a form each.
const BATCHES: u64 = 3;
/// Whole frames of an upload: hello, batches, end.
const FRAMES: usize = 2 + BATCHES as usize;

#[test]
fn nothing_is_lost_and_nothing_read_wherever_the_upload_is() {
    for files in [Files::Shops, Files::Elders] {
        sweep(files);
    }
}

fn sweep(files: Files) {
    let mut street = Street::default();
    for loss in Loss::ALL {
        for arrived in 0..=FRAMES {
            let mut newcomer = Newcomer::new(&mut street, &format!("{}-{arrived}", loss.name()), loss, files);
            let what = format!("{} after {arrived} frames", loss.name());
            let hello = newcomer.hello();
            let stretches: Vec<Vec<Item>> = (1..=BATCHES).map(|_| vec![newcomer.form()]).collect();
            let request = newcomer.phone.request(&hello, &stretches);
            let ends = boundaries(&request);
            // The preamble is no frame.
            let cut = if arrived == 0 { 0 } else { ends[arrived] };
            let mut line = Line::open(&street.server);
            line.send(&request[..cut]);
            newcomer.has_arrived(&street.server, arrived);
            loss.befalls(&mut street, &newcomer);
            line.send(&request[cut..]);
            let frames = line.end().rest(hello.request);

            let before = u64::try_from(arrived).unwrap().saturating_sub(1).min(BATCHES);
            let expected: Vec<(u64, Verdict)> = (1..=BATCHES)
                .map(|number| (number, if number <= before { Verdict::Merged } else { Verdict::Held(loss.code()) }))
                .collect();
            assert_eq!(loss::verdicts(&frames), expected, "{what}");
            loss::reads_nothing(loss, &frames, street.hgs, &what);
            newcomer.is_shut_out(&street, loss, &what);

            // Sent once more, it is the same: nothing twice, nothing lost.
            let again = newcomer.sends(&street.server, &stretches);
            assert_eq!(loss::verdicts(&again), expected, "{what}, sent again");
            loss::reads_nothing(loss, &again, street.hgs, &what);
            held_work_can_be_accepted(&mut street, &newcomer, &expected, &what);
        }
    }
    street.server.verifies();
}

/// What is held is shown to the supervisor in words; once accepted, it is there as if nothing had happened.
fn held_work_can_be_accepted(street: &mut Street, newcomer: &Newcomer, said: &[(u64, Verdict)], what: &str) {
    let path = format!("/v1/caseloads/{}/held", street.hgs);
    let held = street.sees("supervisor", &path);
    let of_newcomer =
        held.as_array().unwrap().iter().filter(|form| form["device"] == newcomer.phone.device.to_string());
    let of_newcomer: Vec<_> = of_newcomer.cloned().collect();
    let expected = said.iter().filter(|(_, verdict)| *verdict != Verdict::Merged).count();
    assert_eq!(of_newcomer.len(), expected, "{what}");
    for form in &of_newcomer {
        assert_eq!(form["readable"], true, "{what}");
        assert!(newcomer.says().iter().all(|words| form.to_string().contains(words)), "{what}: {form}");
        if form["code"] == "not_permitted" {
            continue;
        }
        let decide = format!("{path}/{}/decide", form["submission"].as_str().unwrap());
        street.does("supervisor", &decide, &json!({"accept": true, "reason": "已当面核对"}));
    }
    let undecided = of_newcomer.iter().filter(|form| form["code"] == "not_permitted").count();
    let found = newcomer.subjects().filter(|subject| street.has(*subject)).count();
    assert_eq!(found, said.len() - undecided, "{what}");
}

#[test]
fn nothing_later_is_read_wherever_the_answer_is() {
    let mut street = Street::default();
    for loss in Loss::ALL {
        let mut at = 0;
        loop {
            let mut newcomer = Newcomer::new(&mut street, &format!("{}-down-{at}", loss.name()), loss, Files::Shops);
            let what = format!("{} after {at} frames of the answer", loss.name());
            let hello = newcomer.hello();
            let stretches = vec![vec![newcomer.form()]];
            let request = newcomer.phone.request(&hello, &stretches);
            let mut line = Line::open(&street.server);
            line.send(&request);
            let mut answer = line.end();
            let going_on = (0..at).all(|_| answer.next_frame());
            let head = loss::head(&street.server, street.hgs);
            loss.befalls(&mut street, &newcomer);
            let later = loss::colleague_writes(&mut street, &newcomer);
            let frames = answer.rest(hello.request);

            assert_eq!(loss::verdicts(&frames), [(1, Verdict::Merged)], "{what}");
            let log = loss::entries(&frames, street.hgs);
            assert!(!log.is_empty(), "{what}: it was not lost yet");
            assert!(log.iter().all(|entry| entry.seq <= head && !loss::tells(entry, later)), "{what}");

            let mut after = stretches.clone();
            after.push(vec![newcomer.form()]);
            let next = newcomer.sends(&street.server, &after);
            assert_eq!(loss::verdicts(&next), [(1, Verdict::Merged), (2, Verdict::Held(loss.code()))], "{what}");
            loss::reads_nothing(loss, &next, street.hgs, &what);
            newcomer.is_shut_out(&street, loss, &what);
            at += 1;
            if !going_on {
                break;
            }
        }
        assert!(at > 4, "an answer of {at} frames");
    }
    street.server.verifies();
}

/// Without a loss the same sync merges everything and reads everything: the tests above look for something that is there.
#[test]
fn without_a_loss_everything_is_merged_and_read() {
    let mut street = Street::default();
    let mut newcomer = Newcomer::new(&mut street, "undisturbed", Loss::Left, Files::Shops);
    let stretches: Vec<Vec<Item>> = (1..=BATCHES).map(|_| vec![newcomer.form()]).collect();
    let frames = newcomer.sends(&street.server, &stretches);
    assert_eq!(loss::verdicts(&frames), [(1, Verdict::Merged), (2, Verdict::Merged), (3, Verdict::Merged)]);
    let log = loss::entries(&frames, street.hgs);
    assert!(newcomer.subjects().all(|shop| log.iter().any(|entry| loss::tells(entry, shop))));
    let told = |frame: &Down| matches!(frame, Down::Caseload(info) if info.enter && info.name == "HGS 小档口");
    assert!(frames.iter().any(told));
}

/// People leave while their phones are busy: in the log, nothing of theirs is merged behind their leaving, and no phone
/// holds an entry from behind it.
#[test]
fn a_race_between_leaving_and_syncing_has_a_winner() {
    const PHONES: usize = 8;
    const FORMS: usize = 12;
    let mut street = Street::default();
    let mut newcomers: Vec<Newcomer> =
        (0..PHONES).map(|ix| Newcomer::new(&mut street, &format!("racer-{ix}"), Loss::Left, Files::Shops)).collect();
    let server = &street.server;
    let read: Vec<u64> = std::thread::scope(|scope| {
        let phones: Vec<_> = newcomers
            .iter_mut()
            .map(|newcomer| {
                scope.spawn(move || {
                    let mut newest = 0;
                    for _ in 0..FORMS {
                        let form = newcomer.form();
                        let frames = newcomer.sends(server, &[vec![form]]);
                        let hgs = newcomer.phone.caseload;
                        newest = newest.max(loss::entries(&frames, hgs).last().map_or(0, |entry| entry.seq));
                    }
                    newest
                })
            })
            .collect();
        let people: Vec<_> = (0..PHONES).map(|ix| server.wait(server.admin().person(&format!("racer-{ix}")))).collect();
        for (person, ix) in people.into_iter().zip(1_u64..) {
            // Each after a few more forms of everybody.
            let before = loss::head(server, street.hgs);
            wait_until("the phones go on", || {
                let done = phones.iter().all(std::thread::ScopedJoinHandle::is_finished);
                done || loss::head(server, street.hgs) > before + ix
            });
            assert!(server.wait(server.admin().unassign(street.hgs, person.unwrap().id)).unwrap());
        }
        phones.into_iter().map(|phone| phone.join().unwrap()).collect()
    });
    let entries = server.wait(async {
        let (mut tx, mut keys) = (server.db.read().await.unwrap(), server.app.flow().keys());
        log::after(&mut tx, &mut keys, street.hgs, 0, 100_000).await.unwrap()
    });
    let mut cut_short = 0;
    for (newcomer, newest) in newcomers.iter().zip(read) {
        let leaves = |body: &EntryBody| matches!(body, EntryBody::Membership { person, enter: false, .. } if *person == newcomer.person);
        let left = entries.iter().find(|entry| leaves(&entry.body)).expect("they left").seq;
        let own = |entry: &&sync_core::log::Entry| matches!(&entry.body, EntryBody::Submission(logged) if logged.author.device == newcomer.phone.device);
        let forms: Vec<_> = entries.iter().filter(own).collect();
        assert_eq!(forms.len(), FORMS, "a form is lost");
        for entry in forms {
            let EntryBody::Submission(logged) = &entry.body else { continue };
            let expected = if entry.seq < left { Verdict::Merged } else { Verdict::Held(HoldCode::NoAccess) };
            assert_eq!(logged.verdict, expected);
            cut_short += usize::from(entry.seq > left);
        }
        assert!(newest < left, "an entry from behind the leaving was read");
    }
    assert!(cut_short > 0, "nobody left in time");
    server.verifies();
}
