//! `GET /v1/caseloads/{caseload}/elders/{elder}`: the whole file of an elder.

use std::collections::BTreeSet;

use axum::Json;
use serde::Serialize;
use sync_core::assess::{self, Adjustment};
use sync_core::care;
use sync_core::entity::Kind;
use sync_core::event::{Assessment, AssessmentStanding, ConsentState, EventBody, Purpose, RiskKind};
use sync_core::id::{CaseloadId, EntityId, EventId};
use sync_core::project::{UnitedFile, united_file};
use sync_core::time::{Day, Timestamp};

use super::Care;
use super::history::Happened;
use crate::auth::Caller;
use crate::db;
use crate::error::{self, ApiError};
use crate::flow::load;
use crate::http::flags::{self, Flag};
use crate::http::linked::{self, Pair};
use crate::http::premises::search::KEEPERS;
use crate::http::view::Entity;
use crate::http::{InPath, Moment};

/// How many days back care-risk events count, when the policy does not say.
const RISK_DAYS: i64 = 30;

/// The file of an elder; linked files as one, under the smallest of their ids.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Whole {
    /// The id that the elder is shown under: another one than was asked for, when that is of a linked file.
    #[schema(value_type = String)]
    id: EntityId,
    /// The ids of the other files that are the same elder. Each finds this file.
    #[schema(value_type = Vec<String>)]
    also: Vec<EntityId>,
    /// The elder: every field with who said what, and what waits for a person.
    elder: Entity,
    /// What follows from the file.
    care: Care,
    /// How the consent stands for each purpose: a grant counts only with its event, and only as long as it runs.
    consents: Vec<InForce>,
    /// The assessments, oldest first.
    assessments: Vec<Assessed>,
    /// Care-risk events, oldest first.
    risks: Vec<Risk>,
    /// What people saw and did, in server order.
    history: Vec<Happened>,
    /// What the elder needs.
    needs: Vec<Entity>,
    /// What the rules say.
    flags: Vec<Flag>,
    /// Cases that went, or wait to go, to a department.
    referrals: Vec<Entity>,
    /// Where the elder lives.
    dwelling: Option<Entity>,
    /// Which files were linked with which: what a link that is taken back has to name.
    links: Vec<Pair>,
}

/// A consent now.
#[derive(Serialize, utoipa::ToSchema)]
struct InForce {
    /// For what.
    #[schema(value_type = String, example = "photo")]
    purpose: Purpose,
    /// `granted`, `limited`, `not_asked`, `refused` or `withdrawn`.
    #[schema(value_type = String, example = "granted")]
    state: ConsentState,
}

/// What an assessment comes to.
#[derive(Serialize, utoipa::ToSchema)]
struct Assessed {
    /// The event.
    #[schema(value_type = String)]
    event: EventId,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Moment,
    /// `screening` or `assessment`.
    #[schema(value_type = String, example = "screening")]
    standing: AssessmentStanding,
    /// The scores of the 26 items, in the order of the standard.
    scores: Vec<u8>,
    /// Points in all, at most 90.
    total: u8,
    /// The level after adjustment, 0 to 4.
    level: u8,
    /// Its name in Chinese.
    zh: &'static str,
    /// Its name in English.
    en: &'static str,
    /// Why it is worse than the points say: `coma`, `diagnosis`, `risk_events`.
    #[schema(value_type = Vec<String>)]
    adjustments: Vec<Adjustment>,
}

/// Something that happened to the elder.
#[derive(Serialize, utoipa::ToSchema)]
struct Risk {
    /// The event.
    #[schema(value_type = String)]
    event: EventId,
    /// `fall`, `lost`, `choking`, `self_harm` or `other`.
    #[schema(value_type = String, example = "fall")]
    kind: RiskKind,
    /// On which day.
    #[schema(value_type = String, format = Date)]
    occurred_on: Day,
    /// Whether it counts now: recent enough, and not told by somebody else already.
    counts: bool,
}

/// The whole file of an elder. The look is recorded, for each file that it shows, also when there is nothing to see.
#[utoipa::path(
    get, path = "/v1/caseloads/{caseload}/elders/{elder}", tag = "elders",
    params(("caseload" = String, Path), ("elder" = String, Path)),
    responses((status = 200, body = Whole), (status = "4XX", body = crate::error::ProblemBody)),
)]
pub(crate) async fn read(
    caller: Caller,
    InPath((caseload, elder)): InPath<(CaseloadId, EntityId)>,
) -> Result<Json<Whole>, ApiError> {
    let mut access = caller.open(caseload, KEEPERS, Some(elder), "elder").await?;
    let now = caller.app().clock().now();
    let found = gather(&caller, &mut access.tx, caseload, elder, now).await?;
    match &found {
        Some((_, showed)) => access.showed(now, showed).await?,
        None => access.looked(now, Some(elder), "elder", false).await?,
    }
    access.tx.commit().await?;
    let (whole, _) = found.ok_or(&error::NOT_FOUND)?;
    Ok(Json(whole))
}

/// The file, and all files of which it shows something.
async fn gather(
    caller: &Caller,
    tx: &mut db::Tx,
    caseload: CaseloadId,
    elder: EntityId,
    now: Timestamp,
) -> db::Result<Option<(Whole, Vec<(EntityId, &'static str)>)>> {
    let flow = caller.app().flow();
    let (policy, mut keys) = (flow.policy().policy(), flow.keys());
    let found = load::linked(tx, &mut keys, caseload, elder).await?;
    let files: care::Files<'_> = load::together(&found);
    let asked = found.get(&elder).and_then(|file| file.documents.get(&elder));
    let is_elder = asked.is_some_and(|document| document.schema().kind == Kind::Elder);
    let Some(UnitedFile { id, also, root, related }) = united_file(&files).filter(|_| is_elder) else {
        return Ok(None);
    };
    let mut flags = Vec::new();
    for root in files.keys() {
        flags.extend(flags::of_file(tx, &mut keys, caseload, *root).await?);
    }
    let mut showed = linked::showed(&found, elder, "elder");
    let mut dwelling = None;
    if let Some(home) = root.projection.value("dwelling").and_then(|home| home.as_id()) {
        let homes = load::linked(tx, &mut keys, caseload, home).await?;
        if let Some(united) = united_file(&load::together(&homes)) {
            showed.extend(linked::showed(&homes, home, "dwelling"));
            dwelling = Some(Entity::united(&united.root, now)?);
        }
    }
    let of_kind = |kind: Kind| {
        let parts = related.iter().filter(move |part| part.projection.kind == kind.code());
        parts.map(|part| Entity::united(part, now)).collect::<db::Result<Vec<Entity>>>()
    };
    let days = policy.limit("risk_days").unwrap_or(RISK_DAYS);
    let alerts = load::alerts(tx, &mut keys, caseload).await?;
    let whole = Whole {
        id,
        also,
        elder: Entity::united(&root, now)?,
        care: Care::of(policy, &files, &alerts, now),
        consents: Purpose::ALL
            .iter()
            .map(|purpose| InForce { purpose: *purpose, state: care::consent(&files, *purpose, now) })
            .collect(),
        assessments: assessments(&files),
        risks: risks(&files, now, days),
        history: history(&files),
        needs: of_kind(Kind::Need)?,
        flags,
        referrals: of_kind(Kind::Referral)?,
        dwelling,
        links: linked::pairs(&found),
    };
    Ok(Some((whole, showed)))
}

fn assessments(files: &care::Files<'_>) -> Vec<Assessed> {
    let assessed = |recorded: &sync_core::case::Recorded| {
        let EventBody::Assessment(assessment) = &recorded.event.body else { return None };
        let scored = assess::score(assessment).ok()?;
        let Assessment { standing, scores, .. } = assessment;
        let (event, at) = (recorded.event.id, recorded.event.start.into());
        let (total, level, adjustments) = (scored.total, scored.level, scored.adjustments);
        let (zh, en, level) = (level.zh(), level.en(), level.number());
        Some(Assessed { event, at, standing: *standing, scores: scores.clone(), total, level, zh, en, adjustments })
    };
    let mut assessments: Vec<Assessed> =
        files.values().flat_map(|file| file.standing_events().filter_map(assessed)).collect();
    assessments.sort_by_key(|assessed| (assessed.at, assessed.event));
    assessments
}

fn risks(files: &care::Files<'_>, now: Timestamp, days: i64) -> Vec<Risk> {
    let counted = care::risks(files, now, i32::try_from(days).unwrap_or(i32::MAX));
    let counted: BTreeSet<EventId> = counted.into_iter().map(|recorded| recorded.event.id).collect();
    let risk = |recorded: &sync_core::case::Recorded| {
        let EventBody::RiskEvent(risk) = &recorded.event.body else { return None };
        let (event, kind, occurred_on) = (recorded.event.id, risk.kind, risk.occurred_on);
        Some(Risk { event, kind, occurred_on, counts: counted.contains(&event) })
    };
    let mut risks: Vec<Risk> = files.values().flat_map(|file| file.standing_events().filter_map(risk)).collect();
    risks.sort_by_key(|risk| (risk.occurred_on, risk.event));
    risks
}

/// What flags say stands with the flags.
fn history(files: &care::Files<'_>) -> Vec<Happened> {
    let standing = files.values().flat_map(|file| file.standing_events());
    let standing: BTreeSet<EventId> = standing.map(|recorded| recorded.event.id).collect();
    let told = files.values().flat_map(|file| &file.events);
    let mut told: Vec<_> = told.filter(|recorded| !matches!(recorded.event.body, EventBody::Flagged(_))).collect();
    told.sort_by_key(|recorded| recorded.seq);
    told.into_iter().map(|recorded| Happened::of(recorded, standing.contains(&recorded.event.id))).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use sync_core::author::Role;
    use sync_core::time::Span;

    use crate::http::elders::bench::{Bench, fall, not_met, screening, visit};

    #[tokio::test]
    async fn the_file_says_what_is_known_and_what_follows() {
        let mut bench = Bench::new().await;
        let gu = bench.elder("顾阿婆").await;
        bench.happens(gu, fall("2026-11-02")).await;
        bench.server.clock.advance(Span::minutes(1));
        let seen = bench.happens(gu, visit()).await;
        bench.happens(gu, not_met()).await;
        bench.happens(gu, screening()).await;
        let file = bench.file("顾阿婆").await;
        assert_eq!(file["elder"]["title"], "顾阿婆");
        assert_eq!(file["elder"]["values"]["id_last4"], "028X");
        let consent = |purpose: &str| {
            let all = file["consents"].as_array().unwrap();
            all.iter().find(|consent| consent["purpose"] == purpose).unwrap()["state"].clone()
        };
        let states = ["archive", "photo", "family_share"].map(consent);
        assert_eq!(states, ["granted", "refused", "not_asked"].map(|state| json!(state)));
        assert_eq!((&file["assessments"][0]["total"], &file["assessments"][0]["level"]), (&json!(90), &json!(0)));
        assert_eq!(file["assessments"][0]["standing"], "screening");
        assert_eq!((&file["risks"][0]["kind"], &file["risks"][0]["counts"]), (&json!("fall"), &json!(true)));
        let history = file["history"].as_array().unwrap();
        let visit = history.iter().find(|happened| happened["kind"] == "visit").unwrap();
        assert_eq!((&visit["id"], &visit["said"]["words"]), (&json!(seen), &json!("今天精神不错")));
        assert_eq!(file["care"]["last_visit"], "2026-11-23T08:31:00+08:00", "the attempt after it is none");
        assert_eq!(file["dwelling"]["values"]["unit_code"], "TY3-R-502");
        bench.passes(Span::days(9)).await;
        assert_eq!(bench.file("顾阿婆").await["risks"][0]["counts"], false, "a month ago by now");
    }

    #[tokio::test]
    async fn only_those_who_work_there_see_it_and_every_look_is_recorded() {
        let bench = Bench::new().await;
        let gu = bench.elder("顾阿婆").await;
        let other = bench.server.caseload("OTH").await;
        let stranger = bench.server.member("an", Role::Supervisor, other).await;
        let path = format!("elders/{gu}");
        bench.get(&bench.worker, &path).await.ok();
        assert_eq!(bench.get(&stranger, &path).await.status, 404);
        let nothing = sync_core::id::EntityId::from_bytes([7; 16]);
        assert_eq!(bench.get(&bench.worker, &format!("elders/{nothing}")).await.status, 404);
        let elsewhere = format!("/v1/caseloads/{other}/elders/{gu}");
        assert_eq!(bench.server.get(&elsewhere, Some(&stranger)).await.status, 404);
        let log = bench.get(&bench.supervisor, &format!("read-log?subject={gu}")).await.ok();
        let looks: Vec<_> =
            log.as_array().unwrap().iter().map(|look| (&look["person_name"], &look["found"], &look["what"])).collect();
        let (yes, no, what) = (json!(true), json!(false), json!("elder"));
        assert_eq!(looks, [(&json!("an"), &no, &what), (&json!("lin"), &yes, &what)]);
        assert_eq!((&log[0]["subject_name"], &log[0]["zh"]), (&json!("顾阿婆"), &json!("长者档案")));
    }
}
