//! What is wrong at a shop, visit after visit: a hazard stays until the owner puts it right, so that a worker who
//! comes back sees the same again.

use super::dice::Dice;
use super::items::{ITEMS, Item};
use super::{Gas, GenPremises};

/// After the first visit new things go wrong this much less often.
const LATER: u32 = 6;

/// Something wrong at one visit.
pub(super) struct Hazard {
    pub(super) item: &'static Item,
    pub(super) severity: u8,
    pub(super) on_spot: bool,
    pub(super) refused: bool,
    pub(super) quantity: Option<u32>,
    /// How many earlier visits saw it.
    pub(super) seen_before: u32,
}

/// What stands wrong at the `visit`-th visit, and what was put right since the visit before.
pub(super) struct Found {
    pub(super) standing: Vec<Hazard>,
    pub(super) put_right: Vec<&'static str>,
}

/// The hazards of premises number `ix` at a visit, from 0.
pub(super) fn at_visit(seed: u64, ix: usize, premises: &GenPremises, visit: u32) -> Found {
    let mut found = Found { standing: Vec::new(), put_right: Vec::new() };
    for (number, item) in (0..).zip(ITEMS).filter(|(_, item)| item.applies_to(premises)) {
        let mut dice = Dice::new(seed, "hazard", &[ix as u64, number]);
        let mut begun = 0;
        while begun <= visit {
            let rate = item.found_at(premises) / if begun == 0 { 1 } else { LATER };
            if !dice.chance(rate) {
                begun += 1;
                continue;
            }
            let (hazard, visits_open) = throw(&mut dice, item, premises);
            let gone = begun + visits_open;
            if visit < gone {
                found.standing.push(Hazard { seen_before: visit - begun, ..hazard });
            } else if visit == gone && !hazard.on_spot {
                found.put_right.push(item.code);
            }
            begun = gone + 1;
        }
    }
    found
}

/// A hazard that has just begun, and how many visits will see it.
fn throw(dice: &mut Dice, item: &'static Item, premises: &GenPremises) -> (Hazard, u32) {
    let on_spot = dice.chance(item.on_spot);
    let refused = !on_spot && dice.chance(item.refused);
    let visits_open = match (on_spot, refused) {
        (true, _) => 1,
        (false, true) => dice.between(2, 4),
        (false, false) => dice.pick(&[1, 1, 1, 2, 2, 3]),
    };
    let quantity = match premises.gas {
        Gas::Bottled { kg, .. } if item.code == "GAS-04" => Some(kg),
        _ => item.counted.map(|(least, most)| dice.between(least, most)),
    };
    let severity = severity(dice, item, on_spot);
    (Hazard { item, severity, on_spot, refused, quantity, seen_before: 0 }, visits_open)
}

/// Mostly the checklist's. What is cleared at once is never suspected to be major, and gas smell is never less.
fn severity(dice: &mut Dice, item: &Item, on_spot: bool) -> u8 {
    match item.severity {
        0 | 4 => item.severity,
        3 if on_spot => dice.pick(&[1, 1, 2]),
        usual if usual > 1 && dice.chance(150) => usual - 1,
        usual if usual < 3 && dice.chance(60) => usual + 1,
        usual => usual,
    }
}
