//! Elders: flat after flat of a building, in some of them a couple.

use std::collections::BTreeSet;

use super::dice::Dice;
use super::shops::{mobile, person};
use super::words::STREETS;
use super::{GenContact, GenElder};
use crate::identifier::resident_id;

const DIALECTS: &[&str] = &["粤语", "客家话", "潮汕话", "普通话", "湖南话", "四川话"];
const RELATIONS: &[&str] = &["儿子", "女儿", "侄子", "邻居", "外甥女"];
/// Mobiles of contacts are counted from here, so that none is a shop's.
const FIRST_CONTACT: u64 = 1_000_000;

/// `size` elders: the same for the same seed and size; a larger number begins with the smaller one.
#[must_use]
pub fn elders(seed: u64, size: usize) -> Vec<GenElder> {
    let mut elders: Vec<GenElder> = Vec::with_capacity(size);
    let mut names = BTreeSet::new();
    for flat in 0_u64.. {
        if elders.len() >= size {
            break;
        }
        let mut dice = Dice::new(seed, "flat", &[flat]);
        let home = home(&mut dice, flat);
        let couple = dice.chance(300);
        for at_home in 0..=u64::from(couple) {
            let ix = flat * 2 + at_home;
            elders.push(elder(seed, ix, couple, &home, &mut names));
        }
    }
    elders.truncate(size);
    elders
}

/// One flat.
struct Home {
    address: String,
    unit_code: String,
    floor: u32,
    lift: bool,
}

fn home(dice: &mut Dice, flat: u64) -> Home {
    // Six flats a building, buildings in turn along every street.
    let (building, door) = (flat / 6, flat % 6);
    let streets = STREETS.len() as u64;
    let street = usize::try_from(building % streets).unwrap_or(0);
    let (street, letters) = STREETS[street];
    let house = 101 + 2 * (building / streets);
    let floor = dice.between(1, 8);
    let room = format!("{floor}{:02}", door + 1);
    Home {
        address: format!("招商街道花果山社区{street}{house}号{room}室"),
        unit_code: format!("{letters}{house}-R-{room}"),
        floor,
        lift: dice.chance(400),
    }
}

fn elder(seed: u64, ix: u64, couple: bool, home: &Home, names: &mut BTreeSet<String>) -> GenElder {
    let mut dice = Dice::new(seed, "elder", &[ix]);
    let mut name = person(&mut dice);
    while !names.insert(name.clone()) {
        name = format!("{name}{}", dice.pick(&["妹", "生", "华", "英", "福"]));
    }
    // Of a couple, whoever is counted second is the woman.
    let man = if couple { ix.is_multiple_of(2) } else { dice.chance(400) };
    let (frail, alone) = (dice.chance(150), !couple && dice.chance(700));
    let mut difficulties = Vec::new();
    if alone {
        difficulties.push("alone");
    } else if couple && dice.chance(500) {
        difficulties.push("empty_nest");
    }
    if frail {
        difficulties.push("disabled");
    }
    let mut contacts: Vec<GenContact> = Vec::new();
    for n in 0..dice.between(1, 3) {
        let mut name = person(&mut dice);
        // In one file contacts are told apart by their names.
        while contacts.iter().any(|other| other.name == name) {
            name = person(&mut dice);
        }
        let (relation, phone) = (dice.pick(RELATIONS), mobile(seed, FIRST_CONTACT + ix * 3 + u64::from(n)));
        contacts.push(GenContact { name, relation, phone });
    }
    GenElder {
        contacts,
        resident_id: number(&mut dice, ix, man),
        dialect: dice.pick(DIALECTS),
        living_situation: match (couple, alone) {
            (true, _) => "with_spouse",
            (_, true) => "alone",
            _ => "with_children",
        },
        risk_tier: match (frail, alone) {
            (true, true) => "high",
            (false, false) => "general",
            _ => "key",
        },
        capacity: if frail && dice.chance(300) { "limited" } else { "full" },
        evacuation_help: if frail { "yes" } else { "no" },
        address: home.address.clone(),
        unit_code: home.unit_code.clone(),
        floor: home.floor.to_string(),
        lift: home.lift,
        consented: dice.chance(800),
        photo: dice.chance(600),
        difficulties,
        name,
    }
}

/// Born between 1936 and 1961; the sequence tells apart those of one day, and is odd for a man.
fn number(dice: &mut Dice, ix: u64, man: bool) -> String {
    let (year, month, day) = (dice.between(1936, 1961), dice.between(1, 12), dice.between(1, 28));
    let sequence = (ix % 499) * 2 + u64::from(man);
    let digits = format!("440399{year:04}{month:02}{day:02}{sequence:03}");
    resident_id::complete(&digits).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::identifier::{self, Kind};

    const TODAY: jiff::civil::Date = jiff::civil::date(2026, 11, 23);

    #[test]
    fn invented_elders_have_sound_numbers_that_nobody_holds() {
        let elders = elders(7, 800);
        let numbers: BTreeSet<&str> = elders.iter().map(|elder| elder.resident_id.as_str()).collect();
        assert_eq!(numbers.len(), 800, "each number once");
        for number in numbers {
            assert!(
                number.starts_with("440399") && identifier::check(Kind::ResidentId { today: TODAY }, number).is_clean()
            );
        }
        let names: BTreeSet<&str> = elders.iter().map(|elder| elder.name.as_str()).collect();
        assert_eq!(names.len(), 800, "each name once");
        let named =
            |elder: &GenElder| elder.contacts.iter().map(|contact| contact.name.clone()).collect::<BTreeSet<_>>();
        assert!(
            elders.iter().all(|elder| named(elder).len() == elder.contacts.len()),
            "contacts are told apart by name"
        );
        let phones: Vec<&String> = elders.iter().flat_map(|e| &e.contacts).map(|contact| &contact.phone).collect();
        assert!(
            phones.iter().all(|phone| identifier::check(Kind::Phone, phone).is_clean() && phone.starts_with("142"))
        );
    }

    #[test]
    fn couples_share_a_flat_and_nobody_else_does() {
        let elders = elders(7, 400);
        let mut homes: BTreeMap<&str, Vec<&GenElder>> = BTreeMap::new();
        for elder in &elders {
            homes.entry(&elder.unit_code).or_default().push(elder);
        }
        assert!(homes.values().any(|home| home.len() == 2) && homes.values().all(|home| home.len() <= 2));
        for home in homes.values().filter(|home| home.len() == 2) {
            assert!(
                home.iter().all(|elder| elder.living_situation == "with_spouse" && elder.address == home[0].address)
            );
        }
    }

    #[test]
    fn a_larger_roster_begins_with_the_smaller_one() {
        let (small, large) = (elders(3, 50), elders(3, 90));
        assert!(large[..50] == small && elders(4, 50) != small);
    }
}
