//! Stores of every release, kept as they were written: each opens in this one with its drafts and its outbox.
//!
//! `UPDATE_GOLDEN=1 cargo test -p doorstep-tests --test store` writes the store of this release when it is missing. A store
//! that is there is never written again: it is what is on phones.

use std::path::{Path, PathBuf};

use doorstep_mobile::{Environment, Phone, Stage, StoreError};
use sync_core::event::Answer;
use sync_core::form::{AnswerRow, Form, InspectionForm, NewPremises};
use sync_core::id::CaseloadId;
use tempfile::TempDir;

const KEY: [u8; 32] = [7; 32];
const CASELOAD: &str = "01KAQ3V1X2Y3Z4A5B6C7D8E9FG";

fn golden(release: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/store").join(release).join("phone.sqlite")
}

/// An invented server's answer to an enrolment.
fn enrolment() -> String {
    let caseload =
        format!(r#"{{"id":"{CASELOAD}","name":"花果山商铺","prefix":"HGS","role":"worker","version":1,"letter":"A"}}"#);
    format!(
        r#"{{"device":"01KAQ3V1X2Y3Z4A5B6C7D8E9F1","person":"01KAQ3V1X2Y3Z4A5B6C7D8E9F2","server":"01KAQ3V1X2Y3Z4A5B6C7D8E9F3",
            "server_sealing_key":"{}","refresh":"secret","caseloads":[{caseload}]}}"#,
        "09".repeat(32)
    )
}

fn shop(name: &str) -> Form {
    Form::NewPremises(NewPremises {
        name: name.to_owned(),
        address: "花果山路88号".to_owned(),
        ..NewPremises::default()
    })
}

/// Writes a phone with two drafts and two finished forms.
fn write(path: &Path) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let phone = Phone::open(path, &KEY, Environment::system()).unwrap();
    phone.enrolment_request("code", "phone").unwrap();
    phone.enrolled(201, &enrolment()).unwrap();
    let caseload: CaseloadId = CASELOAD.parse().unwrap();
    let premises = phone.submit(caseload, shop("王记肠粉")).unwrap().subject;
    let row = AnswerRow { note: "后门堆满纸箱".to_owned(), ..AnswerRow::new("EXIT-02", Answer::Problem) };
    let inspection = Form::Inspection(InspectionForm { answers: vec![row], ..InspectionForm::new(premises) });
    phone.submit(caseload, inspection.clone()).unwrap();
    phone.start(caseload, inspection).unwrap();
    phone.start(caseload, shop("老李理发")).unwrap();
}

/// A copy of a golden store, because opening one may bring it up to date.
fn copy_of(release: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("phone.sqlite");
    std::fs::copy(golden(release), &path).unwrap_or_else(|why| panic!("the store of release {release}: {why}"));
    (folder, path)
}

#[test]
fn a_store_of_release_1_opens_with_drafts_and_outbox() {
    if !golden("v1").exists() && std::env::var_os("UPDATE_GOLDEN").is_some() {
        write(&golden("v1"));
    }
    let (_folder, path) = copy_of("v1");
    let phone = Phone::open(&path, &KEY, Environment::system()).unwrap();
    assert!(phone.is_enrolled());
    let caseload = phone.caseloads().remove(0);
    assert_eq!((caseload.name.as_str(), caseload.unconfirmed), ("花果山商铺", 2));
    let drafts = phone.drafts().unwrap();
    let named = |name: &str| drafts.iter().any(|draft| draft.form == shop(name));
    assert!(drafts.len() == 2 && named("老李理发"));
    let said = |draft: &doorstep_mobile::Draft| match &draft.form {
        Form::Inspection(form) => form.answers[0].note.clone(),
        _ => String::new(),
    };
    assert!(drafts.iter().any(|draft| said(draft) == "后门堆满纸箱"));
    let receipts = phone.receipts(caseload.id).unwrap();
    assert_eq!(receipts.iter().map(|receipt| receipt.number).collect::<Vec<_>>(), [1, 2]);
    assert!(receipts.iter().all(|receipt| receipt.stage == Stage::Pending));
    // The work goes on, and goes out.
    phone.submit(caseload.id, shop("河边杂货")).unwrap();
    assert!(phone.next_request().unwrap().is_some_and(|request| request.body.len() > 500));
}

#[test]
fn another_key_does_not_open_it_and_a_turned_one_does() {
    let (_folder, path) = copy_of("v1");
    let open = |key: &[u8; 32]| Phone::open(&path, key, Environment::system());
    assert_eq!(open(&[8; 32]).err(), Some(StoreError::WrongKey));
    open(&KEY).unwrap().rotate_key(&[8; 32]).unwrap();
    assert_eq!(open(&KEY).err(), Some(StoreError::WrongKey));
    assert_eq!(open(&[8; 32]).unwrap().drafts().unwrap().len(), 2);
}
