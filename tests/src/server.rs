//! The real `doorstep` program on a data directory of its own: started on a free port, killed, started again. Nothing
//! here waits for a length of time; everything waits for what it needs to happen, and gives up after [`PATIENCE`].

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use doorstep::config::Config;
use doorstep::db::Location;

use crate::scratch::Scratch;

/// How long to wait for what ought to happen at once, on a machine that is busy with something else.
const PATIENCE: Duration = Duration::from_secs(120);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(5);

/// The program.
///
/// Cargo tells the path of a program only to tests of its own package, so it is built here, once in each test process,
/// with the same cargo, profile and target directory as the test itself: up to date, so nothing to do, when the
/// workspace was built before. `--workspace` asks for the same features of all crates, so that nothing is built twice.
///
/// # Panics
/// When it does not build.
pub fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        // target/PROFILE/deps/this-test
        let test = std::env::current_exe().unwrap();
        let built = test.parent().and_then(Path::parent).expect("a test runs from target/PROFILE/deps");
        let profile = match built.file_name().and_then(|name| name.to_str()).unwrap() {
            "debug" => "dev",
            other => other,
        };
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut build = Command::new(cargo);
        // What cargo says to this test about its own package, other crates would take for a change, and build anew.
        let told = std::env::vars_os().map(|(name, _)| name);
        for name in told.filter(|name| ["CARGO_PKG_", "CARGO_MANIFEST_"].iter().any(|of| begins(name, of))) {
            build.env_remove(name);
        }
        let done = build
            .args(["build", "--workspace", "--bin", "doorstep", "--profile", profile, "--target-dir"])
            .arg(built.parent().unwrap())
            .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
            .output()
            .unwrap();
        assert!(done.status.success(), "doorstep does not build:\n{}", String::from_utf8_lossy(&done.stderr));
        built.join(format!("doorstep{}", std::env::consts::EXE_SUFFIX))
    })
}

fn begins(name: &OsStr, with: &str) -> bool {
    name.to_str().is_some_and(|name| name.starts_with(with))
}

/// A data directory, and somebody who types commands there.
pub struct Office {
    scratch: Scratch,
}

/// What a command came to.
#[derive(Debug)]
pub struct Ran {
    /// Whether it ended with 0.
    pub ok: bool,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Default for Office {
    fn default() -> Self {
        Self::new()
    }
}

impl Office {
    /// An empty directory, which goes when this does.
    ///
    /// # Panics
    /// When there is no temporary directory.
    #[must_use]
    pub fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Self::on(runtime.block_on(Scratch::new()))
    }

    /// The same over this database.
    #[must_use]
    pub fn on(scratch: Scratch) -> Self {
        Self { scratch }
    }

    /// The same on PostgreSQL, whatever this run of the tests is about.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    pub fn on_postgres() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Self { scratch: runtime.block_on(Scratch::on_postgres()) }
    }

    /// The directory.
    #[must_use]
    pub fn dir(&self) -> &Path {
        self.scratch.dir()
    }

    /// Where the server keeps its files.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.dir().join("doorstep-data")
    }

    /// The server's database, when it is a file.
    #[must_use]
    pub fn file(&self) -> Option<PathBuf> {
        match Location::from(self.scratch.place()) {
            Location::File(_) => Some(self.data().join("doorstep.db")),
            Location::Server(_) => None,
        }
    }

    /// The server's configuration.
    #[must_use]
    pub fn config(&self) -> Config {
        let database = self.file().is_none().then(|| Location::from(self.scratch.place()));
        Config { data_dir: self.data(), database, ..Config::default() }
    }

    /// The program with these arguments, in this directory, told nothing by the environment but its language.
    #[must_use]
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(program());
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("DOORSTEP_")) {
            command.env_remove(name);
        }
        if self.file().is_none() {
            command.env("DOORSTEP_DATABASE", self.scratch.place());
        }
        command.args(args).current_dir(self.dir()).env("DOORSTEP_LANG", "en").stdin(Stdio::null());
        command
    }

    /// Runs a command to its end.
    ///
    /// # Panics
    /// When the program cannot be started.
    #[must_use]
    pub fn run(&self, args: &[&str]) -> Ran {
        let done = self.command(args).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Ran { ok: done.status.success(), out: text(&done.stdout), err: text(&done.stderr) }
    }

    /// Runs a command that has to succeed; what it printed.
    ///
    /// # Panics
    /// When it fails.
    pub fn ok(&self, args: &[&str]) -> String {
        let ran = self.run(args);
        assert!(ran.ok, "doorstep {}: {}{}", args.join(" "), ran.out, ran.err);
        ran.out
    }

    /// A caseload `HGS` with these workers.
    pub fn furnish(&self, workers: &[&str]) {
        let term = ["--from", "2026-01-01", "--to", "2099-12-31"];
        let caseload = ["admin", "caseload", "add", "HGS", "--name", "花果山商铺", "--owner", "招商街道"];
        self.ok(&[&caseload[..], &["--operator", "邻里社工"], &term[..]].concat());
        for worker in workers {
            self.ok(&["admin", "person", "add", worker, "--name", worker, "--role", "worker"]);
            self.ok(&["admin", "assign", worker, "HGS"]);
        }
    }

    /// A one-time code for a phone of this worker.
    ///
    /// # Panics
    /// When none is printed.
    #[must_use]
    pub fn code(&self, worker: &str) -> String {
        let said = self.ok(&["admin", "enrol", worker, "--no-qr"]);
        let line = said.lines().find(|line| line.starts_with("code for a phone")).expect("a code is printed");
        line.rsplit(' ').next().unwrap().to_owned()
    }

    /// Starts the server on a free port and waits until it answers.
    #[must_use]
    pub fn serve(&self) -> Server {
        self.serve_with(&[])
    }

    /// The same with more arguments.
    ///
    /// # Panics
    /// When it does not come up.
    #[must_use]
    pub fn serve_with(&self, args: &[&str]) -> Server {
        self.serve_as(self.command(&[&["serve"], args].concat()))
    }

    /// The server, started by this command.
    ///
    /// # Panics
    /// When it does not come up.
    #[must_use]
    pub fn serve_as(&self, command: Command) -> Server {
        let server = self.come_up(command);
        assert!(is_well(server.address), "the server does not answer");
        server
    }

    /// The server, started by this command, as soon as it says where it listens.
    ///
    /// # Panics
    /// When it does not come up.
    #[must_use]
    pub fn come_up(&self, mut command: Command) -> Server {
        command.env("DOORSTEP_LISTEN", "127.0.0.1:0");
        let running = Running::start(command, &self.dir().join("server.log"));
        let line = running.wait_for("Doorstep is running: ");
        let address = line.rsplit("://").next().unwrap().trim().parse().expect("an address is printed");
        Server { running, address }
    }

    /// What the server wrote to its log so far.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.dir().join("server.log")).unwrap_or_default()
    }
}

/// Waits until something holds.
///
/// # Panics
/// When it never does.
pub fn until(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..PATIENCE.as_millis() / LOOK.as_millis() {
        if holds() {
            return;
        }
        std::thread::sleep(LOOK);
    }
    panic!("never: {what}");
}

/// Whether a server at this address says that it is well.
///
/// # Panics
/// Never.
#[must_use]
pub fn is_well(address: SocketAddr) -> bool {
    ureq::get(format!("http://{address}/healthz")).call().is_ok_and(|answer| answer.status() == 200)
}

/// A running server.
pub struct Server {
    running: Running,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Server {
    /// What it has printed so far.
    #[must_use]
    pub fn said(&self) -> String {
        self.running.said()
    }

    /// Its process.
    ///
    /// # Panics
    /// Never while it runs.
    #[must_use]
    pub fn process(&self) -> u32 {
        self.running.child.lock().unwrap().id()
    }

    /// What kills it at a moment's notice, from any thread.
    #[must_use]
    pub fn killer(&self) -> Killer {
        Killer(Arc::clone(&self.running.child))
    }

    /// Asks it to stop, as Ctrl-C does, and waits.
    #[must_use]
    pub fn stop(self) -> ExitStatus {
        self.running.interrupt()
    }

    /// Asks it to stop, as a service manager does, and does not wait.
    ///
    /// # Panics
    /// When there is nobody to ask.
    pub fn terminate(&self) {
        self.signal("-TERM");
    }

    /// Sends it this signal (`-HUP`).
    ///
    /// # Panics
    /// When there is nobody to send it to.
    pub fn signal(&self, signal: &str) {
        assert!(Command::new("kill").args([signal, &self.process().to_string()]).status().unwrap().success());
    }
}

/// Kills one program without warning (`kill -9`).
#[derive(Clone)]
pub struct Killer(Arc<Mutex<Child>>);

impl Killer {
    /// Kills it and waits until it is gone. Once it is gone, again does nothing.
    ///
    /// # Panics
    /// When it cannot be killed.
    pub fn kill(&self) {
        let mut child = self.0.lock().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }
}

/// A program that runs until it is stopped; dropping kills it, and only it.
pub struct Running {
    child: Arc<Mutex<Child>>,
    lines: Mutex<Receiver<String>>,
    said: Arc<Mutex<String>>,
    log: PathBuf,
}

impl Running {
    /// Starts it; what it writes to standard error is added to `log`.
    ///
    /// # Panics
    /// When it cannot be started.
    #[must_use]
    pub fn start(mut command: Command, log: &Path) -> Self {
        let errors = std::fs::OpenOptions::new().create(true).append(true).open(log).unwrap();
        let mut child = command.stdout(Stdio::piped()).stderr(errors).spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let said = Arc::new(Mutex::new(String::new()));
        let (sender, lines) = channel();
        let all = Arc::clone(&said);
        std::thread::spawn(move || {
            for line in out.lines().map_while(Result::ok) {
                *all.lock().unwrap() += &format!("{line}\n");
                // Nobody may be waiting for lines any more.
                let _gone = sender.send(line);
            }
        });
        Self { child: Arc::new(Mutex::new(child)), lines: Mutex::new(lines), said, log: log.to_owned() }
    }

    /// Waits until it prints a line with `words`; the line.
    ///
    /// # Panics
    /// When it ends or says nothing for too long.
    #[must_use]
    pub fn wait_for(&self, words: &str) -> String {
        let lines = self.lines.lock().unwrap();
        loop {
            match lines.recv_timeout(PATIENCE) {
                Ok(line) if line.contains(words) => return line,
                Ok(_) => {}
                Err(_) => panic!("it never said {words:?}, but:\n{}{}", self.said(), self.complaints()),
            }
        }
    }

    /// What it has printed so far.
    ///
    /// # Panics
    /// Never.
    #[must_use]
    pub fn said(&self) -> String {
        self.said.lock().unwrap().clone()
    }

    fn complaints(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Interrupts it, as Ctrl-C does, and waits for its end.
    ///
    /// # Panics
    /// When it goes on regardless.
    #[must_use]
    pub fn interrupt(self) -> ExitStatus {
        let pid = self.child.lock().unwrap().id().to_string();
        assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
        let looks = PATIENCE.as_millis() / LOOK.as_millis();
        for _ in 0..looks {
            if let Some(status) = self.child.lock().unwrap().try_wait().unwrap() {
                return status;
            }
            std::thread::sleep(LOOK);
        }
        panic!("it does not stop:\n{}{}", self.said(), self.complaints())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Ok(mut child) = self.child.lock() {
            // It may have ended by itself.
            let _gone = child.kill();
            let _reaped = child.wait();
        }
    }
}
