//! What the audience sees: who plays, the timeline while it is played with what was expected of each row, then tables.
#![expect(clippy::print_stdout, reason = "the demo speaks to the terminal")]

use std::net::SocketAddr;

use comfy_table::{ContentArrangement, Table, presets};
use sync_core::policy::{Policy, Text};
use sync_core::words;

use super::cast::{PEOPLE, Said};
use super::expect::Expected;
use super::report::{Referral, Report};
use super::script::Step;
use super::stage::Stage;
use crate::lang::Lang;

pub(super) fn opening(lang: Lang, address: SocketAddr) {
    println!("{}", lang.pick("花果山的一天 · 2026-11-23 星期一", "A day in Huaguoshan · Monday 2026-11-23"));
    let real = lang.pick(
        "真实的服务器、真实的手机库、回环网络;只有时间是演的。人和店都是虚构的。",
        "A real server, the real phone library, loopback HTTP; only the time is played. All people and shops are invented.",
    );
    println!("{real}\nhttp://{address}\n");
    for person in PEOPLE {
        let name = lang.pick(person.zh, person.en);
        println!("  {name}{} {}", lang.pick(":", ","), lang.pick(person.does.0, person.does.1));
    }
    println!("\n{}\n", lang.pick("✓ 与预期一致   ✗ 不一致", "✓ as expected   ✗ not as expected"));
}

pub(super) fn step(lang: Lang, step: &Step, said: &[Said], rows: &[Expected]) {
    println!("{}  {}  {}", step.at, lang.pick(step.who.0, step.who.1), lang.pick(step.zh, step.en));
    for line in said {
        println!("         → {}", line.text(lang));
    }
    for row in rows {
        println!("         {}", marked(lang, row));
    }
}

fn marked(lang: Lang, row: &Expected) -> String {
    let what = lang.pick(&row.what_zh, &row.what_en);
    if row.ok { format!("✓ {what}") } else { format!("✗ {what}{} {}", lang.pick(":", ": found"), row.found) }
}

pub(super) fn report(lang: Lang, report: &Report) {
    heading(lang.pick("提示", "Flags"));
    let mut flags = table(&lang.pick(["规则", "状态", "原因"], ["rule", "standing", "why"]));
    for flag in &report.flags {
        let standing = lang.pick(standing_zh(&flag.standing), &flag.standing);
        flags.add_row([&flag.rule, standing, lang.pick(&flag.zh, &flag.en)]);
    }
    println!("{flags}");

    heading(lang.pick("转办", "Referrals"));
    let titles = lang.pick(
        ["编号", "规则", "部门", "轮,级", "状态", "期限", "内部时限"],
        ["number", "rule", "department", "round, rank", "state", "due", "internal target"],
    );
    let mut referrals = table(&titles);
    for referral in &report.referrals {
        referrals.add_row(in_columns(lang, referral));
    }
    println!("{referrals}");

    heading(lang.pick("11 月 23 日日报", "Report of 23 November"));
    let mut figures = table(&lang.pick(["项目", "数"], ["figure", "count"]));
    for figure in report.day_report["figures"].as_array().into_iter().flatten() {
        let name = figure[lang.pick("zh", "en")].as_str().unwrap_or_default();
        figures.add_row([name.to_owned(), figure["value"].to_string()]);
    }
    println!("{figures}");

    heading(lang.pick("状态摘要", "State digests"));
    let mut digests = table(&lang.pick(["副本", "摘要"], ["replica", "digest"]));
    for replica in &report.digests {
        digests.add_row([replica.name, replica.digest.get(..16).unwrap_or(&replica.digest)]);
    }
    println!("{digests}");

    heading(lang.pick("最后再看一眼", "A last look"));
    for row in report.expected.iter().filter(|row| row.at == "end") {
        println!("  {}", marked(lang, row));
    }
    end(lang, report);
}

fn end(lang: Lang, report: &Report) {
    let counts = &report.counts;
    let (trips, up, down) = (counts.round_trips, counts.bytes_up, counts.bytes_down);
    let traffic = lang.pick(
        format!("四部手机共 {trips} 次往返,上行 {up} 字节,下行 {down} 字节。"),
        format!("The four phones: {trips} round trips, {up} bytes up, {down} bytes down."),
    );
    println!("\n{traffic}");
    let all = report.expected.len();
    let missed: Vec<&Expected> = report.expected.iter().filter(|row| !row.ok).collect();
    if missed.is_empty() {
        let steps = report.steps.len();
        println!(
            "{}\n",
            lang.pick(
                format!("全部如期:{steps} 步,{all} 项。"),
                format!("All as expected: {steps} steps, {all} checks.")
            )
        );
        return;
    }
    println!("{}", lang.pick("与预期不符:", "Not as expected:"));
    for row in missed {
        println!("  {}  {}", row.at, marked(lang, row));
    }
    println!();
}

fn in_columns(lang: Lang, referral: &Referral) -> [String; 7] {
    let due = referral.due_at.as_deref().map_or("—", |due| due.get(..16).unwrap_or(due)).replace('T', " ");
    let target = match (referral.target_at, referral.dispatched_at) {
        (Some(target), Some(sent)) if sent > target => {
            let late = (sent - target) / 60_000;
            lang.pick(format!("分拨时已超 {late} 分钟"), format!("{late} min past at dispatch"))
        }
        (Some(_), Some(_)) => lang.pick("已达到", "met").to_owned(),
        _ => "—".to_owned(),
    };
    let state = match &referral.held_for_consent {
        Some(_) => lang.pick("等长者同意", "waits for consent"),
        None => lang.pick(state_zh(&referral.state), referral.state.as_str()),
    };
    [
        referral.number.clone(),
        referral.rule.clone(),
        department(lang, &referral.dept),
        format!("({}, {})", referral.round, referral.rank),
        state.to_owned(),
        due,
        target,
    ]
}

/// What the policy of the day calls a department.
fn department(lang: Lang, code: &str) -> String {
    let policy = Policy::sample();
    let name = policy.department(code).map(|department| department.name.clone());
    name.map_or_else(|| code.to_owned(), |Text { zh, en }| lang.pick(zh, en))
}

pub(super) fn stays_up(lang: Lang, stage: &Stage) {
    let address = stage.address;
    println!("{}", lang.pick("服务器继续运行,按 Ctrl-C 结束。", "The server stays up until Ctrl-C."));
    println!("  http://{address}/docs   http://{address}/openapi.json\n");
    let mut people = table(&lang.pick(["登录名", "姓名", "角色", "密码"], ["login", "name", "role", "password"]));
    for person in PEOPLE {
        let role = words::role(person.role);
        let role = lang.pick(role.zh, role.en);
        people.add_row([person.login, lang.pick(person.zh, person.en), &role, &stage.password]);
    }
    println!("{people}");
    println!("  {} {}", lang.pick("档案组", "caseload"), stage.caseload);
}

/// Columns when nobody says how wide the terminal is.
const NO_TERMINAL: u16 = 118;

fn heading(text: &str) {
    println!("\n{text}");
}

fn table(titles: &[&str]) -> Table {
    let mut table = Table::new();
    table
        .load_style(presets::UTF8_FULL_CONDENSED)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_header(titles);
    if table.width().is_none() {
        table.set_width(NO_TERMINAL);
    }
    table
}

fn standing_zh(code: &str) -> &str {
    match code {
        "raised" => "成立",
        "ended" => "已了结",
        "withdrawn" => "已撤销",
        other => other,
    }
}

fn state_zh(code: &str) -> &str {
    match code {
        "draft" => "拟稿",
        "submitted" => "待审",
        "withdrawn" => "撤回",
        "dispatched" => "已分拨",
        "accepted" => "已签收",
        "checking" => "核查中",
        "replied" => "已答复",
        "confirmed" => "已回访",
        "closed" => "办结",
        "not_accepted" => "不予受理",
        "returned" => "退回",
        other => other,
    }
}
