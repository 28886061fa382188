//! Alerts of bad weather: declared and ended by a supervisor, logged like everything else.

use sync_core::care::Alert;
use sync_core::event::{Event, EventBody, WeatherAlert};
use sync_core::id::{CaseloadId, EntityId, EventId};
use sync_core::submission::Part;
use sync_core::time::Timestamp;

use super::{Actor, Flow, FlowError, Result, load};
use crate::db::Tx;

impl Flow {
    /// Declares an alert. Gives the event that it is known by.
    ///
    /// # Errors
    /// [`FlowError::Running`] when there is one of its kind for part of that time; [`FlowError::Refused`] when the role may not.
    pub async fn declare_weather(
        &self,
        tx: &mut Tx,
        caseload: CaseloadId,
        actor: Actor,
        now: Timestamp,
        alert: WeatherAlert,
    ) -> Result<EventId> {
        tx.hold_caseload(caseload).await?;
        let meets = |known: &Alert| {
            known.calls() && known.kind == alert.kind && known.from < alert.until && alert.from < known.until
        };
        if load::alerts(tx, &mut self.keys(), caseload).await?.iter().any(meets) {
            return Err(FlowError::Running);
        }
        self.say_weather(tx, caseload, actor, now, (alert, None)).await
    }

    /// Ends an alert now: whoever it has called stays called. One that was declared by mistake, or ends before it began,
    /// calls nobody any more.
    ///
    /// # Errors
    /// [`FlowError::NotFound`]; [`FlowError::AlreadyDecided`] when it is over, or was taken back.
    pub async fn end_weather(
        &self,
        tx: &mut Tx,
        caseload: CaseloadId,
        actor: Actor,
        now: Timestamp,
        (alert, by_mistake): (EventId, bool),
    ) -> Result<()> {
        tx.hold_caseload(caseload).await?;
        let alerts = load::alerts(tx, &mut self.keys(), caseload).await?;
        let known = alerts.into_iter().find(|known| known.id == alert).ok_or(FlowError::NotFound)?;
        if !known.calls() || (!by_mistake && known.until <= now) {
            return Err(FlowError::AlreadyDecided);
        }
        let until = if by_mistake { known.from } else { now.max(known.from) };
        let said = WeatherAlert { kind: known.kind, from: known.from, until };
        self.say_weather(tx, caseload, actor, now, (said, Some(alert))).await.map(|_| ())
    }

    async fn say_weather(
        &self,
        tx: &mut Tx,
        caseload: CaseloadId,
        actor: Actor,
        now: Timestamp,
        (alert, amends): (WeatherAlert, Option<EventId>),
    ) -> Result<EventId> {
        let (_, submission) = self.next_act(tx, caseload, actor).await?;
        let event = Event {
            id: EventId::derived("console", &[submission.bytes()]),
            subject: EntityId::of_caseload(caseload),
            programme: String::new(),
            policy: self.policy.version(),
            start: now,
            end: now,
            coworkers: Vec::new(),
            place: None,
            photos: Vec::new(),
            amends,
            body: EventBody::WeatherAlert(alert),
        };
        self.submit(tx, caseload, actor, now, vec![Part::event(&event)]).await?;
        Ok(event.id)
    }
}
