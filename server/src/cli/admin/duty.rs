//! `doorstep admin duty`

use clap::Subcommand;
use jiff::civil::Date;
use sync_core::id::PersonId;
use sync_core::time::Timestamp;

use crate::admin::Admin;
use crate::admin::duty::Unmanned;
use crate::cli::table::table;
use crate::cli::{CliError, Out, Session, when};
use crate::db::caseload::{Caseload, CaseloadKind};
use crate::db::duty::{Duty, Level};
use crate::db::person::Person;
use crate::lang::Lang;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Names a person whom alarms of a caseload are told: first, as deputy, or as purchaser.
    #[command(after_help = "Example:\n  doorstep admin duty add HGS mei --as first\n  \
        doorstep admin duty add HGS an --as deputy --from 2026-12-01 --to 2026-12-31")]
    Add {
        /// The caseload or desk: its prefix, department or id.
        caseload: String,
        /// The person's login.
        login: String,
        /// Whether they are told first, when nobody acknowledges, or last.
        #[arg(long = "as", value_enum)]
        level: DutyLevel,
        /// First day; without it, from now on.
        #[arg(long, value_name = "DATE", value_parser = when::date)]
        from: Option<Date>,
        /// Last day; without it, until further notice.
        #[arg(long, value_name = "DATE", value_parser = when::date)]
        to: Option<Date>,
    },
    /// Takes a person off duty.
    #[command(after_help = "Example:\n  doorstep admin duty remove HGS mei --as first")]
    Remove {
        /// The caseload or desk: its prefix, department or id.
        caseload: String,
        /// The person's login.
        login: String,
        /// Whether they are told first, when nobody acknowledges, or last.
        #[arg(long = "as", value_enum)]
        level: DutyLevel,
    },
    /// Says whom alarms of each caseload reach now, and who is named for when.
    #[command(after_help = "Example:\n  doorstep admin duty list")]
    List,
}

/// A level of duty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum DutyLevel {
    /// 首先
    First,
    /// 副手
    Deputy,
    /// 购买方
    Purchaser,
}

impl From<DutyLevel> for Level {
    fn from(level: DutyLevel) -> Self {
        match level {
            DutyLevel::First => Self::First,
            DutyLevel::Deputy => Self::Deputy,
            DutyLevel::Purchaser => Self::Purchaser,
        }
    }
}

/// What a level is called.
pub(crate) fn called(lang: Lang, level: Level) -> &'static str {
    match level {
        Level::First => lang.pick("第一值守人", "first"),
        Level::Deputy => lang.pick("副手", "deputy"),
        Level::Purchaser => lang.pick("购买方", "purchaser"),
    }
}

pub(super) async fn run(command: Command, mut session: Session) -> Result<(), CliError> {
    let app = session.app().await?;
    let admin = Admin::new(&app);
    let lang = session.out.lang();
    match command {
        Command::List => list(&admin, &mut session.out).await,
        Command::Add { caseload, login, level, from, to } => {
            let (place, person, level) = (admin.caseload(&caseload).await?, admin.person(&login).await?, level.into());
            let midnight = |date: Date| when::term(date, date);
            let from = from.map_or(app.clock().now(), |day| midnight(day).0);
            let to = to.map_or(Timestamp::MAX, |day| midnight(day).1);
            if to <= from {
                return Err(CliError::new("最后一天早于第一天", "the last day is before the first"));
            }
            admin.name_for_duty(place.id, &Duty { level, person: person.id, from, to }).await?;
            let (name, level) = (place.name, called(lang, level));
            let en = format!("alarms of {name} are told {login} ({level})");
            Ok(session.out.say(format!("{name} 的警报会通知 {login}({level})"), en)?)
        }
        Command::Remove { caseload, login, level } => {
            let (place, person, level) = (admin.caseload(&caseload).await?, admin.person(&login).await?, level.into());
            let (name, code) = (&place.name, called(lang, level));
            if admin.relieve(place.id, level, person.id).await? {
                let en = format!("{login} is not on duty for {name} any more ({code})");
                session.out.say(format!("{login} 不再值守 {name}({code})"), en)?;
            } else {
                let en = format!("{login} was not named for {name} ({code})");
                session.out.say(format!("{login} 本来就没有被指定值守 {name}({code})"), en)?;
            }
            warn(&admin.unmanned().await?, &mut session.out)
        }
    }
}

async fn list(admin: &Admin<'_>, out: &mut Out) -> Result<(), CliError> {
    let headings =
        [("档案组", "caseload"), ("值守", "duty"), ("现在通知", "told now"), ("依据", "because"), ("已指定", "named")];
    let lang = out.lang();
    let people = admin.people().await?;
    let mut rows = Vec::new();
    for caseload in admin.caseloads().await?.into_iter().filter(|c| c.kind == CaseloadKind::Field) {
        rows.extend(of_caseload(admin, lang, &people, &caseload).await?);
    }
    out.line(table(lang, &headings, rows))?;
    warn(&admin.unmanned().await?, out)
}

async fn of_caseload(
    admin: &Admin<'_>,
    lang: Lang,
    people: &[Person],
    caseload: &Caseload,
) -> Result<Vec<Vec<String>>, CliError> {
    let login = |id: PersonId| people.iter().find(|p| p.id == id).map(|p| p.login.clone()).unwrap_or_default();
    let duties = admin.duties(caseload.id).await?;
    let mut rows = Vec::new();
    for (level, on_duty) in admin.on_duty(caseload.id).await? {
        let now: Vec<String> = on_duty.people.iter().map(|id| login(*id)).collect();
        let why = match (on_duty.named, now.is_empty()) {
            (_, true) => lang.pick("没有人!", "nobody!"),
            (true, _) => lang.pick("已指定", "named"),
            (false, _) => lang.pick("按角色", "by role"),
        };
        let named = duties.iter().filter(|duty| duty.level == level).map(|duty| {
            let until = if duty.to == Timestamp::MAX { String::new() } else { duty.to.to_string() };
            format!("{} {} – {until}", login(duty.person), duty.from)
        });
        let named: Vec<String> = named.collect();
        let level = called(lang, level).to_owned();
        rows.push(vec![caseload.prefix.clone(), level, now.join(", "), why.to_owned(), named.join("\n")]);
    }
    Ok(rows)
}

/// Says loudly where alarms find nobody.
pub(crate) fn warn(unmanned: &[Unmanned], out: &mut Out) -> Result<(), CliError> {
    let lang = out.lang();
    for Unmanned { prefix, name, levels } in unmanned {
        let missing: Vec<&str> = levels.iter().map(|level| called(lang, *level)).collect();
        let (zh, en) = (missing.join("、"), missing.join(", "));
        out.say(
            format!("!! {prefix}({name})的警报没有人接:缺{zh}。请执行:doorstep admin assign、doorstep admin duty add"),
            format!(
                "!! Alarms of {prefix} ({name}) find nobody: {en}. Use `doorstep admin assign` and \
                 `doorstep admin duty add`"
            ),
        )?;
    }
    Ok(())
}
