//! Who is on duty for the alarms of a caseload: whom they are told first, and to whom they pass on.

use sync_core::author::Role;
use sync_core::id::{CaseloadId, PersonId};
use sync_core::time::Timestamp;

use super::{DbError, Result, Row, Tx, args, statements};

statements! {
    SAVE = "INSERT INTO duty (caseload, level, person, from_at, to_at) VALUES ($1, $2, $3, $4, $5) \
        ON CONFLICT (caseload, level, person, from_at) DO UPDATE SET to_at = excluded.to_at";
    REMOVE = "DELETE FROM duty WHERE caseload = $1 AND level = $2 AND person = $3";
    OF_CASELOAD = "SELECT level, person, from_at, to_at FROM duty WHERE caseload = $1 \
        ORDER BY level, from_at, person";
}

/// How far an alarm has come.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Level {
    /// Whom it is told first.
    First,
    /// To whom it passes when nobody acknowledges it.
    Deputy,
    /// To whom it passes last: ids only.
    Purchaser,
}

impl Level {
    /// All, in the order in which an alarm passes on.
    pub const ALL: [Self; 3] = [Self::First, Self::Deputy, Self::Purchaser];

    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Deputy => "deputy",
            Self::Purchaser => "purchaser",
        }
    }

    /// Its number; 0 is nobody.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::First => 1,
            Self::Deputy => 2,
            Self::Purchaser => 3,
        }
    }

    /// The level of this number; none for 0.
    pub(crate) fn of_number(number: u8) -> Result<Option<Self>> {
        let found = Self::ALL.into_iter().find(|level| level.number() == number);
        if found.is_none() && number != 0 {
            return Err(DbError::Damaged("the level of an alarm"));
        }
        Ok(found)
    }

    /// The one after it.
    #[must_use]
    pub fn next(self) -> Option<Self> {
        match self {
            Self::First => Some(Self::Deputy),
            Self::Deputy => Some(Self::Purchaser),
            Self::Purchaser => None,
        }
    }

    /// Who may stand there, in the order in which they are asked when nobody is named.
    #[must_use]
    pub const fn roles(self) -> &'static [Role] {
        match self {
            Self::First | Self::Deputy => &[Role::Supervisor, Role::Steward, Role::Dispatcher],
            Self::Purchaser => &[Role::Purchaser],
        }
    }
}

/// A person named for a level, for a time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Duty {
    /// Which level.
    pub level: Level,
    /// Who.
    pub person: PersonId,
    /// From when on.
    pub from: Timestamp,
    /// Until when.
    pub to: Timestamp,
}

/// Names a person for a level.
pub(crate) async fn save(tx: &mut Tx, caseload: CaseloadId, duty: &Duty) -> Result<()> {
    tx.run(SAVE, args![caseload, duty.level.number(), duty.person, duty.from, duty.to]).await.map(drop)
}

/// Takes a person off a level, for all times. Whether they were on it.
pub(crate) async fn remove(tx: &mut Tx, caseload: CaseloadId, level: Level, person: PersonId) -> Result<bool> {
    Ok(tx.run(REMOVE, args![caseload, level.number(), person]).await? > 0)
}

/// Everybody named in a caseload, for whatever time.
pub(crate) async fn of_caseload(tx: &mut Tx, caseload: CaseloadId) -> Result<Vec<Duty>> {
    tx.all(OF_CASELOAD, args![caseload]).await?.iter().map(read).collect()
}

fn read(row: &Row) -> Result<Duty> {
    let level = Level::of_number(row.get(0)?)?.ok_or(DbError::Damaged("the level of a duty"))?;
    Ok(Duty { level, person: row.get(1)?, from: row.get(2)?, to: row.get(3)? })
}
