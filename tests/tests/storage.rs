//! A disk that is full or that fails: the real program, the real error. What was not made durable is not acknowledged,
//! the phone keeps it, and once there is room the server goes on as if nothing had been.

use std::path::{Path, PathBuf};
use std::process::Command;

use doorstep_mobile::{Blocked, Stage, Step};
use doorstep_tests::handset::{Handset, new_premises};
use doorstep_tests::server::{Office, Server};
use sync_core::generator::roster;
use sync_core::wire::Trouble;

/// A worker's phone at an office whose database is a file; none on PostgreSQL, whose own server has the disk.
fn office() -> Option<Office> {
    let office = Office::new();
    office.file()?;
    office.furnish(&["lin"]);
    Some(office)
}

fn enrolled(office: &Office, server: &Server) -> Handset {
    let handset = Handset::enrol(office.dir(), "lin", &format!("http://{}", server.address), &office.code("lin"));
    handset.sync();
    handset
}

/// What a form that is finished meanwhile comes to: kept while the disk fails, stored once it does not, and there.
fn a_form_survives(office: &Office, server: &Server, handset: &Handset, breaks: impl Fn(), heals: impl Fn()) {
    let shops = roster(5, 2).premises;
    breaks();
    let first = handset.finish(new_premises(&shops[0]));
    for _ in 0..3 {
        let step = handset.step();
        assert!(matches!(step, Step::Blocked(Blocked::Backoff(_))), "{step:?}");
        assert_eq!(handset.phone.receipt(first.submission).unwrap().stage, Stage::Pending, "acknowledged");
        let pending = handset.phone.pending().unwrap();
        let why = &pending[0].why;
        assert_eq!((&*why.zh, &*why.en), Trouble::Storage.words(), "its worker is told what it waits for");
    }
    let answer = ureq::get(format!("http://{}/healthz", server.address)).call().unwrap();
    assert_eq!(answer.status(), 200, "the server goes on");
    heals();
    let second = handset.finish(new_premises(&shops[1]));
    handset.sync();
    for form in [&first, &second] {
        assert_ne!(handset.phone.receipt(form.submission).unwrap().stage, Stage::Pending);
    }
    let report: serde_json::Value = serde_json::from_str(&office.ok(&["verify", "--json"])).unwrap();
    assert_eq!(report["findings"], serde_json::json!([]));
}

/// How large a file the process may still make; what is longer already stays as it is.
fn limit(process: u32, bytes: &str) {
    let limit = format!("--fsize={bytes}:unlimited");
    let done = Command::new("prlimit").args(["--pid", &process.to_string(), &limit]).status().unwrap();
    assert!(done.success());
}

#[test]
fn without_room_nothing_is_acknowledged_and_nothing_lost() {
    let Some(office) = office() else { return };
    // A process that ignores the signal gets the error, as on a disk without room.
    let plain = office.command(&["serve"]);
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' XFSZ; exec \"$0\" serve"]).arg(plain.get_program()).current_dir(office.dir());
    for (name, value) in plain.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let server = office.serve_as(command);
    let handset = enrolled(&office, &server);
    let code = office.code("lin");
    let process = server.process();
    a_form_survives(&office, &server, &handset, || limit(process, "0"), || limit(process, "unlimited"));
    // A request of another kind says what is the matter.
    limit(process, "0");
    let asked = serde_json::json!({"code": code, "device_key": KEY, "install": INSTALL, "name": "手机"});
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let enrol = || agent.post(format!("http://{}/v1/enrol", server.address)).send_json(&asked).unwrap();
    let mut refused = enrol();
    assert_eq!(refused.status(), 507);
    let problem: serde_json::Value = serde_json::from_str(&refused.body_mut().read_to_string().unwrap()).unwrap();
    assert_eq!(problem["code"], "storage");
    limit(process, "unlimited");
    assert_eq!(enrol().status(), 200, "the code was not used up");
    assert!(server.stop().success());
}

const KEY: &str = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
const INSTALL: &str = "01KAQ3V1X2Y3Z4A5B6C7D8E9FG";

/// Lets `fsync` and `fdatasync` fail for as long as a file is there.
const SHIM: &str = r#"
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
static int broken(void) { const char *mark = getenv("BROKEN_DISK"); return mark && access(mark, F_OK) == 0; }
static int run(const char *name, int fd) {
    if (broken()) { errno = EIO; return -1; }
    return ((int (*)(int))dlsym(RTLD_NEXT, name))(fd);
}
int fsync(int fd) { return run("fsync", fd); }
int fdatasync(int fd) { return run("fdatasync", fd); }
"#;

fn shim(dir: &Path) -> PathBuf {
    let (source, library) = (dir.join("shim.c"), dir.join("shim.so"));
    std::fs::write(&source, SHIM).unwrap();
    let built = Command::new("cc").args(["-shared", "-fPIC", "-o"]).args([&library, &source]).arg("-ldl").status();
    assert!(built.unwrap().success());
    library
}

#[test]
#[cfg(target_os = "linux")]
fn what_the_disk_did_not_take_is_not_acknowledged() {
    let Some(office) = office() else { return };
    let mark = office.dir().join("broken");
    let mut command = office.command(&["serve"]);
    command.env("LD_PRELOAD", shim(office.dir())).env("BROKEN_DISK", &mark);
    let server = office.serve_as(command);
    let handset = enrolled(&office, &server);
    let breaks = || std::fs::write(&mark, "").unwrap();
    let heals = || std::fs::remove_file(&mark).unwrap();
    a_form_survives(&office, &server, &handset, breaks, heals);
    let told = std::fs::read_to_string(office.dir().join("server.log")).unwrap();
    assert!(told.contains("disk I/O error"), "{told}");
}
