//! Nodes are stopped and started again one after the other, as for an upgrade, while phones go on syncing: nobody's
//! request fails, and nothing is lost.

use doorstep_tests::server::{Office, Server};
use sync_core::generator::{Roster, roster};

use crate::road::Road;
use crate::worker::{WORKERS, Worker};
use crate::{Nodes, SEED, SHOPS, checks, furnish};

const TURNS: u64 = 4;

#[test]
fn nodes_that_are_stopped_in_turn_fail_nobody() {
    let office = &Office::on_postgres();
    furnish(office);
    let shops: &'static Roster = Box::leak(Box::new(roster(SEED, SHOPS)));
    let unknown = &roster(SEED + 1, SHOPS);
    let (road, nodes) = (&Road::new(), Nodes::of(office, 2));
    let mut servers: Vec<Option<Server>> = [0, 1].map(|ix| Some(nodes.start(ix))).into();
    servers.iter().flatten().for_each(|server| road.leads_to(server.address));
    let mut workers: Vec<Worker> = (0..3).map(|ix| Worker::new(ix, office, road, shops, u64::MAX)).collect();
    for turn in 0..TURNS {
        let place = &mut servers[usize::from(turn % 2 == 0)];
        std::thread::scope(|scope| {
            for worker in &mut workers {
                scope.spawn(move || {
                    for form in 0..4 {
                        worker.works(turn * 4 + form, shops, unknown);
                        worker.syncs(road);
                    }
                });
            }
            // The balancer is told first; what is under way ends.
            let server = place.take().unwrap();
            road.leaves(server.address);
            assert!(server.stop().success());
            *place = Some(nodes.start(usize::from(turn % 2 == 0)));
            road.leads_to(place.as_ref().unwrap().address);
        });
    }
    workers.iter_mut().for_each(|worker| worker.syncs(road));
    workers.iter_mut().for_each(|worker| worker.syncs(road));
    let (there, caseload) = (checks::stored(office), workers[0].handset.caseload);
    for Worker { name, finished, acknowledged, failed, .. } in &workers {
        assert_eq!(*failed, 0, "a request of {name} failed");
        assert!(finished.len() >= 16, "{name} wrote {}", finished.len());
        assert!(finished.iter().all(|form| acknowledged.contains(&form.submission)), "{name} was not told");
        assert!(finished.iter().all(|form| there.contains(&form.submission)), "work of {name} is not there");
    }
    assert_eq!(WORKERS.len(), workers.len());
    servers.into_iter().flatten().for_each(|server| assert!(server.stop().success()));
    let log = std::fs::read_to_string(office.dir().join("server.log")).unwrap();
    assert!(!log.contains("cut off"), "{log}");
    office.ok(&["verify"]);
    checks::everybody_holds_the_same(office, caseload, &workers);
}
