//! A step of sync that is dropped at each of its awaits in turn: nothing is lost, and the next step may begin at once.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

use doorstep_bindings::form::{Form, NewPremises};
use doorstep_bindings::{Blocked, Budget, Doorstep, Request, Response, Step, Transport, TransportError};

const CASELOAD: &str = "01KAQ3V1X2Y3Z4A5B6C7D8E9FG";

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Polls a future until it is ready, or has been pending so many times; each time only once it asked to be polled.
fn polled<F: Future>(future: F, times: usize) -> Option<F::Output> {
    let mut future = Box::pin(future);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    for n in 0.. {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return Some(output),
            Poll::Pending if n == times => return None,
            Poll::Pending => thread::park(),
        }
    }
    None
}

fn done<F: Future>(future: F) -> F::Output {
    polled(future, usize::MAX).expect("it is polled until it is ready")
}

/// Gives way so many times before it answers, and after.
struct Yield(u8);

impl Future for Yield {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.0 == 0 {
            return Poll::Ready(());
        }
        self.0 -= 1;
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

/// A link that comes to nothing, slowly.
struct Slow;

#[async_trait::async_trait]
impl Transport for Slow {
    async fn send(&self, request: Request, _: u32) -> Result<Response, TransportError> {
        assert!(!request.body.is_empty());
        Yield(3).await;
        Err(TransportError::Offline)
    }
}

fn enrolment() -> String {
    let caseload = format!(r#"{{"id":"{CASELOAD}","name":"HGS","prefix":"HGS","role":"worker","version":1}}"#);
    format!(
        r#"{{"device":"01KAQ3V1X2Y3Z4A5B6C7D8E9F1","person":"01KAQ3V1X2Y3Z4A5B6C7D8E9F2","server":"street",
            "server_sealing_key":"{}","refresh":"secret","caseloads":[{caseload}]}}"#,
        "09".repeat(32)
    )
}

#[test]
fn a_step_may_be_dropped_at_each_await() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("phone").to_str().unwrap().to_owned();
    let phone = done(Doorstep::open(path, vec![7; 32], None)).unwrap();
    done(phone.enrolment_request("code".to_owned(), "phone".to_owned())).unwrap();
    done(phone.enrolled(201, enrolment())).unwrap();
    let caseload = CASELOAD.parse().unwrap();
    let budget = Budget { upload_bytes: 4096, deadline_ms: 60_000 };
    let mut ended_by_itself = None;
    for stop in 0..100 {
        let shop =
            NewPremises {
                name: format!("店{stop}"), address: "花果山路88号".to_owned(), ..NewPremises::default()
            };
        done(phone.submit(caseload, Form::NewPremises(shop))).unwrap();
        done(phone.retry_now()).unwrap();
        let step = polled(phone.sync_step(Arc::new(Slow), budget, None), stop);
        assert_eq!(done(phone.receipts(caseload)).unwrap().len(), stop + 1);
        if let Some(step) = step {
            ended_by_itself = Some((stop, step.unwrap()));
            break;
        }
    }
    // The store twice, and the link's own three: at each of them one step was dropped, and none was busy afterwards.
    let (awaits, step) = ended_by_itself.expect("a step has an end");
    assert!(awaits >= 4, "only {awaits} awaits");
    assert_eq!(step, Step::Blocked { why: Blocked::Offline });
}
