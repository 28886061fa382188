//! A generated roster of elders as a file.

use sync_core::event::Purpose;
use sync_core::generator::GenElder;

use super::columns::{Column, Of};
use crate::import::ImportError;
use crate::import::template::{self, Headings};

/// Generated elders as CSV; none make the template.
///
/// # Errors
/// When the text cannot be put together, which only a lack of memory can cause.
pub fn to_csv(elders: &[GenElder], headings: Headings) -> Result<Vec<u8>, ImportError> {
    template::write(elders, headings, cell)
}

fn cell(elder: &GenElder, column: Column) -> String {
    let text = |text: &str| text.to_owned();
    match column {
        Column::Name => elder.name.clone(),
        Column::ResidentId => elder.resident_id.clone(),
        Column::Dialect => text(elder.dialect),
        Column::LivingSituation => text(elder.living_situation),
        Column::Difficulties => elder.difficulties.join("、"),
        Column::RiskTier => text(elder.risk_tier),
        Column::Capacity => text(elder.capacity),
        Column::EvacuationHelp => text(elder.evacuation_help),
        Column::Address => elder.address.clone(),
        Column::UnitCode => elder.unit_code.clone(),
        Column::Floor => elder.floor.clone(),
        Column::Lift => text(if elder.lift { "yes" } else { "no" }),
        Column::Contact(n, of) => {
            let contact = elder.contacts.get(usize::from(n) - 1);
            contact.map_or_else(String::new, |contact| match of {
                Of::Name => contact.name.clone(),
                Of::Relation => text(contact.relation),
                Of::Phone => contact.phone.clone(),
            })
        }
        Column::ConsentMethod if elder.consented => text("paper"),
        Column::Consent(Purpose::Archive | Purpose::Health) if elder.consented => text("granted"),
        Column::Consent(Purpose::Photo) if elder.consented => text(if elder.photo { "granted" } else { "refused" }),
        _ => String::new(),
    }
}
