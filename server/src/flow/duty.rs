//! Who is told of an alarm: those named for the level, or else everybody whose role fits it best.

use std::collections::BTreeSet;

use sync_core::author::Role;
use sync_core::id::{CaseloadId, PersonId};
use sync_core::time::Timestamp;

use crate::db::duty::{self, Duty, Level};
use crate::db::{Result, Tx, person};

/// Those on duty at one level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnDuty {
    /// Who: nobody, when there is nobody to tell.
    pub people: Vec<PersonId>,
    /// Whether they were named for it; otherwise their role made them so.
    pub named: bool,
}

/// Those on duty at a level at this time, but for those who were told before.
pub(crate) async fn at(
    tx: &mut Tx,
    caseload: CaseloadId,
    level: Level,
    now: Timestamp,
    told: &BTreeSet<PersonId>,
) -> Result<OnDuty> {
    let members = person::standing(tx, caseload).await?;
    let duties = duty::of_caseload(tx, caseload).await?;
    Ok(choose(&members, &duties, level, now, told))
}

/// The dispatchers of a caseload, but for those who were told before; without one, whoever is on duty first.
pub(crate) async fn dispatchers(
    tx: &mut Tx,
    caseload: CaseloadId,
    now: Timestamp,
    told: &BTreeSet<PersonId>,
) -> Result<OnDuty> {
    let members = person::standing(tx, caseload).await?;
    let fits = |(person, role): &&(PersonId, Role)| *role == Role::Dispatcher && !told.contains(person);
    let people: Vec<PersonId> = members.iter().filter(fits).map(|(person, _)| *person).collect();
    if people.is_empty() {
        at(tx, caseload, Level::First, now, told).await
    } else {
        Ok(OnDuty { people, named: false })
    }
}

/// Only who works in the caseload now, in a role that fits, and does not know yet. When nobody who is named does, all
/// supervisors; when there is none, all stewards; then the dispatchers. It is better to wake three than none.
fn choose(
    members: &[(PersonId, Role)],
    duties: &[Duty],
    level: Level,
    now: Timestamp,
    told: &BTreeSet<PersonId>,
) -> OnDuty {
    let with = |roles: &[Role]| -> Vec<PersonId> {
        let fits = |(person, role): &&(PersonId, Role)| roles.contains(role) && !told.contains(person);
        members.iter().filter(fits).map(|(person, _)| *person).collect()
    };
    let is_named = |person: &PersonId| {
        duties.iter().any(|duty| (duty.level, duty.person) == (level, *person) && duty.from <= now && now < duty.to)
    };
    let named: Vec<PersonId> = with(level.roles()).into_iter().filter(is_named).collect();
    if !named.is_empty() {
        return OnDuty { people: named, named: true };
    }
    let people = level.roles().iter().map(|role| with(&[*role])).find(|people| !people.is_empty());
    OnDuty { people: people.unwrap_or_default(), named: false }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::bench::at;

    const fn who(n: u8) -> PersonId {
        PersonId::from_bytes([n; 16])
    }

    #[test]
    fn named_before_roles_and_nobody_twice() {
        let members =
            [(who(1), Role::Supervisor), (who(2), Role::Supervisor), (who(3), Role::Steward), (who(4), Role::Worker)];
        let duty = |level, n, from: &str, to: &str| Duty { level, person: who(n), from: at(from), to: at(to) };
        let duties = [
            duty(Level::First, 2, "08:00", "12:00"),
            duty(Level::First, 4, "08:00", "12:00"),
            duty(Level::First, 9, "08:00", "12:00"),
            duty(Level::Deputy, 2, "08:00", "20:00"),
        ];
        let told = |n: &[u8]| n.iter().map(|n| who(*n)).collect::<BTreeSet<_>>();
        let chosen = |level, now: &str, known: &[u8]| {
            let OnDuty { people, named } = choose(&members, &duties, level, at(now), &told(known));
            (people.iter().map(|person| person.bytes()[0]).collect::<Vec<_>>(), named)
        };
        assert_eq!(chosen(Level::First, "08:00", &[]), (vec![2], true), "a worker and a stranger do not count");
        assert_eq!(chosen(Level::First, "12:00", &[]), (vec![1, 2], false), "the watch is over");
        assert_eq!(chosen(Level::Deputy, "09:00", &[2]), (vec![1], false), "who knows already is no deputy");
        assert_eq!(chosen(Level::Deputy, "13:00", &[1, 2]), (vec![3], false));
        assert_eq!(chosen(Level::Purchaser, "13:00", &[]), (vec![], false));
    }
}
