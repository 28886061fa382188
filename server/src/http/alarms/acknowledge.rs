//! `POST /v1/caseloads/{caseload}/alarms/{n}/acknowledge`: a named person has seen it.

use axum::http::StatusCode;
use sync_core::id::CaseloadId;

use super::list::WATCHERS;
use crate::auth::Caller;
use crate::db::alarm;
use crate::error::{self, ApiError};
use crate::http::InPath;

/// Records that the caller has seen an alarm. The first one counts.
#[utoipa::path(
    post, path = "/v1/caseloads/{caseload}/alarms/{n}/acknowledge", tag = "alarms",
    params(("caseload" = String, Path), ("n" = u64, Path)),
    responses((status = 204), (status = "4XX", body = crate::error::ProblemBody)),
)]
pub(crate) async fn post(
    caller: Caller,
    InPath((caseload, n)): InPath<(CaseloadId, u64)>,
) -> Result<StatusCode, ApiError> {
    let mut access = caller.enter(caseload, WATCHERS).await?;
    let (by, now) = (access.scope.person(), caller.app().clock().now());
    if !alarm::acknowledge(&mut access.tx, caseload, n, by, now).await? {
        return Err(ApiError::from(&error::NOT_FOUND));
    }
    access.tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use sync_core::author::Role;

    use crate::db::alarm;
    use crate::testing::{MORNING, Server};

    #[tokio::test]
    async fn an_alarm_waits_until_somebody_has_seen_it() {
        let server = Server::start().await;
        let caseload = server.caseload("HGS").await;
        let mei = server.member("mei", Role::Supervisor, caseload).await;
        let lin = server.member("lin", Role::Worker, caseload).await;
        let mut tx = server.app.db().write().await.unwrap();
        let mut keys = server.app.flow().keys();
        alarm::raise(&mut tx, &mut keys, caseload, MORNING, "rule_failed", Some("F05"), "no such key: lpg")
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let path = format!("/v1/caseloads/{caseload}/alarms");
        let open = server.get(&path, Some(&mei)).await.ok();
        assert_eq!((open[0]["rule"].as_str(), open[0]["detail"].as_str()), (Some("F05"), Some("no such key: lpg")));
        let seen = format!("{path}/{}/acknowledge", open[0]["n"]);
        assert_eq!(server.post(&seen, Some(&lin), json!({})).await.code(), "role_not_allowed");
        assert_eq!(server.post(&seen, Some(&mei), json!({})).await.status, 204);
        assert_eq!(server.post(&seen, Some(&mei), json!({})).await.code(), "not_found", "once");
        assert_eq!(server.get(&path, Some(&mei)).await.ok(), json!([]));
    }
}
