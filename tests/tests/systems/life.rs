//! A credential's life: given out, used, rotated, run out, taken away; and what a backup brings back of it.

use std::io::{Read as _, Write as _};

use doorstep::db::{Arg, Statement};
use doorstep_tests::inprocess::Answer;
use doorstep_tests::rawphone::shop;
use doorstep_tests::scratch::Scratch;
use doorstep_tests::server::Office;
use doorstep_tests::street::Street;
use serde_json::json;
use sync_core::id::CredentialId;
use sync_core::time::Span;

use crate::{ZHAO, act, does, system};

const ENDED: (u16, &str) = (401, "credential_ended");

fn looks(street: &Street, token: &str) -> Answer {
    street.server.get(&format!("/v1/desks/{}/slips", street.fire), Some(token))
}

fn ended(answer: &Answer) {
    assert_eq!(answer.problem(), (ENDED.0, ENDED.1.to_owned()));
}

#[test]
fn what_was_taken_away_does_nothing_more_not_even_what_had_begun() {
    let mut street = Street::default();
    let (id, token) = system(&street, street.fire);
    let (_, slip) = street.dispatched(shop(1));
    let state = street.server.state(street.fire);
    let body = r#"{"reason": "不归本部门"}"#;
    let head = format!(
        "POST {} HTTP/1.1\r\nHost: doorstep\r\nAuthorization: Bearer {token}\r\nDoorstep-Acting: {ZHAO}\r\n\
         Idempotency-Key: late\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{}",
        act(&street, slip, "return"),
        body.len(),
        &body[..9]
    );
    let mut late = street.server.began(head.as_bytes());
    // Served after it was sent, so the half is there.
    assert_eq!(looks(&street, &token).status, 200);
    let id: CredentialId = id.parse().unwrap();
    assert!(street.server.wait(street.server.admin().revoke_credential(id)).unwrap());
    assert!(!street.server.wait(street.server.admin().revoke_credential(id)).unwrap(), "once");
    late.write_all(&body.as_bytes()[9..]).unwrap();
    let mut answer = String::new();
    late.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 401 ") && answer.contains(ENDED.1), "{answer}");
    ended(&looks(&street, &token));
    ended(&does(&street, &token, &act(&street, slip, "accept"), "k", &json!({})));
    assert_eq!(street.server.state(street.fire), state);
    street.server.verifies();
}

#[test]
fn a_rotated_secret_is_good_for_its_overlap_and_the_list_says_whether_it_is_used() {
    let street = Street::default();
    let (id, first) = system(&street, street.fire);
    let id: CredentialId = id.parse().unwrap();
    let (server, clock) = (&street.server, &street.server.clock);
    let secrets = || {
        let all = server.wait(server.admin().credentials()).unwrap();
        all.into_iter().find(|(known, _)| known.id == id).unwrap().1
    };
    assert!(secrets()[0].used_at.is_none());
    let _done = looks(&street, &first).ok();
    let used = secrets()[0].used_at.unwrap();
    clock.advance(Span::minutes(1));
    let _done = looks(&street, &first).ok();
    assert_eq!(secrets()[0].used_at, Some(used), "not written each time");
    let rotated = server.wait(server.admin().rotate_credential(id, Span::hours(24))).unwrap();
    let second = rotated.text.to_string();
    assert_ne!(first, second);
    let _done = looks(&street, &first).ok();
    let _done = looks(&street, &second).ok();
    clock.advance(Span::hours(24));
    ended(&looks(&street, &first));
    let _done = looks(&street, &second).ok();
    let [old, new] = &secrets()[..] else { panic!("two secrets") };
    assert!(old.used_at.unwrap() < new.used_at.unwrap());
    // Without an overlap at once.
    let third = server.wait(server.admin().rotate_credential(id, Span::millis(0))).unwrap().text.to_string();
    ended(&looks(&street, &second));
    let _done = looks(&street, &third).ok();
}

#[test]
fn it_runs_out_when_it_was_said() {
    let street = Street::default();
    let (server, clock) = (&street.server, &street.server.clock);
    let until = server.app.clock().now() + Span::hours(1);
    let add = |until| server.wait(server.admin().add_credential(street.fire, "接警平台", Some(until)));
    assert!(add(server.app.clock().now()).is_err(), "it would have run out");
    let token = add(until).unwrap().text.to_string();
    clock.advance(Span::minutes(59));
    let _done = looks(&street, &token).ok();
    clock.advance(Span::minutes(1));
    ended(&looks(&street, &token));
    let nowhere = server.wait(server.admin().add_credential(street.hgs, "平台", None));
    assert!(nowhere.is_err(), "a caseload is no desk");
    for name in ["", " ", "two\nlines"] {
        assert!(server.wait(server.admin().add_credential(street.fire, name, None)).is_err());
    }
}

#[test]
fn who_shows_something_else_is_nobody_and_is_slowed_down() {
    let street = Street::default();
    let (_, token) = system(&street, street.fire);
    let mut wrong = token.clone();
    let last = if wrong.ends_with('A') { 'Q' } else { 'A' };
    wrong.replace_range(wrong.len() - 1.., &last.to_string());
    for shown in [wrong.as_str(), &token[..token.len() - 4], "doorstep_desk_", &format!("{token}AAAA")] {
        assert_eq!(looks(&street, shown).problem(), (401, "unauthenticated".to_owned()), "{shown}");
    }
    // Elsewhere a credential is no access token.
    for path in ["/v1/me", "/v1/caseloads", &format!("/v1/desks/{}/deliveries", street.fire)] {
        assert_eq!(street.server.get(path, Some(&token)).problem(), (401, "unauthenticated".to_owned()), "{path}");
    }
    assert!((0..2_000).any(|_| looks(&street, &wrong).status == 429), "guessing is not slowed down");
    let _done = looks(&street, &token).ok();
}

#[test]
fn an_older_backup_brings_nothing_back_that_was_taken_away() {
    let street = Street::default();
    let ((revoked, gone), (rotated, old)) = (system(&street, street.fire), system(&street, street.fire));
    let (_, kept) = system(&street, street.fire);
    let scratch = tempfile::tempdir().unwrap();
    let backup = scratch.path().join("before");
    street.server.backs_up(&backup);
    let admin = || street.server.admin();
    assert!(street.server.wait(admin().revoke_credential(revoked.parse().unwrap())).unwrap());
    let id: CredentialId = rotated.parse().unwrap();
    let given = street.server.wait(admin().rotate_credential(id, Span::millis(0))).unwrap();
    let fire = street.fire;
    let Street { server, .. } = street;
    let place = server.wait(Scratch::new());
    let (server, _) = server.lost(&backup, place, 77);
    let looks = |token: &str| server.get(&format!("/v1/desks/{fire}/slips"), Some(token));
    let _done = looks(&kept).ok();
    ended(&looks(&gone));
    ended(&looks(&old));
    assert_eq!(looks(&given.text).problem().1, "unauthenticated", "of the new secret the backup knows nothing");
    let again = server.wait(server.admin().rotate_credential(id, Span::hours(1))).unwrap();
    let _done = looks(&again.text).ok();
    server.verifies();
}

#[test]
fn a_backup_from_after_a_rotation_keeps_the_new_secret() {
    let street = Street::default();
    let (id, old) = system(&street, street.fire);
    let id: CredentialId = id.parse().unwrap();
    let new =
        street.server.wait(street.server.admin().rotate_credential(id, Span::millis(0))).unwrap().text.to_string();
    let scratch = tempfile::tempdir().unwrap();
    let backup = scratch.path().join("after");
    street.server.backs_up(&backup);
    let fire = street.fire;
    let Street { server, .. } = street;
    let place = server.wait(Scratch::new());
    let (server, _) = server.lost(&backup, place, 78);
    let _done = server.get(&format!("/v1/desks/{fire}/slips"), Some(&new)).ok();
    ended(&server.get(&format!("/v1/desks/{fire}/slips"), Some(&old)));
}

const SECRETS: Statement = Statement { name: "SECRETS", sql: "SELECT hash FROM desk_secret" };

#[test]
fn only_a_hash_is_kept() {
    let street = Street::default();
    let (_, token) = system(&street, street.fire);
    let hashes: Vec<Vec<u8>> = street.server.wait(async {
        let mut tx = street.server.db.read().await.unwrap();
        let rows = tx.all(SECRETS, Vec::<Arg>::new()).await.unwrap();
        rows.iter().map(|row| row.get(0).unwrap()).collect()
    });
    assert_eq!(hashes.len(), 1);
    // The last 32 bytes of what is shown are the secret.
    let shown = token.strip_prefix("doorstep_desk_").unwrap();
    assert_eq!(shown.len(), 86);
    let digits =
        |byte: u8| b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".iter().position(|d| *d == byte);
    let bits = shown.bytes().flat_map(|byte| {
        let value = digits(byte).unwrap();
        (0..6).rev().map(move |bit| value >> bit & 1)
    });
    let bits: Vec<usize> = bits.collect();
    let bytes: Vec<u8> =
        bits.chunks_exact(8).map(|byte| byte.iter().fold(0, |byte, bit| byte << 1 | *bit as u8)).collect();
    assert_eq!(bytes.len(), 64);
    assert_ne!(hashes[0], bytes[32..]);
    assert_eq!(&bytes[..16], street.fire.bytes());
}

#[test]
fn it_is_given_out_listed_rotated_and_taken_away_at_the_command_line() {
    let office = Office::new();
    office.furnish(&[]);
    office.ok(&["admin", "desk", "add", "FIRE", "--name", "消防窗口"]);
    let add = ["admin", "desk", "credential", "add", "FIRE", "--name", "接警平台"];
    let added = office.ok(&[&add[..], &["--until", "2099-06-30"]].concat());
    let secret = added.split("(shown only now): ").nth(1).unwrap().trim().to_owned();
    assert!(secret.starts_with("doorstep_desk_"), "{added}");
    let id = added.split("added credential ").nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
    let list = office.ok(&["admin", "desk", "credential", "list"]);
    assert!(list.contains(&id) && list.contains("接警平台") && list.contains("never"), "{list}");
    assert!(list.contains("good until 2099-07-01 00:00") && !list.contains(&secret), "{list}");
    let rotated = office.ok(&["admin", "desk", "credential", "rotate", &id, "--overlap-hours", "24"]);
    assert!(rotated.contains("the secret before is good until") && !rotated.contains(&secret), "{rotated}");
    let list = office.ok(&["admin", "desk", "credential", "list", "--lang", "zh"]);
    assert!(list.contains("有效至") && list.contains("从未使用"), "{list}");
    office.ok(&["admin", "desk", "credential", "revoke", &id]);
    assert!(office.ok(&["admin", "desk", "credential", "list"]).contains("revoked"));
    let again = office.run(&["admin", "desk", "credential", "rotate", &id, "--lang", "zh"]);
    assert!(!again.ok && again.err.contains("已失效"), "{}", again.err);
    let field = office.run(&["admin", "desk", "credential", "add", "HGS", "--name", "x"]);
    assert!(!field.ok && field.err.contains("HGS is no desk"), "{}", field.err);
}
