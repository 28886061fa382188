//! What the document of the API says beside its paths: what Doorstep is, how to authenticate, which problems there are.

use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Components, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, SecurityRequirement};

use crate::error::SHARED;

const SCHEME: &str = "access_token";

/// The document before its paths.
pub(crate) fn base() -> OpenApi {
    let codes: String = SHARED.iter().fold(String::new(), |text, problem| {
        text + &format!("| {} | `{}` | {} | {} |\n", problem.status, problem.code, problem.en, problem.zh)
    });
    let description = format!(
        "Records of social workers on the doorstep, referrals to the departments that may act, and their answers.\n\n\
         Errors are RFC 9457 problems (`application/problem+json`) with a stable `code` and the members `zh` and `en`. \
         What is not yours is answered like what is not there. Beside those that an operation names:\n\n\
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
    OpenApiBuilder::new()
        .info(info)
        .components(Some(components))
        .security(Some([SecurityRequirement::new(SCHEME, Vec::<String>::new())]))
        .build()
}
