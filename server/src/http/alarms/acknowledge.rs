//! `POST /v1/caseloads/{caseload}/alarms/{n}/acknowledge`: a named person has seen it.

use axum::Json;
use serde::Deserialize;
use sync_core::id::CaseloadId;

use super::view::{Alarm, WATCHERS, reaches, shown};
use crate::auth::Caller;
use crate::db::alarm;
use crate::error::{self, ApiError};
use crate::http::acting::maybe_said;
use crate::http::{InPath, JsonBody};

/// What the person says to it.
#[derive(Deserialize, utoipa::ToSchema)]
pub(crate) struct Acknowledgement {
    /// What was done about it.
    note: Option<String>,
}

/// Records that the caller has seen an alarm; it passes on no further. The first one counts: the answer says who that was.
#[utoipa::path(
    post, path = "/v1/caseloads/{caseload}/alarms/{n}/acknowledge", tag = "alarms",
    params(("caseload" = String, Path), ("n" = u64, Path)),
    request_body = Acknowledgement,
    responses((status = 200, body = Alarm), (status = "4XX", body = crate::error::ProblemBody)),
)]
pub(crate) async fn post(
    caller: Caller,
    InPath((caseload, n)): InPath<(CaseloadId, u64)>,
    JsonBody(body): JsonBody<Acknowledgement>,
) -> Result<Json<Alarm>, ApiError> {
    let mut access = caller.enter(caseload, WATCHERS).await?;
    let (by, role, now) = (access.scope.person(), access.scope.role(), caller.app().clock().now());
    let (flow, mut keys) = (caller.app().flow(), caller.app().flow().keys());
    let found = alarm::one(&mut access.tx, &mut keys, caseload, n).await?;
    if !found.is_some_and(|alarm| reaches(role, &alarm)) {
        return Err(ApiError::from(&error::NOT_FOUND));
    }
    let note = maybe_said(body.note)?;
    flow.acknowledge(&mut access.tx, caseload, n, (by, now), note.as_deref()).await?;
    let alarm = alarm::one(&mut access.tx, &mut keys, caseload, n).await?.ok_or(&error::NOT_FOUND)?;
    let alarm = shown(&mut access, &mut keys, caseload, alarm).await?;
    access.tx.commit().await?;
    Ok(Json(alarm))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use sync_core::author::Role;
    use sync_core::time::Span;

    use crate::db::alarm;
    use crate::testing::{MORNING, Server};

    #[tokio::test]
    async fn an_alarm_waits_until_somebody_has_seen_it() {
        let server = Server::start().await;
        let caseload = server.caseload("HGS").await;
        let mei = server.member("mei", Role::Supervisor, caseload).await;
        let an = server.member("an", Role::Steward, caseload).await;
        let lin = server.member("lin", Role::Worker, caseload).await;
        let mut tx = server.app.db().write().await.unwrap();
        let mut keys = server.app.flow().keys();
        alarm::raise(&mut tx, &mut keys, caseload, MORNING, "rule_failed", Some("F05"), "no such key: lpg")
            .await
            .unwrap();
        tx.commit().await.unwrap();
        server.app.flow().tick(server.app.db(), MORNING).await.unwrap();
        let path = format!("/v1/caseloads/{caseload}/alarms");
        let open = server.get(&path, Some(&mei)).await.ok();
        assert_eq!((open[0]["rule"].as_str(), open[0]["detail"].as_str()), (Some("F05"), Some("no such key: lpg")));
        assert_eq!((open[0]["level"].as_str(), open[0]["told"].as_array().unwrap().len()), (Some("first"), 1));
        assert_eq!(open[0]["next_at"], "2026-11-23T08:40:00+08:00");
        let one = format!("{path}/{}", open[0]["n"]);
        let seen = format!("{one}/acknowledge");
        assert_eq!(server.post(&seen, Some(&lin), json!({})).await.code(), "role_not_allowed");
        assert_eq!(server.post(&format!("{path}/77/acknowledge"), Some(&mei), json!({})).await.code(), "not_found");
        server.clock.advance(Span::minutes(3));
        let first = server.post(&seen, Some(&mei), json!({"note": " 已电话核实 "})).await.ok();
        assert_eq!(first["acknowledged"]["note"], "已电话核实");
        server.clock.advance(Span::minutes(3));
        for token in [&mei, &an] {
            let again = server.post(&seen, Some(token), json!({"note": "later"})).await.ok();
            assert_eq!(again, first, "the first one counts, and everybody is told who it was");
        }
        assert_eq!(server.get(&path, Some(&mei)).await.ok(), json!([]));
        assert_eq!(server.get(&format!("{path}?all=true"), Some(&mei)).await.ok(), json!([first]));
        assert_eq!(server.get(&one, Some(&an)).await.ok(), first);
        let later = format!("{path}?all=true&since=2026-11-23T08:31:00%2B08:00");
        assert_eq!(server.get(&later, Some(&mei)).await.ok(), json!([]));
        assert_eq!(server.get(&format!("{path}?all=true&after={}", first["n"]), Some(&mei)).await.ok(), json!([]));
    }
}
