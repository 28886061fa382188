//! Makes a backup of one moment, while everybody works on; reads one through; keeps so many.

use std::fs::File;
use std::io::{BufReader, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use sync_core::time::Timestamp;

use super::stream::{self, Reader, STRETCH, Stretch, Writer};
use super::{BackupError, Contents, Head, Header, Progress, Result};
use crate::app::App;
use crate::db::table::{Table, Value, tables};
use crate::db::{Tx, backup, caseload, migrate};
use crate::register::sync_directory;
use crate::seal::Sealer;

/// How the files of a directory of backups end.
const ENDING: &str = ".doorstep";

/// Writes a backup to this file, or to a file named by its time in this directory, and remembers what it holds. Gives
/// where it is. A file of that name is replaced once the new one is whole.
///
/// # Errors
/// When the database cannot be read or the file not be written; no file of that name is touched then.
pub async fn take(app: &App, to: &Path, told: &mut (dyn FnMut(Progress) + Send)) -> Result<(PathBuf, Contents)> {
    let mut tx = app.db().read().await?;
    let contents_of = tables().await?;
    let mut rows = 0;
    for table in contents_of {
        rows += table.count(&mut tx).await?;
    }
    let now = app.clock().now();
    let sealer = app.flow().sealer();
    // Read before the rows are: what is noted while they are read is not missed by who compares.
    let register = app.register().position()?;
    let salt = app.random().bytes();
    let header = Header {
        schema: migrate::newest(),
        program: env!("CARGO_PKG_VERSION").to_owned(),
        created_at: now.millis(),
        server: app.auth().keys.id.0,
        salt,
        key: stream::key_name(sealer, &salt),
        register: register.n,
        register_chain: register.chain.0,
    };
    let path = if to.is_dir() { to.join(dated(now)) } else { to.to_owned() };
    let mut beside = path.clone().into_os_string();
    beside.push(".part");
    let beside = PathBuf::from(beside);
    let mut writer = Writer::begin(BufWriter::new(private_file(&beside)?), &header, sealer)?;
    let mut contents = Contents { heads: heads(&mut tx).await?, ..Contents::default() };
    let mut progress = Progress { done: 0, of: Some(rows) };
    for table in contents_of {
        let before = progress.done;
        write_table(table, &mut tx, &mut writer, &mut progress, told).await?;
        contents.tables.push((table.name().to_owned(), progress.done - before));
    }
    drop(tx);
    writer.write(&Stretch::End(contents.clone()))?;
    let mut file = writer.into_inner();
    file.flush()?;
    file.get_ref().sync_all()?;
    std::fs::rename(&beside, &path)?;
    sync_directory(&path)?;

    let mut tx = app.db().write().await?;
    for head in &contents.heads {
        backup::record(&mut tx, head.caseload, head.seq, now).await?;
    }
    tx.commit().await?;
    Ok((path, contents))
}

async fn write_table(
    table: &'static Table,
    tx: &mut Tx,
    writer: &mut Writer<BufWriter<File>>,
    progress: &mut Progress,
    told: &mut (dyn FnMut(Progress) + Send),
) -> Result<()> {
    let mut after = None;
    loop {
        let page = table.page(tx, after.as_deref()).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(table.key_of(last));
        let (mut rows, mut bytes) = (Vec::new(), 0);
        for row in page {
            bytes += row.iter().map(size).sum::<usize>();
            rows.push(row);
            progress.done += 1;
            if bytes > STRETCH {
                writer.write(&Stretch::Rows(table.name().to_owned(), std::mem::take(&mut rows)))?;
                bytes = 0;
            }
        }
        if !rows.is_empty() {
            writer.write(&Stretch::Rows(table.name().to_owned(), rows))?;
        }
        told(*progress);
    }
}

fn size(value: &Value) -> usize {
    match value {
        Value::Null | Value::Int(_) => 9,
        Value::Text(text) => text.len(),
        Value::Bytes(bytes) => bytes.len(),
    }
}

pub(super) async fn heads(tx: &mut Tx) -> Result<Vec<Head>> {
    let head = |known: caseload::Caseload| Head { caseload: known.id, seq: known.seq, chain: known.chain };
    Ok(caseload::every(tx).await?.into_iter().map(head).collect())
}

/// Reads a backup through to its end.
///
/// # Errors
/// What is wrong with it.
pub fn check(file: &Path, sealer: &Sealer, told: &mut dyn FnMut(Progress)) -> Result<(Header, Contents)> {
    let (mut reader, header) = Reader::begin(BufReader::new(File::open(file)?), sealer)?;
    let mut found: Vec<(String, u64)> = Vec::new();
    let mut progress = Progress { done: 0, of: None };
    loop {
        match reader.next()? {
            Stretch::Rows(table, rows) => {
                let more = rows.len() as u64;
                progress.done += more;
                match found.last_mut() {
                    Some((name, count)) if *name == table => *count += more,
                    _ => found.push((table, more)),
                }
                told(progress);
            }
            Stretch::End(contents) => {
                let said = contents.tables.iter().filter(|(_, rows)| *rows > 0);
                return if said.eq(found.iter()) { Ok((header, contents)) } else { Err(BackupError::NotWhole) };
            }
        }
    }
}

/// Removes the oldest backups of a directory, so that so many are left. Gives what it removed.
///
/// # Errors
/// When the directory cannot be read, or a file not be removed.
pub fn prune(dir: &Path, keep: usize) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for file in std::fs::read_dir(dir)? {
        let path = file?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if name.strip_suffix(ENDING).is_some_and(is_dated) {
            found.push(path);
        }
    }
    // Named by their time, so this is their order.
    found.sort();
    found.truncate(found.len().saturating_sub(keep));
    for path in &found {
        std::fs::remove_file(path)?;
    }
    Ok(found)
}

/// `doorstep-20261123-083000.doorstep`
fn dated(at: Timestamp) -> String {
    let digits = at.civil().strftime("%Y%m%d-%H%M%S");
    format!("doorstep-{digits}{ENDING}")
}

fn is_dated(stem: &str) -> bool {
    let digits = stem.strip_prefix("doorstep-").and_then(|rest| rest.split_once('-'));
    digits.is_some_and(|(day, time)| {
        day.len() == 8 && time.len() == 6 && [day, time].iter().all(|part| part.bytes().all(|b| b.is_ascii_digit()))
    })
}

fn private_file(path: &Path) -> std::io::Result<File> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
