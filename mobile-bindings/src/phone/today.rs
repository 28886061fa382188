//! What is to be done today.

use sync_core::case::File;
use sync_core::entity::Kind;
use sync_core::event::EventBody;
use sync_core::id::{EntityId, EventId};
use sync_core::policy::{Policy, Severity};
use sync_core::refer;
use sync_core::time::{Span, Timestamp};

use super::brief::{Brief, FileKind, Of, OpenFinding, Shop};
use super::file::questions;
use super::receipt::{Pending, Stage};
use super::weather::WeatherNow;
use super::{Inner, Phone};
use crate::error::PhoneError;

/// Somewhere to go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    /// The file.
    pub file: EntityId,
    /// What it is about.
    pub kind: FileKind,
    /// The name on the sign or in the register; of a dwelling its address.
    pub name: String,
    /// Where it is.
    pub address: String,
    /// Since when it is due, or by when.
    pub due_at: Timestamp,
    /// The open findings of a shop to look at. What is wrong in a home, its file tells.
    pub codes: Vec<String>,
}

/// A desk's question that waits for an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The referral.
    pub referral: EntityId,
    /// The question: what an answer names.
    pub question: EventId,
    /// Where it is about.
    pub visit: Visit,
}

/// What is to be done today.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Today {
    /// Where to look whether a finding was put right, most overdue first: shops and homes.
    pub revisits: Vec<Visit>,
    /// Shops where a routine round is due, most overdue first.
    pub rounds: Vec<Visit>,
    /// Elders to go to, each once whatever the reasons: those of a higher risk tier first, then the most overdue.
    /// [`super::ElderFile::due`] tells why.
    pub elders: Vec<Visit>,
    /// Referrals that were answered and wait for somebody to go and see: the referral, and where.
    pub to_confirm: Vec<(EntityId, Visit)>,
    /// Questions of desks that wait for somebody's answer, whose time ends first first. The file says what is asked.
    pub asked: Vec<Asked>,
    /// Elders of whom something was told in an emergency, and who were not told of it yet, longest first.
    pub to_tell: Vec<Visit>,
    /// Own work that waits for a supervisor.
    pub held: Vec<Pending>,
    /// Bad weather now or to come: why elders are called who else would not be.
    pub weather: Vec<WeatherNow>,
    /// Forms begun and not finished.
    pub drafts: u32,
}

impl Phone {
    /// What is to be done by the end of the day.
    ///
    /// # Errors
    /// [`PhoneError::Store`]
    pub fn today(&self) -> Result<Today, PhoneError> {
        self.lock().readable()?;
        let held = self.pending()?;
        let drafts = self.drafts()?.len().try_into().unwrap_or(u32::MAX);
        let inner = self.lock();
        let end_of_day = end_of_day(inner.now());
        let policy = inner.policy.evaluator().map(|evaluator| evaluator.policy().as_ref());
        let (mut revisits, mut rounds) = (Vec::new(), Vec::new());
        for brief in inner.index.files() {
            let is_due = |due_at: &Timestamp| *due_at <= end_of_day;
            let visit = |due_at| inner.visit(brief, due_at);
            match (revisit(brief, policy), &brief.of) {
                (Some(due_at), _) => revisits.extend(Some(due_at).filter(is_due).map(visit)),
                (None, Of::Premises(shop)) => {
                    let due_at = policy.and_then(|policy| round(brief, shop, policy));
                    rounds.extend(due_at.filter(is_due).map(visit));
                }
                (None, Of::Elder(_) | Of::Dwelling(_)) => {}
            }
        }
        revisits.sort_by_key(|visit: &Visit| (visit.due_at, visit.file));
        rounds.sort_by_key(|visit: &Visit| (visit.due_at, visit.file));
        let called = inner.called(end_of_day)?.into_iter();
        let elders = called.filter_map(|called| Some(inner.visit(inner.index.one(called.elder)?, called.due_at)));
        let elders = elders.collect();
        let Open { to_confirm, asked } = inner.open_referrals()?;
        let to_tell = inner.to_tell();
        let held = held.into_iter().filter(|pending| matches!(pending.receipt.stage, Stage::Held { .. })).collect();
        let weather = inner.weather()?;
        Ok(Today { revisits, rounds, elders, to_confirm, asked, to_tell, held, weather, drafts })
    }
}

impl Inner {
    /// Referrals that wait for a worker. Only files that have an open or recent case are loaded.
    fn open_referrals(&self) -> Result<Open, PhoneError> {
        let mut open = Open::default();
        for brief in self.index.files().filter(|brief| brief.referrals > 0) {
            let linked = self.linked(brief.id)?;
            let referrals =
                linked.values().flat_map(|shown| shown.file.of_kind(Kind::Referral).map(move |of| (shown, of)));
            for (shown, (referral, document)) in referrals {
                let state = document.value("state").and_then(|value| value.as_state()).unwrap_or_default();
                // Whoever confirmed an answer that was corrected since goes again.
                let again =
                    || state.rank == refer::CONFIRMED && is_before_correction(&shown.file, referral, state.round);
                if state.rank == refer::REPLIED || again() {
                    let since = document.stamps().last().map(|stamp| stamp.at.wall).unwrap_or_default();
                    open.to_confirm.push((referral, self.visit(brief, since)));
                }
                // A question is over when the desk has gone on without its answer.
                if matches!(state.rank, refer::ACCEPTED | refer::CHECKING) {
                    // An answer on this phone has not come back from the server yet.
                    let told = |id| shown.file.standing_events().any(|known| answers(&known.event.body, id));
                    let waits = questions(document).into_iter();
                    let waits = waits.filter(|question| question.answer.is_none() && !told(question.id));
                    open.asked.extend(waits.map(|question| {
                        let visit = self.visit(brief, question.due_at.unwrap_or_default());
                        Asked { referral, question: question.id, visit }
                    }));
                }
            }
        }
        open.asked.sort_by_key(|asked| (asked.visit.due_at, asked.question));
        Ok(open)
    }

    /// Elders who are to be told what was told of them.
    fn to_tell(&self) -> Vec<Visit> {
        let since = |brief: &Brief| match &brief.of {
            Of::Elder(elder) => elder.to_tell_since,
            Of::Premises(_) | Of::Dwelling(_) => None,
        };
        let mut waits: Vec<Visit> =
            self.index.files().filter_map(|brief| Some(self.visit(brief, since(brief)?))).collect();
        waits.sort_by_key(|visit| (visit.due_at, visit.file));
        waits
    }

    fn visit(&self, brief: &Brief, due_at: Timestamp) -> Visit {
        let codes = match &brief.of {
            Of::Premises(shop) => shop.open.iter().map(|finding| finding.code.clone()).collect(),
            Of::Elder(_) | Of::Dwelling(_) => Vec::new(),
        };
        let (address, _) = self.address(brief);
        Visit { file: brief.id, kind: brief.kind(), name: brief.name().to_owned(), address, due_at, codes }
    }
}

fn answers(body: &EventBody, question: EventId) -> bool {
    matches!(body, EventBody::Supplied(supplied) if supplied.question == question)
}

/// Referrals that wait for a worker.
#[derive(Default)]
struct Open {
    to_confirm: Vec<(EntityId, Visit)>,
    asked: Vec<Asked>,
}

fn is_before_correction(file: &File, referral: EntityId, round: u16) -> bool {
    refer::answers(file, referral, round)
        .and_then(|answers| answers.confirmed)
        .is_some_and(|seen| seen.before_correction)
}

fn end_of_day(now: Timestamp) -> Timestamp {
    let civil = now.civil().date().at(0, 0, 0, 0);
    Timestamp::from_civil(civil) + Span::days(1) - Span::millis(1)
}

/// When to go back to open findings: when somebody said so, when the time to put them right is over, or as often as the
/// policy says for the worst of them; whatever is earliest.
fn revisit(brief: &Brief, policy: Option<&Policy>) -> Option<Timestamp> {
    let (said, last, open): (_, _, &[OpenFinding]) = match &brief.of {
        Of::Premises(shop) => (shop.next_visit, shop.last_visit, &shop.open),
        Of::Dwelling(home) => (None, home.last_look, &home.open),
        Of::Elder(_) => return None,
    };
    let asked = open.iter().filter_map(|finding| finding.due_at).min();
    let cadence = open.iter().map(|finding| finding.severity).max().and_then(|severity| {
        let every = policy?.revisit(Severity::from_number(severity.into()))?.every;
        Some(every.after(last?))
    });
    [said, asked, cadence].into_iter().flatten().min()
}

/// When the routine round is due: counted from the last visit, else from the day its file was begun, so that a roster
/// that was imported this morning is not due as a whole.
fn round(brief: &Brief, shop: &Shop, policy: &Policy) -> Option<Timestamp> {
    let open: Vec<String> = shop.open.iter().map(|finding| finding.code.clone()).collect();
    let every = policy.routine(&shop.kinds, shop.lpg, &open)?.every;
    Some(every.after(shop.last_visit.unwrap_or(brief.created_at)))
}
