//! A node that is asked to stop ends what it has begun, says that it stops, and is gone in time.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use doorstep_tests::hearing::{Heard, Hearing};
use doorstep_tests::rawphone::asks;
use doorstep_tests::server::{Office, until};
use ed25519_dalek::SigningKey;

const PATIENCE: Duration = Duration::from_secs(60);

/// Asks on a connection of its own; the status line and what follows, or nothing when nobody listens.
fn ask(address: SocketAddr, path: &str) -> Option<String> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: doorstep\r\nConnection: close\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    Some(answer)
}

#[test]
fn a_balancer_is_told_before_the_door_is_shut_and_a_request_under_way_is_answered() {
    let office = Office::new();
    let mut command = office.command(&["serve"]);
    command.env("DOORSTEP_STOP_DRAIN_SECONDS", "2");
    let server = office.serve_as(command);
    let address = server.address;
    assert!(ask(address, "/readyz").unwrap().contains("\"status\":\"ready\""));
    // Half a request: the rest comes when the door is shut.
    let body = r#"{"login": "he", "password": "not the password"}"#;
    let mut late = TcpStream::connect(address).unwrap();
    late.set_read_timeout(Some(PATIENCE)).unwrap();
    let head = "POST /v1/login HTTP/1.1\r\nHost: doorstep\r\nContent-Type: application/json\r\n";
    write!(late, "{head}Content-Length: {}\r\n\r\n{}", body.len(), &body[..10]).unwrap();
    // Served after it was sent, so the half was taken in before the server is asked to stop.
    assert!(ask(address, "/healthz").is_some());
    server.terminate();
    until("it says that it stops", || ask(address, "/readyz").is_some_and(|answer| answer.contains("\"stopping\"")));
    until("it takes nobody in", || TcpStream::connect(address).is_err());
    write!(late, "{}", &body[10..]).unwrap();
    let mut answer = String::new();
    late.read_to_string(&mut answer).unwrap();
    assert!(answer.contains("wrong_login"), "{answer}");
    assert!(server.stop().success());
}

#[test]
fn a_request_that_does_not_end_does_not_keep_the_server() {
    let office = Office::new();
    let mut command = office.command(&["serve"]);
    command.env("DOORSTEP_STOP_GRACE_SECONDS", "1");
    let server = office.serve_as(command);
    let mut stuck = TcpStream::connect(server.address).unwrap();
    write!(stuck, "POST /v1/login HTTP/1.1\r\nHost: doorstep\r\nContent-Length: 100\r\n\r\n{{").unwrap();
    assert!(ask(server.address, "/healthz").is_some());
    // The request would be waited for without end: that the server is gone says that it was not.
    assert!(server.stop().success());
}

/// What a phone that was enrolled with this code may show.
fn access(address: SocketAddr, code: &str) -> String {
    let asked = asks(code, &SigningKey::from_bytes(&[7; 32]), [7; 16]).to_string();
    let mut answer =
        ureq::post(format!("http://{address}/v1/enrol")).content_type("application/json").send(asked).unwrap();
    let said: serde_json::Value = serde_json::from_slice(&answer.body_mut().read_to_vec().unwrap()).unwrap();
    said["access"].as_str().unwrap().to_owned()
}

#[test]
fn whoever_waits_for_hints_does_not_keep_the_server() {
    let office = Office::new();
    office.furnish(&["lin"]);
    let server = office.serve();
    let hearing = Hearing::at(server.address, &access(server.address, &office.code("lin")), "");
    assert_eq!(hearing.news()["epoch"], 1);
    assert!(server.stop().success());
    assert_eq!(hearing.next(), Heard::End);
    let log = std::fs::read_to_string(office.dir().join("server.log")).unwrap();
    assert!(!log.contains("cut off"), "{log}");
}

#[test]
fn a_database_of_a_newer_program_is_refused_in_words() {
    let office = Office::new();
    office.ok(&["admin", "caseload", "list"]);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let db = doorstep::db::Db::at(&office.config().database()).await.unwrap();
        let mut tx = db.write().await.unwrap();
        let later = doorstep::db::Statement {
            name: "LATER",
            sql: "INSERT INTO schema_version (version, name, digest) SELECT 9999, 'from the future', digest \
                  FROM schema_version WHERE version = 1",
        };
        tx.run(later, Vec::new()).await.unwrap();
        tx.commit().await.unwrap();
        db.close().await;
    });
    let ran = office.run(&["serve"]);
    assert!(!ran.ok && ran.err.contains("run the newer program"), "{}{}", ran.out, ran.err);
}
