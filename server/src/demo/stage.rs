//! The stage: a real server on loopback with a clock that the play moves, phones with sealed stores, and people with
//! logins. Phones act only through the phone's public API, people at desks only through HTTP.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sync_core::generator;
use sync_core::id::{CaseloadId, EntityId};
use sync_core::time::{Span, Timestamp};

use super::DemoError;
use super::cast::{Desk, PEOPLE, Phone};
use super::expect::Expectations;
use super::phones::Handset;
use super::report::Counts;
use crate::admin::{Admin, NewCaseload};
use crate::app::App;
use crate::clock::{Clock as _, ManualClock};
use crate::import::premises::{Premises, template::to_csv};
use crate::import::template::Headings;
use crate::roster::{self, Roster};

/// How many shops the roster has beside those of the play, and which invented ones.
const ROSTER: usize = 30;
const SEED: u64 = 23;

/// The stage.
pub(super) struct Stage {
    pub(super) app: App,
    pub(super) address: SocketAddr,
    pub(super) caseload: CaseloadId,
    pub(super) password: String,
    pub(super) counts: Counts,
    /// What was expected so far, and what came.
    pub(super) rows: Expectations,
    /// The report of the day, once it is drawn up.
    pub(super) day_report: Option<serde_json::Value>,
    pub(super) runtime: tokio::runtime::Handle,
    pub(super) clock: Arc<ManualClock>,
    pub(super) phones: BTreeMap<Phone, Handset>,
    pub(super) desks: BTreeMap<&'static str, CaseloadId>,
    pub(super) agent: ureq::Agent,
    /// Access tokens of those who have logged in during this step.
    pub(super) tokens: RefCell<BTreeMap<String, String>>,
    folder: PathBuf,
    files: BTreeMap<&'static str, EntityId>,
}

impl Stage {
    /// Builds the stage: caseload, desks, people, roster, and three enrolled phones.
    pub(super) fn build(
        app: App,
        address: SocketAddr,
        clock: Arc<ManualClock>,
        folder: &Path,
        password: String,
    ) -> Result<Self, DemoError> {
        let config = ureq::Agent::config_builder().http_status_as_error(false).max_idle_connections(0).build();
        let mut stage = Self {
            caseload: CaseloadId::from_bytes([0; 16]),
            app,
            address,
            password,
            counts: Counts::default(),
            rows: Expectations::default(),
            day_report: None,
            runtime: tokio::runtime::Handle::current(),
            clock,
            phones: BTreeMap::new(),
            desks: BTreeMap::new(),
            agent: config.new_agent(),
            tokens: RefCell::default(),
            folder: folder.to_owned(),
            files: BTreeMap::new(),
        };
        stage.furnish()?;
        for phone in [Phone::A, Phone::B, Phone::C] {
            stage.enrol(phone)?;
        }
        Ok(stage)
    }

    fn furnish(&mut self) -> Result<(), DemoError> {
        let runtime = self.runtime.clone();
        runtime.block_on(async {
            let admin = Admin::new(&self.app);
            let now = self.clock.now();
            self.caseload = admin
                .add_caseload(NewCaseload {
                    prefix: "HGS".to_owned(),
                    name: "花果山社区".to_owned(),
                    programme: "community-care".to_owned(),
                    community: "花果山".to_owned(),
                    owner: "招商街道办事处".to_owned(),
                    operator: "邻里社工服务中心".to_owned(),
                    term: (now, now + Span::days(365)),
                })
                .await?;
            for desk in Desk::ALL {
                self.desks.insert(desk.dept(), admin.add_desk(desk.dept(), desk.dept()).await?);
            }
            for person in PEOPLE {
                let id = admin.add_person(person.login, person.zh, person.role, Some(&self.password)).await?;
                let desk = Desk::ALL.into_iter().find(|desk| desk.login() == person.login);
                let place = desk.map_or(self.caseload, |desk| self.desks[desk.dept()]);
                admin.assign(place, id, None).await?;
            }
            self.import_roster().await?;
            Ok(())
        })
    }

    /// An invented roster, by the way of `doorstep import premises`.
    async fn import_roster(&self) -> Result<(), DemoError> {
        let csv = to_csv(&generator::roster(SEED, ROSTER), Headings::Zh).map_err(|error| not_imported(&error))?;
        self.bring_in(&Premises, &csv).await
    }

    /// The elders of the street office's list, by the way of `doorstep import elders`.
    pub(super) fn import_elders(&self, csv: &str) -> Result<(), DemoError> {
        self.runtime.block_on(roster::elders(&self.app, async |sheet| self.bring_in(sheet, csv.as_bytes()).await))
    }

    /// Compares a roster with what is there, and writes what is new. A row that is not sound stops the play.
    async fn bring_in<R: Roster>(&self, sheet: &R, csv: &[u8]) -> Result<(), DemoError> {
        let table = crate::import::read_table(csv).map_err(|error| not_imported(&error))?;
        let rows = crate::import::rows::read(sheet, &table, &mut |_| {}).map_err(|error| not_imported(&error))?.rows;
        if let Some(row) = rows.iter().find(|read| read.row.is_none()) {
            return Err(not_imported(&format!("line {} is not sound", row.line)));
        }
        let plan =
            roster::compare(sheet, &self.app, self.caseload, rows).await.map_err(|error| not_imported(&error))?;
        let by = roster::installation();
        let written = roster::bring_in(sheet, &self.app, self.caseload, by, &plan, &mut |_| {}).await;
        written.map_err(|error| not_imported(&error))
    }

    /// Where a phone keeps its store.
    pub(super) fn store_of(&self, phone: Phone) -> PathBuf {
        self.folder.join(format!("phone-{}.sqlite", phone.name()))
    }

    /// The time on the wall.
    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Moves the clock to the time of a step.
    pub(super) fn set_time(&mut self, at: &'static str) -> Result<(), DemoError> {
        let (day, time) = at.split_once(' ').unwrap_or(("11-23", at));
        let civil: Result<jiff::civil::DateTime, _> = format!("2026-{day}T{time}").parse();
        self.clock.set(Timestamp::from_civil(civil.map_err(|_| DemoError::unexpected(at))?));
        self.rows.at(at);
        // They last for minutes.
        self.tokens.borrow_mut().clear();
        Ok(())
    }

    /// Minutes pass within a step.
    pub(super) fn pass(&self, minutes: i64) {
        self.clock.advance(Span::minutes(minutes));
    }

    /// A file of the play by its name in the script.
    pub(super) fn file(&self, name: &str) -> Result<EntityId, DemoError> {
        self.files.get(name).copied().ok_or_else(|| DemoError::unexpected(&format!("nobody has noted {name} yet")))
    }

    pub(super) fn name_file(&mut self, name: &'static str, id: EntityId) {
        self.files.insert(name, id);
    }
}

fn not_imported(error: &dyn std::fmt::Display) -> DemoError {
    DemoError::unexpected(&format!("the roster: {error}"))
}
