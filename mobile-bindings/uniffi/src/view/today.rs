//! What is to be done today.

pub use doorstep_mobile::WeatherNow;
use sync_core::id::{CaseloadId, EntityId, EventId};
use sync_core::policy::Text;
use sync_core::time::Timestamp;

use super::{FileKind, Pending};

/// What is to be done by the end of the day.
#[derive(uniffi::Record)]
pub struct Today {
    /// Where to look whether a finding was put right, most overdue first: shops and homes.
    pub revisits: Vec<DueVisit>,
    /// Shops where a routine round is due, most overdue first.
    pub rounds: Vec<DueVisit>,
    /// Elders to go to, each once whatever the reasons: those of a higher risk tier first, then the most overdue. The
    /// elder's file tells why.
    pub elders: Vec<DueVisit>,
    /// Referrals that were answered and wait for somebody to go and see.
    pub to_confirm: Vec<ToConfirm>,
    /// Questions of desks that wait for somebody's answer, whose time ends first first. The file says what is asked.
    pub asked: Vec<Asked>,
    /// Elders of whom something was told in an emergency, and who were not told of it yet, longest first.
    pub to_tell: Vec<DueVisit>,
    /// Own work that waits for a supervisor.
    pub held: Vec<Pending>,
    /// Bad weather now or to come: why elders are called who else would not be.
    pub weather: Vec<WeatherNow>,
    /// Forms begun and not finished.
    pub drafts: u32,
}

/// Somewhere to go.
#[derive(uniffi::Record)]
pub struct DueVisit {
    /// The file.
    pub file: EntityId,
    /// What it is about.
    pub kind: FileKind,
    /// The name on the sign or in the register; of a dwelling its address.
    pub name: String,
    /// Where it is.
    pub address: String,
    /// Since when it is due, or by when.
    pub due_at: Timestamp,
    /// The open findings of a shop to look at. What is wrong in a home, its file tells.
    pub codes: Vec<String>,
}

/// Bad weather in a caseload, for which elders are visited or called once more.
#[uniffi::remote(Record)]
pub struct WeatherNow {
    /// The alert.
    pub alert: EventId,
    /// The caseload.
    pub caseload: CaseloadId,
    /// What weather, as the policy calls it.
    pub kind: String,
    /// Its name.
    pub name: Text,
    /// When it begins.
    pub from: Timestamp,
    /// When it is over.
    pub until: Timestamp,
}

/// An answered referral.
#[derive(uniffi::Record)]
pub struct ToConfirm {
    /// The referral.
    pub referral: EntityId,
    /// Where to go.
    pub visit: DueVisit,
}

/// A desk's question that waits for an answer.
#[derive(uniffi::Record)]
pub struct Asked {
    /// The referral.
    pub referral: EntityId,
    /// The question: what an answer names.
    pub question: EventId,
    /// Where it is about.
    pub visit: DueVisit,
}

impl From<doorstep_mobile::Visit> for DueVisit {
    fn from(visit: doorstep_mobile::Visit) -> Self {
        let doorstep_mobile::Visit { file, kind, name, address, due_at, codes } = visit;
        Self { file, kind, name, address, due_at, codes }
    }
}

impl From<doorstep_mobile::Today> for Today {
    fn from(today: doorstep_mobile::Today) -> Self {
        let doorstep_mobile::Today { revisits, rounds, elders, to_confirm, asked, to_tell, held, weather, drafts } =
            today;
        Self {
            revisits: revisits.into_iter().map(Into::into).collect(),
            rounds: rounds.into_iter().map(Into::into).collect(),
            elders: elders.into_iter().map(Into::into).collect(),
            to_confirm: to_confirm
                .into_iter()
                .map(|(referral, visit)| ToConfirm { referral, visit: visit.into() })
                .collect(),
            asked: asked
                .into_iter()
                .map(|doorstep_mobile::Asked { referral, question, visit }| Asked {
                    referral,
                    question,
                    visit: visit.into(),
                })
                .collect(),
            to_tell: to_tell.into_iter().map(Into::into).collect(),
            held,
            weather,
            drafts,
        }
    }
}
