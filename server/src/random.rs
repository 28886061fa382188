//! Randomness. Handed in, so that a simulated day is the same each time it is played.

use std::sync::atomic::{AtomicU64, Ordering};

use sha2::{Digest as _, Sha256};

/// A source of random bytes.
pub trait Random: Send + Sync {
    /// Fills `bytes`.
    ///
    /// # Panics
    /// When the machine has no randomness to give: going on would make keys that somebody can guess.
    fn fill(&self, bytes: &mut [u8]);
}

impl dyn Random {
    /// Random bytes in an array.
    #[must_use]
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        bytes
    }

    /// The random part of a new identifier.
    #[must_use]
    pub fn id_bits(&self) -> u128 {
        u128::from_be_bytes(self.bytes())
    }
}

/// The randomness of the machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemRandom;

impl Random for SystemRandom {
    #[expect(clippy::disallowed_methods, reason = "the one place where the server draws the machine's randomness")]
    fn fill(&self, bytes: &mut [u8]) {
        if let Err(error) = getrandom::fill(bytes) {
            panic!("the machine gives no random bytes: {error}");
        }
    }
}

/// Bytes that look random and follow from a seed. For demos and tests only.
#[derive(Debug)]
pub struct SeededRandom {
    seed: u64,
    drawn: AtomicU64,
}

impl SeededRandom {
    /// The sequence of this seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { seed, drawn: AtomicU64::new(0) }
    }
}

impl Random for SeededRandom {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(32) {
            let nth = self.drawn.fetch_add(1, Ordering::SeqCst);
            let block = Sha256::new().chain_update(self.seed.to_be_bytes()).chain_update(nth.to_be_bytes()).finalize();
            chunk.copy_from_slice(&block[..chunk.len()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_one_sequence() {
        let draw = |seed| {
            let random: &dyn Random = &SeededRandom::new(seed);
            (random.bytes::<40>(), random.bytes::<8>())
        };
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
        assert_ne!(draw(1).0[..8], draw(1).1);
    }
}
