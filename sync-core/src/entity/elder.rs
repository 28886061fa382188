//! An elder's file (domain reference, sections 2 and 7). Religion and family planning are not held.
//!
//! Of the resident id only a keyed hash and the last four characters are held. The full number is optional in the
//! domain; this release has no field for it.

use super::{FIELD, FLOW, FieldSpec, Kind, Schema, Shape};
use crate::author::Role;
use crate::merge::FieldPolicy::{AddWins, Ask, LastWriter, RemoveWins, Strongest};
use crate::merge::{Lower, Order};

/// 独居、空巢、留守、失能、重残、计生特殊、其他
pub const DIFFICULTIES: &[&str] =
    &["alone", "empty_nest", "left_behind", "disabled", "severe_disability", "special_family", "other"];
/// 独居、与配偶、与子女、与父母、与兄弟姐妹、与其他亲属、与非亲属、养老机构
pub const LIVING: &[&str] = &[
    "alone",
    "with_spouse",
    "with_children",
    "with_parents",
    "with_siblings",
    "with_relatives",
    "with_others",
    "institution",
];
/// 未婚、已婚、丧偶、离婚、未说明
pub const MARITAL: &[&str] = &["single", "married", "widowed", "divorced", "not_said"];
/// 完全、限制、无、不详: capacity for civil conduct.
pub const CAPACITIES: &[&str] = &["full", "limited", "none", "unknown"];
/// Risk tiers, lowest first.
pub const TIERS: &[&str] = &["general", "key", "high"];
/// Whether somebody needs help to get out, weakest first.
pub const EVACUATION: &[&str] = &["no", "unknown", "yes"];
/// 在册、迁出、入住机构、去世. `died` stops visits at once.
pub const LIFE: &[&str] = &["active", "moved", "institution", "died"];
/// The states of a consent, weakest first: the most restrictive of concurrent ones stands.
pub const CONSENT_STATES: &[&str] = &["granted", "limited", "not_asked", "refused", "withdrawn"];
/// What a consent is for: one consent each.
pub const PURPOSES: &[&str] =
    &["archive", "health", "photo", "family_share", "health_center_share", "civil_affairs_share", "volunteer_share"];

pub(super) const SCHEMA: Schema = Schema {
    kind: Kind::Elder,
    parent: None,
    title: Some("name"),
    fields: &[
        FieldSpec::new("name", Shape::Text, Ask),
        FieldSpec::new("sex", Shape::OneOf(&["male", "female"]), Ask),
        FieldSpec::new("birth", Shape::Day, Ask),
        FieldSpec::new("id_hmac", Shape::Text, Ask),
        FieldSpec::new("id_last4", Shape::Text, Ask),
        FieldSpec::new("division", Shape::Text, Ask),
        FieldSpec::new("preferred_name", Shape::Text, LastWriter),
        FieldSpec::new("dialect", Shape::Text, LastWriter),
        FieldSpec::new("note_short", Shape::Text, LastWriter),
        FieldSpec::new("ethnicity", Shape::Text, LastWriter),
        FieldSpec::new("education", Shape::Text, LastWriter),
        FieldSpec::new("doctor", Shape::Text, LastWriter),
        FieldSpec::new("dwelling", Shape::Id, Ask).critical(),
        FieldSpec::new("living_situation", Shape::OneOf(LIVING), Ask),
        FieldSpec::new("marital", Shape::OneOf(MARITAL), Ask),
        FieldSpec::set("medical_payment", AddWins),
        FieldSpec::set("income", AddWins),
        FieldSpec::set("allergies", AddWins).critical(),
        FieldSpec::set("diagnoses", AddWins),
        FieldSpec::set("medicines", AddWins),
        FieldSpec::set("health", AddWins),
        FieldSpec::set("needs", AddWins),
        FieldSpec::set("tags", AddWins),
        FieldSpec::set("devices", AddWins),
        // `allergies:penicillin`: said to be wrong. The member stays and is shown struck; two views are for a person.
        FieldSpec::new("refuted", Shape::Bool, Ask).keyed().critical(),
        // A contact is a member of `contacts`; what is known of it has its id as the element.
        FieldSpec::set("contacts", AddWins),
        FieldSpec::new("contact_name", Shape::Text, Ask).keyed(),
        FieldSpec::new("contact_phone", Shape::Text, Ask).keyed().critical(),
        FieldSpec::new("contact_order", Shape::Int(1, 99), LastWriter).keyed(),
        FieldSpec::new("contact_relation", Shape::Text, LastWriter).keyed(),
        FieldSpec::new("contact_has_key", Shape::Bool, LastWriter).keyed(),
        FieldSpec::set("difficulty_kinds", AddWins).only(DIFFICULTIES),
        FieldSpec::new(
            "risk_tier",
            Shape::OneOf(TIERS),
            Strongest(Order::Listed(TIERS), Lower::Roles(&[Role::Supervisor])),
        ),
        FieldSpec::new("capacity", Shape::OneOf(CAPACITIES), Ask).critical(),
        FieldSpec::new(
            "evacuation_help",
            Shape::OneOf(EVACUATION),
            Strongest(Order::Listed(EVACUATION), Lower::Roles(FIELD)),
        ),
        FieldSpec::new(
            "consent",
            Shape::OneOf(CONSENT_STATES),
            Strongest(Order::Listed(CONSENT_STATES), Lower::ConsentEvent),
        )
        .keyed()
        .only(PURPOSES),
        // `family_share:daughter`: with whom, for which purpose.
        FieldSpec::set("share_list", RemoveWins),
        // The event of the assessment that holds. Two that nobody had compared are a conflict; the worse counts meanwhile.
        FieldSpec::new("assessment", Shape::Text, Ask),
        FieldSpec::new("screening", Shape::Text, Ask),
        FieldSpec::new("life_state", Shape::OneOf(LIFE), Ask),
        FieldSpec::new("caseload_worker", Shape::Text, LastWriter).by(FLOW),
        FieldSpec::new("external_id", Shape::Text, LastWriter),
    ],
};
