//! `GET /v1/caseloads/{caseload}/dwellings/{dwelling}`: a home as a place.

use axum::Json;
use serde::Serialize;
use sync_core::entity::Kind;
use sync_core::id::{CaseloadId, EntityId};

use crate::auth::Caller;
use crate::db::{document, link};
use crate::error::{self, ApiError};
use crate::http::InPath;
use crate::http::flags::{self, Flag};
use crate::http::premises::search::KEEPERS;
use crate::http::view::Entity;

/// A dwelling. Of those who live there it says one thing: whether somebody needs help to get out.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Dwelling {
    /// The place.
    dwelling: Entity,
    /// What was found there.
    hazards: Vec<Entity>,
    /// What the rules say of the place.
    flags: Vec<Flag>,
    /// Other files that are the same dwelling.
    #[schema(value_type = Vec<String>)]
    same_as: Vec<EntityId>,
}

/// A dwelling with its hazards. The look is recorded, also when there is nothing to see.
#[utoipa::path(
    get, path = "/v1/caseloads/{caseload}/dwellings/{dwelling}", tag = "elders",
    params(("caseload" = String, Path), ("dwelling" = String, Path)),
    responses((status = 200, body = Dwelling), (status = "4XX", body = crate::error::ProblemBody)),
)]
pub(crate) async fn read(
    caller: Caller,
    InPath((caseload, dwelling)): InPath<(CaseloadId, EntityId)>,
) -> Result<Json<Dwelling>, ApiError> {
    let mut access = caller.open(caseload, KEEPERS, Some(dwelling), "dwelling").await?;
    let (tx, now) = (&mut access.tx, caller.app().clock().now());
    let mut keys = caller.app().flow().keys();
    let mut entities = document::projections_of_file(tx, &mut keys, caseload, dwelling).await?;
    let at = entities.iter().position(|found| found.entity == dwelling && found.kind == Kind::Dwelling.code());
    let root = at.map(|at| entities.swap_remove(at));
    let flags = flags::of_file(tx, &mut keys, caseload, dwelling).await?;
    let same_as = link::of(tx, caseload, dwelling).await?;
    access.looked(now, Some(dwelling), "dwelling", root.is_some()).await?;
    access.tx.commit().await?;
    let root = root.ok_or(&error::NOT_FOUND)?;
    let hazards = entities.into_iter().filter(|found| found.kind == Kind::Hazard.code());
    let hazards = hazards.map(|found| Entity::of(found, now)).collect();
    Ok(Json(Dwelling { dwelling: Entity::of(root, now), hazards, flags, same_as }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::http::elders::bench::Bench;

    #[tokio::test]
    async fn a_dwelling_says_nothing_of_its_elders_but_who_needs_help() {
        let bench = Bench::new().await;
        let file = bench.file("顾阿公").await;
        let id = file["dwelling"]["id"].as_str().unwrap();
        let dwelling = bench.get(&bench.worker, &format!("dwellings/{id}")).await.ok();
        assert_eq!(dwelling["dwelling"]["values"]["address"], "桃影里3号502室");
        assert_eq!(dwelling["dwelling"]["values"]["evacuation_help"], "yes");
        let text = dwelling.to_string();
        let elder = file["elder"]["id"].as_str().unwrap();
        for theirs in ["顾阿", "028X", "risk_tier", elder] {
            assert!(!text.contains(theirs), "{theirs} in {text}");
        }
        assert_eq!(
            bench.get(&bench.worker, &format!("dwellings/{elder}")).await.status,
            404,
            "an elder is no dwelling"
        );
        let log = bench.get(&bench.supervisor, "read-log").await.ok();
        let looks: Vec<_> = (0..2).map(|n| (log[n]["what"].clone(), log[n]["found"].clone())).collect();
        assert_eq!(looks, [(json!("dwelling"), json!(false)), (json!("dwelling"), json!(true))]);
    }
}
