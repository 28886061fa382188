//! TLS on the server's own listener, when it is given a certificate: HTTP/2 and HTTP/1.1 over TLS 1.3 and 1.2.
//!
//! Each handshake is a task of its own with a deadline, so that one that stalls is in nobody's way. A certificate that
//! was renewed is taken up without a restart; one that cannot be used is not, and the one before goes on.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use rustls::ServerConfig;
use rustls::crypto::ring;
use sync_core::limits;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::error::{self, Problem};

mod identity;
mod keep;
mod validity;

pub use identity::{Identity, TlsError};
pub use keep::keep_identity;

/// How long a handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(limits::TLS_HANDSHAKE_SECONDS);
/// How long to wait when the machine has no room for a connection.
const REST: Duration = Duration::from_millis(200);
/// What a TLS connection begins with: a record of a handshake.
const RECORD: u8 = 0x16;
/// Most bytes that are read of somebody who does not speak TLS.
const UNREAD: u64 = 64 * 1024;

pub(crate) const HTTPS_ONLY: Problem = Problem::new(
    400,
    "https_only",
    "此端口只接受 HTTPS,请用 https:// 访问。",
    "This port speaks HTTPS only; please use https://.",
);

/// Where a connection comes from.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub SocketAddr);

impl Connected<IncomingStream<'_, TcpListener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, TcpListener>) -> Self {
        Self(*stream.remote_addr())
    }
}

impl Connected<IncomingStream<'_, TlsListener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, TlsListener>) -> Self {
        Self(*stream.remote_addr())
    }
}

/// A handshake that is over: the connection, if it came to one.
type Shaken = Option<(TlsStream<TcpStream>, SocketAddr)>;

/// Listens for TLS.
pub struct TlsListener {
    tcp: TcpListener,
    acceptor: TlsAcceptor,
    handshakes: JoinSet<Shaken>,
}

impl TlsListener {
    /// Over this listener, as whoever this is at the time.
    ///
    /// # Errors
    /// When the crypto provider offers no protocol that is allowed here.
    pub fn new(tcp: TcpListener, identity: &Arc<Identity>) -> Result<Self, TlsError> {
        let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let builder = builder.with_safe_default_protocol_versions().map_err(TlsError::Protocol)?;
        let mut config = builder.with_no_client_auth().with_cert_resolver(Arc::clone(identity) as _);
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Self { tcp, acceptor: TlsAcceptor::from(Arc::new(config)), handshakes: JoinSet::new() })
    }
}

impl Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            tokio::select! {
                accepted = self.tcp.accept(), if self.handshakes.len() < limits::TLS_HANDSHAKES => match accepted {
                    Ok((stream, peer)) => {
                        let acceptor = self.acceptor.clone();
                        let shaken = async move { Some((shake(&acceptor, stream).await?, peer)) };
                        let in_time = async move { tokio::time::timeout(HANDSHAKE, shaken).await.ok().flatten() };
                        self.handshakes.spawn(in_time);
                    }
                    Err(error) => {
                        tracing::warn!(%error, "a connection could not be accepted");
                        tokio::time::sleep(REST).await;
                    }
                },
                Some(shaken) = self.handshakes.join_next() => {
                    if let Ok(Some(connection)) = shaken {
                        return connection;
                    }
                }
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        self.tcp.local_addr()
    }
}

/// One handshake. Whoever speaks HTTP in the clear is told so, in a way that they can read.
async fn shake(acceptor: &TlsAcceptor, mut stream: TcpStream) -> Option<TlsStream<TcpStream>> {
    let mut first = [0];
    if stream.peek(&mut first).await.ok()? == 0 {
        return None;
    }
    if first[0] != RECORD {
        let _told = tell(&mut stream).await;
        return None;
    }
    let _quick = stream.set_nodelay(true);
    acceptor.accept(stream).await.inspect_err(|error| tracing::debug!(%error, "a handshake failed")).ok()
}

async fn tell(stream: &mut TcpStream) -> std::io::Result<()> {
    let body = error::text(&HTTPS_ONLY);
    let head = format!(
        "HTTP/1.1 400 Bad Request\r\nContent-Type: application/problem+json\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body.as_bytes()).await?;
    stream.shutdown().await?;
    // A connection that is closed with bytes unread takes the answer with it.
    tokio::io::copy(&mut stream.take(UNREAD), &mut tokio::io::sink()).await.map(drop)
}
