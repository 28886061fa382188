//! `GET /v1/caseloads/{caseload}/flags`: what the rules say.

use std::collections::BTreeSet;

use axum::Json;
use serde::{Deserialize, Serialize};
use sync_core::author::Role;
use sync_core::entity::{Kind, flag_review};
use sync_core::event::FlagStanding;
use sync_core::id::{CaseloadId, EntityId, EventId, FlagId};
use sync_core::time::Timestamp;

use crate::auth::Caller;
use crate::db::document::{self, Projected};
use crate::db::flag::{self, Kept};
use crate::db::key::Keyring;
use crate::db::{self, Tx};
use crate::error::ApiError;
use crate::http::{InPath, InQuery, Moment};

pub(crate) mod decide;
pub(crate) mod explain;
mod review;

use review::Review;

/// Who may see flags.
const READERS: &[Role] = &[Role::Worker, Role::Supervisor, Role::Steward, Role::Dispatcher, Role::Purchaser];

/// What a look at the list is called.
const WHAT: &str = "flags";

/// Most flags in one answer.
pub(crate) const PAGE: u32 = 1_000;

/// A rule that holds, or held, for a file.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Flag {
    /// Its id: a hash of rule, subject and window, the same everywhere.
    #[schema(value_type = String)]
    pub(crate) id: FlagId,
    /// The rule.
    #[schema(example = "F01")]
    pub(crate) rule: String,
    /// Within which it counts once.
    #[schema(example = "EXIT-02#1")]
    pub(crate) window: String,
    /// `raised`, `ended`, `withdrawn` or `dismissed`.
    #[schema(value_type = String, example = "raised")]
    pub(crate) standing: FlagStanding,
    /// What it is about.
    #[schema(value_type = String)]
    pub(crate) subject: EntityId,
    /// The file that it is in.
    #[schema(value_type = String)]
    pub(crate) file: EntityId,
    /// 0 to 4.
    pub(crate) severity: u8,
    /// Why, in Chinese.
    pub(crate) zh: String,
    /// Why, in English.
    pub(crate) en: String,
    /// The events that it rests on.
    #[schema(value_type = Vec<String>)]
    pub(crate) evidence: Vec<EventId>,
    /// When it was first raised.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) raised_at: Moment,
    /// By when the person whom it goes to acts: while it stands, until somebody has decided on it. Left out for one that
    /// goes to a department.
    #[schema(value_type = Option<String>, format = DateTime)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) due_at: Option<Moment>,
    /// What people say of it.
    pub(crate) review: Review,
}

impl Flag {
    /// A flag, with what people say of it, which is among these entities.
    pub(crate) fn of<'p>(kept: Kept, said: impl IntoIterator<Item = &'p Projected>) -> Self {
        let flagged = kept.flag.flagged;
        let review = flag_review::id(flagged.flag);
        let review = Review::of(said.into_iter().find(|entity| entity.entity == review), &flagged.evidence);
        let waits = flagged.standing == FlagStanding::Raised && !review.is_decided();
        Self {
            due_at: flagged.due_at.filter(|_| waits).map(Moment::from),
            id: flagged.flag,
            rule: flagged.rule,
            window: flagged.window,
            standing: flagged.standing,
            subject: kept.flag.subject,
            file: kept.root,
            severity: flagged.severity,
            zh: flagged.zh,
            en: flagged.en,
            evidence: flagged.evidence,
            raised_at: kept.flag.raised_at.into(),
            review,
        }
    }
}

/// The flags of one file, each with what people say of it.
pub(crate) async fn of_file(
    tx: &mut Tx,
    keys: &mut Keyring,
    caseload: CaseloadId,
    root: EntityId,
) -> db::Result<Vec<Flag>> {
    let said = document::projections_of_file(tx, keys, caseload, root).await?;
    let flags = flag::of_file(tx, keys, caseload, root).await?;
    Ok(flags.into_iter().map(|flag| Flag::of(flag, &said)).collect())
}

impl Flag {
    /// Which rules hold since when: not of whom, nor why.
    fn for_purchaser(self) -> Self {
        let (subject, file) = (EntityId::from_bytes([0; 16]), EntityId::from_bytes([0; 16]));
        let (window, zh, en) = (String::new(), String::new(), String::new());
        Self { subject, file, window, zh, en, evidence: Vec::new(), review: Review::default(), ..self }
    }
}

/// Which flags.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Filter {
    /// Only those of this rule.
    rule: Option<String>,
    /// Only those that stand so: `raised`, `ended`, `withdrawn` or `dismissed`.
    #[param(value_type = Option<String>)]
    standing: Option<FlagStanding>,
    /// Only those that wait for a person, whoever has waited longest past the time or is to act next first: `all`, or
    /// `over` for those whose time has passed.
    #[param(value_type = Option<String>)]
    due: Option<Due>,
}

/// Which flags that wait for a person.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Due {
    All,
    Over,
}

impl Due {
    /// Before when somebody was to act.
    const fn before(self, now: Timestamp) -> Timestamp {
        match self {
            Self::All => Timestamp::from_millis(i64::MAX),
            Self::Over => now,
        }
    }
}

/// Flags that wait for a person who was to act before this time, the longest due first.
async fn waiting(tx: &mut Tx, keys: &mut Keyring, caseload: CaseloadId, before: Timestamp) -> db::Result<Vec<Flag>> {
    let mut waiting = Vec::new();
    for kept in flag::due(tx, keys, caseload, before, PAGE).await? {
        let review = flag_review::id(kept.flag.flagged.flag);
        let review = document::projection(tx, keys, caseload, review).await?;
        waiting.push(Flag::of(kept, &review));
    }
    waiting.retain(|flag| flag.due_at.is_some());
    Ok(waiting)
}

/// How many flags wait for a person whose time to act has passed.
pub(crate) async fn overdue(
    tx: &mut Tx,
    keys: &mut Keyring,
    caseload: CaseloadId,
    now: Timestamp,
) -> db::Result<usize> {
    Ok(waiting(tx, keys, caseload, now).await?.len())
}

/// The flags of a caseload, in the order in which they were raised or, with `due`, are due. Where some are about elders, the look is recorded,
/// with how many those were.
#[utoipa::path(
    get, path = "/v1/caseloads/{caseload}/flags", tag = "flags",
    params(("caseload" = String, Path), Filter),
    responses((status = 200, body = Vec<Flag>), (status = "4XX", body = crate::error::ProblemBody)),
)]
pub(crate) async fn list(
    caller: Caller,
    InPath(caseload): InPath<CaseloadId>,
    InQuery(filter): InQuery<Filter>,
) -> Result<Json<Vec<Flag>>, ApiError> {
    let mut access = caller.gather(caseload, READERS, WHAT).await?;
    let mut keys = caller.app().flow().keys();
    let now = caller.app().clock().now();
    let fits = |flag: &Flag| {
        filter.rule.as_ref().is_none_or(|rule| flag.rule == *rule)
            && filter.standing.is_none_or(|standing| flag.standing == standing)
    };
    let all = match filter.due {
        Some(due) => waiting(&mut access.tx, &mut keys, caseload, due.before(now)).await?,
        None => every(&mut access.tx, &mut keys, caseload).await?,
    };
    let seen: Vec<Flag> = all.into_iter().filter(fits).collect();
    if access.scope.role() == Role::Purchaser {
        return Ok(Json(seen.into_iter().map(Flag::for_purchaser).collect()));
    }
    let elders: BTreeSet<EntityId> =
        document::of_kind(&mut access.tx, caseload, Kind::Elder, document::FIRST, u32::MAX)
            .await?
            .into_iter()
            .collect();
    let of_elders = seen.iter().filter(|flag| elders.contains(&flag.file)).count();
    drop(access);
    if of_elders > 0 {
        let mut access = caller.open(caseload, READERS, None, WHAT).await?;
        access.listed(caller.app().clock().now(), None, WHAT, of_elders).await?;
        access.tx.commit().await?;
    }
    Ok(Json(seen))
}

async fn every(tx: &mut Tx, keys: &mut Keyring, caseload: CaseloadId) -> db::Result<Vec<Flag>> {
    let said = review::every(tx, keys, caseload).await?;
    let flag = |kept: Kept| {
        let review = said.get(&flag_review::id(kept.flag.flagged.flag));
        Flag::of(kept, review)
    };
    Ok(flag::every(tx, keys, caseload, PAGE).await?.into_iter().map(flag).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use sync_core::author::Role;
    use sync_core::time::Span;

    use crate::http::elders::bench::{Bench, fall};

    #[tokio::test]
    async fn a_look_at_flags_of_elders_is_recorded_with_how_many_there_were() {
        let mut bench = Bench::new().await;
        let gu = bench.elder("顾阿婆").await;
        let looks = async |bench: &Bench| {
            let log = bench.get(&bench.supervisor, "read-log").await.ok();
            let looks = log.as_array().unwrap().iter().filter(|look| look["what"] == "flags");
            looks.map(|look| (look["shown"].clone(), look["en"].clone())).collect::<Vec<_>>()
        };
        assert_eq!(bench.raised("E05").await, 0);
        assert_eq!(looks(&bench).await, [], "nothing of an elder was shown");
        for day in ["2026-11-21", "2026-11-22"] {
            bench.happens(gu, fall(day)).await;
            bench.server.clock.advance(Span::minutes(1));
        }
        assert_eq!(bench.raised("E05").await, 1);
        let purchaser = bench.server.member("pu", Role::Purchaser, bench.caseload).await;
        assert_eq!(bench.get(&purchaser, "flags?rule=E05").await.ok().as_array().unwrap().len(), 1);
        assert_eq!(looks(&bench).await, [(json!(1), json!("the list of flags"))], "the purchaser was shown nobody");
    }
}
