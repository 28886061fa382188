//! Who has the database can put older rows back and say that it was a restore. Only a restore leaves a record that it was
//! one: without it the change is found, and with it what was lost is told exactly.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use doorstep::app::Surroundings;
use doorstep::backup;
use doorstep::cli::{World, run};
use doorstep::db::{Arg, Db, Location, Statement};
use doorstep::hex::Hex;
use doorstep::random::SeededRandom;
use doorstep_tests::handset::{Handset, new_premises};
use doorstep_tests::inprocess::Server;
use doorstep_tests::scratch::Scratch;
use serde_json::{Value, json};
use sync_core::author::Role;
use sync_core::generator::{Roster, roster};
use sync_core::id::CaseloadId;
use sync_core::time::Span;

const RESTORES: Statement = Statement { name: "RESTORES", sql: "SELECT value FROM meta WHERE name = 'restores'" };
const FORGET: Statement = Statement { name: "FORGET", sql: "DELETE FROM meta WHERE name = 'restores'" };
const SAY: Statement = Statement { name: "SAY", sql: "INSERT INTO meta (name, value) VALUES ('restores', $1)" };
const FORGET_CHECKPOINTS: Statement =
    Statement { name: "FORGET_CHECKPOINTS", sql: "DELETE FROM checkpoint WHERE n >= $1" };
const EPOCH: Statement = Statement { name: "EPOCH", sql: "SELECT epoch FROM caseload" };
const SET_EPOCH: Statement = Statement { name: "SET_EPOCH", sql: "UPDATE caseload SET epoch = $1" };

/// What a command prints.
#[derive(Clone, Default)]
struct Printed(Arc<Mutex<Vec<u8>>>);

impl Write for Printed {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A server, and the place where its checkpoints are kept.
struct Kept {
    server: Server,
    hgs: CaseloadId,
    lin: Handset,
    shops: Roster,
    written: usize,
    dir: tempfile::TempDir,
}

impl Kept {
    fn new() -> Self {
        let server = Server::start();
        let hgs = server.caseload("HGS");
        let lin = server.member("lin", Role::Worker, hgs, false);
        let code = server.wait(server.admin().enrolment(lin)).unwrap().code.grouped();
        let dir = tempfile::tempdir().unwrap();
        let lin = Handset::enrol(dir.path(), "lin", &format!("http://{}", server.address()), &code);
        Self { server, hgs, lin, shops: roster(5, 18), written: 0, dir }
    }

    /// Three more shops; gives the last entry of the log.
    fn work(&mut self) -> u64 {
        for shop in &self.shops.premises[self.written..self.written + 3] {
            self.lin.finish(new_premises(shop));
        }
        self.written += 3;
        self.lin.sync();
        self.server.clock.advance(Span::minutes(10));
        self.server.state(self.hgs).1
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Types a command at a database of this installation.
    fn types_at(&self, place: &str, words: &[&str]) -> String {
        let (place, data) = (place.to_owned(), self.server.app.config().data_dir.display().to_string());
        let env = move |name: &str| match name {
            "DOORSTEP_DATABASE" => Some(place.clone()),
            "DOORSTEP_DATA_DIR" => Some(data.clone()),
            "DOORSTEP_LANG" => Some("en".to_owned()),
            _ => None,
        };
        let (random, master_key) = (Arc::new(SeededRandom::new(77)), Some(Hex(self.server.master()).to_string()));
        let surroundings = Surroundings { clock: self.server.clock.clone(), random, master_key };
        let printed = Printed::default();
        let world = World {
            env: Box::new(env),
            input: Box::new(std::io::empty()),
            output: Box::new(printed.clone()),
            surroundings,
        };
        let words = std::iter::once("doorstep").chain(words.iter().copied()).map(Into::into);
        self.server.wait(run(words, world)).unwrap_or_else(|_| panic!("it failed"));
        let bytes = printed.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    fn checkpoints(&self, file: &Path) {
        self.types_at(&self.server.place(), &["checkpoint", "--to", file.to_str().unwrap()]);
    }

    /// What `verify` says of a database: what is wrong, by caseload, code and place; and what was lost.
    fn verifies_at(&self, place: &str, against: Option<&Path>) -> (Vec<(String, String)>, Vec<Value>) {
        let mut words = vec!["verify", "--json"];
        words.extend(against.iter().flat_map(|path| ["--against", path.to_str().unwrap()]));
        let report: Value = serde_json::from_str(&self.types_at(place, &words)).unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let findings = report["findings"].as_array().unwrap().iter();
        let found = findings.map(|found| {
            assert_eq!(found["caseload"], json!(self.hgs));
            (text(&found["code"]), format!("{} {}", text(&found["table"]), text(&found["place"])))
        });
        (found.collect(), report["lost"].as_array().unwrap().clone())
    }

    fn verifies(&self, against: Option<&Path>) -> (Vec<(String, String)>, Vec<Value>) {
        self.verifies_at(&self.server.place(), against)
    }

    /// Whoever has the database writes to it.
    fn tampers(&self, place: &str, statements: Vec<(Statement, Vec<Arg>)>) {
        self.server.wait(async {
            let db = Db::at(&Location::from(place.to_owned())).await.unwrap();
            let mut tx = db.write().await.unwrap();
            for (statement, args) in statements {
                assert!(tx.run(statement, args).await.unwrap() > 0, "{}", statement.sql);
            }
            tx.commit().await.unwrap();
            db.close().await;
        });
    }

    fn restores_on_record(&self) -> String {
        self.server.wait(async {
            let row = self.server.db.read().await.unwrap().first(RESTORES, Vec::new()).await.unwrap().unwrap();
            String::from_utf8(row.get(0).unwrap()).unwrap()
        })
    }

    /// The server is lost, and restored from this backup on a database of its own.
    fn restored(self, backup: &Path) -> Self {
        let scratch = self.server.wait(Scratch::new());
        let Self { server, .. } = self;
        server.clock.advance(Span::hours(1));
        let (server, _) = server.lost(backup, scratch, 1_000);
        Self { server, ..self }
    }
}

fn of_log(lost: &[Value]) -> Vec<(u64, u64, u64)> {
    let number = |value: &Value| value.as_u64().unwrap();
    let logs = lost.iter().filter(|lost| lost["table"] == "log");
    logs.map(|lost| (number(&lost["epoch"]), number(&lost["first"]), number(&lost["last"]))).collect()
}

#[test]
fn a_restore_tells_what_it_lost_and_a_pretended_one_is_found() {
    let mut kept = Kept::new();
    let (elsewhere, backup) = (kept.path("checkpoints"), kept.path("backup"));
    kept.work();
    kept.checkpoints(&elsewhere);
    let in_backup = kept.work();
    kept.server.backs_up(&backup);
    kept.work();
    kept.checkpoints(&elsewhere);
    let last_known = kept.work();
    kept.checkpoints(&elsewhere);
    kept.work();
    assert_eq!(kept.verifies(Some(&elsewhere)), (vec![], vec![]));
    let before = std::fs::read(&elsewhere).unwrap();

    let mut kept = kept.restored(&backup);
    // Nobody but the database knows of it yet; the record there is signed.
    let (found, lost) = kept.verifies(Some(&elsewhere));
    assert_eq!((found, of_log(&lost)), (vec![], vec![(1, in_backup + 1, last_known)]));
    let said = kept.types_at(&kept.server.place(), &["verify", "--against", elsewhere.to_str().unwrap()]);
    let line = format!("{} log {}-{last_known} (epoch 1): not in the backup of ", kept.hgs, in_backup + 1);
    assert!(said.contains(&line), "{line}: {said}");
    kept.lin.finds(&format!("http://{}", kept.server.address()));
    kept.work();
    kept.checkpoints(&elsewhere);
    let (found, lost) = kept.verifies(Some(&elsewhere));
    assert_eq!((found, of_log(&lost)), (vec![], vec![(1, in_backup + 1, last_known)]));

    // The same rows, and nobody restored anything: older ones were put back, under a new epoch.
    let (place, record) = (kept.server.place(), kept.restores_on_record());
    let old = kept.path("old");
    std::fs::write(&old, before).unwrap();
    let epoch: Value = serde_json::from_str(&record).unwrap();
    let epoch: Value = serde_json::from_str(epoch["payload"].as_str().unwrap()).unwrap();
    let epoch = &epoch["caseloads"][0]["epoch"];
    kept.tampers(&place, vec![(FORGET, vec![]), (FORGET_CHECKPOINTS, vec![Arg::from(2_u64)])]);
    let pretended = ("epoch".to_owned(), format!("caseload {epoch}"));
    let (found, lost) = kept.verifies(Some(&old));
    assert!(found.contains(&pretended), "{found:?}");
    assert!(found.contains(&("checkpoint".to_owned(), format!("log {last_known}"))), "{found:?}");
    assert_eq!(lost, Vec::<Value>::new(), "nobody admitted anything");
    assert_eq!(kept.verifies(None).0, std::slice::from_ref(&pretended), "without checkpoints, too");

    // A record that another key signed, or that was changed, is none.
    let changed = record.replace(&format!("\\\"n\\\":{in_backup}"), &format!("\\\"n\\\":{}", in_backup + 1));
    assert_ne!(changed, record);
    for record in [changed.as_bytes(), b"{}\n", &[0xff]] {
        kept.tampers(&place, vec![(SAY, vec![Arg::from(record)])]);
        assert_eq!(kept.verifies(None).0, std::slice::from_ref(&pretended));
        kept.tampers(&place, vec![(FORGET, vec![])]);
    }
    // The one that was kept elsewhere explains it.
    assert_eq!(kept.verifies(Some(&elsewhere)).0, []);
    kept.tampers(&place, vec![(SAY, vec![Arg::from(record.as_bytes())])]);
    assert_eq!(kept.verifies(None).0, []);

    // Back in the history that was left: checkpoints of the new one say so.
    kept.tampers(&place, vec![(SET_EPOCH, vec![Arg::from(1_u64)])]);
    let (found, _) = kept.verifies(Some(&elsewhere));
    assert!(found.contains(&pretended), "{found:?}");
}

#[test]
fn the_record_of_one_restore_does_not_cover_for_older_rows() {
    let mut kept = Kept::new();
    let (older, backup) = (kept.path("older"), kept.path("backup"));
    kept.work();
    kept.server.backs_up(&older);
    let in_backup = kept.work();
    kept.server.backs_up(&backup);
    let kept = kept.restored(&backup);
    assert_eq!(kept.verifies(None).0, []);
    let record = kept.restores_on_record();
    let epoch = kept.server.wait(async {
        let row = kept.server.db.read().await.unwrap().first(EPOCH, Vec::new()).await.unwrap().unwrap();
        row.get::<u64>(0).unwrap()
    });

    // Older rows under the epoch, and with the record, of the restore that there was.
    let scratch = kept.server.wait(Scratch::new());
    kept.server.wait(async {
        let db = Db::at(&Location::from(scratch.place())).await.unwrap();
        let (from, now) = (std::fs::File::open(&older).unwrap(), kept.server.app.clock().now());
        backup::restore(&db, kept.server.app.flow(), from, None, now, &mut |_| {}).await.unwrap();
        db.close().await;
    });
    let (record, epoch) = (Arg::from(record.as_bytes()), Arg::from(epoch));
    let place = scratch.place();
    kept.tampers(&place, vec![(FORGET, vec![]), (SAY, vec![record]), (SET_EPOCH, vec![epoch])]);
    let (found, _) = kept.verifies_at(&place, None);
    assert!(found.contains(&("checkpoint".to_owned(), format!("log {in_backup}"))), "{found:?}");
}
