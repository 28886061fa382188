//! `doorstep admin assign` and `doorstep admin unassign`

use jiff::civil::Date;

use super::PersonRole;
use crate::admin::{Admin, Cover, When};
use crate::cli::{CliError, Session, when};

#[derive(Debug, clap::Args)]
pub(crate) struct Assign {
    /// The person's login.
    login: String,
    /// The caseload or desk: its prefix, department or id.
    caseload: String,
    /// As what, if not as what they are.
    #[arg(long, value_enum)]
    role: Option<PersonRole>,
    /// First day, of somebody who comes for a while; without it, from now.
    #[arg(long, value_name = "DATE", value_parser = when::date, requires = "until")]
    from: Option<Date>,
    /// Last day, of somebody who comes for a while; they leave by themselves.
    #[arg(long, value_name = "DATE", value_parser = when::date)]
    until: Option<Date>,
    /// The login of whom they stand in for.
    #[arg(long, value_name = "LOGIN", requires = "until")]
    covers: Option<String>,
    /// Says what would be done and does nothing.
    #[arg(long, requires = "until")]
    dry_run: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Unassign {
    /// The person's login.
    login: String,
    /// The caseload or desk: its prefix, department or id.
    caseload: String,
}

pub(super) async fn assign(args: Assign, mut session: Session) -> Result<(), CliError> {
    let app = session.app().await?;
    let admin = Admin::new(&app);
    let (person, place) = (admin.person(&args.login).await?, admin.caseload(&args.caseload).await?);
    let (login, name, role) = (args.login, place.name, args.role.map(Into::into));
    let Some(last) = args.until else {
        admin.assign(place.id, person.id, role).await?;
        return Ok(session.out.say(format!("{login} 已加入 {name}"), format!("{login} works in {name} now"))?);
    };
    let covers = match &args.covers {
        Some(login) => Some(admin.person(login).await?.id),
        None => None,
    };
    let (from, until) = (args.from.map(|day| when::term(day, day).0), when::term(last, last).1);
    let cover = Cover { role, from, until, covers };
    let (zh, en) = match admin.cover(place.id, person.id, cover, args.dry_run).await? {
        When::Already => {
            (format!("{login} 在 {name} 的安排早已如此"), format!("{login} and {name}: so it was planned before"))
        }
        When::Now => {
            (format!("{login} 即时加入 {name},到 {last} 为止"), format!("{login} works in {name} now, until {last}"))
        }
        When::Planned => {
            let first = args.from.map(|day| day.to_string()).unwrap_or_default();
            let zh = format!("{login} 将在 {first} 加入 {name},到 {last} 为止");
            (zh, format!("{login} will work in {name} from {first} until {last}"))
        }
    };
    session.out.say(zh, en)?;
    Ok(super::dry(args.dry_run, &mut session)?)
}

pub(super) async fn unassign(args: Unassign, mut session: Session) -> Result<(), CliError> {
    let app = session.app().await?;
    let admin = Admin::new(&app);
    let (person, place) = (admin.person(&args.login).await?, admin.caseload(&args.caseload).await?);
    let (login, name) = (args.login, place.name);
    if admin.unassign(place.id, person.id).await? {
        session.out.say(format!("{login} 已离开 {name}"), format!("{login} works in {name} no more"))?;
    } else {
        session.out.say(format!("{login} 本来就不在 {name}"), format!("{login} did not work in {name}"))?;
    }
    Ok(())
}
