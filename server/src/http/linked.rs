//! Linked files in lists and pages: what is the same thing is shown once, under the smallest of its ids.

use std::collections::BTreeMap;

use serde::Serialize;
use sync_core::case::File;
use sync_core::id::{CaseloadId, EntityId};
use sync_core::project::{UnitedFile, united_file};
use sync_core::time::Timestamp;
use sync_core::union::Clusters;

use crate::db::key::Keyring;
use crate::db::{self, Tx, document};
use crate::flow::load;
use crate::http::view::Entity;

/// Two linked files.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Pair {
    /// The one.
    #[schema(value_type = String)]
    a: EntityId,
    /// The other.
    #[schema(value_type = String)]
    b: EntityId,
}

/// Which of these files were linked with which.
pub(crate) fn pairs(files: &BTreeMap<EntityId, File>) -> Vec<Pair> {
    let pairs = files.iter().flat_map(|(a, file)| file.links.iter().map(|b| (*a, b))).filter(|(a, b)| a < b);
    pairs.map(|(a, b)| Pair { a, b }).collect()
}

/// The files that a look showed, for the read log: the one that was asked for first.
pub(crate) fn showed(
    files: &BTreeMap<EntityId, File>,
    asked: EntityId,
    what: &'static str,
) -> Vec<(EntityId, &'static str)> {
    let others = files.keys().copied().filter(|root| *root != asked);
    std::iter::once(asked).chain(others).map(|root| (root, what)).collect()
}

/// The root of a file as a list shows it; of linked files, their union. `None` when it is not there.
pub(crate) async fn shown(
    tx: &mut Tx,
    keys: &mut Keyring,
    caseload: CaseloadId,
    clusters: &Clusters,
    root: EntityId,
    now: Timestamp,
) -> db::Result<Option<Entity>> {
    let members = clusters.members(root);
    if let [single] = members[..] {
        let found = document::projection(tx, keys, caseload, single).await?;
        return Ok(found.map(|found| Entity::of(found, now)));
    }
    let united = united(tx, keys, caseload, &members).await?;
    united.map(|file| Entity::united(&file.root, now)).transpose()
}

/// The union of the roots of these files, without what belongs to them.
pub(crate) async fn united(
    tx: &mut Tx,
    keys: &mut Keyring,
    caseload: CaseloadId,
    members: &[EntityId],
) -> db::Result<Option<UnitedFile>> {
    let files = load::roots(tx, keys, caseload, members).await?;
    Ok(united_file(&load::together(&files)))
}
