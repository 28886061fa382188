//! Whoever is killed, and however many nodes look: each step is taken once, and each delivery has one effect.

use std::collections::BTreeSet;
use std::sync::Barrier;

use doorstep::deliver::deliver_due;
use doorstep_tests::receiver::Does;
use serde_json::json;
use sync_core::time::Span;

use crate::night::Night;

#[test]
fn killed_before_any_step_is_durable_the_next_start_takes_it_once() {
    let night = Night::falls();
    let server = &night.street.server;
    let n = night.street.alarm(night.street.hgs, "F05 fails");
    for (wait, told) in [(0, [1, 0, 0]), (10, [1, 1, 0]), (20, [1, 1, 1])] {
        server.clock.advance(Span::minutes(wait));
        let before = night.told(n);
        for _ in 0..3 {
            // Passed on, and gone before the commit.
            let passed = server.wait(async {
                let mut tx = server.db.write().await.unwrap();
                server.app.flow().pass_on(&mut tx, night.street.hgs, server.app.clock().now()).await.unwrap()
            });
            assert_eq!(passed, 1);
            assert_eq!(night.told(n), before);
        }
        // Passed on, and gone before anything was sent.
        server.wait(server.app.flow().tick(&server.db, server.app.clock().now())).unwrap();
        assert_eq!(night.told(n), told);
        let next = server.again(5);
        night.tick_on(&next);
        night.tick_on(&next);
        assert_eq!(night.told(n), told);
        server.wait(next.close());
    }
    assert_eq!(night.paged().map(|kinds| kinds.len()), [1, 1, 1]);
    server.verifies();
}

#[test]
fn killed_before_an_acknowledgement_is_durable_the_alarm_goes_on() {
    let night = Night::falls();
    let server = &night.street.server;
    let n = night.street.alarm(night.street.hgs, "F05 fails");
    night.tick();
    let by = (night.person("supervisor"), server.app.clock().now());
    server.wait(async {
        let mut tx = server.db.write().await.unwrap();
        server.app.flow().acknowledge(&mut tx, night.street.hgs, n, by, Some("lost")).await.unwrap();
    });
    night.minutes(10);
    assert_eq!((night.told(n), night.alarm(n).get("acknowledged")), ([1, 1, 0], None));
    night.does("supervisor", &format!("{}/{n}/acknowledge", night.alarms()), &json!({}));
    night.minutes(30);
    assert_eq!(night.told(n), [1, 1, 0]);
}

#[test]
fn killed_while_the_receiver_acts_the_delivery_comes_again_under_its_id() {
    let night = Night::falls();
    let server = &night.street.server;
    let _n = night.street.alarm(night.street.hgs, "F05 fails");
    server.wait(server.app.flow().tick(&server.db, server.app.clock().now())).unwrap();
    let pager = &night.first.receiver;
    pager.next(&[Does::Hangs]);
    let doomed = server.again(6);
    server.wait(async {
        let sending = tokio::spawn({
            let doomed = doomed.clone();
            async move { deliver_due(&doomed).await }
        });
        tokio::task::spawn_blocking({
            let pager = pager.clone();
            move || pager.waits_for(1)
        })
        .await
        .unwrap();
        sending.abort();
        assert!(sending.await.unwrap_err().is_cancelled());
        doomed.close().await;
    });
    // Whoever looks soon leaves it alone: the attempt may still be running.
    night.tick();
    assert_eq!(pager.requests().len(), 1);
    night.minutes(1);
    assert_eq!(pager.requests().len(), 2);
    assert_eq!(pager.effects().len(), 1, "the same id");
    night.minutes(5);
    assert_eq!(pager.requests().len(), 2);
}

#[test]
fn two_nodes_at_once_pass_on_once_and_send_once() {
    let night = Night::falls();
    let server = &night.street.server;
    let alarms: Vec<u64> = (0..6).map(|n| night.street.alarm(night.street.hgs, &format!("F05 fails ({n})"))).collect();
    let nodes = [server.app.clone(), server.again(8)];
    let together = Barrier::new(nodes.len());
    for minute in 0..=31 {
        std::thread::scope(|scope| {
            for node in &nodes {
                scope.spawn(|| {
                    together.wait();
                    night.tick_on(node);
                });
            }
        });
        if minute < 31 {
            server.clock.advance(Span::minutes(1));
        }
    }
    for n in alarms {
        assert_eq!(night.told(n), [1, 1, 1]);
    }
    for pager in [&night.first, &night.deputy, &night.purchaser] {
        let ids: Vec<String> = pager.receiver.requests().iter().map(|request| request.id().to_owned()).collect();
        assert_eq!(ids.len(), 6, "one request for each alarm");
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), 6);
    }
    server.verifies();
}
