//! A link that is held between frames: what was sent has arrived, what follows has not been sent yet.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use doorstep_tests::inprocess::Server;
use doorstep_tests::rawphone::SYNC;
use sync_core::id::RequestId;
use sync_core::wire::{Down, DownReader};

/// How long to wait for what ought to happen at once.
const PATIENCE: Duration = Duration::from_secs(30);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(2);
/// Before the first frame of an answer, before a payload, behind it.
const PREAMBLE: usize = 6;
const HEADER: usize = 7;
const SEAL: usize = 16;

/// An upload under way.
pub(crate) struct Line(TcpStream);

/// An answer of which a part has been read.
pub(crate) struct Answer {
    stream: TcpStream,
    read: Vec<u8>,
    body: usize,
}

impl Line {
    /// Connects, and says that a sync request comes.
    pub(crate) fn open(server: &Server) -> Self {
        let mut stream = TcpStream::connect(server.address()).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let head = format!(
            "POST /v1/sync HTTP/1.1\r\nHost: doorstep\r\nContent-Type: {SYNC}\r\nTransfer-Encoding: chunked\r\n\
             Connection: close\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).unwrap();
        Self(stream)
    }

    /// Sends these bytes, and no more for now.
    pub(crate) fn send(&mut self, bytes: &[u8]) {
        if !bytes.is_empty() {
            let chunk = [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat();
            self.0.write_all(&chunk).unwrap();
        }
    }

    /// Nothing more comes.
    pub(crate) fn end(mut self) -> Answer {
        self.0.write_all(b"0\r\n\r\n").unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            self.0.read_exact(&mut byte).unwrap();
            head.push(byte[0]);
        }
        let head = String::from_utf8(head).unwrap().to_lowercase();
        assert!(head.starts_with("http/1.1 200"), "{head}");
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
        Answer { stream: self.0, read: Vec::new(), body: length.trim().parse().unwrap() }
    }
}

impl Answer {
    /// Reads the next frame; false when there is none.
    pub(crate) fn next_frame(&mut self) -> bool {
        if self.read.is_empty() {
            self.take(PREAMBLE);
        }
        if self.read.len() == self.body {
            return false;
        }
        let header = self.read.len();
        self.take(HEADER);
        let length = self.read[header + 3..].iter().fold(0, |length, byte| length << 8 | usize::from(*byte));
        self.take(length + SEAL);
        true
    }

    fn take(&mut self, bytes: usize) {
        let start = self.read.len();
        self.read.resize(start + bytes, 0);
        self.stream.read_exact(&mut self.read[start..]).unwrap();
    }

    /// Reads what is left: all frames.
    pub(crate) fn rest(mut self, request: RequestId) -> Vec<Down> {
        while self.next_frame() {}
        let mut reader = DownReader::new(request);
        reader.push(&self.read).unwrap();
        let mut frames = Vec::new();
        while let Some(frame) = reader.next_frame().unwrap() {
            frames.push(frame);
        }
        reader.finish().unwrap();
        frames
    }
}

/// Waits until it is so.
pub(crate) fn wait_until(what: &str, mut so: impl FnMut() -> bool) {
    let looks = PATIENCE.as_millis() / LOOK.as_millis();
    for _ in 0..looks {
        if so() {
            return;
        }
        std::thread::sleep(LOOK);
    }
    panic!("it never happened that {what}");
}
