//! Forged credentials: tokens, refresh secrets, a second installation, a revoked phone.

use doorstep_tests::rawphone::{RawPhone, asks, new_shop, shop};
use ed25519_dalek::SigningKey;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use sync_core::author::Role;
use sync_core::log::HoldCode;
use sync_core::time::Span;
use sync_core::wire::{Blocked, Secret};

use crate::world::{MERGED, World, held};

const PKCS8_ED25519: [u8; 16] = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];

fn ed(key: [u8; 32]) -> EncodingKey {
    EncodingKey::from_ed_der(&[&PKCS8_ED25519[..], &key].concat())
}

/// The claims of a token, read without its key.
fn claims(token: &str) -> Value {
    jsonwebtoken::dangerous::insecure_decode::<Value>(token).unwrap().claims
}

fn with(claims: &Value, name: &str, value: Value) -> Value {
    let mut claims = claims.clone();
    claims[name] = value;
    claims
}

fn header(algorithm: Algorithm, typ: Option<&str>) -> Header {
    Header { typ: typ.map(str::to_owned), ..Header::new(algorithm) }
}

#[test]
fn forged_tokens_open_nothing() {
    let mut world = World::new();
    let server = &world.server;
    let key = server.token_key();
    let public = SigningKey::from_bytes(&key).verifying_key().to_bytes();
    let good = claims(&world.lin.access);
    let wu = claims(&world.wu.access);
    let make = |header: &Header, claims: &Value, key: &EncodingKey| jsonwebtoken::encode(header, claims, key).unwrap();
    let at = header(Algorithm::EdDSA, Some("at+jwt"));
    let own = ed(key);
    let control = make(&at, &good, &own);
    assert_eq!(server.get("/v1/me", Some(&control)).status, 200, "the forger's pen writes what the server would");

    let hs256 = header(Algorithm::HS256, Some("at+jwt"));
    let segments: Vec<&str> = control.split('.').collect();
    // {"alg":"none","typ":"at+jwt"}
    let none = "eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0";
    let mut unsigned = control.clone();
    unsigned.truncate(control.rfind('.').unwrap() + 1);
    let forged: Vec<(&str, String)> = vec![
        ("no token", String::new()),
        ("words", "not a token".to_owned()),
        ("dots", "...".to_owned()),
        ("long", "a".repeat(6000)),
        ("another key", make(&at, &good, &ed([7; 32]))),
        ("HS256 with the public key as secret", make(&hs256, &good, &EncodingKey::from_secret(&public))),
        ("HS256 with the private key as secret", make(&hs256, &good, &EncodingKey::from_secret(&key))),
        ("no algorithm", format!("{none}.{}.", segments[1])),
        ("no algorithm, old signature", format!("{none}.{}.{}", segments[1], segments[2])),
        ("no signature", unsigned),
        ("another's claims", format!("{}.{}.{}", segments[0], world.wu.access.split('.').nth(1).unwrap(), segments[2])),
        ("typ JWT", make(&header(Algorithm::EdDSA, Some("JWT")), &good, &own)),
        ("no typ", make(&header(Algorithm::EdDSA, None), &good, &own)),
        ("another audience", make(&at, &with(&good, "aud", json!("doorstep-refresh")), &own)),
        ("another issuer", make(&at, &with(&good, "iss", json!("doorstep:0000000000000000")), &own)),
        ("no expiry", make(&at, &with(&good, "exp", Value::Null), &own)),
        ("an expiry in words", make(&at, &with(&good, "exp", json!("tomorrow")), &own)),
        ("nobody", make(&at, &with(&good, "sub", json!("01J00000000000000000000000")), &own)),
        ("another's device", make(&at, &with(&good, "by", wu["by"].clone()), &own)),
        ("a device as a session", make(&at, &with(&good, "by", json!({"session": good["by"]["device"]})), &own)),
        ("in no way", make(&at, &with(&good, "by", json!({"wish": 1})), &own)),
    ];
    for (what, token) in &forged {
        let answer = server.get("/v1/me", Some(token));
        assert_eq!(answer.status, 401, "{what}");
        assert!(["unauthenticated", "session_ended"].contains(&&*answer.code()), "{what}: {}", answer.code());
        // At the phone's door it is worth nothing either; what it carries is kept all the same.
        let mut hello = world.lin.hello();
        (hello.access, hello.refresh) = (Some(Secret(token.clone())), None);
        let bytes = world.lin.request(&hello, &[]);
        assert_eq!(RawPhone::send(server, &hello, &bytes).blocked(), Some(Blocked::SignIn), "{what}");
    }
    let past = make(&at, &with(&good, "exp", json!(1)), &own);
    assert_eq!(server.get("/v1/me", Some(&past)).problem(), (401, "token_expired".to_owned()));
    server.clock.advance(Span::minutes(11));
    assert_eq!(server.get("/v1/me", Some(&world.lin.access)).problem(), (401, "token_expired".to_owned()));
    world.is_sound();
}

#[test]
fn a_refresh_secret_that_was_superseded_is_refused_and_uploads_still_count() {
    let mut world = World::new();
    let first = world.lin.refresh.clone();
    let new = |world: &mut World| world.lin.sync(&world.server, Vec::new()).hello().refresh.clone().unwrap().0;
    let second = new(&mut world);
    world.lin.refresh = Some(second.clone());
    let third = new(&mut world);
    // The second was used: the first is a copy by now.
    world.lin.refresh = first;
    let form = world.lin.form(new_shop(shop(1)));
    let synced = world.lin.sync(&world.server, vec![form]);
    assert_eq!(synced.blocked(), Some(Blocked::SignIn));
    assert_eq!(synced.verdicts(), [(1, MERGED)]);
    assert!(synced.log().is_empty() && synced.hello().access.is_none());
    for nonsense in ["", "zz", "00", &"0".repeat(64), "🍊"] {
        world.lin.refresh = Some(nonsense.to_owned());
        assert_eq!(world.lin.sync(&world.server, Vec::new()).blocked(), Some(Blocked::SignIn), "{nonsense:?}");
    }
    for secret in [second, third] {
        world.lin.refresh = Some(secret);
        assert_eq!(world.lin.sync(&world.server, Vec::new()).blocked(), None, "the phone itself is not locked out");
    }
    world.is_sound();
}

#[test]
fn a_second_installation_with_the_key_suspends_and_its_work_is_quarantined() {
    let mut world = World::new();
    assert_eq!(world.lin.say(&world.server, new_shop(shop(1))), MERGED);
    let thief = [0x66; 16];
    let mut copy = RawPhone { install: thief, numbers: 10, ..world.lin.copied() };
    let form = copy.form(new_shop(shop(2)));
    let synced = copy.sync(&world.server, vec![form]);
    assert_eq!(synced.blocked(), Some(Blocked::Suspended));
    assert_eq!(synced.verdicts(), [(11, held(HoldCode::DeviceRevoked))]);
    assert!(synced.log().is_empty());
    // And the first one too, until a person has looked.
    let form = world.lin.form(new_shop(shop(3)));
    let synced = world.lin.sync(&world.server, vec![form]);
    assert_eq!(synced.blocked(), Some(Blocked::Suspended));
    assert_eq!(synced.verdicts(), [(2, held(HoldCode::DeviceRevoked))]);
    let answer = world.server.get("/v1/me", Some(&world.lin.access));
    assert_eq!(answer.problem(), (401, "device_suspended".to_owned()));
    assert_eq!(world.wu.say(&world.server, new_shop(shop(1))), MERGED);
    world.is_sound();
}

#[test]
fn a_revoked_phone_uploads_into_quarantine_and_reads_nothing() {
    let mut world = World::new();
    assert_eq!(world.lin.say(&world.server, new_shop(shop(1))), MERGED);
    let state = world.server.state(world.hgs).0;
    let revoked = world.server.wait(world.server.admin().revoke(world.lin.device, "mei", None)).unwrap();
    assert!(revoked);
    let form = world.lin.form(new_shop(shop(2)));
    let synced = world.lin.sync(&world.server, vec![form]);
    assert_eq!(synced.blocked(), Some(Blocked::Revoked));
    assert_eq!(synced.verdicts(), [(2, held(HoldCode::DeviceRevoked))]);
    assert!(synced.log().is_empty() && synced.hello().access.is_none() && synced.hello().refresh.is_none());
    assert_eq!(world.server.state(world.hgs).0, state);
    let answer = world.server.get("/v1/me", Some(&world.lin.access));
    assert_eq!(answer.problem(), (401, "device_revoked".to_owned()));
    world.is_sound();
}

#[test]
fn enrolment_gives_nothing_to_who_has_no_code() {
    let world = World::new();
    let server = &world.server;
    let key = SigningKey::from_bytes(&[42; 32]);
    for code in ["", "0000-0000-0000-0000", "🍊", &"7".repeat(5000)] {
        let answer = server.post("/v1/enrol", None, &asks(code, &key, [42; 16]));
        assert_eq!(answer.problem(), (403, "enrolment_code_refused".to_owned()), "{code:.20}");
    }
    let lan = server.member("lan", Role::Worker, world.hgs, false);
    let code = || server.wait(server.admin().enrolment(lan)).unwrap().code.grouped();
    let used = code();
    let _phone = server.post("/v1/enrol", None, &asks(&used, &key, [42; 16])).ok();
    let again = server.post("/v1/enrol", None, &asks(&used, &SigningKey::from_bytes(&[43; 32]), [43; 16]));
    assert_eq!(again.problem(), (403, "enrolment_code_refused".to_owned()), "a code is good for one key");
    let taken = server.post("/v1/enrol", None, &asks(&code(), &world.wu.key, [44; 16]));
    assert_eq!(taken.problem(), (422, "device_key_refused".to_owned()), "a key is one device's");
    for bad in ["00", "01", "02"].map(|y| format!("{y}{}", "00".repeat(31))) {
        let mut asked = asks(&code(), &key, [45; 16]);
        asked["device_key"] = json!(bad);
        let answer = server.post("/v1/enrol", None, &asked);
        assert_eq!(
            answer.problem(),
            (422, "device_key_refused".to_owned()),
            "no point, or one that anybody can sign for: {bad}"
        );
    }
    let late = code();
    server.clock.advance(Span::hours(25));
    let answer = server.post("/v1/enrol", None, &asks(&late, &SigningKey::from_bytes(&[46; 32]), [46; 16]));
    assert_eq!(answer.problem(), (403, "enrolment_code_refused".to_owned()));
    world.is_sound();
}
