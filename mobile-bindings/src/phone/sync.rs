//! Sync in two layers. Layer 0 is synchronous and kept: [`Phone::next_request`], then [`Phone::on_response`] or
//! [`Phone::on_failure`]; the process may be killed between any two calls. Layer 1, [`Phone::sync_step`], drives it over
//! a blocking transport; the asynchronous driver for apps, in `doorstep-bindings`, stands on the same layer 0.

use minicbor::{Decode, Encode};
use sync_core::id::RequestId;
use sync_core::phone::backoff::Backoff;
use sync_core::policy::Text;
use sync_core::time::{Span, Timestamp};
use sync_core::wire::{self, FrameSize, Trouble};

use super::Phone;
use super::news::Notes;
use crate::error::{PhoneError, StoreError};
use crate::record;
use crate::store::{Changes, Key, Space, Store};

mod request;
mod response;

/// What to send.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// Where to, below the server's address; by POST.
    pub path: String,
    /// The type of the body.
    pub content_type: String,
    /// The body.
    pub body: Vec<u8>,
}

/// What came back.
#[derive(Clone, PartialEq, Eq)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
}

/// Why an exchange failed on the way.
#[derive(Clone, PartialEq, Eq)]
pub enum TransportError {
    /// The server cannot be reached.
    Offline,
    /// The link was cut while the answer came: what had arrived of a body with status 200.
    Cut(Vec<u8>),
}

/// Moves one request to the server and its answer back.
pub trait Transport {
    /// Sends a request and waits for the whole answer, or for the link to fail.
    ///
    /// # Errors
    /// [`TransportError`]
    fn send(&self, request: &Request) -> Result<Response, TransportError>;
}

/// Why sync does not go on for now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blocked {
    /// No network, or the server does not answer.
    Offline,
    /// The phone has to be enrolled (again).
    Auth,
    /// It failed lately, or the server could not for now; not before then.
    Backoff(Timestamp),
    /// The app is too old to download; uploads still go.
    Upgrade,
    /// The device was revoked: what it wrote was sealed and goes up for a supervisor to look at, the files are gone.
    Revoked,
}

/// What an exchange came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SyncOutcome {
    /// Everything is exchanged.
    Idle,
    /// There is more: ask for the next request.
    More,
    /// It does not go on for now.
    Blocked(Blocked),
}

/// A `GET` that stays open. It holds a secret: no `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct HintRequest {
    /// The path on the server.
    pub path: String,
    /// The header `Authorization`.
    pub authorization: String,
}

/// What a step of [`Phone::sync_step`] came to.
pub type Step = SyncOutcome;

/// The state of sync, kept.
#[derive(Clone, Default, Encode, Decode)]
#[cbor(map)]
pub(super) struct Session {
    #[n(0)]
    pub(super) access: Option<String>,
    #[n(1)]
    access_expires: Option<Timestamp>,
    #[n(2)]
    pub(super) refresh: Option<String>,
    /// The request whose answer is awaited.
    #[n(3)]
    request: Option<RequestId>,
    #[n(4)]
    backoff: Backoff,
    #[n(5)]
    frame_bytes: Option<u32>,
    /// The newest compression dictionary that the server knows.
    #[n(6)]
    dictionary: u8,
    #[n(7)]
    pub(super) blocked: Option<wire::Blocked>,
    /// The server's clock minus this phone's, in milliseconds, at the last exchange.
    #[n(8)]
    offset_ms: i64,
    /// When everything was last exchanged, by this phone's clock.
    #[n(9)]
    last_sync: Option<Timestamp>,
    /// Replicas that were made anew because they differed from the server's.
    #[n(10)]
    repairs: u32,
    /// An exchange is under way: what it brings is added to the news.
    #[n(11)]
    under_way: bool,
    /// The newest epoch that the server named.
    #[n(12)]
    epoch: u32,
    /// The phone was revoked, and has forgotten its files.
    #[cbor(n(13), default)]
    pub(super) wiped: bool,
    /// Why the server left something behind at the last exchange: the code of a trouble that may pass.
    #[n(14)]
    trouble: Option<String>,
    /// What the last exchange brought; kept apart.
    #[cbor(skip)]
    pub(super) news: Notes,
}

const SESSION: &[u8] = b"session";

impl Session {
    pub(super) fn load(store: &dyn Store) -> Result<Self, StoreError> {
        let kept: Option<Self> = record::get(store, &Key::single(Space::Setting, SESSION))?;
        Ok(Self { news: Notes::load(store)?, ..kept.unwrap_or_default() })
    }

    pub(super) fn put(&self, changes: &mut Changes) {
        record::put(changes, Key::single(Space::Setting, SESSION), self);
    }

    /// The first, with the secret that enrolment gave.
    pub(super) fn enrolled(refresh: Option<String>) -> Self {
        Self { refresh, ..Self::default() }
    }

    /// The first with this server again: what it knew of the phone is gone.
    pub(super) fn enrolled_again(&self, refresh: Option<String>) -> Self {
        let Self { frame_bytes, repairs, epoch, .. } = *self;
        Self {
            refresh,
            frame_bytes,
            repairs,
            epoch,
            last_sync: self.last_sync,
            news: self.news.clone(),
            ..Self::default()
        }
    }

    /// The server does not take it for one that it knows: only enrolling again helps.
    pub(super) fn must_enrol(&self) -> bool {
        self.blocked == Some(wire::Blocked::SignIn)
    }

    /// What is left of it on a phone that was revoked: no tokens, nothing that was said about files, enough to send what
    /// it wrote.
    pub(super) fn revoked(&self) -> Self {
        let Self { backoff, frame_bytes, dictionary, offset_ms, repairs, epoch, .. } = *self;
        let blocked = Some(wire::Blocked::Revoked);
        Self { backoff, frame_bytes, dictionary, offset_ms, repairs, epoch, blocked, wiped: true, ..Self::default() }
    }

    fn frame(&self) -> FrameSize {
        self.frame_bytes.map_or(FrameSize::DEFAULT, FrameSize::new)
    }

    /// The access token while it is good by the server's clock, with a minute to spare.
    fn good_access(&self, now: Timestamp) -> Option<&String> {
        let server = now + Span::millis(self.offset_ms) + Span::minutes(1);
        self.access.as_ref().filter(|_| self.access_expires.is_some_and(|expires| server < expires))
    }

    /// What stops sync, in words: something that somebody has to see to, or that may pass by itself.
    pub(super) fn blocked_text(&self) -> Option<Text> {
        let Some(blocked) = self.blocked else {
            let (zh, en) = Trouble::from_code(self.trouble.as_deref()?)?.words();
            return Some(Text::new(zh, en));
        };
        Some(match blocked {
            wire::Blocked::Upgrade => Text::new("应用版本过旧,请升级", "The app is too old; please update it"),
            wire::Blocked::Revoked => Text::new("本机已停用", "This phone was revoked"),
            wire::Blocked::Suspended => {
                Text::new("本机登录异常,请联系督导", "This phone's sign-in is in doubt; ask your supervisor")
            }
            wire::Blocked::SignIn => Text::new("请重新登记本机", "This phone has to be enrolled again"),
        })
    }
}

impl Phone {
    /// One bounded step of sync over a blocking transport: one request with at most about `upload_bytes` of the outbox,
    /// and its answer. Nothing is locked while the link is used; whatever arrived whole is kept.
    ///
    /// # Errors
    /// [`PhoneError`]
    pub fn sync_step(&self, transport: &dyn Transport, upload_bytes: usize) -> Result<Step, PhoneError> {
        if let Some(until) = self.backs_off_until() {
            return Ok(SyncOutcome::Blocked(Blocked::Backoff(until)));
        }
        let Some(request) = self.next_request_within(upload_bytes)? else {
            let why = if self.is_wiped() { Blocked::Revoked } else { Blocked::Auth };
            return Ok(SyncOutcome::Blocked(why));
        };
        match transport.send(&request) {
            Ok(Response { status, body }) => self.on_response(status, &body),
            Err(TransportError::Offline) => self.on_failure(&[]),
            Err(TransportError::Cut(body)) => self.on_failure(&body),
        }
    }

    /// Until when sync waits after failures; `None` when it may go on.
    #[must_use]
    pub fn backs_off_until(&self) -> Option<Timestamp> {
        let inner = self.lock();
        inner.session.backoff.waits_until(inner.now())
    }

    /// The host knows of a better link, or a person asks: try now.
    ///
    /// # Errors
    /// [`PhoneError::Store`]
    pub fn retry_now(&self) -> Result<(), PhoneError> {
        let mut inner = self.lock();
        let mut session = inner.session.clone();
        session.backoff.reset();
        inner.keep_session(session)?;
        Ok(())
    }

    /// What the host asks for to hear, while it waits, that there is something to fetch; none before a sync has brought an
    /// access token that is good for a while. The answer is a stream of server-sent events; whatever one says, what to do
    /// is [`Self::sync_step`]. Nothing rests on hearing them.
    #[must_use]
    pub fn hint_request(&self) -> Option<HintRequest> {
        let inner = self.lock();
        let access = inner.session.good_access(inner.now())?;
        Some(HintRequest { path: "/v1/hints".to_owned(), authorization: format!("Bearer {access}") })
    }

    /// When everything was last exchanged, by this phone's clock.
    #[must_use]
    pub fn last_sync(&self) -> Option<Timestamp> {
        self.lock().session.last_sync
    }

    /// How often the replica differed from the server's and was made anew. Anything but 0 is worth a report.
    #[must_use]
    pub fn repairs(&self) -> u32 {
        self.lock().session.repairs
    }
}

impl super::Inner {
    fn keep_session(&mut self, session: Session) -> Result<(), StoreError> {
        let mut changes = Changes::default();
        session.put(&mut changes);
        self.store.apply(&changes)?;
        self.session = session;
        Ok(())
    }
}
