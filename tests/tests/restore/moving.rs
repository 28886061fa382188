//! An installation moves between engines: whole, also after it was stopped on the way.

use std::panic::{AssertUnwindSafe, catch_unwind};

use doorstep::backup;
use doorstep::db::{Db, DbError, Location};
use doorstep_tests::inprocess::Server;
use doorstep_tests::rawphone::shop;
use doorstep_tests::scratch::Scratch;
use doorstep_tests::street::Street;

fn moves(street: &mut Street, to: &Scratch) {
    for n in 1..=6 {
        street.answered(shop(n));
    }
    street.elder("worker", shop(100), "陈阿婆");
    let server = &street.server;
    let place = Location::from(to.place());
    let target = server.wait(Db::at(&place)).unwrap();
    let flow = server.app.flow();
    let before = server.state(street.hgs);

    // Stopped on the way: the old one stays in use, and nobody writes to half a copy.
    let stopped = catch_unwind(AssertUnwindSafe(|| {
        server.wait(backup::move_to(&server.db, &target, flow, &mut |progress| {
            assert!(progress.done < 200, "stopped");
        }))
    }));
    assert!(stopped.is_err());
    assert!(matches!(server.wait(target.write()), Err(DbError::HalfCopied)));
    server.wait(async { drop(server.db.write().await.unwrap()) });
    // What came between the two attempts is copied too.
    let oth = server.caseload("NEW");

    let moved = server.wait(backup::move_to(&server.db, &target, flow, &mut |_| {})).unwrap();
    assert!(moved.found > 0 && moved.rows > moved.found, "{moved:?}");
    assert!(matches!(server.wait(server.db.write()), Err(DbError::Moved)));
    assert!(matches!(server.wait(server.db.govern()), Err(DbError::Moved)));
    server.wait(async { drop(target.write().await.unwrap()) });
    let after = server.wait(flow.state_digest(&target, street.hgs)).unwrap().hex();
    assert_eq!(before.0, after);
    let there = server.wait(async {
        let mut tx = target.read().await.unwrap();
        doorstep::db::caseload::load(&mut tx, oth).await.unwrap().is_some()
    });
    assert!(there);
    server.wait(target.close());
}

#[test]
fn from_sqlite_to_postgres() {
    let mut street = Street::on(Server::on_sqlite());
    let to = street.server.wait(Scratch::on_postgres());
    moves(&mut street, &to);
}

#[test]
fn from_postgres_to_sqlite() {
    let mut street = Street::on(Server::on_postgres());
    moves(&mut street, &Scratch::on_sqlite());
}
