//! The answers of a round. A desk that was mistaken answers again: the new answer counts, and the earlier ones are kept.
//! An answer that came by a second way beside the first, and corrects nothing, is a note.

use crate::case::{File, Recorded};
use crate::event::{Confirmation, EventBody, Reply};
use crate::id::EntityId;

/// The answers of one round of a referral.
pub struct Answers<'f> {
    /// The one that counts.
    pub counts: &'f Recorded,
    /// What it says.
    pub reply: &'f Reply,
    /// Those that it took the place of, oldest first.
    pub earlier: Vec<&'f Recorded>,
    /// The last word of somebody who went and saw.
    pub confirmed: Option<Confirmed<'f>>,
}

/// What somebody saw who went after an answer.
pub struct Confirmed<'f> {
    /// The event.
    pub recorded: &'f Recorded,
    /// What it says.
    pub said: &'f Confirmation,
    /// Of an answer that the desk has corrected since.
    pub before_correction: bool,
}

/// The answers of this round; `None` while there is none.
#[must_use]
pub fn answers(file: &File, referral: EntityId, round: u16) -> Option<Answers<'_>> {
    let of_this: Vec<&Recorded> = file.standing_events().filter(|known| known.event.subject == referral).collect();
    let mut given: Vec<(&Recorded, &Reply)> = Vec::new();
    for recorded in &of_this {
        match &recorded.event.body {
            EventBody::Reply(reply) if reply.round == round && (given.is_empty() || reply.corrects.is_some()) => {
                given.push((recorded, reply));
            }
            _ => {}
        }
    }
    let (counts, reply) = given.pop()?;
    let confirmed = of_this.iter().rev().find_map(|recorded| match &recorded.event.body {
        EventBody::Confirmation(said) if said.round == round => {
            // A phone of an earlier version does not say which answer its worker had read.
            let before_correction = match said.answer {
                Some(answer) => answer != counts.event.id,
                None => recorded.seq < counts.seq,
            };
            Some(Confirmed { recorded, said, before_correction })
        }
        _ => None,
    });
    Some(Answers { counts, reply, earlier: given.into_iter().map(|(recorded, _)| recorded).collect(), confirmed })
}
