//! What an answer changes: every whole frame is one step, so a cut answer counts as far as it came.

use std::collections::BTreeSet;

use sync_core::author::Role;
use sync_core::id::CaseloadId;
use sync_core::phone::inbox::{InboxError, Position};
use sync_core::phone::outbox::Acknowledged;
use sync_core::time::Span;
use sync_core::wire::{self, Acks, CaseloadInfo, Down, DownEnd, DownHello, DownReader, Entries, Problem, Trouble};

use super::super::replica::NotTaken;
use super::super::{Caseload, Inner, Phone};
use super::{Blocked, SyncOutcome};
use crate::error::{PhoneError, StoreError};
use crate::store::Changes;

impl Phone {
    /// Takes the answer to the last request.
    ///
    /// # Errors
    /// [`PhoneError::Store`]; what was taken in before stands.
    pub fn on_response(&self, status: u16, body: &[u8]) -> Result<SyncOutcome, PhoneError> {
        let mut inner = self.lock();
        match status {
            200 => Ok(inner.take_answer(body, true)?),
            401 | 403 => {
                inner.failed(None)?;
                inner.unknown_there()?;
                Ok(SyncOutcome::Blocked(Blocked::Auth))
            }
            426 => Ok(SyncOutcome::Blocked(Blocked::Upgrade)),
            500 => inner.put_off(Trouble::Internal),
            503 => inner.put_off(Trouble::Busy),
            507 => inner.put_off(Trouble::Storage),
            _ => {
                inner.failed(None)?;
                Ok(SyncOutcome::Blocked(Blocked::Offline))
            }
        }
    }

    /// The exchange failed on the way. `partial` is what had arrived of the answer: every whole frame of it counts.
    ///
    /// # Errors
    /// [`PhoneError::Store`]; what was taken in before stands.
    pub fn on_failure(&self, partial: &[u8]) -> Result<SyncOutcome, PhoneError> {
        Ok(self.lock().take_answer(partial, false)?)
    }
}

/// How an answer ended.
#[derive(Default)]
struct Reading {
    end: Option<DownEnd>,
    /// Something was taken in.
    progress: bool,
    /// Something has to be asked for again.
    again: bool,
    /// Caseloads that are new here and of which nothing has arrived yet.
    entered: BTreeSet<CaseloadId>,
    too_new: bool,
    /// Why the server left something behind, when that may pass.
    trouble: Option<Trouble>,
}

impl Inner {
    fn take_answer(&mut self, body: &[u8], whole: bool) -> Result<SyncOutcome, StoreError> {
        let Some(request) = self.session.request else {
            // An answer to nothing: it was taken in already, or another one was awaited.
            self.failed(None)?;
            return Ok(SyncOutcome::Blocked(Blocked::Offline));
        };
        let mut reader = DownReader::new(request);
        let mut reading = Reading::default();
        if reader.push(body).is_ok() {
            while let Ok(Some(frame)) = reader.next_frame() {
                self.take_frame(frame, &mut reading)?;
            }
        }
        let complete = whole && reader.finish().is_ok();
        if self.session.blocked == Some(wire::Blocked::Revoked) {
            // Also when the rest of the answer was lost: whoever holds the phone may have cut it.
            let wiped = self.session.wiped;
            self.wipe()?;
            reading.progress |= self.session.wiped != wiped;
        }
        self.conclude(&reading, complete)
    }

    /// The server does not know this phone, perhaps any more: a restored one never heard of it. It may enrol again.
    fn unknown_there(&mut self) -> Result<(), StoreError> {
        let mut session = self.session.clone();
        if !session.wiped {
            session.blocked = Some(wire::Blocked::SignIn);
        }
        self.keep_session(session)
    }

    fn take_frame(&mut self, frame: Down, reading: &mut Reading) -> Result<(), StoreError> {
        match frame {
            Down::Hello(hello) => self.take_hello(&hello),
            Down::Acks(acks) => self.take_acks(&acks, reading),
            Down::Entries(entries) => self.take_stretch(&entries, reading),
            Down::Policy(files) => self.take_policy(&files),
            Down::Caseload(info) => self.take_membership(&info, reading),
            Down::Problem(problem) => self.take_problem(&problem, reading),
            Down::Delivered(delivered) => {
                reading.progress |= self.take_delivered(&delivered)?;
                Ok(())
            }
            Down::End(end) => {
                reading.end = Some(end);
                Ok(())
            }
        }
    }

    fn take_hello(&mut self, hello: &DownHello) -> Result<(), StoreError> {
        let mut session = self.session.clone();
        if let Some(access) = &hello.access {
            session.access = Some(access.0.clone());
            session.access_expires = hello.access_expires;
        }
        if let Some(refresh) = &hello.refresh {
            session.refresh = Some(refresh.0.clone());
        }
        session.offset_ms = (hello.now - self.now()).as_millis();
        session.dictionary = hello.dictionary;
        // A restored server may lack what it had acknowledged. Sending it again is harmless.
        let restored = session.epoch != 0 && hello.epoch > session.epoch;
        session.epoch = session.epoch.max(hello.epoch);
        session.blocked = hello.blocked;
        if !session.under_way {
            session.under_way = true;
            let mut changes = Changes::default();
            session.news.clear();
            session.news.put(&mut changes);
            self.store.apply(&changes)?;
        }
        self.keep_session(session)?;
        if restored { self.send_everything_again() } else { Ok(()) }
    }

    fn take_acks(&mut self, acks: &Acks, reading: &mut Reading) -> Result<(), StoreError> {
        let Some(mut caseload) = self.caseloads.get(&acks.caseload).cloned() else { return Ok(()) };
        let before = caseload.outbox.clone();
        let acknowledged = caseload.outbox.acknowledged(acks, self.now());
        if caseload.left() {
            caseload.outbox.confirm_merged();
        }
        let mut changes = Changes::default();
        // Numbers changed: what has a new one goes out with the next request.
        reading.again |= acknowledged == Acknowledged::Reinstalled;
        reading.progress |= caseload.outbox != before;
        caseload.put_outbox(&before, &mut changes);
        self.store.apply(&changes)?;
        self.caseloads.insert(acks.caseload, caseload);
        self.refresh_all_pending()
    }

    fn take_stretch(&mut self, entries: &Entries, reading: &mut Reading) -> Result<(), StoreError> {
        reading.entered.remove(&entries.caseload);
        self.follow_epoch(entries)?;
        match self.take_entries(entries) {
            Ok(()) => {
                reading.progress = true;
                Ok(())
            }
            Err(NotTaken::Store(error)) => Err(error),
            // Asked for again from where this phone stands.
            Err(NotTaken::Inbox(InboxError::Gap | InboxError::OtherEpoch)) => {
                reading.again = true;
                Ok(())
            }
            Err(NotTaken::Inbox(InboxError::TooNew)) => {
                reading.too_new = true;
                Ok(())
            }
            Err(NotTaken::Inbox(InboxError::Diverged)) => {
                reading.again = true;
                self.repair(entries.caseload, entries.epoch)
            }
        }
    }

    /// A log that begins anew in another epoch replaces the one that is held.
    fn follow_epoch(&mut self, entries: &Entries) -> Result<(), StoreError> {
        match self.caseloads.get(&entries.caseload).map(Caseload::position) {
            Some(held) if entries.after == 0 && held.epoch != entries.epoch => {
                self.read_anew(entries.caseload, entries.epoch, held.epoch != 0)
            }
            _ => Ok(()),
        }
    }

    /// The replica differs from the server's: it is made anew from the log, and that is counted.
    fn repair(&mut self, caseload: CaseloadId, epoch: u32) -> Result<(), StoreError> {
        let mut session = self.session.clone();
        session.repairs = session.repairs.saturating_add(1);
        self.keep_session(session)?;
        self.read_anew(caseload, epoch, false)
    }

    /// What could not be done for a part of the request. The rest is done with the next one, or shown by a verdict.
    fn take_problem(&mut self, problem: &Problem, reading: &mut Reading) -> Result<(), StoreError> {
        let held = problem.caseload.and_then(|id| Some((id, self.caseloads.get(&id)?.position())));
        match (problem.code.as_str(), held) {
            // The whole log follows in this answer.
            ("sanity_mismatch", Some((caseload, held))) => {
                reading.progress = true;
                self.repair(caseload, held.epoch)
            }
            ("new_epoch", Some((caseload, _))) => {
                reading.progress = true;
                self.read_anew(caseload, 0, true)
            }
            (code, _) => {
                // A code of a newer server changes nothing here.
                reading.trouble = Trouble::from_code(code).filter(|trouble| trouble.may_pass()).or(reading.trouble);
                Ok(())
            }
        }
    }

    pub(in crate::phone) fn send_everything_again(&mut self) -> Result<(), StoreError> {
        let mut changes = Changes::default();
        let mut caseloads = self.caseloads.clone();
        for caseload in caseloads.values_mut() {
            let before = caseload.outbox.clone();
            caseload.outbox.send_again();
            caseload.put_outbox(&before, &mut changes);
        }
        let mut bag = self.bag.clone();
        bag.carry_again();
        bag.put(&self.bag, &mut changes);
        self.store.apply(&changes)?;
        self.bag = bag;
        self.caseloads = caseloads;
        self.refresh_all_pending()
    }

    fn take_membership(&mut self, info: &CaseloadInfo, reading: &mut Reading) -> Result<(), StoreError> {
        let known = self.caseloads.get(&info.id).cloned();
        if known.is_none() && !info.enter {
            return Ok(());
        }
        if known.as_ref().is_none_or(Caseload::left) && info.enter {
            reading.entered.insert(info.id);
            reading.progress = true;
        }
        let mut caseload = known.unwrap_or_else(|| {
            let role = info.role.unwrap_or(Role::Worker);
            Caseload::entered(info.id, info.name.clone(), info.prefix.clone(), role, info.version)
        });
        let member_before = !caseload.left();
        if !caseload.member(info) {
            return Ok(());
        }
        let gone = caseload.left();
        let before = caseload.outbox.clone();
        if gone || reading.entered.contains(&info.id) {
            caseload.set_position(Position::default());
        }
        let mut changes = Changes::default();
        let mut session = self.session.clone();
        if gone {
            if member_before {
                // While the files are there: a draft is finished over what it was written on.
                self.seal_outbox(&mut caseload, &mut changes)?;
                Self::put_scrub(&mut changes);
            }
            self.remove_files(&info.id, &mut changes)?;
            caseload.outbox.confirm_merged();
            session.news.changes.retain(|change| self.index.root(change.root).is_none_or(|(id, _)| id != info.id));
            session.news.put(&mut changes);
        }
        caseload.put_outbox(&before, &mut changes);
        self.store.apply(&changes)?;
        self.session = session;
        if gone {
            self.index.forget(info.id);
        }
        self.caseloads.insert(info.id, caseload);
        self.refresh_all_pending()
    }

    fn conclude(&mut self, reading: &Reading, complete: bool) -> Result<SyncOutcome, StoreError> {
        self.scrub()?;
        if !complete {
            self.failed(reading.trouble)?;
            return Ok(SyncOutcome::Blocked(Blocked::Offline));
        }
        if self.session.blocked.is_none() {
            self.renew_lease()?;
        }
        let now = self.now();
        let mut session = self.session.clone();
        session.request = None;
        session.frame_bytes = Some(session.frame().grown().bytes());
        match reading.trouble {
            Some(_) => session.backoff.failed(now, self.chance()),
            None => session.backoff.reset(),
        }
        session.trouble = reading.trouble.map(|trouble| trouble.code().to_owned());
        let unsent = self.caseloads.values().any(|caseload| !caseload.outbox.to_send(0).0.is_empty());
        let waiting = unsent || !self.parcels_to_send(0).0.is_empty();
        // What the server does not take is not offered to it in a circle.
        let go_on = reading.progress && (reading.again || waiting || !reading.entered.is_empty());
        let end = reading.end.clone().unwrap_or_default();
        if let Some(wait) = end.retry_after_ms {
            session.backoff.asked_to_wait(now, Span::millis(wait.into()));
        }
        let waits = reading.trouble.and(session.backoff.waits_until(now)).map(Blocked::Backoff);
        let blocked = match session.blocked {
            Some(wire::Blocked::SignIn | wire::Blocked::Suspended) => Some(Blocked::Auth),
            // Until all that it wrote is sent.
            Some(wire::Blocked::Revoked) if go_on => None,
            Some(wire::Blocked::Revoked) => Some(Blocked::Revoked),
            Some(wire::Blocked::Upgrade) => Some(Blocked::Upgrade),
            None => reading.too_new.then_some(Blocked::Upgrade).or(waits),
        };
        let outcome = match blocked {
            Some(blocked) => SyncOutcome::Blocked(blocked),
            None if end.more || go_on => SyncOutcome::More,
            None => SyncOutcome::Idle,
        };
        if outcome != SyncOutcome::More {
            self.freshen()?;
        }
        if outcome == SyncOutcome::Idle {
            session.under_way = false;
            session.last_sync = Some(now);
        }
        self.keep_session(session)?;
        Ok(outcome)
    }

    /// An exchange failed: wait, and make smaller frames, so that less is lost next time.
    fn failed(&mut self, trouble: Option<Trouble>) -> Result<(), StoreError> {
        let mut session = self.session.clone();
        session.request = None;
        session.frame_bytes = Some(session.frame().shrunk().bytes());
        session.backoff.failed(self.now(), self.chance());
        session.trouble = trouble.map(|trouble| trouble.code().to_owned());
        self.keep_session(session)
    }

    /// The server cannot do it for now: later, without asking anybody.
    fn put_off(&mut self, trouble: Trouble) -> Result<SyncOutcome, PhoneError> {
        self.failed(Some(trouble))?;
        let until = self.session.backoff.waits_until(self.now()).unwrap_or_else(|| self.now());
        Ok(SyncOutcome::Blocked(Blocked::Backoff(until)))
    }

    fn chance(&self) -> u16 {
        u16::from_be_bytes(self.environment.bytes())
    }
}
