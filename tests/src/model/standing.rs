//! Which events stand, and about which a person is asked, said a second time from the words of the domain reference: a
//! correction takes the place of what it corrects, a void takes an event away, and a correction of something that was
//! voided asks.

use std::collections::{BTreeMap, BTreeSet};

/// An event, by its number.
pub type Id = u8;

/// What people said, in no order.
#[derive(Clone, Default, Debug)]
pub struct Said {
    /// Each event, with the one that it corrects.
    pub told: BTreeMap<Id, Option<Id>>,
    /// Events that somebody voided.
    pub voided: BTreeSet<Id>,
    /// For which corrections somebody decided: `true` for the correction.
    pub decided: BTreeMap<Id, bool>,
}

impl Said {
    /// Whether a correction rests on something that somebody said should not be there, and nobody has settled that.
    fn is_contested(&self, id: Id) -> bool {
        let Some(Some(of)) = self.told.get(&id) else { return false };
        self.voided.contains(of) || (self.is_contested(*of) && self.decided.get(of) != Some(&true))
    }

    /// The events that count.
    #[must_use]
    pub fn standing(&self) -> BTreeSet<Id> {
        let corrected: BTreeSet<Id> = self.told.values().filter_map(|of| *of).collect();
        let all = self.told.keys().copied();
        all.filter(|id| !self.voided.contains(id) && !corrected.contains(id) && self.decided.get(id) != Some(&false))
            .collect()
    }

    /// The corrections that a person has to decide on.
    #[must_use]
    pub fn asked(&self) -> BTreeSet<Id> {
        self.standing().into_iter().filter(|id| self.is_contested(*id) && !self.decided.contains_key(id)).collect()
    }
}
