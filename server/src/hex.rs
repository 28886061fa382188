//! Bytes as lower-case hexadecimal text: keys, install ids and secrets in JSON, configuration and key files.

use std::fmt;
use std::str::FromStr;

/// `N` bytes that are written as `2 N` hexadecimal digits. Says nothing of its content in `Debug`: it may be a secret.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Hex<const N: usize>(pub [u8; N]);

/// A text that is not the hexadecimal form of so many bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected {digits} hexadecimal digits")]
pub struct NotHex {
    digits: usize,
}

impl<const N: usize> fmt::Display for Hex<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl<const N: usize> fmt::Debug for Hex<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{N} bytes")
    }
}

impl<const N: usize> FromStr for Hex<N> {
    type Err = NotHex;
    fn from_str(text: &str) -> Result<Self, NotHex> {
        let wrong = NotHex { digits: 2 * N };
        if text.len() != 2 * N || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(wrong);
        }
        let mut bytes = [0; N];
        for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
            let digits = std::str::from_utf8(digits).map_err(|_| wrong)?;
            *byte = u8::from_str_radix(digits, 16).map_err(|_| wrong)?;
        }
        Ok(Self(bytes))
    }
}

impl<const N: usize> serde::Serialize for Hex<N> {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de, const N: usize> serde::Deserialize<'de> for Hex<N> {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(d)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_bytes_round_trip_and_nothing_else_parses() {
        let hex = Hex([0_u8, 0xab, 0xff]);
        assert_eq!(hex.to_string(), "00abff");
        assert_eq!("00ABff".parse(), Ok(hex));
        for wrong in ["", "00abf", "00abfff", "+0abff", "00abfg", "0é0é"] {
            assert!(wrong.parse::<Hex<3>>().is_err(), "{wrong}");
        }
        assert_eq!(format!("{hex:?}"), "3 bytes");
    }
}
