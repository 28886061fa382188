//! Where something is on a map, in the datum that it was read in
//! (`sync-core/decisions/0027-a-map-point-names-its-datum.md`).

use std::fmt;
use std::str::FromStr;

use minicbor::{Decode, Encode};
use unicode_normalization::UnicodeNormalization;

use crate::code::coded;
use crate::policy::Text;

coded! {
    /// What coordinates refer to. The same numbers in another datum are some hundred metres away.
    Datum {
        /// WGS-84, as satellite receivers measure. The national CGCS2000 is the same to within a metre.
        Wgs84 = 0 "wgs84",
        /// GCJ-02, as map services in China show.
        Gcj02 = 1 "gcj02",
    }
}

impl Datum {
    /// What people call it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Wgs84 => "WGS-84",
            Self::Gcj02 => "GCJ-02",
        }
    }
}

/// A point on a map. Written `wgs84:22.48731,113.91542`: datum, latitude, longitude, to five decimals, or to three for one
/// that is no finer.
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct MapPoint {
    /// What the numbers refer to.
    #[n(0)]
    pub datum: Datum,
    /// Latitude × 100,000: to about a metre.
    #[n(1)]
    pub lat_e5: i32,
    /// Longitude × 100,000.
    #[n(2)]
    pub lon_e5: i32,
}

/// Latitudes of China, × 100,000. No number is both a latitude and a longitude, so that two that changed places show.
const LATITUDES: std::ops::RangeInclusive<i32> = 300_000..=5_400_000;
/// Longitudes of China, × 100,000.
const LONGITUDES: std::ops::RangeInclusive<i32> = 7_300_000..=13_600_000;
/// About 100 m, × 100,000.
const COARSE: i32 = 100;

impl MapPoint {
    /// Whether it is in China.
    #[must_use]
    pub fn is_in_bounds(self) -> bool {
        LATITUDES.contains(&self.lat_e5) && LONGITUDES.contains(&self.lon_e5)
    }

    /// The same to about 100 m: the building of a home, not its door.
    #[must_use]
    pub fn coarse(self) -> Self {
        let coarse = |e5: i32| (e5.saturating_add(COARSE / 2)).div_euclid(COARSE).saturating_mul(COARSE);
        Self { lat_e5: coarse(self.lat_e5), lon_e5: coarse(self.lon_e5), ..self }
    }

    /// Whether it tells no more than [`Self::coarse`].
    #[must_use]
    pub fn is_coarse(self) -> bool {
        self.lat_e5 % COARSE == 0 && self.lon_e5 % COARSE == 0
    }

    /// Reads what people write: the datum, then both numbers in either order, `GCJ-02 113.91542, 22.48731`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(text: &str) -> Result<Self, Unread> {
        let wide: String = text.nfkc().flat_map(char::to_lowercase).collect();
        let named = |(name, datum): &(&str, Datum)| Some((*datum, wide.trim().strip_prefix(name)?));
        let (datum, rest) = NAMES.iter().find_map(named).ok_or(Unread::Datum)?;
        let separates = |c: char| c.is_whitespace() || [',', ';', ':', '、'].contains(&c);
        let numbers: Vec<&str> = rest.split(separates).filter(|part| !part.is_empty()).collect();
        let [one, other] = numbers[..] else { return Err(Unread::Numbers) };
        let (one, other) = (degrees(one).ok_or(Unread::Numbers)?, degrees(other).ok_or(Unread::Numbers)?);
        let points = [(one, other), (other, one)].map(|(lat_e5, lon_e5)| Self { datum, lat_e5, lon_e5 });
        points.into_iter().find(|point| point.is_in_bounds()).ok_or(Unread::Outside)
    }

    /// In words: `22.48731, 113.91542 (WGS-84)`.
    #[must_use]
    pub fn says(self) -> String {
        let text = self.to_string();
        let numbers = text.split_once(':').map_or("", |(_, numbers)| numbers).replace(',', ", ");
        format!("{numbers} ({})", self.datum.name())
    }
}

/// How people begin.
const NAMES: &[(&str, Datum)] = &[
    ("wgs-84", Datum::Wgs84),
    ("wgs84", Datum::Wgs84),
    ("cgcs2000", Datum::Wgs84),
    ("gcj-02", Datum::Gcj02),
    ("gcj02", Datum::Gcj02),
];

/// Decimal degrees × 100,000, rounded.
fn degrees(text: &str) -> Option<i32> {
    let bare = text.trim_end_matches(['°', 'n', 'e']);
    let plain = bare.len() <= 24 && bare.bytes().all(|c| c.is_ascii_digit() || c == b'.');
    let degrees = bare.parse::<f64>().ok().filter(|degrees| plain && *degrees <= 180.0)?;
    #[expect(clippy::cast_possible_truncation, reason = "at most 180 degrees")]
    Some((degrees * 100_000.0).round() as i32)
}

/// Why a text is no map point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unread {
    /// It does not say which datum.
    Datum,
    /// These are not two numbers.
    Numbers,
    /// It is not in China.
    Outside,
}

impl Unread {
    /// A stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Datum => "map_point_datum",
            Self::Numbers => "map_point_numbers",
            Self::Outside => "map_point_outside",
        }
    }

    /// What to do, for whoever wrote it.
    #[must_use]
    pub fn says(self) -> Text {
        match self {
            Self::Datum => Text::new(
                "坐标前要写明坐标系,例如 WGS-84 22.48731,113.91542,或 GCJ-02 …",
                "Say which datum, such as WGS-84 22.48731,113.91542, or GCJ-02 …",
            ),
            Self::Numbers => Text::new(
                "坐标应为纬度和经度两个数,例如 WGS-84 22.48731,113.91542",
                "A map point is a latitude and a longitude, such as WGS-84 22.48731,113.91542",
            ),
            Self::Outside => Text::new("坐标不在国内,请核对", "The point is outside of China; look at the numbers"),
        }
    }
}

impl fmt::Display for MapPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let coarse = self.is_coarse();
        let number = |e5: i32| {
            let (sign, whole, part) =
                (if e5 < 0 { "-" } else { "" }, e5.unsigned_abs() / 100_000, e5.unsigned_abs() % 100_000);
            if coarse { format!("{sign}{whole}.{:03}", part / 100) } else { format!("{sign}{whole}.{part:05}") }
        };
        write!(f, "{}:{},{}", self.datum, number(self.lat_e5), number(self.lon_e5))
    }
}

/// Takes the one form in which a point is written, and nothing else: there is no room for words in it.
impl FromStr for MapPoint {
    type Err = Unread;

    fn from_str(text: &str) -> Result<Self, Unread> {
        let point = Self::read(text)?;
        if point.to_string() == text { Ok(point) } else { Err(Unread::Numbers) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<String, Unread> {
        MapPoint::read(text).map(|point| point.to_string())
    }

    #[test]
    fn a_point_is_read_as_people_write_it_and_kept_in_one_form() {
        for text in [
            "WGS-84 22.48731,113.91542",
            "wgs84:22.48731,113.91542",
            "ＷＧＳ８４：22.48731，113.91542",
            "CGCS2000 113.91542, 22.48731",
            "WGS-84 22.487312°N 113.915418°E",
        ] {
            assert_eq!(read(text), Ok("wgs84:22.48731,113.91542".to_owned()), "{text}");
        }
        assert_eq!(read("GCJ-02 113.9154、22.48"), Ok("gcj02:22.48000,113.91540".to_owned()));
        assert_eq!(read("GCJ-02 113.9 22.48"), Ok("gcj02:22.480,113.900".to_owned()));
        let point = MapPoint::read("WGS-84 22.48731,113.91542").unwrap();
        assert_eq!(point.says(), "22.48731, 113.91542 (WGS-84)");
        assert!(point.to_string().parse() == Ok(point));
    }

    #[test]
    fn what_is_no_point_says_why() {
        for (text, why) in [
            ("22.48731,113.91542", Unread::Datum),
            ("BD-09 22.48731,113.91542", Unread::Datum),
            ("", Unread::Datum),
            ("WGS-84", Unread::Numbers),
            ("WGS-84 22.48731", Unread::Numbers),
            ("WGS-84 22.48731,113.91542,5", Unread::Numbers),
            ("WGS-84 1e1,113.91542", Unread::Numbers),
            ("WGS-84 22.48.7,113.9", Unread::Numbers),
            ("WGS-84 -22.48731,113.91542", Unread::Numbers),
            ("WGS-84 NaN,inf", Unread::Numbers),
            ("WGS-84 181,22", Unread::Numbers),
            ("WGS-84 0,0", Unread::Outside),
            ("WGS-84 22.48731,2.35", Unread::Outside),
            ("WGS-84 113.9,114.1", Unread::Outside),
        ] {
            assert_eq!(read(text), Err(why), "{text}");
            assert!(!why.code().is_empty() && why.says().zh != why.says().en);
        }
    }

    #[test]
    fn only_the_one_form_is_taken_from_others() {
        for text in [
            "wgs84:22.4873,113.91542",
            "wgs84:22.48731,113.915420",
            "WGS84:22.48731,113.91542",
            "wgs84:113.91542,22.48731",
            " wgs84:22.48731,113.91542",
        ] {
            assert!(MapPoint::from_str(text).is_err(), "{text}");
        }
    }

    #[test]
    fn of_a_home_a_hundred_metres_are_kept() {
        for (fine, coarse) in [
            ("wgs84:22.48731,113.91542", "wgs84:22.487,113.915"),
            ("gcj02:22.48750,113.91550", "gcj02:22.488,113.916"),
            ("wgs84:22.99999,113.00049", "wgs84:23.000,113.000"),
            ("wgs84:54.000,136.000", "wgs84:54.000,136.000"),
        ] {
            let point: MapPoint = fine.parse().unwrap();
            assert_eq!(point.coarse().to_string(), coarse);
            assert!(point.coarse().is_coarse() && point.coarse().is_in_bounds());
        }
    }
}
