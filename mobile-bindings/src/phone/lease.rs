//! The lease on this phone: after too long without a sync, files are locked for reading. Forms can still be filled in,
//! and the outbox still goes up; nothing is deleted.

use sync_core::phone::lease::{Lease, Reading};
use sync_core::time::Span;

use super::{Inner, Phone};
use crate::environment::Environment;
use crate::error::{PhoneError, StoreError};
use crate::record;
use crate::store::{Changes, Key, Space, Store};

const LEASE: &[u8] = b"lease";
/// When the policy has not arrived yet.
const USUAL: Span = Span::hours(72);
/// How much may be used between two writes.
const UNWRITTEN: Span = Span::minutes(15);

/// The lease as the host shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeaseView {
    /// Files cannot be read until the next sync.
    pub locked: bool,
    /// How long they can be read without one.
    pub left: Span,
}

/// The lease in memory, and how much of it was used when it was last written.
#[derive(Clone, Copy)]
pub(super) struct Held {
    lease: Lease,
    written: Span,
}

impl Held {
    /// The lease of a store; a new one, if it has none.
    pub(super) fn load(store: &dyn Store, environment: &Environment) -> Result<Self, StoreError> {
        let lease = record::get(store, &Key::single(Space::Setting, LEASE))?;
        let lease: Lease = lease.unwrap_or_else(|| Lease::renewed(reading(environment)));
        Ok(Self { lease, written: lease.used() })
    }

    /// A new lease: the phone speaks to the server now.
    pub(super) fn renewed(environment: &Environment) -> Self {
        Self { lease: Lease::renewed(reading(environment)), written: Span::ZERO }
    }

    pub(super) fn put(&self, changes: &mut Changes) {
        record::put(changes, Key::single(Space::Setting, LEASE), &self.lease);
    }
}

fn reading(environment: &Environment) -> Reading {
    let Environment { clock, uptime, .. } = environment;
    Reading { wall: clock.now(), start: uptime.start(), running: uptime.running() }
}

impl Phone {
    /// How long files can be read without a sync.
    ///
    /// # Errors
    /// [`PhoneError::Store`]
    pub fn lease(&self) -> Result<LeaseView, PhoneError> {
        let mut inner = self.lock();
        let (used, length) = (inner.used()?, inner.lease_length());
        Ok(LeaseView { locked: used >= length, left: Span::millis((length.as_millis() - used.as_millis()).max(0)) })
    }
}

impl Inner {
    /// To be asked before anything of a file is shown; what lists show is then as the files are.
    pub(super) fn readable(&mut self) -> Result<(), PhoneError> {
        if self.used()? >= self.lease_length() { Err(PhoneError::Locked) } else { Ok(self.freshen()?) }
    }

    /// Whether files are locked, for what can be told without them.
    pub(super) fn is_locked(&self) -> bool {
        self.lease.lease.observed(reading(&self.environment)).is_over(self.lease_length())
    }

    fn lease_length(&self) -> Span {
        self.policy.evaluator().map_or(USUAL, |evaluator| evaluator.policy().lease())
    }

    /// How much of the lease is used, by what the clocks say now.
    fn used(&mut self) -> Result<Span, StoreError> {
        let lease = self.lease.lease.observed(reading(&self.environment));
        let mut held = Held { lease, ..self.lease };
        // Written now and then: a kill must not give back what was used.
        if lease.used().as_millis().saturating_sub(held.written.as_millis()) >= UNWRITTEN.as_millis() {
            held.written = lease.used();
            let mut changes = Changes::default();
            held.put(&mut changes);
            self.store.apply(&changes)?;
        }
        self.lease = held;
        Ok(lease.used())
    }

    /// A whole answer came, and the server has nothing against this phone.
    pub(super) fn renew_lease(&mut self) -> Result<(), StoreError> {
        let held = Held::renewed(&self.environment);
        let mut changes = Changes::default();
        held.put(&mut changes);
        self.store.apply(&changes)?;
        self.lease = held;
        Ok(())
    }
}
