//! Linked files in lists: what is the same thing is shown once, under the smallest of its ids.

use sync_core::id::{CaseloadId, EntityId};
use sync_core::project::{UnitedFile, united_file};
use sync_core::time::Timestamp;
use sync_core::union::Clusters;

use crate::db::key::Keyring;
use crate::db::{self, Tx, document};
use crate::flow::load;
use crate::http::view::Entity;

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
