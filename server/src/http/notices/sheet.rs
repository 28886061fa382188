//! `GET /v1/caseloads/{caseload}/notices/{notice}/sheet`: the sheet of a notice, to print or to read on a phone.

use axum::http::{HeaderMap, HeaderName, header};
use axum::response::{Html, IntoResponse, Response};
use serde::Deserialize;
use sync_core::id::{CaseloadId, EventId};
use sync_core::sheet;

use crate::auth::Caller;
use crate::db::{self, event};
use crate::error::{self, ApiError};
use crate::flow::load;
use crate::http::premises::search::KEEPERS;
use crate::http::{InPath, InQuery, linked};
use crate::lang::Lang;
use crate::sheet::{content_policy, page};

/// In which language.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Wanted {
    /// `zh` or `en`; without it, by `Accept-Language`, else as the server is set.
    #[param(value_type = Option<String>)]
    lang: Option<Lang>,
}

/// The sheet of a notice as one page of HTML that loads nothing, for A4 and for a phone. The texts are those of the policy
/// in force. 404 also for a notice that was voided or corrected. The look is recorded.
#[utoipa::path(
    get, path = "/v1/caseloads/{caseload}/notices/{notice}/sheet", tag = "premises",
    params(("caseload" = String, Path), ("notice" = String, Path), Wanted),
    responses(
        (status = 200, content_type = "text/html", body = String),
        (status = "4XX", body = crate::error::ProblemBody),
    ),
)]
pub(crate) async fn read(
    caller: Caller,
    InPath((caseload, notice)): InPath<(CaseloadId, EventId)>,
    InQuery(Wanted { lang }): InQuery<Wanted>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let mut access = caller.open(caseload, KEEPERS, None, "notice").await?;
    let (app, tx) = (caller.app(), &mut access.tx);
    let now = app.clock().now();
    let root = event::root(tx, caseload, notice).await?;
    let files = match root {
        Some(root) => load::linked(tx, &mut app.flow().keys(), caseload, root).await?,
        None => Default::default(),
    };
    let together = load::together(&files);
    let prefix = db::caseload::load(tx, caseload).await?.ok_or(&error::NOT_FOUND)?.prefix;
    let policy = app.flow().policy().policy();
    let found = sheet::find(&together, notice);
    let made = found.and_then(|recorded| sheet::sheet(policy, &together, recorded, Some(&prefix)));
    match root.filter(|_| made.is_some()) {
        Some(root) => access.showed(now, &linked::showed(&files, root, "notice")).await?,
        None => access.looked(now, root, "notice", false).await?,
    }
    access.tx.commit().await?;
    let made = made.ok_or(&error::NOT_FOUND)?;
    let said = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).map(Lang::of_locale);
    let lang = lang.or(said).or(app.config().lang).unwrap_or(Lang::Zh);
    let headers = [
        (header::CONTENT_SECURITY_POLICY, content_policy()),
        (header::REFERRER_POLICY, "no-referrer".to_owned()),
        (HeaderName::from_static("content-language"), lang.pick("zh-CN", "en").to_owned()),
    ];
    Ok((headers, Html(page(&made, lang))).into_response())
}
