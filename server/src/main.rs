//! The `doorstep` program. Everything is in the library, [`doorstep::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    doorstep::cli::main()
}
