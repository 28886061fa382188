//! What the reader of TOML has to object to, in Chinese: it speaks English only. What it says of names and values stays as
//! it is; a sentence that is not known here is left in its own words.

/// A message of the `toml` crate, in Chinese.
#[must_use]
pub fn toml_in_chinese(message: &str) -> String {
    let message = message.trim();
    named(message)
        .or_else(|| mistyped(message))
        .or_else(|| SYNTAX.iter().find(|(said, _)| message.starts_with(said)).map(|(_, zh)| (*zh).to_owned()))
        .unwrap_or_else(|| format!("写法有误({message})"))
}

/// **What is wrong with how it is written**, by how the message begins.
const SYNTAX: &[(&str, &str)] = &[
    ("duplicate key", "同一个名称写了两次"),
    ("string values must be quoted", "缺少值或逗号,或文字没有加引号"),
    ("missing opening quote", "文字缺少开头的引号"),
    ("invalid basic string", "文字的引号没有闭合,或其中的 \\ 用法不对"),
    ("invalid multi-line basic string", "多行文字的引号没有闭合,或其中的 \\ 用法不对"),
    ("invalid literal string", "文字的引号没有闭合"),
    ("invalid multi-line literal string", "多行文字的引号没有闭合"),
    ("key with no value", "名称后面缺少等号和值"),
    ("missing assignment", "名称与值之间缺少等号"),
    ("missing value", "等号后面缺少值"),
    ("extra `=`", "多了一个等号"),
    ("unclosed table", "[表名] 的方括号没有闭合"),
    ("unclosed array table", "[[表名]] 的方括号没有闭合"),
    ("unclosed array", "列表的方括号没有闭合"),
    ("unclosed inline table", "花括号没有闭合"),
    ("missing comma", "各项之间缺少逗号"),
    ("extra comma", "多了一个逗号"),
    ("unexpected key or value", "一行只能写一项,后面多了内容"),
    ("invalid unquoted key", "名称只能用字母、数字、_ 和 -,其他的要加引号"),
    ("invalid key", "名称写法不对"),
    ("missing key", "缺少名称"),
    ("unexpected leading zero", "数字不能以 0 开头"),
    ("invalid date", "日期写法不对,应如 2026-11-23"),
    ("invalid datetime", "时间写法不对,应如 2026-11-23T08:30:00"),
    ("invalid socket address syntax", "应是地址和端口,例如 127.0.0.1:8340"),
    ("invalid IP address syntax", "应是 IP 地址,例如 10.0.0.2"),
];

/// Something that is not known, missing or there twice.
fn named(message: &str) -> Option<String> {
    let (first, rest) = quoted(message)?;
    let choice = || match rest.split_once("expected ") {
        Some((_, choice)) => {
            format!(";可用:{}", choice.trim_start_matches("one of ").replace(" or ", "、").replace(", ", "、"))
        }
        None => String::new(),
    };
    Some(match message.split('`').next()? {
        "unknown field " => format!("不认识的名称 `{first}`{}", choice()),
        "unknown variant " => format!("不认识的值 `{first}`{}", choice()),
        "missing field " => format!("缺少 `{first}`"),
        "duplicate field " => format!("`{first}` 写了两次"),
        _ => return None,
    })
}

/// What stands between the first two backticks, and what follows.
fn quoted(message: &str) -> Option<(&str, &str)> {
    message.split_once('`')?.1.split_once('`')
}

/// A value of another kind than it should be, or out of its range.
fn mistyped(message: &str) -> Option<String> {
    let (what, rest) = message.split_once(": ")?;
    let (found, expected) = rest.rsplit_once(", expected ")?;
    let (found, expected) = (kind(found), kind(expected));
    match what {
        "invalid type" => Some(format!("这里写的是{found},应是{expected}")),
        "invalid value" => Some(format!("这里写的是{found},超出范围,应是{expected}")),
        "invalid length" => Some(format!("长度 {found} 不对,应是{expected}")),
        _ => None,
    }
}

/// A kind of value, with the value if it was named.
fn kind(said: &str) -> String {
    const KINDS: &[(&str, &str)] = &[
        ("floating point", "小数"),
        ("integer", "整数"),
        ("boolean", "真假值"),
        ("a boolean", "true 或 false"),
        ("string", "文字"),
        ("a string", "文字"),
        ("borrowed string", "文字"),
        ("path string", "路径"),
        ("socket address", "地址和端口"),
        ("sequence", "列表"),
        ("a sequence", "列表"),
        ("map", "表"),
        ("a map", "表"),
        ("struct", "表"),
        ("an integer", "整数"),
        ("u8", "0 到 255 的整数"),
        ("u16", "0 到 65535 的整数"),
        ("u32", "不小于 0 的整数"),
        ("u64", "不小于 0 的整数"),
        ("usize", "不小于 0 的整数"),
        ("i32", "整数"),
        ("i64", "整数"),
        ("f64", "数字"),
    ];
    let known = KINDS.iter().filter_map(|(en, zh)| Some((said.strip_prefix(en)?, *zh)));
    // The longest name: `a string` begins with no other, `string` may.
    let Some((rest, zh)) = known.min_by_key(|(rest, _)| rest.len()) else { return format!("“{said}”") };
    match rest.trim() {
        "" => zh.to_owned(),
        // The name of the table is one of the program's.
        _ if zh == "表" => zh.to_owned(),
        value => format!("{zh} {value}"),
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize, Debug)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "it is only read")]
    struct Settings {
        count: Option<u16>,
        name: Option<String>,
        on: Option<bool>,
        list: Option<Vec<u32>>,
        listen: Option<std::net::SocketAddr>,
        mode: Option<Mode>,
        inner: Option<Inner>,
    }

    #[derive(Deserialize, Debug)]
    #[serde(rename_all = "lowercase")]
    enum Mode {
        Pretty,
        Json,
    }

    #[derive(Deserialize, Debug)]
    #[expect(dead_code, reason = "it is only read")]
    struct Inner {
        needed: String,
    }

    #[test]
    fn what_people_get_wrong_is_said_in_chinese() {
        for (text, zh) in [
            ("cuont = 1", "不认识的名称 `cuont`;可用:`count`、`name`"),
            ("mode = 'loud'", "不认识的值 `loud`;可用:`pretty`、`json`"),
            ("inner = {}", "缺少 `needed`"),
            ("count = 1\ncount = 2", "写了两次"),
            ("count = 'three'", "这里写的是文字 \"three\",应是0 到 65535 的整数"),
            ("count = -1", "超出范围,应是0 到 65535 的整数"),
            ("count = 70000", "超出范围"),
            ("on = 1", "应是true 或 false"),
            ("name = true", "这里写的是真假值 `true`,应是文字"),
            ("list = 3", "应是列表"),
            ("inner = 3", "应是表"),
            ("listen = 'here'", "例如 127.0.0.1:8340"),
            ("name = lin", "文字没有加引号"),
            ("name = \"lin", "引号没有闭合"),
            ("name = 'lin", "引号没有闭合"),
            ("name", "缺少等号"),
            ("name =", "缺少值"),
            ("[inner", "方括号没有闭合"),
            ("list = [1 2]", "逗号"),
            ("list = [1", "方括号没有闭合"),
            ("count = 1 name = 'x'", "多了内容"),
            ("名 = 1", "要加引号"),
        ] {
            let error = toml::from_str::<Settings>(text).unwrap_err();
            let said = toml_in_chinese(error.message());
            assert!(said.contains(zh), "{text:?}: {said} ({})", error.message());
        }
        assert_eq!(toml_in_chinese("something new"), "写法有误(something new)");
    }
}
