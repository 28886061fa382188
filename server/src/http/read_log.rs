//! `GET /v1/caseloads/{caseload}/read-log`: who read what.

use axum::Json;
use serde::{Deserialize, Serialize};
use sync_core::author::Role;
use sync_core::id::{CaseloadId, DeviceId, EntityId, PersonId};

use crate::audit::Read;
use crate::auth::Caller;
use crate::db::key::Keyring;
use crate::db::{self, Tx, document, person, read_log};
use crate::error::ApiError;
use crate::http::{InPath, InQuery, Moment};

/// Who may see who read what.
const READERS: &[Role] = &[Role::Supervisor, Role::Steward];

/// Most looks in one answer.
const PAGE: u32 = 100;

/// What a look is called: its code, in Chinese and in English.
const NAMES: &[(&str, &str, &str)] = &[
    ("elder", "长者档案", "an elder's file"),
    ("elders_list", "长者名单", "the list of elders"),
    ("dwelling", "住处档案", "a dwelling's file"),
    ("premises", "店铺档案", "a shop's file"),
    ("notice", "温馨提示单", "the sheet of a reminder"),
    ("premises_list", "店铺名单", "the list of shops"),
    ("referral", "长者的转办", "a referral about an elder"),
    ("slip", "转办单", "a desk's slip"),
    ("duplicates", "疑似重复档案", "files that look like one"),
    ("flags", "提示名单", "the list of flags"),
    ("held", "待审内容", "work that is held"),
    ("conflicts", "待选定的字段", "fields that wait for a person"),
    ("download", "下载到手机", "a download to a phone"),
    ("read_log", "查阅记录", "who read what"),
];

/// Which looks.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Wanted {
    /// Only looks at this file.
    #[param(value_type = Option<String>)]
    subject: Option<EntityId>,
    /// Before this one: `n` of the last of the page before.
    before: Option<u64>,
}

/// A look at a file or a list.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Look {
    /// Its number in the caseload.
    n: u64,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Moment,
    /// Who.
    #[schema(value_type = String)]
    person: PersonId,
    /// What they are called.
    person_name: Option<String>,
    /// With which phone, if not at a console.
    #[schema(value_type = Option<String>)]
    device: Option<DeviceId>,
    /// What it was: a stable code.
    #[schema(example = "elder")]
    what: String,
    /// In Chinese.
    zh: String,
    /// In English.
    en: String,
    /// Which file; none for a list or a download.
    #[schema(value_type = Option<String>)]
    subject: Option<EntityId>,
    /// What the file is called now; none when it is not of this caseload.
    subject_name: Option<String>,
    /// Whether they were shown it; false when they were answered as if it were not there.
    found: bool,
    /// How many a list showed.
    shown: Option<u64>,
}

/// Who read what, newest first. This look is recorded too, with how many it showed.
#[utoipa::path(
    get, path = "/v1/caseloads/{caseload}/read-log", tag = "elders",
    params(("caseload" = String, Path), Wanted),
    responses((status = 200, body = Vec<Look>), (status = "4XX", body = crate::error::ProblemBody)),
)]
pub(crate) async fn list(
    caller: Caller,
    InPath(caseload): InPath<CaseloadId>,
    InQuery(Wanted { subject, before }): InQuery<Wanted>,
) -> Result<Json<Vec<Look>>, ApiError> {
    let mut access = caller.open(caseload, READERS, subject, "read_log").await?;
    let (tx, mut keys) = (&mut access.tx, caller.app().flow().keys());
    // Numbers are stored as signed ones.
    let before = before.unwrap_or(u64::MAX).min(i64::MAX as u64);
    let mut looks = Vec::new();
    for recorded in read_log::before(tx, caseload, subject, before, PAGE).await? {
        let what = recorded.what()?;
        let read = recorded.read(&what)?;
        looks.push(look(tx, &mut keys, caseload, recorded.n()?, read).await?);
    }
    access.listed(caller.app().clock().now(), subject, "read_log", looks.len()).await?;
    access.tx.commit().await?;
    Ok(Json(looks))
}

async fn look(tx: &mut Tx, keys: &mut Keyring, caseload: CaseloadId, n: u64, read: Read<'_>) -> db::Result<Look> {
    let Read { at, person, device, subject, what, found, shown } = read;
    let title = |found: document::Projected| found.json.get("title")?.as_str().map(str::to_owned);
    let subject_name = match subject {
        Some(subject) => document::projection(tx, keys, caseload, subject).await?.and_then(title),
        None => None,
    };
    let person_name = person::by_id(tx, person).await?.map(|person| person.name);
    let named = NAMES.iter().find(|(code, ..)| *code == what);
    // A look of another version of the program has its code for a name.
    let (zh, en) = named.map_or((what, what), |(_, zh, en)| (*zh, *en));
    Ok(Look {
        n,
        at: at.into(),
        person,
        person_name,
        device,
        what: what.to_owned(),
        zh: zh.to_owned(),
        en: en.to_owned(),
        subject,
        subject_name,
        found,
        shown,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::PAGE;
    use crate::http::elders::bench::Bench;

    fn numbers(log: &Json) -> Vec<u64> {
        log.as_array().unwrap().iter().map(|look| look["n"].as_u64().unwrap()).collect()
    }

    #[tokio::test]
    async fn pages_go_back_and_looking_at_them_is_recorded_too() {
        let bench = Bench::new().await;
        for _ in 0..PAGE {
            bench.list("").await;
        }
        let newest = bench.get(&bench.supervisor, "read-log").await.ok();
        let first = numbers(&newest);
        assert_eq!(first, (1..=u64::from(PAGE)).rev().collect::<Vec<_>>());
        let again = bench.get(&bench.supervisor, "read-log").await.ok();
        assert_eq!((&again[0]["what"], &again[0]["shown"]), (&json!("read_log"), &json!(PAGE)));
        assert_eq!((&again[0]["person_name"], &again[0]["en"]), (&json!("mei"), &json!("who read what")));
        let last = numbers(&again).pop().unwrap();
        assert_eq!(last, 2);
        let older = bench.get(&bench.supervisor, &format!("read-log?before={last}")).await.ok();
        assert_eq!(numbers(&older), [1]);
        assert_eq!(bench.get(&bench.worker, "read-log").await.status, 403);
        let verified = crate::verify::verify(bench.server.app.db(), bench.server.app.flow()).await.unwrap();
        assert_eq!(verified.findings, [], "the chain covers what was shown");
    }
}
