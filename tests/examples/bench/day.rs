//! One phone, and its day: forms in four rounds, a sync after each.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use doorstep_mobile::store::MemoryStore;
use doorstep_mobile::{Environment, Phone, SyncOutcome};
use doorstep_tests::handset::{inspection, notice};
use sync_core::event::{Answer, VisitKind};
use sync_core::form::{Form, ObservedRow, VisitForm};
use sync_core::generator::{self, Shift};
use sync_core::id::{CaseloadId, EntityId, SubmissionId};

use crate::Result;
use crate::figures::Dice;
use crate::line::{Fault, Line, Nodes};
use crate::town::District;

/// What an app on a fair link sends at once.
const UPLOAD: usize = 256 * 1024;
/// Rounds of a day, each of which ends with a sync.
pub(crate) const ROUNDS: usize = 4;
/// Elders that are visited in one round.
const ELDERS: usize = 2;
/// Most exchanges that one sync may take, failures included.
const EXCHANGES: usize = 200;

/// A phone that is enrolled.
pub(crate) struct Bearer {
    pub(crate) phone: Phone,
    pub(crate) line: Line,
    pub(crate) caseload: CaseloadId,
    dice: Dice,
}

/// What a day came to.
#[derive(Default)]
pub(crate) struct Day {
    /// Forms that were finished.
    pub(crate) forms: Vec<SubmissionId>,
    /// How long each sync took, from its beginning until everything was exchanged, failures of the link included.
    pub(crate) syncs: Vec<Duration>,
    /// Links that failed.
    pub(crate) faults: u64,
}

impl Bearer {
    /// Enrols a phone.
    pub(crate) fn enrol(nodes: &Nodes, n: usize, code: &str) -> Result<Self> {
        // A file for each phone would be paid for on the server's disk.
        let phone = Phone::on_store(Box::new(MemoryStore::new()), Environment::system())?;
        let line = Line::new(nodes, n);
        let ask = phone.enrolment_request(code, &format!("phone {n}"))?;
        let answer = line.post(&ask.path, "application/json", ask.body.as_bytes());
        let answer = answer.map_err(|_| format!("phone {n} is not enrolled: {:?}", line.errors.borrow()))?;
        phone.enrolled(answer.status, &String::from_utf8(answer.body)?)?;
        let caseload = phone.caseloads().first().ok_or("a phone without a caseload")?.id;
        Ok(Self { phone, line, caseload, dice: Dice(n as u64) })
    }

    /// Exchanges until all is exchanged; how long that took.
    #[expect(clippy::disallowed_methods, reason = "how long a sync takes is what this measures")]
    pub(crate) fn sync(&self) -> Result<Duration> {
        let began = Instant::now();
        for _ in 0..EXCHANGES {
            match self.phone.sync_step(&self.line, UPLOAD)? {
                SyncOutcome::Idle => return Ok(began.elapsed()),
                SyncOutcome::More => {}
                SyncOutcome::Blocked(_) if self.line.errors.borrow().is_empty() => self.phone.retry_now()?,
                SyncOutcome::Blocked(why) => return Err(format!("{why:?}: {:?}", self.line.errors.borrow()).into()),
            }
        }
        Err("a sync without an end".into())
    }

    /// Plays a day as the worker with this number among so many; `pause` waits for the time of each sync.
    pub(crate) fn day(
        &mut self,
        district: &District,
        (worker, workers): (u32, u32),
        pause: impl Fn(usize, &mut Dice),
    ) -> Result<Day> {
        let mut day = Day::default();
        pause(0, &mut self.dice);
        day.syncs.push(self.sync()?);
        let date = jiff::civil::date(2026, 11, 23);
        let visits = generator::worker_day(&district.shops, Shift { worker, workers, day: 0, date }).visits;
        let shops: BTreeMap<String, EntityId> =
            self.phone.list(self.caseload).into_iter().map(|shop| (shop.name, shop.id)).collect();
        let elders: Vec<EntityId> = self.phone.elders(self.caseload).into_iter().map(|elder| elder.id).collect();
        let each = visits.len().div_ceil(ROUNDS).max(1);
        for round in 0..ROUNDS {
            for visit in visits.iter().skip(round * each).take(each) {
                let name = &district.shops.premises[visit.premises_ix].name;
                let shop = *shops.get(name).ok_or("a shop that is not on the phone")?;
                let seen = self.finish(&mut day, Form::Inspection(inspection(shop, visit)))?;
                let left = visit.notice.as_ref().zip(seen);
                if let Some((left, event)) = left {
                    self.finish(&mut day, Form::Notice(notice(shop, event, left)))?;
                }
            }
            for _ in 0..ELDERS.min(elders.len()) {
                let elder = elders[self.dice.below(elders.len() as u64) as usize];
                let visit = self.visit(elder);
                self.finish(&mut day, visit)?;
            }
            pause(round + 1, &mut self.dice);
            let fault = [Fault::CutUp, Fault::CutDown, Fault::Lost, Fault::Twice, Fault::None];
            let fault = fault[(self.dice.below(10) as usize).min(4)];
            day.faults += u64::from(fault != Fault::None);
            self.line.fault.set(fault);
            day.syncs.push(self.sync()?);
        }
        Ok(day)
    }

    fn finish(&self, day: &mut Day, form: Form) -> Result<Option<sync_core::id::EventId>> {
        let finished = self.phone.submit(self.caseload, form)?;
        day.forms.push(finished.submission);
        Ok(finished.event)
    }

    fn visit(&mut self, elder: EntityId) -> Form {
        let fell = if self.dice.below(8) == 0 { Answer::Problem } else { Answer::Ok };
        let observed = vec![ObservedRow::new("mood", Answer::Ok), ObservedRow::new("fall", fell)];
        let words = "阿婆说最近睡得还好,女儿周末会来。".to_owned();
        Form::Visit(VisitForm { observed, words, ..VisitForm::new(elder, VisitKind::Home) })
    }
}
