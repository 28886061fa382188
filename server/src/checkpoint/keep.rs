//! Checkpoints on their own: made when it is time, added to this node's file, sent to those who asked for them.
//!
//! The database has a checkpoint first. A file that could not be written, or another node's, is given later what it lacks.

use ed25519_dalek::SigningKey;
use sync_core::time::{Span, Timestamp};

use super::{KeepError, Restored, add_to, file, take};
use crate::app::App;
use crate::config;
use crate::db::caseload::{self, CaseloadKind};
use crate::db::checkpoint::{self as stored, Kept};
use crate::db::key::Keyring;
use crate::db::webhook::{self, Webhook};
use crate::db::{Result, Tx};
use crate::deliver::{self, message};

/// How late one may be before somebody has to look.
const LATE: Span = Span::hours(2);

/// Makes a checkpoint if it is time for one, and brings this node's file up to date. To be called every minute.
pub(crate) async fn keep(app: &App) -> std::result::Result<(), KeepError> {
    let (now, config) = (app.clock().now(), &app.config().checkpoint);
    let mut tx = app.db().read().await?;
    let last = stored::last(&mut tx).await?;
    let wanted = config.file.is_some() || !webhooks(&mut tx, &mut app.flow().keys()).await?.is_empty();
    drop(tx);
    if wanted && is_due(last.as_ref(), config, now) {
        let mut tx = app.db().govern().await?;
        // Another node may have been first.
        if is_due(stored::last(&mut tx).await?.as_ref(), config, now) {
            make(&mut tx, &app.auth().keys.checkpoint, app.flow().keys(), now, None).await?;
            tx.commit().await?;
        }
    }
    if let Some(path) = &config.file {
        add_to(&mut app.db().read().await?, path).await?;
    }
    Ok(())
}

fn is_due(last: Option<&Kept>, config: &config::Checkpoint, now: Timestamp) -> bool {
    config.every().is_some_and(|every| last.is_none_or(|last| now >= last.at + every))
}

/// Makes a checkpoint and puts it into the outbox for everybody who asked for them, in a transaction that governs.
pub(crate) async fn make(
    tx: &mut Tx,
    key: &SigningKey,
    mut keys: Keyring,
    now: Timestamp,
    restored: Option<Restored>,
) -> Result<Kept> {
    let made = take(tx, key, now, restored).await?;
    let message = message::checkpoint(&made);
    for webhook in webhooks(tx, &mut keys).await? {
        tx.hold_caseload(webhook.caseload).await?;
        deliver::enqueue(tx, &mut keys, &webhook, now, &message).await?;
    }
    Ok(made)
}

/// Where checkpoints are sent: addresses of caseloads that are nobody's on duty.
async fn webhooks(tx: &mut Tx, keys: &mut Keyring) -> Result<Vec<Webhook>> {
    let mut found = Vec::new();
    for known in caseload::every(tx).await?.into_iter().filter(|known| known.kind == CaseloadKind::Field) {
        let standing = webhook::standing(tx, keys, known.id).await?;
        found.extend(standing.into_iter().filter(|webhook| webhook.level.is_none()));
    }
    Ok(found)
}

/// How checkpoints are kept.
pub(crate) struct Keeping {
    /// When the last one was made.
    pub(crate) at: Option<Timestamp>,
    /// Somebody keeps them, and it is long past the time for one.
    pub(crate) late: bool,
    /// This node's file lacks the last one.
    pub(crate) behind: bool,
}

impl Keeping {
    /// As of now.
    pub(crate) async fn gather(app: &App, tx: &mut Tx, now: Timestamp) -> Result<Self> {
        let config = &app.config().checkpoint;
        let last = stored::last(tx).await?;
        let wanted = config.file.is_some() || !webhooks(tx, &mut app.flow().keys()).await?.is_empty();
        let (at, file) = (last.as_ref().map(|last| last.at), config.file.clone());
        let behind = match (file, last) {
            (Some(path), Some(last)) => {
                let look = tokio::task::spawn_blocking(move || file::ends_with(&path, &last.line));
                !look.await.unwrap_or(false)
            }
            _ => false,
        };
        let late = |every| at.is_none_or(|at| now > at + every + LATE);
        Ok(Self { at, late: wanted && config.every().is_some_and(late), behind })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::app::Surroundings;
    use crate::checkpoint::read;
    use crate::config::Config;
    use crate::db::delivery::{self, DeliveryState};
    use crate::random::SeededRandom;
    use crate::testing::Server;

    async fn made(app: &App) -> u64 {
        stored::last(&mut app.db().read().await.unwrap()).await.unwrap().map_or(0, |last| last.n)
    }

    #[tokio::test]
    async fn they_are_made_in_time_for_who_keeps_them_and_a_late_file_gets_all() {
        let server = Server::start().await;
        let id = server.caseload("HGS").await;
        keep(&server.app).await.unwrap();
        assert_eq!(made(&server.app).await, 0, "nobody keeps them");
        server.admin().add_auditor(id, "http://127.0.0.1:9/audit", false).await.unwrap();
        for n in 1..3 {
            keep(&server.app).await.unwrap();
            server.clock.advance(Span::millis(24 * 60 * 60 * 1_000 - 1));
            keep(&server.app).await.unwrap();
            assert_eq!(made(&server.app).await, n, "one a day");
            server.clock.advance(Span::millis(1));
        }
        // Another node over the same database begins to keep a file.
        let file = server.app.config().data_dir.join("checkpoints");
        let checkpoint = config::Checkpoint { file: Some(file.clone()), ..config::Checkpoint::default() };
        let config = Config { checkpoint, ..server.app.config().clone() };
        let random = Arc::new(SeededRandom::new(9));
        let surroundings = Surroundings { clock: server.clock.clone(), random, master_key: None };
        let node = App::open(config, surroundings).await.unwrap();
        keep(&node).await.unwrap();
        let text = std::fs::read_to_string(&file).unwrap();
        let key = node.auth().keys.checkpoint.verifying_key();
        let numbers: Vec<u64> = read(&text, &key).unwrap().iter().map(|checkpoint| checkpoint.n).collect();
        assert_eq!(numbers, [1, 2, 3]);
        // The auditor is sent the same lines.
        let mut tx = node.db().read().await.unwrap();
        let sent = delivery::list(&mut tx, &mut node.flow().keys(), id, DeliveryState::Pending, 9).await.unwrap();
        let bodies = sent.iter().map(|sent| serde_json::from_slice::<serde_json::Value>(&sent.body).unwrap());
        let lines: Vec<String> = bodies.map(|body| body["data"]["line"].as_str().unwrap().to_owned()).collect();
        assert_eq!(lines, text.lines().collect::<Vec<_>>());
        drop(tx);

        let standing = async || {
            let (mut tx, now) = (node.db().read().await.unwrap(), node.clock().now());
            let Keeping { late, behind, .. } = Keeping::gather(&node, &mut tx, now).await.unwrap();
            (late, behind)
        };
        assert_eq!(standing().await, (false, false));
        std::fs::write(&file, text.lines().next().unwrap().to_owned() + "\n").unwrap();
        assert_eq!(standing().await, (false, true));
        keep(&node).await.unwrap();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
        server.clock.advance(Span::hours(26));
        assert_eq!(standing().await, (false, false), "two hours late is not late");
        server.clock.advance(Span::millis(1));
        assert_eq!(standing().await, (true, false));
    }
}
