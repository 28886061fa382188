//! `doorstep demo`, as somebody runs it who has just cloned the project.

use std::collections::BTreeSet;
use std::process::Command;
use std::sync::Mutex;

use doorstep_tests::scratch::Scratch;
use doorstep_tests::server::{Office, Ran, Running, is_well};
use serde_json::Value as Json;

fn report(office: &Office, args: &[&str]) -> (Ran, Json) {
    let ran = office.run(&[&["demo", "--exit", "--report", "report.json"], args].concat());
    let text = std::fs::read_to_string(office.dir().join("report.json"));
    (ran, text.map_or(Json::Null, |text| serde_json::from_str(&text).unwrap()))
}

#[test]
fn the_day_comes_about_on_postgres() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let scratch = runtime.block_on(Scratch::on_postgres());
    let (ran, day) = report(&Office::new(), &["--database", &scratch.place()]);
    assert!(ran.ok, "{}{}", ran.out, ran.err);
    is_the_day(&day);
    let again = report(&Office::new(), &["--database", &scratch.place()]).0;
    assert!(!again.ok, "a database that is in use is left alone");
}

fn list<'a>(report: &'a Json, name: &str) -> &'a Vec<Json> {
    report[name].as_array().unwrap_or_else(|| panic!("{name} is a list in {report}"))
}

/// The day of the domain reference, held against the report from outside.
fn is_the_day(report: &Json) {
    assert_eq!(report["ok"], true);
    for expected in list(report, "expected") {
        assert_eq!(expected["ok"], true, "{expected}");
    }
    assert!(list(report, "expected").len() >= 70, "{report}");
    let rows: BTreeSet<&str> = list(report, "expected").iter().map(|row| row["at"].as_str().unwrap()).collect();
    let of_table = [
        "08:30",
        "09:10",
        "10:20",
        "10:30",
        "10:40",
        "11:30",
        "12:05",
        "12:06",
        "12:20",
        "12:25",
        "12:50",
        "13:00",
        "13:20",
        "14:30",
        "15:05",
        "15:40",
        "16:00",
        "16:30",
        "17:00",
        "17:30",
        "11-25 12:30",
        "11-25 12:40",
        "end",
    ];
    for row in of_table {
        assert!(rows.contains(row), "nothing is expected at {row}");
    }

    let mut flags: Vec<(&str, &str)> = list(report, "flags")
        .iter()
        .map(|flag| (flag["rule"].as_str().unwrap(), flag["standing"].as_str().unwrap()))
        .collect();
    flags.sort_unstable();
    flags.dedup();
    let ended = [("D01", "ended"), ("D02", "ended"), ("F01", "ended")];
    assert!(ended.iter().all(|flag| flags.contains(flag)), "{flags:?}");
    let rules: BTreeSet<&str> = flags.iter().map(|(rule, _)| *rule).collect();
    assert_eq!(rules.into_iter().collect::<Vec<_>>(), ["D01", "D02", "D03", "D04", "E05", "E08", "F01", "F05"]);
    for flag in list(report, "flags") {
        assert!(flag["zh"].as_str().unwrap().chars().count() > 10, "{flag}");
        assert!(flag["en"].as_str().unwrap().split(' ').count() > 5, "{flag}");
    }

    let mut referrals: Vec<(&str, &str, u64, u64)> = list(report, "referrals")
        .iter()
        .map(|referral| {
            let text = |name: &str| referral[name].as_str().unwrap();
            let number = |name: &str| referral[name].as_u64().unwrap();
            (text("rule"), text("dept"), number("round"), number("rank"))
        })
        .collect();
    referrals.sort_unstable();
    assert_eq!(referrals, [("E05", "HEALTH", 1, 0), ("F01", "FIRE", 1, 8), ("F05", "GASREG", 2, 4)]);
    let r1 = list(report, "referrals").iter().find(|referral| referral["rule"] == "F01").unwrap();
    assert_eq!(r1["due_at"], "2026-11-24T12:25:00+08:00");
    assert_eq!(r1["confirmed_by_supervisor"], true);

    let replicas: Vec<&str> = list(report, "digests").iter().map(|replica| replica["name"].as_str().unwrap()).collect();
    assert_eq!(replicas, ["server", "A", "C", "D"]);
    let digest = &list(report, "digests")[0]["digest"];
    assert_eq!(digest.as_str().unwrap().len(), 64);
    assert!(list(report, "digests").iter().all(|replica| replica["digest"] == *digest), "{report}");
    is_the_report(&report["day_report"]);
}

/// The last row of the table, counted once more from the events that the report lists.
fn is_the_report(day: &Json) {
    let figure = |code: &str| list(day, "figures").iter().find(|figure| figure["code"] == code).unwrap();
    let kinds = |code: &str| {
        let of = figure(code)["events"].as_array().map(Vec::as_slice).unwrap_or_default();
        let line = |id: &Json| list(day, "events").iter().find(|line| line["id"] == *id).unwrap().clone();
        of.iter().map(line).collect::<Vec<_>>()
    };
    for (code, kind, events, files) in [
        ("visits", "visit", 3, 2),
        ("inspections", "inspection", 3, 2),
        ("revisits", "inspection", 1, 1),
        ("notices", "notice", 3, 2),
        ("returns", "step", 1, 1),
    ] {
        let lines = kinds(code);
        assert_eq!(lines.len(), events, "{code}");
        assert_eq!(figure(code)["value"], events, "{code}");
        assert!(lines.iter().all(|line| line["kind"] == kind), "{code}");
        let of: BTreeSet<&str> = lines.iter().map(|line| line["file"].as_str().unwrap()).collect();
        assert_eq!(of.len(), files, "{code}");
    }
    assert_eq!((&figure("premises")["value"], &figure("elders_covered")["value"]), (&2.into(), &2.into()));
}

#[test]
fn the_day_comes_about_in_both_languages() {
    let mut steps = Vec::new();
    for (lang, done) in [("zh", "全部如期"), ("en", "All as expected")] {
        let office = Office::new();
        let (ran, report) = report(&office, &["--lang", lang]);
        assert!(ran.ok, "{}{}", ran.out, ran.err);
        assert!(ran.out.contains(done), "{}", ran.out);
        is_the_day(&report);
        steps.push(report["steps"].clone());
    }
    assert_eq!(steps[0], steps[1], "the same day in either language");
}

/// Whatever is left out is missed: no step is there for show.
#[test]
fn without_any_one_step_the_day_fails() {
    let office = Office::new();
    let (_, whole) = report(&office, &["--lang", "en"]);
    let steps = list(&whole, "steps");
    assert!(steps.len() >= 28, "{whole}");
    let unmissed = Mutex::new(Vec::new());
    // Each day takes seconds, and there are many: two at a time.
    std::thread::scope(|scope| {
        for some in steps.chunks(steps.len().div_ceil(2)) {
            scope.spawn(|| {
                for step in some.iter().filter_map(Json::as_str) {
                    let ran = office.run(&["demo", "--exit", "--lang", "en", "--without", step]);
                    if ran.ok {
                        unmissed.lock().unwrap().push(step);
                    } else {
                        let told = ran.out.contains('✗') || ran.err.contains("the demo stopped");
                        assert!(told, "without {step} it does not say why it fails: {}{}", ran.out, ran.err);
                    }
                }
            });
        }
    });
    let unmissed = unmissed.into_inner().unwrap();
    assert!(unmissed.is_empty(), "nobody missed {unmissed:?}");
}

#[test]
fn a_failed_day_is_reported_too() {
    let (ran, report) = report(&Office::new(), &["--without", "dispatch-r2-again"]);
    assert!(!ran.ok);
    assert_eq!(report["ok"], false);
    let failed: Vec<_> = list(&report, "expected").iter().filter(|expected| expected["ok"] == false).collect();
    assert!(!failed.is_empty(), "{report}");
    for missed in failed {
        assert!(missed["what_en"].as_str().unwrap().contains("R2"), "{missed}");
    }
}

#[test]
fn a_step_that_is_not_there_is_refused() {
    let office = Office::new();
    for lang in ["zh", "en"] {
        let ran = office.run(&["demo", "--exit", "--lang", lang, "--without", "siesta"]);
        assert!(!ran.ok);
        assert!(ran.err.contains("siesta") && ran.err.contains("dispatch-r2-again"), "{}", ran.err);
        assert!(!ran.out.contains("10:05"), "nothing is played: {}", ran.out);
    }
}

#[test]
fn the_server_stays_up_until_ctrl_c() {
    let office = Office::new();
    let mut command: Command = office.command(&["demo", "--lang", "en"]);
    command.env("TMPDIR", office.dir());
    let running = Running::start(command, &office.dir().join("demo.log"));
    let _told = running.wait_for("until Ctrl-C");
    let line = running.wait_for("/docs");
    let address = line.split("http://").nth(1).and_then(|rest| rest.split('/').next()).unwrap();
    let address = address.parse().unwrap_or_else(|_| panic!("no address in {line:?}"));
    let _everything_printed = running.wait_for("caseload ");
    assert!(is_well(address));
    let said = running.said();
    assert!(running.interrupt().success(), "{said}");
    assert!(!is_well(address), "nothing listens any more");
    let left: Vec<_> = std::fs::read_dir(office.dir())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with("doorstep-demo"))
        .collect();
    assert!(left.is_empty(), "the demo leaves {left:?} behind");
}
