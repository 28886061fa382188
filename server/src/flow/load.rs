//! Gives a case what it asks for.

use std::collections::BTreeMap;

use sync_core::care;
use sync_core::case::{Case, File, Links, Want};
use sync_core::document::Document;
use sync_core::flag::Linked;
use sync_core::id::{CaseloadId, EntityId};

use crate::db::key::Keyring;
use crate::db::{self, DbError, Tx, document, erased, event, flag, link, search};

/// Answers until the case can go on. Whether what was seen in some file was compared with some others only.
pub(crate) async fn satisfy(
    tx: &mut Tx,
    keys: &mut Keyring,
    caseload: CaseloadId,
    case: &mut Case<'_>,
) -> db::Result<bool> {
    let mut partly = false;
    while let Some(want) = case.want() {
        match want {
            Want::Root(entity) => {
                let asked: Vec<EntityId> = std::iter::once(entity).chain(case.awaited_roots()).collect();
                let roots = document::roots_of(tx, caseload, &asked).await?;
                let unknown: Vec<EntityId> = asked.iter().copied().filter(|one| !roots.contains_key(one)).collect();
                let erased = erased::among(tx, caseload, &unknown).await?;
                for one in asked {
                    if erased.contains(&one) {
                        case.give_erased(one);
                    } else {
                        case.give_root(one, roots.get(&one).copied());
                    }
                }
            }
            Want::File(root) if root == EntityId::of_caseload(caseload) => {
                case.give_file(root, own(tx, keys, caseload).await?);
            }
            Want::File(root) => case.give_file(root, file(tx, keys, caseload, root).await?),
            Want::Alike { of, keys: shared } => {
                let mut alike = search::alike(tx, keys.sealer(), (caseload, of), &shared).await?;
                if alike.partly {
                    partly = true;
                    case.compared_partly(of);
                }
                alike.roots.extend(flag::about(tx, keys, caseload, &of.to_string()).await?);
                case.give_alike(of, alike.roots.into_iter().collect());
            }
        }
    }
    Ok(partly)
}

/// A file, whole; empty when it is not there.
pub(crate) async fn file(tx: &mut Tx, keys: &mut Keyring, caseload: CaseloadId, root: EntityId) -> db::Result<File> {
    let mut file = File::default();
    for (entity, bytes) in document::of_file(tx, keys, caseload, root).await? {
        let document = Document::load(&bytes).map_err(|_| DbError::Damaged("a document"))?;
        file.documents.insert(entity, document);
    }
    file.events = event::of_file(tx, keys, caseload, root).await?;
    for kept in flag::of_file(tx, keys, caseload, root).await? {
        file.flags.insert(kept.flag.flagged.flag, kept.flag);
    }
    file.links = Links::new(link::of(tx, caseload, root).await?);
    Ok(file)
}

/// The alerts of bad weather in a caseload.
pub(crate) async fn alerts(tx: &mut Tx, keys: &mut Keyring, caseload: CaseloadId) -> db::Result<Vec<care::Alert>> {
    Ok(care::alerts(&own(tx, keys, caseload).await?))
}

/// What was said of a caseload as a whole: events, and nothing else.
async fn own(tx: &mut Tx, keys: &mut Keyring, caseload: CaseloadId) -> db::Result<File> {
    let events = event::of_file(tx, keys, caseload, EntityId::of_caseload(caseload)).await?;
    Ok(File { events, ..File::default() })
}

/// All files that are the same thing as this one, itself included, whole.
pub(crate) async fn linked(
    tx: &mut Tx,
    keys: &mut Keyring,
    caseload: CaseloadId,
    root: EntityId,
) -> db::Result<BTreeMap<EntityId, File>> {
    let mut files = BTreeMap::new();
    let mut next = vec![root];
    while let Some(root) = next.pop() {
        if files.contains_key(&root) {
            continue;
        }
        let file = file(tx, keys, caseload, root).await?;
        next.extend(file.links.iter());
        files.insert(root, file);
    }
    Ok(files)
}

/// Of these files the roots only: for lists, which show no more of them.
pub(crate) async fn roots(
    tx: &mut Tx,
    keys: &mut Keyring,
    caseload: CaseloadId,
    roots: &[EntityId],
) -> db::Result<BTreeMap<EntityId, File>> {
    let mut files = BTreeMap::new();
    for root in roots {
        let Some(bytes) = document::saved(tx, keys, caseload, *root).await? else { continue };
        let document = Document::load(&bytes).map_err(|_| DbError::Damaged("a document"))?;
        files.insert(*root, File { documents: BTreeMap::from([(*root, document)]), ..File::default() });
    }
    Ok(files)
}

/// Loaded files, as the core takes them together.
pub(crate) fn together(files: &BTreeMap<EntityId, File>) -> Linked<'_> {
    files.iter().map(|(root, file)| (*root, file)).collect()
}
