//! What this phone is: its key, its installation, and whose it is.

use ed25519_dalek::{Signer as _, SigningKey};
use minicbor::{Decode, Encode};
use sync_core::author::{Author, Role};
use sync_core::id::{DeviceId, InstallId, PersonId};
use sync_core::wire::{SignatureBytes, WireError};
use zeroize::Zeroize as _;

use crate::environment::Environment;

/// The phone's own record. The private key is made here and never leaves the sealed store.
#[derive(Clone, Encode, Decode)]
#[cbor(map)]
pub(super) struct Device {
    #[cbor(n(0), with = "minicbor::bytes")]
    seed: [u8; 32],
    /// Drawn anew when the phone turns out to be a restored copy.
    #[n(1)]
    pub(super) install: InstallId,
    /// Whose phone it is.
    #[n(2)]
    pub(super) enrolled: Option<Enrolled>,
    /// A code was sent and not answered yet.
    #[n(3)]
    pub(super) asked: bool,
}

/// Whose phone it is.
#[derive(Clone, Encode, Decode)]
#[cbor(map)]
pub(super) struct Enrolled {
    #[n(0)]
    pub(super) device: DeviceId,
    #[n(1)]
    pub(super) person: PersonId,
    /// Which server.
    #[n(2)]
    pub(super) server: String,
    /// The server's sealing key: what only it may read is sealed to this.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub(super) sealing_key: Vec<u8>,
}

impl Enrolled {
    /// The key to which is sealed what only the server may read.
    pub(super) fn sealing_key(&self) -> Option<[u8; 32]> {
        self.sealing_key.as_slice().try_into().ok()
    }
}

impl Device {
    pub(super) fn new(environment: &Environment) -> Self {
        let install = InstallId::new(environment.clock.now(), environment.id_random());
        Self { seed: environment.bytes(), install, enrolled: None, asked: false }
    }

    fn key(&self) -> SigningKey {
        SigningKey::from_bytes(&self.seed)
    }

    pub(super) fn public_key(&self) -> [u8; 32] {
        self.key().verifying_key().to_bytes()
    }

    /// Signs frames of the upload.
    pub(super) fn signer(&self) -> impl FnMut(&[u8]) -> Result<SignatureBytes, WireError> + use<> {
        let key = self.key();
        move |message| Ok(key.sign(message).to_bytes())
    }

    /// This phone as the author of submission `number`; `None` before it is enrolled.
    pub(super) fn author(&self, role: Role, number: u64) -> Option<Author> {
        let enrolled = self.enrolled.as_ref()?;
        Some(Author { device: enrolled.device, person: enrolled.person, role, number })
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        self.seed.zeroize();
    }
}
