//! `doorstep admin desk credential`

use clap::Subcommand;
use jiff::civil::Date;
use sync_core::id::CredentialId;
use sync_core::time::{Span, Timestamp};

use crate::admin::Admin;
use crate::admin::credential::GivenSecret;
use crate::cli::table::table;
use crate::cli::{CliError, Session, when};
use crate::db::credential::{Credential, Secret};
use crate::lang::Lang;

/// How many hours the secret before is good beside a new one.
pub(super) const OVERLAP_HOURS: u16 = 72;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Gives a desk a credential for its department's own system, and shows the secret once.
    #[command(
        after_help = "Example:\n  doorstep admin desk credential add FIRE --name '消防接警平台' --until 2027-06-30"
    )]
    Add {
        /// The desk: its department or id.
        desk: String,
        /// What the department's system is called.
        #[arg(long)]
        name: String,
        /// The last day on which it is good; without it, until it is revoked.
        #[arg(long = "until", id = "credential_until", value_name = "DATE", value_parser = when::date)]
        until: Option<Date>,
    },
    /// Lists credentials, and when each was last used.
    #[command(after_help = "Example:\n  doorstep admin desk credential list")]
    List,
    /// Gives a credential a new secret, shown once; the one before stays good for a while.
    #[command(after_help = "Example:\n  \
        doorstep admin desk credential rotate 01KAQ3V1X2Y3Z4A5B6C7D8E9FG --overlap-hours 24")]
    Rotate {
        /// The credential's id.
        #[arg(value_parser = credential)]
        credential: CredentialId,
        /// For how many hours the secret before stays good; 0 when it has come into wrong hands.
        #[arg(long, default_value_t = OVERLAP_HOURS)]
        overlap_hours: u16,
    },
    /// Takes a credential away at once.
    #[command(after_help = "Example:\n  doorstep admin desk credential revoke 01KAQ3V1X2Y3Z4A5B6C7D8E9FG")]
    Revoke {
        /// The credential's id.
        #[arg(value_parser = credential)]
        credential: CredentialId,
    },
}

fn credential(text: &str) -> Result<CredentialId, String> {
    text.parse().map_err(|_| format!("{text:?} is not the id of a credential"))
}

pub(super) async fn run(command: Command, mut session: Session) -> Result<(), CliError> {
    let app = session.app().await?;
    let admin = Admin::new(&app);
    match command {
        Command::List => list(&admin, &mut session).await,
        Command::Add { desk, name, until } => {
            let desk = admin.caseload(&desk).await?.id;
            let until = until.map(|last| when::term(last, last).1);
            let given = admin.add_credential(desk, &name, until).await?;
            session.out.say(format!("已新增凭据 {}", given.id), format!("added credential {}", given.id))?;
            show(&given, &mut session)
        }
        Command::Rotate { credential, overlap_hours } => {
            let given = admin.rotate_credential(credential, Span::hours(overlap_hours.into())).await?;
            if let Some(until) = given.overlap_until.filter(|_| overlap_hours > 0) {
                session.out.say(format!("原密钥有效至 {until}"), format!("the secret before is good until {until}"))?;
            }
            show(&given, &mut session)
        }
        Command::Revoke { credential } => {
            if admin.revoke_credential(credential).await? {
                Ok(session.out.say("已停用", "revoked")?)
            } else {
                Ok(session.out.say("此前已停用", "it was revoked before")?)
            }
        }
    }
}

fn show(given: &GivenSecret, session: &mut Session) -> Result<(), CliError> {
    let text = given.text.as_str();
    Ok(session.out.say(format!("密钥(只显示这一次):{text}"), format!("secret (shown only now): {text}"))?)
}

async fn list(admin: &Admin<'_>, session: &mut Session) -> Result<(), CliError> {
    let headings = [
        ("编号", "id"),
        ("窗口", "desk"),
        ("系统", "system"),
        ("状态", "state"),
        ("最近使用", "last used"),
        ("原密钥", "secret before"),
    ];
    let (lang, now) = (session.out.lang(), admin.now());
    let desks = admin.caseloads().await?;
    let rows = admin.credentials().await?.into_iter().map(|(known, secrets)| {
        let desk = desks.iter().find(|desk| desk.id == known.desk).map(|desk| desk.prefix.clone()).unwrap_or_default();
        let last = secrets.iter().filter_map(|secret| secret.used_at).max();
        let last = last.map_or_else(|| lang.pick("从未", "never").to_owned(), |at| at.to_string());
        let (state, before) = (state(lang, &known, now), before(lang, &secrets, now));
        vec![known.id.to_string(), desk, known.name, state, last, before]
    });
    Ok(session.out.line(table(lang, &headings, rows.collect::<Vec<_>>()))?)
}

fn state(lang: Lang, known: &Credential, now: Timestamp) -> String {
    match (known.revoked_at, known.until) {
        (Some(at), _) => format!("{} {at}", lang.pick("已停用", "revoked")),
        (None, Some(until)) if until <= now => format!("{} {until}", lang.pick("已到期", "ran out")),
        (None, Some(until)) => format!("{} {until}", lang.pick("有效至", "good until")),
        (None, None) => lang.pick("有效", "good").to_owned(),
    }
}

/// Secrets of before that are still good, and whether somebody still uses them.
fn before(lang: Lang, secrets: &[Secret], now: Timestamp) -> String {
    let ending = secrets.iter().filter(|secret| secret.stands(now)).filter_map(|secret| Some((secret, secret.until?)));
    let said = ending.map(|(secret, until)| {
        let used = secret.used_at.map_or_else(
            || lang.pick("从未使用", "never used").to_owned(),
            |at| format!("{} {at}", lang.pick("最近使用", "last used")),
        );
        format!("{} {until}, {used}", lang.pick("有效至", "good until"))
    });
    said.collect::<Vec<_>>().join("; ")
}
