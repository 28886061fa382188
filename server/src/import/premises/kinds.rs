//! What kinds of premises a roster may name: the nine small places (九小场所), under the words of street lists.

/// The codes with the words that mean them; the first word is the one to show.
const KINDS: &[(&str, &[&str])] = &[
    ("shop", &["小商店", "商店", "商铺", "便利店", "超市", "小档口", "零售", "商场"]),
    ("restaurant", &["小餐饮", "餐饮", "餐馆", "饭店", "小吃店", "餐饮店"]),
    ("inn", &["小旅馆", "旅馆", "宾馆", "民宿", "酒店"]),
    ("entertainment", &["小歌舞娱乐", "娱乐", "歌舞娱乐", "小娱乐场所", "ktv", "棋牌室"]),
    ("leisure", &["小休闲健身", "休闲", "健身", "理发", "美容美发", "网吧", "洗浴", "足浴"]),
    ("clinic", &["小医疗机构", "诊所", "医疗", "养老", "门诊"]),
    ("school_day", &["小学校", "学校", "幼儿园", "培训", "托管"]),
    ("workshop", &["小生产加工", "作坊", "小作坊", "加工", "工厂"]),
    ("flammable", &["小危化品", "易燃易爆", "油漆", "危化品", "燃气站"]),
];

/// The code of a kind, from the code itself or a word for it.
#[must_use]
pub fn code_of(word: &str) -> Option<&'static str> {
    let word = word.to_lowercase();
    let word = word.strip_suffix("类").unwrap_or(&word);
    KINDS.iter().find(|(code, words)| *code == word || words.contains(&word)).map(|(code, _)| *code)
}

/// The kinds to choose from, as `小餐饮(restaurant)`.
#[must_use]
pub fn choices() -> String {
    let shown: Vec<_> = KINDS.iter().map(|(code, words)| format!("{}({code})", words[0])).collect();
    shown.join("、")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_codes_mean_one_kind() {
        let mut seen = std::collections::BTreeSet::new();
        for (code, words) in KINDS {
            assert_eq!(code_of(code), Some(*code));
            for word in *words {
                assert!(seen.insert(*word), "{word} means two kinds");
                assert_eq!(code_of(word), Some(*code));
            }
        }
        assert_eq!(code_of("餐饮类"), Some("restaurant"));
        assert_eq!(code_of("KTV"), Some("entertainment"));
        assert_eq!(code_of("飞船"), None);
        assert!(choices().starts_with("小商店(shop)、"));
    }
}
