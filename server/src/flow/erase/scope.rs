//! What goes when a person is erased: their files, all that are the same person; the home where nobody else lives; what
//! desks were told.

use std::collections::{BTreeMap, BTreeSet};

use sync_core::case::File;
use sync_core::document::Document;
use sync_core::entity::Kind;
use sync_core::id::{CaseloadId, EntityId};
use sync_core::refer;

use super::{AT_ONCE, Around, around, counted};
use crate::db::key::Keyring;
use crate::db::{Tx, document, link};
use crate::flow::{Flow, FlowError, Result, load};

/// What becomes of a home.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Home {
    /// It goes: nobody else lives there.
    Goes,
    /// It stays: somebody else lives there.
    LivedIn,
    /// It stays: a department is at work there.
    AtWork,
}

/// What goes.
pub struct Scope {
    /// The person's files.
    pub files: BTreeSet<EntityId>,
    /// What they are called there, for whoever decides to know whom they decide about.
    pub names: BTreeSet<String>,
    /// Everything in the caseload that goes.
    pub entities: BTreeSet<EntityId>,
    /// Slips, by desk.
    pub slips: BTreeMap<CaseloadId, BTreeSet<EntityId>>,
    /// The homes, and what becomes of them.
    pub homes: BTreeMap<EntityId, Home>,
    /// Events in the files.
    pub events: usize,
    /// Of these, the ones that stay countable: that somebody was there, and when.
    pub counted: usize,
    /// Flags in the files.
    pub flags: usize,
    /// What there is beside the files.
    pub around: Around,
}

impl Flow {
    /// What would go if this elder were erased.
    ///
    /// # Errors
    /// [`FlowError::NotFound`] when it is no elder's file of this caseload.
    pub(crate) async fn erasure_of(&self, tx: &mut Tx, caseload: CaseloadId, elder: EntityId) -> Result<Scope> {
        let mut keys = self.keys();
        let root = document::root(tx, caseload, elder).await?.ok_or(FlowError::NotFound)?;
        let mut files = load::linked(tx, &mut keys, caseload, root).await?;
        let is_elder = |root: &EntityId, file: &File| {
            file.documents.get(root).is_some_and(|document| document.schema().kind == Kind::Elder)
        };
        if !files.get(&root).is_some_and(|file| is_elder(&root, file)) {
            return Err(FlowError::NotFound);
        }
        let persons: BTreeSet<EntityId> = files.keys().copied().collect();
        let title = |(_, document): (EntityId, &Document)| document.value("name")?.as_text().map(str::to_owned);
        let names = files.values().flat_map(|file| file.of_kind(Kind::Elder).filter_map(title)).collect();
        let mut homes = BTreeMap::new();
        for home in homes_of(&files) {
            let there = load::linked(tx, &mut keys, caseload, home).await?;
            let fate = fate(tx, &mut keys, caseload, &persons, &there).await?;
            homes.insert(home, fate);
            if fate == Home::Goes {
                files.extend(there);
            }
        }
        let entities: BTreeSet<EntityId> =
            files.iter().flat_map(|(root, file)| file.documents.keys().copied().chain([*root])).collect();
        let mut slips: BTreeMap<CaseloadId, BTreeSet<EntityId>> = BTreeMap::new();
        for (referral, _) in files.values().flat_map(|file| file.of_kind(Kind::Referral)) {
            for slip in link::slips_of(tx, caseload, referral).await? {
                slips.entry(slip.desk).or_default().insert(slip.slip);
            }
        }
        let around = around(tx, &mut keys, caseload, &entities).await?;
        Ok(Scope {
            names,
            slips,
            homes,
            events: files.values().map(|file| file.events.len()).sum(),
            counted: files.values().map(|file| counted(file).len()).sum(),
            flags: files.values().map(|file| file.flags.len()).sum(),
            files: persons,
            entities,
            around,
        })
    }
}

/// The homes that anybody ever named as this person's and that still stand in the file.
fn homes_of(files: &BTreeMap<EntityId, File>) -> BTreeSet<EntityId> {
    let elders = files.values().flat_map(|file| file.of_kind(Kind::Elder));
    let claims = elders.filter_map(|(_, document)| document.field("dwelling"));
    claims
        .flat_map(|said| said.others.into_iter().chain([said.shown]))
        .filter_map(|claim| claim.value.as_id())
        .collect()
}

async fn fate(
    tx: &mut Tx,
    keys: &mut Keyring,
    caseload: CaseloadId,
    persons: &BTreeSet<EntityId>,
    home: &BTreeMap<EntityId, File>,
) -> Result<Home> {
    let mut after = None;
    loop {
        let page = document::projections_of_kind(tx, keys, caseload, Kind::Elder, after, AT_ONCE).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.entity);
        for other in page.iter().filter(|elder| !persons.contains(&elder.entity)) {
            let said = other.json["fields"].to_string();
            if home.keys().any(|home| said.contains(&home.to_string())) {
                return Ok(Home::LivedIn);
            }
        }
    }
    let ended = [refer::WITHDRAWN, refer::CLOSED, refer::NOT_ACCEPTED];
    let is_under_way = |(_, referral): (EntityId, &Document)| {
        let state = referral.value("state").and_then(|value| value.as_state());
        state.is_some_and(|state| state.rank != refer::DRAFT && !ended.contains(&state.rank))
    };
    let at_work = home.values().flat_map(|file| file.of_kind(Kind::Referral)).any(is_under_way);
    Ok(if at_work { Home::AtWork } else { Home::Goes })
}
