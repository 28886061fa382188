//! `doorstep generate`

use std::path::PathBuf;
use std::process::ExitCode;

use serde::Serialize;
use sync_core::generator::{self, GenInspection, Roster, Shift};

use super::{CliError, Session};
use crate::import::template::Headings;
use crate::import::{elders, premises};

/// What is invented.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The same seed gives the same roster.
    #[arg(long, value_name = "N")]
    seed: u64,
    /// How many shops.
    #[arg(long, default_value_t = 500, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(..=20_000))]
    premises: u32,
    /// How many elders, instead of shops.
    #[arg(long, value_name = "COUNT", conflicts_with_all = ["premises", "days"], value_parser = clap::value_parser!(u32).range(..=20_000))]
    elders: Option<u32>,
    /// Working days in that roster instead of the roster itself: one JSON object a line for each worker and day.
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=366))]
    days: Option<u32>,
    /// Among how many workers the days are divided.
    #[arg(long, default_value_t = 1, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=1_000))]
    workers: u32,
    /// The file to write; without it, standard output.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// One worker's day.
#[derive(Serialize)]
struct Day<'a> {
    worker: u32,
    date: String,
    visits: Vec<Visit<'a>>,
}

/// A visit, with the shop that it went to.
#[derive(Serialize)]
struct Visit<'a> {
    shop: &'a str,
    unit_code: &'a str,
    #[serde(flatten)]
    visit: &'a GenInspection,
}

impl<'a> Visit<'a> {
    fn of(roster: &'a Roster, visit: &'a GenInspection) -> Option<Self> {
        let shop = roster.premises.get(visit.premises_ix)?;
        Some(Self { shop: &shop.name, unit_code: &shop.unit_code, visit })
    }
}

pub(super) fn run(args: &Args, mut session: Session) -> Result<ExitCode, CliError> {
    let headings = session.out.lang().pick(Headings::Zh, Headings::En);
    let (bytes, (zh, en)) = if let Some(count) = args.elders {
        let elders = generator::elders(args.seed, count as usize);
        (
            elders::template::to_csv(&elders, headings)?,
            (format!("{count} 位虚构的长者"), format!("{count} invented elders")),
        )
    } else {
        let roster = generator::roster(args.seed, args.premises as usize);
        let bytes = match args.days {
            Some(days) => worker_days(&roster, days, args.workers)?,
            None => premises::template::to_csv(&roster, headings)?,
        };
        let count = roster.premises.len();
        (bytes, (format!("{count} 家虚构的店铺"), format!("{count} invented shops")))
    };
    match &args.out {
        None => session.out.bytes(&bytes)?,
        Some(path) => {
            std::fs::write(path, bytes).map_err(CliError::of_file(path))?;
            let path = path.display();
            session.out.say(format!("已写出 {zh}:{path}"), format!("{en} are in {path}"))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Days of all workers from Monday 2026-11-23 on, one JSON object a line.
fn worker_days(roster: &Roster, days: u32, workers: u32) -> Result<Vec<u8>, CliError> {
    let first = jiff::civil::date(2026, 11, 23);
    let mut lines = Vec::new();
    for day in 0..days {
        let date = first.saturating_add(jiff::Span::new().days(i64::from(day)));
        for worker in 0..workers {
            let visits = generator::worker_day(roster, Shift { worker, workers, day, date }).visits;
            let visits = visits.iter().filter_map(|visit| Visit::of(roster, visit)).collect();
            serde_json::to_writer(&mut lines, &Day { worker, date: date.to_string(), visits })?;
            lines.push(b'\n');
        }
    }
    Ok(lines)
}
