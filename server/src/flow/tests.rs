//! The journey on a real database: from an offline phone to a desk and back.

use sync_core::admit::Standing;
use sync_core::author::Role;
use sync_core::edit::State;
use sync_core::entity::Kind;
use sync_core::event::{EventBody, FlagStanding, Outcome, Withdrawal};
use sync_core::id::CaseloadId;
use sync_core::limits;
use sync_core::log::{HoldCode, Verdict};
use sync_core::refer;
use sync_core::submission::Submission;
use sync_core::time::Span;
use sync_core::wire::{Item, Raw, VoidCode};

use super::act::Act;
use super::bench::{Bench, CHEN, FIELD, FIRE, LIN, URBAN, actor, at, event, item, new_shop, shop};
use super::desk::{DeskAct, Way};
use super::intake::From;
use super::{Actor, FlowError};
use crate::db::{alarm, caseload, flag, link, log, search, submission};

const HE: u8 = 0x71;
const ZHAO: u8 = 0x81;
const MEI: u8 = 0x61;

async fn at_desk(bench: &Bench, now: &str, desk: CaseloadId, act: DeskAct) -> super::Result<()> {
    let slip = bench.entities(desk, Kind::Slip).await.pop().unwrap().entity;
    let mut tx = bench.db.write().await.unwrap();
    bench.flow.say_at_desk(&mut tx, desk, actor(ZHAO, Role::Officer), at(now), (slip, act, Way::Console)).await?;
    tx.commit().await.unwrap();
    Ok(())
}

fn reply() -> DeskAct {
    DeskAct::Reply {
        outcome: Outcome::OrderedAtOnce,
        public_text: "已当场清除".to_owned(),
        internal_text: Some("only the desk reads this".to_owned()),
        document_number: Some("消 2026-1".to_owned()),
        checked_at: Some(at("14:30")),
        recheck_at: None,
        corrects: false,
    }
}

#[tokio::test]
async fn a_blocked_exit_travels_to_the_desk_and_back() {
    let mut bench = Bench::new().await;
    let found = bench.submission(LIN, at("10:05"), new_shop(shop(1), at("10:05"), "EXIT-02", 3));
    let intake = bench.take_in(at("12:05"), LIN, &[item(&found)]).await;
    assert_eq!(intake.taken.len(), 1);
    assert_eq!(intake.taken[0].verdict, Verdict::Merged);

    let referral = bench.entities(FIELD, Kind::Referral).await.pop().expect("F01 opens a referral");
    assert_eq!(referral.state, Some(State::new(1, refer::SUBMITTED)));
    let he = actor(HE, Role::Dispatcher);
    let dispatch = |desk| Act::Dispatch { referral: referral.entity, desk };
    bench.act(at("12:25"), he, dispatch(URBAN)).await.unwrap();
    let again = bench.act(at("12:26"), he, dispatch(FIRE)).await;
    assert!(matches!(again, Err(FlowError::Step(_))), "it is on a desk");
    let returned = DeskAct::Return { reason: "not ours".to_owned(), suggested: Some("FIRE".to_owned()) };
    at_desk(&bench, "13:00", URBAN, returned).await.unwrap();
    bench.act(at("13:20"), he, dispatch(FIRE)).await.unwrap();
    at_desk(&bench, "13:30", FIRE, DeskAct::Accept).await.unwrap();
    assert!(at_desk(&bench, "13:31", URBAN, DeskAct::Accept).await.is_err(), "round 1 is over");

    let back = Withdrawal { round: 2, reason: "the owner is clearing".to_owned() };
    let back = vec![event("withdraw", referral.entity, at("14:10"), EventBody::Withdrawal(back))];
    let withdraw = bench.submission(LIN, at("14:10"), back);
    at_desk(&bench, "14:30", FIRE, reply()).await.unwrap();
    let late = bench.take_in(at("15:05"), LIN, &[item(&withdraw)]).await;
    assert_eq!(late.taken[0].verdict, Verdict::Merged, "kept as a note");

    let referral = bench.entities(FIELD, Kind::Referral).await.pop().unwrap();
    assert_eq!(referral.state, Some(State::new(2, refer::REPLIED)));
    assert_eq!(referral.due_at, Some(at("13:20") + Span::hours(24)), "the second desk starts its own clock");
    assert!(referral.json.to_string().contains("已当场清除"));
    assert!(!referral.json.to_string().contains("only the desk"));
    let slip = bench.entities(FIRE, Kind::Slip).await.pop().unwrap();
    assert_eq!(slip.state, Some(State::new(2, refer::REPLIED)));
    assert!(slip.json.to_string().contains("only the desk"));

    let mut tx = bench.db.read().await.unwrap();
    let slips = link::slips_of(&mut tx, FIELD, referral.entity).await.unwrap();
    assert_eq!(slips.iter().map(|slip| (slip.desk, slip.round)).collect::<Vec<_>>(), [(URBAN, 1), (FIRE, 2)]);
    assert!(alarm::open(&mut tx, &mut bench.flow.keys(), FIELD, 9).await.unwrap().is_empty());
    let by_name = search::find(&mut tx, bench.flow.sealer(), FIELD, "肠粉").await.unwrap();
    assert_eq!(by_name, [shop(1)]);
}

#[tokio::test]
async fn the_same_upload_again_changes_nothing() {
    let mut bench = Bench::new().await;
    let found = bench.submission(LIN, at("10:05"), new_shop(shop(1), at("10:05"), "EXIT-02", 3));
    let first = bench.take_in(at("12:05"), LIN, &[item(&found), item(&found)]).await;
    let (_, head) = entries(&bench).await;
    let second = bench.take_in(at("12:09"), LIN, &[item(&found)]).await;
    assert_eq!(first.taken[0], first.taken[1]);
    assert_eq!(second.taken[0], first.taken[0]);
    assert_eq!(entries(&bench).await.1, head);
}

async fn entries(bench: &Bench) -> (Vec<sync_core::log::Entry>, caseload::Caseload) {
    let mut tx = bench.db.read().await.unwrap();
    let head = caseload::load(&mut tx, FIELD).await.unwrap().unwrap();
    (log::after(&mut tx, &mut bench.flow.keys(), FIELD, 0, 1_000).await.unwrap(), head)
}

#[tokio::test]
async fn a_restored_phone_renumbers_and_loses_nothing() {
    let mut bench = Bench::new().await;
    let found = bench.submission(LIN, at("10:05"), new_shop(shop(1), at("10:05"), "EXIT-02", 3));
    bench.take_in(at("12:05"), LIN, &[item(&found)]).await;
    let other = new_shop(shop(2), at("11:00"), "ELE-01", 1);
    let other = Submission { number: 1, ..bench.submission(LIN, at("11:00"), other) };
    let told = bench.take_in(at("12:10"), LIN, &[item(&other)]).await;
    assert!(told.new_install && told.taken.is_empty());
    let renumbered = Submission { number: 2, ..other };
    let known = Submission { number: 3, ..found };
    let told = bench.take_in(at("12:11"), LIN, &[item(&renumbered), item(&known)]).await;
    assert!(!told.new_install);
    assert_eq!(told.taken.iter().map(|taken| taken.verdict).collect::<Vec<_>>(), [Verdict::Merged; 2]);
    assert_eq!(bench.entities(FIELD, Kind::Premises).await.len(), 2);
    let (entries, _) = entries(&bench).await;
    let of_lin = entries.iter().filter_map(log::logged).filter(|logged| logged.author.role == Role::Worker);
    assert_eq!(of_lin.count(), 2, "the same form under a new number is the same form");
}

#[tokio::test]
async fn whatever_arrives_is_kept_and_blocks_nothing() {
    let mut bench = Bench::new().await;
    let raw = |number: u64, bytes: &[u8]| Item::Submission { number, bytes: Raw(bytes.to_vec()) };
    let good = bench.submission(LIN, at("10:05"), new_shop(shop(1), at("10:05"), "ELE-01", 1));
    let elsewhere = Submission { caseload: FIRE, number: 4, ..good.clone() };
    let forged = Submission { number: 77, ..good.clone() };
    let last = bench.submission(LIN, at("10:15"), new_shop(shop(2), at("10:15"), "ELE-01", 1));
    let last = Submission { number: 9, ..last };
    let items = [
        item(&good),
        raw(2, b"not a submission"),
        raw(3, &vec![0; limits::SUBMISSION_BYTES + 1]),
        raw(4, &elsewhere.encode()),
        raw(5, &forged.encode()),
        Item::Void { number: 6, code: VoidCode::Lost },
        Item::Unknown { number: 7, bytes: Raw(vec![0xA0]) },
        raw(8, &[good.encode(), vec![0]].concat()),
        Item::Void { number: 0, code: VoidCode::Lost },
        Item::Void { number: u64::MAX, code: VoidCode::Lost },
        item(&last),
    ];
    let intake = bench.take_in(at("12:05"), LIN, &items).await;
    use HoldCode::{Malformed, TooLarge, TooNew, Unreadable};
    let expected = [
        Verdict::Merged,
        Verdict::Held(Unreadable),
        Verdict::Held(TooLarge),
        Verdict::Held(Malformed),
        Verdict::Held(Malformed),
        Verdict::Held(Unreadable),
        Verdict::Held(TooNew),
        Verdict::Held(Malformed),
        Verdict::Merged,
    ];
    assert_eq!(intake.taken.iter().map(|taken| taken.verdict).collect::<Vec<_>>(), expected);
    assert_eq!(intake.impossible, [0, u64::MAX]);
    let again = bench.take_in(at("12:09"), LIN, &items).await;
    assert_eq!(again.taken, intake.taken);
    let (entries, _) = entries(&bench).await;
    assert!(entries.windows(2).all(|pair| pair[1].seq == pair[0].seq + 1));
    let kept = entries.iter().filter_map(log::logged).any(|logged| logged.parts[0].bytes == b"not a submission");
    assert!(kept, "the bytes wait for a person");
}

#[tokio::test]
async fn what_a_revoked_phone_wrote_waits_and_merges_when_accepted() {
    let mut bench = Bench::new().await;
    let found = bench.submission(CHEN, at("10:55"), new_shop(shop(3), at("10:55"), "EXIT-02", 3));
    let revoked = Standing { role: Role::Worker, member: true, revoked: true, clock_offset_ms: 0 };
    let intake = bench.take_in_from(at("15:40"), CHEN, revoked, &[item(&found)]).await;
    assert_eq!(intake.taken[0].verdict, Verdict::Held(HoldCode::DeviceRevoked));
    assert!(bench.entities(FIELD, Kind::Premises).await.is_empty());

    let decision = || (found.id, true, "seen on site".to_owned());
    let mei = actor(MEI, Role::Supervisor);
    let mut tx = bench.db.write().await.unwrap();
    bench.flow.decide(&mut tx, FIELD, mei, at("16:00"), decision()).await.unwrap();
    let twice = bench.flow.decide(&mut tx, FIELD, mei, at("16:01"), decision()).await;
    assert!(matches!(twice, Err(FlowError::AlreadyDecided)));
    assert!(submission::held(&mut tx, FIELD, 9).await.unwrap().is_empty());
    tx.commit().await.unwrap();
    assert_eq!(bench.entities(FIELD, Kind::Referral).await.len(), 1, "its flag is raised late, but raised");
}

#[tokio::test]
async fn a_deadline_that_passes_raises_a_flag_once() {
    let mut bench = Bench::new().await;
    let found = bench.submission(LIN, at("10:05"), new_shop(shop(1), at("10:05"), "EXIT-02", 3));
    bench.take_in(at("12:05"), LIN, &[item(&found)]).await;
    let referral = bench.entities(FIELD, Kind::Referral).await.pop().unwrap().entity;
    bench.act(at("12:25"), actor(HE, Role::Dispatcher), Act::Dispatch { referral, desk: FIRE }).await.unwrap();
    bench.flow.tick(&bench.db, at("12:30")).await.unwrap();
    let before = entries(&bench).await.1.seq;
    for minutes in [0, 1, 2, 600] {
        bench.flow.tick(&bench.db, at("12:25") + Span::hours(24) + Span::minutes(minutes)).await.unwrap();
    }
    assert_eq!(entries(&bench).await.1.seq, before + 2, "a timer and its consequence");
    let mut tx = bench.db.read().await.unwrap();
    let flags = flag::every(&mut tx, &mut bench.flow.keys(), FIELD, 9).await.unwrap();
    let overdue: Vec<_> = flags.iter().filter(|kept| kept.flag.flagged.rule == "D04").collect();
    assert_eq!(overdue.len(), 1);
    assert_eq!(overdue[0].flag.flagged.standing, FlagStanding::Raised);
}

#[tokio::test]
async fn an_alarm_goes_off_for_held_work_too_and_names_nobody() {
    let mut bench = Bench::new().await;
    let smell = bench.submission(LIN, at("10:05"), new_shop(shop(1), at("10:05"), "GAS-01", 4));
    let shut_out = Standing { role: Role::Worker, member: false, revoked: false, clock_offset_ms: 0 };
    let intake = bench.take_in_from(at("12:05"), LIN, shut_out, &[item(&smell)]).await;
    assert_eq!(intake.taken[0].verdict, Verdict::Held(HoldCode::NoAccess));
    let mut tx = bench.db.write().await.unwrap();
    let open = alarm::open(&mut tx, &mut bench.flow.keys(), FIELD, 9).await.unwrap();
    let of_rule: Vec<_> = open.iter().filter(|alarm| alarm.rule.as_deref() == Some("F06")).collect();
    assert_eq!(of_rule.len(), 1, "{:?}", open.iter().map(|alarm| &alarm.rule).collect::<Vec<_>>());
    assert_eq!((of_rule[0].subject, of_rule[0].held), (Some(shop(1)), true));
    assert!(!of_rule[0].detail.contains("王记肠粉"), "ids only");
    let mei = actor(MEI, Role::Supervisor).person;
    bench.flow.acknowledge(&mut tx, FIELD, of_rule[0].n, (mei, at("12:06")), None).await.unwrap();
}

#[tokio::test]
async fn nothing_from_a_phone_merges_into_a_desks_caseload() {
    let mut bench = Bench::new().await;
    let found = bench.submission(ZHAO, at("10:05"), new_shop(shop(1), at("10:05"), "EXIT-02", 3));
    let found = Submission { caseload: FIRE, ..found };
    let Actor { device, person, .. } = actor(ZHAO, Role::Officer);
    for role in [Role::Officer, Role::Dispatcher, Role::Worker] {
        let standing = Standing { role, member: true, revoked: false, clock_offset_ms: 0 };
        let from = From { device, person, standing, carrier: None };
        let mut tx = bench.db.write().await.unwrap();
        let intake = bench.flow.take_in(&mut tx, FIRE, from, at("12:05"), &[item(&found)]).await.unwrap();
        assert_eq!(intake.taken[0].verdict, Verdict::Held(HoldCode::NoAccess), "{role}");
    }
}
