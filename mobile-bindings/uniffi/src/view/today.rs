//! What is to be done today.

use sync_core::id::EntityId;
use sync_core::time::Timestamp;

use doorstep_mobile::Pending;

/// What is to be done by the end of the day.
#[derive(uniffi::Record)]
pub struct Today {
    /// Where to look whether a finding was put right, most overdue first.
    pub revisits: Vec<DueVisit>,
    /// Where a routine round is due, most overdue first.
    pub rounds: Vec<DueVisit>,
    /// Referrals that were answered and wait for somebody to go and see.
    pub to_confirm: Vec<ToConfirm>,
    /// Own work that waits for a supervisor.
    pub held: Vec<Pending>,
    /// Forms begun and not finished.
    pub drafts: u32,
}

/// A shop to go to.
#[derive(uniffi::Record)]
pub struct DueVisit {
    /// The shop.
    pub premises: EntityId,
    /// Its name.
    pub name: String,
    /// Where it is.
    pub address: String,
    /// Since when it is due.
    pub due_at: Timestamp,
    /// The open findings to look at.
    pub codes: Vec<String>,
}

/// An answered referral.
#[derive(uniffi::Record)]
pub struct ToConfirm {
    /// The referral.
    pub referral: EntityId,
    /// Where to go.
    pub visit: DueVisit,
}

impl From<doorstep_mobile::Visit> for DueVisit {
    fn from(visit: doorstep_mobile::Visit) -> Self {
        let doorstep_mobile::Visit { premises, name, address, due_at, codes } = visit;
        Self { premises, name, address, due_at, codes }
    }
}

impl From<doorstep_mobile::Today> for Today {
    fn from(today: doorstep_mobile::Today) -> Self {
        let doorstep_mobile::Today { revisits, rounds, to_confirm, held, drafts } = today;
        Self {
            revisits: revisits.into_iter().map(Into::into).collect(),
            rounds: rounds.into_iter().map(Into::into).collect(),
            to_confirm: to_confirm
                .into_iter()
                .map(|(referral, visit)| ToConfirm { referral, visit: visit.into() })
                .collect(),
            held,
            drafts,
        }
    }
}
