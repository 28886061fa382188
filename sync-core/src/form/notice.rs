//! The notice that was left: 温馨提示.

use minicbor::{Decode, Encode};

use super::editor::Editor;
use super::inspection::{Latest, latest};
use super::message::{Level, Message};
use super::seen::Scene;
use super::{Fill, filled};
use crate::edit::{FieldOp, State, Value};
use crate::entity::Kind;
use crate::entity::hazard::OPEN;
use crate::event::{EventBody, Notice, NoticeReceipt};
use crate::id::{EntityId, EventId};
use crate::limits;
use crate::time::Timestamp;

/// A notice for a shop.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct NoticeForm {
    /// The shop.
    #[n(0)]
    pub premises: EntityId,
    /// The inspection that it follows.
    #[n(1)]
    pub inspection: EventId,
    /// The items on it.
    #[n(2)]
    pub items: Vec<String>,
    /// How it was received.
    #[n(3)]
    pub receipt: NoticeReceipt,
    /// By when the shop was asked to put it right.
    #[n(4)]
    pub fix_by: Option<Timestamp>,
    /// When the worker comes back.
    #[n(5)]
    pub next_visit: Option<Timestamp>,
    /// A provisional number; the phone's next when empty.
    #[n(6)]
    pub number: String,
    /// Who, where, photos.
    #[n(7)]
    pub scene: Scene,
    /// The badge numbers of those who are there; the sheet leaves room for them when there are none.
    #[n(8)]
    #[cbor(default)]
    pub badges: Vec<String>,
    /// Whether a copy stays with the shop; none when nobody said.
    #[n(9)]
    pub copy_left: Option<bool>,
}

impl Fill for NoticeForm {
    fn about(&self) -> Vec<EntityId> {
        vec![self.premises]
    }

    fn fill(&self, editor: &mut Editor<'_>) {
        editor.about(self.premises);
        editor.known("premises", self.premises, Kind::Premises);
        if self.items.is_empty() {
            editor.say(Message::required("items"));
        }
        if self.items.len() > limits::ANSWERS {
            editor.say(Message::too_many("items"));
        }
        let start = editor.circumstances().start;
        for (field, at) in [("fix_by", self.fix_by), ("next_visit", self.next_visit)] {
            if at.is_some_and(|at| at < start) {
                let (zh, en) = ("日期已经过去", "This date has passed");
                editor.say(Message::new(Level::Warning, "date_passed", field, zh, en));
            }
        }
        if let Some(fix_by) = self.fix_by {
            for code in &self.items {
                if let Some(Latest { hazard, state: State { rank: OPEN, .. }, .. }) =
                    latest(editor.seen(), self.premises, code)
                {
                    editor.put_linked(hazard, Kind::Hazard, &FieldOp::put("due_at", Value::Int(fix_by.millis())));
                }
            }
        }
        let number = filled(&self.number).unwrap_or(&editor.circumstances().notice_number).to_owned();
        editor.text("number", &number, false);
        if self.badges.len() > limits::PEOPLE {
            editor.say(Message::too_many("badges"));
        }
        let badges: Vec<&str> = self.badges.iter().filter_map(|badge| filled(badge)).collect();
        for badge in &badges {
            editor.text("badges", badge, false);
        }
        let notice = Notice {
            inspection: self.inspection,
            number,
            items: self.items.clone(),
            receipt: self.receipt,
            fix_by: self.fix_by,
            next_visit: self.next_visit,
            badges: badges.into_iter().map(str::to_owned).collect(),
            copy_left: self.copy_left,
        };
        editor.event(self.premises, &self.scene, EventBody::Notice(notice));
    }
}
