//! The words that offices use for what an elder's file knows as codes. The first word of each is the one to show.

use super::columns::Column;

type Words = &'static [(&'static str, &'static [&'static str])];

const SEX: Words = &[("male", &["男", "男性", "m"]), ("female", &["女", "女性", "f"])];
const LIVING: Words = &[
    ("alone", &["独居", "独自居住"]),
    ("with_spouse", &["与配偶", "与配偶同住", "夫妻同住"]),
    ("with_children", &["与子女", "与子女同住"]),
    ("with_parents", &["与父母", "与父母同住"]),
    ("with_siblings", &["与兄弟姐妹", "与兄弟姐妹同住"]),
    ("with_relatives", &["与其他亲属", "与亲属同住"]),
    ("with_others", &["与非亲属", "与保姆同住", "合租"]),
    ("institution", &["养老机构", "机构养老"]),
];
const DIFFICULTIES: Words = &[
    ("alone", &["独居"]),
    ("empty_nest", &["空巢"]),
    ("left_behind", &["留守"]),
    ("disabled", &["失能", "半失能"]),
    ("severe_disability", &["重残", "重度残疾"]),
    ("special_family", &["计生特殊", "计生特殊家庭", "失独"]),
    ("other", &["其他"]),
];
const TIERS: Words = &[
    ("high", &["高", "高风险", "一级"]),
    ("key", &["重点", "中", "中风险", "二级"]),
    ("general", &["一般", "低", "低风险", "三级"]),
];
const CAPACITIES: Words = &[
    ("full", &["完全", "完全民事行为能力"]),
    ("limited", &["限制", "限制民事行为能力"]),
    ("none", &["无", "无民事行为能力"]),
    ("unknown", &["不详", "未知"]),
];
const HELP: Words =
    &[("yes", &["是", "需要", "y", "√"]), ("no", &["否", "不需要", "n"]), ("unknown", &["不详", "未知"])];
const LIFT: Words = &[("yes", &["有", "是", "y", "√"]), ("no", &["无", "没有", "否", "n"])];
const CONSENT: Words = &[
    ("granted", &["同意", "是", "已签", "yes"]),
    ("refused", &["拒绝", "不同意", "no"]),
    ("withdrawn", &["撤回", "已撤回"]),
    ("not_asked", &["未询问", "未问", "未签"]),
];
const METHODS: Words = &[
    ("paper", &["书面", "纸质", "签字"]),
    ("verbal_witness", &["口头", "口头并有见证人"]),
    ("guardian", &["监护人", "监护人代签"]),
];

fn words(column: Column) -> Words {
    match column {
        Column::Sex => SEX,
        Column::LivingSituation => LIVING,
        Column::Difficulties => DIFFICULTIES,
        Column::RiskTier => TIERS,
        Column::Capacity => CAPACITIES,
        Column::EvacuationHelp => HELP,
        Column::Lift => LIFT,
        Column::Consent(_) => CONSENT,
        Column::ConsentMethod => METHODS,
        _ => &[],
    }
}

/// Whether the column takes words of a list only.
pub(super) fn has_list(column: Column) -> bool {
    !words(column).is_empty()
}

/// The code of a word in this column.
#[must_use]
pub fn code_of(column: Column, word: &str) -> Option<&'static str> {
    let word = word.to_lowercase();
    let means = |(code, words): &&(&str, &[&str])| *code == word || words.contains(&word.as_str());
    words(column).iter().find(means).map(|(code, _)| *code)
}

/// The words to choose from, as `独居(alone)、…`.
#[must_use]
pub fn choices(column: Column) -> String {
    let shown: Vec<_> = words(column).iter().map(|(code, words)| format!("{}({code})", words[0])).collect();
    shown.join("、")
}

#[cfg(test)]
mod tests {
    use sync_core::entity::elder;
    use sync_core::event::{ConsentMethod, ConsentState, Purpose};

    use super::*;

    #[test]
    fn every_code_is_one_of_the_file() {
        let codes = |column| words(column).iter().map(|(code, _)| *code).collect::<Vec<_>>();
        let known = [
            (Column::LivingSituation, elder::LIVING),
            (Column::Difficulties, elder::DIFFICULTIES),
            (Column::RiskTier, elder::TIERS),
            (Column::Capacity, elder::CAPACITIES),
            (Column::EvacuationHelp, elder::EVACUATION),
        ];
        for (column, known) in known {
            assert!(known.iter().all(|code| code_of(column, code) == Some(code)), "{column:?}");
            assert_eq!(codes(column).len(), known.len(), "{column:?}");
        }
        assert!(codes(Column::Consent(Purpose::Photo)).iter().all(|code| ConsentState::from_code(code).is_some()));
        assert!(codes(Column::ConsentMethod).iter().all(|code| ConsentMethod::from_code(code).is_some()));
    }

    #[test]
    fn no_word_means_two_things() {
        let lists = [SEX, LIVING, DIFFICULTIES, TIERS, CAPACITIES, HELP, LIFT, CONSENT, METHODS];
        for list in lists {
            let all: Vec<_> = list.iter().flat_map(|(code, words)| words.iter().chain([code])).collect();
            let different: std::collections::BTreeSet<_> = all.iter().collect();
            assert_eq!(all.len(), different.len());
        }
        assert_eq!(code_of(Column::RiskTier, "高风险"), Some("high"));
        assert_eq!(code_of(Column::Sex, "M"), Some("male"));
        assert_eq!(code_of(Column::Lift, "也许"), None);
        assert!(choices(Column::Sex).starts_with("男(male)、"));
    }
}
