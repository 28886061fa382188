//! Hash chains: a change of any row of a log, or of its order, shows. Chains cover ciphertext, so that erasing an
//! entity (destroying its key) leaves them whole.

use sha2::{Digest as _, Sha256};
use sync_core::id::{CaseloadId, DeviceId, EntityId, PersonId};
use sync_core::time::Timestamp;

/// One link of a chain.
pub(crate) type Link = [u8; 32];

/// The link before the first entry of a caseload's log (`what` = "log"), read log ("read") or
/// alarms' log ("alarm").
pub(crate) fn genesis(what: &str, caseload: CaseloadId) -> Link {
    hashed(&[b"doorstep chain 1", what.as_bytes(), caseload.bytes()])
}

/// The link of one entry of the log.
pub(crate) fn of_entry(
    previous: &Link,
    seq: u64,
    received_at: Timestamp,
    kind: &str,
    header: &[u8],
    sealed_parts: &[&[u8]],
) -> Link {
    let parts: Vec<Link> = sealed_parts.iter().map(|sealed| Sha256::digest(sealed).into()).collect();
    let mut fields: Vec<&[u8]> = vec![previous];
    let (seq, received_at) = (seq.to_be_bytes(), received_at.millis().to_be_bytes());
    let header = hashed(&[header]);
    fields.extend([&seq[..], &received_at, kind.as_bytes(), &header]);
    fields.extend(parts.iter().map(|part| &part[..]));
    hashed(&fields)
}

/// One look at somebody's file.
#[derive(Clone, Copy)]
pub struct Read<'a> {
    /// When.
    pub at: Timestamp,
    /// Who looked.
    pub person: PersonId,
    /// With which device, if not at a console.
    pub device: Option<DeviceId>,
    /// At what; a download of a caseload has none.
    pub subject: Option<EntityId>,
    /// Which view: `premises`, `referral`, `download`…
    pub what: &'a str,
    /// Whether it was there for them; a look at what is not theirs is answered 404 and recorded.
    pub found: bool,
    /// How many files a list showed; none for a look at one.
    pub shown: Option<u64>,
}

/// The link of one entry of the read log.
pub(crate) fn of_read(previous: &Link, n: u64, read: &Read<'_>) -> Link {
    let (n, at) = (n.to_be_bytes(), read.at.millis().to_be_bytes());
    let (found, shown) = ([u8::from(read.found)], read.shown.map(u64::to_be_bytes));
    let mut fields: Vec<&[u8]> = vec![
        previous,
        &n,
        &at,
        read.person.bytes(),
        read.device.as_ref().map_or(&[][..], |device| device.bytes()),
        read.subject.as_ref().map_or(&[][..], |subject| subject.bytes()),
        read.what.as_bytes(),
        &found,
    ];
    // A look that showed no list has the link that it always had.
    fields.extend(shown.as_ref().map(|shown| &shown[..]));
    hashed(&fields)
}

/// Something that became of an alarm.
#[derive(Clone, Copy)]
pub(crate) struct OfAlarm<'a> {
    /// When.
    pub(crate) at: Timestamp,
    /// Its number in the caseload.
    pub(crate) alarm: u64,
    /// What.
    pub(crate) what: &'a str,
    /// The level that it had reached then.
    pub(crate) level: u8,
    /// Who was told, or who acknowledged it.
    pub(crate) person: Option<PersonId>,
    /// What was done about it, sealed.
    pub(crate) note: Option<&'a [u8]>,
}

/// The link of one entry of the alarms' log.
pub(crate) fn of_alarm(previous: &Link, n: u64, happened: &OfAlarm<'_>) -> Link {
    hashed(&[
        previous,
        &n.to_be_bytes(),
        &happened.at.millis().to_be_bytes(),
        &happened.alarm.to_be_bytes(),
        happened.what.as_bytes(),
        &[happened.level],
        happened.person.as_ref().map_or(&[][..], |person| person.bytes()),
        &hashed(&happened.note.map_or(vec![], |note| vec![note])),
    ])
}

/// SHA-256 over length-prefixed fields.
fn hashed(fields: &[&[u8]]) -> Link {
    let mut hash = Sha256::new();
    for field in fields {
        hash.update((field.len() as u64).to_be_bytes());
        hash.update(field);
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_of_an_entry_is_covered() {
        let caseload = CaseloadId::from_bytes([1; 16]);
        let first = genesis("log", caseload);
        let at = Timestamp::from_millis(5);
        let link = of_entry(&first, 1, at, "submission", b"header", &[b"part"]);
        let others = [
            of_entry(&genesis("read", caseload), 1, at, "submission", b"header", &[b"part"]),
            of_entry(&first, 2, at, "submission", b"header", &[b"part"]),
            of_entry(&first, 1, Timestamp::from_millis(6), "submission", b"header", &[b"part"]),
            of_entry(&first, 1, at, "decision", b"header", &[b"part"]),
            of_entry(&first, 1, at, "submission", b"headed", &[b"part"]),
            of_entry(&first, 1, at, "submission", b"header", &[b"part", b"more"]),
            of_entry(&first, 1, at, "submission", b"header", &[b"trap"]),
            of_entry(&first, 1, at, "submission", b"header", &[b"pa", b"rt"]),
            of_entry(&first, 1, at, "submission", b"header", &[]),
        ];
        assert!(others.iter().all(|other| *other != link));
    }

    #[test]
    fn every_field_of_a_look_is_covered() {
        let first = genesis("read", CaseloadId::from_bytes([1; 16]));
        let (at, lin, chen) = (Timestamp::from_millis(5), PersonId::from_bytes([2; 16]), PersonId::from_bytes([3; 16]));
        let (device, subject) = (Some(DeviceId::from_bytes([4; 16])), Some(EntityId::from_bytes([5; 16])));
        let read = Read { at, person: lin, device, subject, what: "elders_list", found: true, shown: Some(3) };
        let link = of_read(&first, 1, &read);
        let others = [
            Read { at: Timestamp::from_millis(6), ..read },
            Read { person: chen, ..read },
            Read { device: None, ..read },
            Read { device: Some(DeviceId::from_bytes([6; 16])), ..read },
            Read { subject: None, ..read },
            Read { subject: Some(EntityId::from_bytes([6; 16])), ..read },
            Read { what: "elder", ..read },
            Read { found: false, ..read },
            Read { shown: Some(4), ..read },
            Read { shown: None, ..read },
        ];
        for (n, other) in others.iter().enumerate() {
            assert_ne!(of_read(&first, 1, other), link, "{n}");
        }
        assert_ne!(of_read(&first, 2, &read), link);
        assert_ne!(of_read(&link, 1, &read), link);
    }

    #[test]
    fn every_field_of_what_became_of_an_alarm_is_covered() {
        let first = genesis("alarm", CaseloadId::from_bytes([1; 16]));
        let (at, person) = (Timestamp::from_millis(5), Some(PersonId::from_bytes([2; 16])));
        let told = OfAlarm { at, alarm: 1, what: "told", level: 1, person, note: Some(b"sealed") };
        let link = of_alarm(&first, 1, &told);
        let others = [
            OfAlarm { at: Timestamp::from_millis(6), ..told },
            OfAlarm { alarm: 2, ..told },
            OfAlarm { what: "acknowledged", ..told },
            OfAlarm { level: 2, ..told },
            OfAlarm { person: None, ..told },
            OfAlarm { person: Some(PersonId::from_bytes([3; 16])), ..told },
            OfAlarm { note: None, ..told },
            OfAlarm { note: Some(b"healed"), ..told },
        ];
        for (n, other) in others.iter().enumerate() {
            assert_ne!(of_alarm(&first, 1, other), link, "{n}");
        }
        assert_ne!(of_alarm(&first, 2, &told), link);
        assert_ne!(of_alarm(&link, 1, &told), link);
    }
}
