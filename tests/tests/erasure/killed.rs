//! `doorstep erase --scrub` is killed (`kill -9`) at each of its steps: then it has happened or has not, the database agrees
//! with its logs, and the same command again ends it.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::PathBuf;
use std::process::{Child, Stdio};

use doorstep::app::{App, Surroundings};
use doorstep::db::{Db, Statement, caseload, document};
use doorstep_tests::burglar::{self, Wrapped};
use doorstep_tests::server::Office;
use sync_core::entity::Kind;
use sync_core::id::EntityId;

const ELDERS: &str = "24";
const DATA_DIRECTORY: Statement = Statement { name: "DATA_DIRECTORY", sql: "SHOW data_directory" };

/// When it is killed.
#[derive(Clone, Copy, Debug)]
enum Moment {
    /// It has said what it will do.
    Said,
    /// The register has it; the database may not.
    Noted,
    /// It has happened; the files are not written anew yet.
    Erased,
    /// Some time into writing them.
    Scrubbing(u64),
}

fn wait<T>(what: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(what)
}

async fn opened(office: &Office) -> (App, Db) {
    let app = App::open(office.config(), Surroundings::of_machine()).await.unwrap();
    (app, Db::at(&office.config().database()).await.unwrap())
}

/// The elders, and every key.
fn looked_at(office: &Office) -> (Vec<EntityId>, Vec<Wrapped>) {
    wait(async {
        let (app, db) = opened(office).await;
        let mut tx = db.read().await.unwrap();
        let hgs = caseload::every(&mut tx).await.unwrap().remove(0).id;
        let mut keys = app.flow().keys();
        let elders = document::projections_of_kind(&mut tx, &mut keys, hgs, Kind::Elder, None, 100).await.unwrap();
        drop(tx);
        let found = (elders.into_iter().map(|elder| elder.entity).collect(), burglar::keys(&db).await);
        app.close().await;
        db.close().await;
        found
    })
}

fn folders(office: &Office) -> Vec<PathBuf> {
    let mut folders = vec![office.data()];
    if office.file().is_none() {
        folders.push(PathBuf::from(wait(async {
            let (app, db) = opened(office).await;
            let mut tx = db.read().await.unwrap();
            let row = tx.first(DATA_DIRECTORY, Vec::new()).await.unwrap().unwrap();
            drop(app);
            row.get::<String>(0).unwrap()
        })));
    }
    folders
}

fn started(office: &Office, args: &[&str]) -> Child {
    office.command(args).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
}

/// Kills it at this moment; whether it was still running.
fn killed(office: &Office, mut child: Child, moment: Moment) -> bool {
    let register = office.data().join("register");
    let length = || std::fs::metadata(&register).map_or(0, |file| file.len());
    let before = length();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut says = |beginning: &str| {
        let mut line = String::new();
        while !line.starts_with(beginning) {
            line.clear();
            if out.read_line(&mut line).unwrap() == 0 {
                return;
            }
        }
    };
    match moment {
        Moment::Said => says("To be erased"),
        Moment::Noted => while length() == before && child.try_wait().unwrap().is_none() {},
        Moment::Erased => says("Erased."),
        Moment::Scrubbing(micros) => {
            says("Erased.");
            std::thread::sleep(std::time::Duration::from_micros(micros));
        }
    }
    let running = child.try_wait().unwrap().is_none();
    child.kill().unwrap();
    child.wait().unwrap();
    drop(out.read_to_end(&mut Vec::new()));
    running
}

#[test]
fn a_killed_erasure_has_happened_or_not_and_the_same_command_ends_it() {
    let office = Office::new();
    office.furnish(&[]);
    office.ok(&["admin", "person", "add", "mei", "--name", "mei", "--role", "supervisor"]);
    office.ok(&["admin", "assign", "mei", "HGS"]);
    office.ok(&["generate", "--seed", "7", "--elders", ELDERS, "--out", "elders.csv"]);
    office.ok(&["import", "elders", "elders.csv", "--as", "mei"]);
    std::fs::remove_file(office.dir().join("elders.csv")).unwrap();
    let (elders, before) = looked_at(&office);
    let scrubs = if std::env::var_os("DOORSTEP_TEST_LONG").is_some() { 12 } else { 1 };
    let moments = [Moment::Noted, Moment::Said, Moment::Erased, Moment::Noted];
    let moments = moments.into_iter().chain((1..=scrubs).map(|n| Moment::Scrubbing(n * n * 500)));
    let mut killed_in_time = 0;
    let mut erased = BTreeSet::new();
    for (moment, elder) in moments.zip(&elders) {
        let id = elder.to_string();
        let args = ["erase", &id, "--caseload", "HGS", "--by", "mei", "--reason", "本人要求", "--scrub"];
        killed_in_time += u32::from(killed(&office, started(&office, &args), moment));
        office.ok(&["verify"]);
        office.ok(&args);
        erased.insert(*elder);
        assert!(office.ok(&args).contains("erased before"), "{moment:?}: and once more is nothing new");
    }
    office.ok(&["verify"]);
    assert!(killed_in_time > 2, "the moments are worth something: {killed_in_time}");
    let (left, after) = looked_at(&office);
    assert!(left.iter().all(|elder| !erased.contains(elder)) && left.len() + erased.len() == elders.len());
    let kept: BTreeSet<_> = after.iter().map(|key| key.bytes.clone()).collect();
    let gone: Vec<Vec<u8>> =
        before.into_iter().filter(|key| !kept.contains(&key.bytes)).map(|key| key.bytes[25..].to_vec()).collect();
    assert!(gone.len() >= erased.len());
    let folders = folders(&office);
    let found: Vec<PathBuf> = folders.iter().flat_map(|folder| burglar::search(folder, &gone)).collect();
    assert!(found.iter().all(|file| file.display().to_string().contains("/pg_wal/")), "{found:?}");
    // The control: of who was not erased they are found.
    let still: Vec<Vec<u8>> = kept.iter().map(|key| key[25..].to_vec()).collect();
    assert!(folders.iter().any(|folder| !burglar::search(folder, &still).is_empty()));
}
