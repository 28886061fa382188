//! One caseload on this phone: its name, how far its log is known, and its outbox.

use std::collections::BTreeMap;

use minicbor::{Decode, Encode};
use sync_core::author::Role;
use sync_core::id::CaseloadId;
use sync_core::phone::inbox::Position;
use sync_core::phone::outbox::{Item, Outbox};

use super::Phone;
use crate::error::{PhoneError, StoreError};
use crate::record;
use crate::store::{Changes, Key, Space, Store};

/// One caseload as the host shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseloadView {
    /// Which.
    pub id: CaseloadId,
    /// Its name.
    pub name: String,
    /// The worker's role in it.
    pub role: Role,
    /// The worker left it; its files go when the outbox is empty.
    pub left: bool,
    /// The last log entry held.
    pub seq: u64,
    /// Files on this phone.
    pub files: u32,
    /// Forms that are not confirmed yet.
    pub unconfirmed: u32,
}

/// What is kept of a caseload beside its outbox.
#[derive(Clone, Encode, Decode)]
#[cbor(map)]
struct Kept {
    #[n(0)]
    id: CaseloadId,
    #[n(1)]
    name: String,
    #[n(2)]
    prefix: String,
    #[n(3)]
    role: Role,
    #[n(4)]
    membership: u32,
    #[n(5)]
    left: bool,
    #[n(6)]
    position: Position,
    #[n(7)]
    last_number: u64,
    #[n(8)]
    programme: Option<String>,
    #[n(9)]
    letter: Option<String>,
}

#[derive(Clone)]
pub(super) struct Caseload {
    kept: Kept,
    pub(super) outbox: Outbox,
}

impl Caseload {
    pub(super) fn entered(id: CaseloadId, name: String, prefix: String, role: Role, membership: u32) -> Self {
        let position = Position::default();
        let kept = Kept {
            id,
            name,
            prefix,
            role,
            membership,
            left: false,
            position,
            last_number: 0,
            programme: None,
            letter: None,
        };
        Self { kept, outbox: Outbox::default() }
    }

    pub(super) fn load_all(store: &dyn Store) -> Result<BTreeMap<CaseloadId, Self>, StoreError> {
        let mut caseloads = BTreeMap::new();
        for (_, bytes) in store.scan(Space::Caseload)? {
            let kept: Kept = record::decoded(&bytes)?;
            let items: Vec<Item> = store
                .list(Space::Outbox, kept.id.bytes())?
                .into_iter()
                .map(|(_, bytes)| record::decoded(&bytes))
                .collect::<Result<_, _>>()?;
            caseloads.insert(kept.id, Self { outbox: Outbox::restored(kept.last_number, items), kept });
        }
        Ok(caseloads)
    }

    pub(super) fn id(&self) -> CaseloadId {
        self.kept.id
    }

    pub(super) fn role(&self) -> Role {
        self.kept.role
    }

    pub(super) fn name(&self) -> &str {
        &self.kept.name
    }

    pub(super) fn prefix(&self) -> &str {
        &self.kept.prefix
    }

    /// What provisional numbers of this phone begin with here. Before the server has said it, a sign that no phone has.
    pub(super) fn letter(&self) -> &str {
        self.kept.letter.as_deref().unwrap_or("?")
    }

    /// The server gave this phone its letter here.
    pub(super) fn set_letter(&mut self, letter: Option<String>) {
        self.kept.letter = letter.filter(|letter| !letter.is_empty()).or(self.kept.letter.take());
    }

    /// The service project under which work in it is done.
    pub(super) fn programme(&self) -> &str {
        self.kept.programme.as_deref().unwrap_or_default()
    }

    pub(super) fn left(&self) -> bool {
        self.kept.left
    }

    pub(super) fn position(&self) -> Position {
        self.kept.position
    }

    pub(super) fn set_position(&mut self, position: Position) {
        self.kept.position = position;
    }

    /// Takes in that the worker entered or left; an older message than the one held is ignored.
    pub(super) fn member(&mut self, info: &sync_core::wire::CaseloadInfo) -> bool {
        if info.version < self.kept.membership {
            return false;
        }
        self.kept.membership = info.version;
        self.kept.left = !info.enter;
        if info.enter {
            self.kept.name.clone_from(&info.name);
            self.kept.prefix.clone_from(&info.prefix);
            self.kept.role = info.role.unwrap_or(self.kept.role);
            self.kept.programme.clone_from(&info.programme);
            self.set_letter(info.letter.clone());
        }
        true
    }

    /// Writes the caseload without its outbox.
    pub(super) fn put(&self, changes: &mut Changes) {
        let kept = Kept { last_number: self.outbox.last(), ..self.kept.clone() };
        record::put(changes, Key::single(Space::Caseload, self.kept.id.bytes()), &kept);
    }

    /// Writes one form of the outbox, and the caseload with its number as given out.
    pub(super) fn put_finished(&self, item: &Item, changes: &mut Changes) {
        record::put(changes, Key::at(Space::Outbox, self.kept.id.bytes(), item.number), item);
        let last_number = self.outbox.last().max(item.number);
        record::put(
            changes,
            Key::single(Space::Caseload, self.kept.id.bytes()),
            &Kept { last_number, ..self.kept.clone() },
        );
    }

    /// Writes the caseload and what differs from its outbox `before`.
    pub(super) fn put_outbox(&self, before: &Outbox, changes: &mut Changes) {
        let key = |number| Key::at(Space::Outbox, self.kept.id.bytes(), number);
        let (old, new): (BTreeMap<u64, &Item>, BTreeMap<u64, &Item>) = (
            before.items().map(|item| (item.number, item)).collect(),
            self.outbox.items().map(|item| (item.number, item)).collect(),
        );
        for number in old.keys().filter(|number| !new.contains_key(number)) {
            changes.remove(key(*number));
        }
        for (number, item) in &new {
            if old.get(number) != Some(item) {
                record::put(changes, key(*number), *item);
            }
        }
        self.put(changes);
    }
}

impl Phone {
    /// The caseloads on this phone.
    #[must_use]
    pub fn caseloads(&self) -> Vec<CaseloadView> {
        let inner = self.lock();
        let view = |caseload: &Caseload| CaseloadView {
            id: caseload.id(),
            name: caseload.name().to_owned(),
            role: caseload.role(),
            left: caseload.left(),
            seq: caseload.position().seq,
            files: inner.index.roots(caseload.id()),
            unconfirmed: caseload.outbox.items().filter(|item| !item.confirmed).count().try_into().unwrap_or(u32::MAX),
        };
        inner.caseloads.values().map(view).collect()
    }

    /// The digest of a caseload's confirmed state, and the log entry up to which it is: equal to the server's there.
    ///
    /// # Errors
    /// [`PhoneError::NoSuchCaseload`]
    pub fn state_digest(&self, caseload: CaseloadId) -> Result<(u64, String), PhoneError> {
        let inner = self.lock();
        let seq = inner.caseload(caseload)?.position().seq;
        let digest = sync_core::phone::state_digest(inner.index.digests(caseload));
        Ok((seq, digest.hex()))
    }
}
