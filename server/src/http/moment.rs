//! Points in time in JSON: RFC 3339, shown on the wall clock of Shenzhen.

use std::fmt;
use std::str::FromStr;

use sync_core::time::Timestamp;

/// A point in time as text: `2026-11-23T12:25:00+08:00`. Any offset is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment(pub(crate) Timestamp);

impl From<Timestamp> for Moment {
    fn from(at: Timestamp) -> Self {
        Self(at)
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.civil().strftime("%Y-%m-%dT%H:%M:%S%.f+08:00"))
    }
}

impl FromStr for Moment {
    type Err = jiff::Error;
    fn from_str(text: &str) -> Result<Self, jiff::Error> {
        text.parse::<jiff::Timestamp>().map(|at| Self(Timestamp::from_millis(at.as_millisecond())))
    }
}

impl serde::Serialize for Moment {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Moment {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        <std::borrow::Cow<'de, str>>::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_offset_is_read_and_one_is_written() {
        let noon: Moment = "2026-11-23T04:25:00Z".parse().unwrap();
        assert_eq!(noon.to_string(), "2026-11-23T12:25:00+08:00");
        assert_eq!(noon.to_string().parse::<Moment>().unwrap(), noon);
        assert_eq!(Moment(Timestamp::from_millis(1)).to_string(), "1970-01-01T08:00:00.001+08:00");
        assert!("tomorrow".parse::<Moment>().is_err());
    }
}
