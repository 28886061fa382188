//! The steps of a referral or a slip, as whoever reads may see them.

use serde::Serialize;
use sync_core::author::Role;
use sync_core::id::{PersonId, SubmissionId};
use sync_core::refer::Did;
use sync_core::words;

use crate::db::{self, Tx, person};
use crate::flow::chain::{Step, Vouched};
use crate::hex::Hex;
use crate::http::Moment;

/// Who stood behind a referral at one step. `doorstep verify` derives every step again from the log, and compares the links
/// with checkpoints that are kept elsewhere; a step that was changed or taken out afterwards has another link.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct StepShown {
    /// In whose log: `organisation` or `desk`.
    #[schema(example = "organisation")]
    log: &'static str,
    /// The entry in that log. Left out, like the link, where it is not the reader's log: it would tell how much is written there.
    #[serde(skip_serializing_if = "Option::is_none")]
    seq: Option<u64>,
    /// When the server took it in.
    #[schema(value_type = String, format = DateTime)]
    received_at: Moment,
    /// What was done: a stable code.
    #[schema(value_type = String, example = "dispatched")]
    did: Did,
    /// In Chinese.
    zh: String,
    /// In English.
    en: String,
    /// Of which round; left out for what is of the whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    round: Option<u16>,
    /// In which role.
    #[schema(value_type = String, example = "dispatcher")]
    role: Role,
    /// Who, for those who may know.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    person: Option<PersonId>,
    /// What they are called, for those who keep the files or sit at the same desk.
    #[serde(skip_serializing_if = "Option::is_none")]
    person_name: Option<String>,
    /// By what it is known to be theirs.
    vouched: Vouched,
    /// The submission; of what is not the reader's log only one that a phone signed.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    submission: Option<SubmissionId>,
    /// SHA-256 of what its author encoded, in hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    digest: Option<String>,
    /// The link of the log's hash chain at this entry, in hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<String>,
}

/// Whose log it is, as seen by its reader.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Log {
    /// The organisation's, for somebody in it.
    Organisation,
    /// The organisation's, for a desk. Numbers and ids that count up stay inside; what a worker's phone signed can be named.
    Outside,
    /// The desk's own.
    Desk,
}

/// Who is told of the people.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum People {
    /// Nobody is named.
    None,
    /// Their ids.
    Ids,
    /// Their ids and names.
    Names,
}

impl People {
    /// What this role in the organisation's caseload knows of its people: those who keep the files and dispatch know names, a
    /// worker the ids, the purchaser nobody.
    pub(crate) const fn known_to(role: Role) -> Self {
        match role {
            Role::Supervisor | Role::Steward | Role::Dispatcher => Self::Names,
            Role::Worker => Self::Ids,
            _ => Self::None,
        }
    }
}

/// The steps of one log.
pub(crate) async fn shown(tx: &mut Tx, log: Log, steps: Vec<Step>, people: People) -> db::Result<Vec<StepShown>> {
    let mut shown = Vec::with_capacity(steps.len());
    for Step { did, round, seq, received_at, author, vouched, submission, digest, link } in steps {
        // The flow is nobody, and a desk that speaks is no person.
        let somebody = !matches!(vouched, Vouched::Flow | Vouched::Desk);
        let person = Some(author.person).filter(|_| somebody && people != People::None);
        let person_name = match person.filter(|_| people == People::Names) {
            Some(id) => person::by_id(tx, id).await?.map(|person| person.name),
            None => None,
        };
        let says = words::did(did);
        let inside = log != Log::Outside;
        let named = inside || matches!(vouched, Vouched::Device | Vouched::Carried);
        shown.push(StepShown {
            log: if log == Log::Desk { "desk" } else { "organisation" },
            seq: inside.then_some(seq),
            received_at: received_at.into(),
            did,
            zh: says.zh,
            en: says.en,
            round,
            role: author.role,
            person,
            person_name,
            vouched,
            submission: named.then_some(submission),
            digest: named.then(|| digest.hex()),
            link: inside.then(|| Hex(link).to_string()),
        });
    }
    Ok(shown)
}
