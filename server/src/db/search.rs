//! Finding files without reading them: exact keys and pairs of characters, as keyed hashes.

use std::collections::{BTreeMap, BTreeSet};

use sync_core::flag;
use sync_core::id::{CaseloadId, EntityId};

use super::{Result, Statement, Tx, args, statements};
use crate::seal::Sealer;

statements! {
    FORGET_KEYS = "DELETE FROM lookup WHERE caseload = $1 AND root = $2";
    FORGET_GRAMS = "DELETE FROM gram WHERE caseload = $1 AND root = $2";
    KEYS_OF = "SELECT hash FROM lookup WHERE caseload = $1 AND root = $2";
    GRAMS_OF = "SELECT hash FROM gram WHERE caseload = $1 AND root = $2";
    REMOVE_KEY = "DELETE FROM lookup WHERE caseload = $1 AND root = $2 AND hash = $3";
    REMOVE_GRAM = "DELETE FROM gram WHERE caseload = $1 AND root = $2 AND hash = $3";
    ADD_KEY = "INSERT INTO lookup (caseload, hash, root) VALUES ($1, $2, $3) \
        ON CONFLICT (caseload, hash, root) DO NOTHING";
    ADD_GRAM = "INSERT INTO gram (caseload, hash, root) VALUES ($1, $2, $3) \
        ON CONFLICT (caseload, hash, root) DO NOTHING";
    BY_KEY = "SELECT root FROM lookup WHERE caseload = $1 AND hash = $2 ORDER BY root LIMIT $3";
    BY_GRAM = "SELECT root FROM gram WHERE caseload = $1 AND hash = $2 LIMIT $3";
}

/// Most files that are looked at for sharing a key.
const ALIKE: u32 = 16;
/// Most files that one pair of characters may name; a pair that names more says too little.
const PER_GRAM: u32 = 20_000;
/// Longest text that is searched for, in characters.
const QUERY: usize = 64;

/// Makes what a file is found by what it should be. Mostly it is already: few forms change a name.
pub(crate) async fn index(
    tx: &mut Tx,
    sealer: &Sealer,
    (caseload, root): (CaseloadId, EntityId),
    keys: &[String],
    texts: &[String],
) -> Result<()> {
    let grams: BTreeSet<String> = texts.iter().flat_map(|text| grams(text)).collect();
    let keys = keys.iter().map(|key| sealer.lookup(caseload, "key", key).to_vec()).collect();
    let grams = grams.iter().map(|gram| sealer.lookup(caseload, "gram", gram).to_vec()).collect();
    replace(tx, (caseload, root), keys, (KEYS_OF, ADD_KEY, REMOVE_KEY)).await?;
    replace(tx, (caseload, root), grams, (GRAMS_OF, ADD_GRAM, REMOVE_GRAM)).await
}

async fn replace(
    tx: &mut Tx,
    (caseload, root): (CaseloadId, EntityId),
    wanted: BTreeSet<Vec<u8>>,
    (of, add, remove): (Statement, Statement, Statement),
) -> Result<()> {
    let there = tx.all(of, args![caseload, root]).await?;
    let there: BTreeSet<Vec<u8>> = there.iter().map(|row| row.get(0)).collect::<Result<_>>()?;
    for hash in there.difference(&wanted) {
        tx.run(remove, args![caseload, root, hash.as_slice()]).await?;
    }
    for hash in wanted.difference(&there) {
        tx.run(add, args![caseload, hash.as_slice(), root]).await?;
    }
    Ok(())
}

/// Removes what a file is found by.
pub(crate) async fn forget(tx: &mut Tx, caseload: CaseloadId, root: EntityId) -> Result<()> {
    tx.run(FORGET_KEYS, args![caseload, root]).await?;
    tx.run(FORGET_GRAMS, args![caseload, root]).await.map(drop)
}

/// The first files that have this key.
pub(crate) async fn with_key(tx: &mut Tx, sealer: &Sealer, caseload: CaseloadId, key: &str) -> Result<Vec<EntityId>> {
    let rows = tx.all(BY_KEY, args![caseload, sealer.lookup(caseload, "key", key), ALIKE]).await?;
    let roots = rows.iter().map(|row| row.get(0)).collect::<Result<Vec<_>>>()?;
    Ok(roots.into_iter().filter(|root| *root != crowd(caseload)).collect())
}

/// What a file is compared with.
#[derive(Default)]
pub(crate) struct Alike {
    /// The other files.
    pub(crate) roots: BTreeSet<EntityId>,
    /// What was seen in it was seen in more files than it is compared with.
    pub(crate) partly: bool,
}

/// Other files that share one of these keys.
///
/// A key of more than [`ALIKE`] others is crowded, and stays so: the branches of a chain with one credit code, the rooms of
/// a home at one address. It says nothing of who a file is, or every new one would be a doubt about all others. What was
/// seen (a photo, a visit) is compared with as many as that all the same. When a transaction that writes leaves somebody
/// out, it notes it at the key; so whoever asks again, when the others may have become fewer, knows of it.
pub(crate) async fn alike(
    tx: &mut Tx,
    sealer: &Sealer,
    (caseload, root): (CaseloadId, EntityId),
    keys: &[String],
) -> Result<Alike> {
    let mut alike = Alike::default();
    for key in keys {
        let hash = sealer.lookup(caseload, "key", key);
        // One more than may be, the file itself, and the note.
        let rows = tx.all(BY_KEY, args![caseload, hash, ALIKE + 3]).await?;
        let mut others = rows.iter().map(|row| row.get(0)).collect::<Result<BTreeSet<EntityId>>>()?;
        others.remove(&root);
        let noted = others.remove(&crowd(caseload));
        let crowded = others.len() > ALIKE as usize;
        if crowded && !noted && tx.writes() {
            tx.run(ADD_KEY, args![caseload, hash, crowd(caseload)]).await?;
        }
        match (crowded || noted, flag::is_of_what_was_seen(key)) {
            (true, false) => {}
            (left_out, _) => {
                alike.partly |= left_out;
                alike.roots.extend(others.into_iter().take(ALIKE as usize));
            }
        }
    }
    Ok(alike)
}

/// What stands at a key that is crowded, as if it were a file with it.
fn crowd(caseload: CaseloadId) -> EntityId {
    EntityId::of_caseload(caseload)
}

/// Files whose names hold every pair of characters of `text`; best to check again on what they hold.
///
/// # Errors
/// Whatever the engine objects to.
pub async fn find(tx: &mut Tx, sealer: &Sealer, caseload: CaseloadId, text: &str) -> Result<Vec<EntityId>> {
    let text: String = text.chars().take(QUERY).collect();
    let grams = grams(&text);
    let mut hits: BTreeMap<EntityId, usize> = BTreeMap::new();
    for gram in &grams {
        for row in tx.all(BY_GRAM, args![caseload, sealer.lookup(caseload, "gram", gram), PER_GRAM]).await? {
            *hits.entry(row.get(0)?).or_default() += 1;
        }
    }
    Ok(hits.into_iter().filter(|(_, count)| *count == grams.len()).map(|(root, _)| root).collect())
}

/// The pairs of neighbouring characters; of a single character, itself.
fn grams(text: &str) -> BTreeSet<String> {
    let plain: Vec<char> = text.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect();
    match plain.as_slice() {
        [single] => BTreeSet::from([single.to_string()]),
        _ => plain.windows(2).map(|pair| pair.iter().collect()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fall_into_pairs_whatever_their_script() {
        let pairs = |text| grams(text).into_iter().collect::<Vec<_>>();
        assert_eq!(pairs("王记 肠粉"), ["王记", "肠粉", "记肠"]);
        assert_eq!(pairs("Wang's"), ["an", "gs", "ng", "wa"]);
        assert_eq!(pairs("王"), ["王"]);
        assert!(grams(" ·").is_empty());
    }
}
