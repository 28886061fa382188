//! The real program with a certificate of its own: phones sync over TLS, renewed certificates are taken up while it runs,
//! what cannot be used is said, and nobody is answered in the clear by mistake.

#![expect(clippy::unwrap_used, reason = "a panic is how a test's helper fails")]

#[path = "tls/authority.rs"]
mod authority;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use authority::{Authority, ask, read_all};
use doorstep_tests::handset::Handset;
use doorstep_tests::server::{Office, Server};

const PATIENCE: Duration = Duration::from_secs(60);
/// Between two looks, and how many there are.
const LOOK: Duration = Duration::from_millis(20);
const LOOKS: u32 = 3_000;

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..LOOKS {
        if holds() {
            return;
        }
        std::thread::sleep(LOOK);
    }
    panic!("never: {what}");
}

/// A server with a certificate that this authority gave it.
fn encrypted(office: &Office, authority: &Authority) -> Server {
    authority.issue(office.dir());
    let mut command = office.command(&["serve"]);
    command.env("DOORSTEP_TLS_CERTIFICATE", "certificate.pem").env("DOORSTEP_TLS_KEY", "key.pem");
    office.come_up(command)
}

#[test]
fn a_phone_enrols_and_syncs_over_tls_and_each_protocol_is_spoken() {
    let (office, authority) = (Office::new(), Authority::new());
    office.furnish(&["lin"]);
    let server = encrypted(&office, &authority);
    assert!(server.said().contains("Doorstep is running: https://127.0.0.1:"), "{}", server.said());
    let base = format!("https://{}", server.address);
    let phone = Handset::enrol_with(authority.ureq(), office.dir(), "lin", &base, &office.code("lin"));
    phone.sync();
    assert!(phone.traffic().trips > 1);
    // Who does not know the authority does not talk.
    let stranger = ureq::Agent::config_builder().tls_config(Authority::new().ureq()).build().new_agent();
    assert!(stranger.get(format!("{base}/healthz")).call().is_err());
    let version = |versions: &[&'static rustls::SupportedProtocolVersion], alpn: &[&[u8]]| {
        let mut tls = authority.connect(server.address, versions, alpn);
        tls.conn.complete_io(&mut tls.sock).unwrap();
        (tls.conn.protocol_version().unwrap(), tls.conn.alpn_protocol().map(<[u8]>::to_vec))
    };
    let both: &[&[u8]] = &[b"h2", b"http/1.1"];
    let (v12, v13) = (&rustls::version::TLS12, &rustls::version::TLS13);
    assert_eq!(version(&[v12, v13], both), (rustls::ProtocolVersion::TLSv1_3, Some(b"h2".to_vec())));
    assert_eq!(version(&[v12], &both[1..]), (rustls::ProtocolVersion::TLSv1_2, Some(b"http/1.1".to_vec())));
    // HTTP/2 is not only promised: to its preface the server answers with its settings, a frame of type 4.
    let mut tls = authority.connect(server.address, &[v13], both);
    tls.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").unwrap();
    let mut frame = [0; 9];
    tls.read_exact(&mut frame).unwrap();
    assert_eq!(frame[3], 4);
    assert!(server.stop().success());
}

#[test]
fn whoever_speaks_in_the_clear_is_told_so() {
    let (office, authority) = (Office::new(), Authority::new());
    let server = encrypted(&office, &authority);
    let mut clear = TcpStream::connect(server.address).unwrap();
    clear.set_read_timeout(Some(PATIENCE)).unwrap();
    let long = "x".repeat(20_000);
    write!(clear, "POST /v1/sync HTTP/1.1\r\nHost: x\r\nContent-Length: 20000\r\n\r\n{long}").unwrap();
    let mut answer = String::new();
    clear.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 400 ") && answer.contains("application/problem+json"), "{answer}");
    assert!(answer.contains("\"https_only\"") && answer.contains("请用 https://"), "{answer}");
}

#[test]
fn a_handshake_that_stalls_is_in_nobodys_way_and_ends() {
    let (office, authority) = (Office::new(), Authority::new());
    let server = encrypted(&office, &authority);
    let stalled = |bytes: &[u8]| {
        let mut stream = TcpStream::connect(server.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(bytes).unwrap();
        stream
    };
    // Nothing at all, and the beginning of a record.
    let mut waiting: Vec<TcpStream> = (0..100).map(|n| stalled(&[0x16, 3, 1, 2][..n % 2 * 4])).collect();
    let healthy = ask(authority.connect(server.address, rustls::ALL_VERSIONS, &[]), "/healthz");
    assert!(healthy.starts_with("HTTP/1.1 200 "), "{healthy}");
    for stream in &mut waiting {
        assert_eq!(stream.read(&mut [0; 64]).unwrap_or(0), 0, "the server ended it");
    }
}

#[test]
fn a_renewed_certificate_is_taken_up_and_a_broken_one_is_not() {
    let (office, authority) = (Office::new(), Authority::new());
    let server = encrypted(&office, &authority);
    let shown = || authority.shown(server.address);
    let first = shown();
    // A request that began under the first certificate ends under it.
    let mut early = authority.connect(server.address, rustls::ALL_VERSIONS, &[]);
    early.write_all(b"GET /healthz HTTP/1.1\r\nHost: doorstep\r\n").unwrap();
    early.flush().unwrap();
    authority.issue(office.dir());
    until("the files are looked at", || shown() != first);
    let second = shown();
    early.write_all(b"Connection: close\r\n\r\n").unwrap();
    assert!(read_all(&mut early).starts_with("HTTP/1.1 200 "));
    // The key of another certificate: as between the two steps of a renewal that is not careful.
    std::fs::write(office.dir().join("key.pem"), rcgen::KeyPair::generate().unwrap().serialize_pem()).unwrap();
    server.signal("-HUP");
    until("it complains", || office.log().contains("a new certificate cannot be used; the one before goes on"));
    assert!(office.log().contains("key.pem does not fit the certificate"), "{}", office.log());
    assert_eq!(shown(), second);
    authority.issue(office.dir());
    server.signal("-HUP");
    until("it is well again", || shown() != second);
    assert!(server.stop().success());
}

#[test]
fn a_request_under_way_ends_when_the_server_stops() {
    let (office, authority) = (Office::new(), Authority::new());
    let server = encrypted(&office, &authority);
    let body = r#"{"login": "he", "password": "not the password"}"#;
    let mut late = authority.connect(server.address, rustls::ALL_VERSIONS, &[]);
    let head = "POST /v1/login HTTP/1.1\r\nHost: doorstep\r\nContent-Type: application/json\r\nConnection: close\r\n";
    write!(late, "{head}Content-Length: {}\r\n\r\n{}", body.len(), &body[..10]).unwrap();
    late.flush().unwrap();
    let healthy = ask(authority.connect(server.address, rustls::ALL_VERSIONS, &[]), "/healthz");
    assert!(healthy.starts_with("HTTP/1.1 200 "), "{healthy}");
    server.terminate();
    until("it takes nobody in", || TcpStream::connect(server.address).is_err());
    write!(late, "{}", &body[10..]).unwrap();
    late.flush().unwrap();
    let answer = read_all(&mut late);
    assert!(answer.contains("wrong_login"), "{answer}");
    assert!(server.stop().success());
}

#[test]
fn the_limit_by_address_knows_where_a_connection_comes_from() {
    let (office, authority) = (Office::new(), Authority::new());
    let server = encrypted(&office, &authority);
    let agent =
        ureq::Agent::config_builder().http_status_as_error(false).tls_config(authority.ureq()).build().new_agent();
    let url = format!("https://{}/v1/refresh", server.address);
    let knock =
        || agent.post(&url).content_type("application/json").send(r#"{"refresh":"nonsense"}"#).unwrap().status();
    assert!((0..2_000).any(|_| knock() == 429), "nobody counts");
}

#[test]
fn what_is_wrong_is_said_at_the_start_in_both_languages() {
    let (office, authority) = (Office::new(), Authority::new());
    authority.issue(office.dir());
    std::fs::write(office.dir().join("other.pem"), rcgen::KeyPair::generate().unwrap().serialize_pem()).unwrap();
    std::fs::write(office.dir().join("empty.pem"), "").unwrap();
    authority.issue_until(2021, office.dir(), "old.pem", "old.key");
    let refused = |certificate: &str, key: &str, lang: &str| {
        let mut command = office.command(&["serve", "--lang", lang]);
        command.env("DOORSTEP_LISTEN", "127.0.0.1:0");
        command.env("DOORSTEP_TLS_CERTIFICATE", certificate).env("DOORSTEP_TLS_KEY", key);
        let done = command.output().unwrap();
        assert!(!done.status.success());
        String::from_utf8(done.stderr).unwrap()
    };
    let cases = [
        ("certificate.pem", "other.pem", "other.pem does not fit the certificate certificate.pem", "不匹配"),
        ("old.pem", "old.key", "the certificate old.pem expired at 2021-01-01 08:00", "过期"),
        ("empty.pem", "key.pem", "empty.pem holds no certificate", "没有证书"),
        ("certificate.pem", "empty.pem", "empty.pem holds no private key", "没有私钥"),
        ("certificate.pem", "nowhere.pem", "cannot read nowhere.pem", "nowhere.pem:没有这个文件"),
        ("certificate.pem", "", "belong together", "须同时设置"),
    ];
    for (certificate, key, en, zh) in cases {
        let (said_en, said_zh) = (refused(certificate, key, "en"), refused(certificate, key, "zh"));
        assert!(said_en.contains(en), "{said_en} instead of {en}");
        assert!(said_zh.contains(zh), "{said_zh} instead of {zh}");
    }
    assert!(!office.data().exists(), "nothing was begun");
}

#[test]
fn others_are_answered_in_the_clear_only_on_purpose() {
    let office = Office::new();
    let serve = |settings: &[(&str, &str)]| {
        let mut command = office.command(&["serve"]);
        command.envs(settings.iter().copied());
        command
    };
    for listen in ["0.0.0.0:0", "[::]:0"] {
        let done = serve(&[("DOORSTEP_LISTEN", listen)]).output().unwrap();
        let said = String::from_utf8(done.stderr).unwrap();
        assert!(!done.status.success() && said.contains("in the clear") && said.contains("by_proxy"), "{said}");
    }
    let config = |by_proxy: bool, proxies: &str| {
        let text = format!("listen = \"0.0.0.0:0\"\nproxies = \"{proxies}\"\n[tls]\nby_proxy = {by_proxy}\n");
        let file = office.dir().join("doorstep.toml");
        std::fs::write(&file, text).unwrap();
        doorstep::config::Config::load(Some(&file), |_| None).unwrap().is_in_the_clear()
    };
    assert!(config(false, ""));
    assert!(!config(true, "") && !config(false, "10.0.0.1"));
}
