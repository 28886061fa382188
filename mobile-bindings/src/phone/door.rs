//! Flags at the door: the policy evaluated on this phone, offline, on the confirmed file with pending work on top. The
//! same flow as on the server decides; what it says here is advice, and carries the policy's version.

use std::collections::BTreeMap;

use sync_core::case::{Case, Context, StandingFlag, Want};
use sync_core::event::FlagStanding;
use sync_core::id::{EntityId, FlagId};
use sync_core::policy::{RuleAlarm, Text};

use super::brief::Brief;
use super::file::sign;
use super::{Caseload, Inner, Phone};
use crate::error::PhoneError;

/// A rule that holds for a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DoorFlag {
    /// The flag; the server's has the same id.
    pub flag: FlagId,
    /// The rule.
    pub rule: String,
    /// What it is about, within its rule.
    pub window: String,
    /// 0 to 4.
    pub severity: u8,
    /// Why it holds.
    pub why: Text,
    /// Somebody looking over the worker's shoulder should not read it.
    pub discreet: bool,
    /// What to show before somebody opens it: a neutral sign for a discreet one, else the reason.
    pub sign: Text,
    /// The server has raised it already.
    pub confirmed: bool,
}

/// What the policy says of a file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DoorFlags {
    /// The policy version that was evaluated; 0 when none is on this phone yet.
    pub policy: u32,
    /// The rules that hold.
    pub flags: Vec<DoorFlag>,
    /// Rules that could not be evaluated: whether they hold, nobody knows.
    pub alarms: Vec<RuleAlarm>,
}

impl Phone {
    /// The flags of a shop, an elder or a dwelling, as they stand with this phone's own work.
    ///
    /// # Errors
    /// [`PhoneError`]
    pub fn flags_at_door(&self, file: EntityId) -> Result<DoorFlags, PhoneError> {
        let mut inner = self.lock();
        inner.readable()?;
        inner.flags_at_door(file)
    }
}

impl Inner {
    pub(super) fn flags_at_door(&self, file: EntityId) -> Result<DoorFlags, PhoneError> {
        let (caseload, root) = self.index.root(file).ok_or(PhoneError::NoSuchFile)?;
        let caseload = self.caseload(caseload)?;
        let cluster = self.index.cluster(root);
        let mut confirmed = BTreeMap::new();
        for root in &cluster {
            confirmed.extend(self.confirmed_file(*root)?.flags);
        }
        let Some(evaluator) = self.policy.evaluator().cloned() else { return Ok(DoorFlags::default()) };
        let desks = BTreeMap::new();
        let context = Context {
            caseload: caseload.id(),
            now: self.now(),
            policy: &evaluator,
            desks: &desks,
            prefix: caseload.prefix(),
            contact: "",
        };
        let mut case = Case::new(context, caseload.position().seq + 1, 1);
        case.expect_file(root);
        self.give(&mut case, caseload)?;
        case.tick();
        self.give(&mut case, caseload)?;
        case.conclude();
        let outcome = case.finish();
        // Linked files are one: a flag may stand on any of them. That of a pair stands on the smaller id.
        let paired = |flag: &StandingFlag| flag.flagged.window.parse().is_ok_and(|other| cluster.contains(&other));
        let mut flags: Vec<DoorFlag> = outcome
            .files
            .iter()
            .flat_map(|(id, file)| file.flags.values().map(move |flag| (id, flag)))
            .filter(|(id, flag)| cluster.contains(id) || paired(flag))
            .map(|(_, flag)| flag)
            .filter(|flag| flag.flagged.standing == FlagStanding::Raised)
            .map(|flag| DoorFlag {
                flag: flag.flagged.flag,
                rule: flag.flagged.rule.clone(),
                window: flag.flagged.window.clone(),
                severity: flag.flagged.severity,
                why: Text::new(flag.flagged.zh.clone(), flag.flagged.en.clone()),
                discreet: flag.flagged.discreet,
                sign: sign(&flag.flagged),
                confirmed: confirmed
                    .get(&flag.flagged.flag)
                    .is_some_and(|known| known.flagged.standing == FlagStanding::Raised),
            })
            .collect();
        flags.sort_by(|a, b| b.severity.cmp(&a.severity).then_with(|| (&a.rule, &a.window).cmp(&(&b.rule, &b.window))));
        Ok(DoorFlags { policy: self.policy.version(), flags, alarms: outcome.alarms })
    }

    /// Gives the flow what it wants.
    fn give(&self, case: &mut Case<'_>, caseload: &Caseload) -> Result<(), PhoneError> {
        while let Some(want) = case.want() {
            match want {
                Want::Root(entity) => case.give_root(entity, self.index.root(entity).map(|(_, root)| root)),
                Want::File(root) => case.give_file(root, self.shown(root)?.file),
                Want::Alike { of, keys } => {
                    let others = self.index.shown().filter(|brief| brief.id != of && brief.caseload == caseload.id());
                    let meets =
                        |brief: &&Brief| brief.paired.contains(&of) || brief.alike.iter().any(|key| keys.contains(key));
                    let alike = others.filter(meets);
                    case.give_alike(of, alike.map(|brief| brief.id).collect());
                }
            }
        }
        Ok(())
    }
}
