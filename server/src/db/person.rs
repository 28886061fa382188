//! People, and what they are in which caseload.

use sync_core::author::Role;
use sync_core::id::{CaseloadId, PersonId};
use sync_core::time::Timestamp;

use super::{DbError, Result, Row, Tx, args, statements};

statements! {
    INSERT = "INSERT INTO person (id, login, name, role, password, created_at) VALUES ($1, $2, $3, $4, $5, $6)";
    BY_ID = "SELECT id, login, name, role, password, disabled_at FROM person WHERE id = $1";
    BY_LOGIN = "SELECT id, login, name, role, password, disabled_at FROM person WHERE login = $1";
    LIST = "SELECT id, login, name, role, password, disabled_at FROM person ORDER BY login LIMIT $1";
    SET_PASSWORD = "UPDATE person SET password = $2 WHERE id = $1";
    DISABLE = "UPDATE person SET disabled_at = $2 WHERE id = $1";
    MEMBER = "SELECT caseload, person, role, version, left_at FROM membership WHERE caseload = $1 AND person = $2";
    MEMBERSHIPS = "SELECT caseload, person, role, version, left_at FROM membership
                   WHERE person = $1 ORDER BY caseload";
    STANDING = "SELECT membership.person, membership.role FROM membership
                JOIN person ON person.id = membership.person
                WHERE membership.caseload = $1 AND membership.left_at IS NULL AND person.disabled_at IS NULL
                ORDER BY membership.person";
    HEADS = "SELECT caseload.id, membership.role, caseload.epoch, caseload.seq FROM membership
             JOIN caseload ON caseload.id = membership.caseload
             WHERE membership.person = $1 AND membership.left_at IS NULL ORDER BY caseload.id";
    MEMBERS = "SELECT caseload, person, role, version, left_at FROM membership
               WHERE caseload = $1 AND left_at IS NULL ORDER BY person";
    ENTER = "INSERT INTO membership (caseload, person, role, version, entered_at) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (caseload, person) DO UPDATE
             SET role = excluded.role, version = excluded.version, entered_at = excluded.entered_at, left_at = NULL";
    EPOCH = "SELECT epoch FROM caseload WHERE id = $1";
    LEAVE = "UPDATE membership SET left_at = $4, version = $3 WHERE caseload = $1 AND person = $2";
}

/// A person. The name is personal data: no `Debug`.
pub struct Person {
    /// Their id.
    pub id: PersonId,
    /// What they type to log in.
    pub login: String,
    /// Their name.
    pub name: String,
    /// What they are where nothing else is said.
    pub role: Role,
    /// The hash of their password, if they may log in at a console.
    pub password: Option<String>,
    /// Since when they may do nothing.
    pub disabled_at: Option<Timestamp>,
}

/// What a person is in a caseload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Membership {
    /// Where.
    pub caseload: CaseloadId,
    /// Who.
    pub person: PersonId,
    /// As what.
    pub role: Role,
    /// Counts up with every change; an older one is ignored.
    pub version: u32,
    /// Since when no more.
    pub left_at: Option<Timestamp>,
}

/// The role in a column of text.
pub(crate) fn role(row: &Row, column: usize, statement: &'static str) -> Result<Role> {
    Role::from_code(&row.get::<String>(column)?).ok_or(DbError::Shape { column, statement })
}

fn person(row: &Row) -> Result<Person> {
    Ok(Person {
        id: row.get(0)?,
        login: row.get(1)?,
        name: row.get(2)?,
        role: role(row, 3, BY_ID.name)?,
        password: row.get(4)?,
        disabled_at: row.get(5)?,
    })
}

fn membership(row: &Row) -> Result<Membership> {
    Ok(Membership {
        caseload: row.get(0)?,
        person: row.get(1)?,
        role: role(row, 2, MEMBER.name)?,
        version: row.get(3)?,
        left_at: row.get(4)?,
    })
}

/// Adds a person.
pub(crate) async fn insert(tx: &mut Tx, person: &Person, now: Timestamp) -> Result<()> {
    let role = person.role.code();
    tx.run(INSERT, args![person.id, &person.login, &person.name, role, person.password.clone(), now]).await?;
    Ok(())
}

/// The person with this id.
pub(crate) async fn by_id(tx: &mut Tx, id: PersonId) -> Result<Option<Person>> {
    tx.first(BY_ID, args![id]).await?.as_ref().map(person).transpose()
}

/// The person with this login.
pub(crate) async fn by_login(tx: &mut Tx, login: &str) -> Result<Option<Person>> {
    tx.first(BY_LOGIN, args![login]).await?.as_ref().map(person).transpose()
}

/// Everybody, by login.
pub(crate) async fn list(tx: &mut Tx) -> Result<Vec<Person>> {
    tx.all(LIST, args![10_000_u32]).await?.iter().map(person).collect()
}

/// Gives a person another password.
pub(crate) async fn set_password(tx: &mut Tx, id: PersonId, hash: &str) -> Result<()> {
    tx.run(SET_PASSWORD, args![id, hash]).await.map(drop)
}

/// Takes every access from a person, or gives it back.
pub(crate) async fn disable(tx: &mut Tx, id: PersonId, at: Option<Timestamp>) -> Result<()> {
    tx.moves_access();
    tx.run(DISABLE, args![id, at]).await.map(drop)
}

/// What a person is, or was, in a caseload.
pub(crate) async fn member(tx: &mut Tx, caseload: CaseloadId, person: PersonId) -> Result<Option<Membership>> {
    tx.first(MEMBER, args![caseload, person]).await?.as_ref().map(membership).transpose()
}

/// Where a person is, or was.
pub(crate) async fn memberships(tx: &mut Tx, person: PersonId) -> Result<Vec<Membership>> {
    tx.all(MEMBERSHIPS, args![person]).await?.iter().map(membership).collect()
}

/// Where a person works, as what, and how far the log has come there: its epoch and last entry.
pub(crate) async fn heads(tx: &mut Tx, person: PersonId) -> Result<Vec<(CaseloadId, Role, u32, u64)>> {
    let rows = tx.all(HEADS, args![person]).await?;
    rows.iter().map(|row| Ok((row.get(0)?, role(row, 1, HEADS.name)?, row.get(2)?, row.get(3)?))).collect()
}

/// Who works in a caseload at present and is not disabled, each with their role there.
pub(crate) async fn standing(tx: &mut Tx, caseload: CaseloadId) -> Result<Vec<(PersonId, Role)>> {
    let rows = tx.all(STANDING, args![caseload]).await?;
    rows.iter().map(|row| Ok((row.get(0)?, role(row, 1, STANDING.name)?))).collect()
}

/// Who works on a caseload.
pub(crate) async fn members(tx: &mut Tx, caseload: CaseloadId) -> Result<Vec<Membership>> {
    tx.all(MEMBERS, args![caseload]).await?.iter().map(membership).collect()
}

/// The version after this one: never one that was heard of before the database was restored.
async fn next_version(tx: &mut Tx, caseload: CaseloadId, before: u32) -> Result<u32> {
    let row = tx.first(EPOCH, args![caseload]).await?;
    Ok(row.map_or(Ok(1), |row| row.get::<u32>(0))?.max(before + 1))
}

/// Lets a person into a caseload, or changes their role there. Gives the membership's new version.
pub(crate) async fn enter(
    tx: &mut Tx,
    caseload: CaseloadId,
    person: PersonId,
    role: Role,
    now: Timestamp,
) -> Result<u32> {
    let before = member(tx, caseload, person).await?.map_or(0, |before| before.version);
    let version = next_version(tx, caseload, before).await?;
    tx.moves_access();
    tx.run(ENTER, args![caseload, person, role.code(), version, now]).await?;
    Ok(version)
}

/// Takes a person out of a caseload. Gives the membership's new version, if they were in it.
pub(crate) async fn leave(tx: &mut Tx, caseload: CaseloadId, person: PersonId, now: Timestamp) -> Result<Option<u32>> {
    let Some(before) = member(tx, caseload, person).await?.filter(|m| m.left_at.is_none()) else { return Ok(None) };
    let version = next_version(tx, caseload, before.version).await?;
    tx.moves_access();
    tx.run(LEAVE, args![caseload, person, version, now]).await?;
    Ok(Some(version))
}
