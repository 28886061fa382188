//! A tap on the line between a node and PostgreSQL: everything passes, until a trap springs between two messages of the
//! node. Then something happens (a kill, a cut), so that the node ends between any two statements.

use std::io::{Read as _, Write as _};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

/// What to do when a trap springs.
type Springs = Box<dyn FnOnce() + Send>;

/// The tap; a copy is the same one.
#[derive(Clone)]
pub struct Tap {
    url: String,
    state: Arc<State>,
    _dir: Arc<tempfile::TempDir>,
}

struct State {
    server: PathBuf,
    trap: Mutex<Option<Trap>>,
    lines: Mutex<Lines>,
}

struct Trap {
    left: usize,
    /// Whether the message that springs it still passes.
    passes: bool,
    springs: Springs,
}

#[derive(Default)]
struct Lines {
    cut: bool,
    open: Vec<UnixStream>,
}

impl Tap {
    /// A tap on the way to the database with this URL, which names the folder of a socket (`?host=…`).
    ///
    /// # Panics
    /// When it does not, or nothing can be listened to.
    #[must_use]
    pub fn on(url: &str) -> Self {
        let (before, folder) = url.split_once("?host=").expect("the URL names a socket");
        let dir = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(dir.path().join(".s.PGSQL.5432")).unwrap();
        let state = Arc::new(State {
            server: PathBuf::from(folder).join(".s.PGSQL.5432"),
            trap: Mutex::default(),
            lines: Mutex::default(),
        });
        let url = format!("{before}?host={}", dir.path().display());
        let passing = Arc::clone(&state);
        std::thread::spawn(move || {
            for node in listener.incoming().map_while(Result::ok) {
                passing.connect(&node);
            }
        });
        Self { url, state, _dir: Arc::new(dir) }
    }

    /// How a node reaches the database through it.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// At the `nth` message from now, from 1, `springs` happens: after the message has passed, or instead of it.
    ///
    /// # Panics
    /// Never.
    pub fn lay(&self, nth: usize, passes: bool, springs: impl FnOnce() + Send + 'static) {
        *self.state.trap.lock().unwrap() = Some(Trap { left: nth, passes, springs: Box::new(springs) });
    }

    /// The trap is taken away. Whether it has sprung.
    ///
    /// # Panics
    /// Never.
    pub fn lift(&self) -> bool {
        self.state.trap.lock().unwrap().take().is_none()
    }

    /// Every connection ends, and none begins.
    ///
    /// # Panics
    /// Never.
    pub fn cut(&self) {
        let mut lines = self.state.lines.lock().unwrap();
        lines.cut = true;
        for line in lines.open.drain(..) {
            // It may have ended by itself.
            let _gone = line.shutdown(Shutdown::Both);
        }
    }
}

impl State {
    fn connect(self: &Arc<Self>, node: &UnixStream) {
        let Ok(server) = UnixStream::connect(&self.server) else { return };
        {
            let mut lines = self.lines.lock().unwrap();
            if lines.cut {
                return;
            }
            lines.open.extend([node.try_clone().unwrap(), server.try_clone().unwrap()]);
        }
        let (from, to, state) = (node.try_clone().unwrap(), server.try_clone().unwrap(), Arc::clone(self));
        std::thread::spawn(move || state.pass_up(&from, &to));
        let (from, to) = (server, node.try_clone().unwrap());
        std::thread::spawn(move || pass_down(&from, &to));
    }

    fn pass_up(&self, mut node: &UnixStream, mut server: &UnixStream) {
        let mut buffer = [0; 64 * 1024];
        while let Ok(read @ 1..) = node.read(&mut buffer) {
            let sprung = {
                let mut laid = self.trap.lock().unwrap();
                match laid.as_mut() {
                    Some(trap) if trap.left > 1 => {
                        trap.left -= 1;
                        None
                    }
                    _ => laid.take(),
                }
            };
            let passes = sprung.as_ref().is_none_or(|trap| trap.passes);
            let passed = !passes || server.write_all(&buffer[..read]).is_ok();
            if let Some(trap) = sprung {
                (trap.springs)();
            }
            if !passed || !passes {
                break;
            }
        }
        let _gone = server.shutdown(Shutdown::Both);
        let _gone = node.shutdown(Shutdown::Both);
    }
}

fn pass_down(mut server: &UnixStream, mut node: &UnixStream) {
    let mut buffer = [0; 64 * 1024];
    while let Ok(read @ 1..) = server.read(&mut buffer) {
        if node.write_all(&buffer[..read]).is_err() {
            break;
        }
    }
    let _gone = node.shutdown(Shutdown::Both);
    let _gone = server.shutdown(Shutdown::Both);
}
