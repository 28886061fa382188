//! Serves the API on a listener until told to stop, and does what the clock asks for meanwhile.

use std::future::{Future, IntoFuture as _};
use std::net::SocketAddr;
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::task::JoinSet;

use crate::admin::Admin;
use crate::app::App;
use crate::checkpoint;
use crate::hint;
use crate::router::router;
use crate::tls::Peer;

/// How often deadlines are looked at.
const TICK: Duration = Duration::from_secs(60);

/// Serves on `listener` until `stop` is ready. Then the node says that it is not ready any more, goes on for as long as
/// [`crate::config::Stop`] says, takes no new requests, and gives those that are running their time to end.
///
/// # Errors
/// When the listener fails.
pub async fn serve<L>(app: App, listener: L, stop: impl Future<Output = ()> + Send + 'static) -> std::io::Result<()>
where
    L: Listener<Addr = SocketAddr>,
    for<'a> Peer: Connected<IncomingStream<'a, L>>,
{
    let mut hints = JoinSet::new();
    hints.spawn(hint::keep_telling(app.clone()));
    let (drain, grace) = (app.config().stop.drain(), app.config().stop.grace());
    let service = router(app.clone()).into_make_service_with_connect_info::<Peer>();
    let stopping = app.clone();
    let until = async move {
        stop.await;
        stopping.stop();
        tokio::time::sleep(drain).await;
    };
    let out_of_time = async {
        app.stopping().await;
        tokio::time::sleep(drain + grace).await;
    };
    tokio::select! {
        served = axum::serve(listener, service).with_graceful_shutdown(until).into_future() => served,
        () = out_of_time => {
            tracing::warn!("requests that were still running are cut off");
            Ok(())
        }
    }
}

/// Does what is planned for a date, keeps checkpoints and looks at deadlines every minute, until the server stops. A failure is logged; the
/// next minute tries again.
pub async fn keep_time(app: App) {
    let mut minutes = tokio::time::interval(TICK);
    minutes.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = minutes.tick() => {}
            () = app.stopping() => return,
        }
        if let Err(error) = Admin::new(&app).keep_dates().await {
            tracing::error!(%error, "what is planned for a date could not be done");
        }
        if let Err(error) = checkpoint::keep(&app).await {
            tracing::error!(%error, "a checkpoint could not be kept elsewhere");
        }
        if let Err(error) = app.flow().tick(app.db(), app.clock().now()).await {
            tracing::error!(%error, "deadlines could not be looked at");
        }
    }
}
