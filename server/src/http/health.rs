//! `GET /healthz`: whether the server can serve.

use axum::Json;
use axum::extract::State;
use serde::Serialize;

use super::Moment;
use crate::app::App;
use crate::error::ApiError;

/// That it can.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Health {
    /// Always `ok`: a server that is not gives a problem.
    #[schema(example = "ok")]
    status: &'static str,
    /// The server's clock.
    #[schema(value_type = String, format = DateTime)]
    now: Moment,
    /// The version of the program.
    version: &'static str,
}

/// Whether the server and its database can serve.
#[utoipa::path(get, path = "/healthz", tag = "server", security(()), responses((status = 200, body = Health)))]
pub(crate) async fn read(State(app): State<App>) -> Result<Json<Health>, ApiError> {
    drop(app.db().read().await?);
    Ok(Json(Health { status: "ok", now: app.clock().now().into(), version: env!("CARGO_PKG_VERSION") }))
}
