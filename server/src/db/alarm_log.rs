//! What became of each alarm: that it went off, whom it reached, who acknowledged it. Written once, chained.

use sync_core::id::{CaseloadId, EntityId, PersonId};
use sync_core::time::Timestamp;

use super::duty::Level;
use super::key::{Keyring, own};
use super::{DbError, Result, Row, Tx, args, statements};
use crate::audit::{self, Link, OfAlarm};
use crate::seal::Place;

statements! {
    LAST = "SELECT n, chain FROM alarm_log WHERE caseload = $1 ORDER BY n DESC LIMIT 1";
    INSERT = "INSERT INTO alarm_log (caseload, n, at, alarm, what, level, person, note, chain) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    OF_ALARM = "SELECT n, at, alarm, what, level, person, note, chain FROM alarm_log \
        WHERE caseload = $1 AND alarm = $2 ORDER BY n";
    AFTER = "SELECT n, at, alarm, what, level, person, note, chain FROM alarm_log \
        WHERE caseload = $1 AND n > $2 ORDER BY n LIMIT $3";
}

/// What became of an alarm.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum What {
    /// It went off.
    Raised,
    /// A person was told.
    Told,
    /// There was nobody to tell at this level.
    Nobody,
    /// A person acknowledged it.
    Acknowledged,
}

impl What {
    const fn code(self) -> &'static str {
        match self {
            Self::Raised => "raised",
            Self::Told => "told",
            Self::Nobody => "nobody",
            Self::Acknowledged => "acknowledged",
        }
    }

    fn of_code(code: &str) -> Result<Self> {
        let all = [Self::Raised, Self::Told, Self::Nobody, Self::Acknowledged];
        all.into_iter().find(|what| what.code() == code).ok_or(DbError::Damaged("the log of alarms"))
    }
}

/// One entry.
#[derive(Clone, Copy)]
pub struct Happened<'a> {
    /// When.
    pub at: Timestamp,
    /// The alarm's number in the caseload.
    pub alarm: u64,
    /// What.
    pub what: What,
    /// The level that the alarm had reached then.
    pub level: Option<Level>,
    /// Who was told, or acknowledged it.
    pub person: Option<PersonId>,
    /// What was done about it.
    pub note: Option<&'a str>,
    /// What the alarm is about: the note is sealed for it.
    pub subject: Option<EntityId>,
}

/// How many entries there are in a caseload.
pub(crate) async fn count(tx: &mut Tx, caseload: CaseloadId) -> Result<u64> {
    tx.first(LAST, args![caseload]).await?.map_or(Ok(0), |row| row.get(0))
}

/// Adds an entry.
pub(crate) async fn record(
    tx: &mut Tx,
    keys: &mut Keyring,
    caseload: CaseloadId,
    happened: &Happened<'_>,
) -> Result<()> {
    tx.hold_caseload(caseload).await?;
    tx.moves(caseload);
    let last = tx.first(LAST, args![caseload]).await?;
    let (n, previous) = match last {
        Some(row) => (row.get::<u64>(0)? + 1, row.get::<Link>(1)?),
        None => (1, audit::genesis("alarm", caseload)),
    };
    let Happened { at, alarm, what, level, person, note, subject } = *happened;
    let note = match note {
        Some(note) => {
            let place = Place::Row { caseload, table: "alarm_log", key: &n.to_be_bytes() };
            Some(keys.seal(tx, (caseload, subject.unwrap_or(own(caseload))), place, note.as_bytes()).await?)
        }
        None => None,
    };
    let (what, level) = (what.code(), level.map_or(0, Level::number));
    let chained = OfAlarm { at, alarm, what, level, person, note: note.as_deref() };
    let chain = audit::of_alarm(&previous, n, &chained);
    let args = args![caseload, n, at, alarm, what, level, person, note.clone(), chain];
    tx.run(INSERT, args).await.map(drop)
}

/// An entry as it is kept.
pub struct Entry {
    row: Row,
}

impl Entry {
    /// Its number.
    pub(crate) fn n(&self) -> Result<u64> {
        self.row.get(0)
    }

    /// When.
    pub(crate) fn at(&self) -> Result<Timestamp> {
        self.row.get(1)
    }

    /// Of which alarm.
    pub(crate) fn alarm(&self) -> Result<u64> {
        self.row.get(2)
    }

    /// What.
    pub(crate) fn what(&self) -> Result<What> {
        What::of_code(&self.row.get::<String>(3)?)
    }

    /// The level that the alarm had reached.
    pub(crate) fn level(&self) -> Result<Option<Level>> {
        Level::of_number(self.row.get(4)?)
    }

    /// Who was told, or acknowledged it.
    pub(crate) fn person(&self) -> Result<Option<PersonId>> {
        self.row.get(5)
    }

    /// What was done about it, by what the alarm is about; none when that was erased.
    pub(crate) async fn note(
        &self,
        tx: &mut Tx,
        keys: &mut Keyring,
        (caseload, subject): (CaseloadId, Option<EntityId>),
    ) -> Result<Option<String>> {
        let Some(sealed) = self.row.get::<Option<Vec<u8>>>(6)? else { return Ok(None) };
        let place = Place::Row { caseload, table: "alarm_log", key: &self.n()?.to_be_bytes() };
        match keys.open(tx, (caseload, subject.unwrap_or(own(caseload))), place, &sealed).await {
            Err(DbError::Erased) => Ok(None),
            note => Ok(Some(String::from_utf8_lossy(&note?).into_owned())),
        }
    }

    /// Whether it follows from the link before it; then its own link.
    pub(crate) fn follows(&self, previous: &Link) -> Result<Option<Link>> {
        let (what, note) = (self.row.get::<String>(3)?, self.row.get::<Option<Vec<u8>>>(6)?);
        let chained = OfAlarm {
            at: self.at()?,
            alarm: self.alarm()?,
            what: &what,
            level: self.row.get(4)?,
            person: self.person()?,
            note: note.as_deref(),
        };
        let link = audit::of_alarm(previous, self.n()?, &chained);
        Ok((link == self.row.get::<Link>(7)?).then_some(link))
    }
}

/// What became of one alarm, in order.
pub(crate) async fn of_alarm(tx: &mut Tx, caseload: CaseloadId, alarm: u64) -> Result<Vec<Entry>> {
    Ok(tx.all(OF_ALARM, args![caseload, alarm]).await?.into_iter().map(|row| Entry { row }).collect())
}

/// Up to `limit` entries after `n`.
pub(crate) async fn after(tx: &mut Tx, caseload: CaseloadId, n: u64, limit: u32) -> Result<Vec<Entry>> {
    Ok(tx.all(AFTER, args![caseload, n, limit]).await?.into_iter().map(|row| Entry { row }).collect())
}
