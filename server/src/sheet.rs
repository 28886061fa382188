//! The sheet of a friendly reminder as a page: one file that needs nothing else, for a printer (A4) and for a phone.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use qrcode::{EcLevel, QrCode};
use sha2::{Digest as _, Sha256};
use sync_core::policy::{Feedback, Lang as Of, Text};
use sync_core::sheet::{Sheet, SheetItem, SheetLine};

use crate::lang::Lang;

/// What a browser may do with the page: nothing but lay it out by its own style.
pub(crate) fn content_policy() -> String {
    let style = STANDARD.encode(Sha256::digest(STYLE));
    format!(
        "default-src 'none'; style-src 'sha256-{style}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
}

/// The page.
pub(crate) fn page(sheet: &Sheet, lang: Lang) -> String {
    let of = lang.pick(Of::Zh, Of::En);
    let say = |text: &Text| escaped(text.get(of));
    let title = say(&sheet.title);
    let items: String = sheet.items.iter().map(|item| self::item(item, of)).collect();
    let numbers =
        sheet.numbers.iter().map(|call| format!("<li><b>{}</b> {}</li>", escaped(&call.number), say(&call.name)));
    format!(
        "<!doctype html>\n<html lang=\"{html_lang}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n\
         {head}<p class=\"greeting\">{greeting}</p>\n<ol class=\"items\">\n{items}</ol>\n{foot}\
         <section class=\"call\">\n<h2>{danger}</h2>\n<ul>{numbers}</ul>\n</section>\n\
         <p class=\"statement\">{statement}</p>\n<p>{thanks}</p>\n\
         <p class=\"sign\"><span>{signature}</span><span>{date}</span></p>\n{feedback}</main>\n</body>\n</html>\n",
        html_lang = lang.pick("zh-CN", "en"),
        head = lines(&sheet.head, of),
        greeting = say(&sheet.greeting),
        foot = lines(&sheet.foot, of),
        danger = lang.pick("遇到危险先离开,再拨打", "In danger: leave first, then call"),
        numbers = numbers.collect::<String>(),
        statement = say(&sheet.statement),
        thanks = say(&sheet.thanks),
        signature = lang.pick("店方签名(自愿)", "Signature of the shop (if you wish)"),
        date = lang.pick("日期", "Date"),
        feedback = sheet.feedback.as_ref().map(|feedback| self::feedback(feedback, of)).unwrap_or_default(),
    )
}

/// A line that nobody filled in stays open for a pen.
fn lines(lines: &[SheetLine], of: Of) -> String {
    let mut table = String::from("<table>\n");
    for SheetLine { label, says } in lines {
        let (label, says) = (escaped(label.get(of)), escaped(says.get(of)));
        let class = if says.is_empty() { " class=\"open\"" } else { "" };
        let _ = writeln!(table, "<tr><th scope=\"row\">{label}</th><td{class}>{says}</td></tr>");
    }
    table + "</table>\n"
}

fn item(item: &SheetItem, of: Of) -> String {
    let say = |text: &Text| escaped(text.get(of));
    let (zh, en) = ("当场已经改好,谢谢您!", "Put right on the spot. Thank you!");
    let fixed = match (item.fixed, of) {
        (false, _) => "",
        (true, Of::Zh) => zh,
        (true, Of::En) => en,
    };
    let mut text = format!("<li>\n<h2>{}</h2>\n", say(&item.name));
    let how = if item.fixed { Text::default() } else { item.how.clone() };
    for (class, says) in [("fixed", fixed.to_owned()), ("why", say(&item.why)), ("how", say(&how))] {
        if !says.is_empty() {
            let _ = writeln!(text, "<p class=\"{class}\">{says}</p>");
        }
    }
    text + "</li>\n"
}

fn feedback(feedback: &Feedback, of: Of) -> String {
    let says = escaped(feedback.text.get(of));
    let address = escaped(&feedback.url);
    let code = code(&feedback.url).unwrap_or_default();
    format!("<section class=\"feedback\">\n{code}<p>{says}<br><small>{address}</small></p>\n</section>\n")
}

/// A code to scan, as a drawing; `None` for what does not fit into one, where the address itself has to do.
fn code(text: &str) -> Option<String> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
    let (width, dark) = (code.width(), code.into_colors());
    let mut path = String::new();
    for (ix, color) in dark.into_iter().enumerate() {
        if color == qrcode::Color::Dark {
            let _ = write!(path, "M{} {}h1v1h-1z", ix % width + MARGIN, ix / width + MARGIN);
        }
    }
    let side = width + 2 * MARGIN;
    Some(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" role=\"img\" aria-label=\"QR\" \
         shape-rendering=\"crispEdges\"><rect width=\"{side}\" height=\"{side}\" fill=\"#fff\"/>\
         <path d=\"{path}\" fill=\"#000\"/></svg>\n"
    ))
}

/// The light margin that a code needs around it (ISO/IEC 18004), in modules.
const MARGIN: usize = 4;

/// Text that is nothing but text.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// Large type, for eyes of seventy; dark on white, for any printer; one column, for a phone.
const STYLE: &str = "
@page { size: A4; margin: 15mm 16mm; }
* { box-sizing: border-box; }
body { margin: 0; color: #111; background: #fff; font: 17px/1.55 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', \
'Noto Sans SC', 'WenQuanYi Zen Hei', sans-serif; }
main { max-width: 46em; margin: 0 auto; padding: 1.2em; }
h1 { font-size: 1.9em; text-align: center; letter-spacing: .12em; margin: 0 0 .6em; }
html[lang=en] h1 { letter-spacing: 0; }
h2 { font-size: 1.12em; margin: 0; }
p { margin: .25em 0; }
table { width: 100%; border-collapse: collapse; margin: .5em 0; }
th, td { text-align: left; vertical-align: top; padding: .28em .5em; border-bottom: 1px solid #bbb; }
th { width: 9.5em; font-weight: normal; color: #444; }
td { font-weight: 600; overflow-wrap: anywhere; }
td.open { border-bottom: 1px solid #111; }
.greeting { margin: 1em 0 .6em; }
.items { padding-left: 1.6em; margin: 0 0 1em; }
.items li { margin-bottom: .7em; break-inside: avoid; }
.items li::marker { font-weight: 700; font-size: 1.12em; }
.fixed { font-weight: 600; }
.how { padding-left: .7em; border-left: 4px solid #888; }
.call { border: 2px solid #111; border-radius: .4em; padding: .6em .9em; margin: 1em 0; break-inside: avoid; }
.call ul { list-style: none; margin: .2em 0 0; padding: 0; display: flex; flex-wrap: wrap; gap: .1em 2em; }
.call b { font-size: 1.3em; }
.statement { font-weight: 600; margin: .8em 0 .4em; }
.sign { display: flex; gap: 2em; margin: 1.8em 0 1em; break-inside: avoid; }
.sign span { flex: 1; border-bottom: 1px solid #111; padding-bottom: .2em; }
.feedback { display: flex; align-items: center; gap: 1em; break-inside: avoid; }
.feedback svg { width: 30mm; height: 30mm; flex: none; }
.feedback small { overflow-wrap: anywhere; color: #444; }
@media print { body { font-size: 13pt; } main { max-width: none; padding: 0; } }
@media (max-width: 30em) { th, td { display: block; width: auto; border: 0; padding: 0; } \
th { margin-top: .5em; font-size: .9em; } td.open { min-height: 1.8em; } .sign { display: block; } \
.sign span { display: block; margin-top: 1.6em; } }
";

#[cfg(test)]
mod tests {
    use super::*;

    fn text(zh: &str, en: &str) -> Text {
        Text::new(zh, en)
    }

    fn line(says: &str) -> SheetLine {
        SheetLine { label: text("店铺", "Shop"), says: text(says, says) }
    }

    fn sheet(says: &str) -> Sheet {
        let item = |fixed| SheetItem {
            code: "EXIT-02".to_owned(),
            name: text("疏散通道堵塞", "Escape route blocked"),
            fixed,
            why: text("看不清路", "People stumble"),
            how: text("一起搬", "Move the goods"),
        };
        Sheet {
            title: text("温馨提示单", "Friendly reminder"),
            head: vec![line(says), line("")],
            greeting: text("您好", "Hello"),
            items: vec![item(false), item(true)],
            foot: Vec::new(),
            numbers: Vec::new(),
            statement: text("不是执法文书", "Not an enforcement document"),
            thanks: text("谢谢", "Thank you"),
            feedback: Some(Feedback {
                url: "https://feedback.example.org/n?a=1&b=2".to_owned(),
                text: text("扫", "Scan"),
            }),
        }
    }

    #[test]
    fn what_somebody_typed_is_text_and_nothing_else() {
        let page = page(&sheet("<script>alert(1)</script> \"A&B\" 'x'"), Lang::Zh);
        assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt; &quot;A&amp;B&quot; &#39;x&#39;"), "{page}");
        assert!(!page.contains("<script") && page.contains("n?a=1&amp;b=2"));
        assert!(content_policy().starts_with("default-src 'none'; style-src 'sha256-"));
    }

    #[test]
    fn an_open_line_is_left_for_a_pen_and_what_is_fixed_asks_for_nothing() {
        let page = page(&sheet("王记肠粉"), Lang::En);
        assert!(page.contains("<tr><th scope=\"row\">Shop</th><td class=\"open\"></td></tr>"));
        assert_eq!(page.matches("Move the goods").count(), 1);
        assert_eq!(page.matches("Put right on the spot").count(), 1);
        assert!(!page.contains("疏散"), "one language a page");
    }

    /// Drawn modules are those of the code, each where it belongs.
    #[test]
    fn the_code_is_drawn_as_it_is() {
        let url = "https://feedback.example.org/nanshan";
        let drawn = code(url).unwrap();
        let code = QrCode::with_error_correction_level(url, EcLevel::M).unwrap();
        let dark = code.to_colors().into_iter().filter(|color| *color == qrcode::Color::Dark).count();
        assert_eq!(drawn.matches("h1v1h-1z").count(), dark);
        assert!(drawn.contains("M4 4h1v1h-1z"), "the corner of the first finder lies within the margin");
    }
}
