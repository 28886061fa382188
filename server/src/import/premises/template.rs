//! A generated roster of premises as a file.

use sync_core::generator::{GenPremises, Roster};

use super::columns::Column;
use crate::import::ImportError;
use crate::import::template::{self, Headings};

/// A generated roster as CSV; an empty one makes the template.
///
/// # Errors
/// When the text cannot be put together, which only a lack of memory can cause.
pub fn to_csv(roster: &Roster, headings: Headings) -> Result<Vec<u8>, ImportError> {
    template::write(&roster.premises, headings, cell)
}

fn cell(premises: &GenPremises, column: Column) -> String {
    match column {
        // Invented streets are on no map.
        Column::ExternalId | Column::DoorNote | Column::MapPoint => String::new(),
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
    use crate::import::premises::Premises;
    use crate::import::read_table;
    use crate::import::rows::{FieldValue, read};

    #[test]
    fn a_generated_roster_is_imported_without_a_doubt() {
        let roster = sync_core::generator::roster(7, 500);
        for headings in [Headings::Zh, Headings::En] {
            let csv = to_csv(&roster, headings).unwrap();
            let read = read(&Premises, &read_table(&csv).unwrap(), &mut |_| {}).unwrap();
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
        assert_eq!(read(&Premises, &table, &mut |_| {}).unwrap().rows, []);
    }
}
