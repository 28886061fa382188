//! What makes a policy agree with itself: everything an entry names exists, every text is there in both languages and
//! speaks as the organisation may, every condition compiles.

use std::collections::BTreeSet;

use super::calendar::Calendar;
use super::checklist::Checklist;
use super::draft::{Draft, Row, Rows};
use super::problem::{PolicyErrors, Problems};
use super::{Policy, digest};

mod cadences;
mod names;
mod rules;
mod texts;

/// The codes and ids that entries may name.
pub(super) struct Known {
    departments: BTreeSet<String>,
    codes: BTreeSet<String>,
    deadlines: BTreeSet<String>,
    limits: BTreeSet<String>,
    kinds: BTreeSet<String>,
}

impl Known {
    fn of(draft: &Draft) -> Self {
        fn set<T>(rows: &Rows<T>, key: impl Fn(&T) -> &String) -> BTreeSet<String> {
            rows.iter().map(|row| key(&row.value).clone()).collect()
        }
        Self {
            departments: set(&draft.departments, |department| &department.code),
            codes: set(&draft.items, |item| &item.code),
            deadlines: set(&draft.deadlines, |deadline| &deadline.id),
            limits: set(&draft.limits, |limit| &limit.id),
            kinds: set(&draft.kinds, |kind| &kind.code),
        }
    }
}

/// Reads and validates; see [`Policy::parse`].
pub(super) fn parse(files: &[(&str, &str)]) -> Result<Policy, PolicyErrors> {
    let mut problems = Problems::default();
    let draft = Draft::read(files, &mut problems);
    if problems.0.is_empty() {
        draft.complete(&mut problems);
        let known = Known::of(&draft);
        names::check(&draft, &known, &mut problems);
        cadences::check(&draft, &known, &mut problems);
        texts::check(&draft, &mut problems);
        rules::check(&draft, &known, &mut problems);
    }
    match assemble(draft, digest(files)) {
        Some(policy) if problems.0.is_empty() => Ok(policy),
        _ => Err(PolicyErrors(problems.0)),
    }
}

/// The policy, if no section is missing.
fn assemble(draft: Draft, digest: [u8; 32]) -> Option<Policy> {
    fn values<T>(rows: Rows<T>) -> Vec<T> {
        rows.into_iter().map(|row| row.value).collect()
    }
    fn value<T>(row: Option<Row<T>>) -> Option<T> {
        row.map(|row| row.value)
    }
    Some(Policy {
        manifest: value(draft.manifest)?,
        digest,
        departments: values(draft.departments),
        checklist: Checklist { edition: value(draft.edition)?, items: values(draft.items) },
        visit_items: values(draft.visit_items),
        assessors: values(draft.assessors),
        answers: values(draft.answers),
        severities: values(draft.severities),
        kinds: values(draft.kinds),
        limits: values(draft.limits),
        routings: values(draft.routings),
        deadlines: values(draft.deadlines),
        workflow: value(draft.workflow)?,
        calendar: Calendar { office: value(draft.office)?, years: values(draft.years) },
        cadences: values(draft.cadences),
        weather: values(draft.weather),
        notice: value(draft.notice)?,
        slip: value(draft.slip)?,
        receipts: values(draft.receipts),
        alarms: values(draft.alarms),
        reasons: values(draft.reasons),
        outcomes: values(draft.outcomes),
        signs: value(draft.signs)?,
        wording: value(draft.wording)?,
        rules: values(draft.rules),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::NANSHAN_SAMPLE;

    /// The sample with one replacement in one file.
    fn changed(file: &str, from: &str, to: &str) -> Result<Policy, PolicyErrors> {
        let mut replaced = false;
        let texts: Vec<(&str, String)> = NANSHAN_SAMPLE
            .iter()
            .map(|(name, text)| {
                let here = *name == file && text.contains(from);
                replaced |= here;
                (*name, if here { text.replacen(from, to, 1) } else { (*text).to_owned() })
            })
            .collect();
        assert!(replaced, "{file} has no {from}");
        let files: Vec<_> = texts.iter().map(|(name, text)| (*name, text.as_str())).collect();
        Policy::parse(&files)
    }

    #[track_caller]
    fn refused(file: &str, from: &str, to: &str, entry: &str, word: &str) {
        let errors = changed(file, from, to).err().expect("refused");
        let found = errors
            .0
            .iter()
            .any(|problem| problem.file == file && problem.entry.contains(entry) && problem.message.en.contains(word));
        assert!(found, "wanted {file} [{entry}] …{word}…, got:\n{errors}");
        assert!(errors.0.iter().all(|problem| !problem.message.zh.is_empty()));
    }

    #[test]
    fn the_sample_is_accepted_whatever_the_order_of_its_files() {
        let policy = Policy::sample();
        assert_eq!(policy.label(), "nanshan-sample@1");
        assert_eq!(policy.checklist.items.len(), 31);
        let mut files = NANSHAN_SAMPLE.to_vec();
        files.reverse();
        assert_eq!(Policy::parse(&files).unwrap().digest, policy.digest);
    }

    #[test]
    fn who_is_told_for_information_is_another_department_and_has_words_to_read() {
        let cc = r#"cc = ["SUBDIST"]"#;
        refused("routing.toml", cc, r#"cc = ["GASREG"]"#, "GAS-04", "one that acts");
        refused("routing.toml", cc, r#"cc = ["CIVIL"]"#, "GAS-04", "no hazard slips");
        refused("routing.toml", cc, r#"cc = ["SUBDITS"]"#, "GAS-04", "SUBDITS");
        let errors = changed("notice.toml", "[slip.inform]", "[slip.jurisdiction_too]").err();
        assert!(errors.is_some(), "a table that nobody knows");
    }

    #[test]
    fn the_address_behind_the_code_is_one_that_a_phone_opens_safely() {
        let url = "https://feedback.example.org/nanshan";
        refused("notice.toml", url, "http://feedback.example.org", "feedback", "https://");
        refused("notice.toml", url, &format!("https://{}", "x".repeat(200)), "feedback", "200");
    }

    #[test]
    fn what_an_entry_names_has_to_exist() {
        refused(
            "rules-fire.toml",
            r#"{ dept = "FIRE", deadline = "fire-24h" }"#,
            r#"{ dept = "FIER", deadline = "fire-24h" }"#,
            "F01",
            "FIER",
        );
        refused("rules-fire.toml", r#"deadline = "fire-24h""#, r#"deadline = "fire-25h""#, "F01", "fire-25h");
        refused("rules-fire.toml", r#"codes = ["EXIT-01", "EXIT-02"]"#, r#"codes = ["EXIT-99"]"#, "F01", "EXIT-99");
        refused("checklist.toml", r#"to = ["FIRE"]"#, r#"to = ["NOBODY"]"#, "EXIT-01", "NOBODY");
        refused("workflow.toml", r#"accept = "accept""#, r#"accept = "soon""#, "accept", "soon");
        refused("routing.toml", r#""EXIT-05", "ALM-01""#, r#""ALM-01""#, "EXIT-05", "SUBDIST");
        refused("alarms.toml", r#"codes = ["GAS-01"]"#, r#"codes = ["GAS-09"]"#, "gas-smell", "GAS-09");
        refused(
            "cadences.toml",
            r#"kinds = ["restaurant"]"#,
            r#"kinds = ["canteen"]"#,
            "routine-lpg-restaurant",
            "canteen",
        );
        refused("departments.toml", r#"code = "SUBDIST""#, r#"code = "FIRE""#, "FIRE", "twice");
        refused("visit-checklist.toml", r#"code = "pain""#, r#"code = "health""#, "health", "twice");
        refused("visit-checklist.toml", r#"code = "pain""#, r#"code = "pain ""#, "pain", "space");
        refused("visit-checklist.toml", r#"name.en = "Pain""#, r#"name.en = """#, "pain", "empty");
        let assessors = "assessors.toml";
        refused(assessors, "SZ-PG-0002", "SZ-PG-0001", "SZ-PG-0001", "twice");
        refused(assessors, "SZ-PG-0002", " ", "", "not empty");
        refused(assessors, "valid_to = 2024-05-31", "valid_to = 2020-05-31", "SZ-PG-0004", "ends after");
        refused("departments.toml", r#"slips = ["hazard"]"#, r#"slips = ["hazard", "person"]"#, "FIRE", "person");
    }

    #[test]
    fn rounds_name_tiers_difficulties_and_weather_that_there_are() {
        let cadences = "cadences.toml";
        refused(cadences, r#"for = { elder = "key" }"#, r#"for = { elder = "kee" }"#, "elder-key", "kee");
        refused(cadences, r#"change = { tiers = ["high"]"#, r#"change = { tiers = ["hihg"]"#, "elder-change", "hihg");
        refused(cadences, r#"risks = ["fall", "#, r#"risks = ["fell", "#, "line", "fell");
        refused(cadences, r#"weather = { tiers = ["high"]"#, r#"weather = { tiers = ["hihg"]"#, "weather-high", "hihg");
        refused(cadences, r#"difficulties = ["alone""#, r#"difficulties = ["lonely""#, "weather-key", "lonely");
        refused(cadences, r#"weather = { tiers"#, r#"weather = { kinds = ["fog"], tiers"#, "weather-high", "fog");
        refused(cadences, r#"weather = { tiers = ["high"], "#, "weather = { ", "weather-high", "who is visited");
        refused(cadences, r#"code = "rainstorm""#, r#"code = "typhoon""#, "typhoon", "twice");
        refused(cadences, r#"name.en = "Typhoon""#, r#"name.en = """#, "typhoon", "empty");
        refused(cadences, "every = { hours = 24 }", "every = { hours = 0 }", "elder-change", "zero");
    }

    #[test]
    fn a_policy_without_bad_weather_is_still_read_and_then_nobody_is_called() {
        let cadences = NANSHAN_SAMPLE.iter().find(|(name, _)| *name == "cadences.toml").unwrap().1;
        let before = cadences.split("# Bad weather").next().unwrap();
        let files =
            NANSHAN_SAMPLE.iter().map(|(name, text)| (*name, if *name == "cadences.toml" { before } else { *text }));
        let policy = Policy::parse(&files.collect::<Vec<_>>()).unwrap();
        assert!(policy.weather.is_empty());
    }

    #[test]
    fn no_desk_is_told_what_is_not_on_the_closed_list() {
        for field in ["diagnoses", "note_short", "id_last4", "income", "assessment"] {
            let told = format!(r#"fields = ["name", "dwelling", "{field}"]"#);
            refused("rules-elder.toml", r#"fields = ["name", "dwelling", "capacity"]"#, &told, "E02", field);
        }
        refused(
            "rules-elder.toml",
            r#"dept = "PSB", deadline = "psb-at-once""#,
            r#"dept = "FIRE", deadline = "fire-24h""#,
            "E02",
            "person slip",
        );
    }

    #[test]
    fn a_policy_of_before_the_register_is_still_read_and_then_nobody_assesses() {
        let files =
            NANSHAN_SAMPLE.iter().filter(|(name, _)| !["visit-checklist.toml", "assessors.toml"].contains(name));
        let policy = Policy::parse(&files.copied().collect::<Vec<_>>()).unwrap();
        assert!(policy.visit_items.is_empty() && policy.assessors.is_empty());
    }

    #[test]
    fn texts_exist_in_both_languages_and_hold_no_enforcement_words() {
        refused("rules-fire.toml", "需请{depts}{clock}到场核查", "将责令改正", "F01", "责令");
        refused("rules-fire.toml", "which may keep people", "or a penalty may keep people", "F01", "penalty");
        refused("checklist.toml", "锁着会耽误最要紧的几分钟", "否则处罚", "EXIT-01", "处罚");
        refused("alarms.toml", "title.zh = \"闻到燃气味:先离开,再打电话\"", "title.zh = \"\"", "gas-smell", "empty");
        refused("severities.toml", "疑似重大,须转办", "重大,须转办", "S3", "重大");
        refused("notice.toml", "温馨提示单", "整改通知书", "notice", "整改通知书");
    }

    #[test]
    fn rules_have_to_compile_and_their_templates_to_resolve() {
        refused("rules-gas.toml", "p.lpg_kg > limit", "p.lpg_lb > limit", "F05", "p.lpg_lb");
        refused("rules-gas.toml", "&& !p.bottle_room", "&& ", "F05", "parse");
        refused("rules-fire.toml", "“{f.item}” was seen and", "“{p.address}” was seen and", "F01", "p.address");
        refused("rules-fire.toml", r#"window = "{code}#{episode}""#, r#"window = "{other}""#, "F01", "other");
        refused("rules-fire.toml", r#"route = [{ dept = "FIRE", deadline = "fire-24h" }]"#, "", "F01", "route");
        refused("rules-data.toml", r#"deadline = "steward-2wd""#, "", "D01", "deadline");
        refused(
            "rules-fire.toml",
            r#"codes = ["FAC-01", "FAC-02"]"#,
            r#"codes = ["FAC-01", "FAC-02", "EXT-01"]"#,
            "F02",
            "EXT-01",
        );
        refused(
            "rules-repeat.toml",
            r#"dept = "SUBDIST", deadline = "subdist-3wd""#,
            r#"dept = "SUBDIST", deadline = "fire-3wd""#,
            "F09",
            "fire-3wd",
        );
    }

    #[test]
    fn what_goes_to_a_department_about_an_elder_says_what_allows_it_and_to_whom() {
        let elder = "rules-elder.toml";
        refused(
            elder,
            r#"dept = "PSB", deadline = "psb-at-once""#,
            r#"dept = "FIRE", deadline = "fire-24h""#,
            "E02",
            "FIRE",
        );
        refused(
            elder,
            r#"dept = "CIVIL", deadline = "civil-3wd""#,
            r#"dept = "GASREG", deadline = "gasreg-3wd""#,
            "E06",
            "GASREG",
        );
        refused(elder, r#"consent = "health_center_share", "#, "", "E04", "legal_basis");
        refused(elder, r#", fields = ["name", "dwelling", "devices"]"#, "", "E05", "fields");
        refused(elder, r#"fields = ["name", "dwelling", "devices"]"#, r#"fields = ["diary"]"#, "E05", "diary");
        refused(elder, "discreet = true\n", "", "E01", "discreet");
        refused(elder, r#"codes = ["acute_illness", "suicidal_act"]"#, r#"codes = ["EXIT-01"]"#, "E01", "EXIT-01");
        refused(elder, "e.risk_events >=", "e.name >=", "E05", "e.name");
        refused(
            "rules-gas.toml",
            r#"dept = "GASREG", deadline = "gasreg-24h" }]"#,
            r#"dept = "GASREG", deadline = "gasreg-24h", consent = "health" }]"#,
            "F05",
            "elders only",
        );
        refused("alarms.toml", r#"rules = ["E07"]"#, r#"rules = ["E77"]"#, "unreachable", "E77");
    }

    #[test]
    fn a_file_that_does_not_parse_is_named_with_its_line() {
        refused("manifest.toml", "version = 1", "version = one", "line", "line");
        refused("manifest.toml", "version = 1", "version = 1\nverison = 2", "line", "verison");
        refused("calendar.toml", "from = 2026-01-01", "from = 2026-13-01", "line", "line");
        let errors = Policy::parse(&[]).err().unwrap();
        assert!(errors.0.len() >= 20, "every missing section is named: {errors}");
    }
}
