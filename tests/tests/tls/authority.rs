//! A certificate authority of a street's own, and clients that know it.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned, SupportedProtocolVersion};
use ureq::tls::{Certificate, RootCerts, TlsConfig};

/// A connection.
pub(crate) type Tls = StreamOwned<ClientConnection, TcpStream>;

/// The authority.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    root: CertificateDer<'static>,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let root = params.self_signed(&key).unwrap().der().clone();
        Self { issuer: Issuer::new(params, key), root }
    }

    /// Writes a new certificate with its key, as a renewal does: the certificate first.
    pub(crate) fn issue(&self, dir: &Path) {
        self.issue_until(2090, dir, "certificate.pem", "key.pem");
    }

    pub(crate) fn issue_until(&self, year: i32, dir: &Path, certificate: &str, key_name: &str) {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec!["127.0.0.1".to_owned(), "localhost".to_owned()]).unwrap();
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(year, 1, 1);
        let made = params.signed_by(&key, &self.issuer).unwrap();
        std::fs::write(dir.join(certificate), made.pem()).unwrap();
        std::fs::write(dir.join(key_name), key.serialize_pem()).unwrap();
    }

    /// For a client of HTTP.
    pub(crate) fn ureq(&self) -> TlsConfig {
        TlsConfig::builder()
            .root_certs(RootCerts::from([Certificate::from_der(&self.root).to_owned()]))
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .build()
    }

    /// A connection of one's own.
    pub(crate) fn connect(
        &self,
        address: SocketAddr,
        versions: &[&'static SupportedProtocolVersion],
        alpn: &[&[u8]],
    ) -> Tls {
        let mut roots = RootCertStore::empty();
        roots.add(self.root.clone()).unwrap();
        let builder = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()));
        let builder = builder.with_protocol_versions(versions).unwrap();
        let mut config = builder.with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
        let name = ServerName::try_from("localhost").unwrap();
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        StreamOwned::new(ClientConnection::new(Arc::new(config), name).unwrap(), stream)
    }

    /// The certificate that the server shows now.
    pub(crate) fn shown(&self, address: SocketAddr) -> Vec<u8> {
        let mut tls = self.connect(address, rustls::ALL_VERSIONS, &[]);
        tls.conn.complete_io(&mut tls.sock).unwrap();
        tls.conn.peer_certificates().unwrap()[0].to_vec()
    }
}

/// All that still comes.
pub(crate) fn read_all(tls: &mut Tls) -> String {
    let mut answer = Vec::new();
    // A server need not say goodbye.
    let _end = tls.read_to_end(&mut answer);
    String::from_utf8(answer).unwrap()
}

/// Asks for something on a connection, and what is answered.
pub(crate) fn ask(mut tls: Tls, path: &str) -> String {
    write!(tls, "GET {path} HTTP/1.1\r\nHost: doorstep\r\nConnection: close\r\n\r\n").unwrap();
    tls.flush().unwrap();
    read_all(&mut tls)
}
