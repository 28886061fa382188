//! Rhythms name what there is: kinds of premises, items of the checklist, tiers, difficulties and kinds of weather. The
//! rest, what can happen and be noticed and how somebody is visited, is a closed list of the reader.

use std::collections::BTreeSet;

use super::Known;
use super::names::{CODE, KIND, exists, is_a_code};
use crate::entity::elder::{DIFFICULTIES, TIERS};
use crate::policy::cadence::{Change, For, Weather};
use crate::policy::draft::Draft;
use crate::policy::problem::Problems;

const TIER: (&str, &str) = ("风险等级", "risk tier");
const DIFFICULTY: (&str, &str) = ("困难类型", "kind of difficulty");
const WEATHER: (&str, &str) = ("天气类型", "kind of weather");

pub(super) fn check(draft: &Draft, known: &Known, problems: &mut Problems) {
    let own = |list: &[&str]| list.iter().map(ToString::to_string).collect::<BTreeSet<String>>();
    let (tiers, difficulties) = (own(TIERS), own(DIFFICULTIES));
    let weather: BTreeSet<String> = draft.weather.iter().map(|row| row.value.code.clone()).collect();
    for row in &draft.weather {
        is_a_code(&row.file, &row.value.code, problems);
    }
    for row in &draft.cadences {
        let (file, entry) = (row.file.as_str(), row.value.id.as_str());
        let each = |set: &BTreeSet<String>, what, names: &[String], problems: &mut Problems| {
            names.iter().for_each(|name| exists(set, what, name, file, entry, problems));
        };
        match &row.value.r#for {
            For::Routine(routine) => {
                each(&known.kinds, KIND, &routine.kinds, problems);
                each(&known.codes, CODE, &routine.open, problems);
            }
            For::Elder(tier) => each(&tiers, TIER, std::slice::from_ref(tier), problems),
            For::Change(change) => {
                each(&tiers, TIER, &change.tiers, problems);
                if is_empty(change) {
                    problems.refuse(file, entry, "请写明哪些人、哪些变化", "say for whom, and after what");
                }
            }
            For::Weather(of) => {
                each(&weather, WEATHER, &of.kinds, problems);
                each(&tiers, TIER, &of.tiers, problems);
                each(&difficulties, DIFFICULTY, &of.difficulties, problems);
                if calls_nobody(of) {
                    problems.refuse(
                        file,
                        entry,
                        "请写明探访哪些人、哪几种探访算完成",
                        "say who is visited, and which kinds of visits count",
                    );
                }
            }
            For::Revisit(_) | For::Reassessment => {}
        }
        if row.value.every.rough_hours() == 0 {
            problems.refuse(file, entry, "间隔不能为零", "an interval cannot be zero");
        }
    }
}

fn is_empty(change: &Change) -> bool {
    change.tiers.is_empty() || (change.risks.is_empty() && change.signals.is_empty())
}

fn calls_nobody(weather: &Weather) -> bool {
    weather.visits.is_empty() || (weather.tiers.is_empty() && weather.difficulties.is_empty())
}
