//! `doorstep report`

use std::process::ExitCode;

use clap::Subcommand;
use jiff::civil::Date;
use sync_core::report::Report;
use sync_core::time::Timestamp;

use super::table::table;
use super::{CliError, Session, when};
use crate::admin::{Admin, AdminError};
use crate::db::caseload::CaseloadKind;
use crate::report;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// What was done on a day, counted from the log, each figure with the events that it is counted from.
    #[command(after_help = "Example:\n  doorstep report day HGS --date 2026-11-23\n  \
        doorstep report day HGS --date 2026-11-23 --json > day.json")]
    Day(Day),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Day {
    /// The caseload: its prefix or id.
    caseload: String,
    /// Which day.
    #[arg(long, value_name = "DATE", value_parser = when::date)]
    date: Date,
    /// What was taken in later does not count; without it, the end of the day.
    #[arg(long, value_name = "TIME", value_parser = when::moment)]
    frozen: Option<Timestamp>,
    /// Prints the whole report as JSON, with events and digest.
    #[arg(long, conflicts_with = "csv")]
    json: bool,
    /// Prints the figures as CSV, with the events.
    #[arg(long)]
    csv: bool,
}

pub(super) async fn run(command: Command, mut session: Session) -> Result<ExitCode, CliError> {
    let Command::Day(Day { caseload, date, frozen, json, csv }) = command;
    let app = session.app().await?;
    let found = Admin::new(&app).caseload(&caseload).await?;
    if found.kind != CaseloadKind::Field {
        return Err(AdminError::NoCaseload(caseload).into());
    }
    let now = app.clock().now();
    let no_day = || CliError::new("没有这一天", "there is no such day");
    let period = report::period(when::term(date, date), frozen, now).ok_or_else(no_day)?;
    let mut tx = app.db().read().await?;
    let drawn = report::report(&mut tx, app.flow(), found.id, period, now).await?;
    let out = &mut session.out;
    if json {
        out.line(serde_json::to_string_pretty(&drawn)?)?;
    } else if csv {
        out.bytes(&in_csv(&drawn.report)?)?;
    } else {
        tell(&mut session, &found.name, date, &drawn.report)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Everything that has a number: its code, names, count, and the ids behind it.
fn rows(report: &Report) -> Vec<[String; 5]> {
    let ids = |ids: &mut dyn Iterator<Item = String>| ids.collect::<Vec<_>>().join(" ");
    let figures = report.figures.iter().map(|figure| {
        let events = figure.events.iter().map(ToString::to_string);
        let submissions = figure.submissions.iter().map(ToString::to_string);
        let ids = ids(&mut events.chain(submissions));
        [figure.code.to_owned(), figure.zh.to_owned(), figure.en.to_owned(), figure.value.to_string(), ids]
    });
    let flags = report.flags.iter().map(|(rule, flags)| {
        let ids = ids(&mut flags.events.iter().map(ToString::to_string));
        [rule.clone(), format!("提示 {rule}"), format!("flag {rule}"), flags.value.to_string(), ids]
    });
    let apart = &report.apart;
    let none = Vec::new();
    let others = [
        ("eligible", "应访长者", "eligible elders", report.eligible, &none),
        ("late", "迟到(不计入)", "late (not counted)", apart.late.len() as u64, &apart.late),
        ("voided", "作废(不计入)", "voided (not counted)", apart.voided.len() as u64, &apart.voided),
        ("amended", "已更正(不计入)", "amended (not counted)", apart.amended.len() as u64, &apart.amended),
        ("duplicate_linked", "已关联的重复档案", "linked duplicates", apart.duplicate_linked, &none),
        ("quarantined", "待审的暂存提交", "held, waiting for a person", apart.quarantined, &none),
        ("doubtful", "时钟有偏差的记录", "events of a phone whose clock was off", apart.doubtful, &none),
        ("conflicts", "待定的说法", "fields to be settled", report.standing.conflicts, &none),
        ("critical_conflicts", "其中关键字段", "of these critical", report.standing.critical_conflicts, &none),
    ];
    let others = others.map(|(code, zh, en, value, events)| {
        let ids = ids(&mut events.iter().map(ToString::to_string));
        [code.to_owned(), zh.to_owned(), en.to_owned(), value.to_string(), ids]
    });
    figures.chain(flags).chain(others).collect()
}

fn in_csv(report: &Report) -> Result<Vec<u8>, CliError> {
    let failed = |error: &dyn std::fmt::Display| CliError::new(format!("无法写出 CSV:{error}"), error.to_string());
    // Excel shows Chinese as rubbish without a byte order mark.
    let mut writer = ::csv::Writer::from_writer("\u{FEFF}".as_bytes().to_vec());
    writer.write_record(["code", "名称", "name", "count", "events"]).map_err(|error| failed(&error))?;
    for row in rows(report) {
        writer.write_record(row).map_err(|error| failed(&error))?;
    }
    writer.into_inner().map_err(|error| failed(&error))
}

fn tell(session: &mut Session, name: &str, date: Date, report: &Report) -> Result<(), CliError> {
    let lang = session.out.lang();
    session.out.say(format!("{name} {date} 日报"), format!("{name}, report of {date}"))?;
    let lines = rows(report).into_iter().map(|[_, zh, en, value, _]| vec![lang.pick(zh, en), value]);
    let table = table(lang, &[("项目", "figure"), ("数", "count")], lines.collect::<Vec<_>>());
    session.out.line(table)?;
    let digest = &report.digest;
    Ok(session.out.say(
        format!("摘要 {digest};事件清单和算法见 --json"),
        format!("digest {digest}; --json has the list of events and how to work it out"),
    )?)
}
