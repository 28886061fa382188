//! Somebody who listens for hints: what comes, in order, until the stream ends.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::Value;

/// How long to wait for what ought to come at once, on a machine that is busy. Shorter than the time after which a stream
/// looks by itself: what comes only then was not told.
const PATIENCE: Duration = Duration::from_secs(20);

/// What came.
#[derive(Clone, PartialEq, Debug)]
pub enum Heard {
    /// An event: its name, and what it says.
    Event(String, Value),
    /// The stream is over.
    End,
}

/// An open stream.
pub struct Hearing {
    heard: Receiver<Heard>,
}

impl Hearing {
    /// Opens a stream at a node.
    ///
    /// # Panics
    /// When it is not opened.
    #[must_use]
    pub fn at(node: SocketAddr, token: &str, query: &str) -> Self {
        let agent = ureq::Agent::config_builder().max_idle_connections(0).build().new_agent();
        let url = format!("http://{node}/v1/hints{query}");
        let answer = agent.get(url).header("Authorization", format!("Bearer {token}")).call().unwrap();
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        let (sender, heard) = channel();
        std::thread::spawn(move || {
            let mut name = String::new();
            for line in BufReader::new(answer.into_body().into_reader()).lines().map_while(Result::ok) {
                if let Some(said) = line.strip_prefix("event: ") {
                    said.clone_into(&mut name);
                } else if let Some(data) = line.strip_prefix("data: ") {
                    let event = Heard::Event(name.clone(), serde_json::from_str(data).unwrap());
                    if sender.send(event).is_err() {
                        return;
                    }
                }
            }
            // Nobody may be listening any more.
            let _gone = sender.send(Heard::End);
        });
        Self { heard }
    }

    /// What comes next.
    ///
    /// # Panics
    /// When nothing does.
    #[must_use]
    pub fn next(&self) -> Heard {
        self.heard.recv_timeout(PATIENCE).expect("nothing was heard")
    }

    /// The next event, which has to be news.
    ///
    /// # Panics
    /// When it is something else.
    #[must_use]
    pub fn news(&self) -> Value {
        match self.next() {
            Heard::Event(name, news) if name == "news" => news,
            other => panic!("{other:?} instead of news"),
        }
    }

    /// Listens until news says this. What comes before has to be news too.
    ///
    /// # Panics
    /// When it never does.
    pub fn until(&self, says: impl Fn(&Value) -> bool) {
        while !says(&self.news()) {}
    }

    /// Listens to the end: the events that still came.
    ///
    /// # Panics
    /// When it does not end.
    #[must_use]
    pub fn rest(&self) -> Vec<(String, Value)> {
        let mut rest = Vec::new();
        while let Heard::Event(name, said) = self.next() {
            rest.push((name, said));
        }
        rest
    }
}
