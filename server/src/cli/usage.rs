//! What was typed and cannot be understood, said in the language that was asked for. The library that reads the command
//! line says it in English only.

use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::CliError;
use crate::lang::Lang;

/// What is wrong with the command line, how it is used, and where to read on; for help and version, these themselves.
pub(super) fn text(error: &clap::Error, lang: Lang) -> String {
    let said = match lang {
        Lang::En => None,
        Lang::Zh => chinese(error),
    };
    let said = said.unwrap_or_else(|| error.to_string());
    // The one word of the library that stands in every usage.
    lang.pick(said.replace("[OPTIONS]", "[选项]"), said)
}

/// `None` for what is no error: help and version are translated already.
fn chinese(error: &clap::Error) -> Option<String> {
    let text = |kind: ContextKind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.clone(),
        Some(ContextValue::Strings(texts)) => texts.join("、"),
        Some(ContextValue::Number(n)) => n.to_string(),
        _ => String::new(),
    };
    let (argument, value) = (text(ContextKind::InvalidArg), text(ContextKind::InvalidValue));
    let mut said = match error.kind() {
        ErrorKind::InvalidValue if value.is_empty() => format!("{argument} 需要一个值"),
        ErrorKind::InvalidValue => format!("{argument} 的值“{value}”不对"),
        ErrorKind::ValueValidation => {
            let why = std::error::Error::source(error).and_then(reason);
            format!("{argument} 的值“{value}”不对{}", why.map(|why| format!(":{why}")).unwrap_or_default())
        }
        ErrorKind::UnknownArgument => format!("没有“{argument}”这个选项或参数"),
        ErrorKind::InvalidSubcommand => format!("没有“{}”这个命令", text(ContextKind::InvalidSubcommand)),
        ErrorKind::MissingSubcommand => format!("“{}”后面要写一个子命令", text(ContextKind::InvalidSubcommand)),
        ErrorKind::MissingRequiredArgument => format!("缺少:{argument}"),
        ErrorKind::ArgumentConflict => match text(ContextKind::PriorArg) {
            other if other.is_empty() || other == argument => format!("{argument} 只能写一次"),
            other => format!("{argument} 不能与 {other} 一起使用"),
        },
        ErrorKind::NoEquals => format!("{argument} 的值要用等号连写"),
        ErrorKind::TooManyValues => format!("{argument} 多了一个值“{value}”"),
        ErrorKind::TooFewValues | ErrorKind::WrongNumberOfValues => format!("{argument} 的值个数不对"),
        ErrorKind::InvalidUtf8 => "有内容不是有效的 UTF-8 文字".to_owned(),
        _ => return None,
    };
    let one_of = [("可用的值", ContextKind::ValidValue), ("可用的命令", ContextKind::ValidSubcommand)];
    let suggested = [ContextKind::SuggestedSubcommand, ContextKind::SuggestedArg, ContextKind::SuggestedValue]
        .map(|kind| ("是不是想写", kind));
    for (words, kind) in one_of.into_iter().chain(suggested) {
        let listed = text(kind);
        if !listed.is_empty() {
            said.push_str(&format!("\n  {words}:{listed}"));
        }
    }
    if let Some(ContextValue::StyledStr(usage)) = error.get(ContextKind::Usage) {
        let usage = usage.to_string();
        let usage = usage.trim().strip_prefix("Usage:").unwrap_or(usage.trim());
        said.push_str(&format!("\n\n用法: {}", usage.trim()));
    }
    Some(format!("错误:{said}\n\n加上 --help 可查看说明。\n"))
}

/// Why a value is none. Our own parsers say it in both languages; of those of the library the numbers are left.
fn reason(why: &(dyn std::error::Error + 'static)) -> Option<String> {
    if let Some(own) = why.downcast_ref::<CliError>() {
        return Some(own.text(Lang::Zh));
    }
    let why = why.to_string();
    match why.split_once(" is not in ") {
        Some((_, range)) => Some(format!("应在 {range} 之间")),
        None => why.contains("invalid digit").then(|| "应是一个整数".to_owned()),
    }
}
