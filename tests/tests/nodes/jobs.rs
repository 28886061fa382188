//! What the clock asks for (deadlines, alarms that pass on, deliveries, what is planned for a date) happens once: however
//! many nodes do it, and whichever dies while it does, between any two statements.

use std::collections::BTreeSet;
use std::sync::Barrier;

use doorstep::admin::{Admin, Cover};
use doorstep::app::App;
use doorstep::db::duty::{Duty, Level};
use doorstep::db::{Db, Location, Row, Statement, log};
use doorstep::deliver::deliver_due;
use doorstep_tests::inprocess::Server;
use doorstep_tests::rawphone::shop;
use doorstep_tests::receiver::Receiver;
use doorstep_tests::street::Street;
use doorstep_tests::tap::Tap;
use sync_core::author::Role;
use sync_core::id::PersonId;
use sync_core::log::EntryBody;
use sync_core::time::{Span, Timestamp};

const REFERRALS: usize = 6;
const ALARMS: usize = 3;

/// A street in which much has become due.
struct Due {
    street: Street,
    pager: Receiver,
    /// Whose cover begins.
    zhou: PersonId,
}

impl Due {
    fn now() -> Self {
        let mut street = Street::on(Server::on_postgres());
        let pager = Receiver::start();
        let hgs = street.hgs;
        for n in (1..).take(REFERRALS) {
            let _dispatched = street.dispatched(shop(n));
        }
        let server = &street.server;
        server.wait(server.admin().add_webhook(hgs, Some(Level::First), &pager.url(), false)).unwrap();
        let person = server.wait(server.admin().person("supervisor")).unwrap().id;
        let duty = Duty { level: Level::First, person, from: Timestamp::EPOCH, to: Timestamp::MAX };
        server.wait(server.admin().name_for_duty(hgs, &duty)).unwrap();
        let zhou = server.wait(server.admin().add_person("zhou", "zhou", Role::Worker, None)).unwrap();
        let begins = server.app.clock().now() + Span::hours(1);
        let cover = Cover { role: None, from: Some(begins), until: begins + Span::days(30), covers: None };
        server.wait(server.admin().cover(hgs, zhou, cover, false)).unwrap();
        for n in 0..ALARMS {
            let _number = street.alarm(hgs, &format!("F05 fails ({n})"));
        }
        street.server.clock.advance(Span::hours(25));
        Self { street, pager, zhou }
    }

    /// The jobs of a minute on this node, which reaches the database through `db`.
    fn minute(&self, node: &App, db: &Db) -> Result<(), String> {
        let server = &self.street.server;
        server.wait(async {
            Admin::new(node).keep_dates().await.map_err(|error| error.to_string())?;
            node.flow().tick(db, node.clock().now()).await.map_err(|error| error.to_string())?;
            deliver_due(node).await.map(drop).map_err(|error| error.to_string())
        })
    }

    fn rows(&self, sql: &'static str) -> Vec<Row> {
        let server = &self.street.server;
        let statement = Statement { name: "LOOK", sql };
        server.wait(async { server.db.read().await.unwrap().all(statement, Vec::new()).await.unwrap() })
    }

    /// Everything has happened, once.
    fn happened_once(&self) {
        let server = &self.street.server;
        let overdue: Vec<Option<Vec<u8>>> =
            self.rows("SELECT flag FROM alarm WHERE code = 'overdue'").iter().map(|row| row.get(0).unwrap()).collect();
        assert_eq!(overdue.len(), REFERRALS, "an alarm for each referral that is overdue");
        assert_eq!(overdue.iter().collect::<BTreeSet<_>>().len(), REFERRALS);
        let told = self.rows("SELECT alarm, person FROM alarm_log WHERE what = 'told'");
        let told: Vec<(u64, Vec<u8>)> = told.iter().map(|row| (row.get(0).unwrap(), row.get(1).unwrap())).collect();
        assert!(told.len() >= ALARMS + REFERRALS, "told {} times", told.len());
        assert_eq!(told.iter().collect::<BTreeSet<_>>().len(), told.len(), "somebody was told twice");
        let deliveries = self.rows("SELECT id FROM delivery WHERE state = 'delivered'").len();
        assert_eq!(deliveries, self.rows("SELECT id FROM delivery").len(), "everything has arrived");
        assert!(deliveries >= ALARMS);
        assert_eq!(self.pager.effects().len(), deliveries, "the pager acted once on each");
        let entries = server.wait(async {
            let mut tx = server.db.read().await.unwrap();
            log::after(&mut tx, &mut server.app.flow().keys(), self.street.hgs, 0, u32::MAX).await.unwrap()
        });
        let entered = |body: &EntryBody| matches!(body, EntryBody::Membership { person, enter: true, .. } if *person == self.zhou);
        assert_eq!(entries.iter().filter(|entry| entered(&entry.body)).count(), 1, "the cover began once");
        server.verifies();
    }

    /// The node that is left does what is still to be done, also what has to be tried again.
    fn ends(&self) {
        let server = &self.street.server;
        for _ in 0..3 {
            self.minute(&server.app, &server.db).unwrap();
            server.clock.advance(Span::minutes(1));
        }
        self.happened_once();
    }
}

#[test]
fn whichever_node_dies_doing_it_the_other_ends_it() {
    let due = Due::now();
    let server = &due.street.server;
    let step = if std::env::var_os("DOORSTEP_TEST_LONG").is_some() { 5 } else { 41 };
    let mut deaths = 0;
    for nth in (1..).step_by(step) {
        let tap = Tap::on(&server.place());
        let doomed = server.again_through(40, tap.url());
        let db = server.wait(Db::at(&Location::from(tap.url().to_owned()))).unwrap();
        let cuts = tap.clone();
        tap.lay(nth, nth % 2 == 0, move || cuts.cut());
        let done = due.minute(&doomed, &db);
        if !tap.lift() {
            done.unwrap();
            break;
        }
        deaths += 1;
        tap.cut();
        server.wait(async { tokio::join!(doomed.close(), db.close()) });
        // What was claimed and not sent is not left lying.
        server.clock.advance(Span::minutes(1));
    }
    assert!(deaths > 3, "it died only {deaths} times");
    due.ends();
}

#[test]
fn nodes_that_do_it_at_once_do_it_once() {
    let due = Due::now();
    let server = &due.street.server;
    let other = server.again(41);
    let other_db = server.wait(Db::at(&Location::from(server.place()))).unwrap();
    let together = Barrier::new(2);
    for _ in 0..5 {
        std::thread::scope(|scope| {
            for (node, db) in [(&server.app, &server.db), (&other, &other_db)] {
                scope.spawn(|| {
                    together.wait();
                    // One may be given up for the sake of the other; the next minute does the rest.
                    let _done = due.minute(node, db);
                });
            }
        });
        server.clock.advance(Span::minutes(1));
    }
    due.ends();
}
