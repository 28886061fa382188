//! How the installation stands, for whoever runs it: `doorstep status`, and the figures for monitoring. Counts and times
//! by caseload; nobody is named.

use std::collections::BTreeMap;

use serde::Serialize;
use sync_core::entity::Kind;
use sync_core::id::CaseloadId;
use sync_core::time::{Span, Timestamp};

use crate::app::App;
use crate::checkpoint::Keeping;
use crate::db::caseload::{self, Caseload, CaseloadKind};
use crate::db::delivery::DeliveryState;
use crate::db::duty::Level;
use crate::db::key::Keyring;
use crate::db::{Result, Tx, backup, document, status as db};
use crate::http::view::Entity;
use crate::http::{Moment, flags};

/// How long before a term ends somebody should know.
const NOTICE: Span = Span::days(30);
/// Reviews that are read at a time.
const AT_ONCE: u32 = 200;

/// How the installation stands.
#[derive(Serialize)]
pub(crate) struct Status {
    /// When that was.
    pub(crate) at: Moment,
    /// The version of the program.
    pub(crate) version: &'static str,
    /// The engine of the database.
    pub(crate) database: &'static str,
    /// The version of its schema.
    pub(crate) schema: i64,
    /// The policy in force, with its version.
    pub(crate) policy: String,
    /// When the last backup was made.
    pub(crate) backup_at: Option<Moment>,
    /// When the last checkpoint was made.
    pub(crate) checkpoint_at: Option<Moment>,
    /// Each caseload and desk.
    pub(crate) caseloads: Vec<Stands>,
    /// What somebody has to see to now.
    pub(crate) red: Vec<Trouble>,
    /// What somebody has to see to soon.
    pub(crate) yellow: Vec<Trouble>,
}

/// How a caseload or desk stands.
#[derive(Serialize)]
pub(crate) struct Stands {
    /// Its id.
    pub(crate) id: CaseloadId,
    /// Its prefix or department.
    pub(crate) prefix: String,
    /// What people call it.
    pub(crate) name: String,
    /// `field` or `desk`.
    pub(crate) kind: &'static str,
    /// When its operator's term ends; desks have none.
    pub(crate) term_to: Option<Moment>,
    /// Enrolled phones of those who work there.
    pub(crate) phones: Phones,
    /// When one of them last synced.
    pub(crate) last_sync: Option<Moment>,
    /// Submissions that wait for a person, by why.
    pub(crate) held: BTreeMap<String, u64>,
    /// Referrals that lie at a desk past their deadline.
    pub(crate) overdue: u64,
    /// Alarms that nobody has acknowledged, by who was told last.
    pub(crate) alarms: BTreeMap<&'static str, u64>,
    /// Reviews whose time has passed.
    pub(crate) reviews_overdue: u64,
    /// Flags that wait for a person whose time to act has passed.
    pub(crate) flags_overdue: u64,
    /// Deliveries, by state.
    pub(crate) deliveries: BTreeMap<String, u64>,
}

/// Enrolled phones.
#[derive(Serialize, Default)]
pub(crate) struct Phones {
    /// Synced within the time for which they may show files.
    pub(crate) active: u64,
    /// Have not for longer.
    pub(crate) stale: u64,
    /// Their key is used from a second installation.
    pub(crate) suspended: u64,
    /// May not read any more.
    pub(crate) revoked: u64,
}

/// Something that somebody has to see to.
#[derive(Serialize)]
pub(crate) struct Trouble {
    /// What, stable.
    pub(crate) code: &'static str,
    /// Where: a prefix, or nothing when it is about the installation.
    pub(crate) place: String,
    /// In Chinese.
    pub(crate) zh: String,
    /// In English.
    pub(crate) en: String,
}

/// How old a backup may be: one a day, and two hours for one that takes its time.
const BACKUP_AGE: Span = Span::hours(26);

impl Status {
    /// As of now.
    ///
    /// # Errors
    /// The database.
    pub(crate) async fn gather(app: &App) -> Result<Self> {
        let now = app.clock().now();
        let lease = app.flow().policy().policy().lease();
        let schema = app.db().schema().await?;
        let (mut tx, mut keys) = (app.db().read().await?, app.flow().keys());
        let mut caseloads = Vec::new();
        for caseload in caseload::every(&mut tx).await? {
            caseloads.push(Stands::gather(&mut tx, &mut keys, caseload, now, lease).await?);
        }
        let backup_at = backup::last(&mut tx).await?;
        let keeping = Keeping::gather(app, &mut tx, now).await?;
        let mut status = Self {
            at: now.into(),
            version: env!("CARGO_PKG_VERSION"),
            database: app.db().engine(),
            schema,
            policy: app.flow().policy().policy().label(),
            backup_at: backup_at.map(|last| last.at.into()),
            checkpoint_at: keeping.at.map(Moment),
            caseloads,
            red: Vec::new(),
            yellow: Vec::new(),
        };
        status.judge(now, &keeping);
        Ok(status)
    }

    fn judge(&mut self, now: Timestamp, keeping: &Keeping) {
        let backup = match self.backup_at {
            None => Some(("no_backup", "没有任何备份", "there is no backup")),
            Some(Moment(at)) if now - at > BACKUP_AGE => {
                Some(("backup_old", "最近一次备份已超过26小时", "the last backup is more than 26 hours old"))
            }
            Some(_) => None,
        };
        let late = ("checkpoint_old", "检查点没有按时生成", "checkpoints are not made in time");
        let behind = ("checkpoint_file", "检查点文件缺少最近的检查点", "the file of checkpoints lacks the last one");
        let kept = [keeping.late.then_some(late), keeping.behind.then_some(behind)];
        for (code, zh, en) in backup.into_iter().chain(kept.into_iter().flatten()) {
            self.red.push(Trouble { code, place: String::new(), zh: zh.to_owned(), en: en.to_owned() });
        }
        for stands in &self.caseloads {
            let place = &stands.prefix;
            let mut say = |now: bool, code, count: u64, zh: &str, en: &str| {
                if count > 0 {
                    let (zh, en) = (format!("{place}:{count} {zh}"), format!("{place}: {count} {en}"));
                    let list = if now { &mut self.red } else { &mut self.yellow };
                    list.push(Trouble { code, place: place.clone(), zh, en });
                }
            };
            let dead = stands.deliveries.get(DeliveryState::Dead.code()).copied().unwrap_or(0);
            say(true, "alarms_open", stands.alarms.values().sum(), "个警报无人确认", "alarms that nobody acknowledged");
            say(true, "reviews_overdue", stands.reviews_overdue, "项复核已超时", "reviews past their time");
            say(true, "deliveries_dead", dead, "件通知没有送达", "deliveries that did not arrive");
            say(true, "phones_suspended", stands.phones.suspended, "部手机因密钥重复使用而暂停", "phones suspended");
            say(
                false,
                "flags_overdue",
                stands.flags_overdue,
                "条提示已过处理时限",
                "flags past the time to act on them",
            );
            say(false, "held", stands.held.values().sum(), "份提交待人工决定", "submissions that wait for a person");
            say(false, "referrals_overdue", stands.overdue, "件转办已超期", "referrals past their deadline");
            say(
                false,
                "phones_stale",
                stands.phones.stale,
                "部手机很久没有同步",
                "phones that have not synced for long",
            );
            let Some(Moment(end)) = stands.term_to else { continue };
            let over = u64::from(end <= now);
            say(true, "term_over", over, "个承接期限已结束", "term that is over");
            say(false, "term_ends", u64::from(end <= now + NOTICE) - over, "个承接期限即将结束", "term that ends soon");
        }
    }
}

impl Stands {
    async fn gather(tx: &mut Tx, keys: &mut Keyring, of: Caseload, now: Timestamp, lease: Span) -> Result<Self> {
        let mut phones = Phones::default();
        let mut last_sync = None;
        for phone in db::phones(tx, of.id).await? {
            last_sync = last_sync.max(phone.seen_at);
            let count = match phone {
                db::Phone { revoked: true, .. } => &mut phones.revoked,
                db::Phone { suspended: true, .. } => &mut phones.suspended,
                db::Phone { seen_at: Some(at), .. } if now <= at + lease => &mut phones.active,
                db::Phone { .. } => &mut phones.stale,
            };
            *count += 1;
        }
        let mut alarms = BTreeMap::new();
        for (level, count) in db::alarms(tx, of.id).await? {
            alarms.insert(Level::of_number(level)?.map_or("nobody", Level::code), count);
        }
        Ok(Self {
            phones,
            last_sync: last_sync.map(Moment),
            held: db::held(tx, of.id).await?.into_iter().collect(),
            overdue: db::overdue(tx, of.id, now).await?,
            alarms,
            reviews_overdue: reviews_overdue(tx, keys, of.id, now).await?,
            flags_overdue: flags::overdue(tx, keys, of.id, now).await? as u64,
            deliveries: db::deliveries(tx, of.id).await?.into_iter().collect(),
            id: of.id,
            prefix: of.prefix,
            name: of.name,
            kind: of.kind.code(),
            term_to: (of.kind == CaseloadKind::Field).then(|| of.term_to.into()),
        })
    }
}

async fn reviews_overdue(tx: &mut Tx, keys: &mut Keyring, id: CaseloadId, now: Timestamp) -> Result<u64> {
    let (mut after, mut count) = (None, 0);
    loop {
        let read = document::projections_of_kind(tx, keys, id, Kind::Review, after, AT_ONCE).await?;
        after = read.last().map(|review| review.entity);
        let full = read.len() == AT_ONCE as usize;
        for review in read.into_iter().filter(|review| review.due_at.is_some_and(|due| due < now)) {
            count += u64::from(!Entity::of(review, now).values.contains_key("reviewed_at"));
        }
        if !full {
            return Ok(count);
        }
    }
}

#[cfg(test)]
mod tests {
    use sync_core::author::Role;

    use super::*;
    use crate::testing::Server;

    #[tokio::test]
    async fn phones_go_stale_terms_end_and_a_missing_backup_is_red() {
        let server = Server::start().await;
        let id = server.caseload("HGS").await;
        let lin = server.person("lin", Role::Worker).await;
        server.admin().assign(id, lin, None).await.unwrap();
        server.enrol(lin, 1).await;
        let device = server.admin().devices().await.unwrap()[0].id;
        let mut tx = server.app.db().write().await.unwrap();
        crate::db::device::seen(&mut tx, device, server.app.clock().now()).await.unwrap();
        tx.commit().await.unwrap();
        let codes = |list: &[Trouble]| list.iter().map(|trouble| trouble.code).collect::<Vec<_>>();
        let status = Status::gather(&server.app).await.unwrap();
        let phones = &status.caseloads[0].phones;
        assert_eq!((phones.active, phones.stale, phones.revoked), (1, 0, 0));
        assert_eq!((codes(&status.red), codes(&status.yellow)), (vec!["no_backup"], vec![]));
        let mut tx = server.app.db().write().await.unwrap();
        backup::record(&mut tx, id, 1, server.app.clock().now()).await.unwrap();
        tx.commit().await.unwrap();
        server.clock.advance(Span::hours(26));
        assert!(codes(&Status::gather(&server.app).await.unwrap().red).is_empty(), "a day's backup is good");
        server.clock.advance(Span::millis(1));
        assert_eq!(codes(&Status::gather(&server.app).await.unwrap().red), ["backup_old"]);
        server.clock.advance(Span::days(339));
        let status = Status::gather(&server.app).await.unwrap();
        assert_eq!(codes(&status.yellow), ["phones_stale", "term_ends"]);
        server.admin().revoke(device, "mei", None).await.unwrap();
        server.clock.advance(Span::days(30));
        let status = Status::gather(&server.app).await.unwrap();
        assert_eq!(status.caseloads[0].phones.revoked, 1);
        assert_eq!((codes(&status.red), codes(&status.yellow)), (vec!["backup_old", "term_over"], vec![]));
    }
}
