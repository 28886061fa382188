//! Alarms about referrals that do not come to an end: they are the street office's, not of whoever is on duty. The
//! dispatcher is told; the purchaser at once of what was redone in vain, and after the policy's time of what nobody has
//! answered.

use sync_core::event::FlagStanding;
use sync_core::id::CaseloadId;
use sync_core::policy::{Policy, Text};
use sync_core::time::Timestamp;

use super::Result;
use crate::db::alarm::{self, Alarm, New, OVERDUE, STILL_OVERDUE, UNSETTLED};
use crate::db::duty::Level;
use crate::db::key::Keyring;
use crate::db::{Tx, flag};

/// To which level an alarm with this code goes next; none when it has come as far as it goes.
pub(crate) fn after(code: &str, reached: Option<Level>) -> Option<Level> {
    match (code, reached) {
        (UNSETTLED, Some(Level::First)) | (STILL_OVERDUE, None) => Some(Level::Purchaser),
        (OVERDUE, Some(_)) | (STILL_OVERDUE, Some(_)) => None,
        (_, None) => Some(Level::First),
        (_, Some(level)) => level.next(),
    }
}

/// Whether whoever is told first are the dispatchers.
pub(crate) fn is_dispatchers(code: &str) -> bool {
    matches!(code, OVERDUE | UNSETTLED)
}

/// When a flag that nobody has answered passes on, by its rule. A policy that cannot say lets it pass at once.
pub(crate) fn passes_on(policy: &Policy, alarm: &Alarm) -> Timestamp {
    let rule = alarm.rule.as_deref().and_then(|rule| policy.rule(rule));
    let then = rule.and_then(|rule| rule.then.as_ref());
    let due = then.and_then(|then| policy.due(&then.deadline, alarm.at).ok());
    due.map_or(alarm.at, |due| due.at)
}

/// The time of an overdue flag is up: as long as it stands, whoever has seen it, the purchaser is told.
pub(crate) async fn still_overdue(
    tx: &mut Tx,
    keys: &mut Keyring,
    caseload: CaseloadId,
    alarm: &Alarm,
    now: Timestamp,
) -> Result<()> {
    alarm::rest(tx, caseload, alarm.n).await?;
    let Some(about) = alarm.flag.zip(alarm.subject) else { return Ok(()) };
    let stands = flag::one(tx, keys, caseload, about.0).await?;
    if stands.is_none_or(|kept| kept.flag.flagged.standing != FlagStanding::Raised) {
        return Ok(());
    }
    let rule = alarm.rule.as_deref();
    let new = New { code: STILL_OVERDUE, rule, about: Some(about), held: false, detail: &alarm.detail };
    Ok(alarm::set_off(tx, keys, caseload, now, &new).await?)
}

/// What people at the street office need to know of a referral that was redone in vain.
pub(crate) fn unsettled(rule: &str) -> Text {
    Text::new(
        format!("转办({rule})重办后仍未解决,请分拨员和购买方跟进"),
        format!(
            "A referral ({rule}) is still not settled after having been redone; the dispatcher and the purchaser should look"
        ),
    )
}

/// How a message about such an alarm begins; none for other alarms.
pub(crate) fn title(alarm: &Alarm) -> Option<Text> {
    let rule = alarm.rule.as_deref().unwrap_or_default();
    match alarm.code.as_str() {
        UNSETTLED => Some(unsettled(rule)),
        OVERDUE => Some(Text::new(
            format!("转办超期({rule}),请分拨员问一问进展"),
            format!("A referral is overdue ({rule}); the dispatcher should ask how it stands"),
        )),
        STILL_OVERDUE => Some(Text::new(
            format!("转办超期后仍无答复({rule}),请购买方了解情况"),
            format!("A referral is overdue and still has no answer ({rule}); the purchaser should look into it"),
        )),
        _ => None,
    }
}
