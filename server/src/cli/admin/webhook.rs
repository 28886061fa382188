//! `doorstep admin webhook`

use clap::Subcommand;
use sync_core::id::WebhookId;
use sync_core::time::Span;

use super::credential::OVERLAP_HOURS;
use super::delivery::problem;
use super::duty::{DutyLevel, called};
use crate::admin::Admin;
use crate::cli::table::table;
use crate::cli::{CliError, Session};
use crate::db::caseload::CaseloadKind;
use crate::db::delivery::DeliveryState;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Adds an address for deliveries, and shows the secret that signs them once.
    #[command(after_help = "Example:\n  \
        doorstep admin webhook add --caseload HGS --for first --url https://pager.example.org/doorstep\n  \
        doorstep admin webhook add --desk FIRE --url https://fire.example.org/slips\n  \
        doorstep admin webhook add --caseload HGS --checkpoints --url https://audit.example.org/doorstep")]
    Add {
        /// The caseload or desk: its prefix, department or id.
        #[arg(long, required_unless_present = "desk", conflicts_with = "desk")]
        caseload: Option<String>,
        /// Whose duty in the caseload it serves.
        #[arg(long = "for", value_enum, requires = "caseload", required_unless_present_any = ["desk", "checkpoints"])]
        level: Option<DutyLevel>,
        /// It is sent the checkpoints of all logs, to keep them elsewhere.
        #[arg(long, requires = "caseload", conflicts_with = "level")]
        checkpoints: bool,
        /// The desk that is told of its slips: its department or id.
        #[arg(long)]
        desk: Option<String>,
        /// Where deliveries are posted: https://…
        #[arg(long)]
        url: String,
        /// Also over http:// to another machine, in the clear.
        #[arg(long)]
        allow_http: bool,
    },
    /// Lists the addresses, and how deliveries to each stand.
    #[command(after_help = "Example:\n  doorstep admin webhook list")]
    List,
    /// Removes an address; what was still to go there is dead.
    #[command(after_help = "Example:\n  doorstep admin webhook remove 01KAQ3V1X2Y3Z4A5B6C7D8E9FG")]
    Remove {
        /// The address's id.
        #[arg(value_parser = webhook)]
        webhook: WebhookId,
    },
    /// Gives an address a new secret, shown once; the one before signs beside it for a while.
    #[command(after_help = "Example:\n  doorstep admin webhook rotate 01KAQ3V1X2Y3Z4A5B6C7D8E9FG --overlap-hours 24")]
    Rotate {
        /// The address's id.
        #[arg(value_parser = webhook)]
        webhook: WebhookId,
        /// For how many hours the secret before stays good; 0 when it has come into wrong hands.
        #[arg(long, default_value_t = OVERLAP_HOURS)]
        overlap_hours: u16,
    },
    /// Sends a trial to an address now, and says what came of it.
    #[command(after_help = "Example:\n  doorstep admin webhook test 01KAQ3V1X2Y3Z4A5B6C7D8E9FG")]
    Test {
        /// The address's id.
        #[arg(value_parser = webhook)]
        webhook: WebhookId,
    },
}

fn webhook(text: &str) -> Result<WebhookId, CliError> {
    text.parse().map_err(|_| {
        CliError::new(
            "应是投递地址的编号,见 doorstep admin webhook list",
            "expected the id of a webhook, as `doorstep admin webhook list` shows it",
        )
    })
}

pub(super) async fn run(command: Command, mut session: Session) -> Result<(), CliError> {
    let app = session.app().await?;
    let admin = Admin::new(&app);
    let out = &mut session.out;
    match command {
        Command::List => list(&admin, &mut session).await,
        Command::Add { caseload, level, checkpoints, desk, url, allow_http } => {
            let place = admin.caseload(&caseload.or(desk).unwrap_or_default()).await?;
            let new = match level {
                None if checkpoints => admin.add_auditor(place.id, &url, allow_http).await?,
                level => admin.add_webhook(place.id, level.map(Into::into), &url, allow_http).await?,
            };
            out.say(format!("已新增投递地址 {}", new.id), format!("added webhook {}", new.id))?;
            let (zh, en) =
                (format!("密钥(只显示这一次):{}", new.secret), format!("secret (shown only now): {}", new.secret));
            Ok(out.say(zh, en)?)
        }
        Command::Remove { webhook } => {
            let stopped = admin.remove_webhook(webhook).await?;
            let en = format!("removed; {stopped} deliveries that were still to go there are dead");
            Ok(out.say(format!("已移除;{stopped} 件未送达的投递不再发送"), en)?)
        }
        Command::Rotate { webhook, overlap_hours } => {
            let new = admin.rotate_webhook(webhook, Span::hours(overlap_hours.into())).await?;
            let en = format!("secret (shown only now): {}", new.secret);
            Ok(out.say(format!("密钥(只显示这一次):{}", new.secret), en)?)
        }
        Command::Test { webhook } => {
            let delivery = admin.try_webhook(webhook).await?;
            match delivery {
                Some(delivery) if delivery.state == DeliveryState::Delivered => {
                    Ok(out.say("接收方已收到", "the receiver has it")?)
                }
                other => {
                    let code = other.and_then(|delivery| delivery.problem);
                    Err(CliError::new(
                        format!("没有送达:{}", problem(crate::lang::Lang::Zh, code.as_deref())),
                        format!("not delivered: {}", problem(crate::lang::Lang::En, code.as_deref())),
                    ))
                }
            }
        }
    }
}

async fn list(admin: &Admin<'_>, session: &mut Session) -> Result<(), CliError> {
    let headings = [
        ("编号", "id"),
        ("用于", "of"),
        ("给", "for"),
        ("地址", "address"),
        ("待送", "pending"),
        ("已送达", "delivered"),
        ("未送达", "dead"),
    ];
    let lang = session.out.lang();
    let caseloads = admin.caseloads().await?;
    let rows = admin.webhooks().await?.into_iter().map(|stands| {
        let webhook = stands.webhook;
        let of = caseloads.iter().find(|c| c.id == webhook.caseload);
        let place = of.map(|c| c.prefix.clone()).unwrap_or_default();
        let checkpoints = of.is_some_and(|c| c.kind == CaseloadKind::Field);
        let nobody = if checkpoints { lang.pick("检查点", "checkpoints") } else { lang.pick("窗口", "desk") };
        let level = webhook.level.map_or(nobody, |level| called(lang, level)).to_owned();
        let [pending, delivered, dead] = stands.counts.map(|count| count.to_string());
        vec![webhook.id.to_string(), place, level, webhook.url, pending, delivered, dead]
    });
    Ok(session.out.line(table(lang, &headings, rows.collect::<Vec<_>>()))?)
}
