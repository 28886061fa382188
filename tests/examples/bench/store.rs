//! What one sync costs when more and more is stored: one caseload grows, and a phone that is up to date syncs.
//!
//! The server runs in this process: what its threads spend is told apart from the phone's by thread.

use std::time::{Duration, Instant};

use doorstep::flow::intake::From;
use doorstep_tests::handset::new_premises;
use doorstep_tests::inprocess::{MORNING, Server};
use doorstep_tests::rawphone::{RawPhone, event, found, new_hazard};
use sync_core::admit::Standing;
use sync_core::author::Role;
use sync_core::event::EventBody;
use sync_core::form::{Circumstances, Form, NewPremises, Seen};
use sync_core::generator::{self, GenPremises};
use sync_core::id::{CaseloadId, EntityId, SubmissionId};
use sync_core::log::Verdict;
use sync_core::submission::Part;
use sync_core::time::Span;
use sync_core::wire::{Cursor, Item};

use crate::figures::{Dice, Took, ms};
use crate::{Asked, Result, nodes};

/// The first look, in records; then at every tenfold.
const FIRST: u64 = 10_000;
/// Forms in one transaction of the filling.
const AT_ONCE: usize = 100;
/// Shops of one roster.
const INVENTED: usize = 100;
/// Syncs of each sort at each look.
const SYNCS: usize = 100;
/// Forms that the phone brings, and forms that a colleague brought meanwhile.
const OWN: usize = 5;
const OTHERS: usize = 10;
/// One in so many of the inspections finds a blocked exit.
const PROBLEM: u64 = 5;

/// Whether every sync went well; that it costs the same is for a person to see.
pub(crate) fn run(asked: &Asked) -> Result<bool> {
    for on in asked.among(&["sqlite", "postgres"])? {
        let server = if on == "sqlite" { Server::on_sqlite() } else { Server::on_postgres() };
        println!(
            "{on:<10}{:>12}{:>10}{:>10}{:>22}{:>12}{:>12}{:>12}{:>10}{:>10}",
            "records", "entries", "fill s", "", "p50 ms", "p99 ms", "CPU ms", "SQL", "down B"
        );
        let mut store = Store::on(&server);
        let mut look = FIRST;
        while look <= asked.to {
            store.fill(look)?;
            store.look(on, look)?;
            look *= 10;
        }
        server.verifies();
        println!("{on:<10}verified");
    }
    Ok(true)
}

struct Store<'a> {
    server: &'a Server,
    caseload: CaseloadId,
    phone: RawPhone,
    colleague: RawPhone,
    invented: Vec<GenPremises>,
    shops: Vec<EntityId>,
    entries: u64,
    documents: u64,
    dice: Dice,
    filled_in: Duration,
}

impl<'a> Store<'a> {
    fn on(server: &'a Server) -> Self {
        let caseload = server.caseload("HGS");
        let phone = |login: &str, seed| {
            let person = server.member(login, Role::Worker, caseload, false);
            (RawPhone::enrol(server, person, caseload, seed), person)
        };
        let ((phone, _), (colleague, _)) = (phone("lin", 1), phone("chen", 2));
        let (shops, dice, filled_in) = (Vec::new(), Dice(1), Duration::ZERO);
        let invented = Vec::new();
        Self { server, caseload, phone, colleague, invented, shops, entries: 0, documents: 0, dice, filled_in }
    }

    /// Takes in new shops by the server's flow, without the wire, until there are so many records.
    #[expect(clippy::disallowed_methods, reason = "how long filling takes is told")]
    fn fill(&mut self, records: u64) -> Result<()> {
        let began = Instant::now();
        let person = self.server.wait(self.server.admin().person("chen"))?.id;
        let standing = Standing { role: Role::Worker, member: true, revoked: false, clock_offset_ms: 0 };
        let from = From { device: self.colleague.device, person, standing, carrier: None };
        while self.entries + self.documents < records {
            let items: Vec<Item> = (0..AT_ONCE).map(|_| self.new_shop()).collect();
            let Server { db, app, .. } = self.server;
            let taken = self.server.wait(async {
                let mut tx = db.write().await?;
                let taken = app.flow().take_in(&mut tx, self.caseload, from, MORNING, &items).await?;
                tx.commit().await?;
                Ok::<_, doorstep::flow::FlowError>(taken.taken)
            })?;
            if taken.iter().any(|taken| taken.verdict != Verdict::Merged) {
                return Err("a shop was not merged".into());
            }
            self.entries = self.server.entries(self.caseload);
            eprint!("\r{} of {records} records ", self.entries + self.documents);
        }
        eprintln!();
        self.filled_in += began.elapsed();
        Ok(())
    }

    fn new_shop(&mut self) -> Item {
        let n = self.shops.len() as u64;
        if self.invented.is_empty() {
            self.invented = generator::roster(n, INVENTED).premises;
        }
        let Some(mut shop) = self.invented.pop() else { unreachable!("a roster without shops") };
        // Rosters know nothing of each other.
        shop.name += &n.to_string();
        shop.unit_code = format!("{}-{n}", shop.unit_code);
        let Form::NewPremises(form) = new_premises(&shop) else { unreachable!("a form for new premises") };
        let form = Form::NewPremises(NewPremises { contact_phone: String::new(), operator: None, ..form });
        let circumstances = Circumstances {
            submission: SubmissionId::derived("bench", &[&n.to_be_bytes()]),
            start: MORNING,
            now: MORNING,
            policy: 1,
            programme: "work-safety".to_owned(),
            role: Role::Worker,
            notice_number: String::new(),
            id_key: None,
        };
        let Ok(made) = form.finish(&Seen::default(), &circumstances) else { unreachable!("the form is complete") };
        self.shops.push(made.subject);
        self.documents +=
            made.parts.iter().map(|part| part.subject).collect::<std::collections::BTreeSet<_>>().len() as u64;
        self.colleague.form(made.parts)
    }

    fn look(&mut self, on: &str, records: u64) -> Result<()> {
        let filled = format!("{:.0}", self.filled_in.as_secs_f64());
        let at = format!("{on:<10}{records:>12}{:>10}{filled:>10}", self.entries);
        // So much later that the phone may ask as often again.
        self.server.clock.advance(Span::minutes(10));
        let nothing = self.syncs(0, 0)?;
        println!("{at}{:>22}{nothing}", "nothing new");
        let usual = self.syncs(OWN, OTHERS)?;
        println!("{at}{:>22}{usual}", format!("{OWN} up, {OTHERS} down"));
        Ok(())
    }

    /// So many syncs, one after the other: latency, CPU of the server's threads (of the engine's too), statements and
    /// bytes of the answer, of one.
    #[expect(clippy::disallowed_methods, reason = "how long a sync takes is what this measures")]
    fn syncs(&mut self, own: usize, others: usize) -> Result<String> {
        let (mut took, mut cpu, mut statements, mut bytes) = (Vec::new(), 0.0, 0, 0);
        for n in 0..=SYNCS {
            let mut hello = self.phone.hello();
            hello.cursors = vec![self.cursor()?];
            hello.policy = self.server.app.flow().policy().version();
            if others > 0 {
                let theirs: Vec<Item> = (0..others).map(|_| self.inspection(false)).collect();
                let mut hello = self.colleague.hello();
                hello.want_download = false;
                let request = self.colleague.request(&hello, &[theirs]);
                expect_merged(&RawPhone::send(self.server, &hello, &request).verdicts(), others)?;
            }
            let mine: Vec<Item> = (0..own).map(|_| self.inspection(true)).collect();
            let request = self.phone.request(&hello, if mine.is_empty() { &[] } else { std::slice::from_ref(&mine) });
            let (cpu_before, engine) = (server_cpu()?, engine_cpu()?);
            let (statements_before, began) = (self.server.app.statements(), Instant::now());
            let synced = RawPhone::send(self.server, &hello, &request);
            let elapsed = began.elapsed();
            expect_merged(&synced.verdicts(), own)?;
            if synced.http.status != 200 {
                return Err(format!("a sync was answered with {}", synced.http.status).into());
            }
            // The first fills caches.
            if n > 0 {
                took.push(elapsed);
                cpu += server_cpu()? - cpu_before + engine_cpu()? - engine;
                statements += self.server.app.statements() - statements_before;
                bytes += synced.http.bytes.len() as u64;
            }
        }
        let (took, count) = (Took::of(took), SYNCS as u64);
        let (p50, p99, cpu) = (ms(took.within(50)), ms(took.within(99)), cpu / count as f64);
        Ok(format!("{p50:>12}{p99:>12}{cpu:>12.1}{:>12}{:>10}", statements / count, bytes / count))
    }

    fn inspection(&mut self, own: bool) -> Item {
        let shop = self.shops[self.dice.below(self.shops.len() as u64) as usize];
        let phone = if own { &mut self.phone } else { &mut self.colleague };
        let seed = format!("{own} {}", phone.numbers);
        let parts: Vec<Part> = if self.dice.below(PROBLEM) == 0 {
            vec![Part::event(&event(&seed, shop, found("EXIT-02", 3))), new_hazard(shop, "EXIT-02", 3)]
        } else {
            let EventBody::Inspection(mut seen) = found("EXT-02", 1) else { unreachable!("an inspection") };
            for answer in &mut seen.answers {
                (answer.answer, answer.severity) = (sync_core::event::Answer::Ok, None);
            }
            vec![Part::event(&event(&seed, shop, EventBody::Inspection(seen)))]
        };
        phone.form(parts)
    }

    /// Where the log ends.
    fn cursor(&self) -> Result<Cursor> {
        self.server.wait(async {
            let mut tx = self.server.db.read().await?;
            let known = doorstep::db::caseload::load(&mut tx, self.caseload).await?.ok_or("no caseload")?;
            Ok(Cursor { caseload: self.caseload, epoch: known.epoch, seq: known.seq, sanity: known.sanity })
        })
    }
}

fn expect_merged(verdicts: &[(u64, Verdict)], count: usize) -> Result<()> {
    if verdicts.len() == count && verdicts.iter().all(|(_, verdict)| *verdict == Verdict::Merged) {
        Ok(())
    } else {
        Err(format!("{verdicts:?}").into())
    }
}

/// What all threads of this process but this one have spent, in milliseconds.
fn server_cpu() -> Result<f64> {
    let spent = |path: std::path::PathBuf| -> Option<u64> {
        std::fs::read_to_string(path.join("schedstat")).ok()?.split(' ').next()?.parse().ok()
    };
    let tasks = std::fs::read_dir("/proc/self/task")?.filter_map(|task| Some(task.ok()?.path()));
    let all: u64 = tasks.filter_map(spent).sum();
    let own = spent("/proc/thread-self".into()).ok_or("the system does not say")?;
    Ok(all.saturating_sub(own) as f64 / 1e6)
}

/// What the engine's processes have spent, in milliseconds; nothing where it is in this process.
fn engine_cpu() -> Result<f64> {
    Ok(nodes::children_cpu_ms()? as f64)
}
