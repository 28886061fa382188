//! Dictionaries: text that both sides hold, so that small frames need not spell it out. Synthetic text only. A slot
//! never changes once released, and stays: old streams must decode.

/// The newest slot.
pub(crate) const NEWEST: u8 = 0;

/// The text in a slot; slot 0 is none.
pub(crate) const fn slot(number: u8) -> Option<&'static [u8]> {
    match number {
        0 => Some(b""),
        _ => None,
    }
}
