//! The assessment of elders' abilities by GB/T 42195-2022: 26 items in four groups, at most 90 points, five levels, and
//! the adjustments of its form C.4. The level of an elder is always derived, never stored.
//!
//! Not this standard: forms that normalise to 100 points, and the Barthel index of MZ/T 039-2013. At item B3.9 the
//! standard's note calls a coma "severe"; form C.4 says "complete loss", and C.4 is followed.

use crate::event::Assessment;

mod level;

#[cfg(test)]
mod tests;

pub use level::Level;

/// The four groups.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    /// B1 自理能力
    SelfCare,
    /// B2 基础运动能力
    Mobility,
    /// B3 精神状态
    Mental,
    /// B4 感知觉与社会参与
    SensesAndSociety,
}

/// One item of the form.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize)]
pub struct Item {
    /// Its number in the standard's form, e.g. `B3.9`.
    pub code: &'static str,
    /// Its group.
    pub group: Group,
    /// Its name in the standard.
    pub zh: &'static str,
    /// Its name in English.
    pub en: &'static str,
    /// The score of somebody who needs no help; 0 is wholly dependent.
    pub most: u8,
}

const fn item(code: &'static str, group: Group, zh: &'static str, en: &'static str, most: u8) -> Item {
    Item { code, group, zh, en, most }
}

/// The 26 items in order: the scores of an [`Assessment`] are in this order.
pub const ITEMS: [Item; 26] = [
    item("B1.1", Group::SelfCare, "进食", "Eating", 4),
    item("B1.2", Group::SelfCare, "修饰", "Grooming", 4),
    item("B1.3", Group::SelfCare, "洗澡", "Bathing", 4),
    item("B1.4", Group::SelfCare, "穿/脱上衣", "Dressing, upper body", 4),
    item("B1.5", Group::SelfCare, "穿/脱裤子和鞋袜", "Dressing, lower body", 4),
    item("B1.6", Group::SelfCare, "小便控制", "Bladder control", 4),
    item("B1.7", Group::SelfCare, "大便控制", "Bowel control", 4),
    item("B1.8", Group::SelfCare, "如厕", "Using the toilet", 4),
    item("B2.1", Group::Mobility, "床上体位转移", "Moving in bed", 4),
    item("B2.2", Group::Mobility, "床椅转移", "From bed to chair", 4),
    item("B2.3", Group::Mobility, "平地行走", "Walking on level ground", 4),
    item("B2.4", Group::Mobility, "上下楼梯", "Stairs", 3),
    item("B3.1", Group::Mental, "时间定向", "Orientation in time", 4),
    item("B3.2", Group::Mental, "空间定向", "Orientation in place", 4),
    item("B3.3", Group::Mental, "人物定向", "Knowing people", 4),
    item("B3.4", Group::Mental, "记忆", "Memory", 4),
    item("B3.5", Group::Mental, "理解能力", "Understanding", 4),
    item("B3.6", Group::Mental, "表达能力", "Expression", 4),
    item("B3.7", Group::Mental, "攻击行为", "Aggression", 1),
    item("B3.8", Group::Mental, "抑郁症状", "Depression", 1),
    item("B3.9", Group::Mental, "意识水平", "Consciousness", 2),
    item("B4.1", Group::SensesAndSociety, "视力", "Sight", 2),
    item("B4.2", Group::SensesAndSociety, "听力", "Hearing", 2),
    item("B4.3", Group::SensesAndSociety, "执行日常事务", "Daily affairs", 4),
    item("B4.4", Group::SensesAndSociety, "使用交通工具外出", "Going out by transport", 3),
    item("B4.5", Group::SensesAndSociety, "社会交往能力", "Social contact", 4),
];

/// The place of B3.8 in [`ITEMS`]: 0 when there were signs of depression, thoughts of suicide included, last month.
pub const DEPRESSION: usize = 19;
/// The place of B3.9 in [`ITEMS`].
pub const CONSCIOUSNESS: usize = 20;

/// Why answers cannot be scored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ScoreError {
    /// An item is missing, or there are too many.
    #[error("{0} scores, but the form has 26 items")]
    Count(usize),
    /// A score above the maximum of its item.
    #[error("the item {0} does not go that high")]
    TooHigh(&'static str),
    /// Somebody in a coma is not drowsy or awake.
    #[error("a coma contradicts the item B3.9")]
    Coma,
}

/// Why the level is worse than the points say.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Adjustment {
    /// In a coma: complete loss, whatever the points say.
    Coma,
    /// A diagnosed mental disorder (ICD-10 F00 to F99): one level worse.
    Diagnosis,
    /// Two or more care-risk events in the last 30 days: one level worse, but not beside a diagnosis.
    RiskEvents,
}

/// What an assessment comes to.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct Scored {
    /// Points of the four groups, at most 32, 15, 28 and 15.
    pub groups: [u8; 4],
    /// Points in all, at most 90.
    pub total: u8,
    /// The level by points.
    pub base: Level,
    /// The level after adjustment.
    pub level: Level,
    /// Everything that speaks for a worse level; a diagnosis and risk events together are still one step.
    pub adjustments: Vec<Adjustment>,
}

/// Scores an assessment.
///
/// # Errors
/// [`ScoreError`]: answers that the form does not have.
pub fn score(assessment: &Assessment) -> Result<Scored, ScoreError> {
    let scores = &assessment.scores;
    if scores.len() != ITEMS.len() {
        return Err(ScoreError::Count(scores.len()));
    }
    let mut groups = [0_u8; 4];
    for (item, score) in ITEMS.iter().zip(scores) {
        if *score > item.most {
            return Err(ScoreError::TooHigh(item.code));
        }
        groups[item.group as usize] += score;
    }
    if assessment.coma && scores[CONSCIOUSNESS] != 0 {
        return Err(ScoreError::Coma);
    }
    let total = groups.iter().sum();
    let base = Level::of_points(total);
    let risks: u32 = assessment.risks.iter().map(|risk| u32::from(risk.count)).sum();
    let mut adjustments = Vec::new();
    if assessment.coma {
        adjustments.push(Adjustment::Coma);
    }
    if assessment.diagnoses.iter().any(|code| is_mental(code)) {
        adjustments.push(Adjustment::Diagnosis);
    }
    if risks >= 2 {
        adjustments.push(Adjustment::RiskEvents);
    }
    let level = match adjustments.first() {
        None => base,
        Some(Adjustment::Coma) => Level::CompleteLoss,
        Some(Adjustment::Diagnosis | Adjustment::RiskEvents) => base.worse(),
    };
    Ok(Scored { groups, total, base, level, adjustments })
}

/// Whether an ICD-10 code is of chapter F: F00 to F99, with or without a further place.
fn is_mental(code: &str) -> bool {
    let code = code.trim().as_bytes();
    matches!(code, [b'F' | b'f', a, b, rest @ ..]
        if a.is_ascii_digit() && b.is_ascii_digit() && !rest.first().is_some_and(u8::is_ascii_digit))
}
