//! Enums that have a number on the wire and a name everywhere else.

/// Declares a fieldless enum whose variants have a stable number (wire) and a stable code (JSON, policy files, texts).
macro_rules! coded {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $n:literal $code:literal,)* }) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug,
            minicbor::Encode, serde::Serialize, serde::Deserialize,
        )]
        #[cbor(index_only)]
        pub enum $name {
            $($(#[$vdoc])* #[n($n)] #[serde(rename = $code)] $variant,)*
        }

        impl $name {
            /// Every variant, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The stable code of this variant.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code),* }
            }

            /// The variant with this code.
            #[must_use]
            pub fn from_code(code: &str) -> Option<Self> {
                match code { $($code => Some(Self::$variant),)* _ => None }
            }
        }

        /// By hand, because the derived one has read the number when it finds it unknown, and a struct that then
        /// takes the optional field as absent skips one value more: its neighbour. This one stays before the number.
        impl<'b, C> minicbor::Decode<'b, C> for $name {
            fn decode(d: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
                let at = d.position();
                match d.i64()? {
                    $($n => Ok(Self::$variant),)*
                    unknown => {
                        d.set_position(at);
                        Err(minicbor::decode::Error::unknown_variant(unknown).at(at))
                    }
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.code())
            }
        }
    };
}
pub(crate) use coded;

#[cfg(test)]
mod tests {
    use crate::author::Role;

    #[derive(minicbor::Decode, Debug, PartialEq)]
    #[cbor(map)]
    struct Word {
        #[n(0)]
        first: Option<Role>,
        #[n(1)]
        second: Option<Role>,
        #[n(2)]
        length: u8,
    }

    #[test]
    fn an_unknown_optional_code_is_none_and_its_neighbours_stand() {
        let word = |first: u8, second: u8| {
            let bytes = minicbor::to_vec([first, second]).unwrap();
            let (first, second) = bytes[1..].split_at(if first < 24 { 1 } else { 2 });
            minicbor::decode::<Word>(&[&[0xa3, 0], first, &[1], second, &[2, 7]].concat()).unwrap()
        };
        assert_eq!(word(0, 1), Word { first: Some(Role::Worker), second: Some(Role::Supervisor), length: 7 });
        assert_eq!(word(23, 1), Word { first: None, second: Some(Role::Supervisor), length: 7 });
        assert_eq!(word(0, 99), Word { first: Some(Role::Worker), second: None, length: 7 });
    }
}
