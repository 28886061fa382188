//! A measurement, not a test: what many phones at once, and many records, ask of a server.
//!
//! `cargo run --release -p doorstep-tests --example bench -- days [sqlite|postgres|two-nodes|all] [--phones 200]
//! [--enrolled 1000] [--caseloads 10] [--shops 100] [--elders 100] [--day SECONDS]` starts the real program, on SQLite or
//! on a private PostgreSQL with one node or with two in turn, with invented caseloads; enrols all phones, each of which
//! syncs once; looks at the memory of the node at rest; then plays the days of 200 of them at once, with forms,
//! downloads, links that are cut and requests that arrive twice. A day of eight hours takes two minutes, with a rush in the
//! morning, at noon and in the evening; with `--day 0` nobody ever pauses, and how long a sync takes says above all how
//! many phones share the processors with the server. It prints one table and ends with 1
//! when a bound is broken: an error, one sync in a hundred that takes two seconds, 150 MB of memory in a node, anything
//! acknowledged that is not in the log, a phone that holds another state than the server, or a database that does not
//! verify.
//!
//! `… --example bench -- store [sqlite|postgres|all] [--to 1000000]` fills one caseload by the server's own flow and
//! looks, at every power of ten from 10,000 records on (entries of the log and documents), at what a sync costs.
//!
//! Everything happens on this machine; databases and phones go when it ends. SQLite's file is in the system's folder for
//! temporary files (`TMPDIR`), PostgreSQL's in memory unless `DOORSTEP_TEST_POSTGRES_DIR` names a folder: name one on the
//! same disk, or the two pay for durability differently.

use std::error::Error;
use std::process::ExitCode;

mod day;
mod days;
mod figures;
mod line;
mod nodes;
mod store;
mod town;

/// A result of the bench.
type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let ran = match arguments.next().as_deref() {
        Some("days") => Asked::of(arguments).and_then(|asked| days::run(&asked)),
        Some("store") => Asked::of(arguments).and_then(|asked| store::run(&asked)),
        _ => Err("say `days` or `store`; the head of this program says the rest".into()),
    };
    match ran {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

/// What was asked for.
struct Asked {
    on: String,
    phones: usize,
    enrolled: usize,
    caseloads: usize,
    shops: usize,
    elders: usize,
    day: u64,
    to: u64,
}

impl Asked {
    fn of(mut arguments: impl Iterator<Item = String>) -> Result<Self> {
        let mut asked = Self {
            on: "all".to_owned(),
            phones: 200,
            enrolled: 1_000,
            caseloads: 10,
            shops: 100,
            elders: 100,
            day: 120,
            to: 1_000_000,
        };
        while let Some(name) = arguments.next() {
            if !name.starts_with("--") {
                asked.on = name;
                continue;
            }
            let number = arguments.next().ok_or_else(|| format!("{name} takes a number"))?.parse::<u64>()?;
            let size = usize::try_from(number)?;
            match name.as_str() {
                "--phones" => asked.phones = size,
                "--enrolled" => asked.enrolled = size,
                "--caseloads" => asked.caseloads = size.clamp(1, 26),
                "--shops" => asked.shops = size,
                "--elders" => asked.elders = size,
                "--day" => asked.day = number,
                "--to" => asked.to = number,
                other => return Err(format!("there is no {other}").into()),
            }
        }
        asked.enrolled = asked.enrolled.max(asked.phones);
        Ok(asked)
    }

    /// Of these, what was asked for.
    fn among<'n>(&self, names: &[&'n str]) -> Result<Vec<&'n str>> {
        let found: Vec<&str> = names.iter().copied().filter(|name| self.on == "all" || self.on == *name).collect();
        if found.is_empty() { Err(format!("{} is none of {}", self.on, names.join(", ")).into()) } else { Ok(found) }
    }
}
