//! The checklist as the generator needs it: what is found how often, and what becomes of it.

use super::{Gas, GenPremises};

/// Which premises an item applies to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Needs {
    Nothing,
    Gas,
    Cylinders,
    /// Cylinders of more than 100 kg without a room of their own.
    Hoard,
    /// Alarms, sprinklers, hydrants: only larger places have them.
    Facilities,
    Food,
    /// Hairdressers, inns and the like.
    Hygiene,
}

/// One item of the checklist.
pub(super) struct Item {
    pub(super) code: &'static str,
    pub(super) severity: u8,
    pub(super) needs: Needs,
    /// How often it is found at a first visit, in a thousand.
    pub(super) found: u32,
    /// Of those, how often it is put right at once.
    pub(super) on_spot: u32,
    /// Of the rest, how often the owner refuses.
    pub(super) refused: u32,
    /// What is counted: least and most.
    pub(super) counted: Option<(u32, u32)>,
}

const fn item(code: &'static str, severity: u8, needs: Needs, found: u32, on_spot: u32, refused: u32) -> Item {
    Item { code, severity, needs, found, on_spot, refused, counted: None }
}

const fn counted(item: Item, least: u32, most: u32) -> Item {
    Item { counted: Some((least, most)), ..item }
}

/// The whole checklist in its order.
pub(super) const ITEMS: &[Item] = &[
    item("EXIT-01", 3, Needs::Nothing, 25, 400, 150),
    item("EXIT-02", 3, Needs::Nothing, 110, 550, 120),
    item("EXIT-03", 2, Needs::Nothing, 50, 0, 60),
    item("EXIT-04", 2, Needs::Nothing, 60, 30, 100),
    item("EXIT-05", 1, Needs::Nothing, 210, 80, 20),
    counted(item("EXT-01", 1, Needs::Nothing, 150, 0, 40), 1, 2),
    counted(item("EXT-02", 1, Needs::Nothing, 260, 20, 20), 1, 3),
    item("FAC-01", 3, Needs::Facilities, 30, 500, 100),
    item("FAC-02", 2, Needs::Facilities, 140, 700, 30),
    item("ALM-01", 1, Needs::Nothing, 240, 0, 30),
    counted(item("LIVE-01", 3, Needs::Nothing, 45, 0, 250), 1, 4),
    counted(item("LIVE-02", 3, Needs::Gas, 20, 0, 200), 1, 2),
    item("ELE-01", 1, Needs::Nothing, 240, 150, 40),
    item("ELE-02", 1, Needs::Nothing, 140, 700, 30),
    item("ELE-03", 1, Needs::Nothing, 120, 800, 10),
    counted(item("EBK-01", 2, Needs::Nothing, 110, 750, 100), 1, 3),
    counted(item("EBK-02", 3, Needs::Nothing, 20, 700, 100), 1, 3),
    item("GAS-01", 4, Needs::Gas, 3, 0, 0),
    item("GAS-02", 2, Needs::Gas, 240, 30, 40),
    item("GAS-03", 2, Needs::Gas, 200, 0, 60),
    item("GAS-04", 3, Needs::Hoard, 1_000, 0, 200),
    item("GAS-05", 3, Needs::Cylinders, 50, 100, 150),
    item("HAZ-01", 3, Needs::Nothing, 15, 200, 150),
    item("DEC-01", 2, Needs::Nothing, 40, 0, 100),
    item("HOT-01", 3, Needs::Nothing, 8, 600, 100),
    item("STR-01", 3, Needs::Nothing, 8, 0, 100),
    item("LIC-01", 1, Needs::Nothing, 55, 50, 50),
    item("FOOD-01", 2, Needs::Food, 130, 250, 30),
    item("SIGN-01", 1, Needs::Nothing, 100, 350, 60),
    item("HYG-01", 1, Needs::Hygiene, 180, 400, 20),
    item("EDU-01", 0, Needs::Nothing, 240, 750, 10),
];

impl Item {
    pub(super) fn applies_to(&self, premises: &GenPremises) -> bool {
        let is = |kind| premises.kinds.contains(&kind);
        match self.needs {
            Needs::Nothing => true,
            Needs::Gas => premises.gas != Gas::None,
            Needs::Cylinders | Needs::Hoard => matches!(premises.gas, Gas::Bottled { .. }),
            Needs::Facilities => premises.area_m2 >= 100,
            Needs::Food => is("restaurant"),
            Needs::Hygiene => is("leisure") || is("inn"),
        }
    }

    /// How often the item is found at these premises, in a thousand.
    pub(super) fn found_at(&self, premises: &GenPremises) -> u32 {
        match (self.needs, premises.gas) {
            (Needs::Hoard, Gas::Bottled { kg, own_room }) if kg <= 100 || own_room => 0,
            _ if self.code == "HAZ-01" && premises.kinds.contains(&"flammable") => 160,
            _ => self.found,
        }
    }
}
