//! How large frames are: as much as a bad link loses at most, so it follows the link.

use crate::limits;

/// The payload bytes that a frame aims for before compression.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FrameSize(u32);

impl FrameSize {
    /// The least: below it, seals cost more than cuts.
    pub const MIN: Self = Self(1024);
    /// To start with.
    pub const DEFAULT: Self = Self(4 * 1024);
    /// The most.
    pub const MAX: Self = Self(64 * 1024);

    /// This many bytes, within the least and the most.
    #[must_use]
    pub fn new(bytes: u32) -> Self {
        Self(bytes.clamp(Self::MIN.0, Self::MAX.0))
    }

    /// The bytes.
    #[must_use]
    pub const fn bytes(self) -> u32 {
        self.0
    }

    /// After a whole exchange: twice as large.
    #[must_use]
    pub fn grown(self) -> Self {
        Self::new(self.0.saturating_mul(2))
    }

    /// After a cut: half as large.
    #[must_use]
    pub fn shrunk(self) -> Self {
        Self::new(self.0 / 2)
    }

    pub(crate) const fn target(self) -> usize {
        self.0 as usize
    }
}

impl Default for FrameSize {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// Cuts `records` into runs of about `target` bytes, each of at least one record and never too many.
pub(crate) fn runs<T>(records: &[T], target: usize, weight: impl Fn(&T) -> usize) -> Vec<&[T]> {
    let mut runs = Vec::new();
    let (mut start, mut bytes) = (0, 0);
    for (ix, record) in records.iter().enumerate() {
        let weight = weight(record);
        if ix > start && (bytes + weight > target || ix - start >= limits::SEGMENT_RECORDS) {
            runs.push(&records[start..ix]);
            (start, bytes) = (ix, 0);
        }
        bytes += weight;
    }
    if start < records.len() {
        runs.push(&records[start..]);
    }
    runs
}
