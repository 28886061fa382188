//! A shop that has no file yet: the place, who runs it, and since when.

use minicbor::{Decode, Encode};

use super::editor::Editor;
use super::message::{Level, Message};
use super::{Fill, filled, text};
use crate::edit::{FieldOp, Value};
use crate::entity::Kind;
use crate::id::EntityId;
use crate::identifier;
use crate::map_point::{MapPoint, Unread};
use crate::time::Timestamp;

/// A shop that has no file yet. Empty texts are not known.
#[derive(Clone, PartialEq, Eq, Default, Encode, Decode)]
#[cbor(map)]
pub struct NewPremises {
    /// The name on the sign.
    #[n(0)]
    pub name: String,
    /// Where it is.
    #[n(1)]
    pub address: String,
    /// The code on the door plate.
    #[n(2)]
    pub unit_code: String,
    /// Kinds of premises, as in the policy.
    #[n(3)]
    pub kinds: Vec<String>,
    /// Floor area in square metres.
    #[n(4)]
    pub area_m2: Option<i64>,
    /// The floor.
    #[n(5)]
    pub floor: String,
    /// Whom to ask for.
    #[n(6)]
    pub contact_name: String,
    /// Under which number.
    #[n(7)]
    pub contact_phone: String,
    /// What to know at the door.
    #[n(8)]
    pub door_note: String,
    /// Opening hours.
    #[n(9)]
    pub hours: String,
    /// Who runs the business.
    #[n(10)]
    pub operator: Option<OperatorEntry>,
    /// Since when; now, when not said.
    #[n(11)]
    pub since: Option<Timestamp>,
    /// Where it is on a map.
    #[n(12)]
    pub map_point: Option<MapPoint>,
}

/// Who runs a business.
#[derive(Clone, PartialEq, Eq, Default, Encode, Decode)]
#[cbor(map)]
pub struct OperatorEntry {
    /// One that has a file already; the other fields then do not matter.
    #[n(0)]
    pub known: Option<EntityId>,
    /// The name on the licence.
    #[n(1)]
    pub name: String,
    /// The person or company behind it.
    #[n(2)]
    pub legal_name: String,
    /// The unified social credit code, as read.
    #[n(3)]
    pub uscc: String,
}

impl Fill for NewPremises {
    fn about(&self) -> Vec<EntityId> {
        self.operator.iter().filter_map(|operator| operator.known).collect()
    }

    fn fill(&self, editor: &mut Editor<'_>) {
        let id = editor.circumstances().entity("premises");
        editor.about(id);
        editor.required("name", &self.name);
        editor.required("address", &self.address);
        editor.text("door_note", &self.door_note, true);
        let unit_code = checked(editor, "unit_code", identifier::Kind::UnitCode, &self.unit_code);
        let phone = checked(editor, "contact_phone", identifier::Kind::Phone, &self.contact_phone);
        let texts = [
            ("name", self.name.as_str()),
            ("address", &self.address),
            ("unit_code", &unit_code),
            ("floor", &self.floor),
            ("hours", &self.hours),
            ("door_note", &self.door_note),
            ("contact_name", &self.contact_name),
            ("contact_phone", &phone),
        ];
        put_texts(editor, id, Kind::Premises, &texts);
        if let Some(area) = self.area_m2 {
            editor.put(id, Kind::Premises, FieldOp::put("area_m2", Value::Int(area)));
        }
        put_point(editor, id, Kind::Premises, ("map_point", self.map_point));
        for kind in &self.kinds {
            editor.put(id, Kind::Premises, FieldOp::put_element("kinds", kind, Value::Bool(true)));
        }
        if let Some(operator) = &self.operator {
            self.tenancy(editor, id, operator);
        }
    }
}

impl NewPremises {
    fn tenancy(&self, editor: &mut Editor<'_>, premises: EntityId, entry: &OperatorEntry) {
        let operator = match entry.known {
            Some(known) => {
                editor.known("operator", known, Kind::Operator);
                known
            }
            None => {
                editor.required("operator/name", &entry.name);
                let id = editor.circumstances().entity("operator");
                let uscc = checked(editor, "operator/uscc", identifier::Kind::Uscc, &entry.uscc);
                let texts = [("name", entry.name.as_str()), ("legal_name", &entry.legal_name), ("uscc", &uscc)];
                put_texts(editor, id, Kind::Operator, &texts);
                id
            }
        };
        let tenancy = editor.circumstances().entity("tenancy");
        let since = self.since.unwrap_or(editor.circumstances().start);
        editor.put(tenancy, Kind::Tenancy, FieldOp::put("premises", Value::Id(premises)));
        editor.put(tenancy, Kind::Tenancy, FieldOp::put("operator", Value::Id(operator)));
        editor.put(tenancy, Kind::Tenancy, FieldOp::put("from", Value::Int(since.millis())));
    }
}

pub(super) fn put_texts(editor: &mut Editor<'_>, entity: EntityId, kind: Kind, texts: &[(&str, &str)]) {
    for (field, value) in texts {
        if let Some(value) = filled(value) {
            editor.put(entity, kind, FieldOp::put(field, text(value)));
        }
    }
}

/// Puts where a place is on a map: of a home to about 100 m. Takes the name of the field in the form.
pub(super) fn put_point(
    editor: &mut Editor<'_>,
    entity: EntityId,
    kind: Kind,
    (field, point): (&str, Option<MapPoint>),
) {
    let Some(point) = point else { return };
    if !point.is_in_bounds() {
        editor.say(no_point(field, Unread::Outside));
        return;
    }
    let point = if kind == Kind::Dwelling { point.coarse() } else { point };
    editor.put(entity, kind, FieldOp::put("map_point", Value::Text(point.to_string())));
}

pub(super) fn no_point(field: &str, why: Unread) -> Message {
    let says = why.says();
    Message::new(Level::Error, why.code(), field, &says.zh, &says.en)
}

/// An identifier as it is kept: normalised, with a warning when it is doubtful, and never rejected at the door.
pub(super) fn checked(editor: &mut Editor<'_>, field: &str, kind: identifier::Kind, value: &str) -> String {
    let Some(value) = filled(value) else { return String::new() };
    let checked = identifier::check(kind, value);
    for warning in &checked.warnings {
        editor.say(Message::new(Level::Warning, warning.code, field, warning.zh, warning.en));
    }
    checked.normalised
}
