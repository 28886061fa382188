//! `doorstep admin caseload` and `doorstep admin desk`

use clap::Subcommand;
use jiff::civil::Date;

use super::credential;
use crate::admin::{Admin, NewCaseload};
use crate::cli::table::table;
use crate::cli::{CliError, Session, when};
use crate::db::caseload::CaseloadKind;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Adds a caseload.
    #[command(after_help = "Example:\n  doorstep admin caseload add HGS --name '花果山商铺' --owner '招商街道' \
        --operator '邻里社工' --programme work-safety --from 2026-01-01 --to 2026-12-31")]
    Add {
        /// What human numbers of its referrals begin with: two to six capital letters.
        prefix: String,
        /// What people call it.
        #[arg(long)]
        name: String,
        /// The purchased project that it belongs to.
        #[arg(long, default_value = "work-safety")]
        programme: String,
        /// The community.
        #[arg(long, default_value = "")]
        community: String,
        /// The street that owns it.
        #[arg(long)]
        owner: String,
        /// The organisation that works on it for the term; slips name it as contact.
        #[arg(long)]
        operator: String,
        #[command(flatten)]
        term: Term,
    },
    /// Lists caseloads and desks.
    #[command(after_help = "Example:\n  doorstep admin caseload list")]
    List,
}

#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct Term {
    /// First day of the term.
    #[arg(long, value_name = "DATE", value_parser = when::date)]
    from: Date,
    /// Last day of the term.
    #[arg(long, value_name = "DATE", value_parser = when::date)]
    to: Date,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DeskCommand {
    /// Adds the desk of a department.
    #[command(after_help = "Example:\n  doorstep admin desk add FIRE --name '消防窗口'")]
    Add {
        /// The department's code, as the policy names it.
        dept: String,
        /// What people call it.
        #[arg(long)]
        name: String,
    },
    /// Lists caseloads and desks.
    #[command(after_help = "Example:\n  doorstep admin desk list")]
    List,
    /// Credentials of desks, for departments' own systems.
    #[command(subcommand, after_help = "Example:\n  doorstep admin desk credential list")]
    Credential(credential::Command),
}

pub(super) async fn run(command: Command, mut session: Session) -> Result<(), CliError> {
    let app = session.app().await?;
    let admin = Admin::new(&app);
    match command {
        Command::List => list(&admin, &mut session).await?,
        Command::Add { prefix, name, programme, community, owner, operator, term } => {
            let term = when::term(term.from, term.to);
            let new = NewCaseload { prefix, name, programme, community, owner, operator, term };
            let id = admin.add_caseload(new).await?;
            session.out.say(format!("已新建档案组 {id}"), format!("added caseload {id}"))?;
        }
    }
    Ok(())
}

pub(super) async fn run_desk(command: DeskCommand, mut session: Session) -> Result<(), CliError> {
    let command = match command {
        DeskCommand::Credential(command) => return credential::run(command, session).await,
        other => other,
    };
    let app = session.app().await?;
    let admin = Admin::new(&app);
    match command {
        DeskCommand::Credential(_) | DeskCommand::List => list(&admin, &mut session).await,
        DeskCommand::Add { dept, name } => {
            if app.flow().policy().policy().department(&dept).is_none() {
                return Err(CliError::new(
                    format!("政策中没有部门代码 {dept}"),
                    format!("the policy has no department {dept}"),
                ));
            }
            let id = admin.add_desk(&dept, &name).await?;
            Ok(session.out.say(format!("已新建窗口 {id}"), format!("added desk {id}"))?)
        }
    }
}

async fn list(admin: &Admin<'_>, session: &mut Session) -> Result<(), CliError> {
    let headings = [
        ("编号", "id"),
        ("类型", "kind"),
        ("前缀", "prefix"),
        ("名称", "name"),
        ("街道", "owner"),
        ("承接机构", "operator"),
        ("期限", "term"),
    ];
    let lang = session.out.lang();
    let rows = admin.caseloads().await?.into_iter().map(|c| {
        let (kind, term) = match c.kind {
            CaseloadKind::Desk => (lang.pick("窗口", "desk"), String::new()),
            CaseloadKind::Field => {
                let last = c.term_to - sync_core::time::Span::millis(1);
                (lang.pick("档案组", "caseload"), format!("{} – {}", c.term_from.civil().date(), last.civil().date()))
            }
        };
        vec![c.id.to_string(), kind.to_owned(), c.prefix, c.name, c.owner, c.operator, term]
    });
    let table = table(lang, &headings, rows.collect::<Vec<_>>());
    Ok(session.out.line(table)?)
}
