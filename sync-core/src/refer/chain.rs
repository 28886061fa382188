//! Who stood behind a referral at each step: the submissions that it rests on, and what each of them did. It follows from the
//! files, so that every replica names the same; who wrote them, when, and what proves it, is in their entries of the log.

use std::collections::BTreeSet;

use super::{DISPATCHED, rank_code};
use crate::case::text_of;
use crate::code::coded;
use crate::document::Document;
use crate::edit::State;
use crate::entity::flag_review;
use crate::event::{EventBody, FlagStanding, Reply};
use crate::flag::Linked;
use crate::id::{EntityId, EventId, FlagId, SubmissionId};

coded! {
    /// What a submission did for a referral or its slip.
    Did {
        /// Told what was seen, of which the flag speaks.
        Seen = 0 "seen",
        /// The flag was raised.
        Flagged = 1 "flagged",
        /// The flag ended, was withdrawn or dismissed.
        StoodDown = 2 "stood_down",
        /// Somebody decided on the flag.
        Judged = 3 "judged",
        /// The referral was opened, or the slip arrived.
        Opened = 4 "opened",
        /// It was submitted for dispatch.
        Submitted = 5 "submitted",
        /// It went to a desk.
        Dispatched = 6 "dispatched",
        /// The desk has it.
        Accepted = 7 "accepted",
        /// Somebody looks into it.
        Checking = 8 "checking",
        /// The desk answered.
        Replied = 9 "replied",
        /// The desk put another answer in its place.
        Corrected = 10 "corrected",
        /// Somebody looked whether the answer is true.
        Confirmed = 11 "confirmed",
        /// It was closed.
        Closed = 12 "closed",
        /// The desk does not take it on.
        NotAccepted = 13 "not_accepted",
        /// The desk gave it back.
        Returned = 14 "returned",
        /// The organisation took it back, or would have.
        TookBack = 15 "took_back",
        /// The desk asked something.
        Asked = 16 "asked",
        /// The organisation answered that.
        Supplied = 17 "supplied",
        /// A slip about a person was opened.
        OpenedSlip = 18 "opened_slip",
        /// A paper of the department was written down.
        Transcribed = 19 "transcribed",
        /// Something else was written on the slip.
        Noted = 20 "noted",
        /// Held work was accepted by a person.
        LetIn = 21 "let_in",
    }
}

/// Something that a submission did.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Stood {
    /// The submission.
    pub submission: SubmissionId,
    /// What it did.
    pub did: Did,
    /// Of which round; none for what is of the referral as a whole.
    pub round: Option<u16>,
}

/// What a referral rests on, and what happened to it; in no order but that of ids. Nothing for one that is not there.
#[must_use]
pub fn stood_behind(files: &Linked<'_>, referral: EntityId) -> BTreeSet<Stood> {
    let mut found = BTreeSet::new();
    let documents = || files.values().map(|file| &file.documents);
    let Some(document) = documents().find_map(|documents| documents.get(&referral)) else { return found };
    let flag = text_of(document, "flag").parse::<FlagId>().ok();
    let evidence: BTreeSet<EventId> = files
        .values()
        .filter_map(|file| file.flags.get(&flag?))
        .flat_map(|flag| flag.flagged.evidence.iter().copied())
        .collect();
    for recorded in files.values().flat_map(|file| &file.events) {
        let did = match &recorded.event.body {
            EventBody::Flagged(flagged) if Some(flagged.flag) == flag => {
                let raised = flagged.standing == FlagStanding::Raised;
                Some((if raised { Did::Flagged } else { Did::StoodDown }, None))
            }
            _ if evidence.contains(&recorded.event.id) => Some((Did::Seen, None)),
            body if recorded.event.subject == referral => of_event(body),
            _ => None,
        };
        found.extend(did.map(|(did, round)| Stood { submission: recorded.submission, did, round }));
    }
    found.extend(of_document(document).into_iter().filter(|stood| [Did::Opened, Did::Submitted].contains(&stood.did)));
    let review = flag.and_then(|flag| documents().find_map(|documents| documents.get(&flag_review::id(flag))));
    let decided = review
        .into_iter()
        .flat_map(Document::stamps)
        .filter(|stamp| flag_review::DECIDERS.contains(&stamp.author.role));
    found.extend(decided.map(|stamp| Stood { submission: stamp.submission, did: Did::Judged, round: None }));
    found
}

/// What happened to a slip, by the log of its desk.
#[must_use]
pub fn stood_at_desk(slip: &Document) -> BTreeSet<Stood> {
    of_document(slip)
}

/// What the edits of a document did.
fn of_document(document: &Document) -> BTreeSet<Stood> {
    let edits = document.stamps().enumerate().map(|(nth, stamp)| {
        let state = document.changed_to(stamp.submission, "state", None).and_then(|value| value.as_state());
        let (did, round) = match state {
            _ if nth == 0 => (Did::Opened, None),
            Some(state) => entered(state),
            None => (Did::Noted, None),
        };
        Stood { submission: stamp.submission, did, round }
    });
    edits.collect()
}

fn of_event(body: &EventBody) -> Option<(Did, Option<u16>)> {
    Some(match body {
        EventBody::Step(step) => entered(step.to),
        EventBody::Reply(Reply { round, corrects: Some(_), .. }) => (Did::Corrected, Some(*round)),
        EventBody::Reply(reply) => (Did::Replied, Some(reply.round)),
        EventBody::Confirmation(confirmation) => (Did::Confirmed, Some(confirmation.round)),
        EventBody::Withdrawal(withdrawal) => (Did::TookBack, Some(withdrawal.round)),
        EventBody::Question(question) => (Did::Asked, Some(question.round)),
        EventBody::Supplied(_) => (Did::Supplied, None),
        EventBody::SlipOpened(opened) => (Did::OpenedSlip, Some(opened.round)),
        EventBody::Transcribed(paper) => (Did::Transcribed, Some(paper.to.round)),
        _ => return None,
    })
}

fn entered(state: State) -> (Did, Option<u16>) {
    let did = Did::from_code(rank_code(state.rank)).unwrap_or(Did::Noted);
    // Until it goes to a desk, a referral has no round of its own.
    (did, (state.rank >= DISPATCHED).then_some(state.round))
}
