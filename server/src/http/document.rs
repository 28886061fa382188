//! What the document of the API says beside its paths: what Doorstep is, how to authenticate, which problems there are.

use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Components, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, SecurityRequirement};

use crate::error::{Problem, SHARED};
use crate::http::{
    acting, conflicts, deliveries, enrol, evaluation, hints, login, premises, ready, referrals, refresh, report, slips,
    sync, weather,
};
use crate::{auth, tls};

/// **The list of problems** beside those that every endpoint shares.
const PROBLEMS: &[&Problem] = &[
    &auth::DEVICE_SUSPENDED,
    &auth::SESSION_ENDED,
    &auth::credential::CREDENTIAL_ENDED,
    &auth::ACTING_MISSING,
    &auth::KEY_MISSING,
    &auth::KEY_REUSED,
    &login::WRONG_LOGIN,
    &login::TOO_MANY_ATTEMPTS,
    &refresh::REFRESH_REFUSED,
    &enrol::CODE_REFUSED,
    &enrol::KEY_REFUSED,
    &ready::STOPPING,
    &ready::NO_DATABASE,
    &ready::SCHEMA_TOO_NEW,
    &hints::TOO_MANY_STREAMS,
    &sync::NOT_SYNC,
    &sync::SYNC_TOO_NEW,
    &sync::UNKNOWN_DEVICE,
    &sync::NOT_SIGNED_BY_DEVICE,
    &acting::WRONG_STATE,
    &acting::ALREADY_DECIDED,
    &acting::NOT_THIS_DESK,
    &acting::NO_CONSENT,
    &acting::NOT_CONFIRMED,
    &acting::NOTHING_TO_CORRECT,
    &acting::QUESTION_OPEN,
    &acting::NO_SUCH_QUESTION,
    &acting::CANNOT_MERGE,
    &acting::TEXT_MISSING,
    &acting::TEXT_TOO_LONG,
    &referrals::dispatch::NO_SUCH_DESK,
    &slips::transcribe::NOT_A_DAY,
    &premises::link::SAME_FILE,
    &conflicts::settle::NOT_A_VALUE,
    &report::NOT_A_PERIOD,
    &evaluation::NOT_A_DRAW,
    &weather::declare::NO_SUCH_WEATHER,
    &weather::declare::NOT_A_SPELL,
    &weather::declare::ALERT_RUNNING,
    &tls::HTTPS_ONLY,
    &deliveries::NOT_DEAD,
    &deliveries::ADDRESS_GONE,
    &deliveries::NO_SUCH_STATE,
];

const SCHEME: &str = "access_token";
/// A desk's own credential.
const DESK_SCHEME: &str = "desk_credential";

/// The document before its paths.
pub(crate) fn base() -> OpenApi {
    let codes: String = SHARED.iter().chain(PROBLEMS).fold(String::new(), |text, problem| {
        text + &format!("| {} | `{}` | {} | {} |\n", problem.status, problem.code, problem.en, problem.zh)
    });
    let description = format!(
        "Records of social workers on the doorstep, referrals to the departments that may act, and their answers.\n\n\
         Errors are RFC 9457 problems (`application/problem+json`) with a stable `code` and the members `zh` and `en`. \
         What is not yours is answered like what is not there.\n\n\
         | status | code | en | zh |\n|---|---|---|---|\n{codes}"
    );
    let license = LicenseBuilder::new().name("MIT OR Apache-2.0").identifier(Some("MIT OR Apache-2.0")).build();
    let info = InfoBuilder::new()
        .title("Doorstep")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(description))
        .license(Some(license))
        .build();
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
    let mut components = Components::new();
    components.add_security_scheme(SCHEME, SecurityScheme::Http(bearer));
    let credential = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("doorstep_desk_…").description(Some(
        "A department's own system at its desk. Every request names in `Doorstep-Acting` who acts (UTF-8, percent-encoded); \
         every act has an `Idempotency-Key` of the system's own, the same when it is sent again: it is done once.",
    ));
    components.add_security_scheme(DESK_SCHEME, SecurityScheme::Http(credential.build()));
    OpenApiBuilder::new()
        .info(info)
        .components(Some(components))
        .security(Some([SecurityRequirement::new(SCHEME, Vec::<String>::new())]))
        .build()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::{Path, PathBuf};

    use super::*;

    fn sources(dir: &Path, found: &mut Vec<(PathBuf, String)>) {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, found);
            } else if path.extension().is_some_and(|ext| ext == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                found.push((path, text));
            }
        }
    }

    fn ours() -> Vec<(PathBuf, String)> {
        let mut found = Vec::new();
        sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
        found
    }

    #[test]
    fn every_problem_is_listed_with_a_code_of_its_own_in_both_languages() {
        let all: Vec<&Problem> = SHARED.iter().chain(PROBLEMS).copied().collect();
        let codes: BTreeSet<&str> = all.iter().map(|problem| problem.code).collect();
        assert_eq!(codes.len(), all.len(), "a code stands twice");
        for problem in &all {
            assert!(problem.zh.chars().any(|c| c > '\u{2e80}') && problem.en.is_ascii(), "{}", problem.code);
        }
        let declared = |text: &str| text.matches(concat!(": Problem", " =")).count();
        let declared: usize = ours().iter().map(|(_, text)| declared(text)).sum();
        assert_eq!(declared, all.len(), "a problem is not in the list");
    }

    /// Those who come without a scope: before anybody is known, or with a judgement of their own (sync).
    const WITHOUT_SCOPE: &[&str] =
        &["ready.rs", "login.rs", "refresh.rs", "enrol.rs", "journey.rs", "linked_journey.rs", "bench.rs"];

    #[test]
    fn no_handler_reaches_the_database_but_through_authorize() {
        let mut looked_at = 0;
        for (path, text) in ours().iter().filter(|(path, _)| path.components().any(|part| part.as_os_str() == "http")) {
            let name = path.file_name().unwrap().to_str().unwrap();
            let code = text.split(concat!("#[cfg", "(test)]")).next().unwrap();
            looked_at += 1;
            assert!(!code.contains(concat!(".db", "()")) || WITHOUT_SCOPE.contains(&name), "{}", path.display());
        }
        assert!(looked_at > 25);
    }
}
