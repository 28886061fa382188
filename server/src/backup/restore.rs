//! Takes a backup into an empty database, all of it or nothing, and starts a new history there.
//!
//! In one transaction: the rows; what the register says, first of all; then everything that must not go on where the
//! backup ended. Phones hear the new epoch and send again what they wrote or carried; what they hear from here is newer
//! than anything that they heard before. That it was a restore, and from where to where, is on record in a checkpoint.

use std::collections::BTreeMap;
use std::io::Read;

use sync_core::time::{Span, Timestamp};

use super::stream::{Reader, Stretch};
use super::take::heads;
use super::{BackupError, Contents, Header, Progress, Result};
use crate::auth;
use crate::checkpoint;
use crate::db::caseload::CaseloadKind;
use crate::db::table::{Table, tables};
use crate::db::{Db, Tx, backup, caseload, credential, device, migrate, person, restored};
use crate::flow::erase::Order;
use crate::flow::{Flow, NUMBERS};
use crate::register::{Entry, Record, Register};
use crate::verify::{self, verify};

/// From which day on an epoch counts the seconds.
const EPOCHS_SINCE: Timestamp = Timestamp::from_millis(1_577_836_800_000);
/// Human numbers that are left out for each day, begun or whole, between backup and restore: more than a caseload gives
/// out in a day.
const NUMBERS_A_DAY: u64 = 1_000;
/// Letters that are left out: phones that one caseload may have got between backup and restore.
const LETTERS: u32 = 26;

/// What a restore did.
#[derive(Debug)]
pub struct Restored {
    /// What stands at the beginning of the backup.
    pub header: Header,
    /// What it held.
    pub contents: Contents,
    /// Entries of the register that were applied.
    pub applied: usize,
    /// The epoch that began.
    pub epoch: u32,
    /// What does not agree with the logs; empty when all is well.
    pub report: verify::Report,
}

/// Restores from a backup into the database, which must be empty. Without registers, what they would say is not known.
///
/// # Errors
/// What is wrong with the backup, a register or the database; it is as empty as before then.
pub async fn restore(
    db: &Db,
    flow: &Flow,
    from: impl Read + Send,
    registers: Option<&[Register]>,
    now: Timestamp,
    told: &mut (dyn FnMut(Progress) + Send),
) -> Result<Restored> {
    let (mut reader, header) = Reader::begin(from, flow.sealer())?;
    if header.schema != migrate::newest() {
        let (found, known, program) = (header.schema, migrate::newest(), header.program);
        return Err(BackupError::OtherSchema { found, known, program });
    }
    let entries = registers.map(|registers| on_record(&header, registers)).transpose()?.unwrap_or_default();
    let mut tx = db.govern().await?;
    empty(&mut tx).await?;
    let contents = fill(&mut tx, &mut reader, told).await?;
    let restored = checkpoint::Restored { backup_at: header.at(), caseloads: checkpoint::stand(&mut tx).await? };
    flow.activate_policy(&mut tx, now).await?;
    for entry in &entries {
        apply(&mut tx, flow, entry, now).await?;
    }
    let epoch = begin_anew(&mut tx, header.at(), now).await?;
    for head in &contents.heads {
        backup::record(&mut tx, head.caseload, head.seq, header.at()).await?;
    }
    // A backup is made by a server that was started, and has its keys.
    let key = auth::of_checkpoints(&mut tx, flow.sealer()).await?.ok_or(BackupError::NotWhole)?;
    checkpoint::make(&mut tx, &key, flow.keys(), now, Some(restored)).await?;
    tx.commit().await?;
    let report = verify(db, flow).await?;
    Ok(Restored { header, contents, applied: entries.len(), epoch, report })
}

/// Everything on record, oldest first. One of the registers must be the one that the backup knows, and whole.
fn on_record(header: &Header, registers: &[Register]) -> Result<Vec<Entry>> {
    let mut found = header.register().n == 0;
    let mut entries = Vec::new();
    for register in registers {
        found |= register.has_been_at(header.register())?;
        entries.extend(register.entries()?);
    }
    if !found {
        return Err(BackupError::RegisterCut { lines: header.register().n });
    }
    entries.sort_by_key(|entry| entry.at);
    Ok(entries)
}

/// That nothing is in the database.
pub(super) async fn empty(tx: &mut Tx) -> Result<()> {
    for table in tables().await? {
        if table.count(tx).await? > 0 {
            return Err(BackupError::NotEmpty { table: table.name().to_owned() });
        }
    }
    Ok(())
}

async fn fill<R: Read + Send>(
    tx: &mut Tx,
    reader: &mut Reader<R>,
    told: &mut (dyn FnMut(Progress) + Send),
) -> Result<Contents> {
    let known: BTreeMap<&str, &'static Table> = tables().await?.iter().map(|table| (table.name(), table)).collect();
    let mut progress = Progress { done: 0, of: None };
    let contents = loop {
        match reader.next()? {
            Stretch::Rows(name, rows) => {
                let table = known.get(name.as_str()).ok_or(BackupError::NotWhole)?;
                table.insert(tx, &rows).await?;
                progress.done += rows.len() as u64;
                told(progress);
            }
            Stretch::End(contents) => break contents,
        }
    };
    for (name, rows) in &contents.tables {
        let table = known.get(name.as_str()).ok_or(BackupError::NotWhole)?;
        if table.count(tx).await? != *rows {
            return Err(BackupError::NotWhole);
        }
    }
    if heads(tx).await? != contents.heads { Err(BackupError::NotWhole) } else { Ok(contents) }
}

/// Does again what the register says was done. What is not in this backup needs nothing.
async fn apply(tx: &mut Tx, flow: &Flow, entry: &Entry, now: Timestamp) -> Result<()> {
    match &entry.record {
        Record::Erased { caseload, entities } => {
            if caseload::load(tx, *caseload).await?.is_some() {
                let entities = entities.iter().copied().collect();
                flow.erase(tx, *caseload, now, &entities, &Order::of_register(*caseload)).await?;
            }
        }
        Record::Revoked { device, lost_since } => {
            device::revoke(tx, *device, "register", *lost_since, entry.at).await?;
        }
        Record::Disabled { person } => person::disable(tx, *person, Some(entry.at)).await?,
        Record::CredentialRevoked { desk, credential } => {
            credential::revoke(tx, *desk, *credential, entry.at).await?;
        }
        Record::CredentialRotated { desk, credential, since, overlap_until } => {
            credential::end_secrets(tx, (*desk, *credential), *since, *overlap_until).await?;
        }
        Record::Enabled { person } => person::disable(tx, *person, None).await?,
        Record::Left { caseload, person, version } => {
            let member = person::member(tx, *caseload, *person).await?;
            if member.is_some_and(|member| member.version < *version)
                && let Some(version) = person::leave(tx, *caseload, *person, now).await?
            {
                flow.note_membership(tx, *caseload, now, (*person, false, version)).await?;
            }
        }
    }
    Ok(())
}

/// Everything that must not go on where the backup ended.
async fn begin_anew(tx: &mut Tx, since: Timestamp, now: Timestamp) -> Result<u32> {
    let every = caseload::every(tx).await?;
    let seconds = (now - EPOCHS_SINCE).as_millis() / Span::seconds(1).as_millis();
    let newest = every.iter().map(|known| known.epoch).max().unwrap_or(0);
    let epoch = u32::try_from(seconds).unwrap_or(0).max(newest + 1);
    let days = (now - since).as_millis().max(0) / Span::days(1).as_millis() + 1;
    let numbers = NUMBERS_A_DAY * u64::try_from(days).unwrap_or(1);
    for known in every {
        restored::new_history(tx, known.id, epoch).await?;
        if known.kind == CaseloadKind::Field {
            restored::skip(tx, known.id, NUMBERS, numbers, LETTERS).await?;
        }
    }
    restored::ask_everybody_again(tx, now).await?;
    Ok(epoch)
}
