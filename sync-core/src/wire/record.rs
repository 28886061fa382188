//! What messages carry without looking inside: encoded records and secrets. Neither shows its content in `Debug`.

use std::fmt;

use minicbor::decode::{Decode, Decoder, Error};
use minicbor::encode::{self, Encode, Encoder, Write};

use crate::limits;

/// A record as its author encoded it, so that fields unknown here survive.
#[derive(Clone, PartialEq, Eq, Default, minicbor::Encode, minicbor::Decode)]
#[cbor(transparent)]
pub struct Raw(#[cbor(n(0), with = "minicbor::bytes")] pub Vec<u8>);

/// A token or shared secret.
#[derive(Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(transparent)]
pub struct Secret(#[n(0)] pub String);

impl fmt::Debug for Raw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{} bytes]", self.0.len())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

/// The lists in messages, bounded: what is in memory may be much larger than the byte it takes on the wire.
pub(crate) mod list {
    use super::{Decode, Decoder, Encode, Encoder, Error, Write, encode, limits};

    pub(crate) fn encode<C, T: Encode<C>, W: Write>(
        list: &Vec<T>,
        e: &mut Encoder<W>,
        ctx: &mut C,
    ) -> Result<(), encode::Error<W::Error>> {
        list.encode(e, ctx)
    }

    pub(crate) fn decode<'b, C, T: Decode<'b, C>>(d: &mut Decoder<'b>, ctx: &mut C) -> Result<Vec<T>, Error> {
        let length = d.array()?.ok_or_else(|| Error::message("a list states its length"))?;
        if length > limits::SEGMENT_RECORDS as u64 {
            return Err(Error::message("too many records"));
        }
        // Not reserved ahead: the length is a claim until the records are there.
        let mut list = Vec::new();
        for _ in 0..length {
            list.push(T::decode(d, ctx)?);
        }
        Ok(list)
    }
}
