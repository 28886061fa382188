//! Everything an entry names exists, and exists once.

use std::collections::BTreeSet;

use super::Known;
use crate::limits;
use crate::policy::alarm::is_common;
use crate::policy::assessor::Certificate;
use crate::policy::department::{NEVER_A_PERSON, Routing, SlipKind};
use crate::policy::draft::{Draft, Row, Rows};
use crate::policy::problem::Problems;
use crate::policy::severity::Severity;

/// Longer than any deadline: keeps a slip of the keyboard from looping through years.
const MAX_COUNT: u32 = 10_000;

pub(super) fn check(draft: &Draft, known: &Known, problems: &mut Problems) {
    unique(draft, problems);
    departments(draft, known, problems);
    routing(draft, known, problems);
    deadlines(draft, known, problems);
    others(draft, known, problems);
    elders(draft, problems);
    calendar(draft, problems);
}

/// `name` has to be one of `set`; if not, says so for this entry.
pub(super) fn exists(
    set: &BTreeSet<String>,
    what: (&str, &str),
    name: &str,
    file: &str,
    entry: &str,
    problems: &mut Problems,
) {
    if !set.contains(name) {
        problems.refuse(
            file,
            entry,
            format!("没有{}「{name}」,请核对拼写或先添加", what.0),
            format!("there is no {} “{name}”: check the spelling or add it", what.1),
        );
    }
}

pub(super) const DEPARTMENT: (&str, &str) = ("部门", "department");
pub(super) const CODE: (&str, &str) = ("检查项", "checklist item");
pub(super) const DEADLINE: (&str, &str) = ("时限", "deadline");
const RULE: (&str, &str) = ("规则", "rule");
pub(super) const KIND: (&str, &str) = ("场所类型", "kind of premises");

fn unique(draft: &Draft, problems: &mut Problems) {
    fn once<T>(rows: &Rows<T>, problems: &mut Problems, key: impl Fn(&T) -> String) {
        let mut seen = BTreeSet::new();
        for row in rows {
            let key = key(&row.value);
            if !seen.insert(key.clone()) {
                problems.refuse(&row.file, key, "出现了两次,请只保留一处", "stands there twice: keep one");
            }
        }
    }
    once(&draft.departments, problems, |row| row.code.clone());
    once(&draft.items, problems, |row| row.code.clone());
    once(&draft.visit_items, problems, |row| row.code.clone());
    once(&draft.assessors, problems, |row| row.certificate.trim().to_owned());
    once(&draft.answers, problems, |row| row.code.clone());
    once(&draft.severities, problems, |row| row.code.to_string());
    once(&draft.kinds, problems, |row| row.code.clone());
    once(&draft.limits, problems, |row| row.id.clone());
    once(&draft.deadlines, problems, |row| format!("{} {}", row.id, row.effective_from));
    once(&draft.years, problems, |row| row.year.to_string());
    once(&draft.cadences, problems, |row| row.id.clone());
    once(&draft.weather, problems, |row| row.code.clone());
    once(&draft.receipts, problems, |row| row.code.clone());
    once(&draft.alarms, problems, |row| row.id.clone());
    once(&draft.reasons, problems, |row| format!("{:?} {}", row.r#for, row.code));
    once(&draft.outcomes, problems, |row| row.code.clone());
    once(&draft.rules, problems, |row| row.id.clone());
}

fn departments(draft: &Draft, known: &Known, problems: &mut Problems) {
    for row in &draft.departments {
        if row.value.code == NEVER_A_PERSON && row.value.slips.contains(&SlipKind::Person) {
            problems.refuse(
                &row.file,
                &row.value.code,
                "消防窗口不能接收涉及个人的转办单,请去掉 person",
                "a fire desk can never receive a person slip: take out `person`",
            );
        }
    }
    for row in &draft.items {
        for dept in &row.value.to {
            exists(&known.departments, DEPARTMENT, dept, &row.file, &row.value.code, problems);
        }
    }
    for severity in Severity::ALL {
        if !draft.severities.iter().any(|row| row.value.code == severity) {
            problems.refuse("", severity.to_string(), "缺少这一级的文字", "this severity has no text: add it");
        }
    }
}

/// Every department the checklist names for an item has its line in the routing table.
fn routing(draft: &Draft, known: &Known, problems: &mut Problems) {
    for row in &draft.routings {
        let entry = row.value.codes.join(" ");
        exists(&known.departments, DEPARTMENT, &row.value.dept, &row.file, &entry, problems);
        belongs(draft, known, (&row.value.dept, &row.value.deadline), &row.file, &entry, problems);
        for code in &row.value.codes {
            exists(&known.codes, CODE, code, &row.file, &entry, problems);
        }
        copies(draft, known, row, &entry, problems);
    }
    let file = draft.routings.first().map_or("", |row| row.file.as_str());
    for item in draft.items.iter().map(|row| &row.value) {
        for dept in &item.to {
            let routed =
                draft.routings.iter().any(|row| &row.value.dept == dept && row.value.codes.contains(&item.code));
            if !routed {
                problems.refuse(
                    file,
                    &item.code,
                    format!("检查表转 {dept},但分拨表没有这一行,请补上"),
                    format!("the checklist names {dept}, but no line routes it there: add one"),
                );
            }
        }
    }
}

/// Who is told of a matter is another department than the one that acts, may receive what is about a place, and has words
/// of its own to read.
fn copies(draft: &Draft, known: &Known, row: &Row<Routing>, entry: &str, problems: &mut Problems) {
    let takes = |dept: &str| {
        draft.departments.iter().any(|row| row.value.code == dept && row.value.slips.contains(&SlipKind::Hazard))
    };
    for dept in &row.value.cc {
        exists(&known.departments, DEPARTMENT, dept, &row.file, entry, problems);
        if *dept == row.value.dept || (known.departments.contains(dept) && !takes(dept)) {
            problems.refuse(
                &row.file,
                entry,
                format!("不能抄告「{dept}」:它就是办理部门,或不接收场所类单据,请去掉"),
                format!("{dept} cannot be told of it: it is the one that acts, or takes no hazard slips; take it out"),
            );
        }
    }
    if !row.value.cc.is_empty() && draft.slip.as_ref().is_none_or(|slip| slip.value.inform.is_none()) {
        problems.refuse(
            &row.file,
            entry,
            "有抄告(cc),但缺少 [slip.inform] 的文字,请补上",
            "there is a cc, but [slip.inform] has no texts: add them",
        );
    }
}

/// A deadline exists and binds the department it is used for.
pub(super) fn belongs(
    draft: &Draft,
    known: &Known,
    (dept, deadline): (&str, &str),
    file: &str,
    entry: &str,
    problems: &mut Problems,
) {
    exists(&known.deadlines, DEADLINE, deadline, file, entry, problems);
    let other = draft.deadlines.iter().find(|row| row.value.id == deadline && row.value.dept.as_deref() != Some(dept));
    if other.is_some() {
        problems.refuse(
            file,
            entry,
            format!("时限「{deadline}」不是 {dept} 的,请换一个"),
            format!("the deadline {deadline} does not bind {dept}: take one that does"),
        );
    }
}

fn deadlines(draft: &Draft, known: &Known, problems: &mut Problems) {
    for row in &draft.deadlines {
        if let Some(dept) = &row.value.dept {
            exists(&known.departments, DEPARTMENT, dept, &row.file, &row.value.id, problems);
        }
        if !(1..=MAX_COUNT).contains(&row.value.within.count()) {
            problems.refuse(
                &row.file,
                &row.value.id,
                format!("时限应在1到{MAX_COUNT}之间"),
                format!("a deadline counts from 1 to {MAX_COUNT}"),
            );
        }
    }
    if let Some(row) = &draft.workflow {
        for (step, deadline) in row.value.deadlines() {
            exists(&known.deadlines, DEADLINE, deadline, &row.file, step, problems);
        }
    }
}

fn others(draft: &Draft, known: &Known, problems: &mut Problems) {
    for row in &draft.alarms {
        for code in &row.value.codes {
            exists(&known.codes, CODE, code, &row.file, &row.value.id, problems);
        }
        if row.value.numbers.is_empty() {
            problems.refuse(&row.file, &row.value.id, "请写上要拨打的电话", "there is no number to call: add one");
        }
    }
    let rules: BTreeSet<String> = draft.rules.iter().map(|row| row.value.id.clone()).collect();
    for row in &draft.alarms {
        for rule in &row.value.rules {
            exists(&rules, RULE, rule, &row.file, &row.value.id, problems);
        }
    }
    if draft.alarms.iter().filter(|row| is_common(&row.value)).count() != 1 {
        let file = draft.alarms.first().map_or("", |row| row.file.as_str());
        problems.refuse(
            file,
            "alarm",
            "需要恰好一条 codes、signals、rules 都为空的警报,给其他 S4 使用",
            "exactly one alarm has empty codes and no signals and rules: the one for any other S4",
        );
    }
    let feedback = draft.notice.iter().filter_map(|row| Some((&row.file, row.value.feedback.as_ref()?)));
    for (file, feedback) in feedback {
        if !feedback.url.starts_with("https://") || feedback.url.len() > limits::FEEDBACK_BYTES {
            problems.refuse(
                file,
                "notice.feedback",
                format!("网址以 https:// 开头,最多{}个字节,这样扫码才可靠", limits::FEEDBACK_BYTES),
                format!(
                    "an address begins with https:// and has {} bytes at most, so that its code can be scanned",
                    limits::FEEDBACK_BYTES
                ),
            );
        }
    }
}

/// A code that forms and events can say.
pub(super) fn is_a_code(file: &str, code: &str, problems: &mut Problems) {
    if code.is_empty() || code.len() > limits::FIELD_BYTES || code.trim() != code {
        problems.refuse(
            file,
            code,
            format!("代码应有1到{}个字节,前后不留空格", limits::FIELD_BYTES),
            format!("a code has 1 to {} bytes and no space around it", limits::FIELD_BYTES),
        );
    }
}

fn elders(draft: &Draft, problems: &mut Problems) {
    for row in &draft.visit_items {
        is_a_code(&row.file, &row.value.code, problems);
    }
    for row in &draft.assessors {
        let Certificate { certificate, valid_from, valid_to } = &row.value;
        if certificate.trim().is_empty() || certificate.trim() != certificate {
            problems.refuse(
                &row.file,
                certificate,
                "证书编号不能为空,前后不留空格",
                "the number of a certificate is not empty and has no space around it",
            );
        }
        if valid_from > valid_to {
            problems.refuse(&row.file, certificate, "有效期要先开始后结束", "a certificate ends after it begins");
        }
    }
}

fn calendar(draft: &Draft, problems: &mut Problems) {
    if let Some(row) = &draft.office {
        let spans = &row.value.hours;
        let ordered = spans.iter().all(|(from, to)| from < to) && spans.windows(2).all(|two| two[0].1 <= two[1].0);
        if spans.is_empty() || !ordered {
            problems.refuse(
                &row.file,
                "office",
                "办公时间要按先后写,每段先开始后结束",
                "office hours stand in order, each from earlier to later",
            );
        }
    }
    for row in &draft.years {
        let year = &row.value;
        let inside = |day: &super::super::calendar::Day| day.0.year() == year.year;
        let holidays = year.holiday.iter().all(|h| h.from <= h.to && inside(&h.from) && inside(&h.to));
        if !holidays || !year.make_up_days.iter().all(inside) {
            problems.refuse(
                &row.file,
                year.year.to_string(),
                "日期要在这一年里,放假要先开始后结束",
                "days lie within the year, and a holiday ends after it begins",
            );
        }
    }
}
