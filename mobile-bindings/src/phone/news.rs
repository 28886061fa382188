//! What changed since the last sync: what others, and the flow, put into the log meanwhile.

use std::collections::{BTreeMap, BTreeSet};

use minicbor::{Decode, Encode};
use sync_core::author::Role;
use sync_core::id::{EntityId, EventId, PersonId, SubmissionId};
use sync_core::log::{Entry, EntryBody, Logged};
use sync_core::policy::Text;
use sync_core::submission::Content;
use sync_core::time::Timestamp;
use sync_core::words;

use super::{Inner, Phone};
use crate::error::StoreError;
use crate::record;
use crate::store::{Changes, Key, Space, Store};

/// How many changes are kept; beyond, "and more" is all there is to say.
const MOST: usize = 1_000;

/// One thing that changed, as it is shown.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Change {
    /// The file.
    pub root: EntityId,
    /// What the file is called; empty when it is not on this phone any more.
    pub name: String,
    /// What it is: the code of an event kind, or `edit`.
    pub what: String,
    /// The same in words.
    pub says: Text,
    /// The entity that was changed or is spoken of.
    pub subject: EntityId,
    /// The fields, of an edit.
    pub fields: Vec<String>,
    /// The event, if it is one.
    pub event: Option<EventId>,
    /// Who.
    pub person: PersonId,
    /// In which role.
    pub role: Role,
    /// When the server took it in.
    pub at: Timestamp,
}

/// What changed since the last sync.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct News {
    /// What others did, in server order.
    pub changes: Vec<Change>,
    /// Own submissions about which something was decided.
    pub decided: Vec<SubmissionId>,
    /// There was more than is kept.
    pub more: bool,
    /// Files that were here and were erased, because whom they were about asked for it. What they were, nobody is told.
    pub erased: u32,
}

/// One thing that changed, as it is kept.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub(super) struct Noted {
    #[n(0)]
    pub(super) root: EntityId,
    #[n(1)]
    pub(super) what: String,
    #[n(2)]
    pub(super) subject: EntityId,
    /// Names of fields, of an edit.
    #[n(3)]
    pub(super) fields: Vec<String>,
    #[n(4)]
    pub(super) event: Option<EventId>,
    #[n(5)]
    pub(super) person: PersonId,
    #[n(6)]
    pub(super) role: Role,
    #[n(7)]
    pub(super) at: Timestamp,
    /// The kind of entity, of an edit.
    #[cbor(n(8), default)]
    kind: Option<String>,
}

/// What changed, as it is kept: in pages, one for each stretch of a log, so that a download of many stretches writes each
/// change once.
#[derive(Clone, PartialEq, Eq, Default, Encode, Decode)]
#[cbor(map)]
pub(super) struct Notes {
    #[n(0)]
    pub(super) changes: Vec<Noted>,
    #[n(1)]
    decided: Vec<SubmissionId>,
    #[n(2)]
    more: bool,
    #[cbor(n(3), default)]
    pub(super) erased: u32,
    /// How many pages there are.
    #[cbor(skip)]
    pages: u64,
}

impl Notes {
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
        self.erased += page.erased;
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
        let noted = |subject: EntityId, what: &str| Noted {
            root: roots.get(&subject).copied().unwrap_or(subject),
            what: what.to_owned(),
            subject,
            fields: Vec::new(),
            event: None,
            person: logged.author.person,
            role: logged.author.role,
            at: entry.received_at,
            kind: None,
        };
        for edit in &content.edits {
            let fields = edit.ops.iter().map(|op| op.field.clone()).collect();
            self.changes.push(Noted { fields, kind: Some(edit.kind.clone()), ..noted(edit.entity, "edit") });
        }
        for event in &content.events {
            self.changes.push(Noted { event: Some(event.id), ..noted(event.subject, event.body.kind()) });
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
        let Notes { changes, decided, more, erased, .. } = &inner.session.news;
        let changes = changes.iter().filter(|noted| Some(noted.person) != me).map(|noted| inner.changed(noted));
        News { changes: changes.collect(), decided: decided.clone(), more: *more, erased: *erased }
    }
}

impl Inner {
    fn changed(&self, noted: &Noted) -> Change {
        let Noted { root, what, subject, fields, event, person, role, at, kind } = noted.clone();
        let name =
            self.index.root(root).and_then(|(_, root)| self.index.one(root)).map(|brief| brief.name().to_owned());
        let says = kind.map(|kind| edited(&kind, &fields)).or_else(|| words::event_kind(&what));
        let says = says.unwrap_or_else(|| Text::new(what.clone(), what.clone()));
        Change { root, name: name.unwrap_or_default(), what, says, subject, fields, event, person, role, at }
    }
}

/// What was edited: the kind of entity, and each field once.
fn edited(kind: &str, fields: &[String]) -> Text {
    let fields: BTreeSet<&String> = fields.iter().collect();
    let labels: Vec<Text> = fields.into_iter().map(|field| words::label(kind, field, None)).collect();
    let joined = |of: fn(&Text) -> &str, with: &str| labels.iter().map(of).collect::<Vec<_>>().join(with);
    let kind = words::kind(kind).unwrap_or_else(|| Text::new(kind, kind));
    let (zh, en) = (joined(|text| &text.zh, "、"), joined(|text| &text.en, ", "));
    Text::new(format!("{}:{zh}", kind.zh), format!("{}: {en}", kind.en))
}
