//! Access tokens: JWTs that live minutes. They only say who asks; what they may is read from the database each time.
//!
//! After RFC 8725: the algorithm is fixed here and never taken from the token, `typ`, `aud` and `iss` are checked, and
//! expiry is judged by the server's own clock, which is handed in.

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use sync_core::id::{DeviceId, PersonId};
use sync_core::time::{Span, Timestamp};
use zeroize::Zeroizing;

const ALGORITHM: Algorithm = Algorithm::EdDSA;
/// The type of RFC 9068.
const TYP: &str = "at+jwt";
const AUDIENCE: &str = "doorstep-api";

/// What PKCS #8 puts before the 32 bytes of an Ed25519 private key (RFC 8410).
const PKCS8_ED25519: [u8; 16] = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];

/// With what somebody came in: a device of their own, or a session at a console.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum By {
    /// An enrolled phone.
    Device(DeviceId),
    /// A login with a password.
    Session(DeviceId),
}

/// What a valid token says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bearer {
    pub(crate) person: PersonId,
    pub(crate) by: By,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: PersonId,
    by: By,
    iat: i64,
    exp: i64,
}

/// Why a token is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TokenError {
    #[error("the token has expired")]
    Expired,
    #[error("the token is not one of ours")]
    Invalid,
}

/// Signs and checks tokens.
pub(crate) struct Tokens {
    encode: EncodingKey,
    decode: DecodingKey,
    validation: Validation,
    issuer: String,
    lifetime: Span,
}

impl Tokens {
    /// Tokens of the server with this id and key, that live this long.
    pub(crate) fn new(server: &str, key: &ed25519_dalek::SigningKey, lifetime: Span) -> Self {
        let der = Zeroizing::new([&PKCS8_ED25519[..], key.as_bytes()].concat());
        let issuer = format!("doorstep:{server}");
        let mut validation = Validation::new(ALGORITHM);
        validation.set_audience(&[AUDIENCE]);
        validation.set_issuer(&[&issuer]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        // The crate would ask the machine's clock; ours is handed in.
        validation.validate_exp = false;
        Self {
            encode: EncodingKey::from_ed_der(&der),
            decode: DecodingKey::from_ed_der(key.verifying_key().as_bytes()),
            validation,
            issuer,
            lifetime,
        }
    }

    /// How long a token lives.
    pub(crate) fn lifetime(&self) -> Span {
        self.lifetime
    }

    /// A new token.
    pub(crate) fn issue(&self, bearer: Bearer, now: Timestamp) -> Result<String, TokenError> {
        let claims = Claims {
            iss: self.issuer.clone(),
            aud: AUDIENCE.to_owned(),
            sub: bearer.person,
            by: bearer.by,
            iat: seconds(now),
            exp: seconds(now + self.lifetime),
        };
        let header = Header { typ: Some(TYP.to_owned()), ..Header::new(ALGORITHM) };
        jsonwebtoken::encode(&header, &claims, &self.encode).map_err(|_| TokenError::Invalid)
    }

    /// Who comes with this token, and until when it is good.
    pub(crate) fn check(&self, token: &str, now: Timestamp) -> Result<(Bearer, Timestamp), TokenError> {
        let data =
            jsonwebtoken::decode::<Claims>(token, &self.decode, &self.validation).map_err(|_| TokenError::Invalid)?;
        if data.header.typ.as_deref() != Some(TYP) {
            return Err(TokenError::Invalid);
        }
        if data.claims.exp <= seconds(now) {
            return Err(TokenError::Expired);
        }
        let until = Timestamp::from_millis(data.claims.exp.saturating_mul(1000));
        Ok((Bearer { person: data.claims.sub, by: data.claims.by }, until))
    }
}

fn seconds(at: Timestamp) -> i64 {
    at.millis().div_euclid(1000)
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::SigningKey;

    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_795_400_000_000);

    fn tokens(server: &str, key: u8) -> Tokens {
        Tokens::new(server, &SigningKey::from_bytes(&[key; 32]), Span::minutes(10))
    }

    fn lin() -> Bearer {
        Bearer { person: PersonId::from_bytes([1; 16]), by: By::Device(DeviceId::from_bytes([2; 16])) }
    }

    fn signed(header: &Header, change: impl FnOnce(&mut serde_json::Value)) -> String {
        let mut claims = serde_json::json!({
            "iss": "doorstep:a", "aud": AUDIENCE, "sub": lin().person, "by": lin().by,
            "iat": seconds(NOW), "exp": seconds(NOW) + 60,
        });
        change(&mut claims);
        jsonwebtoken::encode(header, &claims, &tokens("a", 1).encode).unwrap()
    }

    fn header() -> Header {
        Header { typ: Some(TYP.to_owned()), ..Header::new(ALGORITHM) }
    }

    #[test]
    fn a_token_lives_as_long_as_the_given_clock_says() {
        let tokens = tokens("a", 1);
        let token = tokens.issue(lin(), NOW).unwrap();
        assert_eq!(tokens.check(&token, NOW + Span::seconds(599)), Ok((lin(), NOW + Span::minutes(10))));
        assert_eq!(tokens.check(&token, NOW + Span::minutes(10)), Err(TokenError::Expired));
    }

    #[test]
    fn tokens_of_others_are_invalid() {
        let token = tokens("a", 1).issue(lin(), NOW).unwrap();
        assert_eq!(tokens("a", 2).check(&token, NOW), Err(TokenError::Invalid), "another key");
        assert_eq!(tokens("b", 1).check(&token, NOW), Err(TokenError::Invalid), "another issuer");
        let ours = tokens("a", 1).check(&signed(&header(), |_| ()), NOW);
        assert_eq!(ours, Ok((lin(), NOW + Span::minutes(1))), "the test signs as we do");
        let other_audience = signed(&header(), |c| c["aud"] = "billing".into());
        assert_eq!(tokens("a", 1).check(&other_audience, NOW), Err(TokenError::Invalid));
        let no_audience = signed(&header(), |c| drop(c.as_object_mut().unwrap().remove("aud")));
        assert_eq!(tokens("a", 1).check(&no_audience, NOW), Err(TokenError::Invalid));
        let other_type = signed(&Header::new(ALGORITHM), |_| ());
        assert_eq!(tokens("a", 1).check(&other_type, NOW), Err(TokenError::Invalid), "typ JWT");
    }

    #[test]
    fn the_algorithm_is_not_the_tokens_to_choose() {
        let public = SigningKey::from_bytes(&[1; 32]).verifying_key();
        let ours = tokens("a", 1).issue(lin(), NOW).unwrap();
        let claims = ours.split('.').nth(1).unwrap();
        // {"typ":"at+jwt","alg":"none"}
        let none = format!("eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJub25lIn0.{claims}.");
        assert_eq!(tokens("a", 1).check(&none, NOW), Err(TokenError::Invalid));
        let hmac_header = Header { typ: Some(TYP.to_owned()), ..Header::new(Algorithm::HS256) };
        let body = serde_json::json!({
            "iss": "doorstep:a", "aud": AUDIENCE, "sub": lin().person, "by": lin().by, "exp": seconds(NOW) + 60,
        });
        let hmac = jsonwebtoken::encode(&hmac_header, &body, &EncodingKey::from_secret(public.as_bytes())).unwrap();
        assert_eq!(tokens("a", 1).check(&hmac, NOW), Err(TokenError::Invalid), "public key as HMAC secret");
        let mut cut = ours.clone();
        cut.pop();
        assert_eq!(tokens("a", 1).check(&cut, NOW), Err(TokenError::Invalid));
        assert_eq!(tokens("a", 1).check("", NOW), Err(TokenError::Invalid));
    }
}
