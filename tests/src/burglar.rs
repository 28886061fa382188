//! A burglar who has everything: the files, a way to read every row, and the master key. What opens for them is what is
//! left of somebody. How rows are sealed is written down here once more, so that nobody's view of it decides what there is.

use std::path::{Path, PathBuf};

use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305, XNonce};
use doorstep::db::{Db, Row, Statement};

use crate::receiver::hmac;

/// How the rows of a table are bound to their place.
type KeyOf = fn(&Row) -> Vec<u8>;

/// **Every sealed column**: what its content is bound to, the caseload, the content, and the parts of its key.
const SEALED: &[(&str, &str, KeyOf)] = &[
    ("part", "SELECT caseload, sealed, seq, part FROM log_part", |row| {
        [&int(row, 2).to_be_bytes()[..], &u16::try_from(int(row, 3)).unwrap().to_be_bytes()].concat()
    }),
    ("document", "SELECT caseload, sealed, entity, version FROM document", |row| {
        [&bytes(row, 2)[..], &u32::try_from(int(row, 3)).unwrap().to_be_bytes()].concat()
    }),
    ("projection", "SELECT caseload, sealed, entity FROM projection", |row| bytes(row, 2)),
    ("flag", "SELECT caseload, sealed, flag FROM flag", |row| bytes(row, 2)),
    ("alarm", "SELECT caseload, detail, n FROM alarm", |row| int(row, 2).to_be_bytes().to_vec()),
    ("alarm_log", "SELECT caseload, note, n FROM alarm_log WHERE note IS NOT NULL", |row| {
        int(row, 2).to_be_bytes().to_vec()
    }),
    ("delivery", "SELECT caseload, sealed, id FROM delivery", |row| bytes(row, 2)),
    ("webhook", "SELECT caseload, sealed, id FROM webhook", |row| bytes(row, 2)),
];
const KEYS: Statement = Statement { name: "KEYS", sql: "SELECT caseload, entity, wrapped FROM entity_key" };

fn int(row: &Row, column: usize) -> i64 {
    row.get(column).unwrap()
}

fn bytes(row: &Row, column: usize) -> Vec<u8> {
    row.get(column).unwrap()
}

/// A key of an entity, as it lies in the database.
pub struct Wrapped {
    /// Of which caseload.
    pub caseload: Vec<u8>,
    /// Of which entity.
    pub entity: Vec<u8>,
    /// What lies there.
    pub bytes: Vec<u8>,
}

/// The keys that are there.
///
/// # Panics
/// When the database cannot be read.
pub async fn keys(db: &Db) -> Vec<Wrapped> {
    let mut tx = db.read().await.unwrap();
    let rows = tx.all(KEYS, Vec::new()).await.unwrap();
    rows.iter().map(|row| Wrapped { caseload: bytes(row, 0), entity: bytes(row, 1), bytes: bytes(row, 2) }).collect()
}

/// Everything sealed that opens, with the table in which it lies.
///
/// # Panics
/// When the database cannot be read, or a key in it is not one.
pub async fn opens(db: &Db, master: &[u8; 32]) -> Vec<(&'static str, Vec<u8>)> {
    let purpose = b"doorstep wrap 1";
    let wrap = hmac(master, &[&(purpose.len() as u64).to_be_bytes()[..], purpose].concat());
    let mut known = Vec::new();
    for Wrapped { caseload, entity, bytes } in keys(db).await {
        let key = open(&wrap, &place("entity_key", &caseload, &entity), &bytes).expect("it wraps a key");
        known.push((caseload, <[u8; 32]>::try_from(key).unwrap()));
    }
    let mut opened = Vec::new();
    let mut tx = db.read().await.unwrap();
    for (name, sql, key_of) in SEALED {
        for row in tx.all(Statement { name, sql }, Vec::new()).await.unwrap() {
            let (caseload, sealed) = (bytes(&row, 0), bytes(&row, 1));
            let place = place(name, &caseload, &key_of(&row));
            // Whose key it is under does not matter: any that opens it.
            let here = known.iter().filter(|(of, _)| *of == caseload);
            opened.extend(here.filter_map(|(_, key)| open(key, &place, &sealed)).map(|plain| (*name, plain)));
        }
    }
    opened
}

fn place(name: &str, caseload: &[u8], key: &[u8]) -> Vec<u8> {
    [name.as_bytes(), &[0], caseload, key].concat()
}

fn open(key: &[u8; 32], aad: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    let (1, rest) = sealed.split_first().map(|(version, rest)| (*version, rest))? else { return None };
    let (nonce, msg) = rest.split_first_chunk::<24>()?;
    XChaCha20Poly1305::new(&(*key).into()).decrypt(&XNonce::from(*nonce), Payload { msg, aad }).ok()
}

/// The forms in which a text may lie in a file.
#[must_use]
pub fn forms(text: &str) -> Vec<Vec<u8>> {
    let utf8 = text.as_bytes().to_vec();
    let wide = |order: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(order).collect::<Vec<u8>>();
    let hex = utf8.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let escaped = |unit: u16| match u8::try_from(unit) {
        Ok(ascii) if ascii.is_ascii() => char::from(ascii).to_string(),
        _ => format!("\\u{unit:04x}"),
    };
    let json = text.encode_utf16().map(escaped).collect::<String>();
    let mut all = vec![
        wide(u16::to_le_bytes),
        wide(u16::to_be_bytes),
        hex.to_uppercase().into_bytes(),
        hex.into_bytes(),
        json.to_uppercase().replace("\\U", "\\u").into_bytes(),
        json.into_bytes(),
    ];
    // In base 64 it depends on what stands before: what does not is searched for.
    for before in 0..3 {
        let bytes = [&vec![0; before][..], &utf8].concat();
        let digits = base64(&bytes[..bytes.len() / 3 * 3]);
        all.push(digits[(before * 8).div_ceil(6)..].to_vec());
    }
    all.push(utf8);
    all.sort();
    all.dedup();
    all
}

/// Whole groups of three in base 64; what differs between its two alphabets does not occur in what is searched for.
fn base64(bytes: &[u8]) -> Vec<u8> {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let group = |three: &[u8]| {
        let word = three.iter().fold(0_usize, |word, byte| word << 8 | usize::from(*byte));
        [18, 12, 6, 0].map(|shift| DIGITS[word >> shift & 63])
    };
    bytes.chunks_exact(3).flat_map(group).collect()
}

/// The files below this folder in which one of these stands.
///
/// # Panics
/// When the folder cannot be read.
#[must_use]
pub fn search(folder: &Path, needles: &[Vec<u8>]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        // What a server removes meanwhile is gone.
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for entry in entries.filter_map(Result::ok) {
            let Ok(kind) = entry.file_type() else { continue };
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() && std::fs::read(entry.path()).is_ok_and(|bytes| holds(&bytes, needles)) {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    found
}

/// Whether one of these stands in it.
#[must_use]
pub fn holds(bytes: &[u8], needles: &[Vec<u8>]) -> bool {
    // By their first two bytes: files are long, and most of them is something else.
    let mut begins = vec![false; 1 << 16];
    let first = |bytes: &[u8]| usize::from(bytes[0]) << 8 | usize::from(bytes[1]);
    needles.iter().for_each(|needle| begins[first(needle)] = true);
    (0..bytes.len().saturating_sub(1)).any(|at| {
        let rest = &bytes[at..];
        begins[first(rest)] && needles.iter().any(|needle| rest.starts_with(needle))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_found() {
        let secret = "顾CANARY";
        let needles = forms(secret);
        let shown = [
            secret.as_bytes().to_vec(),
            secret.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            b"e9a1be43414e415259".to_vec(),
            b"\\u987eCANARY".to_vec(),
            b"6aG+Q0FOQVJZ".to_vec(),
            // The same behind one byte and behind two.
            b"AOmhvkNBTkFSWQ==".to_vec(),
            b"AADpob5DQU5BUlk=".to_vec(),
        ];
        for (nth, form) in shown.iter().enumerate() {
            let around = [b"xyz", &form[..], b"xyz"].concat();
            assert!(holds(&around, &needles), "{nth}");
        }
        assert!(!holds("顾阿婆 CANAR".as_bytes(), &needles));
    }
}
