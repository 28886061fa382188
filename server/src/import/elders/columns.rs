//! The columns of a roster of elders.

use serde::{Serialize, Serializer};
use sync_core::entity::Kind;
use sync_core::event::Purpose;

use crate::import::columns::Columns;

/// How many contacts a row has room for.
pub const CONTACTS: [u8; 3] = [1, 2, 3];

/// What is said of a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Of {
    /// The name.
    Name,
    /// How related.
    Relation,
    /// The number.
    Phone,
}

/// What a column means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Column {
    /// The number of the row in the office's own system.
    ExternalId,
    /// The elder's name. The only column that must be there.
    Name,
    /// The sex; from the resident id when empty.
    Sex,
    /// The day of birth; from the resident id when empty.
    Birth,
    /// The resident id as it is on the card. Not kept, see [`Self::IdHash`].
    ResidentId,
    /// How the elder likes to be called.
    PreferredName,
    /// Dialect.
    Dialect,
    /// With whom.
    LivingSituation,
    /// Kinds of difficulty.
    Difficulties,
    /// The risk tier.
    RiskTier,
    /// The capacity for civil conduct.
    Capacity,
    /// Whether the elder needs help to get out.
    EvacuationHelp,
    /// What everybody who visits should know.
    Note,
    /// The address in words.
    Address,
    /// The code of the flat.
    UnitCode,
    /// The floor.
    Floor,
    /// Whether there is a lift.
    Lift,
    /// Where the dwelling is on a map, with the datum; kept to about 100 m.
    MapPoint,
    /// Somebody to call, from 1.
    Contact(u8, Of),
    /// How the consents were given.
    ConsentMethod,
    /// The witness, or the guardian.
    ConsentWitness,
    /// What was said for one purpose; a consent to share names the receivers behind a colon.
    Consent(Purpose),
    /// The keyed hash of the resident id: made of it, in no file.
    IdHash,
    /// The last four characters of the resident id.
    IdLast4,
    /// The division in the resident id.
    Division,
    /// The sex in the resident id, until it is compared.
    CardSex,
    /// The day of birth in the resident id, until it is compared.
    CardBirth,
    /// Those who receive what the elder agreed to share.
    Receivers(Purpose),
    /// The dwelling that address and unit code lead to.
    Home,
    /// The elder's file, when it is not the one that the row's key leads to.
    File,
}

impl Serialize for Column {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let code = match self {
            Self::IdHash => "id_hash",
            Self::IdLast4 => "id_last4",
            Self::Division => "division",
            Self::CardSex => "card_sex",
            Self::CardBirth => "card_birth",
            Self::Receivers(purpose) => return serializer.collect_str(&format_args!("receivers_{purpose}")),
            Self::Home => "home",
            Self::File => "file",
            other => other.template().1,
        };
        serializer.serialize_str(code)
    }
}

impl Columns for Column {
    const NAME: Self = Self::Name;
    const ALL: &'static [Self] = &[
        Self::ExternalId,
        Self::Name,
        Self::Sex,
        Self::Birth,
        Self::ResidentId,
        Self::PreferredName,
        Self::Dialect,
        Self::LivingSituation,
        Self::Difficulties,
        Self::RiskTier,
        Self::Capacity,
        Self::EvacuationHelp,
        Self::Address,
        Self::UnitCode,
        Self::Floor,
        Self::Lift,
        Self::MapPoint,
        Self::Contact(1, Of::Name),
        Self::Contact(1, Of::Relation),
        Self::Contact(1, Of::Phone),
        Self::Contact(2, Of::Name),
        Self::Contact(2, Of::Relation),
        Self::Contact(2, Of::Phone),
        Self::Contact(3, Of::Name),
        Self::Contact(3, Of::Relation),
        Self::Contact(3, Of::Phone),
        Self::Note,
        Self::ConsentMethod,
        Self::ConsentWitness,
        Self::Consent(Purpose::Archive),
        Self::Consent(Purpose::Health),
        Self::Consent(Purpose::Photo),
        Self::Consent(Purpose::FamilyShare),
        Self::Consent(Purpose::HealthCenterShare),
        Self::Consent(Purpose::CivilAffairsShare),
        Self::Consent(Purpose::VolunteerShare),
    ];

    fn headings(self) -> &'static [&'static str] {
        match self {
            Self::ExternalId => &["外部编号", "external_id", "编号", "台账编号", "原系统编号", "档案编号"],
            Self::Name => &["姓名", "name", "长者姓名", "老人姓名", "elder_name"],
            Self::Sex => &["性别", "sex", "gender"],
            Self::Birth => &["出生日期", "birth", "生日", "出生年月日", "birth_date", "date_of_birth"],
            Self::ResidentId => {
                &["身份证号", "resident_id", "身份证", "身份证号码", "公民身份号码", "证件号码", "id_number"]
            }
            Self::PreferredName => &["称呼", "preferred_name", "昵称"],
            Self::Dialect => &["方言", "dialect", "语言", "language"],
            Self::LivingSituation => &["居住情况", "living_situation", "居住状况", "居住类型", "living"],
            Self::Difficulties => &["困难类型", "difficulty_kinds", "困难类别", "人员类别", "difficulties"],
            Self::RiskTier => &["风险等级", "risk_tier", "风险级别", "探访等级", "tier"],
            Self::Capacity => &["民事行为能力", "capacity", "行为能力"],
            Self::EvacuationHelp => &["疏散需协助", "evacuation_help", "疏散是否需要协助", "需协助疏散"],
            Self::Note => &["备注", "note", "注意事项"],
            Self::Address => &["地址", "address", "住址", "居住地址", "现住址", "详细地址"],
            Self::UnitCode => &["单元编码", "unit_code", "房屋编码", "单元编号", "unit"],
            Self::Floor => &["楼层", "floor", "所在楼层"],
            Self::Lift => &["电梯", "lift", "有无电梯", "elevator"],
            Self::MapPoint => &["地图坐标", "map_point", "坐标", "经纬度", "coordinates"],
            Self::Contact(1, Of::Name) => &["联系人1", "contact1_name", "紧急联系人", "紧急联系人1", "联系人"],
            Self::Contact(1, Of::Relation) => &["联系人1关系", "contact1_relation", "紧急联系人关系", "与老人关系"],
            Self::Contact(1, Of::Phone) => {
                &["联系人1电话", "contact1_phone", "紧急联系人电话", "紧急联系人1电话", "联系人电话"]
            }
            Self::Contact(2, Of::Name) => &["联系人2", "contact2_name", "紧急联系人2"],
            Self::Contact(2, Of::Relation) => &["联系人2关系", "contact2_relation"],
            Self::Contact(2, Of::Phone) => &["联系人2电话", "contact2_phone", "紧急联系人2电话"],
            Self::Contact(_, Of::Name) => &["联系人3", "contact3_name", "紧急联系人3"],
            Self::Contact(_, Of::Relation) => &["联系人3关系", "contact3_relation"],
            Self::Contact(_, Of::Phone) => &["联系人3电话", "contact3_phone", "紧急联系人3电话"],
            Self::ConsentMethod => &["同意方式", "consent_method", "授权方式"],
            Self::ConsentWitness => &["见证人", "consent_witness", "监护人", "witness", "guardian"],
            Self::Consent(Purpose::Archive) => &["同意建档", "consent_archive", "建档同意"],
            Self::Consent(Purpose::Health) => &["同意健康信息", "consent_health", "健康信息同意"],
            Self::Consent(Purpose::Photo) => &["同意拍照", "consent_photo", "拍照同意"],
            Self::Consent(Purpose::FamilyShare) => &["同意告知家属", "consent_family_share"],
            Self::Consent(Purpose::HealthCenterShare) => &["同意提供给社康", "consent_health_center_share"],
            Self::Consent(Purpose::CivilAffairsShare) => &["同意提供给民政", "consent_civil_affairs_share"],
            Self::Consent(Purpose::VolunteerShare) => &["同意提供给志愿者", "consent_volunteer_share"],
            // In no file, so under no heading.
            Self::IdHash
            | Self::IdLast4
            | Self::Division
            | Self::CardSex
            | Self::CardBirth
            | Self::Receivers(_)
            | Self::Home
            | Self::File => &["", ""],
        }
    }

    fn target(self) -> Option<(Kind, &'static str)> {
        Some(match self {
            Self::Address | Self::UnitCode | Self::Floor | Self::Lift | Self::MapPoint => {
                (Kind::Dwelling, self.template().1)
            }
            Self::Contact(_, Of::Name) => (Kind::Elder, "contact_name"),
            Self::Contact(_, Of::Relation) => (Kind::Elder, "contact_relation"),
            Self::Contact(_, Of::Phone) => (Kind::Elder, "contact_phone"),
            Self::Consent(_) => (Kind::Elder, "consent"),
            Self::Note => (Kind::Elder, "note_short"),
            Self::IdHash => (Kind::Elder, "id_hmac"),
            Self::IdLast4 => (Kind::Elder, "id_last4"),
            Self::Division => (Kind::Elder, "division"),
            Self::Home => (Kind::Elder, "dwelling"),
            Self::ResidentId
            | Self::ConsentMethod
            | Self::ConsentWitness
            | Self::CardSex
            | Self::CardBirth
            | Self::Receivers(_)
            | Self::File => return None,
            other => (Kind::Elder, other.template().1),
        })
    }
}
