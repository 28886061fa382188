//! A receiver of webhooks on loopback, which does what a test tells it: takes what comes, refuses it, acts and then says
//! nothing, hangs up, points elsewhere. It checks signatures with code of its own, written after the standard.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// How long to wait for what ought to come at once, on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(60);

/// What the receiver does with a request. Whatever it answers, it has acted on what it could verify.
#[derive(Clone, Debug)]
pub enum Does {
    /// Answers with this status.
    Answers(u16),
    /// Acts and never answers.
    Hangs,
    /// Hangs up without an answer.
    Drops,
    /// Sends the sender to this address.
    Points(String),
    /// Answers with a head without end.
    Babbles,
}

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Request {
    /// Its headers, by lower-case name.
    pub headers: BTreeMap<String, String>,
    /// Its body.
    pub body: Vec<u8>,
}

impl Request {
    /// The id by which receivers deduplicate.
    ///
    /// # Panics
    /// When it has none.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.headers["webhook-id"]
    }

    /// The body.
    ///
    /// # Panics
    /// When it is no JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// Whether it was signed under this secret (`whsec_…`).
    #[must_use]
    pub fn is_signed(&self, secret: &str) -> bool {
        let header = |name: &str| self.headers.get(name).map_or("", String::as_str);
        let Some(key) = secret.strip_prefix("whsec_").and_then(base64) else { return false };
        let signed = format!("{}.{}.", header("webhook-id"), header("webhook-timestamp"));
        let expected = hmac(&key, &[signed.as_bytes(), &self.body].concat());
        let mut signatures = header("webhook-signature").split(' ').filter_map(|one| one.strip_prefix("v1,"));
        signatures.any(|one| base64(one).as_deref() == Some(&expected[..]))
    }
}

/// HMAC-SHA-256 as RFC 2104 has it, for keys of at most a block.
pub(crate) fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    let padded = |with: u8| -> Vec<u8> {
        let key = key.iter().copied().chain(std::iter::repeat(0));
        key.take(64).map(|byte| byte ^ with).collect()
    };
    let inner = Sha256::new().chain_update(padded(0x36)).chain_update(message).finalize();
    Sha256::new().chain_update(padded(0x5c)).chain_update(inner).finalize().into()
}

/// The bytes of a text in base 64 (RFC 4648, section 4).
fn base64(text: &str) -> Option<Vec<u8>> {
    let value = |c: u8| match c {
        b'A'..=b'Z' => Some(c - b'A'),
        b'a'..=b'z' => Some(c - b'a' + 26),
        b'0'..=b'9' => Some(c - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    };
    let digits: Vec<u8> = text.trim_end_matches('=').bytes().map(value).collect::<Option<_>>()?;
    let mut bytes = Vec::new();
    for group in digits.chunks(4) {
        let word = group.iter().fold(0_u32, |word, digit| word << 6 | u32::from(*digit)) << (6 * (4 - group.len()));
        bytes.extend_from_slice(&word.to_be_bytes()[1..group.len()]);
    }
    Some(bytes)
}

#[derive(Default)]
struct Memory {
    script: VecDeque<Does>,
    otherwise: Option<Does>,
    requests: Vec<Request>,
}

/// The receiver; a copy is the same one.
#[derive(Clone)]
pub struct Receiver {
    address: SocketAddr,
    memory: Arc<(Mutex<Memory>, Condvar)>,
}

impl Default for Receiver {
    fn default() -> Self {
        Self::start()
    }
}

impl Receiver {
    /// Starts one that takes what comes.
    ///
    /// # Panics
    /// When it cannot listen.
    #[must_use]
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, memory) = (listener.local_addr().unwrap(), Arc::<(Mutex<Memory>, Condvar)>::default());
        let kept = Arc::clone(&memory);
        std::thread::spawn(move || {
            // Hung connections are kept open as long as the receiver lives.
            for stream in listener.incoming().flatten() {
                let memory = Arc::clone(&kept);
                std::thread::spawn(move || serve(stream, &memory));
            }
        });
        Self { address, memory }
    }

    /// Where it listens.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    /// Does these things with the next requests, one after another.
    ///
    /// # Panics
    /// Never.
    pub fn next(&self, does: &[Does]) {
        self.memory.0.lock().unwrap().script.extend(does.iter().cloned());
    }

    /// Does this with every request for which there is nothing else to do.
    ///
    /// # Panics
    /// Never.
    pub fn otherwise(&self, does: Does) {
        self.memory.0.lock().unwrap().otherwise = Some(does);
    }

    /// What came so far.
    ///
    /// # Panics
    /// Never.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        self.memory.0.lock().unwrap().requests.clone()
    }

    /// Waits until so many requests have come.
    ///
    /// # Panics
    /// When they do not.
    pub fn waits_for(&self, requests: usize) {
        let (memory, came) = &*self.memory;
        let enough = |memory: &mut Memory| memory.requests.len() < requests;
        let (memory, out) = came.wait_timeout_while(memory.lock().unwrap(), PATIENCE, enough).unwrap();
        assert!(!out.timed_out(), "{} requests instead of {requests}", memory.requests.len());
    }

    /// What it acted on: the ids, each once, in order.
    #[must_use]
    pub fn effects(&self) -> Vec<String> {
        let mut seen = BTreeSet::new();
        let requests = self.requests().into_iter();
        requests.map(|request| request.id().to_owned()).filter(|id| seen.insert(id.clone())).collect()
    }
}

/// An address at which nothing listens.
///
/// # Panics
/// When there is no loopback.
#[must_use]
pub fn nowhere() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}/hook", listener.local_addr().unwrap())
}

fn serve(mut stream: TcpStream, memory: &(Mutex<Memory>, Condvar)) {
    let Some(request) = read(&mut BufReader::new(&stream)) else { return };
    let does = {
        let mut memory = memory.0.lock().unwrap();
        memory.requests.push(request);
        memory.script.pop_front().or_else(|| memory.otherwise.clone()).unwrap_or(Does::Answers(204))
    };
    memory.1.notify_all();
    // The sender may have left.
    let _gone = match does {
        Does::Answers(status) => {
            write!(stream, "HTTP/1.1 {status} So\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
        }
        Does::Points(to) => {
            write!(stream, "HTTP/1.1 307 There\r\nLocation: {to}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        }
        // Until the sender gives up.
        Does::Hangs => stream.read_to_end(&mut Vec::new()).map(drop),
        Does::Drops => Ok(()),
        Does::Babbles => babble(&mut stream),
    };
}

fn babble(stream: &mut TcpStream) -> std::io::Result<()> {
    stream.write_all(b"HTTP/1.1 200 So\r\n")?;
    for n in 0..1_000_000 {
        write!(stream, "x-{n}: {n}\r\n")?;
    }
    Ok(())
}

fn read(from: &mut BufReader<&TcpStream>) -> Option<Request> {
    let mut headers = BTreeMap::new();
    let mut line = String::new();
    from.read_line(&mut line).ok()?;
    loop {
        line.clear();
        from.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        headers.insert(name.to_ascii_lowercase(), value.to_owned());
    }
    let length = headers.get("content-length")?.parse().ok()?;
    let mut body = vec![0; length];
    from.read_exact(&mut body).ok()?;
    Some(Request { headers, body })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_verifier_knows_a_good_signature_from_a_bad_one() {
        let headers = [
            ("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"),
            ("webhook-timestamp", "1614265330"),
            ("webhook-signature", "v1,AAAA v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
        ];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let request = Request { headers, body: br#"{"test": 2432232314}"#.to_vec() };
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        assert!(request.is_signed(secret));
        assert!(!request.is_signed("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSx"));
        assert!(!Request { body: b"{}".to_vec(), ..request.clone() }.is_signed(secret));
        for (name, other) in [("webhook-id", "msg_other"), ("webhook-timestamp", "1614265331")] {
            let mut changed = request.clone();
            changed.headers.insert(name.to_owned(), other.to_owned());
            assert!(!changed.is_signed(secret), "{name}");
        }
    }
}
