//! Passwords of people who work at a console: argon2id, and as slow for a login that nobody has.

use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;

use crate::random::Random;

/// Fewest characters of a password. Length is what helps (NIST SP 800-63B); nothing is asked of its characters.
pub(crate) const LEAST_CHARS: usize = 10;
/// Most bytes that are hashed.
const MOST_BYTES: usize = 1024;
/// 19 MiB, two passes, one lane: what OWASP names as the least for argon2id.
const COST: (u32, u32, u32) = (19 * 1024, 2, 1);
/// So many hashes at once: each takes 19 MiB and a core.
static AT_ONCE: Semaphore = Semaphore::const_new(2);

/// Why a password cannot be set or checked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PasswordError {
    #[error("the password has fewer than {LEAST_CHARS} characters")]
    TooShort,
    #[error("the password has more than {MOST_BYTES} bytes")]
    TooLong,
    #[error("the password could not be hashed: {0}")]
    Hash(argon2::password_hash::Error),
}

/// The hash of a new password, in PHC notation.
pub(crate) fn hash(password: &str, random: &(dyn Random + 'static)) -> Result<String, PasswordError> {
    if password.chars().count() < LEAST_CHARS {
        return Err(PasswordError::TooShort);
    }
    if password.len() > MOST_BYTES {
        return Err(PasswordError::TooLong);
    }
    let hash =
        hasher()?.hash_password_with_salt(password.as_bytes(), &random.bytes::<16>()).map_err(PasswordError::Hash)?;
    Ok(hash.to_string())
}

/// Whether the password is the one of this hash. Without a hash (no such person) it takes as long, and is not.
pub(crate) async fn verify(password: String, hash: Option<String>) -> bool {
    if password.len() > MOST_BYTES {
        return false;
    }
    let Ok(_permit) = AT_ONCE.acquire().await else { return false };
    let check = move || {
        let (hash, known) = hash.map_or((NOBODY.to_owned(), false), |hash| (hash, true));
        let matches = hasher().is_ok_and(|argon| argon.verify_password(password.as_bytes(), hash.as_str()).is_ok());
        matches && known
    };
    tokio::task::spawn_blocking(check).await.unwrap_or(false)
}

/// The hash of a password that is not kept, with the cost of real ones.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

fn hasher() -> Result<Argon2<'static>, PasswordError> {
    let (memory, passes, lanes) = COST;
    let params = Params::new(memory, passes, lanes, None).map_err(|e| PasswordError::Hash(e.into()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SeededRandom;

    #[tokio::test]
    async fn only_the_password_itself_opens() {
        let hash = hash("correct horse 电池", &SeededRandom::new(1)).unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(verify("correct horse 电池".into(), Some(hash.clone())).await);
        assert!(!verify("correct horse".into(), Some(hash)).await);
    }

    #[tokio::test]
    async fn nobody_has_no_password() {
        assert!(argon2::password_hash::phc::PasswordHash::new(NOBODY).is_ok(), "or it would answer at once");
        assert!(!verify(String::new(), None).await);
    }

    #[test]
    fn a_short_password_is_refused() {
        assert!(matches!(hash("neunzehn9", &SeededRandom::new(1)), Err(PasswordError::TooShort)));
        assert!(matches!(hash(&"x".repeat(2000), &SeededRandom::new(1)), Err(PasswordError::TooLong)));
    }
}
