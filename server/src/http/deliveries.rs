//! Deliveries: what was posted to those on duty for a caseload, or to a desk's own system, and what did not arrive.

pub(crate) mod list;
pub(crate) mod replay;

use axum::Json;
use serde::Serialize;
use sync_core::author::Role;
use sync_core::id::{DeliveryId, WebhookId};

use crate::db::delivery::{Delivery, DeliveryState};
use crate::db::webhook::Webhook;
use crate::deliver::Problem as Failure;
use crate::error::Problem;
use crate::http::Moment;

pub(crate) const NOT_DEAD: Problem = Problem::new(
    409,
    "not_dead",
    "这件投递仍在发送或已送达,无需重发。",
    "This delivery is still being sent, or has arrived; there is nothing to send again.",
);
pub(crate) const ADDRESS_GONE: Problem = Problem::new(
    409,
    "address_gone",
    "投递地址已移除,无法重发。",
    "The address was removed; nothing can be sent there again.",
);
pub(crate) const NO_SUCH_STATE: Problem = Problem::new(
    422,
    "no_such_state",
    "状态只有 pending、delivered、dead。",
    "A delivery is pending, delivered or dead.",
);

/// Who sees to deliveries of a caseload.
const OFFICE: &[Role] = &[Role::Supervisor, Role::Dispatcher];
/// Who sees to those of a desk.
const DESK: &[Role] = &[Role::Officer, Role::Dispatcher];

/// Deliveries and where they go.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Deliveries {
    /// The addresses, and how deliveries to each stand.
    addresses: Vec<Address>,
    /// The deliveries, oldest first. A page is full when more may follow.
    deliveries: Vec<Sent>,
}

/// Where deliveries go.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Address {
    /// Its id.
    #[schema(value_type = String)]
    id: WebhookId,
    /// Whose duty it serves; none at a desk.
    #[serde(skip_serializing_if = "Option::is_none")]
    level: Option<&'static str>,
    /// The host. The rest of the address may hold a secret.
    #[schema(example = "fire.example.org")]
    host: String,
    /// How many are tried again.
    pending: u64,
    /// How many arrived.
    delivered: u64,
    /// How many are not tried any more, until a person replays them.
    dead: u64,
}

/// A delivery.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Sent {
    /// What its receiver knows it by, for good: also when it is replayed.
    #[schema(value_type = String)]
    id: DeliveryId,
    /// Where it goes.
    #[schema(value_type = String)]
    address: WebhookId,
    /// What it tells.
    #[schema(example = "slip.dispatched")]
    kind: String,
    /// Where it stands: `pending`, `delivered`, `dead`.
    state: &'static str,
    /// When what it tells happened.
    #[schema(value_type = String, format = DateTime)]
    created_at: Moment,
    /// When it came to stand there.
    #[schema(value_type = String, format = DateTime)]
    changed_at: Moment,
    /// How often it was tried since it was written, or replayed.
    attempts: u32,
    /// When it is tried next.
    #[schema(value_type = Option<String>, format = DateTime)]
    next_at: Option<Moment>,
    /// Why the last attempt failed.
    problem: Option<Why>,
}

/// Why an attempt failed.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Why {
    /// A stable code.
    #[schema(example = "timeout")]
    code: String,
    /// In Chinese.
    zh: String,
    /// In English.
    en: String,
}

impl Address {
    fn of(webhook: &Webhook, [pending, delivered, dead]: [u64; DeliveryState::ALL.len()]) -> Self {
        let host = webhook.url.split_once("://").map_or("", |(_, rest)| rest);
        let host = host.split(['/', '?']).next().unwrap_or_default().to_owned();
        Self { id: webhook.id, level: webhook.level.map(|level| level.code()), host, pending, delivered, dead }
    }
}

impl Sent {
    fn of(delivery: Delivery) -> Self {
        let why = |code: String| match Failure::of_code(&code) {
            Some(failure) => Why { zh: failure.zh(), en: failure.to_string(), code },
            None => Why { zh: code.clone(), en: code.clone(), code },
        };
        Self {
            id: delivery.id,
            address: delivery.webhook,
            kind: delivery.kind,
            state: delivery.state.code(),
            created_at: delivery.created_at.into(),
            changed_at: delivery.changed_at.into(),
            attempts: delivery.attempts,
            next_at: delivery.next_at.map(Moment),
            problem: delivery.problem.map(why),
        }
    }
}

/// What was replayed.
type Replayed = Json<Sent>;
