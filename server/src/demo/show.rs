//! What the audience sees: the timeline while it is played, then tables.
#![expect(clippy::print_stdout, reason = "the demo speaks to the terminal")]

use std::net::SocketAddr;

use comfy_table::{ContentArrangement, Table, presets};

use super::day::{Said, Step};
use super::report::Report;
use super::stage::{PEOPLE, Stage};
use crate::lang::Lang;

pub(super) fn opening(lang: Lang, address: SocketAddr) {
    println!("{}", lang.pick("花果山的一天 · 2026-11-23 星期一", "A day in Huaguoshan · Monday 2026-11-23"));
    let real = lang.pick(
        "真实的服务器、真实的手机库、回环网络;只有时间是演的。人和店都是虚构的。",
        "A real server, the real phone library, loopback HTTP; only the time is played. All people and shops are invented.",
    );
    println!("{real}\nhttp://{address}\n");
}

pub(super) fn step(lang: Lang, step: &Step, said: Option<&Said>) {
    println!("{}  {:<6} {}", step.at, step.who, lang.pick(step.zh, step.en));
    if let Some(said) = said {
        println!("               → {}", lang.pick(&said.zh, &said.en));
    }
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
        ["编号", "规则", "部门", "轮,级", "状态", "期限", "内部时限", "备注"],
        ["number", "rule", "department", "round, rank", "state", "due", "internal target", "notes"],
    );
    let mut referrals = table(&titles);
    for referral in &report.referrals {
        let due = referral.due_at.as_deref().map_or("—", |due| due.get(..16).unwrap_or(due)).replace('T', " ");
        let target = match (referral.target_at, referral.dispatched_at) {
            (Some(target), Some(sent)) if sent > target => {
                let late = (sent - target) / 60_000;
                lang.pick(format!("超 {late} 分钟(离线)"), format!("missed by {late} min (offline)"))
            }
            (Some(_), Some(_)) => lang.pick("已达到", "met").to_owned(),
            _ => "—".to_owned(),
        };
        referrals.add_row([
            referral.number.clone(),
            referral.rule.clone(),
            referral.dept.clone(),
            format!("({}, {})", referral.round, referral.rank),
            lang.pick(state_zh(&referral.state), &referral.state).to_owned(),
            due,
            target,
            referral.notes.to_string(),
        ]);
    }
    println!("{referrals}");

    heading(lang.pick("不一致的说法(请人来定)", "Conflicts (for a person to settle)"));
    let mut conflicts = table(&lang.pick(["档案", "字段", "说法"], ["file", "field", "versions"]));
    for conflict in &report.conflicts {
        conflicts.add_row([conflict.subject.clone(), conflict.field.clone(), conflict.values.join(" / ")]);
    }
    println!("{conflicts}");

    heading(lang.pick("状态摘要", "State digests"));
    let mut digests = table(&lang.pick(["副本", "摘要"], ["replica", "digest"]));
    for replica in &report.digests {
        digests.add_row([replica.name, replica.digest.get(..16).unwrap_or(&replica.digest)]);
    }
    println!("{digests}");

    heading(lang.pick("应有的结果", "What should have come about"));
    let mut expected = table(&lang.pick(["", "应有", "实际"], ["", "expected", "found"]));
    for row in &report.expected {
        let mark = if row.ok { "✓" } else { "✗" };
        let found = if row.ok { "" } else { &row.found };
        expected.add_row([mark, lang.pick(&row.what_zh, &row.what_en), found]);
    }
    println!("{expected}");
    let counts = &report.counts;
    let traffic = lang.pick(
        format!(
            "三部手机共 {} 次往返,上行 {} 字节,下行 {} 字节。",
            counts.round_trips, counts.bytes_up, counts.bytes_down
        ),
        format!(
            "The three phones: {} round trips, {} bytes up, {} bytes down.",
            counts.round_trips, counts.bytes_up, counts.bytes_down
        ),
    );
    println!("{traffic}");
    let end = if report.ok {
        lang.pick("全部如期。", "All as expected.")
    } else {
        lang.pick("有结果与预期不符,见上表 ✗。", "Something did not come about: see ✗ above.")
    };
    println!("{end}\n");
}

pub(super) fn stays_up(lang: Lang, stage: &Stage) {
    let address = stage.address;
    println!("{}", lang.pick("服务器继续运行,按 Ctrl-C 结束。", "The server stays up until Ctrl-C."));
    println!("  http://{address}/docs   http://{address}/openapi.json\n");
    let mut people = table(&lang.pick(["登录名", "姓名", "角色", "密码"], ["login", "name", "role", "password"]));
    for person in PEOPLE {
        people.add_row([person.login, person.name, person.role.code(), &stage.password]);
    }
    println!("{people}");
    println!("  caseload {}", stage.caseload);
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
