//! `POST /v1/desks/{desk}/slips/{slip}/reply`: what was found or done.

use axum::Json;
use serde::Deserialize;
use sync_core::event::Outcome;
use sync_core::id::{CaseloadId, EntityId};

use super::act;
use crate::auth::AtDesk;
use crate::error::ApiError;
use crate::flow::desk::DeskAct;
use crate::http::acting::{Done, maybe_said, said};
use crate::http::{InPath, JsonBody, Moment};

/// The answer.
#[derive(Deserialize, utoipa::ToSchema)]
pub(crate) struct Answer {
    /// In one word: `untrue`, `corrected_on_site`, `ordered_at_once`, `ordered_by_date`, `sealed`, `case_opened`,
    /// `found_major`, `transferred`.
    #[schema(value_type = String, example = "ordered_at_once")]
    outcome: Outcome,
    /// What the worker and the resident may read.
    public_text: String,
    /// What stays on the desk.
    internal_text: Option<String>,
    /// The number of the department's document.
    document_number: Option<String>,
    /// When somebody was on site.
    #[schema(value_type = Option<String>, format = DateTime)]
    checked_at: Option<Moment>,
    /// When the department looks again.
    #[schema(value_type = Option<String>, format = DateTime)]
    recheck_at: Option<Moment>,
    /// It takes the place of the answer that this desk gave before, which stays on record. Not when the referral is closed.
    #[serde(default)]
    corrects: bool,
}

/// The officer answers. The public text travels to the worker; the internal one stays on the desk.
#[utoipa::path(
    post, path = "/v1/desks/{desk}/slips/{slip}/reply", tag = "desk",
    security(("access_token" = []), ("desk_credential" = [])),
    params(("desk" = String, Path), ("slip" = String, Path)), request_body = Answer,
    responses((status = 200, body = Done), (status = "4XX", body = crate::error::ProblemBody)),
)]
pub(crate) async fn post(
    at: AtDesk,
    InPath((desk, slip)): InPath<(CaseloadId, EntityId)>,
    JsonBody(body): JsonBody<Answer>,
) -> Result<Json<Done>, ApiError> {
    let wanted = DeskAct::Reply {
        outcome: body.outcome,
        public_text: said(&body.public_text)?,
        internal_text: maybe_said(body.internal_text)?,
        document_number: maybe_said(body.document_number)?,
        checked_at: body.checked_at.map(|at| at.0),
        recheck_at: body.recheck_at.map(|at| at.0),
        corrects: body.corrects,
    };
    act(&at, desk, slip, wanted).await?;
    Ok(Done::nothing_more())
}
