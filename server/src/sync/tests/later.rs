//! The server cannot take in for now: what it acknowledged stands, and the phone is told why and when to come again.

use sync_core::wire::DownEnd;

use super::*;
use crate::db::{Db, Statement};
use crate::sync::Sync;

const FULL: Statement = Statement { name: "FULL", sql: "PRAGMA max_page_count = 1" };
const ROOM: Statement = Statement { name: "ROOM", sql: "PRAGMA max_page_count = 1073741823" };
const REFUSE: Statement = Statement {
    name: "REFUSE",
    sql: "CREATE FUNCTION planted() RETURNS trigger LANGUAGE plpgsql \
          AS 'BEGIN RAISE EXCEPTION USING ERRCODE = ''disk_full''; END'",
};
const PLANT: Statement = Statement {
    name: "PLANT",
    sql: "CREATE TRIGGER planted BEFORE INSERT ON log FOR EACH ROW EXECUTE FUNCTION planted()",
};
const UPROOT: Statement = Statement { name: "UPROOT", sql: "DROP TRIGGER planted ON log" };

async fn does(db: &Db, statements: &[Statement]) {
    let mut tx = db.write().await.unwrap();
    for statement in statements {
        tx.run(*statement, Vec::new()).await.unwrap();
    }
    tx.commit().await.unwrap();
}

/// A phone sends two stretches, and something is in the way of the second.
struct Sent {
    world: World,
    lin: Held,
    hello: UpHello,
    batches: [Vec<Item>; 2],
    sync: Sync,
    rest: Vec<u8>,
}

impl Sent {
    async fn half() -> Self {
        let mut world = World::new().await;
        let mut lin = world.phone("lin", 1).await;
        // All that a phone makes once is there.
        world.sync(&lin, &[]).await;
        let one = vec![lin.shop(world.caseload, 1)];
        let batches = [one, (2..30).map(|n| lin.shop(world.caseload, n)).collect()];
        let hello = world.hello(&lin);
        let mut bytes = world.request(&lin, &hello, &batches);
        let rest = bytes.split_off(world.request(&lin, &hello, &batches[..1]).len());
        let mut sync = Sync::new(world.server.app.clone());
        assert!(sync.push(&bytes).await.unwrap());
        Self { world, lin, hello, batches, sync, rest }
    }

    async fn hears(mut self, code: &str, again: Span) {
        let answer = self.sync.answer().await.unwrap();
        let frames = read(self.hello.request, answer.as_ref());
        assert_eq!(problems(&frames), [code]);
        assert_eq!(verdicts(&frames), [(1, Verdict::Merged)], "what came before stands");
        assert!(stretches(&frames).is_empty(), "nothing else is asked of the database");
        let end = DownEnd { more: true, retry_after_ms: u32::try_from(again.as_millis()).ok() };
        assert!(matches!(frames.last(), Some(Down::End(told)) if *told == end), "{code}");
        self.hello = self.world.hello(&self.lin);
        let frames = self.world.sync_with(&self.lin, &self.hello, &self.batches).await;
        assert_eq!((verdicts(&frames).len(), problems(&frames)), (29, vec![]), "later it is");
    }
}

#[tokio::test]
async fn a_phone_is_told_that_there_is_too_much_to_do() {
    let mut sent = Sent::half().await;
    let busy = sent.world.server.app.db().govern().await.unwrap();
    assert!(!sent.sync.push(&sent.rest).await.unwrap(), "nothing more is read");
    drop(busy);
    sent.hears("busy", Span::seconds(10)).await;
}

#[tokio::test]
async fn a_phone_is_told_that_the_disk_is_full() {
    let mut sent = Sent::half().await;
    let db = sent.world.server.app.db().clone();
    let on_sqlite = db.engine() == "sqlite";
    does(&db, if on_sqlite { &[FULL] } else { &[REFUSE, PLANT] }).await;
    assert!(!sent.sync.push(&sent.rest).await.unwrap(), "nothing more is read");
    does(&db, if on_sqlite { &[ROOM] } else { &[UPROOT] }).await;
    sent.hears("storage", Span::seconds(60)).await;
}
