//! The road between phones and nodes, each connection to the next node in turn, with a trap on it: at one moment,
//! counted in bytes, in writes of the database or in messages to it, a node is killed.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use doorstep_tests::server::{Killer, Server};
use doorstep_tests::tap::Tap;

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
    /// When the node has sent so many messages to PostgreSQL, which is to say between two statements; and whether the
    /// last of them still arrives.
    Asked(usize, bool),
}

/// What can be watched of a node beside the road.
pub(crate) enum Beside<'a> {
    /// The file of its database.
    File(PathBuf),
    /// Its line to PostgreSQL.
    Line(&'a Tap),
}

/// The road. Phones find its beginning at one address, wherever the nodes are.
pub(crate) struct Road {
    address: SocketAddr,
    state: Arc<State>,
}

struct State {
    nodes: Mutex<Vec<SocketAddr>>,
    turn: AtomicUsize,
    trap: Mutex<Option<Trap>>,
}

struct Trap {
    moment: Moment,
    doomed: SocketAddr,
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
        let state = Arc::new(State { nodes: Mutex::default(), turn: AtomicUsize::new(0), trap: Mutex::new(None) });
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

    /// A node is up, there.
    pub(crate) fn leads_to(&self, node: SocketAddr) {
        self.state.nodes.lock().unwrap().push(node);
    }

    /// A node stops: no connection begins there any more.
    pub(crate) fn leaves(&self, node: SocketAddr) {
        self.state.nodes.lock().unwrap().retain(|other| *other != node);
    }

    /// Whether any node is up.
    pub(crate) fn leads_anywhere(&self) -> bool {
        !self.state.nodes.lock().unwrap().is_empty()
    }

    /// Lays the trap for a node.
    pub(crate) fn arm(&self, moment: Moment, doomed: &Server, beside: &Beside<'_>) {
        *self.state.trap.lock().unwrap() = Some(Trap { moment, doomed: doomed.address, killer: doomed.killer() });
        let state = Arc::clone(&self.state);
        match (moment, beside) {
            (Moment::Written(_), Beside::File(file)) => {
                let journal = file.with_extension("db-wal");
                std::thread::spawn(move || state.watch(&journal));
            }
            (Moment::Asked(nth, passes), Beside::Line(tap)) => tap.lay(nth, passes, move || state.kill()),
            _ => {}
        }
    }

    /// Whether the node was killed since the trap was laid.
    pub(crate) fn sprung(&self) -> bool {
        self.state.trap.lock().unwrap().is_none()
    }
}

impl State {
    fn carry(self: Arc<Self>, phone: &TcpStream) {
        // While there is no node, the connection is dropped, and the phone is offline.
        let Some(node) = self.next() else { return };
        let Ok(server) = TcpStream::connect(node) else { return };
        let (Ok(phone_out), Ok(server_in)) = (phone.try_clone(), server.try_clone()) else { return };
        let down = Arc::clone(&self);
        let downward = std::thread::spawn(move || down.pass(&server_in, &phone_out, (Way::Down, node)));
        self.pass(phone, &server, (Way::Up, node));
        self.hung_up(node);
        downward.join().unwrap();
    }

    fn next(&self) -> Option<SocketAddr> {
        let nodes = self.nodes.lock().unwrap();
        let turn = self.turn.fetch_add(1, Ordering::SeqCst);
        nodes.get(turn % nodes.len().max(1)).copied()
    }

    /// Passes bytes on until one side ends; then the other ends too.
    fn pass(&self, mut from: &TcpStream, mut to: &TcpStream, way: (Way, SocketAddr)) {
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
    fn meet(&self, (way, node): (Way, SocketAddr), bytes: usize) -> (usize, Option<Trap>) {
        let mut laid = self.trap.lock().unwrap();
        let left = match laid.as_mut().filter(|trap| trap.doomed == node).map(|trap| &mut trap.moment) {
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

    fn hung_up(&self, node: SocketAddr) {
        let mut laid = self.trap.lock().unwrap();
        let Some(Trap { moment: Moment::Answered(left), doomed, .. }) = laid.as_mut() else { return };
        if *doomed != node {
            return;
        }
        *left -= 1;
        if *left == 0 {
            drop(laid);
            self.kill();
        }
    }

    fn kill(&self) {
        let trap = self.spring(&mut self.trap.lock().unwrap());
        trap.into_iter().for_each(|trap| trap.killer.kill());
    }

    /// From here on the road does not lead to the node.
    fn spring(&self, laid: &mut Option<Trap>) -> Option<Trap> {
        let trap = laid.take()?;
        self.nodes.lock().unwrap().retain(|node| *node != trap.doomed);
        Some(trap)
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
                    drop(laid);
                    return self.kill();
                }
            }
            std::thread::sleep(LOOK);
        }
    }
}
