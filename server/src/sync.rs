//! One sync of a phone: its outbox comes up and is committed frame by frame, then the answer goes down.
//!
//! A frame that was read whole is committed before the next one is looked at, so a cut link costs what was in flight and
//! nothing that was committed. Who the phone is and what it may is read from the database again for each frame and for
//! the answer: a revocation counts from its commit.

use std::collections::BTreeMap;

use ed25519_dalek::VerifyingKey;
use sync_core::admit::Standing as ToCaseload;
use sync_core::id::CaseloadId;
use sync_core::time::{Span, Timestamp};
use sync_core::wire::{Batch, Blocked, Delivered, Problem, Trouble, Up, UpHello, UpReader, WireError};

use crate::app::App;
use crate::auth::AuthError;
use crate::auth::device_door::{self, Guest, Hello, Standing};
use crate::db::ATTEMPTS;
use crate::db::{DbError, device, letter, person};
use crate::error;
use crate::flow::FlowError;
use crate::flow::intake::{From, Intake, Taken};
use crate::limit::Who;

mod answer;
#[cfg(test)]
mod field_tests;
mod relay;
mod room;
#[cfg(test)]
mod tests;
mod turn;

pub(crate) use room::{Answered, Room};
pub(crate) use turn::Turns;

/// Why a sync ends without an answer in the phone's language: nothing was taken in.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    /// Not a request that can be read up to its hello, or not signed by the device that it names.
    #[error(transparent)]
    Wire(#[from] WireError),
    /// No device with this id.
    #[error("no such device")]
    UnknownDevice,
    /// The phone asks too often, and has to wait this long.
    #[error("too many requests")]
    TooMany(Span),
    /// Access could not be judged.
    #[error(transparent)]
    Auth(#[from] AuthError),
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
}

/// A sync under way.
pub(crate) struct Sync {
    app: App,
    reader: UpReader,
    visit: Option<Visit>,
    /// Nothing more is read: the end came, or something went wrong.
    closed: bool,
}

/// A phone whose hello was verified.
struct Visit {
    hello: UpHello,
    guest: Guest,
    arrived: Timestamp,
    outboxes: BTreeMap<CaseloadId, Outbox>,
    problems: Vec<Problem>,
    /// The server cannot go on for now: after how long it may.
    later: Option<Span>,
    /// What became of the parcels that it carried.
    delivered: Delivered,
}

/// What was taken in of the outbox for one caseload.
#[derive(Default)]
struct Outbox {
    taken: Vec<Taken>,
    new_install: bool,
}

impl Sync {
    pub(crate) fn new(app: App) -> Self {
        Self { app, reader: UpReader::new(), visit: None, closed: false }
    }

    /// Takes in bytes as they come; every frame that is whole is committed. False when no more are wanted.
    ///
    /// # Errors
    /// [`Refusal`] while the phone is not known yet; what goes wrong later is part of the answer.
    pub(crate) async fn push(&mut self, bytes: &[u8]) -> Result<bool, Refusal> {
        let pushed = self.reader.push(bytes);
        if self.visit.is_none() {
            pushed?;
            self.welcome().await?;
        } else if let Err(error) = pushed {
            self.close(error.code());
        }
        while let Some(frame) = self.next_frame() {
            self.app.metrics().frame(match &frame {
                Up::Batch(_) => "batch",
                Up::Relay(_) => "relay",
                Up::End(_) => "end",
            });
            match frame {
                Up::Batch(batch) => self.batch(batch).await,
                Up::Relay(relay) => self.relay(relay).await,
                Up::End(_) => self.closed = true,
            }
        }
        Ok(!self.closed)
    }

    /// Once the hello is whole: who is it?
    async fn welcome(&mut self) -> Result<(), Refusal> {
        let Some(hello) = self.reader.hello()?.cloned() else { return Ok(()) };
        let arrived = self.app.clock().now();
        let mut tx = self.app.db().write().await?;
        tx.hold_secrets(hello.device.bytes()).await?;
        let known = device_door::claimed(&mut tx, hello.device).await?.ok_or(Refusal::UnknownDevice)?;
        let key = VerifyingKey::from_bytes(&known.public_key).map_err(|_| Refusal::UnknownDevice)?;
        self.reader.authenticate(&key)?;
        // After the signature: nobody uses up what is another's.
        self.app.ask(Who::Phone(hello.device)).map_err(Refusal::TooMany)?;
        let said = Hello {
            install: *hello.install.bytes(),
            access: hello.access.as_ref().map(|secret| secret.0.as_str()),
            secret: hello.refresh.as_ref().map(|secret| secret.0.as_str()),
        };
        let guest = device_door::admit(&mut tx, self.app.auth(), &known, &said).await?;
        for scope in &guest.scopes {
            // Whoever entered a caseload after enrolling gets a letter there now.
            letter::give(&mut tx, scope.caseload(), known.id).await?;
        }
        tx.commit().await?;
        self.visit = Some(Visit {
            hello,
            guest,
            arrived,
            outboxes: BTreeMap::new(),
            problems: Vec::new(),
            later: None,
            delivered: Delivered::default(),
        });
        Ok(())
    }

    fn next_frame(&mut self) -> Option<Up> {
        if self.closed || self.visit.is_none() {
            return None;
        }
        match self.reader.next_frame() {
            Ok(frame) => frame,
            Err(error) => {
                self.close(error.code());
                None
            }
        }
    }

    /// Reads no further; what came before stands, and the phone is told why.
    fn close(&mut self, code: &str) {
        self.closed = true;
        if let Some(visit) = &mut self.visit {
            visit.problem(code, None, None);
        }
    }

    /// Commits one stretch of the outbox.
    async fn batch(&mut self, batch: Batch) {
        let Some(visit) = &mut self.visit else { return };
        match take_in(&self.app, visit, &batch).await {
            Ok(intake) => {
                intake.taken.iter().for_each(|taken| self.app.metrics().submission(&taken.verdict));
                visit.took_in(batch.caseload, intake);
            }
            Err(FlowError::NotFound) => visit.problem(Trouble::UnknownCaseload.code(), Some(batch.caseload), None),
            Err(error) => self.fails(&error, "a batch was not taken in"),
        }
    }

    /// Reads no further because the server cannot go on, now or at all: the phone keeps what was not taken in, and is
    /// told which of the two it is.
    fn fails(&mut self, error: &FlowError, what: &'static str) {
        let later = if let FlowError::Db(error) = error { error::later(error) } else { None };
        let trouble = match later {
            Some((problem, _)) if *problem == error::STORAGE => Trouble::Storage,
            Some(_) => Trouble::Busy,
            None => Trouble::Internal,
        };
        if trouble == Trouble::Busy {
            tracing::warn!(%error, "{what}");
        } else {
            tracing::error!(%error, "{what}");
        }
        self.close(trouble.code());
        if let Some(visit) = &mut self.visit {
            visit.later = later.map(|(_, seconds)| Span::seconds(i64::try_from(seconds).unwrap_or(i64::MAX)));
        }
    }
}

/// One transaction, done again when the database gave it up for the sake of another one.
async fn take_in(app: &App, visit: &Visit, batch: &Batch) -> Result<Intake, FlowError> {
    for _ in 1..ATTEMPTS {
        let taken = take_in_once(app, visit, batch).await;
        if !taken.as_ref().is_err_and(FlowError::is_surprise) {
            return taken;
        }
    }
    take_in_once(app, visit, batch).await
}

/// Not found is also the caseload that this person never had anything to do with.
async fn take_in_once(app: &App, visit: &Visit, batch: &Batch) -> Result<Intake, FlowError> {
    let _turn = app.turns().of([batch.caseload]).await;
    let now = app.clock().now();
    let (device_id, person_id) = (visit.guest.device, visit.guest.person);
    let mut tx = app.db().write().await?;
    let known = device::by_id(&mut tx, device_id).await?.ok_or(FlowError::NotFound)?;
    let disabled = person::by_id(&mut tx, person_id).await?.is_none_or(|person| person.disabled_at.is_some());
    let membership = person::member(&mut tx, batch.caseload, person_id).await?.ok_or(FlowError::NotFound)?;
    let standing = ToCaseload {
        role: membership.role,
        member: membership.left_at.is_none(),
        revoked: known.revoked_at.is_some() || known.suspended_at.is_some() || disabled,
        clock_offset_ms: (visit.hello.now - visit.arrived).as_millis(),
    };
    let from = From { device: device_id, person: person_id, standing, carrier: None };
    let intake = app.flow().take_in(&mut tx, batch.caseload, from, now, &batch.items).await?;
    tx.commit().await?;
    Ok(intake)
}

impl Visit {
    fn took_in(&mut self, caseload: CaseloadId, intake: Intake) {
        for number in intake.impossible {
            self.problem(Trouble::ImpossibleNumber.code(), Some(caseload), Some(number));
        }
        let outbox = self.outboxes.entry(caseload).or_default();
        outbox.taken.extend(intake.taken);
        outbox.new_install |= intake.new_install;
    }

    fn problem(&mut self, code: &str, caseload: Option<CaseloadId>, number: Option<u64>) {
        if self.problems.len() < PROBLEMS {
            self.problems.push(Problem { code: code.to_owned(), caseload, number });
        }
    }
}

/// Most problems that one answer tells.
const PROBLEMS: usize = 256;

fn blocked(standing: Standing) -> Option<Blocked> {
    match standing {
        Standing::Active => None,
        Standing::Stale => Some(Blocked::SignIn),
        Standing::Suspended => Some(Blocked::Suspended),
        Standing::Revoked { .. } => Some(Blocked::Revoked),
    }
}
