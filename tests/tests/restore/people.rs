//! Who may come in after a restore, what phones keep until then, and what was written while a backup was made.

use std::sync::atomic::{AtomicBool, Ordering};

use doorstep::db::submission;
use doorstep_mobile::{Blocked, Step};
use doorstep_tests::handset::{Handset, new_premises};
use doorstep_tests::inprocess::Server;
use doorstep_tests::scratch::Scratch;
use sync_core::author::Role;
use sync_core::generator::roster;
use sync_core::id::{CaseloadId, PersonId};
use sync_core::time::Span;

struct Office {
    server: Server,
    hgs: CaseloadId,
    dir: tempfile::TempDir,
}

impl Office {
    fn new() -> Self {
        let server = Server::start();
        let hgs = server.caseload("HGS");
        Self { server, hgs, dir: tempfile::tempdir().unwrap() }
    }

    fn worker(&self, name: &str) -> (PersonId, Handset) {
        let person = self.server.member(name, Role::Worker, self.hgs, false);
        (person, self.phone(person, name))
    }

    fn phone(&self, person: PersonId, name: &str) -> Handset {
        let phone = Handset::enrol(self.dir.path(), name, &self.base(), &self.code(person));
        phone.sync();
        phone
    }

    fn base(&self) -> String {
        format!("http://{}", self.server.address())
    }

    fn code(&self, person: PersonId) -> String {
        self.server.wait(self.server.admin().enrolment(person)).unwrap().code.grouped()
    }

    fn backs_up(&self) {
        self.server.backs_up(&self.dir.path().join("backup"));
    }

    /// The server is lost an hour later, and restored.
    fn restored(self) -> Self {
        let Self { server, hgs, dir } = self;
        server.clock.advance(Span::hours(1));
        let scratch = server.wait(Scratch::new());
        let (server, _) = server.lost(&dir.path().join("backup"), scratch, 77);
        Self { server, hgs, dir }
    }

    fn has(&self, id: sync_core::id::SubmissionId) -> bool {
        self.server.wait(async {
            let mut tx = self.server.db.read().await.unwrap();
            submission::by_id(&mut tx, self.hgs, id).await.unwrap().is_some()
        })
    }
}

#[test]
fn revoked_and_left_stay_so_and_what_they_wrote_waits() {
    let office = Office::new();
    let (_, mut lin) = office.worker("lin");
    let (chen_id, mut chen) = office.worker("chen");
    office.backs_up();
    let shops = roster(5, 2);
    let (by_lin, by_chen) =
        (lin.finish(new_premises(&shops.premises[0])), chen.finish(new_premises(&shops.premises[1])));
    let devices = office.server.wait(office.server.admin().devices()).unwrap();
    let lins = devices.iter().find(|device| device.person != chen_id).unwrap().id;
    assert!(office.server.wait(office.server.admin().revoke(lins, "mei", None)).unwrap());
    assert!(office.server.wait(office.server.admin().unassign(office.hgs, chen_id)).unwrap());

    let office = office.restored();
    for phone in [&mut lin, &mut chen] {
        phone.finds(&office.base());
        while phone.step() == Step::More {}
    }
    let devices = office.server.wait(office.server.admin().devices()).unwrap();
    assert!(devices.iter().find(|device| device.id == lins).unwrap().revoked_at.is_some());
    assert_eq!(lin.step(), Step::Blocked(Blocked::Revoked));
    assert!(office.has(by_lin.submission) && office.has(by_chen.submission));
    let held = office.server.wait(async {
        let mut tx = office.server.db.read().await.unwrap();
        submission::held(&mut tx, office.hgs, 10).await.unwrap().len()
    });
    assert_eq!(held, 2);
    assert!(chen.phone.search(&shops.premises[0].name, 1).is_empty());
}

#[test]
fn who_was_disabled_behind_the_backup_stays_so_and_who_was_let_in_again_stays_in() {
    let office = Office::new();
    let member = |login: &str| office.server.member(login, Role::Supervisor, office.hgs, false);
    let (mei, wu, he) = (member("mei"), member("wu"), member("he"));
    let disable = |who, off| office.server.wait(office.server.admin().disable(who, off)).unwrap();
    disable(wu, true);
    office.backs_up();
    disable(mei, true);
    disable(wu, false);
    disable(he, true);
    disable(he, false);

    let office = office.restored();
    let person = |login: &str| office.server.wait(office.server.admin().person(login)).unwrap();
    assert_eq!(["mei", "wu", "he"].map(|login| person(login).disabled_at.is_none()), [false, true, true]);
}

#[test]
fn a_phone_that_enrolled_behind_the_backup_enrols_again_with_its_outbox_and_another_letter() {
    let office = Office::new();
    let (_, lin) = office.worker("lin");
    let chen_id = office.server.member("chen", Role::Worker, office.hgs, false);
    office.backs_up();
    let mut chen = office.phone(chen_id, "chen");
    let shops = roster(6, 3);
    let sent = chen.finish(new_premises(&shops.premises[0]));
    chen.sync();
    let waiting = chen.finish(new_premises(&shops.premises[1]));
    let letter = |office: &Office, person| {
        let devices = office.server.wait(office.server.admin().devices()).unwrap();
        let device = devices.into_iter().find(|device| device.person == person).unwrap().id;
        office.server.wait(async {
            let mut tx = office.server.db.read().await.unwrap();
            doorstep::db::letter::of(&mut tx, office.hgs, device).await.unwrap().unwrap()
        })
    };
    let before = letter(&office, chen_id);

    let office = office.restored();
    chen.finds(&office.base());
    assert_eq!(chen.step(), Step::Blocked(Blocked::Auth));
    let other = office.server.member("ouyang", Role::Worker, office.hgs, false);
    let wrong = chen.phone.enrolment_request(&office.code(other), "chen").unwrap();
    let refused = office.server.post("/v1/enrol", None, &serde_json::from_str(&wrong.body).unwrap());
    assert_eq!(refused.status, 422, "it holds work of somebody else who is known here");
    chen.enrols_again("chen", &office.code(chen_id));
    chen.sync();
    assert!(office.has(sent.submission) && office.has(waiting.submission));
    assert_ne!(letter(&office, chen_id), before, "that letter is on doors");
    assert!(chen.phone.enrolment_request("once", "chen").is_err(), "it is known now");
    drop(lin);
    office.server.verifies();
}

#[test]
fn phones_forget_only_what_a_backup_holds() {
    let office = Office::new();
    let (_, lin) = office.worker("lin");
    let shops = roster(7, 4);
    let first = lin.finish(new_premises(&shops.premises[0]));
    lin.sync();
    let second = lin.finish(new_premises(&shops.premises[1]));
    lin.sync();
    assert!(lin.phone.receipt(first.submission).is_ok(), "without a backup it is kept");
    office.backs_up();
    let third = lin.finish(new_premises(&shops.premises[2]));
    lin.sync();
    for held in [first, second] {
        assert!(lin.phone.receipt(held.submission).is_err(), "the backup holds it");
    }
    assert!(lin.phone.receipt(third.submission).is_ok(), "it is behind the backup");
}

#[test]
fn a_backup_under_load_is_one_moment() {
    let mut office = Office::new();
    let phones: Vec<Handset> = ["lin", "chen", "zhou"].iter().map(|name| office.worker(name).1).collect();
    let (stop, shops) = (AtomicBool::new(false), roster(8, 200));
    std::thread::scope(|scope| {
        for (phone, shops) in phones.into_iter().zip(shops.premises.chunks(66)) {
            let stop = &stop;
            scope.spawn(move || {
                for shop in shops {
                    phone.finish(new_premises(shop));
                    phone.sync();
                    if stop.load(Ordering::SeqCst) {
                        return;
                    }
                }
            });
        }
        let mut before = 0;
        for _ in 0..5 {
            // Each begins while somebody writes.
            let writes = || office.server.entries(office.hgs);
            while writes() <= before {
                std::thread::yield_now();
            }
            office.server.backs_up(&office.dir.path().join("backup"));
            before = writes();
        }
        stop.store(true, Ordering::SeqCst);
    });
    // What it holds is whole: the restore verifies every chain and derives everything again.
    office = office.restored();
    office.server.verifies();
}
