//! What has to hold in the end.

use std::collections::{BTreeMap, BTreeSet};

use doorstep::app::{App, Surroundings};
use doorstep::db::{Arg, Db, Row, Statement, caseload, log};
use doorstep_mobile::Stage;
use doorstep_tests::receiver::Receiver;
use doorstep_tests::server::Office;
use sync_core::event::Event;
use sync_core::id::{CaseloadId, EventId, SubmissionId};
use sync_core::log::{Entry, EntryBody, HoldCode};
use sync_core::submission::PartKind;

use crate::worker::Worker;

/// Rows of the database, read past the running nodes.
fn rows(office: &Office, sql: &'static str, args: Vec<Arg>) -> Vec<Row> {
    runtime().block_on(async {
        let db = Db::at(&office.config().database()).await.unwrap();
        let rows = db.read().await.unwrap().all(Statement { name: "LOOK", sql }, args).await.unwrap();
        db.close().await;
        rows
    })
}

/// The ids of the submissions in the database.
pub(crate) fn stored(office: &Office) -> BTreeSet<SubmissionId> {
    rows(office, "SELECT id FROM submission", Vec::new()).iter().map(|row| row.get(0).unwrap()).collect()
}

/// Deliveries that have not arrived.
pub(crate) fn undelivered(office: &Office) -> usize {
    rows(office, "SELECT id FROM delivery WHERE state <> 'delivered'", Vec::new()).len()
}

/// Each alarm reached each person once, and the pager acted once on each.
pub(crate) fn alarms_happened_once(office: &Office, pager: &Receiver) {
    let alarms = rows(office, "SELECT caseload, n FROM alarm", Vec::new()).len();
    let told = rows(office, "SELECT alarm, person FROM alarm_log WHERE what = 'told'", Vec::new());
    let told: Vec<(u64, Vec<u8>)> = told.iter().map(|row| (row.get(0).unwrap(), row.get(1).unwrap())).collect();
    assert_eq!(told.len(), told.iter().collect::<BTreeSet<_>>().len(), "somebody was told twice of an alarm");
    assert_eq!(told.iter().map(|(alarm, _)| alarm).collect::<BTreeSet<_>>().len(), alarms, "nobody was told");
    let deliveries = rows(office, "SELECT id FROM delivery", Vec::new()).len();
    assert_eq!((deliveries, pager.effects().len()), (alarms, alarms), "deliveries, and what came of them");
    assert!(alarms > 0, "nothing smelled of gas");
}
fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// On every phone each form is part of the record, or held with a reason in words.
pub(crate) fn everything_is_merged_or_told(workers: &[Worker]) {
    let mut held = 0;
    for Worker { name, handset, finished, .. } in workers {
        assert_eq!(handset.phone.repairs(), 0, "{name}: the replica never differed");
        let receipts = handset.phone.receipts(handset.caseload).unwrap();
        let ids: Vec<SubmissionId> = receipts.iter().map(|receipt| receipt.submission).collect();
        let expected: Vec<SubmissionId> = finished.iter().map(|form| form.submission).collect();
        assert_eq!(ids, expected, "{name}: the outbox holds every form once, in order");
        for receipt in receipts {
            match receipt.stage {
                Stage::Pending | Stage::Stored | Stage::Rejected { .. } => {
                    panic!("{name}: {} ended as {:?}", receipt.number, receipt.stage)
                }
                Stage::Held { code, why } => {
                    assert_eq!((*name, code), ("zhou", HoldCode::NoAccess));
                    assert!(!why.zh.is_empty() && !why.en.is_empty());
                    held += 1;
                }
                _ => {}
            }
        }
        for pending in handset.phone.pending().unwrap() {
            assert!(matches!(pending.receipt.stage, Stage::Held { .. }), "{name}: {pending:?}");
        }
    }
    assert!(held > 0, "what zhou wrote before leaving is held and told");
}

/// Server and phones agree, and the log holds each form and each event once.
pub(crate) fn everybody_holds_the_same(office: &Office, id: CaseloadId, workers: &[Worker]) {
    let (entries, digest) = runtime().block_on(async {
        let app = App::open(office.config(), Surroundings::of_machine()).await.unwrap();
        let db = Db::at(&office.config().database()).await.unwrap();
        let digest = app.flow().state_digest(&db, id).await.unwrap().hex();
        let (mut tx, mut keys) = (db.read().await.unwrap(), app.flow().keys());
        assert!(caseload::load(&mut tx, id).await.unwrap().is_some());
        (log::after(&mut tx, &mut keys, id, 0, u32::MAX).await.unwrap(), digest)
    });
    for worker in workers.iter().filter(|worker| worker.name != "zhou") {
        assert_eq!(worker.handset.phone.state_digest(id).unwrap().1, digest, "{}", worker.name);
    }

    let gapless = entries.iter().zip(1..).all(|(entry, seq)| entry.seq == seq);
    assert!(gapless, "a gap in the log");
    let mut times: BTreeMap<SubmissionId, u32> = BTreeMap::new();
    for entry in &entries {
        if let EntryBody::Submission(logged) = &entry.body {
            *times.entry(logged.id).or_default() += 1;
        }
    }
    let mut events: BTreeSet<EventId> = BTreeSet::new();
    for logged in entries.iter().filter_map(Entry::folds) {
        for part in logged.parts.iter().filter(|part| part.kind == PartKind::Event) {
            let event: Event = minicbor::decode(&part.bytes).unwrap();
            assert!(events.insert(event.id), "event {} is in the log twice", event.id);
        }
    }
    for Worker { name, finished, handset, .. } in workers {
        for form in finished {
            assert_eq!(times.get(&form.submission), Some(&1), "{name}: form {} is in the log once", form.number);
            let held = matches!(handset.phone.receipt(form.submission).unwrap().stage, Stage::Held { .. });
            if let Some(event) = form.event {
                assert_eq!(events.contains(&event), !held, "{name}: the event of form {}", form.number);
            }
        }
    }
    assert!(times.values().all(|times| *times == 1), "a form is in the log twice");
}
