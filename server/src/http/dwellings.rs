//! `GET /v1/caseloads/{caseload}/dwellings/{dwelling}`: a home as a place.

use axum::Json;
use serde::Serialize;
use sync_core::entity::Kind;
use sync_core::id::{CaseloadId, EntityId};
use sync_core::project::{UnitedFile, united_file};

use crate::auth::Caller;
use crate::error::{self, ApiError};
use crate::flow::load;
use crate::http::InPath;
use crate::http::flags::{self, Flag};
use crate::http::linked::{self, Pair};
use crate::http::premises::search::KEEPERS;
use crate::http::view::Entity;

/// A dwelling; linked files as one, under the smallest of their ids. Of those who live there it says one thing: whether somebody needs help to get out.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Dwelling {
    /// The id that the dwelling is shown under: another one than was asked for, when that is of a linked file.
    #[schema(value_type = String)]
    id: EntityId,
    /// The ids of the other files that are the same dwelling. Each finds this file.
    #[schema(value_type = Vec<String>)]
    also: Vec<EntityId>,
    /// The place.
    dwelling: Entity,
    /// What was found there. The same finding of several files is one.
    hazards: Vec<Entity>,
    /// What the rules say of the place.
    flags: Vec<Flag>,
    /// Which files were linked with which: what a link that is taken back has to name.
    links: Vec<Pair>,
}

/// A dwelling with its hazards. The look is recorded, of linked files for each, also when there is nothing to see.
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
    let now = caller.app().clock().now();
    let mut keys = caller.app().flow().keys();
    let tx = &mut access.tx;
    let files = load::linked(tx, &mut keys, caseload, dwelling).await?;
    let asked = files.get(&dwelling).and_then(|file| file.documents.get(&dwelling));
    let place = asked.filter(|document| document.schema().kind == Kind::Dwelling);
    let Some(UnitedFile { id, also, root, related }) = place.and(united_file(&load::together(&files))) else {
        access.looked(now, Some(dwelling), "dwelling", false).await?;
        access.tx.commit().await?;
        return Err(ApiError::from(&error::NOT_FOUND));
    };
    let mut flags = Vec::new();
    for root in files.keys() {
        flags.extend(flags::of_file(tx, &mut keys, caseload, *root).await?);
    }
    access.showed(now, &linked::showed(&files, dwelling, "dwelling")).await?;
    access.tx.commit().await?;
    let hazards = related.iter().filter(|part| part.projection.kind == Kind::Hazard.code());
    let hazards = hazards.map(|part| Entity::united(part, now)).collect::<Result<_, _>>()?;
    let dwelling = Entity::united(&root, now)?;
    Ok(Json(Dwelling { id, also, dwelling, hazards, flags, links: linked::pairs(&files) }))
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
