//! Moves an installation to an empty database, on the other engine or the same. Nobody writes meanwhile: the copy holds
//! the installation of the database that it reads. It may be stopped at any time and begun again; what is there by then
//! is compared, not trusted.

use super::take::heads;
use super::{BackupError, Progress, Result};
use crate::db::meta::{self, Mark};
use crate::db::table::{Table, Value, tables};
use crate::db::{Db, Tx};
use crate::flow::Flow;
use crate::verify::verify;

/// What a move did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moved {
    /// Rows of all tables.
    pub rows: u64,
    /// Those of them that were there from a copy that was stopped.
    pub found: u64,
    /// Caseloads whose documents were compared by digest.
    pub caseloads: usize,
}

/// Copies the installation from one database to another, compares the two, and closes the first for writing.
///
/// # Errors
/// When the other database holds something else, or what was copied does not agree: then the first stays in use.
pub async fn move_to(from: &Db, to: &Db, flow: &Flow, told: &mut (dyn FnMut(Progress) + Send)) -> Result<Moved> {
    // Whoever writes waits for this, on every node.
    let mut source = from.govern().await?;
    source.without_hurry().await?;
    let installation = meta::get(&mut source, "server_id").await?.unwrap_or_default();
    begin(to, &installation).await?;
    let mut progress = Progress { done: 0, of: Some(0) };
    for table in tables().await? {
        progress.of = Some(progress.of.unwrap_or(0) + table.count(&mut source).await?);
    }
    let mut moved = Moved { rows: 0, found: 0, caseloads: 0 };
    let mut left: Vec<&'static Table> = Vec::new();
    for table in tables().await? {
        let before = to.read().await?;
        moved.found += copy(table, &mut source, to, before, &mut progress, told).await?;
        left.push(table);
    }
    moved.rows = progress.done;
    // Children before their parents: what was removed from the first since an earlier attempt.
    for table in left.iter().rev() {
        remove_others(table, &mut source, to).await?;
    }
    moved.caseloads = compare(&mut source, from, to, flow).await?;
    let mut tx = to.take().await?;
    meta::remove_mark(&mut tx, Mark::Copying).await?;
    tx.commit().await?;
    meta::put_mark(&mut source, Mark::Moved, installation).await?;
    source.commit().await?;
    Ok(moved)
}

/// The other database is empty, or holds a copy of this installation that was stopped.
async fn begin(to: &Db, installation: &[u8]) -> Result<()> {
    let mut tx = to.take().await?;
    match meta::marked_of(&mut tx, Mark::Copying).await? {
        Some(of) if of == installation => return Ok(()),
        Some(_) => return Err(BackupError::NotThis),
        None => super::restore::empty(&mut tx).await?,
    }
    meta::put_mark(&mut tx, Mark::Copying, installation.to_vec()).await?;
    Ok(tx.commit().await?)
}

/// Copies a table, a page in each transaction. Gives how many rows were there and right.
async fn copy(
    table: &'static Table,
    source: &mut Tx,
    to: &Db,
    mut before: Tx,
    progress: &mut Progress,
    told: &mut (dyn FnMut(Progress) + Send),
) -> Result<u64> {
    let new = table.count(&mut before).await? == 0;
    drop(before);
    let (mut found, mut after) = (0, None);
    loop {
        let page = table.page(source, after.as_deref()).await?;
        let Some(last) = page.last() else { return Ok(found) };
        after = Some(table.key_of(last));
        let rows = page.len() as u64;
        let mut tx = to.take().await?;
        let missing = if new { page } else { missing(table, &mut tx, page).await? };
        found += rows - missing.len() as u64;
        table.insert(&mut tx, &missing).await?;
        tx.commit().await?;
        progress.done += rows;
        told(*progress);
    }
}

/// The rows that are not there as they should be; what is there under their keys is removed.
async fn missing(table: &'static Table, tx: &mut Tx, page: Vec<Vec<Value>>) -> Result<Vec<Vec<Value>>> {
    let mut missing = Vec::new();
    for row in page {
        let key = table.key_of(&row);
        match table.row(tx, &key).await? {
            Some(there) if there == row => continue,
            Some(_) => table.update(tx, &row).await?,
            None => missing.push(row),
        }
    }
    Ok(missing)
}

/// Removes rows that the first database does not have.
async fn remove_others(table: &'static Table, source: &mut Tx, to: &Db) -> Result<()> {
    let mut tx = to.take().await?;
    if table.count(&mut tx).await? == table.count(source).await? {
        return Ok(());
    }
    let mut after = None;
    loop {
        let page = table.page(&mut tx, after.as_deref()).await?;
        let Some(last) = page.last() else { return Ok(tx.commit().await?) };
        after = Some(table.key_of(last));
        for row in page {
            let key = table.key_of(&row);
            if table.row(source, &key).await?.is_none() && !is_mark(table, &key) {
                table.remove(&mut tx, &key).await?;
            }
        }
    }
}

fn is_mark(table: &Table, key: &[Value]) -> bool {
    table.name() == "meta" && key == [Value::Text("copying".to_owned())]
}

/// Counts, chains, the documents of every caseload, and all that can be derived again.
async fn compare(source: &mut Tx, from: &Db, to: &Db, flow: &Flow) -> Result<usize> {
    let differs = |what: String| Err(BackupError::Differs { what });
    let mut tx = to.read().await?;
    for table in tables().await? {
        let mark = u64::from(table.name() == "meta");
        let (here, there) = (table.count(source).await? + mark, table.count(&mut tx).await?);
        if here != there {
            return differs(format!("{}: {here} / {there}", table.name()));
        }
    }
    let every = heads(source).await?;
    if every != heads(&mut tx).await? {
        return differs("caseload".to_owned());
    }
    drop(tx);
    for head in &every {
        if flow.state_digest(from, head.caseload).await? != flow.state_digest(to, head.caseload).await? {
            return differs(head.caseload.to_string());
        }
    }
    let report = verify(to, flow).await?;
    match report.findings.first() {
        Some(finding) => differs(finding.to_string()),
        None => Ok(every.len()),
    }
}
