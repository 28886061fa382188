//! What a request holds, or a problem in both languages instead of a framework's sentence.

use std::net::{IpAddr, SocketAddr};

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{ConnectInfo, FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use crate::app::App;
use crate::error::{self, ApiError};

/// A JSON body.
pub(crate) struct JsonBody<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<App> for JsonBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &App) -> Result<Self, ApiError> {
        match Json::from_request(request, app).await {
            Ok(Json(body)) => Ok(Self(body)),
            // Which field, and what it should be; never the value that somebody typed.
            Err(JsonRejection::JsonDataError(error)) => {
                Err(ApiError::from(&error::INVALID).detail(without_values(&error.body_text())))
            }
            Err(JsonRejection::MissingJsonContentType(_)) => Err(ApiError::from(&error::WRONG_TYPE)),
            Err(other) if other.status() == StatusCode::PAYLOAD_TOO_LARGE => Err(ApiError::from(&error::TOO_LARGE)),
            Err(_) => Err(ApiError::from(&error::BAD_REQUEST)),
        }
    }
}

/// serde quotes the offending value: strings in double quotes are cut out of its sentence.
fn without_values(text: &str) -> String {
    text.split('"').step_by(2).collect::<Vec<_>>().join("…")
}

/// Parts of the path. What is not an id names nothing, and is answered so.
pub(crate) struct InPath<T>(pub(crate) T);

impl<T: DeserializeOwned + Send> FromRequestParts<App> for InPath<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let found = Path::from_request_parts(parts, app).await;
        found.map(|Path(path)| Self(path)).map_err(|_| ApiError::from(&error::NOT_FOUND))
    }
}

/// The query.
pub(crate) struct InQuery<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequestParts<App> for InQuery<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        match Query::from_request_parts(parts, app).await {
            Ok(Query(query)) => Ok(Self(query)),
            Err(rejection) => Err(ApiError::from(&error::INVALID).detail(without_values(&rejection.body_text()))),
        }
    }
}

/// Where the request came from, as far as the connection says: behind a proxy, everybody comes from the proxy.
pub(crate) struct Came(pub(crate) Option<IpAddr>);

impl FromRequestParts<App> for Came {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, ApiError> {
        let from = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        Ok(Self(from.map(|ConnectInfo(address)| address.ip())))
    }
}
