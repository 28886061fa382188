//! `GET /healthz`: whether the program is alive. Nothing of the database is asked: a program that is started again
//! because its database does not answer helps nobody.

use axum::Json;
use axum::extract::State;
use serde::Serialize;

use super::Moment;
use crate::app::App;

/// That it is.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Health {
    /// Always `ok`.
    #[schema(example = "ok")]
    status: &'static str,
    /// The server's clock.
    #[schema(value_type = String, format = DateTime)]
    now: Moment,
    /// The version of the program.
    version: &'static str,
}

/// Whether the server is alive.
#[utoipa::path(get, path = "/healthz", tag = "server", security(()), responses((status = 200, body = Health)))]
pub(crate) async fn read(State(app): State<App>) -> Json<Health> {
    Json(Health { status: "ok", now: app.clock().now().into(), version: env!("CARGO_PKG_VERSION") })
}
