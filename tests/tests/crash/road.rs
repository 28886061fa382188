//! The road between phones and server, with a trap on it: at one moment, counted in bytes or in writes of the
//! database, the server is killed.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use doorstep_tests::server::Killer;

/// When to kill.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Moment {
    /// After so many bytes of requests have gone up.
    Up(usize),
    /// After so many bytes of answers have come down; with 0, when the first of them is about to.
    Down(usize),
    /// When so many answers have come down whole and the phone hangs up.
    Answered(usize),
    /// When the journal of the database has been seen to change so many times: while a transaction is written, or
    /// just after.
    Written(usize),
}

/// The road. Phones find its beginning at one address, wherever the server is.
pub(crate) struct Road {
    address: SocketAddr,
    state: Arc<State>,
}

struct State {
    server: Mutex<Option<SocketAddr>>,
    trap: Mutex<Option<Trap>>,
}

struct Trap {
    moment: Moment,
    killer: Killer,
}

#[derive(Clone, Copy, PartialEq)]
enum Way {
    Up,
    Down,
}

/// How often the journal is looked at.
const LOOK: Duration = Duration::from_micros(200);

impl Road {
    pub(crate) fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State { server: Mutex::new(None), trap: Mutex::new(None) });
        let carrier = Arc::clone(&state);
        std::thread::spawn(move || {
            for phone in listener.incoming().map_while(Result::ok) {
                let state = Arc::clone(&carrier);
                std::thread::spawn(move || state.carry(&phone));
            }
        });
        Self { address, state }
    }

    /// Where phones go.
    pub(crate) fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The server is up again, there.
    pub(crate) fn leads_to(&self, server: SocketAddr) {
        *self.state.server.lock().unwrap() = Some(server);
    }

    /// Lays the trap.
    pub(crate) fn arm(&self, moment: Moment, killer: Killer, database: Option<PathBuf>) {
        *self.state.trap.lock().unwrap() = Some(Trap { moment, killer });
        if let (Moment::Written(_), Some(file)) = (moment, database) {
            let (state, journal) = (Arc::clone(&self.state), file.with_extension("db-wal"));
            std::thread::spawn(move || state.watch(&journal));
        }
    }

    /// Whether the server was killed since the trap was laid.
    pub(crate) fn sprung(&self) -> bool {
        self.state.trap.lock().unwrap().is_none()
    }
}

impl State {
    fn carry(self: Arc<Self>, phone: &TcpStream) {
        // While there is no server, the connection is dropped, and the phone is offline.
        let Some(server) = *self.server.lock().unwrap() else { return };
        let Ok(server) = TcpStream::connect(server) else { return };
        let (Ok(phone_out), Ok(server_in)) = (phone.try_clone(), server.try_clone()) else { return };
        let down = Arc::clone(&self);
        let downward = std::thread::spawn(move || down.pass(&server_in, &phone_out, Way::Down));
        self.pass(phone, &server, Way::Up);
        self.hung_up();
        downward.join().unwrap();
    }

    /// Passes bytes on until one side ends; then the other ends too.
    fn pass(&self, mut from: &TcpStream, mut to: &TcpStream, way: Way) {
        let mut buffer = [0; 4096];
        while let Ok(read @ 1..) = from.read(&mut buffer) {
            let (may_pass, trap) = self.meet(way, read);
            let passed = to.write_all(&buffer[..may_pass]);
            if let Some(trap) = trap {
                trap.killer.kill();
            } else if passed.is_err() {
                break;
            }
        }
        // Either may be gone already.
        let _to = to.shutdown(Shutdown::Both);
        let _from = from.shutdown(Shutdown::Both);
    }

    /// How many of the next bytes pass, and the trap if it springs after them.
    fn meet(&self, way: Way, bytes: usize) -> (usize, Option<Trap>) {
        let mut laid = self.trap.lock().unwrap();
        let left = match laid.as_mut().map(|trap| &mut trap.moment) {
            Some(Moment::Up(left)) if way == Way::Up => left,
            Some(Moment::Down(left)) if way == Way::Down => left,
            _ => return (bytes, None),
        };
        if *left > bytes {
            *left -= bytes;
            return (bytes, None);
        }
        let pass = *left;
        (pass, self.spring(&mut laid))
    }

    fn hung_up(&self) {
        let mut laid = self.trap.lock().unwrap();
        let Some(Trap { moment: Moment::Answered(left), .. }) = laid.as_mut() else { return };
        *left -= 1;
        if *left == 0 {
            let trap = self.spring(&mut laid);
            drop(laid);
            trap.into_iter().for_each(|trap| trap.killer.kill());
        }
    }

    /// From here on the road leads nowhere.
    fn spring(&self, laid: &mut Option<Trap>) -> Option<Trap> {
        *self.server.lock().unwrap() = None;
        laid.take()
    }

    /// Waits for the journal to change as often as the trap says.
    fn watch(&self, journal: &PathBuf) {
        let look = || std::fs::metadata(journal).ok().and_then(|found| Some((found.len(), found.modified().ok()?)));
        let mut before = look();
        loop {
            let now = look();
            if now != before {
                before = now;
                let mut laid = self.trap.lock().unwrap();
                let Some(Trap { moment: Moment::Written(left), .. }) = laid.as_mut() else { return };
                *left -= 1;
                if *left == 0 {
                    let trap = self.spring(&mut laid);
                    drop(laid);
                    trap.into_iter().for_each(|trap| trap.killer.kill());
                    return;
                }
            }
            std::thread::sleep(LOOK);
        }
    }
}
