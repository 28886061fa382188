//! The columns of a roster of premises, under every heading that offices give them.

use serde::Serialize;
use sync_core::entity::Kind;

use crate::import::columns::Columns;

/// What a column means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Column {
    /// The number of the row in the office's own system.
    ExternalId,
    /// The shop's name. The only column that must be there.
    Name,
    /// The address in words.
    Address,
    /// The code of the unit.
    UnitCode,
    /// What kinds of premises it is.
    Kinds,
    /// The area in m².
    AreaM2,
    /// The floor or floors.
    Floor,
    /// What neighbours call it.
    Nickname,
    /// Opening hours.
    Hours,
    /// How to find the door.
    DoorNote,
    /// Whom to ask for.
    ContactName,
    /// Their phone.
    ContactPhone,
    /// The name on the licence.
    Operator,
    /// The person who answers for the business.
    LegalName,
    /// The unified social credit code.
    Uscc,
    /// Where it is on a map, with the datum.
    MapPoint,
}

impl Columns for Column {
    const NAME: Self = Self::Name;
    const ALL: &'static [Self] = &[
        Self::ExternalId,
        Self::Name,
        Self::Address,
        Self::UnitCode,
        Self::Kinds,
        Self::AreaM2,
        Self::Floor,
        Self::Nickname,
        Self::Hours,
        Self::DoorNote,
        Self::ContactName,
        Self::ContactPhone,
        Self::Operator,
        Self::LegalName,
        Self::Uscc,
        Self::MapPoint,
    ];

    fn headings(self) -> &'static [&'static str] {
        match self {
            Self::ExternalId => &["外部编号", "external_id", "编号", "台账编号", "原系统编号"],
            Self::Name => &["店铺名称", "name", "商铺名称", "场所名称", "名称", "店名", "shop_name"],
            Self::Address => &["地址", "address", "详细地址", "经营地址", "场所地址"],
            Self::UnitCode => &["单元编码", "unit_code", "房屋编码", "单元编号", "unit"],
            Self::Kinds => &["类别", "kinds", "场所类别", "类型", "场所类型", "kind"],
            Self::AreaM2 => &["面积", "area_m2", "建筑面积", "经营面积", "面积平方米", "area"],
            Self::Floor => &["楼层", "floor", "所在楼层"],
            Self::Nickname => &["俗称", "nickname"],
            Self::Hours => &["营业时间", "hours"],
            Self::DoorNote => &["门口备注", "door_note", "备注", "note"],
            Self::ContactName => &["联系人", "contact_name", "联系人姓名", "contact"],
            Self::ContactPhone => &["电话", "contact_phone", "联系电话", "手机", "手机号", "phone"],
            Self::Operator => &["经营者", "operator", "经营者名称", "经营主体", "执照名称", "operator_name"],
            Self::LegalName => &["法定代表人", "legal_name", "负责人", "法人"],
            Self::Uscc => &["统一社会信用代码", "uscc", "信用代码", "社会信用代码", "credit_code"],
            Self::MapPoint => &["地图坐标", "map_point", "坐标", "经纬度", "coordinates"],
        }
    }

    fn target(self) -> Option<(Kind, &'static str)> {
        Some(match self {
            Self::Operator => (Kind::Operator, "name"),
            Self::LegalName => (Kind::Operator, "legal_name"),
            Self::Uscc => (Kind::Operator, "uscc"),
            other => (Kind::Premises, other.template().1),
        })
    }
}
