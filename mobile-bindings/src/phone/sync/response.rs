//! What an answer changes: every whole frame is one step, so a cut answer counts as far as it came.

use std::collections::BTreeSet;

use sync_core::author::Role;
use sync_core::id::CaseloadId;
use sync_core::phone::inbox::{InboxError, Position};
use sync_core::phone::outbox::Acknowledged;
use sync_core::time::Span;
use sync_core::wire::{self, Acks, CaseloadInfo, Down, DownEnd, DownHello, DownReader, Entries};

use super::super::device::Device;
use super::super::news::News;
use super::super::replica::NotTaken;
use super::super::{Caseload, DEVICE, Inner, Phone};
use super::{Blocked, SyncOutcome};
use crate::error::{PhoneError, StoreError};
use crate::record;
use crate::store::{Changes, Key, Space};

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
                inner.failed()?;
                Ok(SyncOutcome::Blocked(Blocked::Auth))
            }
            426 => Ok(SyncOutcome::Blocked(Blocked::Upgrade)),
            _ => {
                inner.failed()?;
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
struct Reading {
    end: Option<DownEnd>,
    /// Something has to be asked for again.
    again: bool,
    /// Caseloads that are new here and of which nothing has arrived yet.
    entered: BTreeSet<CaseloadId>,
    too_new: bool,
}

impl Inner {
    fn take_answer(&mut self, body: &[u8], whole: bool) -> Result<SyncOutcome, StoreError> {
        let Some(request) = self.session.request else {
            // An answer to nothing: it was taken in already, or another one was awaited.
            self.failed()?;
            return Ok(SyncOutcome::Blocked(Blocked::Offline));
        };
        let mut reader = DownReader::new(request);
        let mut reading = Reading { end: None, again: false, entered: BTreeSet::new(), too_new: false };
        if reader.push(body).is_ok() {
            while let Ok(Some(frame)) = reader.next_frame() {
                self.take_frame(frame, &mut reading)?;
            }
        }
        let complete = whole && reader.finish().is_ok();
        self.conclude(&reading, complete)
    }

    fn take_frame(&mut self, frame: Down, reading: &mut Reading) -> Result<(), StoreError> {
        match frame {
            Down::Hello(hello) => self.take_hello(&hello),
            Down::Acks(acks) => self.take_acks(&acks, reading),
            Down::Entries(entries) => self.take_stretch(&entries, reading),
            Down::Policy(files) => self.take_policy(&files),
            Down::Caseload(info) => self.take_membership(&info, reading),
            // What could not be done for a part of the request is done with the next one, or shown by a verdict.
            Down::Problem(_) => Ok(()),
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
        session.epoch = hello.epoch;
        session.blocked = hello.blocked;
        if hello.blocked == Some(wire::Blocked::SignIn) {
            // The token is not what the server takes; the refresh secret is tried next.
            session.access = None;
        }
        if !session.under_way {
            session.under_way = true;
            session.news = News::default();
            let mut changes = Changes::default();
            session.news.put(&mut changes);
            self.store.apply(&changes)?;
        }
        self.keep_session(session)?;
        let caseloads: Vec<_> = self.caseloads.values().map(|own| (own.id(), own.position())).collect();
        for (caseload, position) in caseloads {
            if position.epoch != hello.epoch {
                // A restored server may lack what it had acknowledged.
                self.read_anew(caseload, hello.epoch, true)?;
            }
        }
        Ok(())
    }

    fn take_acks(&mut self, acks: &Acks, reading: &mut Reading) -> Result<(), StoreError> {
        let Some(mut caseload) = self.caseloads.get(&acks.caseload).cloned() else { return Ok(()) };
        let before = caseload.outbox.clone();
        let acknowledged = caseload.outbox.acknowledged(acks, self.now());
        let mut changes = Changes::default();
        let mut device = self.device.clone();
        if acknowledged == Acknowledged::Reinstalled {
            device.install = Device::new(&self.environment).install;
            record::put(&mut changes, Key::single(Space::Setting, DEVICE), &device);
            reading.again = true;
        }
        caseload.put_outbox(&before, &mut changes);
        self.store.apply(&changes)?;
        self.device = device;
        self.caseloads.insert(acks.caseload, caseload);
        self.refresh_all_pending()
    }

    fn take_stretch(&mut self, entries: &Entries, reading: &mut Reading) -> Result<(), StoreError> {
        reading.entered.remove(&entries.caseload);
        match self.take_entries(entries) {
            Ok(()) => Ok(()),
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
                let mut session = self.session.clone();
                session.repairs = session.repairs.saturating_add(1);
                self.keep_session(session)?;
                reading.again = true;
                self.read_anew(entries.caseload, entries.epoch, false)
            }
        }
    }

    fn take_membership(&mut self, info: &CaseloadInfo, reading: &mut Reading) -> Result<(), StoreError> {
        let known = self.caseloads.get(&info.id).cloned();
        if known.is_none() && !info.enter {
            return Ok(());
        }
        if known.as_ref().is_none_or(Caseload::left) && info.enter {
            reading.entered.insert(info.id);
        }
        let mut caseload = known.unwrap_or_else(|| {
            let role = info.role.unwrap_or(Role::Worker);
            Caseload::entered(info.id, info.name.clone(), info.prefix.clone(), role, info.version)
        });
        if !caseload.member(info) {
            return Ok(());
        }
        let gone = caseload.left();
        if gone || reading.entered.contains(&info.id) {
            caseload.set_position(Position::start(self.session.epoch));
        }
        let mut changes = Changes::default();
        if gone {
            self.remove_files(&info.id, &mut changes)?;
        }
        caseload.put(&mut changes);
        self.store.apply(&changes)?;
        if gone {
            self.index.forget(info.id);
        }
        self.caseloads.insert(info.id, caseload);
        self.refresh_all_pending()
    }

    fn conclude(&mut self, reading: &Reading, complete: bool) -> Result<SyncOutcome, StoreError> {
        if !complete {
            self.failed()?;
            return Ok(SyncOutcome::Blocked(Blocked::Offline));
        }
        let now = self.now();
        let mut session = self.session.clone();
        session.request = None;
        session.frame_bytes = Some(session.frame().grown().bytes());
        session.backoff.reset();
        let waiting = self.caseloads.values().any(|caseload| !caseload.outbox.to_send(0).0.is_empty());
        let end = reading.end.clone().unwrap_or_default();
        let blocked = match session.blocked {
            Some(wire::Blocked::SignIn) if session.refresh.is_some() && !session.sent_refresh => None,
            Some(wire::Blocked::SignIn | wire::Blocked::Suspended) => Some(Blocked::Auth),
            Some(wire::Blocked::Revoked) => Some(Blocked::Revoked),
            Some(wire::Blocked::Upgrade) => Some(Blocked::Upgrade),
            None => reading.too_new.then_some(Blocked::Upgrade),
        };
        let outcome = match blocked {
            Some(blocked) => SyncOutcome::Blocked(blocked),
            None if end.more
                || reading.again
                || !reading.entered.is_empty()
                || waiting
                || session.blocked.is_some() =>
            {
                SyncOutcome::More
            }
            None => SyncOutcome::Idle,
        };
        if outcome == SyncOutcome::Idle {
            session.under_way = false;
            session.last_sync = Some(now);
        }
        if let Some(wait) = end.retry_after_ms {
            session.backoff.asked_to_wait(now, Span::millis(wait.into()));
        }
        self.keep_session(session)?;
        Ok(outcome)
    }

    /// An exchange failed: wait, and make smaller frames, so that less is lost next time.
    fn failed(&mut self) -> Result<(), StoreError> {
        let mut session = self.session.clone();
        session.request = None;
        session.frame_bytes = Some(session.frame().shrunk().bytes());
        session.backoff.failed(self.now(), u16::from_be_bytes(self.environment.bytes()));
        self.keep_session(session)
    }
}
