//! The evening, and two days later: a new phone, the report of the day, a question that nobody has settled.

use serde_json::{Value as Json, json};

use super::DemoError;
use super::cast::{Phone, Said};
use super::link::Weather;
use super::morning::NUMBERS;
use super::script::{Played, Step, quiet, said};
use super::stage::Stage;

/// How Chen explains what came from the lost phone.
const LOST: &str = "手机 11:15 丢失,10:55 的探访是我写的,之后的不是。";

pub(super) const STEPS: &[Step] = &[
    Step {
        id: "new-phone",
        at: "17:00",
        who: ("陈 · D", "Chen · D"),
        zh: "陈领到新手机 D,从头下载,断线一次后接着下;与 A、C、服务器一致",
        en: "Chen gets phone D, which loads everything, with one cut on the way; it equals A, C and the server",
        play: |stage| {
            stage.enrol(Phone::D)?;
            stage.weather(Phone::D, Weather::CutDown(9_000));
            let whole = stage.try_sync(Phone::D)?;
            stage.rows.is("下载中断一次", "the download is cut once", &whole, &false);
            let mut digests = Vec::new();
            for phone in [Phone::D, Phone::A, Phone::C] {
                stage.sync(phone)?;
                digests.push(stage.digest(phone)?);
            }
            let server = stage.server_digest()?;
            let same = digests.iter().all(|digest| *digest == server);
            stage.rows.holds("A、C、D 与服务器一致", "A, C, D and the server hold the same state", same, &server);
            said(format!("状态摘要一致 {}", &server[..12]), format!("equal state digest {}", &server[..12]))
        },
    },
    Step {
        id: "day-report",
        at: "17:30",
        who: ("梅督导", "Mei"),
        zh: "出日报",
        en: "Draws up the report of the day",
        play: day_report,
    },
    Step {
        id: "two-days",
        at: "11-25 12:30",
        who: ("系统", "the server"),
        zh: "过了 48 小时,N1、N2 还没有人核实:提示 D02;R2 也没有答复:提示 D04;顾阿婆跌倒后没有人再去看过:提示 E08",
        en: "48 hours later nobody has settled N1 and N2: D02; R2 has no answer: D04; nobody has looked in after Gu's fall: E08",
        play: |stage| {
            stage.time_is_kept()?;
            let why = stage.flag("D02")?;
            stage.rows.is("D02 成立", "D02 is raised", &stage.standing("D02")?, &Some("raised".to_owned()));
            stage.rows.is("R2 逾期:D04", "R2 is overdue: D04", &stage.standing("D04")?, &Some("raised".to_owned()));
            let visit = stage.flag("E08")?;
            let soon = (visit.zh.contains("24小时内"), visit.en.contains("within 24 hours"));
            stage.rows.is(
                "高风险长者跌倒后24小时没有探访:E08",
                "no visit 24 hours after the fall: E08",
                &soon,
                &(true, true),
            );
            let again = stage.report_of_the_day("mei", "&frozen=2026-11-23T17:30:00%2B08:00")?;
            let before = stage.day_report.as_ref().ok_or_else(|| DemoError::unexpected("there is no report"))?;
            let same = (&again["digest"], &again["figures"]) == (&before["digest"], &before["figures"]);
            stage.rows.is("日报两天后重算仍一致", "the report comes out the same two days later", &same, &true);
            Ok(vec![Said::new(format!("D02:{}", why.zh), format!("D02: {}", why.en))])
        },
    },
    Step {
        id: "settle",
        at: "11-25 12:40",
        who: ("文管理", "Wen"),
        zh: "打电话核实:N2 是对的。定下来,D02 了结,手机上只剩一个号码",
        en: "Calls and finds that N2 is right. Settled: D02 ends, and phones show one number",
        play: settle,
    },
];

/// The figures of the scenario.
const FIGURES: &[(&str, &str, &str, u64)] = &[
    ("visits", "探访 3 次", "3 visits", 3),
    ("elders_covered", "覆盖长者 2 位", "2 elders covered", 2),
    ("home_checks", "居家安全查看 1 次", "1 home safety check", 1),
    ("inspections", "走访商铺 3 次", "3 inspections", 3),
    ("revisits", "回访 1 次", "1 revisit", 1),
    ("premises", "商铺 2 家", "2 premises", 2),
    ("notices", "提示单 3 份", "3 notices", 3),
    ("referrals", "转办 2 件", "2 referrals", 2),
    ("closed_on_time", "按时办结 1 件", "1 closed on time", 1),
    ("open", "在办 1 件", "1 open", 1),
    ("returns", "退回 1 次", "1 return", 1),
    ("quarantine_accepted", "隔离后采纳 1 份", "1 accepted from quarantine", 1),
    ("quarantine_rejected", "隔离后不采纳 1 份", "1 rejected from quarantine", 1),
    ("overdue", "逾期 0 件", "0 overdue", 0),
];

fn day_report(stage: &mut Stage) -> Played {
    let report = stage.report_of_the_day("mei", "")?;
    let value = |code: &str| {
        let figures = report["figures"].as_array().into_iter().flatten();
        figures.into_iter().find(|figure| figure["code"] == code).and_then(|figure| figure["value"].as_u64())
    };
    for (code, zh, en, wanted) in FIGURES {
        stage.rows.is(zh, en, &value(code), &Some(*wanted));
    }
    let flags = report["flags"].as_object().into_iter().flatten().map(|(rule, _)| rule.clone());
    let wanted = ["D01", "D03", "E05", "F01", "F05"].map(str::to_owned).to_vec();
    stage.rows.is("提示 F01 F05 E05 D01 D03", "flags F01 F05 E05 D01 D03", &flags.collect::<Vec<_>>(), &wanted);
    let pending = report["standing"]["critical_conflicts"].as_u64();
    stage.rows.is("D02 未到 48 小时", "D02 is pending", &pending, &Some(1));
    let names = ["顾", "谭", "王记", "14200000001"];
    let told = report.to_string();
    let named = names.into_iter().any(|name| told.contains(name));
    stage.rows.is("日报里没有姓名电话", "the report names nobody", &named, &false);
    who_sees_what(stage, &report)?;
    let digest = report["digest"].as_str().unwrap_or_default().to_owned();
    stage.day_report = Some(report);
    let short = digest.get(..12).unwrap_or_default();
    said(
        format!("摘要 {short},任何人都能按事件清单重算"),
        format!("digest {short}, which anybody can work out again from the list of events"),
    )
}

/// The purchaser gets the same numbers and nothing behind them; the evaluator draws single events, of nobody by name.
fn who_sees_what(stage: &mut Stage, report: &Json) -> Result<(), DemoError> {
    let counts = stage.report_of_the_day("pu", "")?;
    let values = |report: &Json| {
        let figures = report["figures"].as_array().into_iter().flatten();
        figures.map(|figure| figure["value"].clone()).collect::<Vec<_>>()
    };
    let bare = counts["figures"].as_array().into_iter().flatten().all(|figure| figure.get("events").is_none());
    let only = bare && counts["events"] == json!([]) && values(&counts) == values(report);
    stage.rows.is("购买方只看数", "the purchaser sees counts alone", &only, &true);
    for flag in stage.list("flags?rule=D03")? {
        let explain = stage.path(&format!("flags/{}/explain", flag["id"].as_str().unwrap_or_default()));
        stage.post("chen", &explain, &json!({ "text": LOST }))?;
    }
    let path = |seed: &str| format!("evaluation/sample?from=2026-11-23&to=2026-11-24&seed={seed}&n=4");
    let drawn = stage.get("ping", &stage.path(&path("hearing-1")))?;
    let again = stage.get("ping", &stage.path(&path("hearing-1")))?;
    let other = stage.get("ping", &stage.path(&path("hearing-2")))?;
    let size = drawn["events"].as_array().map(Vec::len);
    stage.rows.is("评估方抽样 4 条", "the evaluator draws 4 events", &size, &Some(4));
    let same = (drawn["events"] == again["events"], drawn["events"] == other["events"]);
    stage.rows.is("种子相同,抽到的也相同", "the same seed draws the same", &same, &(true, false));
    let explained = drawn["doubts"].as_array().into_iter().flatten();
    let explained = explained.filter(|doubt| doubt["explanations"][0]["text"] == LOST).count();
    stage.rows.is("存疑名单附有社工的说明", "the list of doubts shows what the worker explains", &explained, &2);
    let doubts = drawn["doubts"].as_array().map(Vec::len);
    stage.rows.is("停用后的两份列为存疑", "what came after the revocation is listed as doubtful", &doubts, &Some(2));
    Ok(())
}

fn settle(stage: &mut Stage) -> Played {
    let conflicts = stage.list("conflicts")?;
    let phone = conflicts.iter().find(|conflict| conflict["field"] == "contact_phone");
    let phone = phone.ok_or_else(|| DemoError::unexpected("there is nothing to settle"))?;
    let body = json!({
        "entity": phone["entity"], "field": "contact_phone", "element": phone["element"], "value": NUMBERS[1],
    });
    stage.post("wen", &stage.path("conflicts/settle"), &body)?;
    stage.rows.is("D02 了结", "D02 has ended", &stage.standing("D02")?, &Some("ended".to_owned()));
    stage.rows.is("没有待定的说法了", "nothing is left to settle", &stage.list("conflicts")?.len(), &0);
    for phone in [Phone::A, Phone::C, Phone::D] {
        stage.sync(phone)?;
    }
    let number = stage.elder(stage.file("gu")?)?.texts("contact_phone");
    stage.rows.is("号码为 N2", "the number is N2", &number, &vec![NUMBERS[1].to_owned()]);
    quiet()
}
