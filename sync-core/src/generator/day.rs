//! A worker's day: the round of shops, calls back to those that had something to put right, lunch, paperwork.

use jiff::ToSpan;
use jiff::civil::{Date, DateTime};

use super::dice::Dice;
use super::hazards::{Found, Hazard, at_visit};
use super::items::ITEMS;
use super::prose::Voice;
use super::prose::lines::{OTHERS, OWNERS};
use super::shops::{person, trade_of};
use super::{GenAnswer, GenInspection, GenNotice, GenPremises, Roster, Shift, WorkerDay};
use crate::event::{Answer, NoticeReceipt};
use crate::time::Timestamp;

/// Shops of the round on one day.
const ROUND: usize = 9;
/// Calls back on one day, at most.
const CALLS_BACK: usize = 3;
/// After so many working days the worker calls back.
const BACK_AFTER: u32 = 3;

/// What a worker did on a day: the same for the same roster and shift, whichever days were generated before.
#[must_use]
pub fn worker_day(roster: &Roster, shift: Shift) -> WorkerDay {
    let route = route(roster, shift);
    let mut dice = Dice::new(roster.seed, "day", &[shift.worker.into(), shift.day.into()]);
    let mut clock = at(shift.date, 8, 40) + i64::from(dice.between(0, 25)).minutes();
    let lunch = at(shift.date, 11, 45);
    let mut visits = Vec::with_capacity(route.len());
    for stop in route {
        if clock >= lunch && clock < at(shift.date, 14, 0) {
            clock = at(shift.date, 14, 0) + i64::from(dice.between(0, 12)).minutes();
        }
        let visit = inspect(roster, shift, stop, clock, &mut dice);
        clock = visit.end.civil() + i64::from(dice.between(3, 9)).minutes();
        visits.push(visit);
    }
    WorkerDay { shift, visits }
}

/// One shop to go to.
#[derive(Clone, Copy)]
struct Stop {
    premises_ix: usize,
    /// How often it was the shop's turn before, calls back counted.
    visit: u32,
    revisit: bool,
}

/// The day's shops: calls back first, as promised on the notices.
fn route(roster: &Roster, shift: Shift) -> Vec<Stop> {
    let mut stops = Vec::new();
    if let Some(earlier) = shift.day.checked_sub(BACK_AFTER) {
        let had_findings = |stop: &Stop| {
            let found = at_visit(roster.seed, stop.premises_ix, &roster.premises[stop.premises_ix], stop.visit);
            found.standing.iter().any(|hazard| !hazard.on_spot && hazard.severity >= 2)
        };
        let back = round(roster, shift, earlier).into_iter().filter(had_findings).take(CALLS_BACK);
        stops.extend(back.map(|stop| Stop { visit: stop.visit + 1, revisit: true, ..stop }));
    }
    stops.extend(round(roster, shift, shift.day));
    stops
}

/// The worker's share of the roster, so many shops a day, and again from the start.
fn round(roster: &Roster, shift: Shift, day: u32) -> Vec<Stop> {
    let mut share: Vec<usize> = (0..roster.premises.len())
        .filter(|ix| *ix as u64 % u64::from(shift.workers.max(1)) == u64::from(shift.worker))
        .collect();
    Dice::new(roster.seed, "share", &[shift.worker.into()]).shuffle(&mut share);
    let first = day as usize * ROUND;
    (first..first + ROUND.min(share.len()))
        .map(|turn| Stop {
            premises_ix: share[turn % share.len()],
            visit: u32::try_from(turn / share.len() * 2).unwrap_or(u32::MAX - 1),
            revisit: false,
        })
        .collect()
}

fn inspect(roster: &Roster, shift: Shift, stop: Stop, start: DateTime, dice: &mut Dice) -> GenInspection {
    let premises = &roster.premises[stop.premises_ix];
    let found = at_visit(roster.seed, stop.premises_ix, premises, stop.visit);
    let (met, who) = met(dice, premises);
    let mut voice = Voice::new(dice, trade_of(premises), who);
    let answers: Vec<GenAnswer> = ITEMS
        .iter()
        .map(|item| match found.standing.iter().find(|hazard| hazard.item.code == item.code) {
            Some(hazard) => found_answer(&mut voice, hazard),
            None if !item.applies_to(premises) => bare(item.code, Answer::NotApplicable, None),
            None => quiet_answer(&mut voice, item.code, &found),
        })
        .collect();
    let minutes = 6 + 2 * u32::try_from(found.standing.len()).unwrap_or(0) + dice.between(0, 9);
    GenInspection {
        premises_ix: stop.premises_ix,
        start: Timestamp::from_civil(start),
        end: Timestamp::from_civil(start + i64::from(minutes).minutes()),
        revisit: stop.revisit,
        met,
        answers,
        notice: notice(dice, shift.date, &found),
    }
}

/// Whom the worker speaks to, as the form has it and as the notes call them.
fn met(dice: &mut Dice, premises: &GenPremises) -> (String, &'static str) {
    if dice.chance(650) {
        (premises.contact_name.clone(), dice.pick(OWNERS))
    } else {
        let who = dice.pick(OTHERS);
        (format!("{}({who})", person(dice)), who)
    }
}

fn found_answer(voice: &mut Voice<'_>, hazard: &Hazard) -> GenAnswer {
    let answer = if hazard.on_spot { Answer::FixedOnSpot } else { Answer::Problem };
    let note = voice.about(hazard);
    GenAnswer {
        code: hazard.item.code,
        answer,
        severity: Some(hazard.severity),
        refused: hazard.refused,
        quantity: hazard.quantity.map(i64::from),
        note: Some(note),
    }
}

fn quiet_answer(voice: &mut Voice<'_>, code: &'static str, found: &Found) -> GenAnswer {
    if found.put_right.contains(&code) {
        let note = voice.put_right();
        bare(code, Answer::Ok, Some(note))
    } else if voice.dice.chance(25) {
        let note = voice.dice.chance(400).then(|| voice.not_seen());
        bare(code, Answer::NotSeen, note)
    } else {
        bare(code, Answer::Ok, None)
    }
}

fn bare(code: &'static str, answer: Answer, note: Option<String>) -> GenAnswer {
    GenAnswer { code, answer, severity: None, refused: false, quantity: None, note }
}

/// A reminder is left when anything was found; mere advice is told by word of mouth.
fn notice(dice: &mut Dice, today: Date, found: &Found) -> Option<GenNotice> {
    let worst = found.standing.iter().map(|hazard| hazard.severity).max().filter(|worst| *worst >= 1)?;
    let open = found.standing.iter().any(|hazard| !hazard.on_spot);
    let receipt = match dice.between(0, 99) {
        _ if found.standing.iter().any(|hazard| hazard.refused) && dice.chance(500) => NoticeReceipt::Refused,
        0..=74 => NoticeReceipt::Signed,
        75..=92 => NoticeReceipt::Verbal,
        _ => NoticeReceipt::Posted,
    };
    let days = if worst >= 2 { 3 } else { 7 };
    let later = |hour| open.then(|| Timestamp::from_civil(at(today, hour, 0) + i64::from(days).days()));
    Some(GenNotice {
        items: found.standing.iter().map(|hazard| hazard.item.code).collect(),
        receipt,
        fix_by: later(18),
        next_visit: later(9),
    })
}

fn at(date: Date, hour: i8, minute: i8) -> DateTime {
    date.at(hour, minute, 0, 0)
}
