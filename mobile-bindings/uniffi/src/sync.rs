//! Sync, driven by the host's own scheduler over the host's own HTTP. No lock and no step of the store is held across
//! an await: what the phone asks is kept before it is sent, what comes back is taken in whole, and a future that is
//! dropped in between loses an answer that will be given again.

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::time::Duration;

pub use doorstep_mobile::{EnrolmentRequest, HintRequest, Request, Response};
use doorstep_mobile::{Phone, SyncOutcome};
use sync_core::time::Timestamp;

use crate::alarm_clock::AlarmClock;
use crate::cancel::Cancel;
use crate::error::{EnrolError, PhoneError, TransportError};
use crate::handle::Doorstep;
use crate::worker::on_phone;

/// What to send.
#[uniffi::remote(Record)]
pub struct Request {
    /// Where to, below the server's address; by POST.
    pub path: String,
    /// The type of the body.
    pub content_type: String,
    /// The body.
    pub body: Vec<u8>,
}

/// What came back.
#[uniffi::remote(Record)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
}

/// What to send to the server to enrol, for a host that moves the bytes itself.
#[uniffi::remote(Record)]
pub struct EnrolmentRequest {
    /// Where to, below the server's address.
    pub path: String,
    /// A JSON body.
    pub body: String,
}

/// A `GET` that stays open, whose answer tells of news as server-sent events.
#[uniffi::remote(Record)]
pub struct HintRequest {
    /// Where to, below the server's address.
    pub path: String,
    /// The header `Authorization`. It is a secret for some minutes.
    pub authorization: String,
}

/// Moves one request to the server and its answer back.
#[uniffi::export(with_foreign)]
#[async_trait::async_trait]
pub trait Transport: Send + Sync {
    /// Sends a request by POST and waits for the whole answer, whatever its status. After `deadline_ms` nobody waits
    /// for it any more, and it is cancelled.
    ///
    /// # Errors
    /// [`TransportError`]
    async fn send(&self, request: Request, deadline_ms: u32) -> Result<Response, TransportError>;
}

/// How much one step may do.
#[derive(uniffi::Record, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// About how many bytes of finished forms go up. Few on a bad link, so that each step gets somewhere.
    #[uniffi(default = 262144)]
    pub upload_bytes: u32,
    /// How long the exchange may take, in milliseconds; then the step ends as `Offline`.
    #[uniffi(default = 30000)]
    pub deadline_ms: u32,
}

/// What a step of sync came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum Step {
    /// Everything is exchanged.
    Idle,
    /// There is more: take another step when it suits.
    More,
    /// It does not go on for now.
    Blocked {
        /// Why.
        why: Blocked,
    },
    /// The host cancelled it. That counts as no failure.
    Cancelled,
}

/// Why sync does not go on for now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum Blocked {
    /// No network, or the server does not answer in time.
    Offline,
    /// The phone has to be enrolled (again).
    Auth,
    /// It failed lately, or the server could not for now: `pending` says why.
    Backoff {
        /// Not before then, unless a person asks; see `retry_now`.
        until: Timestamp,
    },
    /// The app is too old to download; uploads still go.
    Upgrade,
    /// The device was revoked: what it wrote was sealed and goes up for a supervisor to look at, the files are gone.
    Revoked,
    /// Another step is under way.
    Busy,
}

impl From<SyncOutcome> for Step {
    fn from(outcome: SyncOutcome) -> Self {
        let why = match outcome {
            SyncOutcome::Idle => return Self::Idle,
            SyncOutcome::More => return Self::More,
            SyncOutcome::Blocked(why) => why,
        };
        let why = match why {
            doorstep_mobile::Blocked::Offline => Blocked::Offline,
            doorstep_mobile::Blocked::Auth => Blocked::Auth,
            doorstep_mobile::Blocked::Backoff(until) => Blocked::Backoff { until },
            doorstep_mobile::Blocked::Upgrade => Blocked::Upgrade,
            doorstep_mobile::Blocked::Revoked => Blocked::Revoked,
        };
        Self::Blocked { why }
    }
}

#[uniffi::export]
impl Doorstep {
    /// One bounded step of sync: one request with some of the outbox, and its answer. Take steps while it says `More`.
    /// May be cancelled or dropped anywhere, and the process killed: whatever arrived whole is kept.
    ///
    /// # Errors
    /// [`PhoneError`]
    pub async fn sync_step(
        &self,
        transport: Arc<dyn Transport>,
        budget: Budget,
        cancel: Option<Arc<Cancel>>,
    ) -> Result<Step, PhoneError> {
        let Some(_turn) = Turn::take(&self.syncing) else { return Ok(Step::Blocked { why: Blocked::Busy }) };
        let bytes = usize::try_from(budget.upload_bytes).unwrap_or(usize::MAX);
        let request = match self.worker.run(on_phone(move |phone| to_send(phone, bytes))).await? {
            Ok(request) => request,
            Err(why) => return Ok(Step::Blocked { why }),
        };
        let answer = match exchange(&*transport, request, budget.deadline_ms, cancel.as_deref()).await? {
            Exchanged::Answer(answer) => answer,
            Exchanged::Cancelled => return Ok(Step::Cancelled),
        };
        let bell = self.bell.clone();
        let take = on_phone(move |phone: &Phone| {
            Ok::<_, PhoneError>(match answer {
                Ok(Response { status, body }) => phone.on_response(status, &body)?,
                Err(TransportError::Cut { received }) => phone.on_failure(&received)?,
                Err(TransportError::Offline | TransportError::Failed) => phone.on_failure(&[])?,
            })
        });
        let outcome = self.worker.run(move |slot| bell.after(take(slot))).await?;
        Ok(outcome.into())
    }

    /// What the app asks for to hear, while it is on the screen, that there is something to fetch; none before a sync has
    /// brought an access token that is good for a while. Whatever the stream says, what to do is a step of sync.
    ///
    /// # Errors
    /// [`PhoneError`]
    pub async fn hint_request(&self) -> Result<Option<HintRequest>, PhoneError> {
        self.worker.run(on_phone(|phone: &Phone| Ok::<_, PhoneError>(phone.hint_request()))).await
    }

    /// Enrols this phone with a one-time code; `name` is how the list of devices shows it.
    ///
    /// # Errors
    /// [`EnrolError`]; the code may be used again when the answer was lost.
    pub async fn enrol(&self, transport: Arc<dyn Transport>, code: String, name: String) -> Result<(), EnrolError> {
        let ask = on_phone(move |phone: &Phone| Ok::<_, EnrolError>(phone.enrolment_request(&code, &name)?));
        let EnrolmentRequest { path, body } = self.worker.run(ask).await?;
        let request = Request { path, content_type: "application/json".to_owned(), body: body.into_bytes() };
        let answer = match exchange(&*transport, request, ENROLMENT_MS, None).await {
            Ok(Exchanged::Answer(Ok(answer))) => answer,
            Ok(_) => return Err(EnrolError::Offline),
            Err(_) => return Err(EnrolError::Fault),
        };
        let bell = self.bell.clone();
        let take = on_phone(move |phone: &Phone| {
            let body = String::from_utf8(answer.body).map_err(|_| EnrolError::BadAnswer)?;
            Ok::<_, EnrolError>(phone.enrolled(answer.status, &body)?)
        });
        self.worker.run(move |slot| bell.after(take(slot))).await
    }
}

/// How long an enrolment may take: a person waits for it.
const ENROLMENT_MS: u32 = 30_000;

/// What is to be sent, or why nothing is.
fn to_send(phone: &Phone, bytes: usize) -> Result<Result<Request, Blocked>, PhoneError> {
    if let Some(until) = phone.backs_off_until() {
        return Ok(Err(Blocked::Backoff { until }));
    }
    let none = || if phone.is_wiped() { Blocked::Revoked } else { Blocked::Auth };
    Ok(phone.next_request_within(bytes)?.ok_or_else(none))
}

enum Exchanged {
    Answer(Result<Response, TransportError>),
    Cancelled,
}

/// Sends a request and waits for whatever comes first: the answer, the deadline, or the host's word.
async fn exchange(
    transport: &dyn Transport,
    request: Request,
    deadline_ms: u32,
    cancel: Option<&Cancel>,
) -> Result<Exchanged, PhoneError> {
    let mut deadline = AlarmClock::after(Duration::from_millis(deadline_ms.into())).ok_or(PhoneError::Fault)?;
    let mut sending = transport.send(request, deadline_ms);
    let ended = poll_fn(|context| {
        if cancel.is_some_and(|cancel| cancel.poll(context).is_ready()) {
            return Poll::Ready(Exchanged::Cancelled);
        }
        if let Poll::Ready(answer) = sending.as_mut().poll(context) {
            return Poll::Ready(Exchanged::Answer(answer));
        }
        deadline.poll(context).map(|()| Exchanged::Answer(Err(TransportError::Offline)))
    });
    Ok(ended.await)
}

/// The right to take a step of sync; given back when dropped.
struct Turn<'a>(&'a AtomicBool);

impl<'a> Turn<'a> {
    fn take(taken: &'a AtomicBool) -> Option<Self> {
        (!taken.swap(true, Ordering::AcqRel)).then_some(Self(taken))
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}
