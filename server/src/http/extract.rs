//! What a request holds, or a problem in both languages instead of a framework's sentence.

use std::net::IpAddr;

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{ConnectInfo, FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use serde::de::DeserializeOwned;

use crate::app::App;
use crate::config::Proxies;
use crate::error::{self, ApiError};
use crate::limit::Who;
use crate::tls::Peer;

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

/// Where the request came from: as far as the connection says or, if that is a proxy of ours, as far as the proxy says.
pub(crate) struct Came(pub(crate) Option<IpAddr>);

impl FromRequestParts<App> for Came {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let from = parts.extensions.get::<ConnectInfo<Peer>>();
        Ok(Self(from.map(|ConnectInfo(Peer(address))| beyond(&app.config().proxies, address.ip(), &parts.headers))))
    }
}

/// Somebody at an open door, who has not come too often.
pub(crate) struct Knocked;

impl FromRequestParts<App> for Knocked {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let Came(from) = Came::from_request_parts(parts, app).await?;
        from.map_or(Ok(()), |from| app.ask(Who::Door(from))).map_err(ApiError::too_many)?;
        Ok(Self)
    }
}

/// The first on the way back that is no proxy of ours. What stands before it, anybody could have written.
fn beyond(proxies: &Proxies, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
    let said = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
    let said: Vec<IpAddr> = said.flat_map(|value| value.split(',')).map_while(|hop| hop.trim().parse().ok()).collect();
    let mut from = peer;
    for hop in said.into_iter().rev() {
        if !proxies.has(from) {
            break;
        }
        from = hop;
    }
    from
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_believed_and_nobody_else() {
        let proxies = Proxies::try_from("10.0.0.1, 10.0.0.2".to_owned()).unwrap();
        let from = |peer: &str, said: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("x-forwarded-for", said.parse().unwrap());
            beyond(&proxies, peer.parse().unwrap(), &headers).to_string()
        };
        assert_eq!(from("203.0.113.9", "192.0.2.1"), "203.0.113.9", "no proxy of ours");
        assert_eq!(from("10.0.0.1", "192.0.2.1"), "192.0.2.1");
        assert_eq!(
            from("10.0.0.1", "198.51.100.7, 192.0.2.1"),
            "192.0.2.1",
            "what a phone wrote itself is not believed"
        );
        assert_eq!(from("10.0.0.1", "192.0.2.1, 10.0.0.2"), "192.0.2.1", "through both");
        assert_eq!(from("10.0.0.1", "nonsense"), "10.0.0.1");
    }
}
