//! `doorstep admin delivery`

use clap::Subcommand;
use sync_core::id::DeliveryId;

use crate::admin::Admin;
use crate::cli::table::table;
use crate::cli::{CliError, Session};
use crate::db::delivery::DeliveryState;
use crate::deliver::Problem;
use crate::lang::Lang;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Lists deliveries that did not arrive, or as said.
    #[command(after_help = "Example:\n  doorstep admin delivery list\n  \
        doorstep admin delivery list --state pending --caseload HGS")]
    List {
        /// Where they stand.
        #[arg(long, value_enum, default_value = "dead")]
        state: Standing,
        /// The caseload or desk: its prefix, department or id.
        #[arg(long)]
        caseload: Option<String>,
    },
    /// Has dead deliveries tried again, each under the id that it always had.
    #[command(after_help = "Example:\n  doorstep admin delivery replay --caseload HGS\n  \
        doorstep admin delivery replay --caseload HGS 01KAQ3V1X2Y3Z4A5B6C7D8E9FG")]
    Replay {
        /// The caseload or desk: its prefix, department or id.
        #[arg(long)]
        caseload: String,
        /// The deliveries' ids; without any, all that are dead.
        #[arg(value_parser = delivery)]
        delivery: Vec<DeliveryId>,
    },
}

/// Where a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Standing {
    /// 待送
    Pending,
    /// 已送达
    Delivered,
    /// 未送达
    Dead,
}

impl From<Standing> for DeliveryState {
    fn from(state: Standing) -> Self {
        match state {
            Standing::Pending => Self::Pending,
            Standing::Delivered => Self::Delivered,
            Standing::Dead => Self::Dead,
        }
    }
}

fn delivery(text: &str) -> Result<DeliveryId, CliError> {
    text.parse().map_err(|_| {
        CliError::new(
            "应是投递的编号,见 doorstep admin delivery list",
            "expected the id of a delivery, as `doorstep admin delivery list` shows it",
        )
    })
}

/// Why a delivery failed, in words.
pub(super) fn problem(lang: Lang, code: Option<&str>) -> String {
    match code.map(|code| (code, Problem::of_code(code))) {
        Some((_, Some(problem))) => lang.pick(problem.zh(), problem.to_string()),
        Some((code, None)) => code.to_owned(),
        None => lang.pick("还没有轮到", "its turn has not come yet").to_owned(),
    }
}

pub(super) async fn run(command: Command, mut session: Session) -> Result<(), CliError> {
    let app = session.app().await?;
    let admin = Admin::new(&app);
    match command {
        Command::List { state, caseload } => list(&admin, state.into(), caseload, &mut session).await,
        Command::Replay { caseload, delivery } => {
            let place = admin.caseload(&caseload).await?;
            let wanted = match delivery.is_empty() {
                true => admin.deliveries(place.id, DeliveryState::Dead).await?.iter().map(|dead| dead.id).collect(),
                false => delivery,
            };
            let mut replayed = 0;
            for id in &wanted {
                if !admin.replay(place.id, *id).await? {
                    return Err(CliError::new(
                        format!("{id} 不在“未送达”之列;之前已重发 {replayed} 件"),
                        format!("{id} is not dead; {replayed} before it are tried again"),
                    ));
                }
                replayed += 1;
            }
            let en = format!("{replayed} deliveries are tried again; the server sends them");
            Ok(session.out.say(format!("{replayed} 件将重新投递,由运行中的服务发送"), en)?)
        }
    }
}

async fn list(
    admin: &Admin<'_>,
    state: DeliveryState,
    named: Option<String>,
    session: &mut Session,
) -> Result<(), CliError> {
    let headings = [
        ("编号", "id"),
        ("用于", "of"),
        ("内容", "what"),
        ("时间", "at"),
        ("次数", "attempts"),
        ("下次", "next"),
        ("原因", "why"),
    ];
    let lang = session.out.lang();
    let places = match named {
        Some(named) => vec![admin.caseload(&named).await?],
        None => admin.caseloads().await?,
    };
    let mut rows = Vec::new();
    for place in places {
        for delivery in admin.deliveries(place.id, state).await? {
            let next = delivery.next_at.map(|at| at.to_string()).unwrap_or_default();
            let why = delivery.problem.as_deref().map(|code| problem(lang, Some(code))).unwrap_or_default();
            let (id, at) = (delivery.id.to_string(), delivery.created_at.to_string());
            let place = place.prefix.clone();
            rows.push(vec![id, place, delivery.kind, at, delivery.attempts.to_string(), next, why]);
        }
    }
    Ok(session.out.line(table(lang, &headings, rows))?)
}
