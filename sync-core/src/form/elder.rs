//! An elder who has no file yet: who, where, whom to call, what may be shared.
//!
//! The resident id is read once: checked, used for birth date and sex, and kept as a keyed hash with its last four
//! characters. The full number leaves with the draft; this release does not hold it.

use std::collections::BTreeSet;

use minicbor::{Decode, Encode};

use super::consent::{ConsentEntry, put_consents};
use super::dwelling::NewDwelling;
use super::editor::Editor;
use super::message::{Level, Message};
use super::premises::{checked, put_texts};
use super::seen::Scene;
use super::{Fill, filled, text};
use crate::edit::{FieldOp, Value};
use crate::entity::Kind;
use crate::event::{ConsentState, Purpose};
use crate::id::EntityId;
use crate::identifier::{self, resident_id};
use crate::time::Day;

/// An elder who has no file yet. Empty texts are not known.
#[derive(Clone, PartialEq, Eq, Default, Encode, Decode)]
#[cbor(map)]
pub struct NewElder {
    /// The name in the register.
    #[n(0)]
    pub name: String,
    /// How the elder likes to be called.
    #[n(1)]
    pub preferred_name: String,
    /// `male` or `female`; from the resident id when empty.
    #[n(2)]
    pub sex: String,
    /// Day of birth, `1945-12-03`; from the resident id when empty.
    #[n(3)]
    pub birth: String,
    /// The resident id as read from the card. Not kept.
    #[n(4)]
    pub resident_id: String,
    /// Dialect.
    #[n(5)]
    pub dialect: String,
    /// What everybody who visits should know.
    #[n(6)]
    pub note: String,
    /// A dwelling that has a file already.
    #[n(7)]
    pub dwelling: Option<EntityId>,
    /// A dwelling that has none yet; does not matter beside [`Self::dwelling`].
    #[n(8)]
    pub new_dwelling: Option<NewDwelling>,
    /// With whom, a code of [`crate::entity::elder::LIVING`].
    #[n(9)]
    pub living_situation: String,
    /// A code of [`crate::entity::elder::MARITAL`].
    #[n(10)]
    pub marital: String,
    /// Codes of [`crate::entity::elder::DIFFICULTIES`].
    #[n(11)]
    pub difficulties: Vec<String>,
    /// Allergies.
    #[n(12)]
    pub allergies: Vec<String>,
    /// Diagnoses, ICD-10.
    #[n(13)]
    pub diagnoses: Vec<String>,
    /// Medicines.
    #[n(14)]
    pub medicines: Vec<String>,
    /// Devices at home: emergency button, oxygen…
    #[n(15)]
    pub devices: Vec<String>,
    /// Whom to call, first things first.
    #[n(16)]
    pub contacts: Vec<ContactEntry>,
    /// A code of [`crate::entity::elder::TIERS`].
    #[n(17)]
    pub risk_tier: String,
    /// A code of [`crate::entity::elder::CAPACITIES`].
    #[n(18)]
    pub capacity: String,
    /// A code of [`crate::entity::elder::EVACUATION`].
    #[n(19)]
    pub evacuation_help: String,
    /// What the elder agreed to.
    #[n(20)]
    pub consents: Vec<ConsentEntry>,
    /// Who was there, photos of signed papers.
    #[n(21)]
    pub scene: Scene,
}

/// Somebody to call.
#[derive(Clone, PartialEq, Eq, Default, Encode, Decode)]
#[cbor(map)]
pub struct ContactEntry {
    /// The name.
    #[n(0)]
    pub name: String,
    /// How related.
    #[n(1)]
    pub relation: String,
    /// The number.
    #[n(2)]
    pub phone: String,
    /// Has a key to the dwelling.
    #[n(3)]
    pub has_key: bool,
}

impl ContactEntry {
    /// The element of the contact's fields: two phones that enter the same name make the same contact.
    #[must_use]
    pub fn id(elder: EntityId, name: &str) -> String {
        let name = crate::flag::normal(name);
        EntityId::derived("contact", &[elder.bytes(), name.as_bytes()]).to_string()
    }
}

impl Fill for NewElder {
    fn about(&self) -> Vec<EntityId> {
        self.dwelling.into_iter().collect()
    }

    fn fill(&self, editor: &mut Editor<'_>) {
        let id = editor.circumstances().entity("elder");
        editor.about(id);
        editor.required("name", &self.name);
        editor.text("note", &self.note, true);
        let texts = [
            ("name", self.name.as_str()),
            ("preferred_name", &self.preferred_name),
            ("dialect", &self.dialect),
            ("note_short", &self.note),
            ("living_situation", &self.living_situation),
            ("marital", &self.marital),
            ("risk_tier", &self.risk_tier),
            ("capacity", &self.capacity),
        ];
        put_texts(editor, id, Kind::Elder, &texts);
        editor.put(id, Kind::Elder, FieldOp::put("life_state", text("active")));
        self.person(editor, id);
        for (field, members) in [
            ("difficulty_kinds", &self.difficulties),
            ("allergies", &self.allergies),
            ("diagnoses", &self.diagnoses),
            ("medicines", &self.medicines),
            ("devices", &self.devices),
        ] {
            editor.put_members(id, Kind::Elder, field, members);
        }
        self.contacts(editor, id);
        self.home(editor, id);
        self.consents(editor, id);
    }
}

impl NewElder {
    /// Who it is: what the card says, unless the form says otherwise.
    fn person(&self, editor: &mut Editor<'_>, id: EntityId) {
        let today = editor.circumstances().now.civil().date();
        let card = checked(editor, "resident_id", identifier::Kind::ResidentId { today }, &self.resident_id);
        let read = resident_id::read(&card);
        let (sex, birth) = (filled(&self.sex), filled(&self.birth));
        if let (Some(sex), Some(read)) = (sex, &read)
            && sex != read.sex
        {
            let (zh, en) = ("性别与身份证号不一致,请核对", "The sex is not the one in the resident id; please compare");
            editor.say(Message::new(Level::Warning, "sex_differs", "sex", zh, en));
        }
        if let (Some(birth), Some(read)) = (birth, &read)
            && birth != read.birth
        {
            let (zh, en) =
                ("出生日期与身份证号不一致,请核对", "The birth date is not the one in the resident id; please compare");
            editor.say(Message::new(Level::Warning, "birth_differs", "birth", zh, en));
        }
        let sex = sex.or(read.as_ref().map(|read| read.sex));
        let birth = birth.map(str::to_owned).or_else(|| read.as_ref().map(|read| read.birth.clone()));
        if birth.as_ref().is_some_and(|birth| birth.parse::<Day>().is_ok_and(|day| day > editor.today())) {
            let (zh, en) = ("出生日期晚于今天", "The birth date lies in the future");
            editor.say(Message::new(Level::Error, "birth_in_future", "birth", zh, en));
        }
        put_texts(editor, id, Kind::Elder, &[("sex", sex.unwrap_or("")), ("birth", birth.as_deref().unwrap_or(""))]);
        if !card.is_empty() {
            put_texts(editor, id, Kind::Elder, &[("id_last4", &identifier::last4(&card))]);
        }
        if let Some(read) = &read {
            put_texts(editor, id, Kind::Elder, &[("division", &read.division)]);
            if let Some(key) = &editor.circumstances().id_key {
                put_texts(editor, id, Kind::Elder, &[("id_hmac", &resident_id::keyed_hash(key, &card))]);
            }
        }
    }

    fn contacts(&self, editor: &mut Editor<'_>, elder: EntityId) {
        if self.contacts.len() < 2 {
            let (zh, en) = ("请登记至少两位紧急联系人", "Please enter at least two emergency contacts");
            editor.say(Message::new(Level::Warning, "few_contacts", "contacts", zh, en));
        }
        let mut names = BTreeSet::new();
        for (order, contact) in (1_i64..).zip(&self.contacts) {
            let path = format!("contacts/{order}");
            let Some(name) = editor.required(&format!("{path}/name"), &contact.name) else { continue };
            if !names.insert(name) {
                let (zh, en) = (
                    "两位联系人同名；请加以区分，例如“小红（女儿）”",
                    "Two contacts have the same name; please tell them apart, such as \"Xiaohong (daughter)\"",
                );
                editor.say(Message::new(Level::Error, "contact_repeated", &format!("{path}/name"), zh, en));
                continue;
            }
            let phone = checked(editor, &format!("{path}/phone"), identifier::Kind::Phone, &contact.phone);
            let id = ContactEntry::id(elder, name);
            let mut put = |field: &str, value: Value| {
                editor.put(elder, Kind::Elder, FieldOp::put_element(field, &id, value));
            };
            put("contacts", Value::Bool(true));
            put("contact_name", text(name));
            put("contact_order", Value::Int(order));
            if let Some(relation) = filled(&contact.relation) {
                put("contact_relation", text(relation));
            }
            if !phone.is_empty() {
                put("contact_phone", text(&phone));
            }
            if contact.has_key {
                put("contact_has_key", Value::Bool(true));
            }
        }
    }

    /// Where the elder lives; and, there, whether somebody needs help to get out.
    fn home(&self, editor: &mut Editor<'_>, elder: EntityId) {
        let dwelling = match (self.dwelling, &self.new_dwelling) {
            (Some(known), _) => editor.known("dwelling", known, Kind::Dwelling).map(|_| known),
            (None, Some(new)) => {
                let id = editor.circumstances().entity("dwelling");
                new.put(editor, id, "dwelling/");
                Some(id)
            }
            (None, None) => None,
        };
        if let Some(dwelling) = dwelling {
            editor.put(elder, Kind::Elder, FieldOp::put("dwelling", Value::Id(dwelling)));
        }
        if let Some(help) = filled(&self.evacuation_help) {
            editor.put(elder, Kind::Elder, FieldOp::put("evacuation_help", text(help)));
            if let Some(dwelling) = dwelling {
                editor.tell_dwelling(dwelling, help);
            }
        }
    }

    fn consents(&self, editor: &mut Editor<'_>, elder: EntityId) {
        put_consents(editor, elder, &self.consents, &self.scene);
        let archive = self.consents.iter().find(|consent| consent.purpose == Purpose::Archive);
        if archive.is_none_or(|consent| consent.state > ConsentState::Limited) {
            let (zh, en) =
                ("尚未取得建档同意,请尽快征得", "There is no consent to keep a file yet; please ask for it soon");
            editor.say(Message::new(Level::Warning, "no_archive_consent", "consents", zh, en));
        }
    }
}
