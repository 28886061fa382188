//! A dwelling that has no file yet.

use minicbor::{Decode, Encode};

use super::Fill;
use super::editor::Editor;
use super::premises::{checked, put_point, put_texts};
use crate::edit::{FieldOp, Value};
use crate::entity::Kind;
use crate::id::EntityId;
use crate::identifier;
use crate::map_point::MapPoint;

/// A dwelling that has no file yet. Empty texts are not known.
#[derive(Clone, PartialEq, Eq, Default, Encode, Decode)]
#[cbor(map)]
pub struct NewDwelling {
    /// Where it is.
    #[n(0)]
    pub address: String,
    /// The code on the door plate.
    #[n(1)]
    pub unit_code: String,
    /// The floor.
    #[n(2)]
    pub floor: String,
    /// Whether there is a lift.
    #[n(3)]
    pub lift: Option<bool>,
    /// Kinds of building, as in the policy.
    #[n(4)]
    pub kinds: Vec<String>,
    /// What to know at the door.
    #[n(5)]
    pub door_note: String,
    /// Where it is on a map; kept to about 100 m.
    #[n(6)]
    pub map_point: Option<MapPoint>,
}

impl Fill for NewDwelling {
    fn about(&self) -> Vec<EntityId> {
        Vec::new()
    }

    fn fill(&self, editor: &mut Editor<'_>) {
        let id = editor.circumstances().entity("dwelling");
        editor.about(id);
        self.put(editor, id, "");
    }
}

impl NewDwelling {
    /// Writes the dwelling; `path` is where it stands in the form.
    pub(super) fn put(&self, editor: &mut Editor<'_>, id: EntityId, path: &str) {
        editor.required(&format!("{path}address"), &self.address);
        editor.text(&format!("{path}door_note"), &self.door_note, true);
        let unit_code = checked(editor, &format!("{path}unit_code"), identifier::Kind::UnitCode, &self.unit_code);
        let texts = [
            ("address", self.address.as_str()),
            ("unit_code", &unit_code),
            ("floor", &self.floor),
            ("door_note", &self.door_note),
        ];
        put_texts(editor, id, Kind::Dwelling, &texts);
        if let Some(lift) = self.lift {
            editor.put(id, Kind::Dwelling, FieldOp::put("lift", Value::Bool(lift)));
        }
        put_point(editor, id, Kind::Dwelling, (&format!("{path}map_point"), self.map_point));
        editor.put_members(id, Kind::Dwelling, "kinds", &self.kinds);
    }
}
