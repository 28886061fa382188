//! Signatures by Standard Webhooks 1.0: HMAC-SHA-256 over `id.timestamp.body` under a secret that only the server and the
//! receiver know. <https://www.standardwebhooks.com>

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use sync_core::time::Timestamp;

use crate::db::webhook::Webhook;
use crate::random::Random;

/// Bytes of a secret.
const SECRET: usize = 32;

/// A new secret.
pub(crate) fn secret(random: &(dyn Random + 'static)) -> Vec<u8> {
    random.bytes::<SECRET>().to_vec()
}

/// A secret as receivers are told it.
pub(crate) fn shown(secret: &[u8]) -> String {
    format!("whsec_{}", STANDARD.encode(secret))
}

/// The value of `webhook-signature`: under the secret and, while it is rotated, under the one before. `timestamp` is in
/// seconds.
pub(crate) fn signatures(webhook: &Webhook, id: &str, (now, timestamp): (Timestamp, i64), body: &[u8]) -> String {
    let before = webhook.before.iter().filter(|(_, until)| now < *until).map(|(secret, _)| secret);
    let secrets = std::iter::once(&webhook.secret).chain(before);
    secrets.map(|secret| signature(secret, id, timestamp, body)).collect::<Vec<_>>().join(" ")
}

fn signature(secret: &[u8], id: &str, timestamp: i64, body: &[u8]) -> String {
    let Ok(mut mac) = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(secret) else {
        unreachable!("HMAC takes keys of every length");
    };
    mac.update(format!("{id}.{timestamp}.").as_bytes());
    mac.update(body);
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vector that the libraries of the standard are tested with.
    #[test]
    fn the_published_vector() {
        let secret = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signed = signature(&secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, br#"{"test": 2432232314}"#);
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        assert_eq!(shown(&secret), "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    }
}
