//! One attempt: a POST with the headers of the standard. No redirects, no proxy of the environment, a time limit, and
//! nothing read of the answer but its status.

use std::sync::Arc;
use std::time::Duration;

use sync_core::time::Timestamp;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

use super::problem::Problem;
use super::sign;
use crate::db::delivery::Delivery;
use crate::db::webhook::Webhook;

/// Most bytes of an answer's head.
const HEAD_BYTES: usize = 16 * 1024;

/// Sends deliveries.
#[derive(Clone)]
pub(crate) struct Sender {
    agent: ureq::Agent,
}

impl Sender {
    /// A sender that waits so long for an answer. It trusts the authorities that the machine trusts: a street's own
    /// network often has one of its own.
    pub(crate) fn new(timeout: Duration) -> Self {
        let found = rustls_native_certs::load_native_certs();
        let roots = RootCerts::from(found.certs.iter().map(|der| Certificate::from_der(der).to_owned()));
        let tls = TlsConfig::builder()
            .root_certs(roots)
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .build();
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(timeout))
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .max_response_header_size(HEAD_BYTES)
            .max_idle_connections(0)
            .proxy(None)
            .user_agent(concat!("doorstep/", env!("CARGO_PKG_VERSION")))
            .tls_config(tls)
            .build();
        Self { agent: config.into() }
    }

    /// Sends one. Blocks until it is answered, or not.
    ///
    /// # Errors
    /// [`Problem`]
    pub(crate) fn send(&self, webhook: &Webhook, delivery: &Delivery, now: Timestamp) -> Result<(), Problem> {
        let (id, seconds) = (delivery.id.to_string(), now.millis().div_euclid(1_000));
        let signature = sign::signatures(webhook, &id, (now, seconds), &delivery.body);
        let request = self
            .agent
            .post(&webhook.url)
            .content_type("application/json")
            .header("webhook-id", &id)
            .header("webhook-timestamp", seconds.to_string())
            .header("webhook-signature", signature);
        let answer = request.send(&delivery.body[..]).map_err(|error| problem(&error))?;
        match answer.status().as_u16() {
            200..=299 => Ok(()),
            status => Err(Problem::Status(status)),
        }
    }
}

fn problem(error: &ureq::Error) -> Problem {
    use std::io::ErrorKind;
    match error {
        ureq::Error::HostNotFound => Problem::NoHost,
        ureq::Error::Timeout(_) => Problem::Timeout,
        ureq::Error::ConnectionFailed => Problem::Refused,
        ureq::Error::Tls(_) | ureq::Error::Pem(_) | ureq::Error::Rustls(_) | ureq::Error::TlsRequired => Problem::Tls,
        ureq::Error::Io(error) => match error.kind() {
            ErrorKind::ConnectionRefused | ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => {
                Problem::Refused
            }
            ErrorKind::TimedOut | ErrorKind::WouldBlock => Problem::Timeout,
            // rustls wraps what it refuses.
            ErrorKind::InvalidData => Problem::Tls,
            _ => Problem::Broken,
        },
        _ => Problem::Broken,
    }
}
