//! Why a command failed, in both languages.

use crate::admin::AdminError;
use crate::app::OpenError;
use crate::config::ConfigError;
use crate::deliver::address::AddressError;
use crate::flow::FlowError;
use crate::import::ImportError;
use crate::lang::Lang;
use crate::tls::TlsError;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
#[error("{en}")]
pub struct CliError {
    zh: String,
    en: String,
}

impl CliError {
    /// With its words.
    #[must_use]
    pub fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { zh: zh.into(), en: en.into() }
    }

    /// The words in this language.
    #[must_use]
    pub fn text(&self, lang: Lang) -> String {
        lang.pick(&self.zh, &self.en).clone()
    }
}

/// Failures of the machine below: said in Chinese by what failed, with the engine's own words.
macro_rules! below {
    ($($error:ty => $zh:literal;)*) => {$(
        impl From<$error> for CliError {
            fn from(error: $error) -> Self {
                Self::new(format!(concat!($zh, ":{}"), error), error.to_string())
            }
        }
    )*};
}

below! {
    std::io::Error => "读写失败";
    crate::db::DbError => "数据库出错";
    ConfigError => "配置有误";
    OpenError => "无法打开数据";
    serde_json::Error => "无法写出 JSON";
    FlowError => "无法处理";
    crate::flow::PolicyDirError => "政策有误";
}

impl From<TlsError> for CliError {
    fn from(error: TlsError) -> Self {
        let zh = match &error {
            TlsError::Half => "tls.certificate 和 tls.key 须同时设置".to_owned(),
            TlsError::Read { path, source } => format!("无法读取 {}:{source}", path.display()),
            TlsError::NoCertificate { path } => {
                format!("{} 中没有证书:应为 PEM 格式,以 -----BEGIN CERTIFICATE----- 开头", path.display())
            }
            TlsError::NoKey { path } => {
                format!("{} 中没有私钥:应为无密码的 PEM 格式,以 -----BEGIN PRIVATE KEY----- 开头", path.display())
            }
            TlsError::Damaged { path, why } => format!("{} 无法使用:{why}", path.display()),
            TlsError::OtherKey { certificate, key } => {
                format!("私钥 {} 与证书 {} 不匹配", key.display(), certificate.display())
            }
            TlsError::Expired { path, at } => format!("证书 {} 已于 {at} 过期", path.display()),
            TlsError::NotYet { path, at } => format!("证书 {} 自 {at} 起才有效", path.display()),
            TlsError::Protocol(error) => format!("无法启用 TLS:{error}"),
        };
        Self::new(zh, error.to_string())
    }
}

impl From<ImportError> for CliError {
    fn from(error: ImportError) -> Self {
        Self::new(error.zh(), error.to_string())
    }
}

impl From<AdminError> for CliError {
    fn from(error: AdminError) -> Self {
        let zh = match &error {
            AdminError::Db(error) => format!("数据库出错:{error}"),
            AdminError::Flow(error) => format!("无法处理:{error}"),
            AdminError::Register(error) => format!("登记簿出错,未作更改:{error}"),
            AdminError::LoginTaken(login) => format!("用户名 {login} 已被使用"),
            AdminError::NotALogin(login) => format!("{login:?} 不能作为用户名:请用小写字母、数字、点和短横"),
            AdminError::NoPerson(login) => format!("没有用户名为 {login} 的人员"),
            AdminError::NoCaseload(name) => format!("没有档案组或窗口 {name}"),
            AdminError::Taken(name) => format!("{name} 已存在"),
            AdminError::NotAPrefix(prefix) => format!("{prefix:?} 不能作为编号前缀:请用两到六个大写字母"),
            AdminError::NotThere(role) => format!("角色 {role} 不在那里工作"),
            AdminError::NotOnDuty(level) => {
                let roles: Vec<String> = level.roles().iter().map(ToString::to_string).collect();
                format!("只有在该档案组工作、角色合适的人才能值守({})", roles.join("、"))
            }
            AdminError::NoWebhook(id) => format!("没有投递地址 {id}"),
            AdminError::Address(AddressError::NotAnAddress) => {
                "地址须以 https:// 开头并带主机名,不含用户名和 # 片段".to_owned()
            }
            AdminError::Address(AddressError::InTheClear) => {
                "http:// 会以明文离开本机:请改用 https://,或明确加上 --allow-http".to_owned()
            }
            AdminError::NotADesk(place) => format!("{place} 不是部门窗口"),
            AdminError::NotAName => "名称为 1 到 128 字节,不能换行".to_owned(),
            AdminError::NoCredential(id) => format!("没有凭据 {id},或它已失效"),
            AdminError::NoDuty => "档案组的投递地址要用 --for 指明给谁;窗口的则不用".to_owned(),
            AdminError::NoTime => "结束不晚于开始,或已经过去".to_owned(),
            AdminError::NoElder(id) => format!("该档案组没有编号为 {id} 的长者档案"),
            AdminError::MayNotErase => "只有该档案组的督导或档案管理员可以对删除负责".to_owned(),
            AdminError::WorksThere => "此人已长期在那里工作".to_owned(),
            AdminError::WorksNotThere => "此人不在那里工作".to_owned(),
            AdminError::SamePerson => "交接双方是同一个人".to_owned(),
            AdminError::NoSupervisor => "新机构的人员中没有督导,待审内容将无人决定".to_owned(),
            AdminError::Password(_) => "密码不可用:至少 10 个字符".to_owned(),
        };
        Self::new(zh, error.to_string())
    }
}
