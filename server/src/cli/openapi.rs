//! `doorstep openapi`

use std::process::ExitCode;

use super::{CliError, Session};
use crate::router;

pub(super) fn run(mut session: Session) -> Result<ExitCode, CliError> {
    let document = serde_json::to_string_pretty(&router::openapi())?;
    session.out.line(document)?;
    Ok(ExitCode::SUCCESS)
}
