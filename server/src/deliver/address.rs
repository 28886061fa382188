//! Where deliveries may go. Only whoever runs the installation names addresses; still, what leaves the house in the
//! clear has to be said on purpose.

use std::net::IpAddr;

/// Why an address cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// It is none.
    #[error("an address begins with https:// and names a host, without user or fragment")]
    NotAnAddress,
    /// It is not encrypted and leaves this machine.
    #[error("http:// leaves this machine in the clear: use https://, or say --allow-http on purpose")]
    InTheClear,
}

/// Checks an address.
///
/// # Errors
/// [`AddressError`]
pub(crate) fn check(url: &str, allow_http: bool) -> Result<(), AddressError> {
    let uri: ureq::http::Uri = url.parse().map_err(|_| AddressError::NotAnAddress)?;
    let host = uri.host().filter(|host| !host.is_empty()).ok_or(AddressError::NotAnAddress)?;
    let has_user = uri.authority().is_some_and(|authority| authority.as_str().contains('@'));
    if has_user || url.contains('#') || url.len() > LONGEST {
        return Err(AddressError::NotAnAddress);
    }
    match uri.scheme_str() {
        Some("https") => Ok(()),
        Some("http") if allow_http || is_this_machine(host) => Ok(()),
        Some("http") => Err(AddressError::InTheClear),
        _ => Err(AddressError::NotAnAddress),
    }
}

/// Longest address, in bytes.
const LONGEST: usize = 2048;

fn is_this_machine(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare.eq_ignore_ascii_case("localhost") || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_the_clear_only_to_this_machine() {
        for url in ["https://pager.example.org/x?y=1", "http://127.0.0.1:9/x", "http://[::1]:9/", "http://localhost/"] {
            assert_eq!(check(url, false), Ok(()), "{url}");
        }
        let clear = ["http://pager.example.org/", "http://10.0.0.1/", "http://127.0.0.1.example.org/"];
        for url in clear {
            assert_eq!(check(url, false), Err(AddressError::InTheClear), "{url}");
            assert_eq!(check(url, true), Ok(()), "{url}");
        }
        for url in ["", "pager", "/x", "ftp://x/", "file:///etc/passwd", "https://", "https://u:p@x/", "https://x/#y"] {
            assert_eq!(check(url, true), Err(AddressError::NotAnAddress), "{url}");
        }
    }
}
