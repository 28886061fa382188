//! The schema can be spread over machines by caseload (`sync-core/decisions/0026-spread-by-caseload.md`).

use std::collections::{BTreeMap, BTreeSet};

use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{AssertSqlSafe, Connection as _, Row as _};

use super::migrate;

/// **The tables of the installation**: small, seldom written, whole on every machine.
const INSTALLATION: &[&str] =
    &["caseload", "device", "enrolment", "meta", "person", "policy", "refresh_secret", "schema_version", "session"];

/// By which column a table is spread, where it is not `caseload`: a slip lies with its desk, whose log it came from.
const SPREAD_BY: &[(&str, &str)] = &[("slip", "desk")];

fn spread_by(table: &str) -> &'static str {
    SPREAD_BY.iter().find(|(name, _)| *name == table).map_or("caseload", |(_, column)| column)
}

async fn rows(connection: &mut SqliteConnection, sql: String) -> Vec<SqliteRow> {
    sqlx::query(AssertSqlSafe(sql)).fetch_all(connection).await.unwrap()
}

/// What stands in the way of spreading the schema that these statements make.
async fn in_the_way(connection: &mut SqliteConnection) -> BTreeSet<String> {
    let tables = "SELECT name FROM sqlite_schema WHERE type = 'table'".to_owned();
    let tables: Vec<String> = rows(connection, tables).await.iter().map(|row| row.get("name")).collect();
    let mut found = BTreeSet::new();
    for table in tables.iter().filter(|name| !INSTALLATION.contains(&name.as_str())) {
        let by = spread_by(table);
        for index in rows(connection, format!("PRAGMA index_list({table})")).await {
            let name: String = index.get("name");
            let columns = rows(connection, format!("PRAGMA index_info({name})")).await;
            if index.get::<i64, _>("unique") == 1 && !columns.iter().any(|row| row.get::<String, _>("name") == by) {
                found.insert(format!("{table}: {name} is unique over all of {by}"));
            }
        }
        let mut references: BTreeMap<i64, Vec<SqliteRow>> = BTreeMap::new();
        for row in rows(connection, format!("PRAGMA foreign_key_list({table})")).await {
            references.entry(row.get("id")).or_default().push(row);
        }
        for parts in references.values() {
            let parent: String = parts[0].get("table");
            let together = |row: &SqliteRow| {
                row.get::<String, _>("from") == by && row.get::<String, _>("to") == spread_by(&parent)
            };
            if !INSTALLATION.contains(&parent.as_str()) && !parts.iter().any(together) {
                found.insert(format!("{table}: refers to {parent} without {by}"));
            }
        }
    }
    // What is whole on every machine cannot refer to what is not.
    for table in INSTALLATION {
        for row in rows(connection, format!("PRAGMA foreign_key_list({table})")).await {
            let parent: String = row.get("table");
            if !INSTALLATION.contains(&parent.as_str()) {
                found.insert(format!("{table}: refers to {parent}, which is spread"));
            }
        }
    }
    found
}

#[tokio::test]
async fn every_unique_key_and_every_reference_carries_the_caseload() {
    let mut connection = SqliteConnection::connect("sqlite::memory:").await.unwrap();
    migrate::sqlite(&mut connection).await.unwrap();
    assert_eq!(in_the_way(&mut connection).await, BTreeSet::new());
    let spoilt = "CREATE TABLE badge (caseload BLOB NOT NULL, number BIGINT NOT NULL PRIMARY KEY, entity BLOB NOT NULL, \
        FOREIGN KEY (number, entity) REFERENCES document (caseload, entity)); \
        CREATE UNIQUE INDEX badge_entity ON badge (entity);";
    sqlx::raw_sql(spoilt).execute(&mut connection).await.unwrap();
    let found = in_the_way(&mut connection).await;
    assert_eq!(found.len(), 3, "a number of its own, an index and a reference are all found: {found:?}");
}
