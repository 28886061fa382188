//! What people at a console say of flags: a decision, an explanation. Submissions like those of phones.

use sync_core::author::Role;
use sync_core::edit::{Base, Edit, FieldOp, State, Value};
use sync_core::entity::{Kind, flag_review};
use sync_core::form::{flag_decision, new_flag_review};
use sync_core::id::{CaseloadId, EntityId, FlagId, SubmissionId};
use sync_core::refer;
use sync_core::submission::Part;
use sync_core::time::Timestamp;

use super::{Actor, Flow, FlowError, Result};
use crate::db::key::Keyring;
use crate::db::{Tx, document, flag};

/// What somebody says of a flag.
pub enum OfFlag {
    /// Whether it is right.
    Decision {
        /// It is; else it is dismissed as long as its evidence stays the same.
        confirm: bool,
        /// Why.
        reason: String,
        /// How much of what others said was seen: the version of the review. What came later is contradicted, not
        /// replaced.
        seen: u32,
    },
    /// How it came to be.
    Explanation(String),
}

impl Flow {
    /// Records what somebody says of a flag, with all that follows. Gives the submission that it became.
    ///
    /// # Errors
    /// [`FlowError::NotFound`] when the flag is not in this caseload; [`FlowError::Refused`] when the role may not, or
    /// when more was seen than there is.
    pub async fn of_flag(
        &self,
        tx: &mut Tx,
        caseload: CaseloadId,
        actor: Actor,
        now: Timestamp,
        (id, said): (FlagId, OfFlag),
    ) -> Result<SubmissionId> {
        let mut keys = self.keys();
        let kept = flag::one(tx, &mut keys, caseload, id).await?.ok_or(FlowError::NotFound)?;
        let review = flag_review::id(id);
        let known = document::projection(tx, &mut keys, caseload, review).await?.map_or(0, |known| known.version);
        let mut parts = Vec::new();
        let (seen, ops) = match said {
            OfFlag::Decision { confirm, reason, seen } => {
                if actor.role == Role::Supervisor {
                    parts = on_referrals(tx, &mut keys, caseload, kept.root, id, confirm).await?;
                }
                (seen, flag_decision(&kept.flag.flagged.evidence, confirm, &reason).to_vec())
            }
            OfFlag::Explanation(text) => {
                let (_, submission) = self.next_act(tx, caseload, actor).await?;
                (known, vec![FieldOp::put_element("explanation", &submission.to_string(), Value::Text(text))])
            }
        };
        let new = (known == 0).then(|| new_flag_review(id, kept.flag.subject)).into_iter().flatten();
        let base = Base { version: seen, seen: Vec::new() };
        let kind = Kind::FlagReview.code().to_owned();
        parts.push(Part::edit(&Edit { entity: review, kind, base, ops: new.chain(ops).collect() }));
        self.submit(tx, caseload, actor, now, parts).await
    }
}

/// The same word on the referrals that the flag opened, where dispatchers see it. For a place it gates nothing; what is about
/// a person waits for it, and goes when it is a yes, but for what waits for a consent as well: that goes when it is given.
async fn on_referrals(
    tx: &mut Tx,
    keys: &mut Keyring,
    caseload: CaseloadId,
    root: EntityId,
    flag: FlagId,
    right: bool,
) -> Result<Vec<Part>> {
    let flag = flag.to_string();
    let of_flag = |json: &serde_json::Value| field(json, "flag").is_some_and(|named| named == flag.as_str());
    let file = document::projections_of_file(tx, keys, caseload, root).await?;
    let referrals = file.into_iter().filter(|entity| entity.kind == Kind::Referral.code() && of_flag(&entity.json));
    let edit = |known: document::Projected| {
        let mut ops = vec![FieldOp::put("confirmed_by_supervisor", Value::Bool(right))];
        let waits = field(&known.json, "held_for_consent").is_some_and(|purpose| purpose != "");
        if let Some(state) = known.state.filter(|state| right && !waits && state.rank == refer::DRAFT) {
            ops.push(FieldOp::put("state", Value::State(State::new(state.round, refer::SUBMITTED))));
        }
        let base = Base { version: known.version, seen: Vec::new() };
        Edit { entity: known.entity, kind: known.kind, base, ops }
    };
    Ok(referrals.map(edit).map(|edit| Part::edit(&edit)).collect())
}

/// The value of a field in a projection.
fn field<'j>(json: &'j serde_json::Value, name: &str) -> Option<&'j serde_json::Value> {
    let fields = json["fields"].as_array()?;
    Some(&fields.iter().find(|field| field["name"] == name)?["value"])
}
