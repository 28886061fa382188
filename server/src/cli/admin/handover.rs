//! `doorstep admin handover`

use jiff::civil::Date;
use sync_core::words;

use crate::admin::{Admin, Handover, Open, When};
use crate::cli::table::table;
use crate::cli::{CliError, Session, when};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The caseload: its prefix or id.
    caseload: String,
    /// The login of the one who leaves.
    #[arg(id = "handover_from", long = "from", value_name = "LOGIN")]
    from: String,
    /// The login of the one who takes over.
    #[arg(id = "handover_to", long = "to", value_name = "LOGIN")]
    to: String,
    /// The day on which it happens, at its first moment.
    #[arg(long, value_name = "DATE", value_parser = when::date)]
    on: Date,
    /// Says what would be done and does nothing.
    #[arg(long)]
    dry_run: bool,
}

pub(super) async fn run(args: Args, mut session: Session) -> Result<(), CliError> {
    let app = session.app().await?;
    let admin = Admin::new(&app);
    let Args { caseload, from, to, on, dry_run } = args;
    let place = admin.caseload(&caseload).await?;
    let people = (admin.person(&from).await?.id, admin.person(&to).await?.id);
    let Handover { when, there, role, open, phones } =
        admin.hand_over(place.id, people, when::term(on, on).0, dry_run).await?;
    let (name, role) = (place.name, words::role(role));
    let (zh, en) = match when {
        When::Already => ("早已如此安排:", "So it was planned before: "),
        When::Now => ("已交接:", "Handed over: "),
        When::Planned => ("将交接:", "To be handed over: "),
    };
    session.out.say(
        format!("{zh}{on} {from} 离开 {name},由 {to} 接手"),
        format!("{en}on {on} {from} leaves {name}, and {to} takes over"),
    )?;
    if there {
        session.out.say(
            format!("{to} 已在 {name},角色是{}", role.zh),
            format!("{to} works in {name} already, as {}", role.en),
        )?;
    } else {
        session.out.say(format!("{to} 以{}加入", role.zh), format!("{to} enters as {}", role.en))?;
    }
    what_is_open(open, &mut session)?;
    for (phone, seen) in phones {
        let seen = seen.map(|at| at.to_string()).unwrap_or_else(|| "–".to_owned());
        session.out.say(
            format!("{from} 的手机 {phone}(上次同步 {seen}):此后上传的内容待审并列出,档案随下次同步清除"),
            format!("{from}'s phone {phone} (last synced {seen}): what it still sends is held and listed; its files go with its next sync"),
        )?;
    }
    Ok(super::dry(dry_run, &mut session)?)
}

/// What is open in a caseload, as a table.
pub(super) fn what_is_open(open: Open, session: &mut Session) -> Result<(), CliError> {
    let headings = [("随之移交", "goes with it"), ("数量", "count")];
    let lang = session.out.lang();
    let rows = [
        ("档案", "files", open.files),
        ("未改隐患", "open hazards", open.hazards),
        ("未满足的需求", "unmet needs", open.needs),
        ("在途转办", "referrals under way", open.referrals),
        ("成立的提示", "flags that stand", open.flags),
        ("待审内容", "held submissions", open.held),
    ];
    let rows = rows.map(|(zh, en, count)| vec![lang.pick(zh, en).to_owned(), count.to_string()]);
    Ok(session.out.line(table(lang, &headings, rows))?)
}
