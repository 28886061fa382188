//! Which library this is. The generated bindings compare checksums of every function when they load it; the packages
//! compare this version with their own, so that a stale library is told from a changed one.

/// Which library this is.
#[derive(uniffi::Record)]
pub struct BuildInfo {
    /// The release.
    pub version: String,
    /// Checked arithmetic and assertions: a build for development, too slow and too large to ship.
    pub debug: bool,
    /// The layout of stores that this library writes.
    pub store: u8,
}

/// Which library this is. A package refuses a library of another release than its own.
#[must_use]
#[uniffi::export]
pub fn build_info() -> BuildInfo {
    BuildInfo {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        debug: cfg!(debug_assertions),
        store: doorstep_mobile::store::VERSION,
    }
}
