//! A sound database agrees with its log; each kind of tampering is found, by name.

use sync_core::author::Role;
use sync_core::entity::Kind;

use super::{Code, Report, verify};
use crate::audit::Read;
use crate::db::{Statement, args, read_log};
use crate::flow::act::Act;
use crate::flow::bench::{Bench, CHEN, FIELD, FIRE, LIN, actor, at, item, new_shop, shop};

/// Two phones, duplicates linked, a referral on a desk, a deadline passed, something unreadable, a read.
async fn lived_in() -> Bench {
    let mut bench = Bench::new().await;
    let a = bench.submission(LIN, at("10:05"), new_shop(shop(1), at("10:05"), "EXIT-02", 3));
    let b = bench.submission(CHEN, at("10:20"), new_shop(shop(2), at("10:20"), "EXIT-02", 1));
    bench.take_in(at("12:05"), LIN, &[item(&a)]).await;
    bench.take_in(at("12:06"), CHEN, &[item(&b)]).await;
    let raw = sync_core::wire::Item::Submission { number: 2, bytes: sync_core::wire::Raw(vec![1, 2, 3]) };
    bench.take_in(at("12:07"), CHEN, &[raw]).await;
    let link = Act::Link { a: shop(1), b: shop(2), undo: false, reason: "one door".to_owned() };
    bench.act(at("12:10"), actor(0x51, Role::Steward), link).await.unwrap();
    let referral = bench.entities(FIELD, Kind::Referral).await.pop().unwrap().entity;
    bench.act(at("12:25"), actor(0x71, Role::Dispatcher), Act::Dispatch { referral, desk: FIRE }).await.unwrap();
    bench.flow.tick(&bench.db, at("12:25") + sync_core::time::Span::hours(30)).await.unwrap();
    let read = Read {
        at: at("12:30"),
        person: actor(0x71, Role::Dispatcher).person,
        device: None,
        subject: Some(shop(1)),
        what: "premises",
        found: true,
        shown: None,
    };
    let mut tx = bench.db.write().await.unwrap();
    read_log::record(&mut tx, FIELD, &[read, Read { subject: None, what: "premises_list", shown: Some(2), ..read }])
        .await
        .unwrap();
    tx.commit().await.unwrap();
    bench
}

async fn report(bench: &Bench) -> Report {
    verify(&bench.db, &bench.flow).await.unwrap()
}

#[tokio::test]
async fn a_sound_database_agrees_with_its_log() {
    let bench = lived_in().await;
    let report = report(&bench).await;
    assert_eq!(report.findings, []);
    assert_eq!(report.caseloads, 3);
    assert!(report.entries > 8 && report.documents >= 6 && report.flags >= 3 && report.events > 5, "{report:?}");
    assert_eq!(report.reads, 2);
}

#[tokio::test]
async fn every_kind_of_tampering_is_found() {
    let tampering: &[(&str, &[Code])] = &[
        ("DELETE FROM log_part WHERE caseload = $1 AND seq = 2", &[Code::Chain, Code::Sealed]),
        ("UPDATE log SET received_at = received_at + 1 WHERE caseload = $1 AND seq = 2", &[Code::Chain]),
        (
            "UPDATE log SET header = sanity || header FROM caseload WHERE id = $1 AND caseload = $1 AND log.seq = 2",
            &[Code::Chain],
        ),
        ("UPDATE caseload SET sanity = id WHERE id = $1", &[Code::Head]),
        ("UPDATE caseload SET seq = seq + 1 WHERE id = $1", &[Code::Head]),
        ("UPDATE document SET due_at = 1 WHERE caseload = $1 AND kind = 'referral'", &[Code::Projection]),
        ("UPDATE document SET version = version + 1 WHERE caseload = $1 AND kind = 'hazard'", &[Code::Sealed]),
        ("DELETE FROM projection WHERE caseload = $1", &[Code::Projection]),
        ("UPDATE event SET part = part + 1 WHERE caseload = $1", &[Code::Event]),
        ("DELETE FROM flag WHERE caseload = $1", &[Code::Flag]),
        ("UPDATE submission SET verdict = 'merged' WHERE caseload = $1", &[Code::Verdict]),
        ("UPDATE link SET undone = 1 WHERE caseload = $1", &[Code::Link]),
        ("UPDATE read_log SET found = 0 WHERE caseload = $1 AND n = 2", &[Code::Reads]),
        ("UPDATE read_log SET shown = 1 WHERE caseload = $1 AND n = 2", &[Code::Reads]),
        ("DELETE FROM read_log WHERE caseload = $1 AND n = 1", &[Code::Reads]),
    ];
    for (sql, expected) in tampering {
        let bench = lived_in().await;
        let mut tx = bench.db.write().await.unwrap();
        assert!(tx.run(Statement { name: "TAMPER", sql }, args![FIELD]).await.unwrap() > 0, "{sql}");
        tx.commit().await.unwrap();
        let report = report(&bench).await;
        for code in *expected {
            assert!(report.findings.iter().any(|finding| finding.code == *code), "{sql}: {:?}", report.findings);
        }
    }
}
