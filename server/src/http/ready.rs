//! `GET /readyz`: whether this node can serve: for a balancer, which asks each one.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use serde::Serialize;

use crate::app::App;
use crate::db::DbError;
use crate::error::{ApiError, Problem};

/// How long the database may take to answer.
const PATIENCE: Duration = Duration::from_secs(3);

pub(crate) const STOPPING: Problem =
    Problem::new(503, "stopping", "此节点正在停止。", "This node is being stopped; ask another.");
pub(crate) const NO_DATABASE: Problem =
    Problem::new(503, "no_database", "数据库没有应答。", "The database does not answer.");
pub(crate) const SCHEMA_TOO_NEW: Problem = Problem::new(
    503,
    "schema_too_new",
    "数据库已由更新的程序升级,请升级此节点。",
    "A newer program has migrated the database; this node has to be upgraded.",
);

/// That it can.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Ready {
    /// Always `ready`: a node that is not gives a problem.
    #[schema(example = "ready")]
    status: &'static str,
    /// The engine of the database.
    #[schema(example = "postgres")]
    database: &'static str,
    /// The version of its schema.
    schema: i64,
    /// The version of the policy by which this node judges.
    policy: u32,
}

/// Whether this node can serve: its database answers and has a schema that this program knows, and it is not stopping.
#[utoipa::path(
    get, path = "/readyz", tag = "server", security(()),
    responses((status = 200, body = Ready), (status = 503, body = crate::error::ProblemBody)),
)]
pub(crate) async fn read(State(app): State<App>) -> Result<Json<Ready>, ApiError> {
    if app.is_stopping() {
        return Err(ApiError::from(&STOPPING));
    }
    let schema = match tokio::time::timeout(PATIENCE, app.db().schema()).await {
        Ok(Ok(schema)) => schema,
        Ok(Err(DbError::Newer { .. })) => return Err(ApiError::from(&SCHEMA_TOO_NEW)),
        Ok(Err(error)) => {
            tracing::warn!(%error, "not ready");
            return Err(ApiError::from(&NO_DATABASE));
        }
        Err(_) => return Err(ApiError::from(&NO_DATABASE)),
    };
    Ok(Json(Ready { status: "ready", database: app.db().engine(), schema, policy: app.flow().policy().version() }))
}

#[cfg(test)]
mod tests {
    use crate::db::{Statement, args};
    use crate::testing::Server;

    const LATER: Statement = Statement {
        name: "LATER",
        sql: "INSERT INTO schema_version (version, name, digest) VALUES (9999, 'from the future', $1)",
    };

    #[tokio::test]
    async fn a_node_says_why_it_is_not_ready() {
        let server = Server::start().await;
        let ready = server.get("/readyz", None).await.ok();
        assert_eq!((ready["status"].as_str(), ready["policy"].as_u64()), (Some("ready"), Some(server.policy())));
        let mut tx = server.app.db().write().await.unwrap();
        tx.run(LATER, args![vec![0_u8; 32]]).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(server.get("/readyz", None).await.problem(), (503, "schema_too_new"));
        server.app.db().close().await;
        assert_eq!(server.get("/readyz", None).await.problem(), (503, "no_database"));
        assert_eq!(server.get("/healthz", None).await.status, 200, "alive all the same");
        server.app.stop();
        assert_eq!(server.get("/readyz", None).await.problem(), (503, "stopping"));
    }
}
