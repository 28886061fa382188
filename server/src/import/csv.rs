//! CSV as offices really save it: UTF-8 with or without byte order mark, UTF-16, or GB18030 (what Chinese Excel calls
//! CSV); commas, semicolons or tabs.

use encoding_rs::{Encoding, GB18030, UTF_8};

use super::{Cell, Damage, ImportError, LIMITS, Line, Table};

/// Reads the lines of a CSV file.
///
/// # Errors
/// When the text has no known encoding, holds binary data or too many rows.
pub fn read(bytes: &[u8]) -> Result<Table, ImportError> {
    let text = decode(bytes)?;
    let mut reader = ::csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter(&text))
        .from_reader(text.as_bytes());
    let mut table = Table::default();
    let mut record = ::csv::StringRecord::new();
    while reader.read_record(&mut record).map_err(|e| ImportError::Damaged(e.to_string()))? {
        let cells: Vec<Cell> = record.iter().take(LIMITS.columns).map(cell).collect();
        if cells.iter().all(|cell| cell.text.is_empty()) {
            continue;
        }
        if table.lines.len() == LIMITS.rows {
            return Err(ImportError::TooManyRows(LIMITS.rows));
        }
        table.lines.push(Line { number: line_number(&record, &text), cells });
    }
    Ok(table)
}

fn decode(bytes: &[u8]) -> Result<String, ImportError> {
    let (encoding, mark) = match Encoding::for_bom(bytes) {
        Some(found) => found,
        None if std::str::from_utf8(bytes).is_ok() => (UTF_8, 0),
        None => (GB18030, 0),
    };
    let text = encoding
        .decode_without_bom_handling_and_without_replacement(&bytes[mark..])
        .ok_or(ImportError::Encoding)?
        .into_owned();
    // Nearly any bytes decode as something; a NUL in the text says that it was none.
    if text.contains('\0') { Err(ImportError::UnknownFormat) } else { Ok(text) }
}

/// The separator that the first lines hold most of. Title lines above the header often hold none.
fn delimiter(text: &str) -> u8 {
    let count = |separator: u8| {
        text.lines().take(10).map(|line| line.bytes().filter(|b| *b == separator).count()).max().unwrap_or(0)
    };
    let best = [b'\t', b';', b','].into_iter().max_by_key(|separator| count(*separator));
    best.unwrap_or(b',')
}

/// Where the record's text begins. The reader counts from before the blank lines that it skips.
fn line_number(record: &::csv::StringRecord, text: &str) -> u32 {
    let Some(position) = record.position() else { return 0 };
    let start = usize::try_from(position.byte()).unwrap_or(usize::MAX);
    let skipped = text.as_bytes().get(start..).unwrap_or_default();
    let blank = skipped.iter().take_while(|b| matches!(b, b'\r' | b'\n')).filter(|b| **b == b'\n').count();
    u32::try_from(position.line()).unwrap_or(u32::MAX).saturating_add(u32::try_from(blank).unwrap_or(0))
}

fn cell(text: &str) -> Cell {
    // Excel also guards codes as ="0012" when told to keep them as text.
    let text = text.trim();
    let unguarded = text.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"')).unwrap_or(text);
    if is_scientific(unguarded) { Cell::damaged(unguarded, Damage::DigitsLost) } else { Cell::text(unguarded) }
}

/// `4.40399E+17`: a long code that a spreadsheet took for a number before it was saved.
fn is_scientific(text: &str) -> bool {
    let Some((mantissa, exponent)) = text.split_once(['E', 'e']) else { return false };
    let Some(exponent) = exponent.strip_prefix('+') else { return false };
    let digits = |s: &str| !s.is_empty() && s.bytes().all(|c| c.is_ascii_digit());
    digits(exponent) && mantissa.split('.').all(digits) && mantissa.split('.').count() <= 2
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(table: &Table) -> Vec<(u32, Vec<&str>)> {
        table.lines.iter().map(|l| (l.number, l.cells.iter().map(|c| c.text.as_str()).collect())).collect()
    }

    const TEXT: &str = "店铺名称,地址\r\n阿桂肠粉,\"桃影里12号,一楼\"\r\n";

    #[test]
    fn one_table_in_any_encoding() {
        let plain = read(TEXT.as_bytes()).unwrap();
        assert_eq!(texts(&plain), [(1, vec!["店铺名称", "地址"]), (2, vec!["阿桂肠粉", "桃影里12号,一楼"])]);
        assert_eq!(read(format!("\u{FEFF}{TEXT}").as_bytes()), Ok(plain.clone()));
        assert_eq!(read(&GB18030.encode(TEXT).0), Ok(plain.clone()));
        let utf16: Vec<u8> = "\u{FEFF}"
            .chars()
            .chain(TEXT.chars())
            .collect::<String>()
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        assert_eq!(read(&utf16), Ok(plain));
    }

    #[test]
    fn rare_characters_of_gb18030_survive() {
        let (bytes, _, unmappable) = GB18030.encode("name\n㼆𠀀记\n");
        assert!(!unmappable);
        assert_eq!(texts(&read(&bytes).unwrap())[1].1, ["㼆𠀀记"]);
    }

    #[test]
    fn separators_are_found_below_a_title() {
        for separator in ["\t", ";", ","] {
            let text = format!("花果山社区场所台账\nname{separator}address\n甲{separator}乙\n");
            assert_eq!(texts(&read(text.as_bytes()).unwrap())[2], (3, vec!["甲", "乙"]));
        }
    }

    #[test]
    fn line_numbers_are_those_of_an_editor() {
        let text = "name\r\n\r\n甲\r\n,\r\n\"乙\n二\"\r\n\r\n\r\n丙";
        assert_eq!(
            texts(&read(text.as_bytes()).unwrap()),
            [(1, vec!["name"]), (3, vec!["甲"]), (5, vec!["乙 二"]), (9, vec!["丙"]),]
        );
    }

    #[test]
    fn codes_that_became_numbers_are_damaged() {
        assert_eq!(cell("4.40399E+17"), Cell::damaged("4.40399E+17", Damage::DigitsLost));
        assert_eq!(cell("=\"0012\""), Cell::text("0012"));
        for innocent in ["E+1", "1E+", "1.2.3E+4", "3E12", "CAFE+1"] {
            assert_eq!(cell(innocent).damage, None, "{innocent}");
        }
    }

    #[test]
    fn what_is_no_text_is_refused() {
        assert_eq!(read(b"\xFF\x80\xFF"), Err(ImportError::Encoding));
        assert_eq!(read(b"\x89PNG\r\n\x1a\n\x00\x00"), Err(ImportError::UnknownFormat));
        assert_eq!(read(b"GIF89a\x00\x00"), Err(ImportError::UnknownFormat));
        let long = "甲\n".repeat(LIMITS.rows + 1);
        assert_eq!(read(long.as_bytes()), Err(ImportError::TooManyRows(LIMITS.rows)));
    }
}
