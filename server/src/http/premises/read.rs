//! `GET /v1/caseloads/{caseload}/premises/{premises}`: the whole file of a shop.

use axum::Json;
use serde::Serialize;
use sync_core::author::Role;
use sync_core::case::Recorded;
use sync_core::entity::Kind;
use sync_core::id::{CaseloadId, EntityId, EventId, PersonId};

use super::search::KEEPERS;
use crate::auth::Caller;
use crate::db::{document, event, flag, link};
use crate::error::{self, ApiError};
use crate::http::flags::Flag;
use crate::http::view::Entity;
use crate::http::{InPath, Moment};

/// The file of a shop.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct File {
    /// The shop.
    premises: Entity,
    /// Its operators, tenancies, hazards and referrals.
    related: Vec<Entity>,
    /// What people saw and did there, in server order.
    events: Vec<Seen>,
    /// What the rules say.
    flags: Vec<Flag>,
    /// Other files that are the same shop.
    #[schema(value_type = Vec<String>)]
    same_as: Vec<EntityId>,
}

/// An event in a file.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Seen {
    /// Its id.
    #[schema(value_type = String)]
    id: EventId,
    /// Its kind.
    #[schema(example = "inspection")]
    kind: String,
    /// What it is about.
    #[schema(value_type = String)]
    subject: EntityId,
    /// Who wrote it; left out for officers.
    #[schema(value_type = Option<String>)]
    person: Option<PersonId>,
    /// In which role.
    #[schema(value_type = String, example = "worker")]
    role: Role,
    /// When it began, by the author's clock.
    #[schema(value_type = String, format = DateTime)]
    at: Moment,
    /// When the server took it in.
    #[schema(value_type = String, format = DateTime)]
    received_at: Moment,
    /// The event that it corrects.
    #[schema(value_type = Option<String>)]
    amends: Option<EventId>,
}

/// The whole file of a shop. The look is recorded, also when there is nothing to see.
#[utoipa::path(
    get, path = "/v1/caseloads/{caseload}/premises/{premises}", tag = "premises",
    params(("caseload" = String, Path), ("premises" = String, Path)),
    responses((status = 200, body = File), (status = "4XX", body = crate::error::ProblemBody)),
)]
pub(crate) async fn read(
    caller: Caller,
    InPath((caseload, premises)): InPath<(CaseloadId, EntityId)>,
) -> Result<Json<File>, ApiError> {
    let mut access = caller.open(caseload, KEEPERS, Some(premises), "premises").await?;
    let (app, now) = (caller.app(), caller.app().clock().now());
    let mut keys = app.flow().keys();
    let tx = &mut access.tx;
    let mut entities = document::projections_of_file(tx, &mut keys, caseload, premises).await?;
    let shop = entities.iter().position(|e| e.entity == premises && e.kind == Kind::Premises.code());
    let Some(shop) = shop.map(|ix| entities.swap_remove(ix)) else {
        access.looked(now, Some(premises), "premises", false).await?;
        access.tx.commit().await?;
        return Err(ApiError::from(&error::NOT_FOUND));
    };
    let events = event::of_file(tx, &mut keys, caseload, premises).await?.into_iter().map(seen).collect();
    let flags = flag::of_file(tx, &mut keys, caseload, premises).await?;
    let flags = flags.into_iter().map(|flag| Flag::of(flag, &entities)).collect();
    let same_as = link::of(tx, caseload, premises).await?;
    access.looked(now, Some(premises), "premises", true).await?;
    access.tx.commit().await?;
    let related = entities.into_iter().map(|entity| Entity::of(entity, now)).collect();
    Ok(Json(File { premises: Entity::of(shop, now), related, events, flags, same_as }))
}

fn seen(logged: Recorded) -> Seen {
    let Recorded { author, received_at, event, .. } = logged;
    Seen {
        id: event.id,
        kind: event.body.kind().to_owned(),
        subject: event.subject,
        person: (author.role != Role::Officer).then_some(author.person),
        role: author.role,
        at: event.start.into(),
        received_at: received_at.into(),
        amends: event.amends,
    }
}
