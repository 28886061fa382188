//! `GET /v1/caseloads/{caseload}/premises/{premises}`: the whole file of a shop.

use axum::Json;
use serde::Serialize;
use sync_core::author::Role;
use sync_core::case::Recorded;
use sync_core::entity::Kind;
use sync_core::id::{CaseloadId, EntityId, EventId, PersonId};
use sync_core::project::{UnitedFile, united_file};

use super::search::KEEPERS;
use crate::auth::Caller;
use crate::error::{self, ApiError};
use crate::flow::load;
use crate::http::flags::{self, Flag};
use crate::http::linked::{self, Pair};
use crate::http::view::Entity;
use crate::http::{InPath, Moment};

/// The file of a shop; linked files as one, under the smallest of their ids.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct File {
    /// The id that the shop is shown under: another one than was asked for, when that is of a linked file.
    #[schema(value_type = String)]
    id: EntityId,
    /// The ids of the other files that are the same shop. Each finds this file.
    #[schema(value_type = Vec<String>)]
    also: Vec<EntityId>,
    /// The shop.
    premises: Entity,
    /// Its operators, tenancies, hazards and referrals. The same finding of several files is one.
    related: Vec<Entity>,
    /// What people saw and did there, in server order.
    events: Vec<Seen>,
    /// What the rules say.
    flags: Vec<Flag>,
    /// Which files were linked with which: what a link that is taken back has to name.
    links: Vec<Pair>,
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

/// The whole file of a shop. The look is recorded, of linked files for each, also when there is nothing to see.
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
    let files = load::linked(tx, &mut keys, caseload, premises).await?;
    let together = load::together(&files);
    let asked = files.get(&premises).and_then(|file| file.documents.get(&premises));
    let shop = asked.filter(|document| document.schema().kind == Kind::Premises).and(united_file(&together));
    let Some(UnitedFile { id, also, root, related }) = shop else {
        access.looked(now, Some(premises), "premises", false).await?;
        access.tx.commit().await?;
        return Err(ApiError::from(&error::NOT_FOUND));
    };
    let mut flags = Vec::new();
    for root in files.keys() {
        flags.extend(flags::of_file(tx, &mut keys, caseload, *root).await?);
    }
    access.showed(now, &linked::showed(&files, premises, "premises")).await?;
    access.tx.commit().await?;
    let related = related.iter().map(|united| Entity::united(united, now)).collect::<Result<_, _>>()?;
    let premises = Entity::united(&root, now)?;
    let links = linked::pairs(&files);
    let mut events: Vec<Recorded> = files.into_values().flat_map(|file| file.events).collect();
    events.sort_by_key(|recorded| recorded.seq);
    let events = events.into_iter().map(seen).collect();
    Ok(Json(File { id, also, premises, related, events, flags, links }))
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
