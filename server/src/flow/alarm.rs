//! An alarm passes on until a person acknowledges it: to whoever is on duty, after the policy's minutes to the deputy,
//! then to the purchaser. Each step, who was told, and the deliveries that tell them are written in one transaction,
//! in which the row of the alarm moves; so a step is taken once, whoever is killed and however many nodes look.

use std::collections::BTreeSet;

use sync_core::id::{CaseloadId, PersonId};
use sync_core::time::Timestamp;

use super::{Flow, FlowError, Result, duty, street};
use crate::db::alarm::{self, Alarm};
use crate::db::alarm_log::{self, Happened, What};
use crate::db::duty::Level;
use crate::db::key::Keyring;
use crate::db::{Db, Tx, webhook};
use crate::deliver::{self, message};

/// Alarms that pass on in one transaction: writers wait no longer than that.
const AT_ONCE: u32 = 50;
/// Alarms that are looked at to find the caseloads; what is beyond waits a minute.
const LOOKED_AT: u32 = 1_000;

impl Flow {
    /// Passes on every alarm whose time has come. Meant to be called every minute.
    ///
    /// # Errors
    /// The database. Caseloads are looked at one by one: what was passed on stays so.
    pub async fn escalate(&self, db: &Db, now: Timestamp) -> Result<()> {
        let mut tx = db.read().await?;
        let caseloads = alarm::due_in(&mut tx, now, LOOKED_AT).await?;
        drop(tx);
        for caseload in caseloads {
            loop {
                let mut tx = db.write().await?;
                let passed = self.pass_on(&mut tx, caseload, now).await?;
                tx.commit().await?;
                if passed < AT_ONCE as usize {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Passes on the alarms of a caseload whose time has come, new ones to those who are told first. How many there were.
    ///
    /// # Errors
    /// The database.
    pub async fn pass_on(&self, tx: &mut Tx, caseload: CaseloadId, now: Timestamp) -> Result<usize> {
        let mut keys = self.keys();
        tx.hold_caseload(caseload).await?;
        let due = alarm::due(tx, &mut keys, caseload, now, AT_ONCE).await?;
        for alarm in &due {
            self.pass_on_one(tx, &mut keys, caseload, alarm, now).await?;
        }
        // What is still past due is an alarm of its own, which waits for nobody.
        if due.iter().any(|alarm| alarm.code == alarm::OVERDUE) {
            for alarm in alarm::due(tx, &mut keys, caseload, now, AT_ONCE).await? {
                self.pass_on_one(tx, &mut keys, caseload, &alarm, now).await?;
            }
        }
        Ok(due.len())
    }

    /// As far as it has to go by now. A level with nobody in it keeps no alarm waiting.
    async fn pass_on_one(
        &self,
        tx: &mut Tx,
        keys: &mut Keyring,
        caseload: CaseloadId,
        alarm: &Alarm,
        now: Timestamp,
    ) -> Result<()> {
        if alarm.code == alarm::OVERDUE && alarm.level.is_some() {
            return street::still_overdue(tx, keys, caseload, alarm, now).await;
        }
        let mut told = told(tx, caseload, alarm.n).await?;
        let mut reached = alarm.level;
        loop {
            let Some(level) = street::after(&alarm.code, reached) else { return Ok(()) };
            let people = match level {
                Level::First if street::is_dispatchers(&alarm.code) => {
                    duty::dispatchers(tx, caseload, now, &told).await?.people
                }
                _ => duty::at(tx, caseload, level, now, &told).await?.people,
            };
            let wait = match (alarm.code.as_str(), street::after(&alarm.code, Some(level))) {
                (alarm::OVERDUE, _) => Some(street::passes_on(self.policy.policy(), alarm)),
                (alarm::UNSETTLED, Some(_)) => Some(now),
                (_, Some(_)) if people.is_empty() => Some(now),
                (_, next) => next.map(|next| self.passes_to(next, alarm.at)),
            };
            if !alarm::pass_on(tx, caseload, alarm.n, (reached, level), wait).await? {
                return Ok(());
            }
            reached = Some(level);
            let happened = |what, person| Happened {
                at: now,
                alarm: alarm.n,
                what,
                level: reached,
                person,
                note: None,
                subject: None,
            };
            for person in &people {
                alarm_log::record(tx, keys, caseload, &happened(What::Told, Some(*person))).await?;
            }
            if people.is_empty() {
                tracing::error!(%caseload, alarm = alarm.n, level = level.code(), "an alarm finds nobody on duty");
                alarm_log::record(tx, keys, caseload, &happened(What::Nobody, None)).await?;
            }
            let step = message::Step { caseload, alarm, level, next_at: wait, told: &people, now };
            self.tell(tx, keys, &step).await?;
            told.extend(people);
            if wait.is_none_or(|wait| wait > now) || alarm.code == alarm::OVERDUE {
                return Ok(());
            }
        }
    }

    /// When an alarm that went off at `from` passes to this level. A policy that cannot say lets it pass at once.
    fn passes_to(&self, level: Level, from: Timestamp) -> Timestamp {
        let policy = self.policy.policy();
        let deadline = match level {
            Level::First => return from,
            Level::Deputy => &policy.workflow.alarm_deputy,
            Level::Purchaser => &policy.workflow.alarm_purchaser,
        };
        policy.due(deadline, from).map_or(from, |due| due.at)
    }

    /// Writes the deliveries of a step.
    async fn tell(&self, tx: &mut Tx, keys: &mut Keyring, step: &message::Step<'_>) -> Result<()> {
        let message = message::of_step(self.policy.policy(), step);
        for webhook in webhook::standing(tx, keys, step.caseload).await? {
            if webhook.level == Some(step.level) {
                deliver::enqueue(tx, keys, &webhook, step.now, &message).await?;
            }
        }
        Ok(())
    }

    /// A person has seen an alarm, and may say what was done. The first one counts; nobody is told any more, and those
    /// who were are told that it is in hand.
    ///
    /// # Errors
    /// [`FlowError::NotFound`] when there is no such alarm.
    pub async fn acknowledge(
        &self,
        tx: &mut Tx,
        caseload: CaseloadId,
        n: u64,
        (by, now): (PersonId, Timestamp),
        note: Option<&str>,
    ) -> Result<()> {
        let mut keys = self.keys();
        tx.hold_caseload(caseload).await?;
        let alarm = alarm::one(tx, &mut keys, caseload, n).await?.ok_or(FlowError::NotFound)?;
        if !alarm::acknowledge(tx, &mut keys, caseload, &alarm, (by, now), note).await? {
            return Ok(());
        }
        let message = message::acknowledged(self.policy.policy(), caseload, &alarm, by, now);
        for webhook in webhook::standing(tx, &mut keys, caseload).await? {
            if webhook.level.is_some() && webhook.level <= alarm.level {
                deliver::enqueue(tx, &mut keys, &webhook, now, &message).await?;
            }
        }
        Ok(())
    }
}

/// Who was told of an alarm so far.
async fn told(tx: &mut Tx, caseload: CaseloadId, alarm: u64) -> Result<BTreeSet<PersonId>> {
    let mut told = BTreeSet::new();
    for entry in alarm_log::of_alarm(tx, caseload, alarm).await? {
        if entry.what()? == What::Told {
            told.extend(entry.person()?);
        }
    }
    Ok(told)
}
