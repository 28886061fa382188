//! Somebody who has a phone: the files of its store as they lie, and the key from its key store. What opens for them is in
//! rows, and wherever else in the files a sealed record begins. How records are sealed is written down here once more, so
//! that the library's own view of it does not decide what there is.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use automerge::AutoCommit;
use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305, XNonce};
use doorstep_mobile::store::Space;
use rusqlite::Connection;

use crate::receiver::hmac;

/// The files of a phone's store, copied.
pub struct Loot {
    dir: tempfile::TempDir,
    data: XChaCha20Poly1305,
}

/// A record that opened.
pub struct Opened {
    /// Its space, as it is stored; `None` of what is in no row any more.
    pub space: Option<u8>,
    /// Under which name.
    pub name: Vec<u8>,
    /// What it says. Of what is in no row only the beginning is sure to be right.
    pub value: Vec<u8>,
}

const STORE: &str = "store";
/// With which every sealed record begins.
const VERSION: u8 = 1;
/// Bytes of the nonce that follows.
const NONCE: usize = 24;
/// The longest name of a record: a digest.
const NAME: usize = 32;
/// With which a document begins, behind what is kept of it beside.
const AUTOMERGE: [u8; 4] = [0x85, 0x6f, 0x4a, 0x83];
/// How much of a record is read that is in no row: no more of it lies in one piece.
const PIECE: usize = 4096;

impl Loot {
    /// Copies what lies there, opened by whomever it may be.
    ///
    /// # Panics
    /// When it cannot be read, or is not the store of this key.
    #[must_use]
    pub fn of(store: &Path, key: &[u8; 32]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        for file in files(store) {
            let name = file.file_name().and_then(|name| name.to_str()).unwrap();
            let stem = store.file_name().and_then(|name| name.to_str()).unwrap();
            std::fs::copy(&file, dir.path().join(name.replacen(stem, STORE, 1))).unwrap();
        }
        let mut loot = Self { dir, data: cipher(key, b"doorstep store: host") };
        let wrapped: Vec<u8> = loot.query("SELECT 0, x'', 0, wrapped FROM envelope").remove(0).3;
        let data = open(&loot.data, b"data key", &wrapped).expect("it is this key's");
        loot.data = cipher(&data.try_into().unwrap(), b"doorstep store: seal");
        loot
    }

    /// The files.
    #[must_use]
    pub fn files(&self) -> Vec<PathBuf> {
        files(&self.dir.path().join(STORE))
    }

    /// Every row.
    ///
    /// # Panics
    /// When one does not open.
    #[must_use]
    pub fn rows(&self) -> Vec<Opened> {
        let rows = self.query("SELECT space, name, position, sealed FROM record");
        let opened = rows.into_iter().map(|(space, hidden, position, sealed)| {
            let place = [&[space][..], &hidden, &position.to_be_bytes()].concat();
            let plain = open(&self.data, &place, &sealed).expect("a row opens");
            Opened { space: Some(space), ..named(&plain).expect("a record has a name") }
        });
        opened.collect()
    }

    /// What opens anywhere in the files, byte by byte, and is in no row any more. Where it was in the store does not
    /// matter: whoever has the key need not ask whether a record is genuine.
    #[must_use]
    pub fn remains(&self) -> Vec<Opened> {
        let rows = self.query("SELECT space, name, position, sealed FROM record");
        let living: BTreeSet<Vec<u8>> = rows.into_iter().map(|(.., sealed)| sealed[1..=NONCE].to_vec()).collect();
        // The same record may lie in several places.
        let mut remains: BTreeMap<Vec<u8>, Opened> = BTreeMap::new();
        for file in self.files() {
            let bytes = std::fs::read(file).unwrap();
            let versions = bytes.iter().enumerate().filter(|(_, byte)| **byte == VERSION);
            for sealed in versions.map(|(at, _)| &bytes[at + 1..]).filter(|sealed| sealed.len() > NONCE + 4) {
                let (nonce, body) = sealed.split_at(NONCE);
                if !living.contains(nonce)
                    && begins(&self.deciphered(nonce, &body[..4]))
                    && let Some(opened) = named(&self.deciphered(nonce, &body[..body.len().min(PIECE)]))
                {
                    remains.insert(nonce.to_vec(), opened);
                }
            }
        }
        remains.into_values().collect()
    }

    /// What this would be, sealed under the data key with this nonce; its seal is not looked at.
    fn deciphered(&self, nonce: &[u8], sealed: &[u8]) -> Vec<u8> {
        let nonce = XNonce::from(<[u8; NONCE]>::try_from(nonce).unwrap());
        let stream = self.data.encrypt(&nonce, &vec![0; sealed.len()][..]).unwrap();
        sealed.iter().zip(stream).map(|(sealed, with)| sealed ^ with).collect()
    }

    fn query(&self, sql: &str) -> Vec<(u8, Vec<u8>, i64, Vec<u8>)> {
        // On a copy of its own: to open a store is to end its log.
        let copy = tempfile::tempdir().unwrap();
        for file in self.files() {
            std::fs::copy(&file, copy.path().join(file.file_name().unwrap())).unwrap();
        }
        let connection = Connection::open(copy.path().join(STORE)).unwrap();
        let mut statement = connection.prepare(sql).unwrap();
        let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?));
        statement.query_map([], row).unwrap().map(Result::unwrap).collect()
    }
}

impl Opened {
    /// What of it can be searched: documents are unpacked, with all that was ever written in them.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::from_utf8_lossy(&self.value).into_owned();
        let is_document = self.space == Some(Space::Document as u8);
        let begins = self.value.windows(4).position(|bytes| bytes == AUTOMERGE).filter(|_| is_document);
        let mut document = begins.map(|at| AutoCommit::load(&self.value[at..]).unwrap());
        for change in document.iter_mut().flat_map(|document| document.get_changes(&[])) {
            text.push_str(&format!("{:?}", change.decode()));
        }
        text
    }
}

fn files(store: &Path) -> Vec<PathBuf> {
    let with = |end: &str| PathBuf::from(format!("{}{end}", store.display()));
    ["", "-wal", "-shm", "-journal"].map(with).into_iter().filter(|file| file.exists()).collect()
}

/// HKDF (RFC 5869) without salt, for one block.
fn cipher(key: &[u8; 32], purpose: &[u8]) -> XChaCha20Poly1305 {
    let drawn = hmac(&[0; 32], key);
    XChaCha20Poly1305::new(&hmac(&drawn, &[purpose, &[1]].concat()).into())
}

fn open(cipher: &XChaCha20Poly1305, aad: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    let (&VERSION, rest) = sealed.split_first()? else { return None };
    let (nonce, msg) = rest.split_first_chunk::<NONCE>()?;
    cipher.decrypt(&XNonce::from(*nonce), Payload { msg, aad }).ok()
}

/// Whether a record may begin so: with the length of its name.
fn begins(plain: &[u8]) -> bool {
    matches!(plain, [0, 0, 0, length, ..] if (1..=NAME).contains(&usize::from(*length)))
}

fn named(plain: &[u8]) -> Option<Opened> {
    let (length, rest) = plain.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    let (name, value) = rest.split_at_checked(length)?;
    Some(Opened { space: None, name: name.to_vec(), value: value.to_vec() })
}
