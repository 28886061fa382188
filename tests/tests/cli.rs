//! The program from nothing: what it says, what it refuses, and what an office does with it. Commands in detail are
//! tested beside the commands; here they are typed one after the other, while the server runs.

use std::path::Path;

use doorstep::db::{Arg, Db, Statement};
use doorstep_tests::handset::Handset;
use doorstep_tests::server::{Office, is_well};
use sync_core::event::Answer;
use sync_core::form::{AnswerRow, EntityEdit, Form, InspectionForm};

const ROSTER: usize = 40;

/// A folder with the sample policy.
fn policy_in(office: &Office) -> std::path::PathBuf {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sync-core/policies/nanshan-sample");
    let folder = office.dir().join("policy");
    std::fs::create_dir(&folder).unwrap();
    for file in std::fs::read_dir(sample).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), folder.join(file.file_name())).unwrap();
    }
    folder
}

/// Changes one place of a file.
fn change(path: &Path, before: &str, after: &str) {
    let text = std::fs::read_to_string(path).unwrap();
    assert_eq!(text.matches(before).count(), 1, "{before:?} is not once in {}", path.display());
    std::fs::write(path, text.replace(before, after)).unwrap();
}

#[test]
fn from_nothing_to_a_phone_that_syncs() {
    let office = Office::new();
    let server = office.serve();
    let said = server.said();
    for line in ["No phone is enrolled yet", "doorstep admin caseload add HGS", "doorstep admin enrol lin"] {
        assert!(said.contains(line), "the first start does not say {line:?}: {said}");
    }

    // What was printed is what somebody types now, in another terminal, while the server runs.
    let typed = said.replace("\\\n", " ");
    let commands: Vec<&str> = typed.lines().filter_map(|line| line.trim().strip_prefix("doorstep ")).collect();
    assert_eq!(commands.len(), 4, "{commands:?}");
    let mut code = None;
    for command in commands {
        let words: Vec<String> = command.split_whitespace().map(|word| word.replace('\'', "")).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let printed = office.ok(&words);
        let line = printed.lines().find(|line| line.starts_with("code for a phone"));
        code = line.map(|line| line.rsplit(' ').next().unwrap().to_owned()).or(code);
    }
    let code = code.expect("the last command prints a code");

    let base = format!("http://{}", server.address);
    let lin = Handset::enrol(office.dir(), "lin", &base, &code);
    lin.sync();
    assert!(lin.phone.is_enrolled() && lin.phone.caseloads().len() == 1);
    let devices = office.ok(&["admin", "device", "list"]);
    assert!(devices.contains("lin"), "{devices}");

    // A code is good once.
    let again = ureq::post(format!("{base}/v1/enrol")).config().http_status_as_error(false).build().send_json(
        serde_json::json!({ "code": code, "device_key": "00".repeat(32), "install": "01KAQ3V1X2Y3Z4A5B6C7D8E9FG", "name": "x" }),
    );
    assert!(again.unwrap().status().is_client_error());

    // A roster that is imported while the server runs reaches the phone, and what the phone writes reaches the server.
    roster(&office, "shops.csv", "7");
    office.ok(&["import", "premises", "shops.csv"]);
    lin.sync();
    let shop = lin.shop(&first_name(&office, "shops.csv"));
    let ops = vec![sync_core::edit::FieldOp::put("door_note", "从后门进".into())];
    lin.finish(Form::Edit(EntityEdit { entity: shop, ops }));
    assert_eq!(lin.phone.pending().unwrap().len(), 1);
    lin.sync();
    assert_eq!(lin.phone.pending().unwrap(), []);

    assert!(server.stop().success(), "Ctrl-C ends it well");
    let verified = office.ok(&["verify"]);
    assert!(verified.contains("0 do not agree"), "{verified}");
    let second = office.serve();
    assert!(!second.said().contains("No phone is enrolled"), "{}", second.said());
}

fn roster(office: &Office, file: &str, seed: &str) {
    office.ok(&["generate", "--seed", seed, "--premises", &ROSTER.to_string(), "--out", file]);
}

/// The name in the first row of a generated roster.
fn first_name(office: &Office, file: &str) -> String {
    let text = std::fs::read_to_string(office.dir().join(file)).unwrap();
    let mut lines = text.trim_start_matches('\u{FEFF}').lines();
    let column = lines.next().unwrap().split(',').position(|heading| heading == "name").expect("a column of names");
    lines.next().unwrap().split(',').nth(column).unwrap().to_owned()
}

#[test]
fn a_roster_is_tried_then_imported_then_the_same() {
    let office = Office::new();
    office.furnish(&[]);
    roster(&office, "shops.csv", "11");
    let entries = |office: &Office| {
        let said: serde_json::Value = serde_json::from_str(&office.ok(&["verify", "--json"])).unwrap();
        (said["entries"].as_u64().unwrap(), said["documents"].as_u64().unwrap())
    };
    let before = entries(&office);

    let tried = office.ok(&["import", "premises", "shops.csv", "--dry-run"]);
    assert!(tried.contains(&format!("{ROSTER} new")) && tried.contains("dry run, nothing written"), "{tried}");
    assert_eq!(entries(&office), before, "a dry run writes nothing");

    let done = office.ok(&["import", "premises", "shops.csv"]);
    assert!(done.contains(&format!("{ROSTER} new")) && done.contains("(done)"), "{done}");
    let after = entries(&office);
    assert!(after.1 >= before.1 + ROSTER as u64, "{before:?} {after:?}");

    let again = office.ok(&["import", "premises", "shops.csv"]);
    assert!(again.contains("0 new, 0 changed") && again.contains(&format!("{ROSTER} as before")), "{again}");
    assert_eq!(entries(&office), after, "the same file again writes nothing");
}

#[test]
fn elders_are_brought_in_and_their_numbers_are_not() {
    let office = Office::new();
    office.furnish(&[]);
    office.ok(&["generate", "--seed", "7", "--elders", "40", "--out", "elders.csv"]);
    let text = std::fs::read_to_string(office.dir().join("elders.csv")).unwrap();
    let numbers: Vec<&str> = text.split(',').filter(|cell| cell.len() == 18 && cell.starts_with("440399")).collect();
    assert_eq!(numbers.len(), 40);
    let plan = office.ok(&["import", "elders", "elders.csv", "--dry-run", "--json"]);
    let done = office.ok(&["import", "elders", "elders.csv"]);
    assert!(done.contains("40 new") && done.contains("(done)"), "{done}");
    let again = office.ok(&["import", "elders", "elders.csv"]);
    assert!(again.contains("0 new, 0 changed") && again.contains("40 as before"), "{again}");
    let told = plan + &done + &again;
    assert!(numbers.iter().all(|number| !told.contains(number)), "a number is in a report");
}

#[test]
fn every_bad_row_is_named_in_either_language_and_the_rest_is_imported() {
    let office = Office::new();
    office.furnish(&[]);
    let csv = "编号,店铺名称,地址,面积,统一社会信用代码\n\
        1,王记肠粉,一号,48,92440399MA9T00018G\n\
        2,,二号,,\n\
        3,阿婆糖水,三号,很大,\n\
        4,老周修车,四号,30,92440399MA9T00019G\n";
    std::fs::write(office.dir().join("shops.csv"), csv).unwrap();
    for (lang, line, error) in [("zh", "第3行", "错误"), ("en", "line 3", "error")] {
        let ran = office.run(&["import", "premises", "shops.csv", "--dry-run", "--lang", lang]);
        assert!(!ran.ok, "a file with errors is no success: {}", ran.out);
        let told = |text: &str| ran.out.lines().any(|told| told.starts_with(text) && told.contains(error));
        assert!(told(line), "{}", ran.out);
        // A doubtful credit code is a warning: the row is taken.
        let warning = if lang == "zh" { "第5行" } else { "line 5" };
        assert!(ran.out.lines().any(|told| told.starts_with(warning)), "{}", ran.out);
        assert!(ran.out.contains("[面积]"), "columns are named as in the file: {}", ran.out);
    }
    let ran = office.run(&["import", "premises", "shops.csv"]);
    assert!(!ran.ok);
    let sum = ran.out.lines().last().unwrap();
    let wrong: usize = sum.split(", ").find_map(|part| part.strip_suffix(" wrong")).unwrap().parse().unwrap();
    assert!(sum.contains(&format!("{} new", 4 - wrong)), "what is right is imported: {sum}");
    assert!(wrong >= 1);
    let missing = office.run(&["import", "premises", "nothing.csv"]);
    assert!(!missing.ok && missing.out.is_empty(), "{missing:?}");
}

#[test]
fn a_day_is_reported_in_words_as_csv_and_as_json() {
    let office = Office::new();
    let server = office.serve();
    let term = ["--from", "2020-01-01", "--to", "2099-12-31"];
    let add = ["admin", "caseload", "add", "HGS", "--name", "shops", "--owner", "street", "--operator", "org"];
    office.ok(&[&add[..], &term[..]].concat());
    office.ok(&["admin", "desk", "add", "FIRE", "--name", "fire"]);
    office.ok(&["admin", "person", "add", "lin", "--name", "林", "--role", "worker"]);
    office.ok(&["admin", "assign", "lin", "HGS"]);
    let printed = office.ok(&["admin", "enrol", "lin", "--no-qr", "--lang", "en"]);
    let line = printed.lines().find(|line| line.starts_with("code for a phone")).unwrap();
    let base = format!("http://{}", server.address);
    let lin = Handset::enrol(office.dir(), "lin", &base, line.rsplit(' ').next().unwrap());
    roster(&office, "shops.csv", "7");
    office.ok(&["import", "premises", "shops.csv"]);
    lin.sync();
    let name = first_name(&office, "shops.csv");
    let answers = vec![AnswerRow::new("EDU-01", Answer::Ok)];
    lin.finish(Form::Inspection(InspectionForm { answers, ..InspectionForm::new(lin.shop(&name)) }));
    lin.sync();

    let day = |date: &str, how: &[&str]| office.ok(&[&["report", "day", "HGS", "--date", date], how].concat());
    let json = |date: &str| serde_json::from_str::<serde_json::Value>(&day(date, &["--json"])).unwrap();
    let long_ago = json("2020-02-02");
    assert_eq!(long_ago["events"], serde_json::json!([]));
    let today = long_ago["made_at"].as_str().unwrap()[..10].to_owned();
    let whole = json(&today);
    let digest = whole["digest"].as_str().unwrap();
    assert_eq!(whole["events"][0]["kind"], "inspection");
    let (zh, en) = (day(&today, &["--lang", "zh"]), day(&today, &["--lang", "en"]));
    assert!(zh.contains("商铺走访次数") && zh.contains(digest), "{zh}");
    assert!(en.contains("shop inspections") && en.contains(digest), "{en}");
    let csv = day(&today, &["--csv"]);
    let event = whole["events"][0]["id"].as_str().unwrap();
    assert!(csv.contains(&format!("inspections,商铺走访次数,shop inspections,1,{event}")), "{csv}");
    for text in [&zh, &en, &csv, &whole.to_string()] {
        assert!(!text.contains(&name), "{text}");
    }
    for wrong in [["report", "day", "FIRE", "--date", &today], ["report", "day", "HGS", "--date", "yesterday"]] {
        assert!(!office.run(&wrong).ok, "{wrong:?}");
    }
}

#[test]
fn a_policy_is_checked() {
    let office = Office::new();
    let good = office.ok(&["policy", "check"]);
    assert!(good.contains("all examples hold"), "{good}");
    let folder = policy_in(&office);
    let folder = folder.to_str().unwrap();
    assert_eq!(office.ok(&["policy", "check", folder]), good, "the sample in a folder is the sample");

    // A condition that does not hold for its own example; then one that is no condition at all.
    let rules = Path::new(folder).join("rules-gas.toml");
    let steps = [("p.lpg_kg > limit.lpg_store_kg", "p.lpg_kg > 1000"), ("p.lpg_kg > 1000", "p.lpg_kg >")];
    for (before, after) in steps {
        change(&rules, before, after);
        for lang in ["zh", "en"] {
            let ran = office.run(&["policy", "check", folder, "--lang", lang]);
            assert!(!ran.ok, "{after:?} is not right: {}", ran.out);
            assert!(ran.out.contains("rules-gas.toml") && ran.out.contains("F05"), "{}", ran.out);
        }
    }
    // And nobody starts a server on it.
    let mut serve = office.command(&["serve"]);
    serve.env("DOORSTEP_POLICY_DIR", folder).env("DOORSTEP_LISTEN", "127.0.0.1:0");
    let ran = serve.output().unwrap();
    assert!(!ran.status.success());
    assert!(String::from_utf8_lossy(&ran.stderr).contains("F05"), "{ran:?}");
}

#[test]
fn a_changed_byte_in_the_database_is_found() {
    let office = Office::new();
    office.furnish(&["lin"]);
    roster(&office, "shops.csv", "3");
    office.ok(&["import", "premises", "shops.csv"]);
    assert!(office.ok(&["verify"]).contains("0 do not agree"));

    let places = [
        ("log_part", "UPDATE log_part SET sealed = $1 WHERE sealed = $2", "SELECT sealed FROM log_part LIMIT 1"),
        ("document", "UPDATE document SET sealed = $1 WHERE sealed = $2", "SELECT sealed FROM document LIMIT 1"),
        ("chain", "UPDATE log SET chain = $1 WHERE chain = $2", "SELECT chain FROM log ORDER BY seq DESC LIMIT 1"),
    ];
    for (what, put, get) in places {
        let blob = flip(&office, put, &stored(&office, get));
        for (lang, word) in [("zh", "不符"), ("en", "do not agree")] {
            let ran = office.run(&["verify", "--lang", lang]);
            assert!(!ran.ok, "a changed {what} passes: {}", ran.out);
            assert!(ran.out.contains(word) && !ran.out.contains("0 do not agree"), "{what}: {}", ran.out);
        }
        let json = office.run(&["verify", "--json"]);
        let report: serde_json::Value = serde_json::from_str(&json.out).unwrap();
        assert!(!report["findings"].as_array().unwrap().is_empty());
        flip(&office, put, &blob);
        assert!(office.run(&["verify"]).ok, "{what} is as it was");
    }
}

/// One blob of the database.
fn stored(office: &Office, get: &'static str) -> Vec<u8> {
    let get = Statement { name: "GET", sql: get };
    runtime().block_on(async {
        let db = Db::at(&office.config().database()).await.unwrap();
        let row = db.read().await.unwrap().first(get, Vec::new()).await.unwrap();
        let blob = row.unwrap().get(0).unwrap();
        db.close().await;
        blob
    })
}

/// Flips one bit in the middle of a blob, and says what it is now; once more puts it back.
fn flip(office: &Office, put: &'static str, blob: &[u8]) -> Vec<u8> {
    let mut flipped = blob.to_vec();
    flipped[blob.len() / 2] ^= 1;
    let put = Statement { name: "PUT", sql: put };
    runtime().block_on(async {
        let db = Db::at(&office.config().database()).await.unwrap();
        let mut tx = db.write().await.unwrap();
        assert_eq!(tx.run(put, vec![Arg::from(&flipped[..]), Arg::from(blob)]).await.unwrap(), 1);
        tx.commit().await.unwrap();
        db.close().await;
    });
    flipped
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

#[test]
fn the_example_of_a_configuration_runs() {
    let office = Office::new();
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../server/config.example.toml");
    let server = office.serve_with(&["--config", example.to_str().unwrap()]);
    assert!(is_well(server.address));
    assert!(office.file().is_none_or(|file| file.exists()), "it keeps its data where the example says");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&office.data().join("doorstep.key")), 0o600);
        assert_eq!(mode(&office.data()), 0o700);
    }
    assert!(server.stop().success());

    let wrong = office.dir().join("wrong.toml");
    std::fs::write(&wrong, "lissten = '127.0.0.1:0'\n").unwrap();
    let ran = office.run(&["serve", "--config", wrong.to_str().unwrap()]);
    assert!(!ran.ok && ran.err.contains("wrong.toml") && ran.err.contains("lissten"), "{}", ran.err);
}

#[test]
fn every_help_has_an_example() {
    let office = Office::new();
    for command in [
        &["serve"][..],
        &["demo"],
        &["verify"],
        &["generate"],
        &["import", "premises"],
        &["policy", "check"],
        &["admin", "caseload", "add"],
        &["admin", "desk", "add"],
        &["admin", "person", "add"],
        &["admin", "assign"],
        &["admin", "enrol"],
        &["admin", "device", "revoke"],
    ] {
        for (lang, heading) in [("zh", "示例"), ("en", "Example")] {
            let help = office.ok(&[command, &["--help", "--lang", lang]].concat());
            assert!(help.contains(heading) && help.contains("doorstep "), "{command:?} {lang}: {help}");
        }
    }
}
