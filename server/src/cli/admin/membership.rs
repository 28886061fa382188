//! `doorstep admin assign` and `doorstep admin unassign`

use super::PersonRole;
use crate::admin::Admin;
use crate::cli::{CliError, Session};

#[derive(Debug, clap::Args)]
pub(crate) struct Assign {
    /// The person's login.
    login: String,
    /// The caseload or desk: its prefix, department or id.
    caseload: String,
    /// As what, if not as what they are.
    #[arg(long, value_enum)]
    role: Option<PersonRole>,
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
    admin.assign(place.id, person.id, args.role.map(Into::into)).await?;
    let (login, name) = (args.login, place.name);
    Ok(session.out.say(format!("{login} 已加入 {name}"), format!("{login} works in {name} now"))?)
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
