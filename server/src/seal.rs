//! Sealing: everything that a person said is stored under the key of the entity it is about, and those keys are stored
//! wrapped by a master key that lives outside the database. Destroying an entity's key erases it everywhere, also in
//! backups.
//!
//! Sealed bytes are `version ‖ nonce ‖ XChaCha20-Poly1305`; what they belong to is authenticated with them, so that a
//! row moved to another place does not open. None of these types shows its content.

use std::path::Path;
use std::sync::Arc;

use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use sync_core::id::{CaseloadId, EntityId};
use zeroize::Zeroizing;

use crate::random::Random;

const VERSION: u8 = 1;
const NONCE: usize = 24;

/// Why something does not open.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The bytes are damaged, or belong elsewhere, or the key is another one.
    #[error("sealed content does not open: damaged, moved, or of another master key")]
    DoesNotOpen,
    /// The master key file can be read by others.
    #[error("{0} can be read by others: set its mode to 0600")]
    Exposed(String),
    /// The master key is not 64 hexadecimal digits.
    #[error("the master key is not 64 hexadecimal digits")]
    NotAKey,
    /// The master key file cannot be read or written.
    #[error("the master key file: {0}")]
    File(#[from] std::io::Error),
}

/// A result of sealing.
pub type Result<T> = std::result::Result<T, SealError>;

/// The key that wraps all others.
pub struct MasterKey(Zeroizing<[u8; 32]>);

impl MasterKey {
    /// The key written as 64 hexadecimal digits.
    ///
    /// # Errors
    /// [`SealError::NotAKey`]
    pub fn from_hex(text: &str) -> Result<Self> {
        let digits = text.trim().as_bytes();
        let mut key = Zeroizing::new([0; 32]);
        if digits.len() != 64 {
            return Err(SealError::NotAKey);
        }
        for (byte, pair) in key.iter_mut().zip(digits.chunks(2)) {
            let pair = std::str::from_utf8(pair).map_err(|_| SealError::NotAKey)?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| SealError::NotAKey)?;
        }
        Ok(Self(key))
    }

    /// The key in this file; a new one, which only the owner can read, when there is none.
    ///
    /// # Errors
    /// [`SealError::Exposed`] when others can read it, [`SealError::File`], [`SealError::NotAKey`].
    pub fn of_file(path: &Path, random: &(dyn Random + 'static)) -> Result<Self> {
        match std::fs::read_to_string(path).map(Zeroizing::new) {
            Ok(text) => {
                private(path)?;
                Self::from_hex(&text)
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Self::create(path, random),
            Err(error) => Err(error.into()),
        }
    }

    fn create(path: &Path, random: &(dyn Random + 'static)) -> Result<Self> {
        use std::io::Write as _;
        let key = Zeroizing::new(random.bytes::<32>());
        let hex = Zeroizing::new(key.iter().map(|byte| format!("{byte:02x}")).collect::<String>() + "\n");
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path)?;
        file.write_all(hex.as_bytes())?;
        // A database sealed under a key that a power cut took away is lost.
        file.sync_all()?;
        Ok(Self(key))
    }

    fn derive(&self, purpose: &str) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(mac(&self.0, &[purpose.as_bytes()]))
    }
}

#[cfg(unix)]
fn private(path: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let open_to_others = std::fs::metadata(path)?.permissions().mode() & 0o077 != 0;
    if open_to_others { Err(SealError::Exposed(path.display().to_string())) } else { Ok(()) }
}

#[cfg(not(unix))]
fn private(_: &Path) -> Result<()> {
    Ok(())
}

/// Where sealed bytes belong. Authenticated, not stored.
#[derive(Clone, Copy)]
pub(crate) enum Place<'a> {
    /// A part of a log entry.
    Part { caseload: CaseloadId, seq: u64, part: u16 },
    /// A document at a version.
    Document { caseload: CaseloadId, entity: EntityId, version: u32 },
    /// The projection of a document.
    Projection { caseload: CaseloadId, entity: EntityId },
    /// Any other row, by table and key.
    Row { caseload: CaseloadId, table: &'static str, key: &'a [u8] },
}

impl Place<'_> {
    fn aad(self) -> Vec<u8> {
        let (table, caseload, key) = match self {
            Self::Part { caseload, seq, part } => {
                ("part", caseload, [&seq.to_be_bytes()[..], &part.to_be_bytes()].concat())
            }
            Self::Document { caseload, entity, version } => {
                ("document", caseload, [&entity.bytes()[..], &version.to_be_bytes()].concat())
            }
            Self::Projection { caseload, entity } => ("projection", caseload, entity.bytes().to_vec()),
            Self::Row { caseload, table, key } => (table, caseload, key.to_vec()),
        };
        [table.as_bytes(), &[0], caseload.bytes(), &key].concat()
    }
}

/// The key of one entity.
#[derive(Clone)]
pub(crate) struct EntityKey(Zeroizing<[u8; 32]>);

impl EntityKey {
    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&(*self.0).into())
    }

    fn seal_with(&self, nonce: [u8; NONCE], aad: &[u8], plain: &[u8]) -> Vec<u8> {
        let nonce = XNonce::from(nonce);
        match self.cipher().encrypt(&nonce, Payload { msg: plain, aad }) {
            Ok(sealed) => [&[VERSION][..], &nonce, &sealed].concat(),
            // The only failure is a message of 256 GB.
            Err(_) => unreachable!("sealing in memory"),
        }
    }

    fn open_with(&self, aad: &[u8], sealed: &[u8]) -> Result<Vec<u8>> {
        let (&version, rest) = sealed.split_first().ok_or(SealError::DoesNotOpen)?;
        let (nonce, sealed) = rest.split_first_chunk::<NONCE>().ok_or(SealError::DoesNotOpen)?;
        if version != VERSION {
            return Err(SealError::DoesNotOpen);
        }
        self.cipher().decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad }).map_err(|_| SealError::DoesNotOpen)
    }

    /// What was sealed for this place.
    ///
    /// # Errors
    /// [`SealError::DoesNotOpen`]
    pub(crate) fn open(&self, place: Place<'_>, sealed: &[u8]) -> Result<Vec<u8>> {
        self.open_with(&place.aad(), sealed)
    }
}

/// Makes, wraps and uses keys.
pub struct Sealer {
    wrap: EntityKey,
    lookup: Zeroizing<[u8; 32]>,
    ids: Zeroizing<[u8; 32]>,
    own: Zeroizing<[u8; 32]>,
    random: Arc<dyn Random>,
}

impl Sealer {
    /// A sealer under this master key.
    #[must_use]
    pub fn new(master: &MasterKey, random: Arc<dyn Random>) -> Self {
        let derive = |purpose| master.derive(purpose);
        let (lookup, ids) = (derive("doorstep lookup 1"), derive("doorstep resident id 1"));
        let own = derive("doorstep own 1");
        Self { wrap: EntityKey(derive("doorstep wrap 1")), lookup, ids, own, random }
    }

    /// A new key for an entity, and how it is stored.
    pub(crate) fn new_key(&self, caseload: CaseloadId, entity: EntityId) -> (EntityKey, Vec<u8>) {
        let key = EntityKey(Zeroizing::new(self.random.bytes()));
        let aad = Place::Row { caseload, table: "entity_key", key: entity.bytes() }.aad();
        let wrapped = self.wrap.seal_with(self.random.bytes(), &aad, &key.0[..]);
        (key, wrapped)
    }

    /// The key that was stored so.
    ///
    /// # Errors
    /// [`SealError::DoesNotOpen`]
    pub(crate) fn unwrap_key(&self, caseload: CaseloadId, entity: EntityId, wrapped: &[u8]) -> Result<EntityKey> {
        let aad = Place::Row { caseload, table: "entity_key", key: entity.bytes() }.aad();
        let plain = Zeroizing::new(self.wrap.open_with(&aad, wrapped)?);
        let key = <[u8; 32]>::try_from(plain.as_slice()).map_err(|_| SealError::DoesNotOpen)?;
        Ok(EntityKey(Zeroizing::new(key)))
    }

    /// Seals `plain` for this place.
    pub(crate) fn seal(&self, key: &EntityKey, place: Place<'_>, plain: &[u8]) -> Vec<u8> {
        key.seal_with(self.random.bytes(), &place.aad(), plain)
    }

    /// Seals a secret of the server itself (its token key) under the master key.
    #[must_use]
    pub fn seal_own(&self, name: &str, plain: &[u8]) -> Vec<u8> {
        self.wrap.seal_with(self.random.bytes(), format!("own\0{name}").as_bytes(), plain)
    }

    /// Opens what [`Self::seal_own`] sealed.
    ///
    /// # Errors
    /// [`SealError::DoesNotOpen`]
    pub fn open_own(&self, name: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
        self.wrap.open_with(format!("own\0{name}").as_bytes(), sealed).map(Zeroizing::new)
    }

    /// The keyed hash of a normalised resident id: the same in every caseload of this installation, and nothing to those
    /// who do not have its master key. Phones do not.
    #[must_use]
    pub fn id_hash(&self, resident_id: &str) -> String {
        sync_core::identifier::resident_id::keyed_hash(&self.ids, resident_id)
    }

    /// A keyed hash for a purpose of the server itself: links of a chain that nobody else can forge, keys for files.
    pub(crate) fn keyed(&self, purpose: &str, parts: &[&[u8]]) -> [u8; 32] {
        let all: Vec<&[u8]> = std::iter::once(purpose.as_bytes()).chain(parts.iter().copied()).collect();
        mac(&self.own, &all)
    }

    /// A hash by which equal texts of one caseload are found, and which says nothing without the master key.
    pub(crate) fn lookup(&self, caseload: CaseloadId, domain: &str, text: &str) -> [u8; 16] {
        let full = mac(&self.lookup, &[domain.as_bytes(), caseload.bytes(), text.as_bytes()]);
        let mut short = [0; 16];
        short.copy_from_slice(&full[..16]);
        short
    }
}

/// HMAC-SHA-256 over length-prefixed parts.
fn mac(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    let Ok(mut mac) = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(key) else {
        unreachable!("HMAC takes keys of every length");
    };
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SeededRandom;

    fn sealer(hex: char) -> Sealer {
        let master = MasterKey::from_hex(&hex.to_string().repeat(64)).unwrap();
        Sealer::new(&master, Arc::new(SeededRandom::new(1)))
    }

    fn ids() -> (CaseloadId, EntityId) {
        (CaseloadId::from_bytes([1; 16]), EntityId::from_bytes([2; 16]))
    }

    #[test]
    fn only_the_same_place_and_key_open() {
        let (caseload, entity) = ids();
        let sealer = sealer('a');
        let (key, wrapped) = sealer.new_key(caseload, entity);
        let place = Place::Part { caseload, seq: 7, part: 0 };
        let sealed = sealer.seal(&key, place, b"the rear exit is blocked");
        let again = sealer.unwrap_key(caseload, entity, &wrapped).unwrap();
        assert_eq!(again.open(place, &sealed).unwrap(), b"the rear exit is blocked");
        assert!(again.open(Place::Part { caseload, seq: 8, part: 0 }, &sealed).is_err(), "moved");
        let mut damaged = sealed.clone();
        damaged[40] ^= 1;
        assert!(again.open(place, &damaged).is_err(), "damaged");
        assert!(again.open(place, &sealed[..10]).is_err(), "cut");
        assert!(self::sealer('b').unwrap_key(caseload, entity, &wrapped).is_err(), "another master key");
        assert!(!sealed.windows(4).any(|w| w == b"rear"));
    }

    #[test]
    fn what_was_sealed_for_one_place_opens_at_no_other() {
        let (caseload, entity) = ids();
        let (caseload_2, entity_2) = (CaseloadId::from_bytes([9; 16]), EntityId::from_bytes([8; 16]));
        let sealer = sealer('a');
        let (key, wrapped) = sealer.new_key(caseload, entity);
        let row = |caseload, table, key| Place::Row { caseload, table, key };
        let mut places =
            vec![row(caseload, "held", &b"1"[..]), row(caseload, "held", b"2"), row(caseload, "alarm", b"1")];
        for caseload in [caseload, caseload_2] {
            places.extend([(7, 0), (8, 0), (7, 1)].map(|(seq, part)| Place::Part { caseload, seq, part }));
            for entity in [entity, entity_2] {
                places.extend([1, 2].map(|version| Place::Document { caseload, entity, version }));
                places.push(Place::Projection { caseload, entity });
            }
        }
        places.push(row(caseload_2, "held", b"1"));
        for (here, place) in places.iter().enumerate() {
            let sealed = sealer.seal(&key, *place, b"the rear exit is blocked");
            for (there, other) in places.iter().enumerate() {
                assert_eq!(key.open(*other, &sealed).is_ok(), here == there, "of {here} at {there}");
            }
        }
        assert!(sealer.unwrap_key(caseload_2, entity, &wrapped).is_err(), "the key of another caseload");
        assert!(sealer.unwrap_key(caseload, entity_2, &wrapped).is_err(), "the key of another file");
    }

    #[test]
    fn lookups_are_of_one_caseload() {
        let (caseload, _) = ids();
        let sealer = sealer('a');
        let other = CaseloadId::from_bytes([9; 16]);
        assert_eq!(sealer.lookup(caseload, "name", "王"), sealer.lookup(caseload, "name", "王"));
        assert_ne!(sealer.lookup(caseload, "name", "王"), sealer.lookup(other, "name", "王"));
        assert_ne!(sealer.lookup(caseload, "name", "王"), sealer.lookup(caseload, "uscc", "王"));
    }

    #[cfg(unix)]
    #[test]
    fn the_key_file_is_made_once_and_must_be_private() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("doorstep.key");
        let first = MasterKey::of_file(&path, &SeededRandom::new(5)).unwrap();
        let again = MasterKey::of_file(&path, &SeededRandom::new(6)).unwrap();
        assert_eq!(*first.0, *again.0);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(MasterKey::of_file(&path, &SeededRandom::new(7)), Err(SealError::Exposed(_))));
        assert!(matches!(MasterKey::from_hex("abc"), Err(SealError::NotAKey)));
    }
}
