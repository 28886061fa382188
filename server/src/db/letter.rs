//! The letters of devices: what a phone prints before the provisional numbers of its notices, so that no two phones of a
//! caseload leave the same number on a door.

use sync_core::id::{CaseloadId, DeviceId};

use super::{Result, Tx, args, counter, statements};

/// The counter of letters that are left out though nobody is known to have them.
const SKIPPED: &str = "letter";

statements! {
    OF = "SELECT n FROM letter WHERE caseload = $1 AND device = $2";
    LAST = "SELECT MAX(n) FROM letter WHERE caseload = $1";
    INSERT = "INSERT INTO letter (caseload, device, n) VALUES ($1, $2, $3)";
}

/// The letter of a device in a caseload, if it has one.
///
/// # Errors
/// Whatever the engine objects to.
pub async fn of(tx: &mut Tx, caseload: CaseloadId, device: DeviceId) -> Result<Option<String>> {
    Ok(tx.first(OF, args![caseload, device]).await?.map(|row| row.get(0)).transpose()?.map(written))
}

/// The letter of a device in a caseload, for good; the next one that was never given there, if it has none.
pub(crate) async fn give(tx: &mut Tx, caseload: CaseloadId, device: DeviceId) -> Result<String> {
    // A letter is for good: who has one need not wait for those who write.
    if let Some(known) = of(tx, caseload, device).await? {
        return Ok(known);
    }
    tx.hold_caseload(caseload).await?;
    if let Some(known) = of(tx, caseload, device).await? {
        return Ok(known);
    }
    let n = last(tx, caseload).await? + 1;
    tx.run(INSERT, args![caseload, device, n]).await?;
    Ok(written(n))
}

/// Leaves out the next letters: somebody may have them of whom this database does not know.
pub(crate) async fn skip(tx: &mut Tx, caseload: CaseloadId, letters: u32) -> Result<()> {
    let skipped = last(tx, caseload).await? + letters;
    counter::set(tx, caseload, SKIPPED, skipped.into()).await
}

/// The last one that was given out or left out.
async fn last(tx: &mut Tx, caseload: CaseloadId) -> Result<u32> {
    let given = tx.first(LAST, args![caseload]).await?;
    let given = given.map(|row| row.get::<Option<u32>>(0)).transpose()?.flatten().unwrap_or(0);
    let skipped = counter::get(tx, caseload, SKIPPED).await?;
    Ok(given.max(u32::try_from(skipped).unwrap_or(u32::MAX - 1)))
}

/// 1 is A, 26 is Z, 27 is AA.
fn written(n: u32) -> String {
    let mut letters = Vec::new();
    let mut left = n;
    while let Some(above) = left.checked_sub(1) {
        letters.push(char::from(b'A' + (above % 26) as u8));
        left = above / 26;
    }
    letters.into_iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_go_on_behind_z() {
        let all: Vec<String> = [1, 2, 26, 27, 52, 53, 702, 703].into_iter().map(written).collect();
        assert_eq!(all, ["A", "B", "Z", "AA", "AZ", "BA", "ZZ", "AAA"]);
    }
}
