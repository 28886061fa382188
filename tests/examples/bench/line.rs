//! HTTP as an app would bring it, a new connection for each request, over links that fail; and a balancer that sends
//! requests to the nodes in turn, and says from which address each came.

use std::cell::{Cell, RefCell};
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use doorstep_mobile::{Request, Response, Transport, TransportError};

/// Longer than any answer may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// Where requests go.
#[derive(Clone)]
pub(crate) struct Nodes {
    addresses: Arc<Vec<SocketAddr>>,
    turn: Arc<AtomicUsize>,
}

impl Nodes {
    pub(crate) fn at(addresses: Vec<SocketAddr>) -> Self {
        Self { addresses: Arc::new(addresses), turn: Arc::default() }
    }

    fn next(&self) -> SocketAddr {
        self.addresses[self.turn.fetch_add(1, Ordering::Relaxed) % self.addresses.len()]
    }
}

/// What happens to the next request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Fault {
    /// Nothing.
    None,
    /// The link is cut when half of the request is out.
    CutUp,
    /// The link is cut when half of the answer has come.
    CutDown,
    /// The answer is lost.
    Lost,
    /// The request arrives twice.
    Twice,
}

/// One phone's link.
pub(crate) struct Line {
    nodes: Nodes,
    agent: ureq::Agent,
    /// The address that the balancer says it came from.
    from: String,
    /// What happens to the next request.
    pub(crate) fault: Cell<Fault>,
    /// Requests that were answered with anything but success, each in words.
    pub(crate) errors: RefCell<Vec<String>>,
    /// Bytes of requests and of answers.
    pub(crate) traffic: Cell<(u64, u64)>,
}

impl Line {
    pub(crate) fn new(nodes: &Nodes, n: usize) -> Self {
        let config = ureq::Agent::config_builder().http_status_as_error(false).max_idle_connections(0);
        Self {
            nodes: nodes.clone(),
            agent: config.timeout_global(Some(PATIENCE)).build().new_agent(),
            from: format!("10.{}.{}.{}", n >> 16, n >> 8 & 255, n & 255),
            fault: Cell::new(Fault::None),
            errors: RefCell::default(),
            traffic: Cell::default(),
        }
    }

    /// A request over a link that holds.
    pub(crate) fn post(&self, path: &str, content_type: &str, body: &[u8]) -> Result<Response, TransportError> {
        let url = format!("http://{}{path}", self.nodes.next());
        let request = self.agent.post(url).content_type(content_type).header("X-Forwarded-For", &self.from);
        let answered = request.send(body).map_err(|error| error.to_string()).and_then(|mut answer| {
            let body = answer.body_mut().with_config().limit(u64::MAX).read_to_vec();
            body.map(|body| Response { status: answer.status().as_u16(), body }).map_err(|error| error.to_string())
        });
        let (up, down) = self.traffic.get();
        match answered {
            Ok(answer) => {
                self.traffic.set((up + body.len() as u64, down + answer.body.len() as u64));
                if !(200..300).contains(&answer.status) {
                    let said = String::from_utf8_lossy(&answer.body).into_owned();
                    self.errors.borrow_mut().push(format!("{path}: {} {said}", answer.status));
                }
                Ok(answer)
            }
            Err(error) => {
                self.errors.borrow_mut().push(format!("{path}: {error}"));
                Err(TransportError::Offline)
            }
        }
    }

    /// Half of a request. The server may have had enough before, and answers nobody.
    fn half(&self, request: &Request) -> std::io::Result<()> {
        let address = self.nodes.next();
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let (path, kind, length) = (&request.path, &request.content_type, request.body.len());
        let from = &self.from;
        write!(
            stream,
            "POST {path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: {kind}\r\nX-Forwarded-For: {from}\r\n\
             Content-Length: {length}\r\nConnection: close\r\n\r\n"
        )?;
        stream.write_all(&request.body[..length / 2])?;
        stream.shutdown(std::net::Shutdown::Write)?;
        stream.read_to_end(&mut Vec::new()).map(drop)
    }
}

impl Transport for Line {
    fn send(&self, request: &Request) -> Result<Response, TransportError> {
        let send = || self.post(&request.path, &request.content_type, &request.body);
        match self.fault.replace(Fault::None) {
            Fault::None => send(),
            Fault::CutUp => {
                // The reset that may come back is what a phone would see as well.
                let _cut = self.half(request);
                Err(TransportError::Offline)
            }
            Fault::CutDown => send().and_then(|mut answer| {
                answer.body.truncate(answer.body.len() / 2);
                Err(TransportError::Cut(answer.body))
            }),
            Fault::Lost => send().and(Err(TransportError::Offline)),
            Fault::Twice => send().and_then(|_| send()),
        }
    }
}
