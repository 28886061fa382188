//! What people say of a flag, as the API shows it.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use sync_core::entity::{Kind, flag_review};
use sync_core::id::{CaseloadId, EntityId, EventId};

use crate::db::document::{self, Projected};
use crate::db::key::Keyring;
use crate::db::{self, Tx};

/// What people say of a flag.
#[derive(Default, Serialize, utoipa::ToSchema)]
pub(crate) struct Review {
    /// Says how much was said; whoever decides sends it back, so that what came later is not overlooked.
    version: u32,
    /// `confirm` or `dismiss`, on the evidence as it is now; left out while nobody has decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    decision: Option<String>,
    /// Two people contradict each other and neither had seen the other's word: someone has to decide again.
    conflict: bool,
    /// Why it was decided so: one reason a person, who had not seen the others'.
    reasons: Vec<Words>,
    /// What workers have to explain.
    explanations: Vec<Words>,
}

/// Somebody's words.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Words {
    /// The words.
    text: Value,
    /// Who said them.
    person: Value,
    /// In which role.
    role: Value,
    /// When, in milliseconds since 1970.
    at: Value,
}

impl Review {
    /// Whether somebody has decided on the evidence as it is, and nobody contradicts.
    pub(super) const fn is_decided(&self) -> bool {
        self.decision.is_some()
    }

    /// What this entity says of a flag that rests on this evidence.
    pub(super) fn of(said: Option<&Projected>, evidence: &[EventId]) -> Self {
        let Some(said) = said else { return Self::default() };
        let on = flag_review::on(evidence);
        let fields = |name: &'static str| {
            let all = said.json["fields"].as_array().into_iter().flatten();
            all.filter(move |field| field["name"] == name)
        };
        let on_this = |name| fields(name).find(|field| field["element"] == on);
        let decision = on_this("decision");
        let conflict = decision.is_some_and(|field| field["conflict"] == true);
        let reasons = on_this("reason").into_iter().flat_map(|field| {
            let others = field["others"].as_array().into_iter().flatten();
            std::iter::once(&field["said"]).chain(others)
        });
        Self {
            version: said.version,
            decision: decision.filter(|_| !conflict).and_then(|field| Some(field["value"].as_str()?.to_owned())),
            conflict,
            reasons: reasons.map(words).collect(),
            explanations: fields("explanation").map(|field| words(&field["said"])).collect(),
        }
    }
}

fn words(said: &Value) -> Words {
    let [text, person, role, at] = ["value", "person", "role", "at"].map(|name| said[name].clone());
    Words { text, person, role, at }
}

/// What people say of all flags of a caseload.
pub(super) async fn every(
    tx: &mut Tx,
    keys: &mut Keyring,
    caseload: CaseloadId,
) -> db::Result<BTreeMap<EntityId, Projected>> {
    let all = document::projections_of_kind(tx, keys, caseload, Kind::FlagReview, None, super::PAGE).await?;
    Ok(all.into_iter().map(|said| (said.entity, said)).collect())
}
