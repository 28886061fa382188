//! `POST /v1/enrol`: a one-time code makes a phone a device.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use sync_core::author::Role;
use sync_core::id::{CaseloadId, DeviceId, PersonId};

use super::{JsonBody, Moment};
use crate::app::App;
use crate::auth::enrol::{self, Asked, Code, EnrolError};
use crate::auth::token::{Bearer, By};
use crate::db::{letter, person};
use crate::error::{ApiError, Problem};
use crate::hex::Hex;

pub(crate) const CODE_REFUSED: Problem = Problem::new(
    403,
    "enrolment_code_refused",
    "注册码无效、已过期或已被使用。",
    "The enrolment code is wrong, has expired, or was used already.",
);
pub(crate) const KEY_REFUSED: Problem =
    Problem::new(422, "device_key_refused", "设备密钥不可用。", "The device key cannot be used.");

/// Longest name of a device, in characters.
const NAME: usize = 80;

/// A phone that wants to be enrolled.
#[derive(Deserialize, utoipa::ToSchema)]
pub(crate) struct Enrol {
    /// The one-time code, however it was typed.
    #[schema(example = "7K3M-9QXA-0TZB-4C5D")]
    code: String,
    /// The device's Ed25519 public key, 64 hexadecimal digits.
    #[schema(value_type = String)]
    device_key: Hex<32>,
    /// The id of this installation of the app.
    #[schema(value_type = String, example = "01KAQ3V1X2Y3Z4A5B6C7D8E9FG")]
    install: DeviceId,
    /// What the owner calls the phone.
    name: String,
    /// Whose it was, of a phone that was enrolled before: what it still holds is theirs.
    #[schema(value_type = Option<String>)]
    #[serde(default)]
    person: Option<PersonId>,
}

/// An enrolled phone.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Enrolled {
    /// The device's id.
    #[schema(value_type = String)]
    device: DeviceId,
    /// Whose it is.
    #[schema(value_type = String)]
    person: PersonId,
    /// Their name.
    person_name: String,
    /// What they are where nothing else is said.
    #[schema(value_type = String, example = "worker")]
    role: Role,
    /// Where they work.
    caseloads: Vec<Place>,
    /// The first access token.
    access: String,
    /// When it expires.
    #[schema(value_type = String, format = DateTime)]
    access_expires_at: Moment,
    /// The first refresh secret.
    refresh: String,
    /// The id of the server.
    server: String,
    /// The server's X25519 key, to which the phone seals what only the server may read; 64 hexadecimal digits.
    server_sealing_key: String,
}

/// A caseload that the person works on.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Place {
    /// Its id.
    #[schema(value_type = String)]
    id: CaseloadId,
    /// The person's role there.
    #[schema(value_type = String, example = "worker")]
    role: Role,
    /// What this phone prints before provisional numbers there: no other phone ever prints it.
    #[schema(example = "B")]
    letter: String,
}

impl From<EnrolError> for ApiError {
    fn from(error: EnrolError) -> Self {
        match error {
            EnrolError::Code => Self::from(&CODE_REFUSED),
            EnrolError::Key | EnrolError::KeyTaken => Self::from(&KEY_REFUSED).detail(error.to_string()),
            EnrolError::Db(error) => error.into(),
        }
    }
}

/// Enrols a phone. The same request again, when its answer was lost, finds the same device.
#[utoipa::path(
    post, path = "/v1/enrol", tag = "access", security(()), request_body = Enrol,
    responses((status = 200, body = Enrolled), (status = "4XX", body = crate::error::ProblemBody)),
)]
pub(crate) async fn post(State(app): State<App>, JsonBody(body): JsonBody<Enrol>) -> Result<Json<Enrolled>, ApiError> {
    let auth = app.auth();
    let now = auth.clock.now();
    let asked = Asked {
        code: Code::typed(&body.code).ok_or(&CODE_REFUSED)?,
        public_key: body.device_key.0,
        install: *body.install.bytes(),
        name: body.name.chars().filter(|c| !c.is_control()).take(NAME).collect(),
    };
    let mut tx = app.db().write().await?;
    let (device, secret) = enrol::enrol(&mut tx, asked, &*auth.random, now).await?;
    let owner = person::by_id(&mut tx, device.person).await?.ok_or(&CODE_REFUSED)?;
    if let Some(before) = body.person.filter(|before| *before != owner.id)
        && person::by_id(&mut tx, before).await?.is_some()
    {
        return Err(ApiError::from(&KEY_REFUSED).detail("the phone holds work of somebody else"));
    }
    let memberships = person::memberships(&mut tx, device.person).await?;
    let mut caseloads = Vec::new();
    for m in memberships.iter().filter(|m| m.left_at.is_none()) {
        let letter = letter::give(&mut tx, m.caseload, device.id).await?;
        caseloads.push(Place { id: m.caseload, role: m.role, letter });
    }
    tx.commit().await?;
    tracing::info!(device = %device.id, "device enrolled");
    let bearer = Bearer { person: device.person, by: By::Device(device.id) };
    Ok(Json(Enrolled {
        device: device.id,
        person: owner.id,
        person_name: owner.name,
        role: owner.role,
        caseloads,
        access: auth.tokens.issue(bearer, now).map_err(ApiError::internal)?,
        access_expires_at: (now + auth.tokens.lifetime()).into(),
        refresh: secret.to_string(),
        server: auth.keys.id.to_string(),
        server_sealing_key: Hex(auth.keys.sealing_public()).to_string(),
    }))
}

#[cfg(test)]
mod tests {
    use sync_core::author::Role;
    use sync_core::time::Span;

    use crate::testing::{Phone, Server};

    #[tokio::test]
    async fn a_code_enrols_one_phone_and_no_other() {
        let server = Server::start().await;
        let lin = server.person("lin", Role::Worker).await;
        let code = server.code(lin).await;
        let (a, b) = (Phone::new(1), Phone::new(2));
        let enrolled = server.post("/v1/enrol", None, a.enrol(&code)).await.ok();
        assert_eq!(enrolled["person"], lin.to_string());
        assert_eq!(enrolled["server_sealing_key"].as_str().unwrap().len(), 64);
        let again = server.post("/v1/enrol", None, a.enrol(&code)).await.ok();
        assert_eq!(again["device"], enrolled["device"], "its answer was lost");
        assert_ne!(again["refresh"], enrolled["refresh"]);
        let other = server.post("/v1/enrol", None, b.enrol(&code)).await;
        assert_eq!((other.status, other.code()), (403, "enrolment_code_refused"));
        let me = server.get("/v1/me", enrolled["access"].as_str()).await.ok();
        assert_eq!(me["device"], enrolled["device"]);
    }

    #[tokio::test]
    async fn every_phone_of_a_caseload_has_a_letter_of_its_own() {
        let server = Server::start().await;
        let (north, south) = (server.caseload("NOR").await, server.caseload("SOU").await);
        let (lin, chen) = (server.person("lin", Role::Worker).await, server.person("chen", Role::Worker).await);
        for (caseload, person) in [(north, lin), (north, chen), (south, chen)] {
            server.admin().assign(caseload, person, None).await.unwrap();
        }
        let letters = |enrolled: &serde_json::Value| {
            let places = enrolled["caseloads"].as_array().unwrap().iter();
            let mut letters: Vec<_> =
                places.map(|p| (p["id"].as_str().unwrap().to_owned(), p["letter"].to_string())).collect();
            letters.sort();
            letters
        };
        let of = |letter: &str| format!("{letter:?}");
        let code = server.code(chen).await;
        let first = server.post("/v1/enrol", None, Phone::new(2).enrol(&code)).await.ok();
        let again = server.post("/v1/enrol", None, Phone::new(2).enrol(&code)).await.ok();
        assert_eq!(letters(&again), letters(&first), "its answer was lost");
        let (lins, second) = (server.enrol(lin, 1).await, server.enrol(chen, 3).await);
        let mut expected = vec![(north.to_string(), of("A")), (south.to_string(), of("A"))];
        expected.sort();
        assert_eq!(letters(&first), expected);
        assert_eq!(letters(&lins), [(north.to_string(), of("B"))]);
        let mut expected = vec![(north.to_string(), of("C")), (south.to_string(), of("B"))];
        expected.sort();
        assert_eq!(letters(&second), expected, "a second phone of the same person");
    }

    #[tokio::test]
    async fn codes_expire_and_cannot_be_invented() {
        let server = Server::start().await;
        let lin = server.person("lin", Role::Worker).await;
        let code = server.code(lin).await;
        server.clock.advance(Span::hours(24));
        for code in [code.as_str(), "7K3M-9QXA-0TZB-4C5D", "", "字"] {
            let answer = server.post("/v1/enrol", None, Phone::new(1).enrol(code)).await;
            assert_eq!(answer.code(), "enrolment_code_refused", "{code}");
        }
    }

    #[tokio::test]
    async fn a_weak_or_taken_key_is_refused() {
        let server = Server::start().await;
        let lin = server.person("lin", Role::Worker).await;
        let a = Phone::new(1);
        let mut weak = a.enrol(&server.code(lin).await);
        // The identity point: any message is "signed" by it.
        weak["device_key"] = format!("01{}", "00".repeat(31)).into();
        assert_eq!(server.post("/v1/enrol", None, weak).await.code(), "device_key_refused");
        server.post("/v1/enrol", None, a.enrol(&server.code(lin).await)).await.ok();
        let taken = server.post("/v1/enrol", None, a.enrol(&server.code(lin).await)).await;
        assert_eq!(taken.code(), "device_key_refused");
    }

    #[tokio::test]
    async fn a_revoked_phone_reads_nothing_from_then_on() {
        let server = Server::start().await;
        let lin = server.person("lin", Role::Worker).await;
        let phone = server.enrol(lin, 1).await;
        let access = phone["access"].as_str();
        assert_eq!(server.get("/v1/me", access).await.status, 200);
        let id = phone["device"].as_str().unwrap().parse().unwrap();
        assert!(server.admin().revoke(id, "mei", None).await.unwrap());
        let answer = server.get("/v1/me", access).await;
        assert_eq!((answer.status, answer.code()), (401, "device_revoked"));
    }
}
