//! Finding files without reading them: exact keys and pairs of characters, as keyed hashes.

use std::collections::{BTreeMap, BTreeSet};

use sync_core::id::{CaseloadId, EntityId};

use super::{Result, Tx, args, statements};
use crate::seal::Sealer;

statements! {
    FORGET_KEYS = "DELETE FROM lookup WHERE caseload = $1 AND root = $2";
    FORGET_GRAMS = "DELETE FROM gram WHERE caseload = $1 AND root = $2";
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

/// Replaces what a file is found by.
pub(crate) async fn index(
    tx: &mut Tx,
    sealer: &Sealer,
    (caseload, root): (CaseloadId, EntityId),
    keys: &[String],
    texts: &[String],
) -> Result<()> {
    forget(tx, caseload, root).await?;
    for key in keys {
        tx.run(ADD_KEY, args![caseload, sealer.lookup(caseload, "key", key), root]).await?;
    }
    for gram in texts.iter().flat_map(|text| grams(text)).collect::<BTreeSet<_>>() {
        tx.run(ADD_GRAM, args![caseload, sealer.lookup(caseload, "gram", &gram), root]).await?;
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
