//! What changed since the last sync: what others, and the flow, put into the log meanwhile.

use std::collections::BTreeMap;

use minicbor::{Decode, Encode};
use sync_core::author::Role;
use sync_core::id::{EntityId, EventId, PersonId, SubmissionId};
use sync_core::log::{Entry, EntryBody, Logged};
use sync_core::submission::Content;
use sync_core::time::Timestamp;

use super::Phone;
use crate::error::StoreError;
use crate::record;
use crate::store::{Changes, Key, Space, Store};

/// How many changes are kept; beyond, "and more" is all there is to say.
const MOST: usize = 1_000;

/// One thing that changed.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct Change {
    /// The file.
    #[n(0)]
    pub root: EntityId,
    /// What it is: the code of an event kind, or `edit`.
    #[n(1)]
    pub what: String,
    /// The entity that was changed or is spoken of.
    #[n(2)]
    pub subject: EntityId,
    /// The fields, of an edit.
    #[n(3)]
    pub fields: Vec<String>,
    /// The event, if it is one.
    #[n(4)]
    pub event: Option<EventId>,
    /// Who.
    #[n(5)]
    pub person: PersonId,
    /// In which role.
    #[n(6)]
    pub role: Role,
    /// When the server took it in.
    #[n(7)]
    pub at: Timestamp,
}

/// What changed since the last sync. It is kept in pages, one for each stretch of a log: a download of many stretches
/// writes each change once.
#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode)]
#[cbor(map)]
pub struct News {
    /// What others did, in server order.
    #[n(0)]
    pub changes: Vec<Change>,
    /// Own submissions about which something was decided.
    #[n(1)]
    pub decided: Vec<SubmissionId>,
    /// There was more than is kept.
    #[n(2)]
    pub more: bool,
    /// How many pages there are.
    #[cbor(skip)]
    pages: u64,
}

impl News {
    const KEY: &'static [u8] = b"news";

    pub(super) fn load(store: &dyn Store) -> Result<Self, StoreError> {
        let mut news = Self::default();
        for (page, bytes) in store.list(Space::News, Self::KEY)? {
            news.append(record::decoded(&bytes)?);
            news.pages = page + 1;
        }
        Ok(news)
    }

    /// A new sync begins.
    pub(super) fn clear(&mut self) {
        *self = Self { pages: self.pages, ..Self::default() };
    }

    /// Writes everything anew, on one page.
    pub(super) fn put(&mut self, changes: &mut Changes) {
        for page in 1..self.pages {
            changes.remove(Key::at(Space::News, Self::KEY, page));
        }
        self.pages = 1;
        record::put(changes, Key::at(Space::News, Self::KEY, 0), self);
    }

    /// Writes one more page; to be [appended](Self::append) when that is done.
    pub(super) fn put_page(&self, page: &Self, changes: &mut Changes) {
        let says_more = !page.changes.is_empty() && !self.more;
        if says_more || !page.decided.is_empty() {
            record::put(changes, Key::at(Space::News, Self::KEY, self.pages), page);
        }
    }

    /// Takes a page in that was written.
    pub(super) fn append(&mut self, page: Self) {
        self.pages += 1;
        self.more |= page.more;
        self.decided.extend(page.decided);
        self.decided.dedup();
        self.changes.extend(page.changes);
        self.more |= self.changes.len() > MOST;
        self.changes.truncate(MOST);
    }

    pub(super) fn own(&mut self, entry: &Entry) {
        match &entry.body {
            EntryBody::Submission(logged) => self.decided.push(logged.id),
            EntryBody::Decision(decision) => self.decided.push(decision.submission),
            _ => {}
        }
        self.decided.dedup();
    }

    pub(super) fn heard(
        &mut self,
        entry: &Entry,
        logged: &Logged,
        content: &Content,
        roots: &BTreeMap<EntityId, EntityId>,
    ) {
        let change = |subject: EntityId, what: &str, fields: Vec<String>, event: Option<EventId>| Change {
            root: roots.get(&subject).copied().unwrap_or(subject),
            what: what.to_owned(),
            subject,
            fields,
            event,
            person: logged.author.person,
            role: logged.author.role,
            at: entry.received_at,
        };
        for edit in &content.edits {
            let fields = edit.ops.iter().map(|op| op.field.clone()).collect();
            self.changes.push(change(edit.entity, "edit", fields, None));
        }
        for event in &content.events {
            self.changes.push(change(event.subject, event.body.kind(), Vec::new(), Some(event.id)));
        }
        if self.changes.len() > MOST {
            self.changes.truncate(MOST);
            self.more = true;
        }
    }
}

impl Phone {
    /// What changed since the last sync, without this person's own work; nothing while files are locked.
    #[must_use]
    pub fn changes_since_last_sync(&self) -> News {
        let mut inner = self.lock();
        if inner.readable().is_err() {
            return News::default();
        }
        let me = inner.device.enrolled.as_ref().map(|enrolled| enrolled.person);
        let mut news = inner.session.news.clone();
        news.changes.retain(|change| Some(change.person) != me);
        news
    }
}
