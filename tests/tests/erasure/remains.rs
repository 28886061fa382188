//! What is left of somebody who was erased: in rows, for who has the master key; in files, byte by byte; in backups.

use std::collections::BTreeSet;
use std::pin::{Pin, pin};
use std::time::Duration;

use doorstep::backup;
use doorstep::db::duty::{Duty, Level};
use doorstep::db::{Db, DbError, Location, Statement, caseload};
use doorstep_tests::burglar::{self, Wrapped};
use doorstep_tests::scratch::Scratch;
use serde_json::json;
use sync_core::event::{PhotoHash, Signal};
use sync_core::id::EntityId;
use sync_core::log::{HoldCode, Verdict};
use sync_core::submission::Part;
use sync_core::time::Span;
use sync_core::wire::{Item, Raw};

use super::{GU, HOME, TAN, WHY, World, edit, visit};
use sync_core::edit::{FieldOp, Value};
use sync_core::entity::Kind;

const SECRETS: [&str; 14] = [
    "顾阿婆-CANARY",
    "018X-CANARY",
    "note-CANARY",
    "花果山3栋502-CANARY",
    "words-CANARY",
    "phone-CANARY",
    "photo-CANARY",
    "opened-CANARY",
    "question-CANARY",
    "answer-CANARY",
    "paper-CANARY",
    "acknowledged-CANARY",
    "held-CANARY",
    "rejected-CANARY",
];

impl World {
    /// Everything that an installation may come to hold of her.
    fn is_lived_in(&mut self) {
        let contact = vec![FieldOp::put_element("contact_phone", "one", "phone-CANARY".into())];
        self.says(vec![edit(GU, Kind::Elder, 1, contact)]);
        let mut hash = [0x20; 32];
        hash[..12].copy_from_slice(b"photo-CANARY");
        let mut seen = super::event("photographed", GU, super::visited(&[]));
        seen.photos = vec![PhotoHash(hash)];
        self.says(vec![Part::event(&seen)]);
        // Alarms with who was told of them, deliveries on their way, and a slip at the police.
        let duty =
            Duty { level: Level::First, person: self.supervisor, from: self.now(), to: self.now() + Span::days(9) };
        let admin = self.server.admin();
        self.server.wait(admin.name_for_duty(self.hgs, &duty)).unwrap();
        drop(self.server.wait(admin.add_webhook(self.hgs, Some(Level::First), "http://127.0.0.1:9/", false)).unwrap());
        self.says(vec![visit("abused", GU, &[Signal::SuspectedAbuse])]);
        self.server.wait(self.server.app.flow().tick(&self.server.db, self.now())).unwrap();
        let (mei, he, wu) = (self.server.login("mei"), self.server.login("he"), self.server.login("wu"));
        let alarms = self.server.get(&format!("/v1/caseloads/{}/alarms", self.hgs), Some(&mei)).ok();
        let n = alarms[0]["n"].as_u64().unwrap_or_else(|| panic!("no alarm: {alarms}"));
        let acknowledge = format!("/v1/caseloads/{}/alarms/{n}/acknowledge", self.hgs);
        let _ = self.server.post(&acknowledge, Some(&mei), &json!({"note": "acknowledged-CANARY"})).ok();
        let referrals = format!("/v1/caseloads/{}/referrals", self.hgs);
        let list = self.server.get(&referrals, Some(&he)).ok();
        let referral = format!("{referrals}/{}", list[0]["id"].as_str().unwrap());
        let _ = self.server.post(&format!("{referral}/dispatch"), Some(&he), &json!({"dept": "PSB"})).ok();
        let desk = self.desk;
        let slips = self.server.get(&format!("/v1/desks/{desk}/slips"), Some(&wu)).ok();
        let slip = format!("/v1/desks/{desk}/slips/{}", slips[0]["id"].as_str().unwrap());
        let acts = [
            ("open", json!({"reason": "opened-CANARY"})),
            ("accept", json!({})),
            ("ask", json!({"question": "question-CANARY"})),
        ];
        for (act, body) in acts {
            let _ = self.server.post(&format!("{slip}/{act}"), Some(&wu), &body).ok();
        }
        let asked = self.server.get(&referral, Some(&mei)).ok();
        let question = asked["referral"]["values"]["question"].as_object().unwrap().keys().next().unwrap().clone();
        let answer = json!({"question": question, "text": "answer-CANARY"});
        let _ = self.server.post(&format!("{referral}/answer"), Some(&mei), &answer).ok();
        let paper = json!({
            "act": "reply", "document_number": "深公-CANARY", "dated": "2026-11-23", "outcome": "untrue",
            "public_text": "paper-CANARY", "internal_text": "paper-CANARY",
        });
        let desk_he = self.server.login("de");
        let _ = self.server.post(&format!("{slip}/transcribe"), Some(&desk_he), &paper).ok();
        // Held and decided, held and waiting, not readable at all.
        for (nth, text) in [(0xA3, "rejected-CANARY"), (0xA4, "held-CANARY")] {
            // With what came to be by it alone.
            let need = vec![FieldOp::put("elder", Value::Id(GU)), FieldOp::put("text", text.into())];
            let parts = vec![
                edit(GU, Kind::Elder, 2, vec![FieldOp::put("caseload_worker", text.into())]),
                edit(EntityId::from_bytes([nth; 16]), Kind::Need, 0, need),
            ];
            assert_eq!(self.sends(parts), Verdict::Held(HoldCode::NotPermitted));
            if text == "rejected-CANARY" {
                let held = self.server.get(&format!("/v1/caseloads/{}/held", self.hgs), Some(&mei)).ok();
                let id = held[0]["submission"].as_str().unwrap_or_else(|| panic!("nothing is held: {held}"));
                let decide = format!("/v1/caseloads/{}/held/{id}/decide", self.hgs);
                let no = json!({"accept": false, "reason": "rejected-CANARY"});
                let _ = self.server.post(&decide, Some(&mei), &no).ok();
            }
        }
        self.lin.numbers += 1;
        let raw = [b"no form, but held-CANARY of ", &GU.bytes()[..]].concat();
        let number = self.lin.numbers;
        let _ = self.lin.sync(&self.server, vec![Item::Submission { number, bytes: Raw(raw) }]);
        // Somebody looked.
        let _ = self.server.get(&format!("/v1/caseloads/{}/elders/{GU}", self.hgs), Some(&mei)).ok();
        let _ = self.server.get(&format!("/v1/caseloads/{}/elders?search=%E9%A1%BE", self.hgs), Some(&mei)).ok();
    }

    /// What there is of her beside files: what waits for a decision, words of alarms, what is on its way to others.
    fn beside(&self) -> [usize; 3] {
        const ON_ITS_WAY: Statement = Statement { name: "ON_ITS_WAY", sql: "SELECT COUNT(*) FROM delivery" };
        let mei = self.server.login("mei");
        let held = self.server.get(&format!("/v1/caseloads/{}/held", self.hgs), Some(&mei)).ok();
        let (opened, deliveries) = self.server.wait(async {
            let opened = burglar::opens(&self.server.db, &self.server.master()).await;
            let mut tx = self.server.db.read().await.unwrap();
            let count: u64 = tx.first(ON_ITS_WAY, Vec::new()).await.unwrap().unwrap().get(0).unwrap();
            (opened, usize::try_from(count).unwrap())
        });
        let alarms = opened.iter().filter(|(table, words)| *table == "alarm" && !words.is_empty());
        [held.as_array().unwrap().len(), alarms.count(), deliveries]
    }

    /// The engine's planner looks at what is in the tables, as it does by itself from time to time.
    fn is_sampled(&self) {
        const SAMPLE: Statement = Statement { name: "SAMPLE", sql: "ANALYZE" };
        self.server.wait(async {
            let mut tx = self.server.db.write().await.unwrap();
            tx.run(SAMPLE, Vec::new()).await.unwrap();
            tx.commit().await.unwrap();
        });
    }

    /// What opens, of these secrets.
    fn opens(&self, db: &Db) -> Vec<String> {
        let all = self.server.wait(burglar::opens(db, &self.server.master()));
        let shown = |(table, plain): &(&str, Vec<u8>)| {
            let text = String::from_utf8_lossy(plain).replace(WHY, "");
            SECRETS
                .iter()
                .filter(|secret| text.contains(*secret))
                .map(|secret| format!("{table}: {secret}"))
                .collect::<Vec<_>>()
        };
        all.iter().flat_map(shown).collect()
    }

    /// The files that hold one of the secrets in any form, or of a key what cannot be told from chance.
    fn files(&self, keys: &[Wrapped]) -> Vec<String> {
        let secrets = SECRETS.iter().flat_map(|secret| burglar::forms(secret));
        let needles: Vec<Vec<u8>> = secrets.chain(keys.iter().map(|key| key.bytes[25..].to_vec())).collect();
        let found =
            self.server.folders().iter().flat_map(|folder| burglar::search(folder, &needles)).collect::<Vec<_>>();
        found.iter().map(|path| path.display().to_string()).collect()
    }

    fn restored(&self, file: &std::path::Path, with_register: bool) -> (Scratch, Db) {
        let (flow, now) = (self.server.app.flow(), self.now());
        let registers = [self.server.app.register().clone()];
        self.server.wait(async {
            let scratch = Scratch::new().await;
            let db = Db::at(&Location::from(scratch.place())).await.unwrap();
            let from = std::fs::File::open(file).unwrap();
            let registers = with_register.then_some(&registers[..]);
            let restored = backup::restore(&db, flow, from, registers, now, &mut |_| {}).await.unwrap();
            assert!(restored.report.findings.is_empty(), "{:?}", restored.report.findings);
            (scratch, db)
        })
    }
}

/// What is derived of a file, and says something of it to who has the master key, or by being there.
const DERIVED: [&str; 9] = [
    "SELECT COUNT(*) FROM gram WHERE root = $1",
    "SELECT COUNT(*) FROM lookup WHERE root = $1",
    "SELECT COUNT(*) FROM document WHERE root = $1",
    "SELECT COUNT(*) FROM projection WHERE entity = $1",
    "SELECT COUNT(*) FROM flag WHERE root = $1",
    "SELECT COUNT(*) FROM link WHERE a = $1",
    "SELECT COUNT(*) FROM link WHERE b = $1",
    "SELECT COUNT(*) FROM entity_key WHERE entity = $1",
    "SELECT COUNT(*) FROM event WHERE root = $1 AND kind NOT IN ('visit', 'not_met')",
];

/// Rows of these tables that are hers.
fn derived(world: &World) -> Vec<u64> {
    world.server.wait(async {
        let mut tx = world.server.db.read().await.unwrap();
        let mut counts = Vec::new();
        for sql in DERIVED {
            let row = tx.first(Statement { name: "DERIVED", sql }, vec![GU.bytes().to_vec().into()]).await.unwrap();
            counts.push(row.unwrap().get(0).unwrap());
        }
        counts
    })
}

/// What of a PostgreSQL's files is its write-ahead log, which holds old pages until it is recycled.
fn is_window(file: &str) -> bool {
    file.contains("/pg_wal/")
}

#[test]
fn nothing_of_her_remains_in_rows_files_and_later_backups() {
    let mut world = World::of_its_own();
    world.is_lived_in();
    world.is_sampled();
    let spouse = vec![FieldOp::put("name", "谭伯-STAYS".into())];
    world.says(vec![edit(TAN, Kind::Elder, 0, spouse)]);
    let dir = tempfile::tempdir().unwrap();
    let (before, after) = (dir.path().join("before"), dir.path().join("after"));

    // The same search finds all of it while it is there.
    let opened = world.opens(&world.server.db);
    for secret in SECRETS {
        assert!(opened.iter().any(|found| found.ends_with(secret)), "{secret} never was there: {opened:?}");
    }
    let keys = world.server.wait(burglar::keys(&world.server.db));
    let own = |key: &Wrapped| [GU, HOME].iter().any(|id: &EntityId| key.entity == id.bytes());
    let hers: Vec<Wrapped> = keys.into_iter().filter(own).collect();
    assert_eq!(hers.len(), 2);
    assert!(!world.files(&hers).is_empty(), "the keys lie somewhere");
    world.server.backs_up(&before);
    let of_her = derived(&world);
    assert!(of_her[0] > 0 && of_her[2] > 1 && of_her[3] > 0 && of_her[7] > 0 && of_her[8] > 0, "{of_her:?}");

    assert_eq!(world.beside(), [2, 1, 2], "all of it is of her");
    let scope = world.erase();
    assert_eq!(world.beside(), [0; 3], "nobody decides on it, reads it or is sent it");
    let gone: Vec<Vec<u8>> =
        scope.entities.iter().chain(scope.slips.values().flatten()).map(|id| id.bytes().to_vec()).collect();
    assert!(gone.len() > 4, "{gone:?}");
    assert_eq!(world.opens(&world.server.db), [] as [String; 0], "no row opens any more");
    assert_eq!(derived(&world), [0; 9]);
    assert!(!world.files(&hers).is_empty(), "without a scrub the files still hold keys");
    world.server.wait(world.server.db.scrub()).unwrap();
    let left = world.files(&hers);
    assert!(left.iter().all(|file| is_window(file)), "{left:?}");
    println!("of destroyed keys after the scrub: {left:?}");

    // A backup that was made after it, whoever reads it; and one from before, by the register.
    world.server.backs_up(&after);
    for (file, with_register) in [(&after, false), (&before, true)] {
        let (_scratch, db) = world.restored(file, with_register);
        assert_eq!(world.opens(&db), [] as [String; 0]);
        world.server.wait(db.close());
    }
    let (_scratch, db) = world.restored(&before, false);
    assert!(!world.opens(&db).is_empty(), "a backup from before holds her until it is deleted");
    world.server.wait(db.close());
    world.server.verifies();
}

#[test]
fn a_scrub_waits_for_who_still_reads_and_says_when_it_could_not_finish() {
    let mut world = World::new();
    world.erase();
    let server = &world.server;
    let reader = server.wait(async {
        let mut reader = server.db.read().await.unwrap();
        // From here on it sees what was there at this moment.
        drop(caseload::every(&mut reader).await.unwrap());
        reader
    });
    world.says(vec![edit(TAN, Kind::Elder, 0, vec![FieldOp::put("name", "谭伯".into())])]);
    let server = &world.server;
    assert!(matches!(server.wait(server.db.scrub()), Err(DbError::StillRead)));
    server.wait(async { drop(reader) });
    server.wait(server.db.scrub()).unwrap();
    server.verifies();
}

/// Makes of a transaction one that writes. On PostgreSQL it then holds back, in every database of the server, what the
/// engine lets go of.
const WRITES: Statement = Statement { name: "WRITES", sql: "SELECT CAST(pg_current_xact_id() AS TEXT)" };
/// When scrubs of this database asked whether somebody still writes, or reads, who is older.
const ASKED: Statement = Statement {
    name: "ASKED",
    sql: "SELECT CAST(query_start AS TEXT) FROM pg_stat_activity WHERE datname = current_database() \
        AND (query LIKE 'SELECT pg_snapshot_xmin%' OR query LIKE 'SELECT EXISTS (SELECT 1 FROM pg_stat_activity%')",
};
/// Keeps those who connect from getting in.
const KEEPS_OUT: Statement =
    Statement { name: "KEEPS_OUT", sql: "LOCK TABLE pg_catalog.pg_db_role_setting IN ACCESS EXCLUSIVE MODE" };
/// Those who are kept out.
const KEPT_OUT: Statement = Statement {
    name: "KEPT_OUT",
    sql: "SELECT CAST(pid AS TEXT) FROM pg_locks \
        WHERE NOT granted AND relation = CAST('pg_catalog.pg_db_role_setting' AS regclass)",
};

/// Comes back when so many different answers were seen.
async fn seen(db: &Db, statement: Statement, wanted: usize) {
    let mut answers = BTreeSet::new();
    while answers.len() < wanted {
        tokio::time::sleep(Duration::from_millis(10)).await;
        let mut tx = db.read().await.unwrap();
        let rows = tx.all(statement, Vec::new()).await.unwrap();
        answers.extend(rows.iter().map(|row| row.get::<String>(0).unwrap()));
    }
}

/// Goes on with the scrub until this is over. It must not end before.
async fn meanwhile(mut scrub: Pin<&mut impl Future<Output = Result<(), DbError>>>, what: impl Future<Output = ()>) {
    tokio::select! {
        scrubbed = &mut scrub => panic!("it did not wait: {scrubbed:?}"),
        () = what => {}
    }
}

#[test]
fn a_scrub_waits_for_who_writes_in_another_database_and_for_who_is_connecting() {
    let (world, other) = (World::new(), World::new());
    let (server, elsewhere) = (&world.server, &other.server.db);
    if server.db.engine() == "sqlite" {
        // Another database is another file: it waits for nobody.
        let writer = other.server.wait(elsewhere.write()).unwrap();
        server.wait(server.db.scrub()).unwrap();
        return other.server.wait(async { drop(writer) });
    }
    server.wait(async {
        let mut writer = elsewhere.write().await.unwrap();
        drop(writer.first(WRITES, Vec::new()).await.unwrap());
        let mut scrub = pin!(server.db.scrub());
        meanwhile(scrub.as_mut(), seen(&server.db, ASKED, 3)).await;
        // Who connects now looks back to before the writer ended, and is not among the sessions until they are let in.
        let mut doorkeeper = elsewhere.write().await.unwrap();
        let _ = doorkeeper.run(KEEPS_OUT, Vec::new()).await.unwrap();
        let place = Location::from(server.place());
        let connecting = tokio::spawn(async move { Db::at(&place).await.unwrap().close().await });
        meanwhile(scrub.as_mut(), seen(&server.db, KEPT_OUT, 1)).await;
        drop(writer);
        meanwhile(scrub.as_mut(), seen(&server.db, ASKED, 5)).await;
        drop(doorkeeper);
        scrub.await.unwrap();
        connecting.await.unwrap();
    });
}
