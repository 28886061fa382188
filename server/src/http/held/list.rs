//! `GET /v1/caseloads/{caseload}/held`: what waits for a person, in words.

use axum::Json;
use serde::Serialize;
use sync_core::author::Role;
use sync_core::edit::{Edit, Value};
use sync_core::event::Event;
use sync_core::id::{CaseloadId, DeviceId, EntityId, PersonId, SubmissionId};
use sync_core::log::{HoldCode, Logged};
use sync_core::submission;
use sync_core::time::Timestamp;

use crate::auth::Caller;
use crate::db::submission::Stands;
use crate::db::{self, device, log};
use crate::error::ApiError;
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
    /// Who wrote it.
    #[schema(value_type = String)]
    person: PersonId,
    /// In which role.
    #[schema(value_type = String, example = "worker")]
    role: Role,
    /// On which device.
    #[schema(value_type = String)]
    device: DeviceId,
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
    /// Whether what it says can be read at all.
    readable: bool,
    /// What happened, as it says.
    events: Vec<HeldEvent>,
    /// What it would change.
    changes: Vec<HeldChange>,
}

/// An event in a held submission.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct HeldEvent {
    /// Its kind.
    #[schema(example = "inspection")]
    kind: String,
    /// What it is about.
    #[schema(value_type = String)]
    subject: EntityId,
    /// When it began, by the device's clock.
    #[schema(value_type = String, format = DateTime)]
    at: Moment,
}

/// A change in a held submission.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct HeldChange {
    /// The entity.
    #[schema(value_type = String)]
    entity: EntityId,
    /// The code of its kind.
    kind: String,
    /// The field.
    field: String,
    /// The element, of a field that has several.
    #[serde(skip_serializing_if = "Option::is_none")]
    element: Option<String>,
    /// The value.
    #[schema(value_type = Object)]
    value: Value,
}

/// What waits for a person, oldest first.
#[utoipa::path(
    get, path = "/v1/caseloads/{caseload}/held", tag = "held",
    params(("caseload" = String, Path)),
    responses((status = 200, body = Vec<Held>), (status = "4XX", body = crate::error::ProblemBody)),
)]
pub(crate) async fn list(caller: Caller, InPath(caseload): InPath<CaseloadId>) -> Result<Json<Vec<Held>>, ApiError> {
    let mut access = caller.look(caseload, DECIDERS).await?;
    let tx = &mut access.tx;
    let mut keys = caller.app().flow().keys();
    let mut held = Vec::new();
    for known in db::submission::held(tx, caseload, PAGE).await? {
        let Stands::Held(code) = known.stands else { continue };
        let Some(entry) = log::one(tx, &mut keys, caseload, known.seq).await? else { continue };
        let Some(logged) = log::logged(&entry) else { continue };
        let author = device::by_id(tx, logged.author.device).await?;
        let lost_since = author.and_then(|device| device.revoked_at.map(|at| device.lost_since.unwrap_or(at)));
        held.push(in_words(code, logged, entry.received_at.into(), lost_since));
    }
    Ok(Json(held))
}

fn in_words(code: HoldCode, logged: &Logged, received_at: Moment, lost_since: Option<Timestamp>) -> Held {
    let content = submission::content(&logged.parts);
    let readable = content.is_ok();
    let submission::Content { events, edits } = content.unwrap_or_default();
    Held {
        submission: logged.id,
        code,
        person: logged.author.person,
        role: logged.author.role,
        device: logged.author.device,
        number: logged.author.number,
        written_at: logged.at.wall.into(),
        received_at,
        lost_since: lost_since.map(Moment::from),
        written_before_loss: lost_since.map(|since| logged.at.wall < since),
        readable,
        events: events.iter().map(event).collect(),
        changes: edits.into_iter().flat_map(changes).collect(),
    }
}

fn event(event: &Event) -> HeldEvent {
    HeldEvent { kind: event.body.kind().to_owned(), subject: event.subject, at: event.start.into() }
}

fn changes(edit: Edit) -> Vec<HeldChange> {
    let Edit { entity, kind, ops, .. } = edit;
    ops.into_iter()
        .map(|op| HeldChange { entity, kind: kind.clone(), field: op.field, element: op.element, value: op.value })
        .collect()
}
