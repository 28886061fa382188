//! Reports and samples over HTTP: who sees what of them, and that they can be worked out again.

use std::collections::BTreeSet;

use doorstep_tests::rawphone::shop;
use doorstep_tests::street::Street;
use serde_json::Value as Json;
use sha2::{Digest, Sha256};

const NOVEMBER: &str = "from=2026-11-01&to=2026-12-01";

/// A street on which two shops were visited and one exit was blocked.
fn visited() -> (Street, Vec<String>) {
    let mut street = Street::default();
    let shops = [1, 2].map(|n| street.referred("worker", "dispatcher", shop(n)).shop.to_string());
    (street, shops.to_vec())
}

fn report(street: &Street, who: &str, more: &str) -> Json {
    street.sees(who, &format!("/v1/caseloads/{}/report?{NOVEMBER}{more}", street.hgs))
}

fn sample(street: &Street, seed: &str, n: u32) -> Json {
    street.sees("evaluator", &format!("/v1/caseloads/{}/evaluation/sample?{NOVEMBER}&seed={seed}&n={n}", street.hgs))
}

fn value(report: &Json, code: &str) -> u64 {
    let figures = report["figures"].as_array().unwrap();
    figures.iter().find(|figure| figure["code"] == code).unwrap()["value"].as_u64().unwrap()
}

/// By the words of the document: `id kind file person observed_ms received_ms`, a line each, sorted by id.
fn by_hand(report: &Json) -> String {
    let field = |line: &Json, name: &str| line[name].to_string().trim_matches('"').to_owned();
    let line = |line: &Json| {
        ["id", "kind", "file", "person", "observed_ms", "received_ms"].map(|name| field(line, name)).join(" ") + "\n"
    };
    let mut lines: Vec<String> = report["events"].as_array().unwrap().iter().map(line).collect();
    lines.sort();
    Sha256::digest(lines.concat()).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn a_report_can_be_worked_out_again_and_names_nobody() {
    let (street, shops) = visited();
    let whole = report(&street, "supervisor", "");
    assert_eq!((value(&whole, "inspections"), value(&whole, "premises"), value(&whole, "referrals")), (2, 2, 2));
    assert_eq!(whole["digest"], by_hand(&whole));
    let ids: BTreeSet<&str> =
        whole["events"].as_array().unwrap().iter().map(|line| line["id"].as_str().unwrap()).collect();
    for figure in whole["figures"].as_array().unwrap() {
        let events = figure["events"].as_array().map(Vec::as_slice).unwrap_or_default();
        assert!(events.iter().all(|event| ids.contains(event.as_str().unwrap())), "{figure}");
        assert!(figure["value"] == 0 || !events.is_empty(), "a figure without its events: {figure}");
    }
    let text = whole.to_string();
    assert!(!text.contains("王记") && shops.iter().all(|shop| !text.contains(shop)), "{text}");
    for who in ["steward", "evaluator"] {
        assert_eq!(report(&street, who, ""), whole, "{who}");
    }
}

#[test]
fn a_purchaser_gets_the_same_numbers_and_nothing_behind_them() {
    let (street, _) = visited();
    let (whole, counts) = (report(&street, "supervisor", ""), report(&street, "purchaser", ""));
    assert_eq!(counts["events"], serde_json::json!([]));
    assert_eq!((value(&counts, "inspections"), &counts["digest"]), (2, &whole["digest"]));
    let text = counts.to_string();
    for line in whole["events"].as_array().unwrap() {
        assert!(!text.contains(line["id"].as_str().unwrap()) && !text.contains(line["file"].as_str().unwrap()));
    }
}

#[test]
fn what_came_after_the_freeze_is_listed_and_not_counted() {
    let (street, _) = visited();
    let early = report(&street, "supervisor", "&frozen=2026-11-02T00:00:00%2B08:00");
    assert_eq!((value(&early, "inspections"), early["events"].as_array().unwrap().len()), (0, 0));
    assert_eq!(early["apart"]["late"].as_array().unwrap().len(), 2, "{early}");
    let future = report(&street, "supervisor", "&frozen=2027-01-01T00:00:00%2B08:00");
    assert_eq!(future["frozen_at"], future["made_at"], "nothing is frozen in the future");
}

#[test]
fn a_sample_is_the_same_for_its_seed_and_joins_with_no_other() {
    let (street, shops) = visited();
    let drawn = sample(&street, "hearing", 1);
    assert_eq!((drawn["of"].as_u64(), drawn["events"].as_array().map(Vec::len)), (Some(2), Some(1)));
    assert_eq!(sample(&street, "hearing", 1)["events"], drawn["events"]);
    let names = |json: &Json| {
        let lines = json["events"].as_array().unwrap().clone();
        lines.iter().map(|line| line["file"].as_str().unwrap().to_owned()).collect::<BTreeSet<_>>()
    };
    let (all, other) = (sample(&street, "hearing", 9), sample(&street, "another", 9));
    assert_eq!(names(&all).len(), 2);
    assert!(names(&all).is_disjoint(&names(&other)), "one file has one pseudonym in two evaluations");
    assert!(names(&all).is_disjoint(&names(&report(&street, "evaluator", ""))));
    let text = all.to_string();
    assert!(!text.contains("王记") && shops.iter().all(|shop| !text.contains(shop)), "{text}");
    assert!(text.contains("EXIT-02"), "what the checklist says is there: {text}");
}

#[test]
fn what_is_no_period_or_no_draw_is_said_so() {
    let (street, _) = visited();
    let asks = |who: &str, rest: &str| {
        street.server.get(&format!("/v1/caseloads/{}/{rest}", street.hgs), Some(street.token(who))).problem()
    };
    for span in ["from=2026-11-24&to=2026-11-23", "from=yesterday&to=2026-11-23", "from=2020-01-01&to=2026-11-23"] {
        assert_eq!(asks("supervisor", &format!("report?{span}")), (422, "not_a_period".to_owned()), "{span}");
    }
    let seed = "x".repeat(65);
    for draw in ["seed=x&n=0", "seed=x&n=501", "seed=&n=3", &format!("seed={seed}&n=3")] {
        let rest = format!("evaluation/sample?{NOVEMBER}&{draw}");
        assert_eq!(asks("evaluator", &rest), (422, "not_a_draw".to_owned()), "{draw}");
    }
}
