//! `POST /v1/desks/{desk}/slips/{slip}/transcribe`: a dispatcher writes down what a desk answered on paper.

use axum::Json;
use serde::{Deserialize, Serialize};
use sync_core::author::Role;
use sync_core::event::Outcome;
use sync_core::id::{CaseloadId, EntityId};

use crate::auth::Caller;
use crate::error::{ApiError, Problem};
use crate::flow::desk::{Became, DeskAct, Way};
use crate::http::acting::{actor, maybe_said, said};
use crate::http::{InPath, JsonBody, Moment};

pub(crate) const NOT_A_DAY: Problem =
    Problem::new(422, "not_a_day", "日期要写成2026-11-23这样。", "A date is written like 2026-11-23.");

/// A paper.
#[derive(Deserialize, utoipa::ToSchema)]
pub(crate) struct Paper {
    /// The number of the department's document.
    document_number: String,
    /// Its date.
    #[schema(example = "2026-11-23")]
    dated: String,
    /// What it says.
    #[serde(flatten)]
    says: Says,
}

/// What a paper says: as at the desk.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(tag = "act", rename_all = "snake_case")]
pub(crate) enum Says {
    /// The desk has it.
    Accept,
    /// Somebody is looking into it.
    Checking,
    /// What was found or done.
    Reply {
        /// In one word, as at `reply`.
        #[schema(value_type = String, example = "ordered_at_once")]
        outcome: Outcome,
        /// What the worker and the resident may read.
        public_text: String,
        /// What stays on the desk.
        internal_text: Option<String>,
        /// When somebody was on site.
        #[schema(value_type = Option<String>, format = DateTime)]
        checked_at: Option<Moment>,
        /// When the department looks again.
        #[schema(value_type = Option<String>, format = DateTime)]
        recheck_at: Option<Moment>,
        /// It takes the place of the answer that this desk gave before.
        #[serde(default)]
        corrects: bool,
    },
    /// It belongs to another department.
    Return {
        /// Why.
        reason: String,
        /// Which one.
        suggested: Option<String>,
    },
    /// It is not taken on.
    NotAccepted {
        /// Why.
        reason: String,
    },
}

/// What became of the paper.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Transcribed {
    /// The desk had answered by another way: the paper is kept beside it, and moved nothing.
    kept_as_note: bool,
}

/// Writes down what a desk answered on paper. It has the effect of an officer's own act, and is shown as transcribed, with
/// who did it and from which document.
#[utoipa::path(
    post, path = "/v1/desks/{desk}/slips/{slip}/transcribe", tag = "desk",
    params(("desk" = String, Path), ("slip" = String, Path)), request_body = Paper,
    responses((status = 200, body = Transcribed), (status = "4XX", body = crate::error::ProblemBody)),
)]
pub(crate) async fn post(
    caller: Caller,
    InPath((desk, slip)): InPath<(CaseloadId, EntityId)>,
    JsonBody(paper): JsonBody<Paper>,
) -> Result<Json<Transcribed>, ApiError> {
    let mut access = caller.enter(desk, &[Role::Dispatcher]).await?;
    let (flow, now) = (caller.app().flow(), caller.app().clock().now());
    let dated = paper.dated.parse().map_err(|_| &NOT_A_DAY)?;
    let way = Way::Paper { document_number: said(&paper.document_number)?, dated };
    let wanted = (slip, act(paper.says)?, way);
    let became = flow.say_at_desk(&mut access.tx, desk, actor(&access.scope), now, wanted).await?;
    access.tx.commit().await?;
    Ok(Json(Transcribed { kept_as_note: became == Became::Note }))
}

fn act(says: Says) -> Result<DeskAct, ApiError> {
    Ok(match says {
        Says::Accept => DeskAct::Accept,
        Says::Checking => DeskAct::Checking,
        Says::Reply { outcome, public_text, internal_text, checked_at, recheck_at, corrects } => DeskAct::Reply {
            outcome,
            public_text: said(&public_text)?,
            internal_text: maybe_said(internal_text)?,
            document_number: None,
            checked_at: checked_at.map(|at| at.0),
            recheck_at: recheck_at.map(|at| at.0),
            corrects,
        },
        Says::Return { reason, suggested } => {
            DeskAct::Return { reason: said(&reason)?, suggested: maybe_said(suggested)? }
        }
        Says::NotAccepted { reason } => DeskAct::NotAccepted { reason: said(&reason)? },
    })
}
