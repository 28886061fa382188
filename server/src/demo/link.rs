//! The way from a phone to the server: HTTP over loopback, through a door that can be shut or that slams after some
//! bytes, as mobile networks do.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

/// What the network does to the next connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Weather {
    /// Everything passes.
    Fair,
    /// Nothing passes.
    Offline,
    /// The connection dies after this many bytes upward; then it is fair again.
    CutUp(usize),
    /// The connection dies after this many bytes downward; then it is fair again.
    CutDown(usize),
}

/// A door in front of the server for one phone.
pub(super) struct Link {
    address: SocketAddr,
    weather: Arc<Mutex<Weather>>,
}

impl Link {
    /// A door to `server`.
    pub(super) fn to(server: SocketAddr) -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let weather = Arc::new(Mutex::new(Weather::Fair));
        let outside = Arc::clone(&weather);
        std::thread::spawn(move || {
            for phone in listener.incoming().flatten() {
                let weather = {
                    let mut weather = outside.lock().unwrap_or_else(PoisonError::into_inner);
                    let now = *weather;
                    if matches!(now, Weather::CutUp(_) | Weather::CutDown(_)) {
                        *weather = Weather::Fair;
                    }
                    now
                };
                std::thread::spawn(move || carry(phone, server, weather));
            }
        });
        Ok(Self { address, weather })
    }

    /// Where the phone finds the server.
    pub(super) fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Sets what the network does from now on.
    pub(super) fn set(&self, weather: Weather) {
        *self.weather.lock().unwrap_or_else(PoisonError::into_inner) = weather;
    }
}

/// Carries one connection. Whatever goes wrong ends it, as it would for a phone; that is the point.
fn carry(phone: TcpStream, server: SocketAddr, weather: Weather) {
    let (up, down) = match weather {
        Weather::Offline => return,
        Weather::Fair => (usize::MAX, usize::MAX),
        Weather::CutUp(bytes) => (bytes, usize::MAX),
        Weather::CutDown(bytes) => (usize::MAX, bytes),
    };
    let Ok(server) = TcpStream::connect(server) else { return };
    let (Ok(phone_in), Ok(server_out)) = (phone.try_clone(), server.try_clone()) else { return };
    let upward = std::thread::spawn(move || pass(phone_in, server_out, up));
    pass(server, phone, down);
    drop(upward);
}

/// Passes bytes until the end or the limit; at the limit both sides lose the connection.
fn pass(mut from: TcpStream, mut to: TcpStream, limit: usize) {
    let mut left = limit;
    let mut buffer = [0; 1024];
    while left > 0 {
        let room = buffer.len().min(left);
        match from.read(&mut buffer[..room]) {
            Ok(0) | Err(_) => break,
            Ok(n) => {
                if to.write_all(&buffer[..n]).is_err() {
                    break;
                }
                left -= n;
            }
        }
    }
    let how = if left == 0 { Shutdown::Both } else { Shutdown::Write };
    for stream in [&from, &to] {
        if let Err(error) = stream.shutdown(if left == 0 { how } else { Shutdown::Write }) {
            tracing::trace!(%error, "the other side was gone already");
        }
    }
}
