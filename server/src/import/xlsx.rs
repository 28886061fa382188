//! XLSX: the first sheet, cell by cell. A sheet whose only content is one cell far down must not become a rectangle
//! of a billion empty ones, so cells are streamed and the limits are kept while reading.

use std::io::Cursor;

use calamine::{DataRef, Reader, Xlsx, XlsxError};

use super::{Cell, Damage, ImportError, LIMITS, Line, Table};

/// From here on a floating-point number no longer holds every digit that was typed.
const WHOLE_DIGITS: f64 = 1e15;

/// Reads the first sheet of a workbook.
///
/// # Errors
/// When the workbook is damaged, asks for a password or has too many rows.
pub fn read(bytes: &[u8]) -> Result<Table, ImportError> {
    let mut workbook = Xlsx::new(Cursor::new(bytes)).map_err(explain)?;
    let sheet = workbook.sheet_names().first().cloned().ok_or(ImportError::Empty)?;
    let mut cells = workbook.worksheet_cells_reader(&sheet).map_err(explain)?;
    let mut table = Table::default();
    while let Some(found) = cells.next_cell().map_err(explain)? {
        let (row, column) = found.get_position();
        let (number, column) = (row.saturating_add(1), column as usize);
        let Some(cell) = cell(found.get_value()) else { continue };
        if column >= LIMITS.columns {
            continue;
        }
        if table.lines.last().is_none_or(|line| line.number != number) {
            if table.lines.len() == LIMITS.rows {
                return Err(ImportError::TooManyRows(LIMITS.rows));
            }
            table.lines.push(Line { number, cells: Vec::new() });
        }
        if let Some(line) = table.lines.last_mut() {
            if line.cells.len() <= column {
                line.cells.resize(column + 1, Cell::default());
            }
            line.cells[column] = cell;
        }
    }
    Ok(table)
}

/// Why a file in the container of old workbooks cannot be read: old, or encrypted.
pub(super) fn explain_old_container(bytes: &[u8]) -> ImportError {
    match Xlsx::new(Cursor::new(bytes)) {
        Err(XlsxError::Password) => ImportError::Password,
        _ => ImportError::UnknownFormat,
    }
}

fn explain(error: XlsxError) -> ImportError {
    match error {
        XlsxError::Password => ImportError::Password,
        other => ImportError::Damaged(other.to_string()),
    }
}

/// The cell's text; `None` when it is empty.
fn cell(value: &DataRef<'_>) -> Option<Cell> {
    let cell = match value {
        DataRef::Empty => return None,
        DataRef::String(text) => Cell::text(text),
        DataRef::SharedString(text) => Cell::text(text),
        DataRef::Int(number) => Cell::text(&number.to_string()),
        DataRef::Float(number) if number.abs() >= WHOLE_DIGITS => {
            Cell::damaged(&format!("{number:.0}"), Damage::DigitsLost)
        }
        DataRef::Float(number) => Cell::text(&number.to_string()),
        DataRef::Bool(yes) => Cell::text(if *yes { "是" } else { "否" }),
        DataRef::DateTime(date) if date.is_datetime() => {
            let (year, month, day, ..) = date.to_ymd_hms_milli();
            Cell::damaged(&format!("{year:04}-{month:02}-{day:02}"), Damage::BecameDate)
        }
        DataRef::DateTime(span) => Cell::damaged(&span.as_f64().to_string(), Damage::BecameDate),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => Cell::damaged(text, Damage::BecameDate),
        DataRef::Error(error) => Cell::damaged(&error.to_string(), Damage::FailedFormula),
    };
    if cell.text.is_empty() { None } else { Some(cell) }
}

#[cfg(test)]
mod tests {
    use rust_xlsxwriter::{Format, Workbook};

    use super::*;

    fn book(fill: impl FnOnce(&mut rust_xlsxwriter::Worksheet)) -> Vec<u8> {
        let mut workbook = Workbook::new();
        fill(workbook.add_worksheet());
        workbook.save_to_buffer().unwrap()
    }

    #[test]
    fn cells_keep_their_places_and_line_numbers() {
        let bytes = book(|sheet| {
            sheet.write(0, 0, "花果山社区场所台账").unwrap();
            sheet.write(2, 0, "店铺名称").unwrap();
            sheet.write(2, 2, "面积").unwrap();
            sheet.write(5, 0, " 阿桂\n肠粉 ").unwrap();
            sheet.write(5, 2, 35.5).unwrap();
            sheet.write(6, 0, "  ").unwrap();
        });
        let table = read(&bytes).unwrap();
        let seen: Vec<_> = table
            .lines
            .iter()
            .map(|l| (l.number, l.cells.iter().map(|c| c.text.as_str()).collect::<Vec<_>>()))
            .collect();
        assert_eq!(
            seen,
            [(1, vec!["花果山社区场所台账"]), (3, vec!["店铺名称", "", "面积"]), (6, vec!["阿桂 肠粉", "", "35.5"]),]
        );
    }

    #[test]
    fn numbers_that_were_codes_are_noticed() {
        let bytes = book(|sheet| {
            sheet.write(0, 0, 14_200_000_001.0).unwrap();
            sheet.write(0, 1, 440_399_194_512_030_018.0_f64).unwrap();
            sheet.write_with_format(0, 2, 46_000.0, &Format::new().set_num_format("m-d")).unwrap();
            sheet.write(0, 3, true).unwrap();
        });
        let cells = read(&bytes).unwrap().lines.remove(0).cells;
        assert_eq!(cells[0], Cell::text("14200000001"));
        assert_eq!(cells[1].damage, Some(Damage::DigitsLost));
        assert_eq!(cells[2].damage, Some(Damage::BecameDate));
        assert_eq!(cells[3].text, "是");
    }

    #[test]
    fn one_cell_far_away_costs_one_cell() {
        let bytes = book(|sheet| {
            sheet.write(1_048_575, 16_383, "ignored: too far right").unwrap();
            sheet.write(1_048_575, 0, "last line").unwrap();
        });
        let table = read(&bytes).unwrap();
        assert_eq!(table.lines, [Line { number: 1_048_576, cells: vec![Cell::text("last line")] }]);
    }

    #[test]
    fn too_many_rows_and_cut_files_are_refused() {
        let bytes = book(|sheet| {
            for row in 0..=u32::try_from(LIMITS.rows).unwrap() {
                sheet.write(row, 0, 1).unwrap();
            }
        });
        assert_eq!(read(&bytes), Err(ImportError::TooManyRows(LIMITS.rows)));
        let small = book(|sheet| {
            sheet.write(0, 0, "x").unwrap();
        });
        for cut in [0, 4, small.len() / 2, small.len() - 1] {
            assert!(matches!(read(&small[..cut]), Err(ImportError::Damaged(_))), "cut at {cut}");
        }
    }
}
