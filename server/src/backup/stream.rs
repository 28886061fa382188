//! The file: a header in the clear, then stretches, each sealed for its place.
//!
//! `DOORSTEP ‖ version ‖ length ‖ header ‖ (last ‖ length ‖ sealed)*`. The nonce is the place and whether it is the last
//! one; the header's hash is authenticated with every stretch.

use std::io::{self, Read, Write};

use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305, XNonce};
use miniz_oxide::deflate::compress_to_vec;
use miniz_oxide::inflate::decompress_to_vec_with_limit;
use sync_core::submission::Digest;

use super::{BackupError, Contents, Header, Result};
use crate::db::table::Value;
use crate::seal::Sealer;

const MAGIC: &[u8; 8] = b"DOORSTEP";
const VERSION: u8 = 1;
/// Bytes of rows after which a stretch is closed; one row may be larger than that.
pub(super) const STRETCH: usize = 1024 * 1024;
/// No stretch and no header is larger: a document is at most some MB.
const LARGEST: usize = 64 * 1024 * 1024;
/// Of deflate: quick, and most content is sealed already.
const LEVEL: u8 = 4;

/// What a stretch holds.
#[derive(minicbor::Encode, minicbor::Decode)]
pub(super) enum Stretch {
    /// Rows of one table.
    #[n(0)]
    Rows(#[n(0)] String, #[n(1)] Vec<Vec<Value>>),
    /// The end.
    #[n(1)]
    End(#[n(0)] Contents),
}

/// Which master key, in a form that says nothing of it.
pub(super) fn key_name(sealer: &Sealer, salt: &[u8; 32]) -> [u8; 16] {
    let mut name = [0; 16];
    name.copy_from_slice(&sealer.keyed("backup key", &[salt])[..16]);
    name
}

struct Seal {
    cipher: XChaCha20Poly1305,
    header: Digest,
    next: u64,
}

impl Seal {
    fn of(sealer: &Sealer, salt: &[u8; 32], header: &[u8]) -> Self {
        let cipher = XChaCha20Poly1305::new(&sealer.keyed("backup", &[salt]).into());
        Self { cipher, header: Digest::of(header), next: 0 }
    }

    fn nonce(&self, last: bool) -> XNonce {
        let mut nonce = [0; 24];
        nonce[..8].copy_from_slice(&self.next.to_be_bytes());
        nonce[8] = u8::from(last);
        XNonce::from(nonce)
    }
}

/// Writes a backup.
pub(super) struct Writer<W> {
    to: W,
    seal: Seal,
}

impl<W: Write> Writer<W> {
    pub(super) fn begin(mut to: W, header: &Header, sealer: &Sealer) -> Result<Self> {
        let bytes = encoded(header);
        to.write_all(MAGIC)?;
        to.write_all(&[VERSION])?;
        to.write_all(&length(bytes.len())?)?;
        to.write_all(&bytes)?;
        Ok(Self { to, seal: Seal::of(sealer, &header.salt, &bytes) })
    }

    pub(super) fn write(&mut self, stretch: &Stretch) -> Result<()> {
        let last = matches!(stretch, Stretch::End(_));
        let plain = compress_to_vec(&encoded(stretch), LEVEL);
        let payload = Payload { msg: &plain, aad: &self.seal.header.0 };
        let sealed = self.seal.cipher.encrypt(&self.seal.nonce(last), payload);
        let sealed = sealed.map_err(|_| io::Error::other("sealing"))?;
        self.to.write_all(&[u8::from(last)])?;
        self.to.write_all(&length(sealed.len())?)?;
        self.to.write_all(&sealed)?;
        self.seal.next += 1;
        Ok(())
    }

    pub(super) fn into_inner(self) -> W {
        self.to
    }
}

/// Reads a backup.
pub(super) struct Reader<R> {
    from: R,
    seal: Seal,
}

impl<R: Read> Reader<R> {
    pub(super) fn begin(mut from: R, sealer: &Sealer) -> Result<(Self, Header)> {
        let mut start = [0; 9];
        match from.read_exact(&mut start) {
            Ok(()) if start[..8] == *MAGIC => {}
            Ok(()) => return Err(BackupError::NotABackup),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Err(BackupError::NotABackup),
            Err(error) => return Err(error.into()),
        }
        if start[8] != VERSION {
            return Err(BackupError::NewerFormat { version: start[8] });
        }
        let bytes = sized(&mut from, 0)?;
        let header: Header = minicbor::decode(&bytes).map_err(|_| BackupError::Damaged { stretch: 0 })?;
        if header.key != key_name(sealer, &header.salt) {
            return Err(BackupError::OtherKey);
        }
        Ok((Self { from, seal: Seal::of(sealer, &header.salt, &bytes) }, header))
    }

    /// The next stretch. Behind the last one nothing is asked for any more.
    pub(super) fn next(&mut self) -> Result<Stretch> {
        let place = self.seal.next + 1;
        let damaged = || BackupError::Damaged { stretch: place };
        let mut last = [0];
        exactly(&mut self.from, &mut last, place)?;
        let sealed = sized(&mut self.from, place)?;
        let payload = Payload { msg: &sealed, aad: &self.seal.header.0 };
        let plain = self.seal.cipher.decrypt(&self.seal.nonce(last[0] == 1), payload).map_err(|_| damaged())?;
        let plain = decompress_to_vec_with_limit(&plain, LARGEST).map_err(|_| damaged())?;
        let stretch: Stretch = minicbor::decode(&plain).map_err(|_| damaged())?;
        if matches!(stretch, Stretch::End(_)) != (last[0] == 1) {
            return Err(damaged());
        }
        if last[0] == 1 && self.from.read(&mut [0])? > 0 {
            return Err(BackupError::Trailing);
        }
        self.seal.next += 1;
        Ok(stretch)
    }
}

fn encoded(what: impl minicbor::Encode<()>) -> Vec<u8> {
    match minicbor::to_vec(what) {
        Ok(bytes) => bytes,
        Err(_) => unreachable!("encoding into memory"),
    }
}

fn length(bytes: usize) -> io::Result<[u8; 4]> {
    match u32::try_from(bytes) {
        Ok(length) if bytes <= LARGEST => Ok(length.to_be_bytes()),
        _ => Err(io::Error::other("a row is larger than a backup can hold")),
    }
}

fn sized(from: &mut impl Read, place: u64) -> Result<Vec<u8>> {
    let mut length = [0; 4];
    exactly(from, &mut length, place)?;
    let length = u32::from_be_bytes(length) as usize;
    if length > LARGEST {
        return Err(BackupError::Damaged { stretch: place });
    }
    let mut bytes = vec![0; length];
    exactly(from, &mut bytes, place)?;
    Ok(bytes)
}

fn exactly(from: &mut impl Read, bytes: &mut [u8], place: u64) -> Result<()> {
    from.read_exact(bytes).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => BackupError::Truncated { stretch: place },
        _ => error.into(),
    })
}
