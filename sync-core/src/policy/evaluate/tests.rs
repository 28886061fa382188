use super::*;
use crate::policy::department::Route;
use crate::policy::facts::{FindingFacts, FindingStatus, PairFacts, PlaceFacts, ReferralFacts};
use crate::policy::holding::About;
use crate::policy::rule::Recipient;

fn at(text: &str) -> Timestamp {
    Timestamp::from_civil(text.parse().unwrap())
}

fn sample() -> Evaluator {
    Evaluator::new(Arc::new(Policy::sample()))
}

/// The sample with one rule's condition replaced.
fn with_condition(rule: &str, when: &str) -> Evaluator {
    let mut policy = Policy::sample();
    policy.rules.iter_mut().find(|own| own.id == rule).unwrap().when = when.to_owned();
    Evaluator::new(Arc::new(policy))
}

fn finding(code: &str, severity: i64) -> FindingFacts {
    FindingFacts { code: code.to_owned(), severity, episode: 1, ..FindingFacts::default() }
}

fn shop() -> FileFacts {
    FileFacts {
        place: PlaceFacts { lpg_kg: 150, address: "secret address".to_owned(), ..PlaceFacts::default() },
        findings: vec![finding("EXIT-02", 3), finding("GAS-04", 3)],
        ..FileFacts::default()
    }
}

fn rules(evaluation: &Evaluation) -> Vec<(&str, &str)> {
    evaluation.holds.iter().map(|holding| (holding.rule.as_str(), holding.window.as_str())).collect()
}

#[test]
fn the_shop_of_the_day_raises_f01_and_f05_once_each_and_says_why() {
    let evaluation = sample().evaluate(&shop(), at("2026-11-23T10:05"));
    assert_eq!(rules(&evaluation), [("F01", "EXIT-02#1"), ("F05", "GAS-04#1")]);
    assert_eq!(evaluation.alarms, []);
    let [exit, gas] = &evaluation.holds[..] else { panic!() };
    assert_eq!(exit.routes, [Route { dept: "FIRE".into(), deadline: "fire-24h".into(), consent: None }]);
    assert_eq!(exit.about, About::Finding { code: "EXIT-02".into(), episode: 1 });
    assert!(exit.explanation.zh.contains("「疏散通道堵塞」") && exit.explanation.zh.contains("消防救援机构24小时内"));
    assert!(exit.explanation.en.contains("The Fire and rescue service should check on site within 24 hours"));
    assert!(gas.explanation.zh.contains("约150公斤") && gas.explanation.zh.contains("不超过100公斤"));
    for text in [&exit.explanation, &gas.explanation] {
        assert!(text.zh.contains("疑似") && !text.zh.contains(['{', '}']) && !text.en.contains(['{', '}']));
    }
}

#[test]
fn a_variant_speaks_for_its_own_codes() {
    let facts = FileFacts { findings: vec![finding("GAS-05", 3)], ..FileFacts::default() };
    let evaluation = sample().evaluate(&facts, at("2026-11-23T10:05"));
    assert_eq!(rules(&evaluation), [("F05", "GAS-05#1")]);
    assert!(
        !evaluation.holds[0].explanation.zh.contains("公斤") && evaluation.holds[0].explanation.zh.contains("疑似")
    );
}

#[test]
fn late_data_lets_a_rule_go() {
    let mut facts = shop();
    facts.findings[0].status = FindingStatus::VerifiedFixed;
    facts.place.lpg_kg = 50;
    assert_eq!(rules(&sample().evaluate(&facts, at("2026-11-23T16:30"))), []);
}

#[test]
fn a_rule_that_cannot_be_judged_is_an_alarm_and_stops_no_other() {
    for when in [
        "f.code > 3",
        "now * now > 0",
        "1 / (f.severity - 3) > 0",
        "f.severity",
        "p.address > 3",
        "no_such_name",
        "f.severity >",
        "f.gone == 1",
    ] {
        let evaluation = with_condition("F01", when).evaluate(&shop(), at("2026-11-23T10:05"));
        assert_eq!(rules(&evaluation), [("F05", "GAS-04#1")], "{when}");
        assert_eq!(evaluation.alarms.len(), 1, "{when}");
        let alarm = &evaluation.alarms[0];
        assert_eq!(alarm.rule, "F01");
        assert!(!alarm.message.zh.is_empty() && !alarm.message.en.is_empty());
        assert!(!format!("{alarm:?}").contains("secret"), "an alarm reaches logs: {alarm:?}");
    }
}

#[test]
fn an_escalation_that_cannot_be_judged_does_not_hide_its_rule() {
    let mut policy = Policy::sample();
    let rule = policy.rules.iter_mut().find(|rule| rule.id == "F03").unwrap();
    rule.escalate.as_mut().unwrap().when = "f.code > 3".to_owned();
    let facts = FileFacts { findings: vec![finding("LIVE-01", 3)], ..FileFacts::default() };
    let evaluation = Evaluator::new(Arc::new(policy)).evaluate(&facts, at("2026-11-23T10:05"));
    assert_eq!(rules(&evaluation), [("F03", "LIVE-01#1")]);
    assert_eq!(evaluation.alarms.len(), 1);
}

#[test]
fn sleeping_beside_dangerous_goods_is_s4_at_once() {
    let facts = FileFacts { findings: vec![finding("LIVE-01", 3), finding("HAZ-01", 3)], ..FileFacts::default() };
    let evaluation = sample().evaluate(&facts, at("2026-11-23T10:05"));
    let [living] = &evaluation.holds[..] else { panic!("{evaluation:?}") };
    assert_eq!((living.rule.as_str(), living.severity), ("F03", Severity::S4));
    assert_eq!(living.routes[1].deadline, "fire-at-once");
    assert!(living.explanation.zh.contains("先打电话"));
}

#[test]
fn a_finding_that_came_twice_is_flagged_once_at_its_worst() {
    let mut facts = FileFacts { findings: vec![finding("EXIT-02", 2)], ..FileFacts::default() };
    facts.findings.push(finding("EXIT-02", 3));
    facts.findings.push(finding("EXIT-02", 2));
    let evaluation = sample().evaluate(&facts, at("2026-11-23T10:05"));
    assert_eq!(rules(&evaluation), [("F01", "EXIT-02#1")]);
    assert_eq!(evaluation.holds[0].severity, Severity::S3);
}

#[test]
fn pairs_and_referrals_have_their_own_windows_and_words() {
    let facts = FileFacts {
        pairs: vec![PairFacts { other: "PB".into(), same_unit: true, near_uscc: true, ..PairFacts::default() }],
        referrals: vec![ReferralFacts {
            id: "R1".into(),
            dept: "FIRE".into(),
            round: 2,
            rank: 4,
            due_at_ms: at("2026-11-24T12:25").millis(),
            ..ReferralFacts::default()
        }],
        ..FileFacts::default()
    };
    let evaluation = sample().evaluate(&facts, at("2026-11-25T12:26"));
    let [late, pair] = &evaluation.holds[..] else { panic!("{evaluation:?}") };
    assert_eq!((late.rule.as_str(), late.window.as_str(), late.to), ("D04", "R1#2", Recipient::Dispatcher));
    assert!(late.explanation.zh.contains("第2轮") && late.explanation.zh.contains("11月24日 12:25"));
    assert!(late.explanation.en.contains("24 November 12:25") && late.explanation.en.contains("24 hours late"));
    assert_eq!((pair.rule.as_str(), pair.window.as_str(), pair.to), ("D01", "PB", Recipient::Steward));
    assert!(pair.explanation.zh.contains("同一单元、统一社会信用代码只差一位"));
    assert_eq!(pair.deadline.as_deref(), Some("steward-2wd"));
}

#[test]
fn only_rules_that_read_the_time_have_to_be_asked_again() {
    let evaluator = sample();
    let timed = |id: &&str| evaluator.depends_on_time(id);
    let ids = ["F01", "F02", "F03", "F05", "F09", "D01", "D04", "nonsense"];
    assert_eq!(ids.iter().copied().filter(|id| timed(id)).collect::<Vec<_>>(), ["F09", "D04"]);
}

#[test]
fn more_facts_than_anyone_can_have_are_judged_in_part_and_said() {
    let findings = (0..2_000).map(|n| FindingFacts { episode: n, ..finding("EXIT-01", 3) }).collect();
    let facts = FileFacts { findings, ..FileFacts::default() };
    let evaluation = sample().evaluate(&facts, at("2026-11-23T10:05"));
    assert_eq!(evaluation.holds.len(), MAX_FACTS);
    assert_eq!(evaluation.alarms.len(), 1);
}

#[test]
fn numbers_at_their_ends_and_unknown_codes_neither_panic_nor_pass_in_silence() {
    for n in [i64::MIN, -1, 0, i64::MAX] {
        let mut facts = shop();
        facts.place.lpg_kg = n;
        facts.findings.push(FindingFacts {
            code: "NOPE-1".into(),
            severity: 1,
            first_seen_ms: n,
            seen_open_later: n,
            episode: n,
            ..FindingFacts::default()
        });
        facts.referrals.push(ReferralFacts { due_at_ms: n, rank: 4, round: n, ..ReferralFacts::default() });
        for now in [i64::MIN, 0, i64::MAX] {
            let evaluation = sample().evaluate(&facts, Timestamp::from_millis(now));
            assert!(evaluation.holds.iter().any(|holding| holding.rule == "F01"));
        }
    }
    let old = FindingFacts { first_seen_ms: i64::MAX, ..finding("ELE-01", 1) };
    let facts = FileFacts { findings: vec![old], ..FileFacts::default() };
    let overflow = sample().evaluate(&facts, Timestamp::from_millis(i64::MIN));
    assert!(overflow.alarms.iter().any(|alarm| alarm.rule == "F09"), "{overflow:?}");
}

#[test]
fn an_evaluator_can_be_shared_between_threads() {
    fn shared<T: Send + Sync>(_: &T) {}
    shared(&sample());
}
