//! A measurement, not a test: what one worker's day costs on the air and on the server.
//!
//! `cargo run --release -p doorstep-tests --example workday -- [SHOPS] [DAYS]` starts the real server on loopback, imports
//! an invented roster (500 shops), enrols one phone, and plays generated days: forms offline, one sync at noon, one in the
//! evening, one more when nothing is new. Server CPU is user and system time of its process, from `/proc`.

use std::error::Error;

use doorstep_tests::handset::{Handset, Traffic};
use doorstep_tests::server::Office;
use sync_core::generator::{self, Shift};

const SEED: u64 = 7;
/// What an app on a fair link sends at once.
const UPLOAD: usize = 256 * 1024;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let shops: u32 = arguments.next().map_or(Ok(500), |text| text.parse())?;
    let days: u32 = arguments.next().map_or(Ok(3), |text| text.parse())?;
    let office = Office::new();
    office.furnish(&["lin"]);
    office.ok(&["generate", "--seed", &SEED.to_string(), "--premises", &shops.to_string(), "--out", "shops.csv"]);
    office.ok(&["import", "premises", "shops.csv"]);
    let server = office.serve();
    let base = format!("http://{}", server.address);
    let mut phone = Handset::enrol(office.dir(), "lin", &base, &office.code("lin"));
    phone.upload = UPLOAD;
    let roster = generator::roster(SEED, shops as usize);

    let mut meter = Meter { process: server.process(), traffic: Traffic::default(), cpu_ms: 0 };
    meter.cpu_ms = cpu_ms(meter.process)?;
    println!("{:<28}{:>6}{:>10}{:>10}{:>12}", "", "trips", "up B", "down B", "server CPU");
    phone.sync();
    meter.lap(&format!("first sync, {shops} shops"), &phone)?;
    for day in 0..days {
        let date = jiff::civil::date(2026, 11, 23).saturating_add(jiff::Span::new().days(i64::from(day)));
        let shift = Shift { worker: 0, workers: 1, day, date };
        let visits = generator::worker_day(&roster, shift).visits;
        let mut forms = 0;
        for (ix, visit) in visits.iter().enumerate() {
            let name = &roster.premises[visit.premises_ix].name;
            forms += phone.visit(phone.shop(name), visit).len();
            if ix + 1 == visits.len() / 2 || ix + 1 == visits.len() {
                phone.sync();
            }
        }
        meter.lap(&format!("day {}: {forms} forms, 2 syncs", day + 1), &phone)?;
        phone.sync();
        meter.lap("nothing new", &phone)?;
    }
    Ok(())
}

struct Meter {
    process: u32,
    traffic: Traffic,
    cpu_ms: u64,
}

impl Meter {
    fn lap(&mut self, what: &str, phone: &Handset) -> Result<(), Box<dyn Error>> {
        let (now, cpu) = (phone.traffic(), cpu_ms(self.process)?);
        println!(
            "{what:<28}{:>6}{:>10}{:>10}{:>9} ms",
            now.trips - self.traffic.trips,
            now.up - self.traffic.up,
            now.down - self.traffic.down,
            cpu - self.cpu_ms
        );
        (self.traffic, self.cpu_ms) = (now, cpu);
        Ok(())
    }
}

/// User and system time of a process, in milliseconds: fields 14 and 15 of its `stat`, in ticks of 10 ms.
fn cpu_ms(process: u32) -> Result<u64, Box<dyn Error>> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    let fields = stat.rsplit(") ").next().ok_or("no fields")?;
    let ticks: Vec<u64> = fields.split(' ').skip(11).take(2).map(str::parse).collect::<Result<_, _>>()?;
    Ok(ticks.iter().sum::<u64>() * 10)
}
