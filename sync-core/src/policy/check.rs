//! What only shows when a policy is used: its rules on their examples, its calendar over the year it starts in.

use std::sync::Arc;

use super::LEASE_HOURS;
use super::calendar::Day;
use super::evaluate::Evaluator;
use super::holding::Holding;
use super::problem::{Problem, Problems};
use super::rule::{Example, Rule};
use super::text::Text;
use super::{Policy, Severity};

pub(super) fn check(policy: &Policy) -> Vec<Problem> {
    let mut problems = Problems::default();
    let evaluator = Evaluator::new(Arc::new(policy.clone()));
    for rule in &policy.rules {
        for example in &rule.example {
            if let Err(message) = behaves(&evaluator, rule, example) {
                let entry = format!("{} “{}”", rule.id, example.about);
                problems.refuse(&rule.file, entry, message.zh, message.en);
            }
        }
    }
    calendar(policy, &mut problems);
    urgent(policy, &mut problems);
    unused(policy, &mut problems);
    elders(policy, &mut problems);
    problems.0
}

fn behaves(evaluator: &Evaluator, rule: &Rule, example: &Example) -> Result<(), Text> {
    let (facts, now) = example.facts();
    let evaluation = evaluator.evaluate(&facts, now);
    if let Some(alarm) = evaluation.alarms.iter().find(|alarm| alarm.rule == rule.id || alarm.rule == "*") {
        return Err(alarm.message.clone());
    }
    let holds: Vec<&Holding> = evaluation.holds.iter().filter(|holding| holding.rule == rule.id).collect();
    if holds.is_empty() == example.holds {
        return Err(if example.holds {
            Text::new("例子应当成立,却不成立", "the example should hold and does not")
        } else {
            Text::new("例子不应当成立,却成立了", "the example should not hold and does")
        });
    }
    let windows: Vec<&str> = holds.iter().map(|holding| holding.window.as_str()).collect();
    same("windows", example.windows.as_ref(), &windows)?;
    for holding in holds {
        let depts: Vec<&str> = holding.routes.iter().map(|route| route.dept.as_str()).collect();
        same("depts", example.depts.as_ref(), &depts)?;
        if example.severity.is_some_and(|severity| severity != holding.severity) {
            let found = holding.severity;
            return Err(Text::new(format!("例子的严重程度是 {found}"), format!("the severity is {found}")));
        }
    }
    Ok(())
}

fn same(what: &str, wanted: Option<&Vec<String>>, found: &[&str]) -> Result<(), Text> {
    if wanted.is_none_or(|wanted| wanted == found) {
        return Ok(());
    }
    let found = found.join(", ");
    Err(Text::new(format!("例子的 {what} 是 {found}"), format!("the example's {what} are {found}")))
}

/// The year the policy starts in is in the calendar.
fn calendar(policy: &Policy, problems: &mut Problems) {
    let start = policy.manifest.effective_from;
    let last = Day(start.0.last_of_year());
    for day in [start, last] {
        if policy.calendar.is_working_day(day).is_err() {
            problems.refuse(
                "",
                "year",
                format!("工作日历没有 {day} 这一天,请补充当年的放假安排"),
                format!("no calendar covers {day}: add that year's notice"),
            );
        }
    }
}

/// What is urgent from the first look has an alarm or a department.
fn urgent(policy: &Policy, problems: &mut Problems) {
    for item in &policy.checklist.items {
        if item.severity >= Severity::S3 && item.to.is_empty() {
            problems.refuse(
                "",
                &item.code,
                "疑似重大的检查项要写明转给哪个部门",
                "an item of S3 or more names the department it goes to",
            );
        }
        if item.severity == Severity::S4 && policy.alarm(&item.code, item.severity).is_none() {
            problems.refuse("", &item.code, "紧迫危险要有警报文字", "an S4 item has an alarm text");
        }
    }
}

/// What a policy may leave out, and then means something by it.
fn elders(policy: &Policy, problems: &mut Problems) {
    if policy.visit_items.is_empty() {
        problems.warn("", "visit_item", "没有探访检查表", "there is no checklist of visits");
    }
    if policy.assessors.len() < 2 {
        problems.warn(
            "",
            "assessor",
            "评估员名册不足两人,所有评估只作初筛",
            "the register has fewer than two assessors: every assessment is a screening",
        );
    }
    if policy.reassessment().is_none() {
        problems.warn("", "cadence", "没有写明多久重新评估一次", "no cadence says how often elders are assessed again");
    }
}

/// A deadline that has ended up unused is probably a slip of the keyboard elsewhere.
fn unused(policy: &Policy, problems: &mut Problems) {
    let used = |id: &str| {
        let routed = policy.routings.iter().any(|routing| routing.deadline == id);
        let step = policy.workflow.deadlines().iter().any(|(_, deadline)| *deadline == id);
        let ruled = policy.rules.iter().any(|rule| {
            let routes = rule.route.iter().chain(rule.escalate.iter().flat_map(|escalation| &escalation.route));
            routes.map(|route| route.deadline.as_str()).any(|deadline| deadline == id)
                || rule.deadline.as_deref() == Some(id)
                || rule.then.as_ref().is_some_and(|then| then.deadline == id)
        });
        routed || step || ruled
    };
    for limit in policy.limits.iter().filter(|limit| limit.id != LEASE_HOURS) {
        let name = format!("limit.{}", limit.id);
        let reads = |rule: &Rule| {
            let second = rule.escalate.as_ref().is_some_and(|escalation| escalation.when.contains(&name));
            let said = rule.explanations().any(|text| text.zh.contains(&name));
            rule.when.contains(&name) || second || said
        };
        if !policy.rules.iter().any(reads) {
            problems.warn("", &limit.id, "没有规则用到这个数值", "no rule uses this limit");
        }
    }
    // A department may have clocks for matters that no rule of this version covers.
    for deadline in policy.deadlines.iter().filter(|deadline| deadline.dept.is_none() && !used(&deadline.id)) {
        problems.warn("", &deadline.id, "没有地方用到这个时限", "nothing uses this deadline");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Timestamp;

    #[test]
    fn the_sample_has_nothing_to_remark() {
        assert_eq!(Policy::sample().check(), []);
    }

    #[test]
    fn every_rule_of_this_release_is_there_and_was_tried_both_ways() {
        let policy = Policy::sample();
        for id in [
            "F01", "F02", "F03", "F04", "F05", "F06", "F07", "F08", "F09", "F10", "F11", "E01", "E02", "E03", "E04",
            "E05", "E06", "E07", "E08", "E09", "D01", "D02", "D03", "D04",
        ] {
            let rule = policy.rule(id).unwrap_or_else(|| panic!("{id} is missing"));
            assert!(rule.example.iter().any(|e| e.holds) && rule.example.iter().any(|e| !e.holds), "{id}");
        }
    }

    #[test]
    fn a_rule_that_misses_its_example_is_named() {
        let mut policy = Policy::sample();
        let rule = policy.rules.iter_mut().find(|rule| rule.id == "F01").unwrap();
        rule.when = rule.when.replace(">= 2", ">= 1");
        let problems = policy.check();
        assert!(problems.iter().all(|problem| problem.entry.starts_with("F01")) && !problems.is_empty());
        assert!(problems[0].message.en.contains("should not hold"), "{problems:?}");
        assert_eq!(problems[0].file, "rules-fire.toml");
    }

    #[test]
    fn severity_departments_and_windows_of_examples_count() {
        for change in [
            |example: &mut Example| example.severity = Some(Severity::S1),
            |example: &mut Example| example.depts = Some(vec!["SAMR".into()]),
            |example: &mut Example| example.windows = Some(vec!["EXIT-02#7".into()]),
            |example: &mut Example| example.now = Timestamp::MAX.millis(),
        ] {
            let mut policy = Policy::sample();
            change(&mut policy.rules.iter_mut().find(|rule| rule.id == "F01").unwrap().example[0]);
            let expected = usize::from(policy.rule("F01").unwrap().example[0].now != Timestamp::MAX.millis());
            assert_eq!(policy.check().len(), expected);
        }
    }

    #[test]
    fn what_a_policy_leaves_out_about_elders_is_remarked_on() {
        let mut policy = Policy::sample();
        policy.visit_items.clear();
        policy.assessors.truncate(1);
        policy.cadences.retain(|cadence| cadence.id != "reassessment");
        let remarks: Vec<String> = policy.check().into_iter().filter(|p| p.warning).map(|p| p.entry).collect();
        assert_eq!(remarks, ["visit_item", "assessor", "cadence"]);
    }

    #[test]
    fn a_calendar_that_ends_too_early_is_named() {
        let mut policy = Policy::sample();
        policy.manifest.effective_from = Day("2027-01-01".parse().unwrap());
        assert!(policy.check().iter().any(|problem| problem.entry == "year" && !problem.warning));
    }
}
