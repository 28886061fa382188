//! A database of a test's own: a file of SQLite, or, when `DOORSTEP_TEST_ENGINE=postgres`, a database on the PostgreSQL
//! that `tests/postgres` serves. The tests of the server's library use this file too.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _};

/// A database, empty. It goes when this does.
pub struct Scratch {
    place: String,
    dir: tempfile::TempDir,
    /// Its name on the server.
    name: Option<String>,
}

impl Scratch {
    /// On the engine that this run of the tests is about.
    ///
    /// # Panics
    /// When there is none.
    pub async fn new() -> Self {
        if std::env::var("DOORSTEP_TEST_ENGINE").is_ok_and(|engine| engine == "postgres") {
            Self::on_postgres().await
        } else {
            Self::on_sqlite()
        }
    }

    /// A file.
    ///
    /// # Panics
    /// When there is no temporary directory.
    #[must_use]
    pub fn on_sqlite() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let place = dir.path().join("doorstep.db").to_str().unwrap().to_owned();
        Self { place, dir, name: None }
    }

    /// A database on a server.
    ///
    /// # Panics
    /// When there is no server.
    pub async fn on_postgres() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("t{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let mut connection = connect().await;
        let create = AssertSqlSafe(format!("CREATE DATABASE {name}"));
        sqlx::query(create).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
        let place = server().replacen("/postgres?", &format!("/{name}?"), 1);
        Self { place, dir: tempfile::tempdir().unwrap(), name: Some(name) }
    }

    /// Where it is, as a configuration says it.
    #[must_use]
    pub fn place(&self) -> String {
        self.place.clone()
    }

    /// A directory of its own, for what does not lie in it.
    #[must_use]
    pub fn dir(&self) -> &std::path::Path {
        self.dir.path()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let Some(name) = self.name.take() else { return };
        let drop = async move {
            let statement = AssertSqlSafe(format!("DROP DATABASE {name} WITH (FORCE)"));
            sqlx::query(statement).execute(&mut connect().await).await.unwrap();
        };
        // A test may be in a runtime of its own, which cannot wait here.
        let thread = std::thread::spawn(|| {
            tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(drop);
        });
        thread.join().unwrap();
    }
}

async fn connect() -> PgConnection {
    server().parse::<PgConnectOptions>().unwrap().connect().await.unwrap()
}

/// The URL of the server: one that is named, or one that ends with this process, whose end of the pipe then closes.
fn server() -> &'static str {
    static SERVER: OnceLock<(String, Option<Child>)> = OnceLock::new();
    let start = || {
        if let Ok(url) = std::env::var("DOORSTEP_TEST_POSTGRES") {
            return (url, None);
        }
        let mut child = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/postgres"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut url = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut url).unwrap();
        assert!(url.starts_with("postgres://"), "tests/postgres did not start a server");
        (url.trim().to_owned(), Some(child))
    };
    &SERVER.get_or_init(start).0
}
