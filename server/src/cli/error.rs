//! Why a command failed, in both languages.

use std::path::Path;

use sync_core::policy::Problem;
use sync_core::words;

use crate::admin::AdminError;
use crate::app::OpenError;
use crate::auth::KeyError;
use crate::checkpoint::KeepError;
use crate::config::ConfigError;
use crate::db::DbError;
use crate::deliver::address::AddressError;
use crate::flow::{FlowError, PolicyDirError};
use crate::import::ImportError;
use crate::lang::Lang;
use crate::seal::SealError;
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
    serde_json::Error => "无法写出 JSON";
}

impl From<std::io::Error> for CliError {
    fn from(error: std::io::Error) -> Self {
        Self::new(format!("读写失败:{}", in_chinese(&error)), error.to_string())
    }
}

impl CliError {
    /// What went wrong with this file: it is named, because a command may have read several.
    pub(crate) fn of_file(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        move |error| {
            let path = path.display();
            Self::new(format!("{path}:{}", in_chinese(&error)), format!("{path}: {error}"))
        }
    }
}

/// Failures whose causes are known well enough to be said in Chinese, with what to do.
macro_rules! known {
    ($($error:ty => $zh:path;)*) => {$(
        impl From<$error> for CliError {
            fn from(error: $error) -> Self {
                Self::new($zh(&error), error.to_string())
            }
        }
    )*};
}

known! {
    DbError => of_database;
    ConfigError => of_config;
    OpenError => of_opening;
    FlowError => of_flow;
    PolicyDirError => of_policy;
    KeepError => of_keeping;
}

fn of_database(error: &DbError) -> String {
    match error {
        DbError::Newer { found, known } => {
            format!("数据库由更新的程序写成(结构 {found},本程序只到 {known}):请使用更新的程序")
        }
        DbError::Changed(step) => format!("数据库的第 {step} 步结构变更与本程序不一致:请使用写它的那个版本"),
        DbError::Setting { name, wanted, found } => format!("数据库没有接受 {name} = {wanted},它说 {found}"),
        DbError::Engine(error) => of_engine(&error.to_string()),
        DbError::Sealed(error) => of_seal(error),
        DbError::Damaged(what) => format!("数据库已损坏({what}):请运行 doorstep verify,必要时从备份恢复"),
        DbError::StillRead => "还有备份或其他命令在读删除前的内容:等它结束后再执行一次".to_owned(),
        DbError::Moved => "这套系统已迁移到另一个数据库:请使用那一个".to_owned(),
        error => format!("数据库出错:{error}"),
    }
}

/// What an engine says when there is nothing to open, with what to look at.
fn of_engine(error: &str) -> String {
    let hints = [
        ("unable to open database file", "打不开数据库文件,请核对路径和权限"),
        ("file is not a database", "这个文件不是数据库"),
        ("pool timed out", "连不上数据库,请核对网址、网络,以及数据库是否在运行"),
        ("Connection refused", "数据库没有应答,请核对网址,以及数据库是否在运行"),
    ];
    let hint = hints.iter().find(|(said, _)| error.contains(said)).map(|(_, hint)| *hint);
    hint.map_or_else(|| format!("数据库出错:{error}"), |hint| format!("{hint}({error})"))
}

fn of_seal(error: &SealError) -> String {
    match error {
        SealError::DoesNotOpen => "封存的内容打不开:已损坏、被挪动,或主密钥不是原来那一个".to_owned(),
        SealError::Exposed(path) => format!("{path} 可被他人读取:请执行 chmod 600 {path}"),
        SealError::NotAKey => "主密钥应是 64 个十六进制数字".to_owned(),
        SealError::File(error) => format!("主密钥文件:{}", in_chinese(error)),
    }
}

fn of_keeping(error: &KeepError) -> String {
    match error {
        KeepError::Db(error) => of_database(error),
        KeepError::File(error) => format!("检查点没有写入文件:{}", in_chinese(error)),
    }
}

fn of_config(error: &ConfigError) -> String {
    match error {
        ConfigError::Read { path, source } => format!("配置文件 {}:{}", path.display(), in_chinese(source)),
        ConfigError::Setting { place, source } => {
            format!("配置({place})有误,可用的设置见 config.example.toml:{source}")
        }
    }
}

fn of_opening(error: &OpenError) -> String {
    match error {
        OpenError::Directory { path, source } => format!("数据目录 {path}:{}", in_chinese(source)),
        OpenError::Db(error) => of_database(error),
        OpenError::Seal(error) | OpenError::Keys(KeyError::Seal(error)) => of_seal(error),
        OpenError::Keys(KeyError::Db(error)) => of_database(error),
        OpenError::Policy(error) => of_policy(error),
        OpenError::Flow(error) => of_flow(error),
    }
}

fn of_flow(error: &FlowError) -> String {
    match error {
        FlowError::Db(error) => of_database(error),
        FlowError::NotFound => "不在这个档案组".to_owned(),
        FlowError::Refused(code) => format!("不能合并:{}", words::held(*code).zh),
        FlowError::AlreadyDecided => "已有人作出决定".to_owned(),
        FlowError::PolicyChanged(version) => {
            format!("政策第 {version} 版已经登记,内容与现在的不同:改过的政策请写更高的 version")
        }
        FlowError::PolicyOlder { offered, in_force } => {
            format!("政策第 {offered} 版比已启用的第 {in_force} 版旧:请用更高的 version")
        }
        error => format!("无法处理:{error}"),
    }
}

fn of_policy(error: &PolicyDirError) -> String {
    match error {
        PolicyDirError::Read { path, source } => format!("政策 {path}:{}", in_chinese(source)),
        PolicyDirError::Empty(dir) => format!("{dir} 中没有政策:目录里没有 .toml 文件"),
        PolicyDirError::Policy(errors) => {
            let line = |problem: &Problem| format!("\n  {} [{}]:{}", problem.file, problem.entry, problem.message.zh);
            format!("政策有误:{}", errors.0.iter().map(line).collect::<String>())
        }
    }
}

/// What a machine says of files, in Chinese as far as it is common; else in its own words.
pub(super) fn in_chinese(error: &std::io::Error) -> String {
    use std::io::ErrorKind;
    let known = match error.kind() {
        ErrorKind::NotFound => "没有这个文件或目录,请核对路径",
        ErrorKind::PermissionDenied => "没有读写的权限",
        ErrorKind::AlreadyExists => "已经存在,不会覆盖",
        ErrorKind::IsADirectory => "这是一个目录,这里需要文件",
        ErrorKind::NotADirectory => "路径中有一段不是目录",
        ErrorKind::StorageFull => "磁盘已满",
        ErrorKind::ReadOnlyFilesystem => "磁盘只读,无法写入",
        ErrorKind::AddrInUse => "地址或端口已被占用",
        ErrorKind::AddrNotAvailable => "本机没有这个地址",
        ErrorKind::InvalidData => "内容不是有效的 UTF-8 文字",
        ErrorKind::BrokenPipe => "输出的另一端已关闭",
        _ => return error.to_string(),
    };
    known.to_owned()
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
            AdminError::Db(error) => of_database(error),
            AdminError::Flow(error) => of_flow(error),
            AdminError::Register(error) => format!("登记簿出错,未作更改:{error}"),
            AdminError::LoginTaken(login) => format!("用户名 {login} 已被使用"),
            AdminError::NotALogin(login) => format!("{login:?} 不能作为用户名:请用小写字母、数字、点和短横"),
            AdminError::NoPerson(login) => format!("没有用户名为 {login} 的人员"),
            AdminError::NoCaseload(name) => format!("没有档案组或窗口 {name}"),
            AdminError::Taken(name) => format!("{name} 已存在"),
            AdminError::NotAPrefix(prefix) => format!("{prefix:?} 不能作为编号前缀:请用两到六个大写字母"),
            AdminError::NotThere(role) => format!("{}不在那里工作", words::role(*role).zh),
            AdminError::NotOnDuty(level) => {
                let roles: Vec<String> = level.roles().iter().map(|role| words::role(*role).zh).collect();
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
            AdminError::NoDuty => "档案组的投递地址要用 --for 指明给谁,或用 --checkpoints;窗口的两者都不用".to_owned(),
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
