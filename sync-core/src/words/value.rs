//! Values of fields.

use super::{Word, find};
use crate::edit::{State, Value};
use crate::entity::{Kind, Schema, Shape, hazard, need};
use crate::id::EntityId;
use crate::map_point::MapPoint;
use crate::policy::Text;
use crate::refer;
use crate::time::Timestamp;

/// What whoever reads may know entities by.
pub trait Names {
    /// What an entity is called; none when the reader may not know, or when nobody has said.
    fn name(&self, entity: EntityId) -> Option<String>;
}

impl<F: Fn(EntityId) -> Option<String>> Names for F {
    fn name(&self, entity: EntityId) -> Option<String> {
        self(entity)
    }
}

/// A value of a field in words.
#[must_use]
pub fn value(kind: &str, field: &str, value: &Value, names: &dyn Names) -> Text {
    let shape = Schema::of_code(kind).and_then(|schema| schema.field(field)).map(|spec| spec.shape);
    let same = |text: String| Text::new(text.clone(), text);
    match (value, shape) {
        (Value::Bool(true), _) => Text::new("是", "yes"),
        (Value::Bool(false), _) => Text::new("否", "no"),
        (Value::Int(ms), Some(Shape::Time)) => same(Timestamp::from_millis(*ms).to_string()),
        (Value::Int(n), _) if field == "severity" => same(format!("S{n}")),
        (Value::Int(n), _) => same(n.to_string()),
        (Value::Text(_), _) if field == "id_hmac" => Text::new("已登记", "on record"),
        (Value::Text(text), Some(Shape::OneOf(_))) => one_of(field, text).unwrap_or_else(|| same(text.clone())),
        (Value::Text(text), Some(Shape::Point { .. })) => {
            same(text.parse::<MapPoint>().map_or_else(|_| text.clone(), MapPoint::says))
        }
        (Value::Text(text), _) => same(text.clone()),
        (Value::Id(id), _) => match names.name(*id) {
            Some(name) => same(name),
            None => Text::new("(未命名的档案)", "(a file without a name)"),
        },
        (Value::State(state), _) => self::state(kind, *state),
    }
}

fn state(kind: &str, State { round, rank }: State) -> Text {
    let kind = Schema::of_code(kind).map(|schema| schema.kind);
    let (zh, en) = match (kind, rank) {
        (Some(Kind::Hazard), hazard::OPEN) => ("未改", "open"),
        (Some(Kind::Hazard), hazard::SELF_FIXED) => ("已自改", "put right by the shop"),
        (Some(Kind::Hazard), hazard::VERIFIED_FIXED) => ("复查已改好", "verified as put right"),
        (Some(Kind::Need), need::RAISED) => ("已提出", "raised"),
        (Some(Kind::Need), need::MATCHED) => ("已对接", "matched"),
        (Some(Kind::Need), need::MET) => ("已满足", "met"),
        (Some(Kind::Referral | Kind::Slip | Kind::PersonSlip), rank) => referral(rank),
        _ => ("未知", "unknown"),
    };
    if round <= 1 {
        return Text::new(zh, en);
    }
    Text::new(format!("{zh}(第{round}轮)"), format!("{en} (round {round})"))
}

fn referral(rank: u8) -> (&'static str, &'static str) {
    match refer::rank_code(rank) {
        "draft" => ("拟稿", "draft"),
        "submitted" => ("待审", "submitted"),
        "withdrawn" => ("撤回", "withdrawn"),
        "dispatched" => ("已分拨", "dispatched"),
        "accepted" => ("已签收", "accepted"),
        "checking" => ("核查中", "being checked"),
        "replied" => ("已答复", "answered"),
        "confirmed" => ("已回访", "confirmed"),
        "closed" => ("办结", "closed"),
        "not_accepted" => ("不予受理", "not accepted"),
        "returned" => ("退回", "returned"),
        _ => ("未知", "unknown"),
    }
}

/// What an element of a field is called: a purpose of consent, a kind of difficulty; else what it says itself.
#[must_use]
pub fn element(field: &str, element: &str) -> Text {
    one_of(field, element).unwrap_or_else(|| Text::new(element, element))
}

/// What one of the listed values of a field is called.
pub(super) fn one_of(field: &str, code: &str) -> Option<Text> {
    let of_field = VALUES.iter().find(|(of, _)| *of == field).and_then(|(_, words)| find(words, code));
    of_field.or_else(|| find(COMMON, code))
}

const COMMON: &[Word] = &[
    ("yes", "是", "yes"),
    ("no", "否", "no"),
    ("unknown", "不详", "unknown"),
    ("other", "其他", "other"),
    ("disabled", "失能", "disabled"),
];

const VALUES: &[(&str, &[Word])] = &[
    ("sex", &[("male", "男", "male"), ("female", "女", "female")]),
    (
        "difficulty_kinds",
        &[
            ("alone", "独居", "lives alone"),
            ("empty_nest", "空巢", "empty nest"),
            ("left_behind", "留守", "left behind"),
            ("severe_disability", "重残", "severely disabled"),
            ("special_family", "计生特殊家庭", "special family"),
        ],
    ),
    (
        "living_situation",
        &[
            ("alone", "独居", "alone"),
            ("with_spouse", "与配偶", "with spouse"),
            ("with_children", "与子女", "with children"),
            ("with_parents", "与父母", "with parents"),
            ("with_siblings", "与兄弟姐妹", "with siblings"),
            ("with_relatives", "与其他亲属", "with relatives"),
            ("with_others", "与非亲属", "with others"),
            ("institution", "养老机构", "in an institution"),
        ],
    ),
    (
        "marital",
        &[
            ("single", "未婚", "single"),
            ("married", "已婚", "married"),
            ("widowed", "丧偶", "widowed"),
            ("divorced", "离异", "divorced"),
            ("not_said", "未说明", "not said"),
        ],
    ),
    ("capacity", &[("full", "完全", "full"), ("limited", "限制", "limited"), ("none", "无", "none")]),
    ("risk_tier", &[("general", "一般", "general"), ("key", "重点", "key"), ("high", "高风险", "high")]),
    (
        "life_state",
        &[
            ("active", "在册", "active"),
            ("moved", "已搬离", "moved away"),
            ("institution", "已入住机构", "in an institution"),
            ("died", "已去世", "died"),
        ],
    ),
    (
        "consent",
        &[
            ("granted", "同意", "granted"),
            ("limited", "有限同意", "granted with limits"),
            ("not_asked", "未征询", "not asked"),
            ("refused", "拒绝", "refused"),
            ("withdrawn", "已撤回", "withdrawn"),
            ("archive", "建档", "keeping a file"),
            ("health", "健康信息", "health"),
            ("photo", "拍照", "photos"),
            ("family_share", "告知家属", "sharing with family"),
            ("health_center_share", "告知社康", "sharing with the health centre"),
            ("civil_affairs_share", "告知民政", "sharing with civil affairs"),
            ("volunteer_share", "告知志愿者", "sharing with volunteers"),
        ],
    ),
    (
        "what",
        &[("person_slip", "打开个人转办单", "opening of a slip"), ("break_glass", "紧急告知", "emergency disclosure")],
    ),
    (
        "kind",
        &[
            ("act", "转办", "for action"),
            ("jurisdiction", "移送", "within its remit"),
            ("inform", "抄告", "for information"),
        ],
    ),
    ("decision", &[("confirm", "属实", "right"), ("dismiss", "排除", "dismissed")]),
    (
        "standing",
        &[
            ("undecided", "待定", "not decided"),
            ("void", "作废", "void"),
            ("corrected", "以更正为准", "the correction holds"),
            ("past", "不必再定", "nothing left to decide"),
        ],
    ),
];
