//! Checkpoints on their own: made when it is time, added to this node's file, sent to those who asked for them.
//!
//! The database has a checkpoint first. A file that could not be written, or another node's, is given later what it lacks.

use sync_core::time::{Span, Timestamp};

use super::{KeepError, add_to, file, take};
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
            make(app, &mut tx, now).await?;
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
pub(crate) async fn make(app: &App, tx: &mut Tx, now: Timestamp) -> Result<Kept> {
    let made = take(tx, &app.auth().keys.checkpoint, now).await?;
    let mut keys = app.flow().keys();
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
