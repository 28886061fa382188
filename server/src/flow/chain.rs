//! Who stood behind a referral at each step, from the log: each submission with its entry, its digest, and by what it is
//! known to be its author's.

use std::collections::BTreeSet;

use sync_core::author::{Author, Role};
use sync_core::document::Document;
use sync_core::id::{CaseloadId, EntityId, SubmissionId};
use sync_core::log::{Entry, EntryBody, Logged};
use sync_core::refer::{Did, Stood, stood_at_desk, stood_behind};
use sync_core::submission::Digest;
use sync_core::time::Timestamp;

use super::load;
use crate::audit::Link;
use crate::db::key::Keyring;
use crate::db::link::Slip;
use crate::db::{self, DbError, Tx, document, log, submission};

/// By what a submission is known to be its author's. What a phone signs is checked before anything of it is taken in, and the
/// signature is of the frame that it came in: the log keeps the digest (`sync-core/decisions/0002-signature-per-frame.md`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Vouched {
    /// Signed by the device's key, checked at receipt.
    Device,
    /// Signed by the author's device and brought by a colleague's; both checked at receipt.
    Carried,
    /// Done at the server by somebody who had signed in, or by a department's system with its credential.
    SignedIn,
    /// The desk spoke: its own log says who.
    Desk,
    /// The flow drew the consequence: `doorstep verify` draws it again.
    Flow,
}

/// One step.
pub(crate) struct Step {
    pub(crate) did: Did,
    pub(crate) round: Option<u16>,
    /// The entry in its log.
    pub(crate) seq: u64,
    pub(crate) received_at: Timestamp,
    pub(crate) author: Author,
    pub(crate) vouched: Vouched,
    pub(crate) submission: SubmissionId,
    /// Of what the author encoded.
    pub(crate) digest: Digest,
    /// The link of the log's chain at that entry.
    pub(crate) link: Link,
}

/// The steps of a referral by the log of its caseload, in order.
pub(crate) async fn of_referral(
    tx: &mut Tx,
    keys: &mut Keyring,
    caseload: CaseloadId,
    referral: EntityId,
) -> db::Result<Vec<Step>> {
    let Some(root) = document::root(tx, caseload, referral).await? else { return Ok(Vec::new()) };
    let files = load::linked(tx, keys, caseload, root).await?;
    steps(tx, caseload, stood_behind(&load::together(&files), referral)).await
}

/// The steps of a slip as its desk may see them: of the organisation's log what led to the slip, and nothing of other rounds
/// or of what happened since; and the desk's own log. Of a slip about a person nothing that came before the flag.
pub(crate) async fn of_slip(
    tx: &mut Tx,
    keys: &mut Keyring,
    slip: &Slip,
    of_a_person: bool,
) -> db::Result<(Vec<Step>, Vec<Step>)> {
    let mut outside = of_referral(tx, keys, slip.caseload, slip.referral).await?;
    let sent = outside.iter().find(|step| step.did == Did::Dispatched && step.round == Some(slip.round));
    let sent = sent.map_or(0, |step| step.seq);
    outside.retain(|step| {
        let told = !of_a_person || ![Did::Seen, Did::LetIn].contains(&step.did);
        told && step.seq <= sent && step.round.is_none_or(|round| round == slip.round)
    });
    let Some(bytes) = document::saved(tx, keys, slip.desk, slip.slip).await? else { return Ok((outside, Vec::new())) };
    let document = Document::load(&bytes).map_err(|_| DbError::Damaged("a document"))?;
    Ok((outside, steps(tx, slip.desk, stood_at_desk(&document)).await?))
}

async fn steps(tx: &mut Tx, caseload: CaseloadId, stood: BTreeSet<Stood>) -> db::Result<Vec<Step>> {
    let mut steps = Vec::with_capacity(stood.len());
    for Stood { submission, did, round } in stood {
        let Some(known) = submission::by_id(tx, caseload, submission).await? else { continue };
        steps.extend(step(tx, caseload, known.seq, (did, round)).await?);
        if let Some(decided) = known.decided_seq {
            steps.extend(step(tx, caseload, decided, (Did::LetIn, round)).await?);
        }
    }
    steps.sort_by_key(|step| (step.seq, step.did));
    steps.dedup_by_key(|step| (step.seq, step.did));
    Ok(steps)
}

async fn step(
    tx: &mut Tx,
    caseload: CaseloadId,
    seq: u64,
    (did, round): (Did, Option<u16>),
) -> db::Result<Option<Step>> {
    let stored =
        log::stored_after(tx, caseload, seq.saturating_sub(1), 1).await?.pop().filter(|it| it.entry.seq == seq);
    let Some(log::Stored { entry: Entry { received_at, body, .. }, chain: link, .. }) = stored else { return Ok(None) };
    let logged = match body {
        EntryBody::Submission(logged) => logged,
        // Whoever let it in signed in at a console; what they let in is the submission of the step before.
        EntryBody::Decision(decision) => {
            let Some(logged) = decision.logged else { return Ok(None) };
            let author = Author { person: decision.by, role: Role::Supervisor, ..logged.author };
            let Logged { id: submission, digest, .. } = logged;
            let vouched = Vouched::SignedIn;
            return Ok(Some(Step { did, round, seq, received_at, author, vouched, submission, digest, link }));
        }
        _ => return Ok(None),
    };
    let vouched = vouched(caseload, &logged);
    let Logged { id: submission, author, digest, .. } = logged;
    Ok(Some(Step { did, round, seq, received_at, author, vouched, submission, digest, link }))
}

fn vouched(caseload: CaseloadId, logged: &Logged) -> Vouched {
    let Author { device, person, role, number } = logged.author;
    if role == Role::System {
        Vouched::Flow
    } else if role == Role::Officer && device.bytes() == person.bytes() {
        Vouched::Desk
    } else if logged.carrier.is_some() {
        Vouched::Carried
    } else if logged.id == super::act::console_id(caseload, device, number) {
        Vouched::SignedIn
    } else {
        Vouched::Device
    }
}
