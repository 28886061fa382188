//! The table that an import reads, written: a template for offices, and the file of a generated roster.

use sync_core::generator::{GenPremises, Roster};

use super::columns::Column;
use crate::import::ImportError;

/// In which language headings are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Headings {
    /// Chinese.
    Zh,
    /// English.
    En,
}

/// A generated roster as CSV in UTF-8 with a byte order mark, without which Excel shows Chinese as rubbish. An empty
/// roster makes the template.
///
/// # Errors
/// When the text cannot be put together, which only a lack of memory can cause.
pub fn to_csv(roster: &Roster, headings: Headings) -> Result<Vec<u8>, ImportError> {
    let damaged = |error: &dyn std::fmt::Display| ImportError::Damaged(error.to_string());
    let mut writer = ::csv::Writer::from_writer("\u{FEFF}".as_bytes().to_vec());
    let heading = |column: Column| match headings {
        Headings::Zh => column.template().0,
        Headings::En => column.template().1,
    };
    writer.write_record(Column::ALL.map(heading)).map_err(|e| damaged(&e))?;
    for premises in &roster.premises {
        writer.write_record(Column::ALL.map(|column| cell(premises, column))).map_err(|e| damaged(&e))?;
    }
    writer.into_inner().map_err(|e| damaged(&e))
}

fn cell(premises: &GenPremises, column: Column) -> String {
    match column {
        Column::ExternalId | Column::DoorNote => String::new(),
        Column::Name => premises.name.clone(),
        Column::Address => premises.address.clone(),
        Column::UnitCode => premises.unit_code.clone(),
        Column::Kinds => premises.kinds.join("、"),
        Column::AreaM2 => premises.area_m2.to_string(),
        Column::Floor => premises.floor.to_owned(),
        Column::Nickname => premises.nickname.clone().unwrap_or_default(),
        Column::Hours => premises.hours.to_owned(),
        Column::ContactName => premises.contact_name.clone(),
        Column::ContactPhone => premises.contact_phone.clone(),
        Column::Operator => premises.operator.name.clone(),
        Column::LegalName => premises.operator.legal_name.clone(),
        Column::Uscc => premises.operator.uscc.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::premises::{FieldValue, read};
    use crate::import::read_table;

    #[test]
    fn a_generated_roster_is_imported_without_a_doubt() {
        let roster = sync_core::generator::roster(7, 500);
        for headings in [Headings::Zh, Headings::En] {
            let csv = to_csv(&roster, headings).unwrap();
            let read = read(&read_table(&csv).unwrap(), &mut |_| {}).unwrap();
            assert!(read.ignored.is_empty());
            assert_eq!(read.rows.len(), 500);
            for (row, premises) in read.rows.iter().zip(&roster.premises) {
                assert_eq!(row.issues, []);
                let row = row.row.as_ref().unwrap();
                assert_eq!(row.text(Column::Name), Some(premises.name.as_str()));
                assert_eq!(row.text(Column::Uscc), Some(premises.operator.uscc.as_str()));
                assert_eq!(row.values[&Column::AreaM2], FieldValue::Int(premises.area_m2.into()));
            }
        }
    }

    #[test]
    fn the_template_is_a_header_and_nothing_else() {
        let empty = Roster { seed: 0, premises: Vec::new() };
        let table = read_table(&to_csv(&empty, Headings::Zh).unwrap()).unwrap();
        assert_eq!(table.lines.len(), 1);
        assert_eq!(read(&table, &mut |_| {}).unwrap().rows, []);
    }
}
