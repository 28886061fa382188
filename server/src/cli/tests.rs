//! Commands as somebody would type them, on a data directory of their own.

use std::io::Cursor;
use std::sync::{Arc, Mutex};

use super::*;
use crate::clock::ManualClock;
use crate::random::SeededRandom;
use crate::testing::MORNING;

mod errors;

#[derive(Clone, Default)]
struct Printed(Arc<Mutex<Vec<u8>>>);

impl Write for Printed {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

struct Office {
    dir: tempfile::TempDir,
    random: Arc<SeededRandom>,
}

impl Office {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap(), random: Arc::new(SeededRandom::new(3)) }
    }

    /// Runs a command, and gives what it printed or why it failed.
    async fn types(&self, line: &str) -> Result<String, String> {
        self.types_with(line, "").await
    }

    async fn types_with(&self, line: &str, input: &str) -> Result<String, String> {
        let printed = Printed::default();
        let data = self.dir.path().join("data").display().to_string();
        let env = move |name: &str| match name {
            "DOORSTEP_DATA_DIR" => Some(data.clone()),
            "DOORSTEP_LANG" => Some("en".to_owned()),
            _ => None,
        };
        let surroundings =
            Surroundings { clock: Arc::new(ManualClock::at(MORNING)), random: self.random.clone(), master_key: None };
        let world = World {
            env: Box::new(env),
            input: Box::new(Cursor::new(input.to_owned())),
            output: Box::new(printed.clone()),
            surroundings,
        };
        let words = std::iter::once("doorstep").chain(line.split(' ')).map(|word| word.replace('_', " ").into());
        let done = run(words, world).await;
        let text = String::from_utf8(printed.0.lock().unwrap().clone()).unwrap();
        match done {
            Ok(code) if code == ExitCode::SUCCESS => Ok(text),
            Ok(_) => Err(text),
            Err(Failure::Usage(lang, error)) => Err(usage::text(&error, lang)),
            Err(Failure::Command(lang, error)) => Err(error.text(lang)),
        }
    }
}

const CASELOAD: &str = "admin caseload add HGS --name shops --owner street --operator org --from 2026-01-01 \
                        --to 2026-12-31";

#[tokio::test]
async fn an_office_is_set_up() {
    let office = Office::new();
    office.types(CASELOAD).await.unwrap();
    assert!(office.types(CASELOAD).await.unwrap_err().contains("HGS is taken"));
    let backwards = CASELOAD.replace("HGS", "OTH").replace("--to 2026-12-31", "--to 2025-12-31");
    assert!(office.types(&backwards).await.is_err(), "a term that ends before it begins");
    office.types("admin desk add FIRE --name fire").await.unwrap();
    assert!(office.types("admin desk add NOBODY --name x").await.unwrap_err().contains("no department NOBODY"));
    let worker = office.types("admin person add lin --name 林 --role worker").await.unwrap();
    assert!(!worker.contains("password"), "workers have phones");
    let officer = office.types("admin person add zhao --name 赵 --role officer").await.unwrap();
    assert!(officer.contains("password (shown only now): "));
    office.types("admin assign lin HGS").await.unwrap();
    office.types("admin assign zhao FIRE").await.unwrap();
    assert!(office.types("admin assign zhao HGS").await.unwrap_err().contains("does not work there"));
    office.types("admin person add ping --name 平 --role evaluator").await.unwrap();
    office.types("admin assign ping HGS").await.unwrap();
    let people = office.types("admin person list").await.unwrap();
    assert!(people.contains("lin") && people.contains("HGS") && people.contains("FIRE"), "{people}");
    let caseloads = office.types("admin caseload list").await.unwrap();
    assert!(caseloads.contains("2026-01-01 – 2026-12-31"), "{caseloads}");
    office.types("verify").await.unwrap();
}

#[tokio::test]
async fn a_code_is_shown_as_text_and_to_be_scanned() {
    let office = Office::new();
    office.types("admin person add lin --name 林 --role worker").await.unwrap();
    let shown = office.types("admin enrol lin").await.unwrap();
    assert!(shown.contains("█") && shown.contains("http://127.0.0.1:8340/enrol#"), "{shown}");
    let text = office.types("admin enrol lin --no-qr").await.unwrap();
    assert!(!text.contains("█"));
    assert!(office.types("admin enrol nobody").await.unwrap_err().contains("nobody with the login"));
    assert!(office.types("admin device revoke 01KAQ3V1X2Y3Z4A5B6C7D8E9FG").await.is_err());
    assert!(office.types("admin device revoke nonsense").await.unwrap_err().contains("expected the id of a device"));
}

#[tokio::test]
async fn passwords_are_read_from_standard_input() {
    let office = Office::new();
    let add = "admin person add he --name 何 --role dispatcher --password-stdin";
    assert!(office.types_with(add, "short\n").await.unwrap_err().contains("fewer than 10"));
    let said = office.types_with(add, "long enough to be good\n").await.unwrap();
    assert!(!said.contains("long enough"));
    let reset = office.types("admin person password he").await.unwrap();
    assert!(reset.contains("password (shown only now): "));
}

#[tokio::test]
async fn a_generated_roster_is_imported_once() {
    let office = Office::new();
    office.types(CASELOAD).await.unwrap();
    let csv = office.dir.path().join("shops.csv");
    let csv = csv.to_str().unwrap();
    office.types(&format!("generate --seed 7 --premises 30 --out {csv}")).await.unwrap();
    let tried = office.types(&format!("import premises {csv} --dry-run")).await.unwrap();
    assert!(tried.contains("30 new") && tried.contains("nothing written"), "{tried}");
    let first = office.types(&format!("import premises {csv}")).await.unwrap();
    assert!(first.contains("30 new"), "{first}");
    let again = office.types(&format!("import premises {csv} --lang zh")).await.unwrap();
    assert!(again.contains("新增 0") && again.contains("不变 30"), "{again}");
    office.types("verify").await.unwrap();
}

#[tokio::test]
async fn a_bad_row_is_named_and_the_rest_is_imported() {
    let office = Office::new();
    office.types(CASELOAD).await.unwrap();
    let csv = office.dir.path().join("shops.csv");
    std::fs::write(&csv, "编号,店铺名称,地址\n1,王记,一号\n2,,二号\n").unwrap();
    let said = office.types(&format!("import premises {}", csv.display())).await.unwrap_err();
    assert!(said.contains("line 3") && said.contains("1 new") && said.contains("1 wrong"), "{said}");
    assert!(office.types("import premises /nowhere.csv").await.is_err());
}

#[tokio::test]
async fn the_policy_is_checked_and_the_document_is_written() {
    let office = Office::new();
    assert!(office.types("policy check").await.unwrap().contains("all examples hold"));
    let empty = office.dir.path().display().to_string();
    assert!(office.types(&format!("policy check {empty}")).await.is_err());
    let document: serde_json::Value = serde_json::from_str(&office.types("openapi").await.unwrap()).unwrap();
    assert_eq!(document["info"]["title"], "Doorstep");
}

#[tokio::test]
async fn help_is_in_the_language_that_is_asked_for() {
    let office = Office::new();
    assert!(office.types("serve --help --lang zh").await.unwrap_err().contains("运行服务"));
    assert!(office.types("serve --help --lang=en").await.unwrap_err().contains("Runs the server"));
    assert!(office.types("no-such-command").await.is_err());
}

#[tokio::test]
async fn people_come_and_go_at_dates() {
    let office = Office::new();
    office.types(CASELOAD).await.unwrap();
    for (login, role) in [("lin", "worker"), ("zhou", "worker"), ("mei", "supervisor"), ("wu", "supervisor")] {
        office.types(&format!("admin person add {login} --name {login} --role {role}")).await.unwrap();
    }
    office.types("admin assign lin HGS").await.unwrap();
    office.types("admin assign mei HGS").await.unwrap();
    let cover = "admin assign zhou HGS --from 2099-12-01 --until 2099-12-05 --covers lin";
    let dry = office.types(&format!("{cover} --dry-run")).await.unwrap();
    assert!(dry.contains("will work in shops from 2099-12-01 until 2099-12-05") && dry.contains("nothing was written"));
    assert!(!office.types(cover).await.unwrap().contains("before"));
    assert!(office.types(cover).await.unwrap().contains("so it was planned before"));
    assert!(office.types("admin assign zhou HGS --from 2099-12-01").await.unwrap_err().contains("--until"));

    let handover = "admin handover HGS --from lin --to zhou --on 2099-12-10";
    let dry = office.types(&format!("{handover} --dry-run")).await.unwrap();
    assert!(dry.contains("To be handed over") && dry.contains("open hazards") && dry.contains("nothing was written"));
    assert!(office.types(handover).await.unwrap().contains("To be handed over"));
    assert!(office.types(handover).await.unwrap().contains("So it was planned before"));
    assert!(office.types("admin handover HGS --from wu --to zhou --on 2099-12-10").await.is_err());

    let term = "admin term HGS --operator next --from 2100-01-01 --to 2100-12-31";
    assert!(office.types(term).await.unwrap_err().contains("supervisor"));
    let term = format!("{term} --people wu");
    let dry = office.types(&format!("{term} --dry-run")).await.unwrap();
    assert!(dry.contains("will be worked on by next") && dry.contains("lin") && dry.contains("mei"), "{dry}");
    office.types(&term).await.unwrap();
    assert!(office.types(&term).await.unwrap().contains("so it was planned before"));
    let planned = office.types("admin planned HGS").await.unwrap();
    for expected in ["covers lin", "handover lin", "begins a term", "new term"] {
        assert!(planned.contains(expected), "{expected}: {planned}");
    }
    assert!(office.types("admin caseload list").await.unwrap().contains("org"), "not yet");
    office.types("admin term HGS --operator org --from 2026-02-01 --to 2098-12-31").await.unwrap();
    assert!(office.types("admin caseload list").await.unwrap().contains("2098-12-31"));
    office.types("verify").await.unwrap();
}

#[tokio::test]
async fn an_office_is_backed_up_restored_and_moved() {
    let office = Office::new();
    let path = |name: &str| office.dir.path().join(name).display().to_string();
    let (file, restored, moved) = (path("backup"), path("restored.db"), path("moved.db"));
    let nothing = office.types(&format!("restore {file}")).await.unwrap_err();
    assert_eq!(nothing, format!("{file}: there is no such file or directory; check the path"));
    office.types(CASELOAD).await.unwrap();
    office.types("admin person add lin --name 林 --role worker").await.unwrap();
    let said = office.types(&format!("backup {file}")).await.unwrap();
    assert!(said.contains("1 caseloads and desks"), "{said}");
    let said = office.types(&format!("backup --check {file}")).await.unwrap();
    assert!(said.contains("whole: of 2026-11-23 08:30"), "{said}");
    assert!(office.types(&format!("backup {file} --keep 3")).await.unwrap_err().contains("for a directory"));

    let into = format!("--database {restored} restore {file}");
    assert!(office.types(&into).await.unwrap_err().contains("there is no register"), "nobody has left yet");
    assert!(office.types(&format!("restore {file} --without-register")).await.unwrap_err().contains("not empty"));
    let said = office.types(&format!("{into} --without-register")).await.unwrap();
    assert!(said.contains("verified: 1 log entries agree"), "{said}");
    let people = office.types(&format!("--database {restored} admin person list")).await.unwrap();
    assert!(people.contains("lin"), "{people}");

    let said = office.types(&format!("migrate-database --to {moved}")).await.unwrap();
    assert!(said.contains("1 caseloads and desks agree"), "{said}");
    assert!(office.types("verify").await.unwrap_err().contains("moved to another database"));
    office.types(&format!("--database {moved} verify")).await.unwrap();
    // The key of that installation is somewhere else.
    std::fs::remove_file(office.dir.path().join("data/doorstep.key")).unwrap();
    assert!(office.types(&format!("backup --check {file}")).await.unwrap_err().contains("no master key"));
}

#[tokio::test]
async fn so_many_backups_are_kept() {
    let office = Office::new();
    let dir = office.dir.path().join("backups");
    std::fs::create_dir(&dir).unwrap();
    for old in ["doorstep-20261120-020000.doorstep", "doorstep-20261121-020000.doorstep", "notes.txt"] {
        std::fs::write(dir.join(old), "old").unwrap();
    }
    let said = office.types(&format!("backup {} --keep 2", dir.display())).await.unwrap();
    assert!(said.contains("removed the old backup"), "{said}");
    let mut left: Vec<String> =
        dir.read_dir().unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    left.sort();
    assert_eq!(left, ["doorstep-20261121-020000.doorstep", "doorstep-20261123-083000.doorstep", "notes.txt"]);
}

#[tokio::test]
async fn what_cannot_be_understood_is_said_in_chinese() {
    let office = Office::new();
    for (line, words) in [
        ("--lang zh admin person ad", "没有“ad”这个命令"),
        ("--lang zh admin person ad", "是不是想写:add"),
        ("--lang zh serve --prot 80", "没有“--prot”这个选项或参数"),
        ("--lang zh admin person add lin --name 林", "缺少:--role"),
        ("--lang zh admin person add lin --name 林 --role wroker", "--role <角色> 的值“wroker”不对"),
        ("--lang zh admin person add lin --name 林 --role wroker", "可用的值:worker、supervisor"),
        ("--lang zh report day HGS --date 11/23", "应是日期,例如 2026-11-23"),
        ("--lang zh generate --seed 7 --days 0", "应在 1..=366 之间"),
        ("--lang zh generate --seed seven", "应是一个整数"),
        ("--lang zh admin device revoke nonsense", "见 doorstep admin device list"),
        ("--lang zh admin person list --json=1", "用法: doorstep"),
        ("--lang=zh status --json --json", "--json 只能写一次"),
    ] {
        let said = office.types(line).await.unwrap_err();
        assert!(said.contains(words), "{line}: {said}");
        for english in ["error:", "Usage", "tip:", "For more", "possible", "required"] {
            assert!(!said.contains(english), "{line}: {said}");
        }
    }
    assert!(office.types("admin person ad").await.unwrap_err().contains("unrecognized subcommand"));
}

#[tokio::test]
async fn a_file_that_is_not_there_is_named() {
    let office = Office::new();
    let said = office.types("--lang zh import premises nowhere/shops.csv").await.unwrap_err();
    assert_eq!(said, "nowhere/shops.csv:没有这个文件或目录,请核对路径");
    let said = office.types("verify --against nowhere/audit").await.unwrap_err();
    assert!(said.starts_with("nowhere/audit: "), "{said}");
}

#[tokio::test]
async fn tables_call_roles_by_their_names() {
    let office = Office::new();
    office.types(CASELOAD).await.unwrap();
    office.types("admin person add mei --name 梅 --role supervisor").await.unwrap();
    office.types("admin assign mei HGS --role worker").await.unwrap();
    let zh = office.types("--lang zh admin person list").await.unwrap();
    assert!(zh.contains("督导") && zh.contains("HGS (社工)") && !zh.contains("worker"), "{zh}");
}
