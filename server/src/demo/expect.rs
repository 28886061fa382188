//! Looks at what came of the day, through the API and the phones, and holds it against what should have come.

use doorstep_mobile::EventView;
use serde_json::Value as Json;
use sync_core::event::{Event, EventBody};

use super::DemoError;
use super::report::{Conflict, Counts, Expectations, Flag, Held, Referral, Replica, Report};
use super::stage::{Phone, Stage};

/// Gathers the result.
pub(super) fn report(stage: &mut Stage, steps: Vec<&'static str>) -> Result<Report, DemoError> {
    let flags: Vec<Flag> = stage.list("flags")?.iter().map(flag).collect();
    let mut referrals: Vec<Referral> = stage.list("referrals")?.iter().map(referral).collect();
    referrals.sort_by(|a, b| a.number.cmp(&b.number));
    let history = stage.history()?;
    for referral in &mut referrals {
        referral.notes = history.iter().filter(|seen| is_note(&seen.event, &referral.id)).count();
    }
    let held: Vec<Held> = stage.list("held")?.iter().map(held).collect();
    let conflicts: Vec<Conflict> = stage.list("conflicts")?.iter().map(conflict).collect();
    let mut digests = vec![Replica { name: "server", digest: stage.server_digest()? }];
    for phone in Phone::ALL {
        digests.push(Replica { name: phone.name(), digest: stage.digest(phone)? });
    }
    let counts = counted(stage, &history);
    let mut report =
        Report { ok: false, steps, flags, referrals, held, conflicts, digests, counts, expected: Vec::new() };
    let mut expectations = Expectations::default();
    hold(stage, &report, &mut expectations)?;
    (report.expected, report.ok) = expectations.finish();
    Ok(report)
}

/// The shop half of the scenario's table.
fn hold(stage: &Stage, report: &Report, is: &mut Expectations) -> Result<(), DemoError> {
    let rules = |report: &Report| {
        let mut rules: Vec<String> = report.flags.iter().map(|flag| flag.rule.clone()).collect();
        rules.sort();
        rules
    };
    is.is("规则各提示一次", "each rule flags once", &rules(report), &strings(&["D01", "F01", "F05"]));
    let standing = |rule: &str| report.flags.iter().find(|flag| flag.rule == rule).map(|flag| flag.standing.clone());
    is.is("关联后 D01 结束", "D01 ended with the link", &standing("D01"), &Some("ended".to_owned()));
    is.is("通道畅通后 F01 结束", "F01 ended when the exit was clear", &standing("F01"), &Some("ended".to_owned()));
    is.is("F05 仍在", "F05 still stands", &standing("F05"), &Some("raised".to_owned()));

    let find = |rule: &str| report.referrals.iter().find(|referral| referral.rule == rule);
    let place = |rule: &str| find(rule).map(|referral| (referral.dept.clone(), referral.round, referral.rank));
    is.is("R1 消防 = (1,8)", "R1 fire service = (1,8)", &place("F01"), &Some(("FIRE".to_owned(), 1, 8)));
    is.is("R2 燃气 = (2,4)", "R2 gas regulator = (2,4)", &place("F05"), &Some(("GASREG".to_owned(), 2, 4)));
    is.is("共两件转办", "two referrals in all", &report.referrals.len(), &2);
    let due = find("F01").and_then(|referral| referral.due_at.clone());
    is.is("R1 期限 11-24 12:25", "R1 due 11-24 12:25", &due.as_deref(), &Some("2026-11-24T12:25:00+08:00"));
    let notes = find("F01").map(|referral| referral.notes);
    is.is("撤回留作备注", "the withdrawal is kept as a note", &notes, &Some(1));
    let confirmed = find("F01").and_then(|referral| referral.confirmed_by_supervisor);
    is.is("督导的确认已记录", "the supervisor's confirmation is recorded", &confirmed, &Some(true));
    is.is("没有暂存待审", "nothing is held", &report.held.len(), &0);

    let severity = stage.severity("wang", "EXIT-02")?;
    is.is("EXIT-02 取重 = S3", "EXIT-02 is S3, the more severe", &severity, &Some(3));
    let phones = report.conflicts.iter().find(|conflict| conflict.field == "contact_phone");
    let numbers = phones.map(|conflict| {
        let mut values = conflict.values.clone();
        values.sort();
        values
    });
    let both = Some(strings(&["14200000001", "14200000002"]));
    is.is("联系电话两种说法都在", "both versions of the contact phone are kept", &numbers, &both);

    let first = &report.digests[0].digest;
    let same = report.digests.iter().all(|replica| replica.digest == *first);
    is.holds("服务器与三部手机状态一致", "server and phones hold the same state", same, first);
    let mut unconfirmed = 0;
    for phone in Phone::ALL {
        unconfirmed += stage.unconfirmed(phone)?;
    }
    is.is("手机上没有未确认的表单", "no form is left unconfirmed on a phone", &unconfirmed, &0);
    let answered = stage.answer_on(Phone::A).is_ok_and(|answer| answer.contains("属实"));
    is.holds("答复回到看到它的手机", "the answer is on the phone that saw the exit", answered, &answered.to_string());

    let counts = &report.counts;
    let seen = (counts.inspections, counts.revisits, counts.notices);
    is.is("走访 3、回访 2、提示单 3", "3 inspections, 2 revisits, 3 notices", &seen, &(3, 2, 3));
    is.is("A 的时钟偏差被记下", "A's clock is noted as off", &counts.clock_remarks, &true);
    is.is("断线后接着传", "a cut upload went on where it was", &counts.resumed, &true);
    is.is("日志核验无误", "the log verifies", &stage.verify()?, &0);
    Ok(())
}

/// What was done in the day, counted by event.
fn counted(stage: &Stage, history: &[EventView]) -> Counts {
    let mut counts = stage.counts.clone();
    for seen in history {
        match &seen.event.body {
            EventBody::Inspection(inspection) if inspection.revisit => counts.revisits += 1,
            EventBody::Inspection(_) => counts.inspections += 1,
            EventBody::Notice(_) => counts.notices += 1,
            _ => {}
        }
        counts.clock_remarks |= seen.doubtful;
    }
    counts
}

/// A withdrawal that lost to what a desk did meanwhile: it stays on the referral as what the worker thought.
fn is_note(event: &Event, referral: &str) -> bool {
    event.subject.to_string() == referral && matches!(event.body, EventBody::Withdrawal(_))
}

fn strings(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn text(json: &Json) -> String {
    json.as_str().unwrap_or_default().to_owned()
}

fn flag(json: &Json) -> Flag {
    Flag {
        rule: text(&json["rule"]),
        standing: text(&json["standing"]),
        subject: text(&json["subject"]),
        zh: text(&json["zh"]),
        en: text(&json["en"]),
    }
}

fn referral(json: &Json) -> Referral {
    let round = json["state"]["round"].as_u64().unwrap_or_default();
    let dept = &json["values"]["dept"][round.to_string()];
    Referral {
        id: text(&json["id"]),
        number: text(&json["values"]["number"]),
        rule: text(&json["values"]["rule"]),
        dept: text(if dept.is_string() { dept } else { &json["values"]["proposed_dept"] }),
        round,
        rank: json["state"]["rank"].as_u64().unwrap_or_default(),
        state: text(&json["state"]["code"]),
        due_at: json["due_at"].as_str().map(str::to_owned),
        target_at: json["values"]["target_at"].as_i64(),
        dispatched_at: json["values"]["dispatched_at"]["1"].as_i64(),
        notes: 0,
        confirmed_by_supervisor: json["values"]["confirmed_by_supervisor"].as_bool(),
    }
}

fn held(json: &Json) -> Held {
    Held { submission: text(&json["submission"]), code: text(&json["code"]) }
}

fn conflict(json: &Json) -> Conflict {
    let others = json["others"].as_array().map(Vec::as_slice).unwrap_or_default();
    let said = std::iter::once(&json["shown"]).chain(others);
    Conflict {
        subject: text(&json["title"]),
        field: text(&json["field"]),
        values: said.map(|said| text(&said["value"])).collect(),
    }
}
