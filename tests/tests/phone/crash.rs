//! Phones that are killed, and what is on their disk.

use std::path::Path;

use doorstep_mobile::{Phone, PhoneError, Stage, StoreError, SyncOutcome};
use sync_core::event::Answer;
use sync_core::form::{AnswerRow, Form, InspectionForm};

use super::journey::{blocked_exit, inspection, new_shop, shop_with_blocked_exit};
use super::world::World;

#[test]
fn drafts_and_outbox_survive_a_kill_at_any_time() {
    let world = World::new();
    let a = world.phone(1);
    let caseload = world.caseload();
    let shop = a.phone.submit(caseload, new_shop("王记肠粉", "A-101", "")).unwrap().subject;
    let draft = a.phone.start(caseload, Form::Inspection(InspectionForm::new(shop))).unwrap();
    let a = world.kill(a);
    assert_eq!(a.phone.finish(draft).err(), Some(PhoneError::Incomplete));
    assert_eq!(a.phone.check(draft).unwrap()[0].code, "required");
    a.phone.save(draft, inspection(shop, blocked_exit())).unwrap();
    let a = world.kill(a);
    assert!(a.phone.draft(draft).unwrap().form == inspection(shop, blocked_exit()));
    assert_eq!(a.phone.today().unwrap().drafts, 1);
    let finished = a.phone.finish(draft).unwrap();
    assert_eq!((finished.submission, finished.number), (draft, 2));
    let a = world.kill(a);
    assert_eq!(a.phone.drafts().unwrap().len(), 0);
    assert_eq!(a.phone.finish(draft).err(), Some(PhoneError::NoSuchDraft), "once is enough");
    assert_eq!(a.phone.receipt(draft).unwrap().stage, Stage::Pending);
    assert_eq!(a.phone.premises(shop).unwrap().open_hazards().count(), 1);

    // Killed between request and answer, and after the server has taken it in.
    let request = a.phone.next_request().unwrap().unwrap();
    let Ok(response) = doorstep_mobile::Transport::send(&world.link(None, None), &request) else { panic!() };
    let a = world.kill(a);
    assert_ne!(a.phone.on_response(response.status, &response.body).unwrap(), SyncOutcome::More);
    let a = world.kill(a);
    world.assert_equal(&a.phone);
    assert_eq!(a.phone.receipt(draft).unwrap().stage, Stage::Flagged { rules: vec!["F01".to_owned()] });
    assert!(a.phone.policy().is_some());
    let next = a.phone.submit(caseload, inspection(shop, AnswerRow::new("EXT-01", Answer::Problem))).unwrap();
    assert_eq!(next.number, 3);
    world.sync(&a.phone);
    world.assert_equal(&a.phone);
}

#[test]
fn a_phone_that_is_not_enrolled_says_so() {
    let world = World::new();
    let phone = world.open(Box::<doorstep_mobile::store::MemoryStore>::default(), 5);
    assert!(!phone.is_enrolled());
    assert!(phone.next_request().unwrap().is_none());
    let refused = phone.submit(world.caseload(), new_shop("n", "A-1", "")).err();
    assert_eq!(refused, Some(PhoneError::NotEnrolled));
    assert_eq!(phone.enrolled(200, "{}").err(), Some(doorstep_mobile::EnrolError::NotRequested));
    phone.enrolment_request("code", "phone").unwrap();
    assert_eq!(phone.enrolled(403, "{}").err(), Some(doorstep_mobile::EnrolError::Refused));
    assert_eq!(phone.enrolled(200, "<html>").err(), Some(doorstep_mobile::EnrolError::BadAnswer));
    world.enrol(&phone, sync_core::author::Role::Worker);
    assert!(phone.is_enrolled());
    assert_eq!(phone.enrolment_request("code", "phone").err(), Some(doorstep_mobile::EnrolError::Already));
    world.sync(&phone);
    assert_eq!(phone.caseloads()[0].name, "花果山");
}

fn files(folder: &Path) -> Vec<Vec<u8>> {
    std::fs::read_dir(folder).unwrap().map(|file| std::fs::read(file.unwrap().path()).unwrap()).collect()
}

fn holds(file: &[u8], planted: &[&str]) -> bool {
    planted.iter().any(|text| file.windows(text.len()).any(|part| part == text.as_bytes()))
}

#[test]
fn the_files_of_a_phone_tell_nothing_without_the_key() {
    let planted = ["王记肠粉", "花果山社区1号", "货堆堵住后门", "92440399MA9T00018G", "EXIT-02"];
    let world = World::new();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("phone.db");
    let open = |key| Phone::open(&path, &key, world.environment(1));
    let phone = open([7; 32]).unwrap();
    world.enrol(&phone, sync_core::author::Role::Worker);
    let (shop, seen) = shop_with_blocked_exit(&phone, world.caseload());
    phone.start(world.caseload(), inspection(shop, blocked_exit())).unwrap();
    world.sync(&phone);
    world.assert_equal(&phone);
    assert!(!files(folder.path()).iter().any(|file| holds(file, &planted)), "while open");
    // A kill: nothing is closed in order.
    std::mem::forget(phone);
    let phone = open([7; 32]).unwrap();
    assert_eq!(phone.receipt(seen.submission).unwrap().stage, Stage::Flagged { rules: vec!["F01".to_owned()] });
    assert_eq!(phone.drafts().unwrap().len(), 1);
    world.assert_equal(&phone);
    drop(phone);
    assert!(!files(folder.path()).iter().any(|file| holds(file, &planted)), "after closing");
    assert_eq!(open([8; 32]).err(), Some(StoreError::WrongKey));

    // The control: the same words are there, and found, where nothing seals them.
    let plain = world.phone(2);
    shop_with_blocked_exit(&plain.phone, world.caseload());
    world.sync(&plain.phone);
    let unsealed: Vec<u8> = [
        doorstep_mobile::store::Space::Outbox,
        doorstep_mobile::store::Space::Document,
        doorstep_mobile::store::Space::Event,
        doorstep_mobile::store::Space::Brief,
    ]
    .into_iter()
    .flat_map(|space| doorstep_mobile::store::Store::scan(&plain.store, space).unwrap())
    .flat_map(|(_, value)| value)
    .collect();
    assert!(planted.iter().all(|text| holds(&unsealed, &[text])));
}
