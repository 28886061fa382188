//! Nobody was met.

use std::collections::BTreeSet;

use minicbor::{Decode, Encode};

use super::editor::Editor;
use super::message::{Level, Message};
use super::seen::Scene;
use super::{Fill, filled};
use crate::entity::Kind;
use crate::event::{Attempt, EventBody, Means, NotMet};
use crate::id::EntityId;
use crate::limits;
use crate::time::Timestamp;

/// An attempt that met nobody. It never counts as a visit.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct NotMetForm {
    /// The elder.
    #[n(0)]
    pub elder: EntityId,
    /// What was tried, in order.
    #[n(1)]
    pub tried: Vec<Attempt>,
    /// What the worker noticed.
    #[n(2)]
    pub note: String,
    /// When somebody tries again.
    #[n(3)]
    pub next_try: Option<Timestamp>,
    /// Who, where, photos.
    #[n(4)]
    pub scene: Scene,
}

impl Fill for NotMetForm {
    fn about(&self) -> Vec<EntityId> {
        vec![self.elder]
    }

    fn fill(&self, editor: &mut Editor<'_>) {
        editor.about(self.elder);
        let elder = editor.known("elder", self.elder, Kind::Elder);
        editor.text("note", &self.note, true);
        if self.tried.is_empty() {
            editor.say(Message::required("tried"));
        }
        if self.tried.len() > limits::PEOPLE {
            editor.say(Message::too_many("tried"));
        }
        let contacts = elder.map(|elder| elder.members("contacts")).unwrap_or_default();
        for (n, attempt) in (1..).zip(&self.tried) {
            if attempt.contact.as_ref().is_some_and(|contact| !contacts.contains(contact)) {
                let (zh, en) = ("档案里没有这位联系人", "The file has no such contact");
                let field = format!("tried/{n}/contact");
                editor.say(Message::new(Level::Error, "no_such_contact", &field, zh, en));
            }
        }
        self.advise(editor);
        if self.next_try.is_some_and(|at| at < editor.circumstances().start) {
            let (zh, en) = ("日期已经过去", "This date has passed");
            editor.say(Message::new(Level::Warning, "date_passed", "next_try", zh, en));
        }
        let not_met =
            NotMet { tried: self.tried.clone(), note: filled(&self.note).map(str::to_owned), next_try: self.next_try };
        editor.event(self.elder, &self.scene, EventBody::NotMet(not_met));
    }
}

impl NotMetForm {
    /// What is left to try; and that somebody must know when nothing is.
    fn advise(&self, editor: &mut Editor<'_>) {
        if self.tried.iter().any(|attempt| attempt.reached) {
            return;
        }
        let tried: BTreeSet<Means> = self.tried.iter().map(|attempt| attempt.means).collect();
        if [Means::Door, Means::Phone, Means::Contact].iter().all(|means| tried.contains(means)) {
            let (zh, en) = (
                "多方联系不上:请立即告知督导;有危险迹象先打110、120",
                "Cannot be reached by any means: tell your supervisor now; at any sign of danger call 110 and 120 first",
            );
            editor.say(Message::new(Level::Alarm, "not_reached", "tried", zh, en));
        } else if !self.tried.is_empty() {
            let (zh, en) = ("请再试电话和紧急联系人", "Please try the phone and the emergency contacts too");
            editor.say(Message::new(Level::Warning, "try_more", "tried", zh, en));
        }
    }
}
