//! `doorstep admin device`

use clap::Subcommand;
use sync_core::id::DeviceId;
use sync_core::time::Timestamp;

use crate::admin::Admin;
use crate::cli::table::table;
use crate::cli::{CliError, Session, when};
use crate::db::device::Device;
use crate::lang::Lang;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Lists every phone with what is remarkable about it.
    #[command(after_help = "Example:\n  doorstep admin device list")]
    List,
    /// Ends a phone's access. It uploads what it has into quarantine, and is then told to wipe itself.
    #[command(after_help = "Example:\n  doorstep admin device revoke 01KAQ3V1X2Y3Z4A5B6C7D8E9FG \
        --lost-since '2026-11-23 11:15'")]
    Revoke {
        /// The phone's id.
        #[arg(value_parser = device)]
        device: DeviceId,
        /// Since when nobody knows who holds it; without it, since now.
        #[arg(long, value_name = "TIME", value_parser = when::moment)]
        lost_since: Option<Timestamp>,
    },
}

fn device(text: &str) -> Result<DeviceId, CliError> {
    text.parse().map_err(|_| {
        CliError::new(
            "应是手机的编号,见 doorstep admin device list",
            "expected the id of a device, as `doorstep admin device list` shows it",
        )
    })
}

pub(super) async fn run(command: Command, mut session: Session) -> Result<(), CliError> {
    let app = session.app().await?;
    let admin = Admin::new(&app);
    match command {
        Command::List => list(&admin, &mut session).await,
        Command::Revoke { device, lost_since } => {
            if admin.revoke(device, "admin", lost_since).await? {
                let en = format!("{device} has no access any more; what it still sends waits for a supervisor");
                Ok(session.out.say(format!("{device} 已停用,此后上传的内容交督导处理"), en)?)
            } else {
                Err(CliError::new(
                    format!("没有设备 {device},或早已停用"),
                    format!("there is no device {device}, or it was revoked before"),
                ))
            }
        }
    }
}

async fn list(admin: &Admin<'_>, session: &mut Session) -> Result<(), CliError> {
    let headings = [
        ("编号", "id"),
        ("人员", "person"),
        ("名称", "name"),
        ("登记", "enrolled"),
        ("上次同步", "synced"),
        ("状态", "state"),
        ("说明", "notes"),
    ];
    let lang = session.out.lang();
    let people = admin.people().await?;
    let rows = admin.devices().await?.into_iter().map(|device| {
        let owner = people.iter().find(|person| person.id == device.person);
        let login = owner.map(|person| person.login.clone()).unwrap_or_default();
        let state = state(&device, owner.is_some_and(|person| person.disabled_at.is_some()));
        let synced = device.seen_at.map(|at| at.to_string()).unwrap_or_default();
        let notes = notes(lang, &device);
        vec![
            device.id.to_string(),
            login,
            device.name,
            device.enrolled_at.to_string(),
            synced,
            lang.pick(state.0, state.1).to_owned(),
            notes,
        ]
    });
    let table = table(lang, &headings, rows.collect::<Vec<_>>());
    Ok(session.out.line(table)?)
}

/// What a phone may do now.
fn state(device: &Device, owner_disabled: bool) -> (&'static str, &'static str) {
    if device.revoked_at.is_some() {
        ("已停用:上传待审,随后清除", "revoked: what it sends is held, then it wipes itself")
    } else if device.suspended_at.is_some() {
        ("暂停:上传待审,不可读", "suspended: what it sends is held, it reads nothing")
    } else if owner_disabled {
        ("人员已停用:上传待审,不可读", "its person is disabled: what it sends is held, it reads nothing")
    } else {
        ("正常", "in use")
    }
}

fn notes(lang: Lang, device: &Device) -> String {
    let note = |at: Option<Timestamp>, zh: &str, en: &str| at.map(|at| format!("{} {at}", lang.pick(zh, en)));
    let notes = [
        note(device.revoked_at, "停用", "revoked"),
        note(device.lost_since, "遗失于", "lost since"),
        note(device.suspended_at, "密钥在另一处使用", "key in use elsewhere"),
        note(device.superseded_at, "出示过旧凭证", "showed an old secret"),
    ];
    notes.into_iter().flatten().collect::<Vec<_>>().join("\n")
}
