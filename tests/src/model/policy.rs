//! The merge policies of the domain reference, section 7, from its words.

use sync_core::author::Role;
use sync_core::document::Stamp;
use sync_core::edit::{State, Value};
use sync_core::merge::{FieldPolicy, Lower, Order};

use super::{Said, Standing};

/// Whether a put takes part in the merge, given what its author saw stand; else it is an opinion (or a note).
pub(super) fn takes_part(policy: FieldPolicy, seen: &[Standing], value: &Value, stamp: &Stamp) -> bool {
    match policy {
        // "A causally later value by an allowed role may lower it", "a later grant needs a new consent event".
        FieldPolicy::Strongest(..) if has_right_to_lower(policy, stamp.author.role, stamp.consent) => true,
        FieldPolicy::Strongest(order, _) => {
            seen.iter().all(|claim| place(order, value) >= place(order, &claim.said.value))
        }
        // Withdrawn meets accepted: the lesser state is a note.
        FieldPolicy::Lattice => seen.iter().all(|claim| state(value) >= state(&claim.said.value)),
        FieldPolicy::Once => seen.is_empty(),
        _ => true,
    }
}

/// Splits claims into those that stand and those that their own device replaced in a later form. Only what could have
/// been overwritten in the first place can be replaced.
pub(super) fn without_replaced_by_own(policy: FieldPolicy, claims: Vec<Standing>) -> (Vec<Standing>, Vec<Standing>) {
    let replaced = |older: &Standing| {
        claims.iter().any(|newer| {
            newer.stamp.author.device == older.stamp.author.device
                && newer.stamp.author.number > older.stamp.author.number
                && takes_part(policy, std::slice::from_ref(older), &newer.said.value, &newer.stamp)
        })
    };
    let (mut stand, mut gone) = (Vec::new(), Vec::new());
    for claim in &claims {
        if replaced(claim) { gone.push(claim.clone()) } else { stand.push(claim.clone()) }
    }
    (stand, gone)
}

/// Takes out, again and again, the claim that beats all the others.
pub(super) fn in_order_of_preference(policy: FieldPolicy, mut claims: Vec<Standing>) -> Vec<Said> {
    let mut order = Vec::new();
    while !claims.is_empty() {
        let best = (0..claims.len())
            .find(|a| (0..claims.len()).all(|b| b == *a || beats(policy, &claims[*a], &claims[b])))
            .unwrap_or_else(|| panic!("{policy:?} does not say which of {} claims shows", claims.len()));
        order.push(claims.remove(best).said);
    }
    order
}

fn beats(policy: FieldPolicy, a: &Standing, b: &Standing) -> bool {
    let later = (a.stamp.at.wall, a.stamp.at.counter, a.said.submission)
        > (b.stamp.at.wall, b.stamp.at.counter, b.said.submission);
    let (mine, theirs) = (&a.said.value, &b.said.value);
    // Does the policy itself prefer one of the values?
    let by_value = match policy {
        FieldPolicy::LastWriter | FieldPolicy::Ask => None,
        FieldPolicy::Strongest(order, _) => differ(place(order, mine), place(order, theirs)),
        FieldPolicy::AddWins => differ(yes(mine), yes(theirs)),
        FieldPolicy::RemoveWins => differ(yes(theirs), yes(mine)),
        FieldPolicy::Lattice => differ(state(mine), state(theirs)),
        FieldPolicy::Earliest => differ(theirs.as_int(), mine.as_int()),
        // Of linked documents each has its own first.
        FieldPolicy::Once => return (a.said.version, a.said.submission) < (b.said.version, b.said.submission),
    };
    by_value.unwrap_or(later)
}

/// Whether the first is the greater; `None` when they are the same.
fn differ<T: Ord>(mine: T, theirs: T) -> Option<bool> {
    if mine == theirs { None } else { Some(mine > theirs) }
}

fn has_right_to_lower(policy: FieldPolicy, role: Role, consent: bool) -> bool {
    match policy {
        FieldPolicy::Strongest(_, Lower::Roles(roles)) => roles.contains(&role),
        FieldPolicy::Strongest(_, Lower::ConsentEvent) => consent,
        _ => false,
    }
}

fn place(order: Order, value: &Value) -> Option<i64> {
    match order {
        Order::Number => value.as_int(),
        Order::Listed(weakest_first) => {
            let place = weakest_first.iter().position(|listed| value.as_text() == Some(listed))?;
            i64::try_from(place).ok()
        }
    }
}

fn yes(value: &Value) -> bool {
    value == &Value::Bool(true)
}

fn state(value: &Value) -> (u16, u8) {
    let State { round, rank } = value.as_state().unwrap_or_default();
    (round, rank)
}
