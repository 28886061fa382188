//! `GET /v1/caseloads/{caseload}/held`: what waits for a person, in words.

use std::collections::BTreeSet;

use axum::Json;
use serde::Serialize;
use sync_core::author::Role;
use sync_core::id::{CaseloadId, DeviceId, PersonId, SubmissionId};
use sync_core::log::{self as core_log, HoldCode, Logged};
use sync_core::policy::Text;
use sync_core::time::Timestamp;
use sync_core::words::held as why_held;

use super::words::{self, HeldChange, HeldEvent, IfAccepted};
use crate::auth::Caller;
use crate::db::submission::Stands;
use crate::db::{self, Tx, device, log, person};
use crate::error::ApiError;
use crate::flow::foresee::Foreseen;
use crate::http::{InPath, Moment};

/// Who decides.
pub(super) const DECIDERS: &[Role] = &[Role::Supervisor];

/// Most submissions in one answer.
const PAGE: u32 = 200;

/// A submission that waits for a person.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Held {
    /// Its id.
    #[schema(value_type = String)]
    submission: SubmissionId,
    /// Why it is held.
    #[schema(value_type = String, example = "device_revoked")]
    code: HoldCode,
    /// The same as a sentence in zh and en.
    #[schema(value_type = Object)]
    why: Text,
    /// Who wrote it.
    #[schema(value_type = String)]
    person: PersonId,
    /// What they are called.
    person_name: String,
    /// In which role.
    #[schema(value_type = String, example = "worker")]
    role: Role,
    /// On which device.
    #[schema(value_type = String)]
    device: DeviceId,
    /// What that is called.
    device_name: String,
    /// Its number in that device's outbox.
    number: u64,
    /// When it was written, by the device's clock, but never later than receipt.
    #[schema(value_type = String, format = DateTime)]
    written_at: Moment,
    /// When the server took it in.
    #[schema(value_type = String, format = DateTime)]
    received_at: Moment,
    /// When the device was revoked: since when nobody knows who held it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    lost_since: Option<Moment>,
    /// Whether it was written before that, by the device's clock, which whoever holds it may have set.
    #[serde(skip_serializing_if = "Option::is_none")]
    written_before_loss: Option<bool>,
    /// The same as a sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    about_loss: Option<Text>,
    /// Who brought it, when its author's phone did not.
    #[serde(skip_serializing_if = "Option::is_none")]
    carrier: Option<CarriedBy>,
    /// Whether what it says can be read at all.
    readable: bool,
    /// What happened, as it says.
    events: Vec<HeldEvent>,
    /// What it would change.
    changes: Vec<HeldChange>,
    /// What follows if it is accepted, tried on the files as they are now.
    if_accepted: IfAccepted,
    /// What follows if it is rejected, in zh and en.
    #[schema(value_type = Object)]
    if_rejected: Text,
}

/// Somebody who brought it.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct CarriedBy {
    /// Their device.
    #[schema(value_type = String)]
    device: DeviceId,
    /// Who they are.
    #[schema(value_type = String)]
    person: PersonId,
    /// What they are called.
    person_name: String,
    /// When they took it, by their countersignature; left out when nothing proves that.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    taken_at: Option<Moment>,
    /// Whether that was before the author's phone was lost, if it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    before_loss: Option<bool>,
}

/// What waits for a person, oldest first.
#[utoipa::path(
    get, path = "/v1/caseloads/{caseload}/held", tag = "held",
    params(("caseload" = String, Path)),
    responses((status = 200, body = Vec<Held>), (status = "4XX", body = crate::error::ProblemBody)),
)]
pub(crate) async fn list(caller: Caller, InPath(caseload): InPath<CaseloadId>) -> Result<Json<Vec<Held>>, ApiError> {
    let mut access = caller.open(caseload, DECIDERS, None, "held").await?;
    let (app, now) = (caller.app(), caller.app().clock().now());
    let (flow, mut keys) = (app.flow(), app.flow().keys());
    let tx = &mut access.tx;
    let (mut held, mut files) = (Vec::new(), BTreeSet::new());
    for known in db::submission::held(tx, caseload, PAGE).await? {
        let Stands::Held(code) = known.stands else { continue };
        let Some(entry) = log::one(tx, &mut keys, caseload, known.seq).await? else { continue };
        let Some(logged) = log::logged(&entry) else { continue };
        let foreseen = flow.foresee(tx, caseload, now, logged).await?;
        let told = Told { code, logged, received_at: entry.received_at, people: People::of(tx, logged).await? };
        held.push(told.in_words(&foreseen, flow.policy().policy()));
        files.extend(foreseen.files);
    }
    for file in files {
        access.looked(now, Some(file), "held", true).await?;
    }
    access.tx.commit().await?;
    Ok(Json(held))
}

/// Who had to do with it, by name.
struct People {
    author: String,
    device: String,
    lost_since: Option<Timestamp>,
    carrier: String,
}

impl People {
    async fn of(tx: &mut Tx, logged: &Logged) -> db::Result<Self> {
        let device = device::by_id(tx, logged.author.device).await?;
        let carrier = match logged.carrier {
            Some(core_log::Carrier { person, .. }) => called(tx, person).await?,
            None => String::new(),
        };
        Ok(Self {
            author: called(tx, logged.author.person).await?,
            lost_since: device.as_ref().and_then(|device| Some(device.lost_since.unwrap_or(device.revoked_at?))),
            device: device.map(|device| device.name).unwrap_or_default(),
            carrier,
        })
    }
}

async fn called(tx: &mut Tx, person: PersonId) -> db::Result<String> {
    Ok(person::by_id(tx, person).await?.map(|person| person.name).unwrap_or_default())
}

/// What is known of it beside the files.
struct Told<'l> {
    code: HoldCode,
    logged: &'l Logged,
    received_at: Timestamp,
    people: People,
}

impl Told<'_> {
    fn in_words(self, foreseen: &Foreseen, policy: &sync_core::policy::Policy) -> Held {
        let Self { code, logged, received_at, people } = self;
        let lost_since = people.lost_since;
        let carrier = logged.carrier.map(|carrier| CarriedBy {
            device: carrier.device,
            person: carrier.person,
            person_name: people.carrier,
            taken_at: carrier.taken_at.map(Moment::from),
            before_loss: lost_since.map(|since| carrier.taken_at.is_some_and(|at| at < since)),
        });
        let events = foreseen.content.iter().flat_map(|content| &content.events);
        let before_loss = lost_since.map(|since| logged.at.wall < since);
        Held {
            submission: logged.id,
            code,
            why: why_held(code),
            person: logged.author.person,
            person_name: people.author,
            role: logged.author.role,
            device: logged.author.device,
            device_name: people.device,
            number: logged.author.number,
            written_at: logged.at.wall.into(),
            received_at: received_at.into(),
            lost_since: lost_since.map(Moment::from),
            written_before_loss: before_loss,
            about_loss: before_loss.map(about_loss),
            carrier,
            readable: foreseen.content.is_some(),
            events: events.map(|event| words::event(event, &foreseen.names, policy)).collect(),
            changes: words::changes(foreseen),
            if_accepted: words::if_accepted(foreseen, policy),
            if_rejected: words::if_rejected(),
        }
    }
}

fn about_loss(before: bool) -> Text {
    if before {
        Text::new(
            "按手机自己的时钟,写于遗失之前;拿着手机的人可以改时钟,请核对后再定。",
            "Written before the loss, by the phone's own clock; whoever holds it may have set that, so please ask first.",
        )
    } else {
        Text::new(
            "按手机自己的时钟,写于遗失之后:不知道当时手机在谁手里。",
            "Written after the loss, by the phone's own clock: nobody knows who held it then.",
        )
    }
}
