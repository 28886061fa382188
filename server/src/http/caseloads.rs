//! `GET /v1/caseloads`: where the caller works.

use axum::Json;
use serde::Serialize;
use sync_core::author::Role;
use sync_core::id::CaseloadId;

use super::Moment;
use crate::auth::{Caller, Mode};
use crate::db::{caseload, person};
use crate::error::ApiError;

/// A caseload or desk.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Caseload {
    /// Its id.
    #[schema(value_type = String)]
    id: CaseloadId,
    /// `field` (files that workers keep) or `desk` (the slips of one department).
    #[schema(example = "field")]
    kind: &'static str,
    /// The department's code, of a desk.
    #[serde(skip_serializing_if = "Option::is_none")]
    dept: Option<String>,
    /// What people call it.
    name: String,
    /// The purchased project.
    programme: String,
    /// The community.
    community: String,
    /// The street that owns it.
    owner: String,
    /// The organisation that works on it.
    operator: String,
    /// Until when.
    #[schema(value_type = String, format = DateTime)]
    term_to: Moment,
    /// The caller's role there.
    #[schema(value_type = String, example = "worker")]
    role: Role,
}

/// Where the caller works. Nothing else is named.
#[utoipa::path(
    get, path = "/v1/caseloads", tag = "caseloads",
    responses((status = 200, body = Vec<Caseload>), (status = "4XX", body = crate::error::ProblemBody)),
)]
pub(crate) async fn list(caller: Caller) -> Result<Json<Vec<Caseload>>, ApiError> {
    let (mut tx, person) = caller.identify(Mode::Read).await?;
    let mut caseloads = Vec::new();
    for membership in person::memberships(&mut tx, person.id).await? {
        if membership.left_at.is_some() {
            continue;
        }
        let Some(found) = caseload::load(&mut tx, membership.caseload).await? else { continue };
        caseloads.push(Caseload {
            id: found.id,
            kind: found.kind.code(),
            dept: found.dept,
            name: found.name,
            programme: found.programme,
            community: found.community,
            owner: found.owner,
            operator: found.operator,
            term_to: found.term_to.into(),
            role: membership.role,
        });
    }
    Ok(Json(caseloads))
}

#[cfg(test)]
mod tests {
    use sync_core::author::Role;

    use crate::testing::Server;

    #[tokio::test]
    async fn one_sees_where_one_works_and_nothing_else() {
        let server = Server::start().await;
        let (ours, theirs) = (server.caseload("HGS").await, server.caseload("ZSS").await);
        let lin = server.person("lin", Role::Worker).await;
        server.admin().assign(ours, lin, None).await.unwrap();
        let phone = server.enrol(lin, 1).await;
        let list = server.get("/v1/caseloads", phone["access"].as_str()).await.ok();
        assert_eq!(list.as_array().unwrap().len(), 1);
        assert_eq!(list[0]["id"], ours.to_string());
        assert!(!list.to_string().contains(&theirs.to_string()));
        server.admin().unassign(ours, lin).await.unwrap();
        assert_eq!(server.get("/v1/caseloads", phone["access"].as_str()).await.ok(), serde_json::json!([]));
    }
}
