//! An alarm as it is shown. Whoever works in the caseload sees what it says; the purchaser, to whom it passes last, ids
//! and times only.

use serde::Serialize;
use sync_core::author::Role;
use sync_core::id::{CaseloadId, EntityId, FlagId, PersonId};

use crate::auth::Access;
use crate::db::alarm_log::What;
use crate::db::duty::Level;
use crate::db::key::Keyring;
use crate::db::{self, alarm, alarm_log};
use crate::http::Moment;

/// Who looks at alarms. The purchaser only at those that have come that far.
pub(crate) const WATCHERS: &[Role] = &[Role::Supervisor, Role::Steward, Role::Dispatcher, Role::Purchaser];

/// An alarm.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Alarm {
    /// Its number in the caseload.
    n: u64,
    /// When it went off.
    #[schema(value_type = String, format = DateTime)]
    at: Moment,
    /// What it is: `alarm` for a flag that cannot wait, else what went wrong.
    code: String,
    /// The rule, if one was behind it.
    rule: Option<String>,
    /// The flag that cannot wait.
    #[schema(value_type = Option<String>)]
    flag: Option<FlagId>,
    /// What the flag is about.
    #[schema(value_type = Option<String>)]
    subject: Option<EntityId>,
    /// What set it off is held: it is in no file until a person has decided.
    held: bool,
    /// What a person needs to know; not for the purchaser.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    /// How far it has come: `first`, `deputy`, `purchaser`; none while nobody was told.
    #[schema(value_type = Option<String>, example = "deputy")]
    level: Option<&'static str>,
    /// When it passes on, unless somebody acknowledges it.
    #[schema(value_type = Option<String>, format = DateTime)]
    next_at: Option<Moment>,
    /// Whom it reached, and when.
    told: Vec<Told>,
    /// Who has acknowledged it.
    #[serde(skip_serializing_if = "Option::is_none")]
    acknowledged: Option<Acknowledged>,
}

/// A step of an alarm.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Told {
    /// To which level.
    #[schema(value_type = String, example = "first")]
    level: &'static str,
    /// Who was told; none when there was nobody.
    #[schema(value_type = Option<String>)]
    person: Option<PersonId>,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Moment,
}

/// Who has acknowledged an alarm.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Acknowledged {
    /// Who.
    #[schema(value_type = String)]
    by: PersonId,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Moment,
    /// What was done; not for the purchaser.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

/// Whether an alarm is there for somebody in this role.
pub(super) fn reaches(role: Role, alarm: &alarm::Alarm) -> bool {
    role != Role::Purchaser || alarm.level == Some(Level::Purchaser)
}

/// An alarm as this role sees it.
pub(super) async fn shown(
    access: &mut Access,
    keys: &mut Keyring,
    caseload: CaseloadId,
    alarm: alarm::Alarm,
) -> db::Result<Alarm> {
    let whole = access.scope.role() != Role::Purchaser;
    let (mut told, mut note) = (Vec::new(), None);
    for entry in alarm_log::of_alarm(&mut access.tx, caseload, alarm.n).await? {
        match entry.what()? {
            What::Raised => {}
            What::Told | What::Nobody => {
                let level = entry.level()?.map_or("", Level::code);
                told.push(Told { level, person: entry.person()?, at: entry.at()?.into() });
            }
            What::Acknowledged if whole => {
                note = entry.note(&mut access.tx, keys, (caseload, alarm.subject)).await?;
            }
            What::Acknowledged => {}
        }
    }
    Ok(Alarm {
        n: alarm.n,
        at: alarm.at.into(),
        code: alarm.code,
        rule: alarm.rule,
        flag: alarm.flag,
        subject: alarm.subject,
        held: alarm.held,
        detail: Some(alarm.detail).filter(|_| whole),
        level: alarm.level.map(Level::code),
        next_at: alarm.next_at.map(Moment),
        told,
        acknowledged: alarm.acknowledged.map(|(by, at)| Acknowledged { by, at: at.into(), note }),
    })
}
