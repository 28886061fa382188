//! Serves the API on a listener until told to stop.

use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpListener;

use crate::admin::Admin;
use crate::app::App;
use crate::router::router;

/// How often deadlines are looked at.
const TICK: Duration = Duration::from_secs(60);

/// Serves on `listener` until `stop` is ready; requests that are running are finished.
///
/// # Errors
/// When the listener fails.
pub async fn serve(
    app: App,
    listener: TcpListener,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let service = router(app).into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service).with_graceful_shutdown(stop).await
}

/// Does what is planned for a date and looks at deadlines every minute, for as long as it is polled. A failure is logged; the next minute tries again.
pub async fn keep_time(app: App) {
    let mut minutes = tokio::time::interval(TICK);
    minutes.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        minutes.tick().await;
        if let Err(error) = Admin::new(&app).keep_dates().await {
            tracing::error!(%error, "what is planned for a date could not be done");
        }
        if let Err(error) = app.flow().tick(app.db(), app.clock().now()).await {
            tracing::error!(%error, "deadlines could not be looked at");
        }
    }
}
