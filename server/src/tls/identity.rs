//! As whom the server speaks: a certificate with its key, read from two files, and read again when they were renewed.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use rustls::crypto::ring;
use rustls::pki_types::pem::{Error as PemError, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use sha2::{Digest as _, Sha256};
use sync_core::time::Timestamp;
use zeroize::Zeroizing;

use super::validity::validity;
use crate::config::Tls;

/// Why there is no TLS.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// One of the two files is named, the other is not.
    #[error("tls.certificate and tls.key belong together: one is set, the other is not")]
    Half,
    /// A file cannot be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file has no certificate in it.
    #[error("{path} holds no certificate: expected PEM that begins with -----BEGIN CERTIFICATE-----")]
    NoCertificate {
        /// Which.
        path: PathBuf,
    },
    /// A file has no key in it.
    #[error(
        "{path} holds no private key: expected PEM that begins with -----BEGIN PRIVATE KEY-----, without a password"
    )]
    NoKey {
        /// Which.
        path: PathBuf,
    },
    /// What stands in the file is damaged, or of a kind that is not known here.
    #[error("{path} cannot be used: {why}")]
    Damaged {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The key is that of another certificate.
    #[error("the key {key} does not fit the certificate {certificate}")]
    OtherKey {
        /// The certificate.
        certificate: PathBuf,
        /// The key.
        key: PathBuf,
    },
    /// Its time is over.
    #[error("the certificate {path} expired at {at}")]
    Expired {
        /// Which.
        path: PathBuf,
        /// When.
        at: Timestamp,
    },
    /// Its time has not come.
    #[error("the certificate {path} is not valid before {at}")]
    NotYet {
        /// Which.
        path: PathBuf,
        /// From when on.
        at: Timestamp,
    },
    /// No protocol is left.
    #[error("TLS cannot be set up: {0}")]
    Protocol(rustls::Error),
}

/// As whom the server speaks at the time.
#[derive(Debug)]
pub struct Identity {
    certificate: PathBuf,
    key: PathBuf,
    in_use: RwLock<InUse>,
}

#[derive(Debug)]
struct InUse {
    certified: Arc<CertifiedKey>,
    /// What the files held.
    seen: [u8; 32],
    until: Timestamp,
}

/// What the two files hold.
struct Files {
    certificate: Vec<u8>,
    key: Zeroizing<Vec<u8>>,
}

impl Identity {
    /// What the configuration names; `None` when it names nothing.
    ///
    /// # Errors
    /// [`TlsError`], with the file and what is wrong with it.
    pub fn of_config(config: &Tls, now: Timestamp) -> Result<Option<Arc<Self>>, TlsError> {
        match (&config.certificate, &config.key) {
            (None, None) => Ok(None),
            (Some(certificate), Some(key)) => Self::open(certificate, key, now).map(|found| Some(Arc::new(found))),
            _ => Err(TlsError::Half),
        }
    }

    fn open(certificate: &Path, key: &Path, now: Timestamp) -> Result<Self, TlsError> {
        let files = Files::read(certificate, key)?;
        let in_use = files.identity((certificate, key), now)?;
        Ok(Self { certificate: certificate.to_owned(), key: key.to_owned(), in_use: RwLock::new(in_use) })
    }

    /// Reads the files again, and takes up what they hold when that is something else than before. Whether it was.
    ///
    /// # Errors
    /// [`TlsError`]; then all is as it was.
    pub fn renew(&self, now: Timestamp) -> Result<bool, TlsError> {
        let files = Files::read(&self.certificate, &self.key)?;
        if files.digest() == self.in_use().seen {
            return Ok(false);
        }
        let renewed = files.identity((&self.certificate, &self.key), now)?;
        *self.in_use.write().unwrap_or_else(PoisonError::into_inner) = renewed;
        Ok(true)
    }

    /// A hash of what the files hold at the time; none when they cannot be read.
    pub(super) fn on_disk(&self) -> Option<[u8; 32]> {
        Files::read(&self.certificate, &self.key).ok().map(|files| files.digest())
    }

    /// Until when the certificate in use is valid.
    #[must_use]
    pub fn until(&self) -> Timestamp {
        self.in_use().until
    }

    fn in_use(&self) -> std::sync::RwLockReadGuard<'_, InUse> {
        self.in_use.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ResolvesServerCert for Identity {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.in_use().certified))
    }
}

impl Files {
    fn read(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        let read = |path: &Path| std::fs::read(path).map_err(|source| TlsError::Read { path: path.to_owned(), source });
        Ok(Self { certificate: read(certificate)?, key: Zeroizing::new(read(key)?) })
    }

    fn digest(&self) -> [u8; 32] {
        let length = self.certificate.len().to_be_bytes();
        Sha256::new().chain_update(length).chain_update(&self.certificate).chain_update(&self.key[..]).finalize().into()
    }

    fn identity(&self, (at, key_at): (&Path, &Path), now: Timestamp) -> Result<InUse, TlsError> {
        let damaged = |path: &Path, why: String| TlsError::Damaged { path: path.to_owned(), why };
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&self.certificate).collect();
        let chain: Vec<CertificateDer<'static>> = chain.map_err(|error| damaged(at, error.to_string()))?;
        let first = chain.first().ok_or_else(|| TlsError::NoCertificate { path: at.to_owned() })?;
        let (from, until) =
            validity(first).ok_or_else(|| damaged(at, "what it holds is no X.509 certificate".to_owned()))?;
        if until <= now {
            return Err(TlsError::Expired { path: at.to_owned(), at: until });
        }
        if now < from {
            return Err(TlsError::NotYet { path: at.to_owned(), at: from });
        }
        let key = PrivateKeyDer::from_pem_slice(&self.key).map_err(|error| match error {
            PemError::NoItemsFound => TlsError::NoKey { path: key_at.to_owned() },
            other => damaged(key_at, other.to_string()),
        })?;
        let provider = ring::default_provider();
        let signing = provider.key_provider.load_private_key(key);
        let certified = CertifiedKey::new(chain, signing.map_err(|error| damaged(key_at, error.to_string()))?);
        certified.keys_match().map_err(|error| match error {
            rustls::Error::InconsistentKeys(_) => {
                TlsError::OtherKey { certificate: at.to_owned(), key: key_at.to_owned() }
            }
            other => damaged(at, other.to_string()),
        })?;
        Ok(InUse { certified: Arc::new(certified), seen: self.digest(), until })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{CertificateParams, KeyPair, date_time_ymd};

    const NOW: Timestamp = Timestamp::from_millis(1_795_400_000_000);

    /// A certificate of these years with its key.
    fn made(from: i32, until: i32) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec!["doorstep.example.org".to_owned()]).unwrap();
        params.not_before = date_time_ymd(from, 1, 1);
        params.not_after = date_time_ymd(until, 1, 1);
        (params.self_signed(&key).unwrap().pem(), key.serialize_pem())
    }

    #[test]
    fn what_is_wrong_is_said_with_its_file() {
        let dir = tempfile::tempdir().unwrap();
        let (certificate, key) = (dir.path().join("fullchain.pem"), dir.path().join("key.pem"));
        let opened = |pem: &str, key_pem: &str| {
            std::fs::write(&certificate, pem).unwrap();
            std::fs::write(&key, key_pem).unwrap();
            Identity::open(&certificate, &key, NOW).map(|found| found.until()).map_err(|error| error.to_string())
        };
        let (good, of_good) = made(2026, 2027);
        let (_, of_other) = made(2026, 2027);
        let (old, of_old) = made(2020, 2021);
        let (far, of_far) = made(2050, 2060);
        assert_eq!(opened(&good, &of_good).unwrap().to_string(), "2027-01-01 08:00");
        assert_eq!(opened(&format!("{good}{old}"), &of_good).unwrap().to_string(), "2027-01-01 08:00", "a chain");
        let cases = [
            (good.as_str(), of_other.as_str(), "key.pem does not fit the certificate"),
            (&old, &of_old, "fullchain.pem expired at 2021-01-01 08:00"),
            (&far, &of_far, "fullchain.pem is not valid before 2050-01-01 08:00"),
            ("", &of_good, "fullchain.pem holds no certificate"),
            (&of_good, &of_good, "fullchain.pem holds no certificate"),
            (&good, "", "key.pem holds no private key"),
            (&good, &good, "key.pem holds no private key"),
            ("-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n", &of_good, "is no X.509 certificate"),
            ("-----BEGIN CERTIFICATE-----\nMAA=\n", &of_good, "fullchain.pem cannot be used"),
            (&good, "-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n", "key.pem cannot be used"),
        ];
        for (pem, key_pem, says) in cases {
            let error = opened(pem, key_pem).unwrap_err();
            assert!(error.contains(says), "{error} instead of {says}");
        }
        std::fs::remove_file(&key).unwrap();
        let error = Identity::open(&certificate, &key, NOW).unwrap_err().to_string();
        assert!(error.contains("cannot read") && error.contains("key.pem"), "{error}");
        let half = Tls { certificate: Some(certificate), ..Tls::default() };
        assert!(matches!(Identity::of_config(&half, NOW), Err(TlsError::Half)));
        assert!(Identity::of_config(&Tls::default(), NOW).unwrap().is_none());
    }

    #[test]
    fn what_cannot_be_used_leaves_the_one_before() {
        let dir = tempfile::tempdir().unwrap();
        let (certificate, key) = (dir.path().join("c.pem"), dir.path().join("k.pem"));
        let write = |(pem, key_pem): &(String, String)| {
            std::fs::write(&certificate, pem).unwrap();
            std::fs::write(&key, key_pem).unwrap();
        };
        write(&made(2026, 2027));
        let identity = Identity::open(&certificate, &key, NOW).unwrap();
        let before = identity.until();
        assert!(!identity.renew(NOW).unwrap(), "nothing is new");
        write(&made(2020, 2021));
        assert!(identity.renew(NOW).is_err());
        assert_eq!(identity.until(), before);
        write(&made(2026, 2028));
        assert!(identity.renew(NOW).unwrap());
        assert_eq!(identity.until().to_string(), "2028-01-01 08:00");
    }
}
