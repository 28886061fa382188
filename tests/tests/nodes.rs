//! Several nodes over one PostgreSQL: no sticky sessions, no gap in any log, and what one node has committed the other
//! knows.

#[path = "nodes/jobs.rs"]
mod jobs;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use doorstep::db::{caseload, log};
use doorstep_tests::inprocess::{MORNING, Server};
use doorstep_tests::rawphone::{RawPhone, new_shop, shop};
use sync_core::author::Role;
use sync_core::id::{CaseloadId, PersonId};
use sync_core::log::Verdict;
use sync_core::wire::Blocked;

const WRITERS: u64 = 8;
const READERS: u64 = 4;

/// Chance that is the same in every run.
fn throw(n: u64, below: u64) -> u64 {
    n.wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(31) % below
}

/// Appends an entry; the transaction is held open for a moment, and one in ten is given up.
async fn append(node: &Server, id: CaseloadId, n: u64) -> bool {
    let mut tx = node.db.write().await.unwrap();
    let person = PersonId::from_bytes(u128::from(n).to_be_bytes());
    node.app.flow().note_membership(&mut tx, id, MORNING, (person, true, 1)).await.unwrap();
    tokio::time::sleep(Duration::from_micros(throw(n, 3) * 300)).await;
    let keep = throw(n, 10) != 0;
    if keep {
        tx.commit().await.unwrap();
    }
    keep
}

/// Reads the log as a phone does, from where it was, until it is told that nothing follows; how far it came.
async fn follow(node: &Server, id: CaseloadId, over: &AtomicBool) -> u64 {
    let mut cursor = 0;
    loop {
        let last_look = over.load(Ordering::SeqCst);
        let mut tx = node.db.read().await.unwrap();
        let known = caseload::load(&mut tx, id).await.unwrap().unwrap();
        let entries = log::after(&mut tx, &mut node.app.flow().keys(), id, cursor, 100).await.unwrap();
        for entry in &entries {
            assert_eq!(entry.seq, cursor + 1, "an entry was skipped");
            cursor = entry.seq;
        }
        assert!(cursor <= known.seq, "an entry behind the head");
        if entries.is_empty() && last_look {
            return cursor;
        }
    }
}

/// `tests/run --full` looks longer.
fn appends() -> u64 {
    if std::env::var_os("DOORSTEP_TEST_LONG").is_some() { 100_000 } else { 1_000 }
}

#[test]
fn nodes_that_append_at_once_leave_no_gap_and_readers_skip_nothing() {
    let appends = appends();
    let a = &Server::on_postgres();
    let b = &a.beside();
    let id = a.caseload("HGS");
    let before = a.entries(id);
    let (next, kept, over) = (AtomicU64::new(0), AtomicU64::new(0), AtomicBool::new(false));
    std::thread::scope(|scope| {
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let (next, kept) = (&next, &kept);
                let node = if writer % 2 == 0 { a } else { b };
                scope.spawn(move || {
                    loop {
                        let n = next.fetch_add(1, Ordering::SeqCst);
                        if n >= appends {
                            return;
                        }
                        if node.wait(append(node, id, n)) {
                            kept.fetch_add(1, Ordering::SeqCst);
                        }
                    }
                })
            })
            .collect();
        let readers: Vec<_> = (0..READERS)
            .map(|reader| {
                let (node, over) = (if reader % 2 == 0 { a } else { b }, &over);
                scope.spawn(move || node.wait(follow(node, id, over)))
            })
            .collect();
        let written: Vec<_> = writers.into_iter().map(std::thread::ScopedJoinHandle::join).collect();
        // Also when a writer failed: the readers would look for ever.
        over.store(true, Ordering::SeqCst);
        assert!(written.iter().all(Result::is_ok), "a writer failed");
        let expected = before + kept.load(Ordering::SeqCst);
        for reader in readers {
            assert_eq!(reader.join().unwrap(), expected);
        }
    });
    assert!(kept.load(Ordering::SeqCst) < appends, "some were given up");
    assert_eq!(a.state(id), b.state(id));
    a.verifies();
}

#[test]
fn what_one_node_has_committed_the_other_knows() {
    let a = Server::on_postgres();
    let b = a.beside();
    let id = a.caseload("HGS");
    let lin = a.member("lin", Role::Worker, id, false);
    let chen = a.member("chen", Role::Worker, id, false);
    let mut phone = RawPhone::enrol(&a, lin, id, 1);
    let mut other = RawPhone::enrol(&b, chen, id, 2);
    assert_eq!(phone.say(&a, new_shop(shop(1))), Verdict::Merged);
    assert_eq!(phone.say(&b, new_shop(shop(2))), Verdict::Merged, "the same phone on the next node");
    assert_eq!(a.state(id), b.state(id));
    let seen = other.sync(&b, Vec::new());
    assert_eq!(seen.log().len(), usize::try_from(a.entries(id)).unwrap());

    let device = a.wait(a.admin().devices()).unwrap().into_iter().find(|device| device.person == lin).unwrap();
    assert!(a.wait(b.admin().revoke(device.id, "mei", None)).unwrap());
    let refused = phone.sync(&a, Vec::new());
    assert_eq!(refused.blocked(), Some(Blocked::Revoked));
    assert!(refused.log().is_empty(), "nothing is read after a revocation, on any node");
}
