//! The file: one moment, and nothing else than what was written.

use std::sync::Arc;

use doorstep::backup::{self, BackupError};
use doorstep::db::{self, Db, Location};
use doorstep::flow::{Flow, InForce};
use doorstep::random::SeededRandom;
use doorstep::seal::{MasterKey, Sealer};
use doorstep_tests::inprocess::{MORNING, Server};
use doorstep_tests::scratch::Scratch;
use doorstep_tests::street::Street;
use sync_core::author::Role;
use sync_core::time::Span;

fn flow(key: char) -> Flow {
    let master = MasterKey::from_hex(&key.to_string().repeat(64)).unwrap();
    let sealer = Arc::new(Sealer::new(&master, Arc::new(SeededRandom::new(3))));
    Flow::new(sealer, Arc::new(InForce::sample().unwrap()))
}

#[test]
fn a_backup_that_was_changed_in_any_way_is_refused_with_words() {
    let street = Street::default();
    let server = &street.server;
    let dir = tempfile::tempdir().unwrap();
    let (file, other) = (dir.path().join("a"), dir.path().join("b"));
    server.backs_up(&file);
    server.backs_up(&other);
    let whole = std::fs::read(&file).unwrap();
    let sealer = server.app.flow().sealer();
    let spoilt = dir.path().join("spoilt");
    let told = |bytes: &[u8]| {
        std::fs::write(&spoilt, bytes).unwrap();
        backup::check(&spoilt, sealer, &mut |_| {}).unwrap_err()
    };
    backup::check(&file, sealer, &mut |_| {}).unwrap();
    for at in (0..whole.len()).step_by(whole.len() / 300) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x10;
        let error = told(&bytes);
        assert!(
            !error.to_string().is_empty() && error.zh().is_some_and(|zh| zh.chars().any(|c| c > '\u{2e80}')),
            "byte {at}"
        );
    }
    for end in (0..whole.len()).step_by(whole.len() / 100) {
        told(&whole[..end]);
    }
    assert!(matches!(told(&[&whole[..], b"x"].concat()), BackupError::Trailing));
    assert!(matches!(told(b"a letter"), BackupError::NotABackup));

    // Stretches in another order, left out, doubled, or of another backup of the same server.
    let stretches = |bytes: &[u8]| -> (Vec<u8>, Vec<Vec<u8>>) {
        let length = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
        let mut at = 13 + length(9);
        let (head, mut found) = (bytes[..at].to_vec(), Vec::new());
        while at < bytes.len() {
            let end = at + 5 + length(at + 1);
            found.push(bytes[at..end].to_vec());
            at = end;
        }
        (head, found)
    };
    let (head, parts) = stretches(&whole);
    let (_, foreign) = stretches(&std::fs::read(&other).unwrap());
    let n = parts.len();
    assert!(n > 10);
    let put = |order: &[&Vec<u8>]| -> Vec<u8> {
        std::iter::once(&head).chain(order.iter().copied()).flatten().copied().collect()
    };
    let all: Vec<&Vec<u8>> = parts.iter().collect();
    for at in 0..n - 1 {
        let mut swapped = all.clone();
        swapped.swap(at, at + 1);
        assert!(matches!(told(&put(&swapped)), BackupError::Damaged { .. }));
        let without: Vec<&Vec<u8>> =
            all.iter().enumerate().filter(|(ix, _)| *ix != at).map(|(_, part)| *part).collect();
        assert!(matches!(told(&put(&without)), BackupError::Damaged { .. }));
        let mut mixed = all.clone();
        mixed[at] = &foreign[at];
        assert!(matches!(told(&put(&mixed)), BackupError::Damaged { .. }));
    }
    assert!(matches!(told(&put(&all[..n - 1])), BackupError::Truncated { .. }));
}

#[test]
fn only_its_master_key_its_register_and_an_empty_database_take_a_backup() {
    let server = Server::start();
    let hgs = server.caseload("HGS");
    let lin = server.member("lin", Role::Worker, hgs, false);
    let mei = server.member("mei", Role::Supervisor, hgs, true);
    server.wait(server.admin().disable(mei, true)).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("backup");
    server.backs_up(&file);
    // Behind the backup: one leaves, one gets access back.
    assert!(server.wait(server.admin().unassign(hgs, lin)).unwrap());
    server.wait(server.admin().disable(mei, false)).unwrap();

    let scratch = server.wait(Scratch::new());
    let fresh = server.wait(Db::at(&Location::from(scratch.place()))).unwrap();
    let now = MORNING + Span::hours(5);
    let register = server.app.register().clone();
    let restored = |db: &Db, flow: &Flow, registers: Option<&[doorstep::register::Register]>| {
        let from = std::fs::File::open(&file).unwrap();
        server.wait(backup::restore(db, flow, from, registers, now, &mut |_| {}))
    };
    let right = server.app.flow();
    let known = [register.clone()];
    assert!(matches!(restored(&fresh, &flow('b'), Some(&known)), Err(BackupError::OtherKey)));
    assert!(matches!(restored(&server.db, right, Some(&known)), Err(BackupError::NotEmpty { .. })));
    // A register that lost its end, or all of it.
    let text = std::fs::read_to_string(register.path()).unwrap();
    std::fs::write(register.path(), "").unwrap();
    assert!(matches!(restored(&fresh, right, Some(&known)), Err(BackupError::RegisterCut { .. })));
    std::fs::write(register.path(), text).unwrap();

    let done = restored(&fresh, right, Some(&known)).unwrap();
    assert!(done.report.findings.is_empty(), "{:?}", done.report.findings);
    server.wait(async {
        let mut tx = fresh.read().await.unwrap();
        let last = db::backup::last(&mut tx).await.unwrap().unwrap();
        assert_eq!((last.at, last.covers.len()), (done.header.at(), 1));
    });
    let gone = server.wait(async {
        let mut tx = fresh.read().await.unwrap();
        let row = tx.first(LEFT, vec![]).await.unwrap().unwrap();
        let disabled = tx.first(DISABLED, vec![]).await.unwrap().unwrap();
        (row.get::<u64>(0).unwrap(), disabled.get::<u64>(0).unwrap())
    });
    assert_eq!(gone, (1, 0), "one left, none is disabled");
    assert!(matches!(restored(&fresh, right, Some(&known)), Err(BackupError::NotEmpty { .. })), "only once");
    server.wait(fresh.close());
}

const LEFT: db::Statement =
    db::Statement { name: "LEFT", sql: "SELECT COUNT(*) FROM membership WHERE left_at IS NOT NULL" };
const DISABLED: db::Statement =
    db::Statement { name: "DISABLED", sql: "SELECT COUNT(*) FROM person WHERE disabled_at IS NOT NULL" };
