//! Seeded chance. ChaCha is specified, so the same seed throws the same on every platform and in every version.

use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use sha2::{Digest, Sha256};

pub(super) struct Dice(ChaCha8Rng);

impl Dice {
    /// Dice for one purpose. Purposes do not disturb each other: more throws for one leave all others as they were.
    pub(super) fn new(seed: u64, purpose: &str, numbers: &[u64]) -> Self {
        let mut hash = Sha256::new();
        hash.update(seed.to_be_bytes());
        for number in numbers {
            hash.update(number.to_be_bytes());
        }
        hash.update(purpose.as_bytes());
        Self(ChaCha8Rng::from_seed(hash.finalize().into()))
    }

    /// A whole number, both ends included.
    pub(super) fn between(&mut self, least: u32, most: u32) -> u32 {
        self.0.random_range(least..=most.max(least))
    }

    /// True so many times in a thousand.
    pub(super) fn chance(&mut self, permille: u32) -> bool {
        self.0.random_range(0..1000_u32) < permille
    }

    /// One of these; `choices` must not be empty.
    pub(super) fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    /// Puts them into any order.
    pub(super) fn shuffle<T>(&mut self, things: &mut [T]) {
        for ix in (1..things.len()).rev() {
            things.swap(ix, self.below(ix + 1));
        }
    }

    /// Throws in 32 bits: `usize` differs between a phone's browser and a server.
    fn below(&mut self, length: usize) -> usize {
        let length = u32::try_from(length).unwrap_or(u32::MAX);
        self.0.random_range(0..length) as usize
    }
}
