//! `doorstep status`

use std::process::ExitCode;

use comfy_table::{Cell, Color, presets};
use sync_core::time::{Span, Timestamp};

use super::table::table;
use super::{CliError, Session};
use crate::http::Moment;
use crate::lang::Lang;
use crate::status::{Stands, Status, Trouble};

/// How it is told.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Prints everything as JSON.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: &Args, mut session: Session) -> Result<ExitCode, CliError> {
    let app = session.app().await?;
    let status = Status::gather(&app).await?;
    app.close().await;
    if args.json {
        session.out.line(serde_json::to_string_pretty(&status)?)?;
    } else {
        tell(&mut session, &status)?;
    }
    Ok(if status.red.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn tell(session: &mut Session, status: &Status) -> Result<(), CliError> {
    let out = &mut session.out;
    let lang = out.lang();
    let Status { version, database, schema, policy, .. } = status;
    out.say(
        format!("Doorstep {version};数据库 {database},结构版本 {schema};政策 {policy}"),
        format!("Doorstep {version}; database {database}, schema {schema}; policy {policy}"),
    )?;
    let when = |at: &Option<Moment>| at.as_ref().map_or("–".to_owned(), |Moment(at)| minute(*at));
    let (backup, checkpoint) = (when(&status.backup_at), when(&status.checkpoint_at));
    out.say(
        format!("最近备份 {backup};最近检查点 {checkpoint}"),
        format!("last backup {backup}; last checkpoint {checkpoint}"),
    )?;
    let headings = [
        ("编号", "place"),
        ("名称", "name"),
        ("手机", "phones"),
        ("最近同步", "last sync"),
        ("待审", "held"),
        ("超期转办", "overdue"),
        ("警报", "alarms"),
        ("超时复核", "reviews"),
        ("超时提示", "flags"),
        ("未送达", "undelivered"),
        ("期限至", "term ends"),
    ];
    let mut shown = table(lang, &headings, []);
    for stands in &status.caseloads {
        shown.add_row(row(lang, stands, status));
    }
    out.line(shown)?;
    let mut troubles = comfy_table::Table::new();
    troubles.load_style(presets::NOTHING);
    for (mark, color, list) in [("!!", Color::Red, &status.red), ("!", Color::Yellow, &status.yellow)] {
        for Trouble { zh, en, .. } in list {
            troubles.add_row([Cell::new(mark).fg(color), Cell::new(lang.pick(zh, en)).fg(color)]);
        }
    }
    if troubles.is_empty() {
        out.say("一切正常", "all is well")?;
    } else {
        out.line(troubles)?;
    }
    Ok(())
}

fn row(lang: Lang, stands: &Stands, status: &Status) -> Vec<Cell> {
    let phones = &stands.phones;
    let away = phones.stale + phones.suspended + phones.revoked;
    let phones = match away {
        0 => phones.active.to_string(),
        away => lang.pick(format!("{},另 {away}", phones.active), format!("{} +{away}", phones.active)),
    };
    let colored = |code: &str, text: String| {
        let said = |list: &[Trouble]| list.iter().any(|t| t.place == stands.prefix && t.code.starts_with(code));
        let cell = Cell::new(text);
        if said(&status.red) {
            cell.fg(Color::Red)
        } else if said(&status.yellow) {
            cell.fg(Color::Yellow)
        } else {
            cell
        }
    };
    let day = |at: Timestamp| at.civil().date().to_string();
    let last_sync = stands.last_sync.as_ref().map_or("–".to_owned(), |Moment(at)| minute(*at));
    vec![
        Cell::new(&stands.prefix),
        Cell::new(&stands.name),
        colored("phones", phones),
        Cell::new(last_sync),
        colored("held", stands.held.values().sum::<u64>().to_string()),
        colored("referrals", stands.overdue.to_string()),
        colored("alarms", stands.alarms.values().sum::<u64>().to_string()),
        colored("reviews", stands.reviews_overdue.to_string()),
        colored("flags", stands.flags_overdue.to_string()),
        colored("deliveries", stands.deliveries.get("dead").copied().unwrap_or(0).to_string()),
        colored("term", stands.term_to.as_ref().map_or("–".to_owned(), |Moment(end)| day(*end - Span::millis(1)))),
    ]
}

fn minute(at: Timestamp) -> String {
    let at = at.civil();
    format!("{} {:02}:{:02}", at.date(), at.hour(), at.minute())
}
