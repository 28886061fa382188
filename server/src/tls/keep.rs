//! Takes up renewed certificates while the server runs: at a signal, and when the files have changed.

use std::sync::Arc;
use std::time::Duration;

use sync_core::time::Span;

use super::Identity;
use crate::app::App;

/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(5);
/// How long before its end a certificate is complained about, once a day.
const SOON: Span = Span::days(14);

/// Looks at the files of the certificate until the server stops.
pub async fn keep_identity(app: App, identity: Arc<Identity>) {
    let mut looks = tokio::time::interval(LOOK);
    looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut hangups = Hangups::new();
    // What the files held when they were last judged: what cannot be used is complained about once.
    let mut judged = None;
    let mut said_on = None;
    loop {
        let asked = tokio::select! {
            _ = looks.tick() => false,
            () = hangups.next() => true,
            () = app.stopping() => return,
        };
        let now = app.clock().now();
        let found = identity.on_disk();
        if asked || judged != Some(found) {
            judged = Some(found);
            match identity.renew(now) {
                Ok(true) => tracing::info!(until = %identity.until(), "a renewed certificate is in use"),
                Ok(false) if asked => tracing::info!("the certificate is the one that was in use"),
                Ok(false) => {}
                Err(error) => tracing::error!(%error, "a new certificate cannot be used; the one before goes on"),
            }
        }
        let today = now.civil().date();
        if identity.until() < now + SOON && said_on != Some(today) {
            said_on = Some(today);
            tracing::warn!(until = %identity.until(), "the certificate ends soon: renew it");
        }
    }
}

/// SIGHUP, where there is one.
struct Hangups {
    #[cfg(unix)]
    signal: Option<tokio::signal::unix::Signal>,
}

impl Hangups {
    fn new() -> Self {
        Self {
            #[cfg(unix)]
            signal: tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup()).ok(),
        }
    }

    async fn next(&mut self) {
        #[cfg(unix)]
        if let Some(signal) = &mut self.signal
            && signal.recv().await.is_some()
        {
            return;
        }
        std::future::pending().await
    }
}
