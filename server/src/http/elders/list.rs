//! `GET /v1/caseloads/{caseload}/elders`: who is looked after, and whose visit is due.

use std::collections::BTreeSet;

use axum::Json;
use serde::{Deserialize, Serialize};
use sync_core::care;
use sync_core::document::Document;
use sync_core::entity::Kind;
use sync_core::id::{CaseloadId, EntityId};
use sync_core::time::Timestamp;
use sync_core::union::{self, Clusters};

use super::Care;
use crate::auth::Caller;
use crate::db::document::{self, FIRST};
use crate::db::key::Keyring;
use crate::db::{self, Tx, link, search};
use crate::error::ApiError;
use crate::flow::load;
use crate::http::premises::search::KEEPERS;
use crate::http::{InPath, InQuery};

/// Most elders in one answer.
const PAGE: usize = 50;
/// Most files that are opened for one answer, whether they fit the filter or not.
const OPENED: usize = 400;

/// Which elders.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Wanted {
    /// Part of a name, at least two characters.
    q: Option<String>,
    /// Only those whose visit is overdue.
    #[serde(default)]
    overdue: bool,
    /// Only those whose visit or call for bad weather has not been made.
    #[serde(default)]
    weather: bool,
    /// Only those of this tier: `high`, `key` or `general`.
    tier: Option<String>,
    /// After this one: `next` of the page before.
    #[param(value_type = Option<String>)]
    after: Option<EntityId>,
}

/// An elder in the list.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Listed {
    /// The file; of several that are linked, the smallest.
    #[schema(value_type = String)]
    id: EntityId,
    /// The other files that are the same elder.
    #[schema(value_type = Vec<String>)]
    also: Vec<EntityId>,
    /// The name.
    name: Option<String>,
    /// What follows from the file.
    #[serde(flatten)]
    care: Care,
}

/// A page of the list.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Elders {
    /// The elders, by id.
    elders: Vec<Listed>,
    /// Where the next page begins; none on the last one. A page may hold few while more follow.
    #[schema(value_type = Option<String>)]
    next: Option<EntityId>,
}

/// The elders of a caseload, linked files as one. The look is recorded as one, with how many were shown.
#[utoipa::path(
    get, path = "/v1/caseloads/{caseload}/elders", tag = "elders",
    params(("caseload" = String, Path), Wanted),
    responses((status = 200, body = Elders), (status = "4XX", body = crate::error::ProblemBody)),
)]
pub(crate) async fn list(
    caller: Caller,
    InPath(caseload): InPath<CaseloadId>,
    InQuery(wanted): InQuery<Wanted>,
) -> Result<Json<Elders>, ApiError> {
    let now = caller.app().clock().now();
    let mut access = caller.gather(caseload, KEEPERS, "elders_list").await?;
    let found = find(&caller, &mut access.tx, caseload, &wanted, now).await?;
    drop(access);
    let mut access = caller.open(caseload, KEEPERS, None, "elders_list").await?;
    access.listed(now, None, "elders_list", found.elders.len()).await?;
    access.tx.commit().await?;
    Ok(Json(found))
}

async fn find(
    caller: &Caller,
    tx: &mut Tx,
    caseload: CaseloadId,
    wanted: &Wanted,
    now: Timestamp,
) -> db::Result<Elders> {
    let flow = caller.app().flow();
    let mut keys = flow.keys();
    let clusters = Clusters::of(link::standing(tx, caseload).await?);
    let candidates = candidates(tx, &keys, caseload, wanted, &clusters).await?;
    let alerts = load::alerts(tx, &mut keys, caseload).await?;
    let mut page = Elders { elders: Vec::new(), next: None };
    for (opened, root) in candidates.iter().enumerate() {
        if page.elders.len() == PAGE || opened == OPENED {
            // More candidates follow the last that was opened.
            page.next = candidates.get(opened - 1).copied();
            break;
        }
        // Linked files are listed under the smallest of their ids.
        if clusters.canonical(*root) != *root {
            continue;
        }
        let files = load::linked(tx, &mut keys, caseload, *root).await?;
        let files: care::Files<'_> = load::together(&files);
        let elders: Vec<&Document> = files.iter().filter_map(|(root, file)| file.documents.get(root)).collect();
        // A file that is no elder's was found by what it is called.
        if elders.first().is_none_or(|elder| elder.schema().kind != Kind::Elder) {
            continue;
        }
        let name = union::value(&elders, "name").and_then(|name| name.as_text().map(str::to_owned));
        let also = files.keys().copied().filter(|other| other != root).collect();
        let care = Care::of(flow.policy().policy(), &files, &alerts, now);
        let fits = (!wanted.overdue || care.overdue)
            && (!wanted.weather || care.weather_visit_due.is_some())
            && wanted.tier.as_ref().is_none_or(|tier| care.tier == *tier);
        if fits {
            page.elders.push(Listed { id: *root, also, name, care });
        }
    }
    Ok(page)
}

/// The files to look at, by id: one more than are opened, so that the end is known. Of linked files that were searched
/// for, the smallest.
async fn candidates(
    tx: &mut Tx,
    keys: &Keyring,
    caseload: CaseloadId,
    wanted: &Wanted,
    clusters: &Clusters,
) -> db::Result<Vec<EntityId>> {
    let after = wanted.after.unwrap_or(FIRST);
    match wanted.q.as_deref().map(str::trim) {
        None => document::of_kind(tx, caseload, Kind::Elder, after, OPENED as u32 + 1).await,
        Some(text) => {
            let found = search::find(tx, keys.sealer(), caseload, text).await?;
            let found: BTreeSet<EntityId> = found.into_iter().map(|root| clusters.canonical(root)).collect();
            Ok(found.into_iter().filter(|root| *root > after).take(OPENED + 1).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use sync_core::author::Role;
    use sync_core::time::Span;

    use crate::http::elders::bench::{Bench, not_met, visit};

    #[tokio::test]
    async fn the_list_says_whose_visit_is_due() {
        let bench = Bench::new().await;
        let all = bench.list("").await;
        let gu = all.iter().find(|elder| elder["name"] == "顾阿婆").unwrap();
        assert_eq!((&gu["tier"], &gu["overdue"], &gu["last_visit"]), (&json!("high"), &json!(false), &json!(null)));
        assert_eq!(gu["next_visit_due"], "2026-11-30", "a week after the file was made");
        assert_eq!(bench.names("").await, ["谭伯", "顾阿公", "顾阿婆"]);
        assert_eq!(bench.names("?tier=general").await, ["谭伯"]);
        assert_eq!(bench.names("?q=%E9%A1%BE%E9%98%BF").await, ["顾阿公", "顾阿婆"], "顾阿");
        assert!(bench.names("?q=%E9%98%BF%E5%85%AC&tier=high").await.is_empty(), "阿公 is not of that tier");
        assert!(bench.names("?q=%E6%A1%83%E5%BD%B1").await.is_empty(), "an address is no name");
        let last = all.iter().map(|elder| elder["id"].as_str().unwrap()).max().unwrap();
        assert!(bench.list(&format!("?after={last}")).await.is_empty());
    }

    #[tokio::test]
    async fn a_visit_is_overdue_the_day_after_and_an_attempt_is_no_visit() {
        let mut bench = Bench::new().await;
        let gu = bench.elder("顾阿婆").await;
        bench.passes(Span::days(7)).await;
        assert!(bench.names("?overdue=true").await.is_empty(), "the evening of the last day is still in time");
        assert_eq!(bench.raised("E08").await, 0);
        bench.happens(gu, not_met()).await;
        bench.passes(Span::days(1)).await;
        assert_eq!(bench.names("?overdue=true").await, ["顾阿婆"], "nobody was met");
        assert_eq!(bench.raised("E08").await, 1);
        let listed = bench.list("?overdue=true").await.remove(0);
        assert_eq!((&listed["open_flags"], &listed["last_visit"]), (&json!(["E08"]), &json!(null)));
        bench.happens(gu, visit()).await;
        assert!(bench.names("?overdue=true").await.is_empty());
        assert_eq!(bench.raised("E08").await, 0, "a visit ends it");
        // From then on by the calendar: her next week, his month, Tan's quarter.
        bench.passes(Span::days(22)).await;
        assert_eq!(bench.names("?overdue=true").await, ["顾阿婆"], "23 December is his last day");
        bench.passes(Span::days(1)).await;
        assert_eq!(bench.names("?overdue=true").await, ["顾阿公", "顾阿婆"]);
        bench.passes(Span::days(62)).await;
        assert_eq!(bench.raised("E08").await, 3);
    }

    #[tokio::test]
    async fn a_look_at_the_list_is_one_entry_that_says_how_many() {
        let bench = Bench::new().await;
        bench.list("?tier=general").await;
        bench.server.member("zhao", Role::Dispatcher, bench.caseload).await;
        let dispatcher = bench.server.login("zhao").await["access"].as_str().unwrap().to_owned();
        assert_eq!(bench.get(&dispatcher, "elders").await.status, 403);
        let log = bench.get(&bench.supervisor, "read-log").await.ok();
        let seen = |n: usize| (log[n]["what"].clone(), log[n]["found"].clone(), log[n]["shown"].clone());
        assert_eq!(seen(0), (json!("elders_list"), json!(false), json!(null)), "{log}");
        assert_eq!(seen(1), (json!("elders_list"), json!(true), json!(1)));
    }
}
