//! `GET /v1/hints`: where there is something to fetch, as it comes.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::convert::Infallible;
use std::pin::Pin;
use std::time::Duration;

use axum::http::HeaderName;
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse as _, Response};
use futures_util::stream::unfold;
use serde::{Deserialize, Serialize};
use sync_core::id::CaseloadId;
use tokio::time::{Sleep, sleep};

use crate::auth::token::By;
use crate::auth::{Caller, Mode};
use crate::db::{alarm_log, person};
use crate::error::{ApiError, Problem};
use crate::hint::{Hints, Seat};
use crate::http::InQuery;
use crate::http::alarms::WATCHERS;

pub(crate) const TOO_MANY_STREAMS: Problem = Problem::new(
    503,
    "too_many_streams",
    "等候提示的连接过多。请按时同步或刷新,稍后再试。",
    "Too many are waiting for hints. Please sync or look by yourself, and try again later.",
);

/// The longest silence; then the stream says that it is still there, and looks by itself.
const SILENCE: Duration = Duration::from_secs(25);
/// Between two looks: a burst is one hint.
const PAUSE: Duration = Duration::from_millis(500);
/// How long a client waits before it comes again.
const COME_AGAIN: Duration = Duration::from_secs(5);
/// For the proxies that keep answers back otherwise.
const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// How long to wait.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Waits {
    /// Seconds after which the stream ends at the latest; else it lasts as long as the access token. With 0 it says how
    /// things stand, and ends.
    wait: Option<u32>,
}

/// There is something to fetch, or was when the stream began.
#[derive(Serialize, Clone, Copy, PartialEq, Eq, utoipa::ToSchema)]
pub(crate) struct News {
    /// Where: a caseload or desk of the caller's.
    #[schema(value_type = String)]
    caseload: CaseloadId,
    /// The history that `seq` counts in; a restored server starts a new one.
    epoch: u32,
    /// The last entry of the log there.
    seq: u64,
    /// How much became of alarms there so far, for those who look after them.
    #[serde(skip_serializing_if = "Option::is_none")]
    alarms: Option<u64>,
}

/// Where the caller is no longer.
#[derive(Serialize)]
struct Left {
    caseload: CaseloadId,
}

/// Server-sent events: `news` for each caseload or desk of the caller's when the stream begins and whenever something was
/// added there, `left` when it is theirs no longer. They hold ids and numbers only; what is new is fetched by a sync, or
/// by asking for the list again. A hint may be late or missing: whoever waits looks by themselves now and then. The stream
/// ends with the access token, with the caller's access, and when the server stops.
#[utoipa::path(
    get, path = "/v1/hints", tag = "sync", params(Waits),
    responses(
        (status = 200, content_type = "text/event-stream", body = News),
        (status = "4XX", body = crate::error::ProblemBody),
    ),
)]
pub(crate) async fn read(caller: Caller, InQuery(waits): InQuery<Waits>) -> Result<Response, ApiError> {
    let stream = Stream::open(caller, waits.wait.map(|seconds| Duration::from_secs(seconds.into()))).await?;
    let events = Sse::new(unfold(stream, Stream::next));
    Ok(([(X_ACCEL_BUFFERING, "no")], events).into_response())
}

/// A stream that waits.
struct Stream {
    caller: Caller,
    seat: Seat,
    ends: Pin<Box<Sleep>>,
    /// Runs since the last look.
    pause: Pin<Box<Sleep>>,
    told: BTreeMap<CaseloadId, News>,
    ready: VecDeque<Event>,
}

impl Stream {
    async fn open(caller: Caller, wait: Option<Duration>) -> Result<Self, ApiError> {
        let (By::Session(holder) | By::Device(holder)) = caller.by();
        let full = || ApiError::from(&TOO_MANY_STREAMS).retry_after(60);
        let seat = Hints::sit(caller.app(), caller.person(), holder).ok_or_else(full)?;
        let lasts = caller.lasts();
        let ends = Box::pin(sleep(wait.map_or(lasts, |wait| wait.min(lasts))));
        let ready = VecDeque::from([Event::default().retry(COME_AGAIN)]);
        let mut stream = Self { caller, seat, ends, pause: pause(), told: BTreeMap::new(), ready };
        stream.look().await?;
        Ok(stream)
    }

    async fn next(mut self) -> Option<(Result<Event, Infallible>, Self)> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some((Ok(event), self));
            }
            tokio::select! {
                biased;
                () = self.caller.app().stopping() => return None,
                () = &mut self.ends => return None,
                () = self.seat.called() => self.pause.as_mut().await,
                () = sleep(SILENCE) => self.ready.push_back(Event::default().comment("")),
            }
            if self.seat.is_given_up() {
                return None;
            }
            // On the heap for as long as it takes: most of the time a stream only waits.
            match Box::pin(self.look()).await {
                Err(error) if error.is_failure() => tracing::debug!(code = error.code(), "a stream could not look"),
                Err(_) => return None,
                Ok(()) => {}
            }
        }
    }

    /// Who is there is judged again; what differs from what they were told is ready to be told.
    async fn look(&mut self) -> Result<(), ApiError> {
        let now = loop {
            let _turn = self.caller.app().hints().turn().await;
            let now = self.stands().await?;
            // What moved between the look and sitting down is seen by the next look.
            if self.seat.is_under(now.keys().copied().collect::<BTreeSet<_>>()) {
                break now;
            }
        };
        self.pause = pause();
        for (caseload, news) in &now {
            if self.told.get(caseload) != Some(news) {
                self.ready.push_back(event("news", news)?);
            }
        }
        for caseload in self.told.keys().filter(|caseload| !now.contains_key(caseload)) {
            self.ready.push_back(event("left", &Left { caseload: *caseload })?);
        }
        self.told = now;
        Ok(())
    }

    /// How things stand where the caller works.
    async fn stands(&self) -> Result<BTreeMap<CaseloadId, News>, ApiError> {
        let (mut tx, person) = self.caller.identify(Mode::Read).await?;
        let mut stands = BTreeMap::new();
        for (caseload, role, epoch, seq) in person::heads(&mut tx, person.id).await? {
            let watches = WATCHERS.contains(&role);
            let alarms = if watches { Some(alarm_log::count(&mut tx, caseload).await?) } else { None };
            stands.insert(caseload, News { caseload, epoch, seq, alarms });
        }
        Ok(stands)
    }
}

fn pause() -> Pin<Box<Sleep>> {
    Box::pin(sleep(PAUSE))
}

fn event(name: &str, data: &impl Serialize) -> Result<Event, ApiError> {
    Event::default().event(name).json_data(data).map_err(ApiError::internal)
}

#[cfg(test)]
mod tests {
    use sync_core::author::Role;
    use sync_core::id::{DeviceId, PersonId};
    use sync_core::limits;

    use super::*;
    use crate::testing::Server;

    #[tokio::test]
    async fn a_full_node_says_so_and_goes_on_answering_who_looks_by_themselves() {
        let server = Server::start().await;
        let caseload = server.caseload("HGS").await;
        let token = server.member("mei", Role::Supervisor, caseload).await;
        let sit = |n: usize| {
            let id = (n as u128 + 1).to_be_bytes();
            Hints::sit(&server.app, PersonId::from_bytes(id), DeviceId::from_bytes(id))
        };
        let mut seats: Vec<Seat> = (0..limits::HINT_STREAMS - 1).map(|n| sit(n).unwrap()).collect();
        assert_eq!(server.get("/v1/hints?wait=0", Some(&token)).await.status, 200, "the last place");
        seats.extend(sit(limits::HINT_STREAMS));
        assert_eq!(seats.len(), limits::HINT_STREAMS);

        let refused = server.get("/v1/hints", Some(&token)).await;
        assert_eq!((refused.problem(), refused.retry_after), ((503, "too_many_streams"), Some(60)));
        assert_eq!(server.app.hints().count(), limits::HINT_STREAMS, "nobody lost their place for it");
        assert!(seats.iter().all(|seat| !seat.is_given_up()));
        for path in ["/v1/me".to_owned(), format!("/v1/caseloads/{caseload}/premises")] {
            assert_eq!(server.get(&path, Some(&token)).await.status, 200, "{path}");
        }
        drop(seats.pop());
        assert_eq!(server.get("/v1/hints?wait=0", Some(&token)).await.status, 200, "somebody left");
    }
}
