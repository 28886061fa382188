//! The server's own keys: one that signs access tokens, one to which phones seal what only the server may read. Made on
//! the first start and kept in the database, sealed under the master key: all nodes over one database share them.

use ed25519_dalek::SigningKey;
use sync_core::relay::Opener;

use crate::db::{self, DbError, Tx, meta};
use crate::hex::Hex;
use crate::random::Random;
use crate::seal::{SealError, Sealer};

/// The name of the key that signs checkpoints.
const CHECKPOINT: &str = "checkpoint_key";

/// Why the server has no keys.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
    /// The master key is not the one under which they were sealed.
    #[error("the server's keys: {0}")]
    Seal(#[from] SealError),
}

/// The server's keys.
pub(crate) struct ServerKeys {
    /// Names the server in tokens and towards phones.
    pub(crate) id: Hex<8>,
    /// Signs access tokens.
    pub(crate) signing: SigningKey,
    /// Signs checkpoints.
    pub(crate) checkpoint: SigningKey,
    sealing: SigningKey,
}

impl ServerKeys {
    /// Reads the keys, or makes them on the first start.
    pub(crate) async fn open(tx: &mut Tx, sealer: &Sealer, random: &(dyn Random + 'static)) -> Result<Self, KeyError> {
        Ok(Self {
            id: Hex(secret(tx, sealer, "server_id", random.bytes()).await?),
            signing: SigningKey::from_bytes(&secret(tx, sealer, "token_key", random.bytes()).await?),
            checkpoint: SigningKey::from_bytes(&secret(tx, sealer, CHECKPOINT, random.bytes()).await?),
            sealing: SigningKey::from_bytes(&secret(tx, sealer, "sealing_key", random.bytes()).await?),
        })
    }

    /// The X25519 public key to which phones seal what only the server may read.
    pub(crate) fn sealing_public(&self) -> [u8; 32] {
        self.sealing.verifying_key().to_montgomery().to_bytes()
    }

    /// Opens what was sealed to [`Self::sealing_public`].
    pub(crate) fn opener(&self) -> Opener {
        Opener::new(self.sealing.to_scalar_bytes())
    }
}

/// The key that signs checkpoints; none before the first start.
pub(crate) async fn of_checkpoints(tx: &mut Tx, sealer: &Sealer) -> db::Result<Option<SigningKey>> {
    let Some(sealed) = meta::get(tx, CHECKPOINT).await? else { return Ok(None) };
    let plain = sealer.open_own(CHECKPOINT, &sealed)?;
    let key = <[u8; 32]>::try_from(plain.as_slice()).map_err(|_| SealError::DoesNotOpen)?;
    Ok(Some(SigningKey::from_bytes(&key)))
}

/// The secret of this name; `fresh` becomes it on the first start.
async fn secret<const N: usize>(tx: &mut Tx, sealer: &Sealer, name: &str, fresh: [u8; N]) -> Result<[u8; N], KeyError> {
    let Some(sealed) = meta::get(tx, name).await? else {
        meta::put(tx, name, sealer.seal_own(name, &fresh)).await?;
        return Ok(fresh);
    };
    let plain = sealer.open_own(name, &sealed)?;
    <[u8; N]>::try_from(plain.as_slice()).map_err(|_| SealError::DoesNotOpen.into())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::db::{Db, Location};
    use crate::random::SeededRandom;
    use crate::seal::MasterKey;
    use crate::testing::Scratch;

    fn sealer(hex: &str) -> Sealer {
        Sealer::new(&MasterKey::from_hex(&hex.repeat(64)).unwrap(), Arc::new(SeededRandom::new(1)))
    }

    #[tokio::test]
    async fn keys_are_made_once_and_open_under_one_master_key() {
        let scratch = Scratch::new().await;
        let db = Db::at(&Location::from(scratch.place())).await.unwrap();
        let mut tx = db.write().await.unwrap();
        let first = ServerKeys::open(&mut tx, &sealer("a"), &SeededRandom::new(1)).await.unwrap();
        let again = ServerKeys::open(&mut tx, &sealer("a"), &SeededRandom::new(2)).await.unwrap();
        assert_eq!(first.id, again.id);
        assert_eq!(first.signing.to_bytes(), again.signing.to_bytes());
        assert_eq!(first.sealing_public(), again.sealing_public());
        assert_eq!(first.opener().public(), first.sealing_public());
        assert_ne!(first.sealing_public(), first.signing.verifying_key().to_montgomery().to_bytes());
        let other = ServerKeys::open(&mut tx, &sealer("b"), &SeededRandom::new(3)).await;
        assert!(matches!(other, Err(KeyError::Seal(_))));
    }
}
