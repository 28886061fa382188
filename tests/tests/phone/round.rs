//! A worker's round among elders against the real server: offline at the doors, in step with it in the evening.

use doorstep::clock::Clock as _;
use doorstep_mobile::Stage;
use doorstep_tests::handset::Handset;
use doorstep_tests::in_step::in_step_with;
use doorstep_tests::inprocess::Server;
use sync_core::author::Role;
use sync_core::event::{Answer, Attempt, Means, RiskKind, Signal};
use sync_core::form::{AnswerRow, Form, NotMetForm, RiskEntry, Scene, VisitForm};
use sync_core::id::{CaseloadId, EntityId};
use sync_core::time::Span;

use super::elders::{new_elder, visit};

fn handset(server: &Server, dir: &std::path::Path, login: &str, caseload: CaseloadId) -> Handset {
    let person = server.member(login, Role::Worker, caseload, false);
    let code = server.wait(server.admin().enrolment(person)).unwrap().code.grouped();
    Handset::enrol_in(in_step_with(server), dir, login, &format!("http://{}", server.address()), &code)
}

fn names(phone: &Handset) -> Vec<String> {
    phone.phone.today().unwrap().elders.into_iter().map(|visit| visit.name).collect()
}

fn in_step(server: &Server, phones: &[&Handset], caseload: CaseloadId) {
    let (digest, entries) = server.state(caseload);
    for phone in phones {
        assert_eq!(phone.phone.state_digest(caseload).unwrap(), (entries, digest.clone()));
    }
}

#[test]
fn a_round_among_elders_offline_and_what_a_colleague_finds_in_the_evening() {
    let (server, dir) = (Server::start(), tempfile::tempdir().unwrap());
    let caseload = server.caseload("HGS");
    let (lin, chen) = (handset(&server, dir.path(), "lin", caseload), handset(&server, dir.path(), "chen", caseload));
    lin.sync();
    let add = |name: &str, tier: &str| -> EntityId {
        lin.finish(Form::NewElder(new_elder(name, tier, &format!("花果山{name}家")))).subject
    };
    let (gu, tan, he) = (add("顾", "key"), add("谭", "general"), add("何", "high"));
    lin.sync();
    // A week later the high tier is due; the phone was in step the evening before.
    server.clock.advance(Span::hours(6 * 24 + 10));
    lin.sync();
    chen.sync();
    server.clock.advance(Span::hours(14));
    assert_eq!(names(&lin), ["何"]);
    let again = Attempt { means: Means::Door, contact: None, reached: false };
    let tried = [Means::Door, Means::Phone, Means::Contact].map(|means| Attempt { means, ..again.clone() });
    let nobody =
        NotMetForm { elder: he, tried: tried.to_vec(), note: String::new(), next_try: None, scene: Scene::default() };
    let draft = lin.phone.start(caseload, Form::NotMet(nobody)).unwrap();
    assert_eq!(lin.phone.alarms(draft).unwrap()[0].id, "unreachable", "before the form is finished");
    lin.phone.finish(draft).unwrap();
    assert_eq!(names(&lin), ["何"], "an attempt is no visit");

    // At Gu's: two falls, the hose. The first version of it is wrong, and nobody ever sees it.
    server.clock.advance(Span::hours(1));
    let fall = |days: i64| RiskEntry {
        kind: RiskKind::Fall,
        occurred_on: (server.clock.now() - Span::days(days)).day(),
        note: String::new(),
    };
    let hose = || AnswerRow { severity: Some(2), ..AnswerRow::new("GAS-02", Answer::Problem) };
    let wrong = VisitForm { signals: vec![Signal::Missing], ..visit(gu) };
    let draft = lin.phone.start(caseload, Form::Visit(wrong)).unwrap();
    server.clock.advance(Span::minutes(30));
    let seen = lin.phone.finish(draft).unwrap();
    let right = VisitForm { risks: vec![fall(1), fall(3)], home: vec![hose()], ..visit(gu) };
    let amended = lin.phone.amend(seen.event.unwrap(), Form::Visit(right)).unwrap();
    assert_eq!(amended.submission, seen.submission);
    let lin = lin.reopened();
    assert_eq!(names(&lin), ["何", "顾"], "an assessment is due, by this phone's own rules");
    let open: Vec<_> = lin.phone.elder(gu).unwrap().home.unwrap().open.into_iter().map(|hazard| hazard.code).collect();
    assert_eq!(open, ["GAS-02"]);
    assert_eq!(lin.phone.receipt(seen.submission).unwrap().stage, Stage::Pending);

    // In the evening both are in step, and the colleague's phone says the same.
    server.clock.advance(Span::hours(6));
    lin.sync();
    chen.sync();
    in_step(&server, &[&lin, &chen], caseload);
    for phone in [&lin, &chen] {
        assert_eq!(names(phone), ["何", "顾"]);
        let rules = |elder: EntityId| {
            let flags = phone.phone.flags_at_door(elder).unwrap().flags;
            assert!(flags.iter().all(|flag| flag.confirmed && flag.discreet));
            flags.into_iter().map(|flag| flag.rule).collect::<Vec<_>>()
        };
        assert_eq!((rules(he), rules(gu), rules(tan)), (vec!["E07".into()], vec!["E05".into()], Vec::new()));
        assert_eq!(phone.phone.search("谭家", 9).len(), 2, "the elder and the home");
    }
    assert!(matches!(lin.phone.receipt(seen.submission).unwrap().stage, Stage::Flagged { .. }));

    // It was one fall. The amendment goes the long way, and the flag goes everywhere.
    let once = VisitForm { risks: vec![fall(1)], home: vec![hose()], ..visit(gu) };
    let amended = lin.phone.amend(seen.event.unwrap(), Form::Visit(once)).unwrap();
    assert_ne!(amended.submission, seen.submission);
    lin.sync();
    chen.sync();
    in_step(&server, &[&lin, &chen], caseload);
    for phone in [&lin, &chen] {
        assert_eq!(names(phone), ["何"]);
        let file = phone.phone.elder(gu).unwrap();
        assert_eq!((file.visits, file.risks.len(), file.home.unwrap().open.len()), (1, 1, 1));
    }
    server.verifies();
}
