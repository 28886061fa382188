//! `doorstep admin person`

use std::io::Read;

use clap::Subcommand;
use sync_core::author::Role;
use sync_core::policy::Text;
use sync_core::words;

use super::PersonRole;
use crate::admin::Admin;
use crate::app::App;
use crate::cli::table::table;
use crate::cli::{CliError, Session};
use crate::lang::Lang;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Adds a person. Whoever works at a console gets a password, which is shown once.
    #[command(after_help = "Example:\n  doorstep admin person add lin --name '林' --role worker\n  \
        doorstep admin person add zhao --name '赵' --role officer --password-stdin < password.txt")]
    Add {
        /// What they type to log in.
        login: String,
        /// Their name.
        #[arg(long)]
        name: String,
        /// What they are where nothing else is said.
        #[arg(long, value_enum)]
        role: PersonRole,
        /// Reads their password from standard input instead of inventing one.
        #[arg(long)]
        password_stdin: bool,
    },
    /// Lists everybody.
    #[command(after_help = "Example:\n  doorstep admin person list")]
    List,
    /// Gives a person another password, which is shown once.
    #[command(after_help = "Example:\n  doorstep admin person password he")]
    Password {
        /// The person's login.
        login: String,
        /// Reads their password from standard input instead of inventing one.
        #[arg(long)]
        password_stdin: bool,
    },
    /// Takes every access from a person at once.
    #[command(after_help = "Example:\n  doorstep admin person disable chen")]
    Disable {
        /// The person's login.
        login: String,
    },
    /// Gives a person their access back.
    #[command(after_help = "Example:\n  doorstep admin person enable chen")]
    Enable {
        /// The person's login.
        login: String,
    },
}

pub(super) async fn run(command: Command, mut session: Session) -> Result<(), CliError> {
    let app = session.app().await?;
    let admin = Admin::new(&app);
    match command {
        Command::List => list(&admin, &mut session).await?,
        Command::Add { login, name, role, password_stdin } => {
            let role = Role::from(role);
            let password = match (password_stdin, role) {
                (true, _) => Some(read_password(&mut session)?),
                (false, Role::Worker) => None,
                (false, _) => Some(invent(&app)),
            };
            let id = admin.add_person(&login, &name, role, password.as_deref()).await?;
            session.out.say(format!("已新增 {login}({id})"), format!("added {login} ({id})"))?;
            show(&mut session, password.filter(|_| !password_stdin))?;
        }
        Command::Password { login, password_stdin } => {
            let password = if password_stdin { read_password(&mut session)? } else { invent(&app) };
            admin.set_password(admin.person(&login).await?.id, &password).await?;
            session.out.say(format!("已更换 {login} 的密码"), format!("{login} has another password"))?;
            show(&mut session, Some(password).filter(|_| !password_stdin))?;
        }
        Command::Disable { login } => {
            admin.disable(admin.person(&login).await?.id, true).await?;
            session.out.say(format!("{login} 已停用"), format!("{login} has no access any more"))?;
        }
        Command::Enable { login } => {
            admin.disable(admin.person(&login).await?.id, false).await?;
            session.out.say(format!("{login} 已恢复"), format!("{login} has access again"))?;
        }
    }
    Ok(())
}

fn show(session: &mut Session, password: Option<String>) -> Result<(), CliError> {
    let Some(password) = password else { return Ok(()) };
    Ok(session.out.say(format!("密码(只显示这一次):{password}"), format!("password (shown only now): {password}"))?)
}

/// Four groups of four letters and digits: 80 bits.
fn invent(app: &App) -> String {
    crate::auth::Code::new(&**app.random()).grouped().to_lowercase()
}

fn read_password(session: &mut Session) -> Result<String, CliError> {
    let mut text = String::new();
    Read::take(&mut session.input, 4096).read_to_string(&mut text)?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

fn called(lang: Lang, role: Role) -> String {
    let Text { zh, en } = words::role(role);
    lang.pick(zh, en)
}

async fn list(admin: &Admin<'_>, session: &mut Session) -> Result<(), CliError> {
    let headings = [("用户名", "login"), ("姓名", "name"), ("角色", "role"), ("工作于", "works in"), ("状态", "state")];
    let lang = session.out.lang();
    let caseloads = admin.caseloads().await?;
    let mut rows = Vec::new();
    for person in admin.people().await? {
        let places: Vec<String> = admin
            .memberships(person.id)
            .await?
            .iter()
            .filter_map(|m| {
                let place = caseloads.iter().find(|c| c.id == m.caseload)?;
                Some(if m.role == person.role {
                    place.prefix.clone()
                } else {
                    format!("{} ({})", place.prefix, called(lang, m.role))
                })
            })
            .collect();
        let state = match person.disabled_at {
            Some(_) => lang.pick("已停用", "disabled"),
            None => "",
        };
        let role = called(lang, person.role);
        rows.push(vec![person.login, person.name, role, places.join(", "), state.to_owned()]);
    }
    Ok(session.out.line(table(lang, &headings, rows))?)
}
