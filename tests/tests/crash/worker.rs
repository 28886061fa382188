//! A worker with a phone, and what that phone was told.

use std::collections::BTreeSet;

use doorstep_mobile::{Blocked, Finished, Stage, Step};
use doorstep_tests::handset::{Handset, new_premises};
use doorstep_tests::server::Office;
use sync_core::edit::FieldOp;
use sync_core::event::Answer;
use sync_core::form::{AnswerRow, EntityEdit, Form, InspectionForm};
use sync_core::generator::{GenInspection, Roster, Shift, worker_day};
use sync_core::id::SubmissionId;

use crate::road::Road;
use crate::throw;

pub(crate) const WORKERS: [&str; 3] = ["lin", "chen", "zhou"];
/// Exchanges that fail one after another although a node is up: a kill ends one.
const FAILURES: u32 = 5;

/// The worker.
pub(crate) struct Worker {
    pub(crate) name: &'static str,
    pub(crate) handset: Handset,
    leaves: u64,
    /// Exchanges that failed.
    pub(crate) failed: u64,
    visits: Box<dyn Iterator<Item = GenInspection> + Send>,
    pub(crate) finished: Vec<Finished>,
    pub(crate) acknowledged: BTreeSet<SubmissionId>,
}

impl Worker {
    pub(crate) fn new(ix: u32, office: &Office, road: &Road, shops: &'static Roster, leaves: u64) -> Self {
        let name = WORKERS[ix as usize];
        let handset = Handset::enrol(office.dir(), name, &road.base(), &office.code(name));
        handset.sync();
        let date = "2026-11-23".parse().unwrap();
        let day = move |day| worker_day(shops, Shift { worker: ix, workers: 3, day, date }).visits;
        let visits = Box::new((0..).flat_map(day));
        Self { name, handset, leaves, failed: 0, visits, finished: Vec::new(), acknowledged: BTreeSet::new() }
    }

    /// The app is closed and opened again.
    pub(crate) fn reopened(self) -> Self {
        Self { handset: self.handset.reopened(), ..self }
    }

    /// Whether they still work here.
    pub(crate) fn works_at(&self, kill: u64) -> bool {
        self.name != "zhou" || kill <= self.leaves
    }

    /// Fills in forms: a visit with its notice, sometimes a shop that is new, sometimes a note on a file that all have.
    pub(crate) fn works(&mut self, turn: u64, shops: &Roster, unknown: &Roster) {
        let own = |what: &str| format!("{what} {}", self.name);
        if throw(&own("new"), turn, 6) == 0 {
            let shop = &unknown.premises[throw(&own("which"), turn, unknown.premises.len() as u64)];
            self.finished.push(self.handset.finish(new_premises(shop)));
        }
        if throw(&own("note"), turn, 3) == 0 {
            let entity = self.handset.shop(&shops.premises[throw("same", turn, 5)].name);
            let ops = vec![FieldOp::put("door_note", own(&turn.to_string()).as_str().into())];
            self.finished.push(self.handset.finish(Form::Edit(EntityEdit { entity, ops })));
        }
        if throw(&own("gas"), turn, 6) == 0 {
            let premises =
                self.handset.shop(&shops.premises[throw(&own("smells"), turn, shops.premises.len() as u64)].name);
            let answers = vec![AnswerRow::new("GAS-01", Answer::Problem)];
            let smells = InspectionForm { answers, ..InspectionForm::new(premises) };
            self.finished.push(self.handset.finish(Form::Inspection(smells)));
        }
        for _ in 0..=throw(&own("visits"), turn, 2) {
            let visit = self.visits.next().unwrap();
            let shop = self.handset.shop(&shops.premises[visit.premises_ix].name);
            self.finished.extend(self.handset.visit(shop, &visit));
        }
    }

    /// Syncs until all is exchanged or no node is left, and keeps in mind what the phone was told.
    pub(crate) fn syncs(&mut self, road: &Road) {
        let mut failures = 0;
        loop {
            let step = self.handset.step();
            self.listens();
            match step {
                Step::Idle => return,
                Step::More => failures = 0,
                Step::Blocked(Blocked::Offline) if !road.leads_anywhere() => return,
                Step::Blocked(Blocked::Offline | Blocked::Backoff(_)) if failures < FAILURES => {
                    failures += 1;
                    self.failed += 1;
                }
                Step::Blocked(why) => panic!("{} is blocked: {why:?}", self.name),
            }
        }
    }

    fn listens(&mut self) {
        for finished in &self.finished {
            if !self.acknowledged.contains(&finished.submission) {
                let receipt = self.handset.phone.receipt(finished.submission).unwrap();
                if receipt.stage != Stage::Pending {
                    self.acknowledged.insert(finished.submission);
                }
            }
        }
    }
}
