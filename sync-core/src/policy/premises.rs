//! Kinds of small premises, and the numbers that rules compare with.

use serde::{Deserialize, Serialize};

use super::text::Text;

/// Sizes up to which a place counts as one of its kind; `None` is no bound.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct UpTo {
    /// Floor area in square metres.
    pub area_m2: Option<u32>,
    /// Seats for guests.
    pub seats: Option<u32>,
    /// Beds.
    pub beds: Option<u32>,
    /// People it is for.
    pub people: Option<u32>,
    /// Staff.
    pub staff: Option<u32>,
    /// Highest floor.
    pub floor: Option<u32>,
}

/// A kind of premises (九小场所).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PremisesKind {
    /// Stable code, as in the `kinds` field of a premises.
    pub code: String,
    /// Its name.
    pub name: Text,
    /// Its size.
    pub up_to: UpTo,
    /// Where the sizes are from.
    pub basis: Text,
    /// Edition of that source.
    pub edition: String,
}

/// A number that rules compare with, called `limit.ID` in a condition.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// Name in conditions and explanations.
    pub id: String,
    /// The number.
    pub value: i64,
    /// What it limits.
    pub name: Text,
    /// Where it is from.
    pub basis: Text,
    /// Edition of that source.
    pub edition: String,
}
