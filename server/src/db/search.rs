//! Finding files without reading them: exact keys and pairs of characters, as keyed hashes.

use std::collections::{BTreeMap, BTreeSet};

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

/// Other files that share one of these keys.
pub(crate) async fn alike(
    tx: &mut Tx,
    sealer: &Sealer,
    (caseload, root): (CaseloadId, EntityId),
    keys: &[String],
    limit: u32,
) -> Result<Vec<EntityId>> {
    let mut found = BTreeSet::new();
    for key in keys {
        for row in tx.all(BY_KEY, args![caseload, sealer.lookup(caseload, "key", key), limit]).await? {
            found.insert(row.get(0)?);
        }
    }
    found.remove(&root);
    Ok(found.into_iter().collect())
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
