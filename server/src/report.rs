//! Reads a caseload's log for a report or an evaluator's sample; the counting is [`sync_core::report`].
//!
//! Pseudonyms are keyed hashes under the installation's key, of one caseload and one purpose: in another report, or for
//! another evaluation, the same file has another one.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::Value as Json;
use sync_core::entity::{Kind, Schema};
use sync_core::id::{CaseloadId, EntityId, EventId, PersonId};
use sync_core::limits;
use sync_core::report::{Period, Pseudonyms, Report, Sample, Standing, Tally};
use sync_core::time::{Span, Timestamp};

use crate::db::caseload::{self, Caseload};
use crate::db::key::Keyring;
use crate::db::{DbError, Tx, document, erased, log};
use crate::flow::Flow;
use crate::hex::Hex;
use crate::http::Moment;
use crate::http::view::Entity;
use crate::seal::Sealer;

/// Rows that are read at a time.
const AT_ONCE: u32 = 256;

/// How the digest is worked out, for whoever reads the report.
const ALGORITHM: &str =
    "SHA-256 of the lines `id kind file person observed_ms received_ms` + LF of `events`, sorted by id";

/// A report with what it is about.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Drawn {
    /// The prefix of the caseload.
    #[schema(example = "HGS")]
    pub(crate) caseload: String,
    /// The community.
    community: String,
    /// The purchased project.
    programme: String,
    /// The street that owns it.
    owner: String,
    /// The organisation that works it for the term.
    operator: String,
    /// What it is about.
    #[serde(flatten)]
    span: Spans,
    /// How the digest is worked out.
    digest_of: &'static str,
    /// The last link of the log's chain when the report was made: it covers the content of every event.
    chain: String,
    /// The figures, and what they are counted from.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    pub(crate) report: Report,
}

/// A sample with what it is drawn from.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct DrawnSample {
    /// What it is about.
    #[serde(flatten)]
    span: Spans,
    /// What it was drawn by.
    seed: String,
    /// How it was drawn.
    drawn_by: &'static str,
    /// The events and doubts.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    sample: Sample,
}

/// What a report is about.
#[derive(Clone, Serialize, utoipa::ToSchema)]
pub(crate) struct Spans {
    /// Observed from this moment on.
    #[schema(value_type = String, format = DateTime)]
    from: Moment,
    /// Observed before this moment.
    #[schema(value_type = String, format = DateTime)]
    to: Moment,
    /// Taken in by this moment; what came later is listed apart.
    #[schema(value_type = String, format = DateTime)]
    frozen_at: Moment,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    made_at: Moment,
}

impl Spans {
    fn of(period: Period, now: Timestamp) -> Self {
        let Period { from, to, frozen } = period;
        Self { from: Moment(from), to: Moment(to), frozen_at: Moment(frozen), made_at: Moment(now) }
    }
}

/// The period of a report made at `now`: frozen when it was asked for, else at its end, never in the future. `None` when it
/// is empty or too long.
pub(crate) fn period((from, to): (Timestamp, Timestamp), frozen: Option<Timestamp>, now: Timestamp) -> Option<Period> {
    let whole = from < to && to - from <= Span::days(limits::REPORT_DAYS);
    whole.then(|| Period { from, to, frozen: frozen.unwrap_or(to).min(now) })
}

/// Draws up the report of a caseload.
///
/// # Errors
/// The database; [`DbError::Damaged`] when there is no such caseload.
pub(crate) async fn report(
    tx: &mut Tx,
    flow: &Flow,
    id: CaseloadId,
    period: Period,
    now: Timestamp,
) -> Result<Drawn, DbError> {
    let mut keys = flow.keys();
    let Caseload { community, programme, owner, operator, prefix, chain, .. } =
        caseload::load(tx, id).await?.ok_or(DbError::Damaged("a caseload that is not there"))?;
    let tally = tally(tx, &mut keys, id, period).await?;
    let standing = standing(tx, &mut keys, id, now).await?;
    let names = Names::new(keys.sealer(), id, "report", period, "");
    Ok(Drawn {
        caseload: prefix,
        community,
        programme,
        owner,
        operator,
        span: Spans::of(period, now),
        digest_of: ALGORITHM,
        chain: Hex(chain).to_string(),
        report: tally.report(&standing, &names),
    })
}

/// Draws a sample of a caseload's events.
///
/// # Errors
/// The database.
pub(crate) async fn sample(
    tx: &mut Tx,
    flow: &Flow,
    id: CaseloadId,
    period: Period,
    (seed, n): (&str, usize),
    now: Timestamp,
) -> Result<DrawnSample, DbError> {
    let mut keys = flow.keys();
    let tally = tally(tx, &mut keys, id, period).await?;
    let names = Names::new(keys.sealer(), id, "evaluation", period, seed);
    Ok(DrawnSample {
        span: Spans::of(period, now),
        seed: seed.to_owned(),
        drawn_by: "the smallest SHA-256 of seed, LF and event id",
        sample: tally.sample(seed, n, &names),
    })
}

async fn tally(tx: &mut Tx, keys: &mut Keyring, id: CaseloadId, period: Period) -> Result<Tally, DbError> {
    let (mut tally, mut seq) = (Tally::new(period), 0);
    loop {
        let entries = log::after(tx, keys, id, seq, AT_ONCE).await?;
        let Some(last) = entries.last() else { break };
        seq = last.seq;
        entries.iter().for_each(|entry| tally.take(entry));
    }
    // Of who was erased, that somebody was there is counted on.
    let orders: BTreeSet<u64> = erased::every(tx, id).await?.into_values().collect();
    for order in orders {
        for event in erased::bare(tx, id, order).await? {
            let Some(entry) = log::one(tx, keys, id, event.seq).await? else { continue };
            let Some(logged) = log::logged(&entry) else { continue };
            tally.take_bare(&event, (logged.author.person, entry.received_at, entry.policy));
        }
    }
    Ok(tally)
}

/// What the log does not say by itself.
async fn standing(tx: &mut Tx, keys: &mut Keyring, id: CaseloadId, now: Timestamp) -> Result<Standing, DbError> {
    let mut standing = Standing { at: now, ..Standing::default() };
    let mut after: Option<EntityId> = None;
    loop {
        let elders = document::projections_of_kind(tx, keys, id, Kind::Elder, after, AT_ONCE).await?;
        let Some(last) = elders.last() else { break };
        after = Some(last.entity);
        let elders = elders.into_iter().map(|found| Entity::of(found, now));
        standing.eligible.extend(elders.filter(is_visited).map(|elder| elder.id));
    }
    for found in document::projections_in_conflict(tx, keys, id, u32::MAX).await? {
        let schema = Schema::of_code(&found.kind);
        let entity = Entity::of(found, now);
        standing.conflicts += u64::from(entity.conflicts);
        let critical = |field: &&Json| {
            let spec = field["name"].as_str().and_then(|name| schema.and_then(|schema| schema.field(name)));
            field["conflict"] == true && spec.is_some_and(|spec| spec.critical)
        };
        standing.critical += u64::try_from(entity.fields.iter().filter(critical).count()).unwrap_or(u64::MAX);
    }
    Ok(standing)
}

/// One word that the elder died, moved away or lives in an institution stops visits.
fn is_visited(elder: &Entity) -> bool {
    let said = elder.fields.iter().filter(|field| field["name"] == "life_state");
    said.flat_map(|field| {
        let others = field["others"].as_array().into_iter().flatten().map(|other| &other["value"]);
        std::iter::once(&field["value"]).chain(others)
    })
    .all(|value| value == "active")
}

/// Keyed pseudonyms.
struct Names<'a> {
    sealer: &'a Sealer,
    caseload: CaseloadId,
    purpose: String,
}

impl<'a> Names<'a> {
    fn new(sealer: &'a Sealer, caseload: CaseloadId, what: &str, period: Period, seed: &str) -> Self {
        let purpose = format!("{what} {} {} {seed}", period.from.millis(), period.to.millis());
        Self { sealer, caseload, purpose }
    }

    fn keyed(&self, letter: char, id: &str) -> String {
        let full = self.sealer.lookup(self.caseload, &format!("pseudonym {letter} {}", self.purpose), id);
        let mut short = [0; 6];
        short.copy_from_slice(&full[..6]);
        format!("{letter}-{}", Hex(short))
    }
}

impl Pseudonyms for Names<'_> {
    fn file(&self, id: EntityId) -> String {
        self.keyed('F', &id.to_string())
    }

    fn person(&self, id: PersonId) -> String {
        self.keyed('P', &id.to_string())
    }

    fn event(&self, id: EventId) -> String {
        self.keyed('E', &id.to_string())
    }
}
