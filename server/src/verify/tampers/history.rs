//! Whoever cuts the end of a log off, or writes it anew with all its links, leaves something that fits together: only
//! checkpoints that were kept elsewhere tell.

use sync_core::id::EntityId;
use sync_core::time::Timestamp;

use super::{Dice, Expected, TABLES, checkpoints, examine, lived_in};
use crate::audit::{self, Link, Read};
use crate::db::tamper::Table;
use crate::db::{Arg, Tx};
use crate::flow::bench::{FIELD, LIN, at, item, new_shop, shop};
use crate::verify::Code;

fn table(name: &str) -> &'static Table {
    TABLES.iter().find(|table| table.name == name).unwrap()
}

fn int(arg: &Arg) -> i64 {
    match arg {
        Arg::Int(Some(n)) => *n,
        _ => panic!("no number"),
    }
}

fn bytes(arg: &Arg) -> Vec<u8> {
    match arg {
        Arg::Bytes(Some(bytes)) => bytes.clone(),
        _ => panic!("no bytes"),
    }
}

fn id(arg: &Arg) -> Option<[u8; 16]> {
    match arg {
        Arg::Bytes(Some(bytes)) => Some(bytes.clone().try_into().unwrap()),
        _ => None,
    }
}

async fn rows(tx: &mut Tx, table: &Table) -> Vec<Vec<Arg>> {
    let rows = table.rows(tx).await.unwrap();
    rows.into_iter().filter(|row| bytes(&row[0]) == FIELD.bytes()).collect()
}

/// Cuts off the end of a log, or writes the read log anew from somewhere on.
pub(super) async fn tamper(tx: &mut Tx, dice: &Dice) -> Option<(String, Expected)> {
    let name = ["log", "read_log", "alarm_log", "anew"][dice.below(4)];
    let (table, anew) = if name == "anew" { (table("read_log"), true) } else { (table(name), false) };
    let rows = rows(tx, table).await;
    let from = 1 + dice.below(rows.len() - 1);
    // Where the checkpoint says that it ended.
    let end = int(&rows[rows.len() - 1][1]).to_string();
    let expected = Expected { tables: vec![table.name], places: vec![end] };
    if anew {
        write_anew(tx, table, &rows, from).await;
        return Some((format!("{} from {from}: rewritten", table.name), expected));
    }
    cut(tx, table, &rows, from).await;
    Some((format!("{name} from {from}: cut"), expected))
}

async fn cut(tx: &mut Tx, table: &Table, rows: &[Vec<Arg>], from: usize) {
    for row in &rows[from..] {
        table.remove(tx, &row[..table.key]).await.unwrap();
    }
    if table.name == "log" {
        let (head, last) = (self::table("caseload"), &rows[from - 1]);
        head.set(tx, &last[..1], 1, last[1].clone()).await.unwrap();
        head.set(tx, &last[..1], 2, last[4].clone()).await.unwrap();
    }
}

/// Says of one look that it was another one, and makes every link from there on fit.
async fn write_anew(tx: &mut Tx, table: &Table, rows: &[Vec<Arg>], from: usize) {
    let chain = table.columns.len() - 1;
    let mut link: Link = bytes(&rows[from - 1][chain]).try_into().unwrap();
    for (ix, row) in rows.iter().enumerate().skip(from) {
        let (key, what) = (&row[..table.key], if ix == from { "download" } else { "premises" });
        let read = Read {
            at: Timestamp::from_millis(int(&row[2])),
            person: id(&row[3]).map(sync_core::id::PersonId::from_bytes).unwrap(),
            device: None,
            subject: id(&row[5]).map(EntityId::from_bytes),
            what,
            found: int(&row[7]) == 1,
            shown: None,
        };
        link = audit::of_read(&link, u64::try_from(int(&row[1])).unwrap(), &read);
        table.set(tx, key, 6, Arg::from(what)).await.unwrap();
        table.set(tx, key, chain, Arg::from(link)).await.unwrap();
    }
}

#[tokio::test]
async fn what_fits_together_is_found_by_a_checkpoint_alone() {
    let bench = lived_in().await;
    let checkpoints = checkpoints(&bench).await;
    let mut tx = bench.db.write().await.unwrap();
    let table = table("read_log");
    let rows = rows(&mut tx, table).await;
    write_anew(&mut tx, table, &rows, 2).await;
    assert_eq!(examine(&mut tx, &bench.flow, &[]).await.unwrap().findings, [], "it fits together");
    let found = examine(&mut tx, &bench.flow, &checkpoints).await.unwrap().findings;
    assert_eq!(
        found.iter().map(|found| (found.code, found.table)).collect::<Vec<_>>(),
        [(Code::Checkpoint, "read_log")]
    );
}

/// An older copy of the whole database in place of the newer one: nothing in it is wrong.
#[tokio::test]
async fn an_older_copy_is_found_and_an_older_checkpoint_still_fits() {
    let (older, mut newer) = (lived_in().await, lived_in().await);
    let written = newer.submission(LIN, at("12:30"), new_shop(shop(9), at("12:30"), "EXIT-02", 3));
    newer.take_in(at("12:30"), LIN, &[item(&written)]).await;
    let (before, after) = (checkpoints(&older).await, checkpoints(&newer).await);
    let mut tx = newer.db.read().await.unwrap();
    assert_eq!(examine(&mut tx, &newer.flow, &before).await.unwrap().findings, [], "it has only grown");
    let mut tx = older.db.read().await.unwrap();
    assert_eq!(examine(&mut tx, &older.flow, &before).await.unwrap().findings, []);
    let found = examine(&mut tx, &older.flow, &after).await.unwrap().findings;
    assert_eq!(found.iter().map(|found| (found.code, found.table)).collect::<Vec<_>>(), [(Code::Checkpoint, "log")]);
}
