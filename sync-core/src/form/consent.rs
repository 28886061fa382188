//! What an elder agreed to, purpose by purpose.

use std::collections::BTreeSet;

use minicbor::{Decode, Encode};

use super::editor::Editor;
use super::message::{Level, Message};
use super::seen::Scene;
use super::{Fill, filled, text};
use crate::edit::{FieldOp, Value};
use crate::entity::Kind;
use crate::event::{Consent, ConsentMethod, ConsentState, EventBody, PhotoHash, Purpose};
use crate::id::EntityId;
use crate::limits;
use crate::time::Timestamp;

/// One or more statements of one elder.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ConsentForm {
    /// The elder.
    #[n(0)]
    pub elder: EntityId,
    /// The statements, one for each purpose.
    #[n(1)]
    pub consents: Vec<ConsentEntry>,
    /// Who, where, photos.
    #[n(2)]
    pub scene: Scene,
}

/// One statement for one purpose.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ConsentEntry {
    /// For what.
    #[n(0)]
    pub purpose: Purpose,
    /// What was said.
    #[n(1)]
    pub state: ConsentState,
    /// How.
    #[n(2)]
    pub method: ConsentMethod,
    /// Hash of the signed paper.
    #[n(3)]
    pub paper: Option<PhotoHash>,
    /// The witness, or the guardian.
    #[n(4)]
    pub witness: String,
    /// Until when.
    #[n(5)]
    pub valid_to: Option<Timestamp>,
    /// With whom it may be shared.
    #[n(6)]
    pub receivers: Vec<String>,
    /// What "limited" leaves out.
    #[n(7)]
    pub limits: String,
}

impl ConsentEntry {
    /// A statement made by word of mouth before this witness.
    #[must_use]
    pub fn spoken(purpose: Purpose, state: ConsentState, witness: &str) -> Self {
        Self {
            purpose,
            state,
            method: ConsentMethod::VerbalWithWitness,
            paper: None,
            witness: witness.to_owned(),
            valid_to: None,
            receivers: Vec::new(),
            limits: String::new(),
        }
    }
}

impl Fill for ConsentForm {
    fn about(&self) -> Vec<EntityId> {
        vec![self.elder]
    }

    fn fill(&self, editor: &mut Editor<'_>) {
        editor.about(self.elder);
        editor.known("elder", self.elder, Kind::Elder);
        if self.consents.is_empty() {
            editor.say(Message::required("consents"));
        }
        put_consents(editor, self.elder, &self.consents, &self.scene);
    }
}

/// Writes the statements: each an event of its own, so that a grant after a refusal counts, and the field it sets.
pub(super) fn put_consents(editor: &mut Editor<'_>, elder: EntityId, consents: &[ConsentEntry], scene: &Scene) {
    let mut purposes = BTreeSet::new();
    for entry in consents {
        if !purposes.insert(entry.purpose) {
            let (zh, en) = ("同一用途填了两次", "This purpose is answered twice");
            editor.say(Message::new(Level::Error, "answered_twice", &entry.field(""), zh, en));
            continue;
        }
        entry.check(editor);
        let (purpose, state) = (entry.purpose.code(), entry.state.code());
        entry.share(editor, elder);
        // Of the scene's photos the paper is named by the statement itself; the rest is the visit's.
        let scene = Scene { photos: entry.paper.into_iter().collect(), amends: None, ..scene.clone() };
        // Linked files are asked about together: each that holds a word on it gets this one, with its event.
        for elder in editor.seen().to_name(elder, "consent", Some(purpose)) {
            editor.put(elder, Kind::Elder, FieldOp::put_element("consent", purpose, text(state)));
            editor.event(elder, &scene, EventBody::Consent(entry.said()));
        }
    }
}

impl ConsentEntry {
    fn field(&self, name: &str) -> String {
        format!("consents/{}{}{name}", self.purpose, if name.is_empty() { "" } else { "/" })
    }

    fn gives(&self) -> bool {
        self.state <= ConsentState::Limited
    }

    /// It is about giving data to others, who then have to be named.
    fn is_sharing(&self) -> bool {
        matches!(
            self.purpose,
            Purpose::FamilyShare | Purpose::HealthCenterShare | Purpose::CivilAffairsShare | Purpose::VolunteerShare
        )
    }

    fn check(&self, editor: &mut Editor<'_>) {
        editor.text(&self.field("witness"), &self.witness, false);
        editor.text(&self.field("limits"), &self.limits, true);
        if self.state == ConsentState::NotAsked {
            let (zh, en) = ("没有询问就不必填写", "What was not asked needs no statement");
            editor.say(Message::new(Level::Error, "not_asked", &self.field("state"), zh, en));
        }
        if self.method != ConsentMethod::Paper && self.gives() {
            editor.required(&self.field("witness"), &self.witness);
        }
        if self.method == ConsentMethod::Paper && self.gives() && self.paper.is_none() {
            let (zh, en) = ("请拍下签字的同意书", "Please photograph the signed paper");
            editor.say(Message::new(Level::Warning, "no_paper", &self.field("paper"), zh, en));
        }
        if self.state == ConsentState::Limited {
            editor.required(&self.field("limits"), &self.limits);
        }
        if self.gives() && self.is_sharing() && self.receivers.iter().all(|name| filled(name).is_none()) {
            let (zh, en) = ("提供给谁,需逐一写明", "Those who receive it must be named");
            editor.say(Message::new(Level::Error, "no_receiver", &self.field("receivers"), zh, en));
        }
        if self.receivers.len() > limits::PEOPLE {
            editor.say(Message::too_many(&self.field("receivers")));
        }
        if self.gives() && self.valid_to.is_some_and(|until| until <= editor.circumstances().now) {
            let (zh, en) = ("有效期已经过去", "It has run out already");
            editor.say(Message::new(Level::Error, "date_passed", &self.field("valid_to"), zh, en));
        }
    }

    /// Keeps the list of receivers with the consent: a grant adds those it names, a refusal removes all.
    fn share(&self, editor: &mut Editor<'_>, elder: EntityId) {
        let prefix = format!("{}:", self.purpose);
        if self.gives() {
            let names: BTreeSet<&str> = self.receivers.iter().filter_map(|name| filled(name)).collect();
            for name in names {
                let element = format!("{prefix}{name}");
                editor.put(elder, Kind::Elder, FieldOp::put_element("share_list", &element, Value::Bool(true)));
            }
            return;
        }
        let members = editor.seen().members(elder, "share_list");
        for element in members.iter().filter(|element| element.starts_with(&prefix)) {
            editor.put_linked(elder, Kind::Elder, &FieldOp::put_element("share_list", element, Value::Bool(false)));
        }
    }

    fn said(&self) -> Consent {
        Consent {
            purpose: self.purpose,
            state: self.state,
            method: self.method,
            paper: self.paper,
            witness: filled(&self.witness).map(str::to_owned),
            valid_to: self.valid_to,
            receivers: self.receivers.iter().filter_map(|name| filled(name)).map(str::to_owned).collect(),
            limits: filled(&self.limits).map(str::to_owned),
        }
    }
}
