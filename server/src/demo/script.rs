//! The day, step by step (domain reference, section 8). All people and shops are invented.

use super::cast::Said;
use super::stage::Stage;
use super::{DemoError, afternoon, evening, morning, noon};

/// One step of the day.
pub(super) struct Step {
    /// A name to leave it out by.
    pub(super) id: &'static str,
    /// When: `09:10` of the day, or `11-25 12:30`.
    pub(super) at: &'static str,
    /// Who acts, in Chinese and English.
    pub(super) who: (&'static str, &'static str),
    /// What happens, in Chinese and English.
    pub(super) zh: &'static str,
    pub(super) en: &'static str,
    /// Plays it, and says what came of it, line by line.
    pub(super) play: fn(&mut Stage) -> Played,
}

/// What a step came to.
pub(super) type Played = Result<Vec<Said>, DemoError>;

/// Nothing worth a line.
pub(super) fn quiet() -> Played {
    Ok(Vec::new())
}

/// One line.
pub(super) fn said(zh: impl Into<String>, en: impl Into<String>) -> Played {
    Ok(vec![Said::new(zh, en)])
}

/// The steps in order.
pub(super) fn day() -> impl Iterator<Item = &'static Step> {
    [morning::STEPS, noon::STEPS, afternoon::STEPS, evening::STEPS].into_iter().flatten()
}
