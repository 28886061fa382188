//! A roster: streets of buildings, buildings of units, in each unit a shop.

use std::collections::BTreeSet;

use jiff::civil::date;

use super::dice::Dice;
use super::words::{GIVEN, SHOP_FIRST, STREETS, SURNAMES, TRADES, Trade};
use super::{Gas, GenOperator, GenPremises, Roster};
use crate::identifier::uscc;
use crate::time::{Span, Timestamp};

/// Characters of the counting part of a credit code.
const DIGITS: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
/// Prime, so that counting in steps of it meets every number below 10⁸ once before it repeats.
const PHONE_STEP: u64 = 48_271_003;

/// A roster of `size` premises: the same for the same seed and size; a larger one begins with the smaller one.
#[must_use]
pub fn roster(seed: u64, size: usize) -> Roster {
    let mut plots = Plots::new(seed);
    let mut names = BTreeSet::new();
    let premises = (0..size as u64).map(|ix| shop(seed, ix, &plots.take(), &mut names)).collect();
    Roster { seed, premises }
}

/// One unit in one building.
struct Plot {
    street: &'static str,
    address: String,
    unit_code: String,
    floor: &'static str,
}

/// Walks street after street, house after house, unit after unit.
struct Plots {
    dice: Dice,
    street: usize,
    /// The last house of each street.
    houses: [u32; STREETS.len()],
    unit: u32,
    units: u32,
    upstairs: bool,
}

impl Plots {
    fn new(seed: u64) -> Self {
        Self {
            dice: Dice::new(seed, "plots", &[]),
            street: 0,
            houses: [1; STREETS.len()],
            unit: 0,
            units: 4,
            upstairs: false,
        }
    }

    fn take(&mut self) -> Plot {
        if self.unit == self.units {
            self.unit = 0;
            self.units = self.dice.between(2, 6);
            self.upstairs = self.dice.chance(150);
            if self.dice.chance(120) {
                self.street = (self.street + 1) % STREETS.len();
            }
            self.houses[self.street] += self.dice.between(1, 3);
        }
        self.unit += 1;
        let (street, letters) = STREETS[self.street];
        let (floor, level) = if self.upstairs { ("二楼", "2F") } else { ("一楼", "1F") };
        let (house, unit) = (self.houses[self.street], self.unit);
        Plot {
            street,
            address: format!("招商街道花果山社区{street}{house}号{floor}{unit:02}铺"),
            unit_code: format!("{letters}{house}-{level}-{unit:02}"),
            floor,
        }
    }
}

fn shop(seed: u64, ix: u64, plot: &Plot, names: &mut BTreeSet<String>) -> GenPremises {
    let mut dice = Dice::new(seed, "shop", &[ix]);
    let trade = trade(&mut dice);
    let (name, nickname) = shop_name(&mut dice, trade, plot, names);
    let owner = person(&mut dice);
    // In one shop of five somebody else minds the counter.
    let contact_name = if dice.chance(200) { person(&mut dice) } else { owner.clone() };
    let (least, most) = trade.area;
    // The smaller of two throws: small shops are the many.
    let area_m2 = dice.between(least, most).min(dice.between(least, most));
    GenPremises {
        nickname,
        address: plot.address.clone(),
        unit_code: plot.unit_code.clone(),
        kinds: trade.kinds.to_vec(),
        area_m2,
        floor: plot.floor,
        hours: dice.pick(trade.hours),
        contact_name,
        contact_phone: mobile(seed, ix),
        gas: gas(&mut dice, trade),
        operator: GenOperator {
            name: format!("南山区{name}(个体工商户)"), legal_name: owner, uscc: credit_code(ix)
        },
        tenancy_from: Timestamp::from_civil(date(2015, 1, 1).at(0, 0, 0, 0))
            + Span::days(dice.between(0, 4_200).into()),
        name,
    }
}

pub(super) fn person(dice: &mut Dice) -> String {
    format!("{}{}", dice.pick(SURNAMES), dice.pick(GIVEN))
}

/// The trade of these premises.
pub(super) fn trade_of(premises: &GenPremises) -> &'static Trade {
    TRADES.iter().find(|trade| trade.kinds == premises.kinds).unwrap_or(&TRADES[0])
}

fn trade(dice: &mut Dice) -> &'static Trade {
    let mut throw = dice.between(0, TRADES.iter().map(|trade| trade.share).sum::<u32>() - 1);
    for trade in TRADES {
        if throw < trade.share {
            return trade;
        }
        throw -= trade.share;
    }
    &TRADES[0]
}

/// A name that no other shop of the roster has: with its street, or its house, when the short one is taken.
fn shop_name(dice: &mut Dice, trade: &Trade, plot: &Plot, names: &mut BTreeSet<String>) -> (String, Option<String>) {
    let (first, last) = (dice.pick(SHOP_FIRST), dice.pick(trade.names));
    let nickname = if dice.chance(150) { Some(format!("{first}家")) } else { None };
    let candidates =
        [format!("{first}{last}"), format!("{}{first}{last}", plot.street), format!("{first}{last}{}", plot.unit_code)];
    for name in candidates {
        if names.insert(name.clone()) {
            return (name, nickname);
        }
    }
    // Unit codes are each once, so this is not reached; the count would still tell the names apart.
    let name = format!("{first}{last}{}", names.len());
    names.insert(name.clone());
    (name, nickname)
}

fn gas(dice: &mut Dice, trade: &Trade) -> Gas {
    if !trade.kinds.contains(&"restaurant") || dice.chance(100) {
        return Gas::None;
    }
    if dice.chance(450) {
        return Gas::Piped;
    }
    let cylinders = dice.between(1, 4);
    let each = dice.pick(&[15, 15, 15, 50]);
    let kg = cylinders * each;
    Gas::Bottled { kg, own_room: dice.chance(if kg > 100 { 600 } else { 150 }) }
}

/// 142 and eight digits, each number once.
pub(super) fn mobile(seed: u64, ix: u64) -> String {
    let serial = (u128::from(seed % 100_000_000) + u128::from(ix + 1) * u128::from(PHONE_STEP)) % 100_000_000;
    format!("142{serial:08}")
}

/// The code of an individual business (92) of the unassigned county 440399, each once.
fn credit_code(ix: u64) -> String {
    // Spread over the numbers there are: neighbours differ in more than one character, as real codes do.
    let mut rest = (ix + 1) * 611_953 % 31_u64.pow(4);
    let mut body = *b"MA9T0000";
    for place in (4..8).rev() {
        body[place] = DIGITS[(rest % 31) as usize];
        rest /= 31;
    }
    uscc::complete("92", "440399", &String::from_utf8_lossy(&body)).unwrap_or_default()
}
