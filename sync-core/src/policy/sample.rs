//! The sample policy that is built in: the files of `policies/nanshan-sample`, in one list.

macro_rules! files {
    ($($name:literal)*) => {
        &[$(($name, include_str!(concat!("../../policies/nanshan-sample/", $name)))),*]
    };
}

/// Name and text of each file.
pub const NANSHAN_SAMPLE: &[(&str, &str)] = files![
    "manifest.toml"
    "departments.toml"
    "checklist.toml"
    "visit-checklist.toml"
    "assessors.toml"
    "answers.toml"
    "severities.toml"
    "premises.toml"
    "limits.toml"
    "routing.toml"
    "deadlines.toml"
    "workflow.toml"
    "calendar.toml"
    "cadences.toml"
    "notice.toml"
    "alarms.toml"
    "reasons.toml"
    "outcomes.toml"
    "wording.toml"
    "rules-fire.toml"
    "rules-gas.toml"
    "rules-repeat.toml"
    "rules-data.toml"
    "rules-goods.toml"
    "rules-alarm.toml"
    "rules-elder.toml"
    "deadlines-elder.toml"
];
