//! Dictionaries: text that both sides hold, so that small frames need not spell it out. Synthetic text only. A slot
//! never changes once released, and stays: old streams must decode. A better text is a new slot.

/// The newest slot.
pub(crate) const NEWEST: u8 = 1;

/// Field names and checklist codes behind the byte that precedes a text of their length in CBOR, and phrases of
/// shop inspections. What is most frequent stands last, where references to it are shortest.
const SHOPS: &[u8] = include_bytes!("dictionary/1.txt");

/// The text in a slot; slot 0 is none.
pub(crate) const fn slot(number: u8) -> Option<&'static [u8]> {
    match number {
        0 => Some(b""),
        1 => Some(SHOPS),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::submission::Digest;

    use super::*;

    #[test]
    fn released_slots_never_change() {
        let digests: Vec<String> = (0..=NEWEST).map(|n| Digest::of(slot(n).unwrap()).hex()[..16].to_owned()).collect();
        assert_eq!(digests, ["e3b0c44298fc1c14", "f4501bad4ffbbd8d"]);
        assert_eq!(slot(NEWEST + 1), None);
    }
}
