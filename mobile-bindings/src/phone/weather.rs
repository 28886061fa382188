//! Alerts of bad weather: said of a caseload as a whole, and kept with it.

use std::collections::BTreeMap;

use sync_core::care::{self, Alert};
use sync_core::id::{CaseloadId, EntityId, EventId};
use sync_core::policy::Text;
use sync_core::time::Timestamp;

use super::{Caseload, Inner};
use crate::error::StoreError;
use crate::store::Changes;

/// Bad weather in a caseload, for which elders are visited or called once more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WeatherNow {
    /// The alert.
    pub alert: EventId,
    /// The caseload.
    pub caseload: CaseloadId,
    /// What weather, as the policy calls it.
    pub kind: String,
    /// Its name.
    pub name: Text,
    /// When it begins.
    pub from: Timestamp,
    /// When it is over.
    pub until: Timestamp,
}

/// The alerts of each caseload.
pub(super) type Alerts = BTreeMap<CaseloadId, Vec<Alert>>;

impl Inner {
    /// The alerts of the caseloads that this phone is in, as far as it has heard.
    pub(super) fn alerts(&self) -> Result<Alerts, StoreError> {
        let caseloads = self.caseloads.values().filter(|caseload| !caseload.left()).map(Caseload::id);
        let own = |caseload| self.confirmed_file(EntityId::of_caseload(caseload));
        caseloads.map(|caseload| Ok((caseload, care::alerts(&own(caseload)?)))).collect()
    }

    /// The weather that is bad now, or will be, the first to begin first.
    pub(super) fn weather(&self) -> Result<Vec<WeatherNow>, StoreError> {
        let now = self.now();
        let mut weather = Vec::new();
        for (caseload, alerts) in self.alerts()? {
            let alerts = alerts.into_iter().filter(|alert| alert.calls() && now < alert.until);
            weather.extend(alerts.map(|alert| WeatherNow {
                alert: alert.id,
                caseload,
                name: self.weather_name(&alert.kind),
                kind: alert.kind,
                from: alert.from,
                until: alert.until,
            }));
        }
        weather.sort_by_key(|weather| (weather.from, weather.alert));
        Ok(weather)
    }

    fn weather_name(&self, kind: &str) -> Text {
        let known = self.policy.evaluator().and_then(|evaluator| evaluator.policy().weather_kind(kind).cloned());
        known.map_or_else(|| Text::new(kind, kind), |known| known.name)
    }

    /// Forgets what was said of a caseload as a whole.
    pub(super) fn remove_own(&self, caseload: CaseloadId, changes: &mut Changes) -> Result<(), StoreError> {
        self.remove_entity(EntityId::of_caseload(caseload), changes)
    }
}
