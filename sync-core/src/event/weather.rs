//! Bad weather: an alert that a supervisor declares for a whole caseload. Its subject is the caseload itself, see
//! [`EntityId::of_caseload`](crate::id::EntityId::of_caseload). Ended early, it is amended by one that is over sooner.

use minicbor::{Decode, Encode};

use crate::limits;
use crate::time::{Span, Timestamp};

/// Elders whom the policy names are visited or called once more.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct WeatherAlert {
    /// What weather: a code of the policy's list.
    #[n(0)]
    pub kind: String,
    /// When it begins.
    #[n(1)]
    pub from: Timestamp,
    /// When it is over. At once with `from`: it was declared by mistake, or called off before it began.
    #[n(2)]
    pub until: Timestamp,
}

impl WeatherAlert {
    /// Whether it can be meant: a short code, and no longer than weather lasts.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        let lasts = self.until - self.from;
        self.kind.len() <= limits::FIELD_BYTES
            && self.from >= Timestamp::EPOCH
            && (Span::ZERO..=Span::days(limits::WEATHER_DAYS)).contains(&lasts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::EventBody;

    /// `["weather_alert", << {0: "heat", 1: 1, 2: 2} >>]`
    const GOLDEN: &[u8] = b"\x82\x6dweather_alert\x4b\xa3\x00\x64heat\x01\x01\x02\x02";

    #[test]
    fn its_bytes_stay_as_they_are() {
        let alert =
            WeatherAlert { kind: "heat".to_owned(), from: Timestamp::from_millis(1), until: Timestamp::from_millis(2) };
        let body = EventBody::WeatherAlert(alert);
        assert_eq!(minicbor::to_vec(&body).unwrap(), GOLDEN);
        assert!(minicbor::decode::<EventBody>(GOLDEN).unwrap() == body);
    }
}
