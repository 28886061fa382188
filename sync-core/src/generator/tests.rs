//! That the invented is invented, the same for the same seed, and like a real day.

use std::collections::{BTreeMap, BTreeSet};

use super::items::ITEMS;
use super::prose::lines;
use super::*;
use crate::identifier::{Kind, check, phone};

const SEED: u64 = 20_261_123;
const MONDAY: Date = jiff::civil::date(2026, 11, 23);

fn shift(worker: u32, day: u32) -> Shift {
    Shift { worker, workers: 3, day, date: MONDAY }
}

fn campaign(roster: &Roster, days: u32) -> Vec<GenInspection> {
    (0..days)
        .flat_map(|day| (0..3).map(move |worker| shift(worker, day)))
        .flat_map(|s| worker_day(roster, s).visits)
        .collect()
}

#[test]
fn the_same_seed_gives_the_same_world() {
    let one = roster(SEED, 300);
    assert_eq!(one, roster(SEED, 300));
    assert_eq!(one.premises[..50], roster(SEED, 50).premises, "a larger roster begins with the smaller");
    assert_ne!(one, roster(SEED + 1, 300));
    assert_eq!(worker_day(&one, shift(1, 4)), worker_day(&one, shift(1, 4)));
    assert_ne!(worker_day(&one, shift(1, 4)).visits, worker_day(&one, shift(1, 5)).visits);
}

#[test]
fn nobody_in_it_exists() {
    let roster = roster(SEED, 2_000);
    for premises in &roster.premises {
        let uscc = &premises.operator.uscc;
        assert!(uscc.starts_with("92440399"), "{uscc}");
        assert!(check(Kind::Uscc, uscc).is_clean(), "{uscc}");
        assert!(premises.contact_phone.starts_with("142"));
        assert_eq!(phone::line(&premises.contact_phone), Some(phone::Line::Mobile));
        let unit = check(Kind::UnitCode, &premises.unit_code);
        assert!(unit.is_clean() && unit.normalised == premises.unit_code, "{}", premises.unit_code);
        assert!(premises.address.contains("花果山社区"));
    }
}

#[test]
fn names_codes_and_phones_are_each_once() {
    let roster = roster(SEED, 5_000);
    let count = |of: fn(&GenPremises) -> &String| roster.premises.iter().map(of).collect::<BTreeSet<_>>().len();
    assert_eq!(count(|p| &p.name), 5_000);
    assert_eq!(count(|p| &p.unit_code), 5_000);
    assert_eq!(count(|p| &p.contact_phone), 5_000);
    assert_eq!(count(|p| &p.operator.uscc), 5_000);
}

#[test]
fn a_day_fits_into_working_hours() {
    let roster = roster(SEED, 200);
    for day in 0..8 {
        let visits = worker_day(&roster, shift(0, day)).visits;
        assert!((9..=12).contains(&visits.len()), "{}", visits.len());
        for visit in &visits {
            assert!(visit.start < visit.end);
            assert_eq!(visit.start.civil().date(), MONDAY);
        }
        assert!(visits.windows(2).all(|pair| pair[0].end < pair[1].start));
        assert!(visits[0].start.civil().hour() >= 8 && visits[visits.len() - 1].end.civil().hour() < 19);
    }
}

#[test]
fn workers_share_the_roster_without_overlap() {
    let roster = roster(SEED, 100);
    let seen: Vec<usize> = campaign(&roster, 3).iter().filter(|v| !v.revisit).map(|v| v.premises_ix).collect();
    assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), seen.len());
}

#[test]
fn most_is_well_and_some_is_not() {
    let roster = roster(SEED, 600);
    let visits = campaign(&roster, 20);
    let mut found = 0;
    let mut by_code: BTreeMap<&str, usize> = BTreeMap::new();
    for visit in &visits {
        assert_eq!(visit.answers.len(), ITEMS.len());
        for answer in &visit.answers {
            let is_found = matches!(answer.answer, Answer::Problem | Answer::FixedOnSpot);
            assert_eq!(answer.severity.is_some(), is_found);
            assert!(answer.note.as_ref().is_some_and(|note| !note.is_empty()) || !is_found);
            assert!(!answer.refused || answer.answer == Answer::Problem);
            found += usize::from(is_found);
            *by_code.entry(answer.code).or_default() += usize::from(is_found);
        }
        let listed = visit.notice.as_ref().map_or(0, |notice| notice.items.len());
        let worst = visit.answers.iter().filter_map(|a| a.severity).max().unwrap_or(0);
        assert_eq!(listed > 0, worst >= 1, "a reminder is left when there is more than advice to give");
    }
    let mean = found as f64 / visits.len() as f64;
    assert!((1.8..4.2).contains(&mean), "{mean} findings a visit");
    for item in ITEMS.iter().filter(|item| item.found >= 15) {
        assert!(by_code[item.code] > 0, "{} never happens", item.code);
    }
    assert!(by_code["EXT-02"] > by_code["EXIT-01"]);
}

#[test]
fn a_call_back_sees_the_same_hazard_or_that_it_is_gone() {
    let roster = roster(SEED, 300);
    let (mut stayed, mut gone) = (0, 0);
    for day in 3..15 {
        for back in worker_day(&roster, shift(0, day)).visits.iter().filter(|v| v.revisit) {
            let first = worker_day(&roster, shift(0, day - 3)).visits;
            let first = first.iter().find(|v| !v.revisit && v.premises_ix == back.premises_ix).unwrap();
            for (before, after) in first.answers.iter().zip(&back.answers) {
                match (before.answer, after.answer) {
                    (Answer::Problem, Answer::Problem) => {
                        assert_eq!((before.severity, before.quantity), (after.severity, after.quantity));
                        stayed += 1;
                    }
                    (Answer::Problem, Answer::Ok) => {
                        assert!(after.note.is_some(), "it is told that it was put right");
                        gone += 1;
                    }
                    (Answer::Problem, other) => panic!("{} became {other}", before.code),
                    _ => {}
                }
            }
        }
    }
    assert!(stayed > 5 && gone > 5, "{stayed} stayed, {gone} gone");
}

#[test]
fn gas_is_asked_about_where_there_is_gas() {
    let roster = roster(SEED, 600);
    for visit in campaign(&roster, 15) {
        let premises = &roster.premises[visit.premises_ix];
        let answer = |code| visit.answers.iter().find(|a| a.code == code).unwrap();
        assert_eq!(answer("GAS-02").answer == Answer::NotApplicable, premises.gas == Gas::None);
        let hoard = answer("GAS-04");
        if hoard.answer == Answer::Problem {
            let Gas::Bottled { kg, own_room } = premises.gas else { panic!("a hoard without cylinders") };
            assert!(kg > 100 && !own_room);
            assert_eq!(hoard.quantity, Some(kg.into()));
        }
    }
}

#[test]
fn notes_vary_and_use_no_words_of_enforcement() {
    let roster = roster(SEED, 600);
    let visits = campaign(&roster, 20);
    let answers = || visits.iter().flat_map(|v| &v.answers);
    let notes: Vec<&str> = answers().filter(|a| a.severity.is_some()).filter_map(|a| a.note.as_deref()).collect();
    let distinct: BTreeSet<&str> = notes.iter().copied().collect();
    assert!(distinct.len() * 10 > notes.len() * 7, "{} of {} are distinct", distinct.len(), notes.len());
    for note in answers().filter_map(|a| a.note.as_deref()) {
        assert!(!note.contains(['{', '}']), "{note}");
        for word in ["责令", "处罚", "查封", "整改通知书"] {
            assert!(!note.contains(word), "{note}");
        }
    }
}

#[test]
fn every_item_has_sentences_and_every_slot_words() {
    for item in ITEMS {
        let (_, _, seen) = lines::SEEN.iter().find(|(code, ..)| *code == item.code).unwrap();
        assert!(seen.len() >= 2, "{}", item.code);
        assert!(item.counted.is_none() || seen.iter().any(|line| line.contains("{q}")), "{}", item.code);
    }
    assert_eq!(lines::SEEN.len(), ITEMS.len());
    let thrown = ["q", "goods", "appliance", "n", "cm", "who"];
    let texts =
        lines::SEEN.iter().flat_map(|(_, remedy, seen)| [*seen, remedy.at_once(), remedy.later().unwrap_or(&[])]);
    let texts = texts.chain([
        lines::AGAIN,
        lines::OPEN,
        lines::OWNERS,
        lines::OTHERS,
        lines::REFUSED,
        lines::PUT_RIGHT,
        lines::NOT_SEEN,
    ]);
    for text in texts.flatten() {
        for slot in text.split('{').skip(1).filter_map(|rest| rest.split('}').next()) {
            assert!(
                thrown.contains(&slot) || lines::SLOTS.iter().any(|(name, _)| *name == slot),
                "{{{slot}}} in {text}"
            );
        }
    }
}
