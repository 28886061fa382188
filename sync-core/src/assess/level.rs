//! The five levels.

use serde::Serialize;

/// How much ability is lost. A later one is worse.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// 能力完好: 90 points.
    Intact,
    /// 轻度失能: 66 to 89.
    Mild,
    /// 中度失能: 46 to 65.
    Moderate,
    /// 重度失能: 30 to 45.
    Severe,
    /// 完全失能: 0 to 29.
    CompleteLoss,
}

impl Level {
    /// The level by points.
    #[must_use]
    pub const fn of_points(total: u8) -> Self {
        match total {
            90.. => Self::Intact,
            66..=89 => Self::Mild,
            46..=65 => Self::Moderate,
            30..=45 => Self::Severe,
            0..=29 => Self::CompleteLoss,
        }
    }

    /// One level worse; the worst stays.
    #[must_use]
    pub const fn worse(self) -> Self {
        match self {
            Self::Intact => Self::Mild,
            Self::Mild => Self::Moderate,
            Self::Moderate => Self::Severe,
            Self::Severe | Self::CompleteLoss => Self::CompleteLoss,
        }
    }

    /// 0 for intact to 4 for complete loss.
    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// Its name in the standard.
    #[must_use]
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Intact => "能力完好",
            Self::Mild => "轻度失能",
            Self::Moderate => "中度失能",
            Self::Severe => "重度失能",
            Self::CompleteLoss => "完全失能",
        }
    }

    /// Its name in English.
    #[must_use]
    pub const fn en(self) -> &'static str {
        match self {
            Self::Intact => "Abilities intact",
            Self::Mild => "Mild loss of ability",
            Self::Moderate => "Moderate loss of ability",
            Self::Severe => "Severe loss of ability",
            Self::CompleteLoss => "Complete loss of ability",
        }
    }
}
