//! Why a command failed, in both languages.

use std::fmt::Display;
use std::io::ErrorKind;
use std::path::Path;

use sync_core::policy::{Problem, toml_in_chinese};
use sync_core::words;

use crate::admin::AdminError;
use crate::app::OpenError;
use crate::auth::KeyError;
use crate::backup::BackupError;
use crate::checkpoint::KeepError;
use crate::config::ConfigError;
use crate::db::{DbError, Location};
use crate::deliver::address::AddressError;
use crate::flow::{FlowError, PolicyDirError};
use crate::import::ImportError;
use crate::lang::Lang;
use crate::register::RegisterError;
use crate::seal::SealError;
use crate::tls::TlsError;

mod engine;

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

impl CliError {
    /// The same, with the file that it is about: a command may have read several.
    pub(crate) fn in_file(self, path: &Path) -> Self {
        let Self { zh, en } = self;
        let path = path.display();
        Self { zh: format!("{path}:{zh}"), en: format!("{path}: {en}") }
    }

    /// What went wrong with this file.
    pub(crate) fn of_file(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        move |error| Self::from(error).in_file(path)
    }

    /// What went wrong with this backup.
    pub(crate) fn of_backup(path: &Path) -> impl FnOnce(BackupError) -> Self {
        move |error| match error {
            BackupError::File(error) => Self::from(error).in_file(path),
            error if error.is_of_file() => Self::from(error).in_file(path),
            error => error.into(),
        }
    }

    /// What went wrong when this database was opened.
    pub(crate) fn of_database_at(place: &Location) -> impl FnOnce(DbError) -> Self {
        move |error| match place {
            Location::File(path) => Self::from(error).in_file(path),
            // Its URL may hold a password.
            Location::Server(_) => Self::from(error).in_file(Path::new("PostgreSQL")),
        }
    }
}

impl From<serde_json::Error> for CliError {
    fn from(error: serde_json::Error) -> Self {
        Self::new(format!("无法写出 JSON:{error}"), error.to_string())
    }
}

impl From<std::io::Error> for CliError {
    fn from(error: std::io::Error) -> Self {
        Self::new(in_chinese(&error), in_english(&error))
    }
}

/// Words for all that is known of an error: its own in English, these in Chinese; what it passes on has words already.
macro_rules! words {
    ($($name:ident($error:ident: $type:ty) $said:expr;)*) => {$(
        impl From<$type> for CliError {
            fn from($error: $type) -> Self {
                $name(&$error)
            }
        }

        fn $name($error: &$type) -> CliError {
            $said
        }
    )*};
}

words! {
    of_database(error: DbError) engine::of_database(error);
    of_seal(error: SealError) match error {
        SealError::DoesNotOpen => said(error, "封存的内容打不开:已损坏、被挪动,或主密钥不是原来那一个"),
        SealError::Exposed(path) => said(error, format!("{path} 可被他人读取:请执行 chmod 600 {path}")),
        SealError::NotAKey => said(error, "主密钥应是 64 个十六进制数字(doorstep.key 或 DOORSTEP_MASTER_KEY)"),
        SealError::File(error) => {
            CliError::new(
                format!("主密钥文件:{}", in_chinese(error)),
                format!("the master key file: {}", in_english(error)),
            )
        }
    };
    of_keeping(error: KeepError) match error {
        KeepError::Db(error) => of_database(error),
        KeepError::File { path, source } => of_io(source).in_file(path),
    };
    of_register(error: RegisterError) match error {
        RegisterError::File { path, source } => of_io(source).in_file(path),
        RegisterError::Broken { path, line } => {
            let path = path.display();
            CliError::new(
                format!("登记簿 {path} 第 {line} 行被改动过,或属于另一个系统:请放回未被改动的副本"),
                format!("{error}: put back a copy that was not changed"),
            )
        }
        RegisterError::Newer { path, line } => {
            let path = path.display();
            said(error, format!("登记簿 {path} 第 {line} 行由更新的程序写成:请使用那个程序"))
        }
    };
    of_config(error: ConfigError) match error {
        ConfigError::Read { path, source } => of_io(source).in_file(path),
        ConfigError::Setting { place, line, source } => {
            let what = toml_in_chinese(source.message());
            let (nth, shown) = match line {
                Some((nth, text)) => (format!("第 {nth} 行"), format!("\n  {nth} | {text}")),
                None => Default::default(),
            };
            said(error, format!("配置({place}){nth}有误:{what}{shown}\n可用的设置见 config.example.toml"))
        }
    };
    of_opening(error: OpenError) match error {
        OpenError::Directory { path, source } => {
            CliError::new(
                format!("数据目录 {path}:{}", in_chinese(source)),
                format!("cannot use the data directory {path}: {}", in_english(source)),
            )
        }
        OpenError::Db(error) => of_database(error),
        OpenError::Seal(error) | OpenError::Keys(KeyError::Seal(error)) => of_seal(error),
        OpenError::Keys(KeyError::Db(error)) => of_database(error),
        OpenError::Policy(error) => of_policy(error),
        OpenError::Flow(error) => of_flow(error),
    };
    of_flow(error: FlowError) match error {
        FlowError::Db(error) => of_database(error),
        FlowError::NotFound => said(error, "不在这个档案组"),
        FlowError::Refused(code) => said(error, format!("不能合并:{}", words::held(*code).zh)),
        FlowError::AlreadyDecided => said(error, "已有人作出决定"),
        FlowError::PolicyChanged(version) => {
            said(error, format!("政策第 {version} 版已经登记,内容与现在的不同:改过的政策请写更高的 version"))
        }
        FlowError::PolicyOlder { offered, in_force } => {
            said(error, format!("政策第 {offered} 版比已启用的第 {in_force} 版旧:请用更高的 version"))
        }
        error => said(error, format!("无法处理:{error}")),
    };
    of_policy(error: PolicyDirError) match error {
        PolicyDirError::Read { path, source } => of_io(source).in_file(Path::new(path)),
        PolicyDirError::Empty(dir) => said(error, format!("{dir} 中没有政策:目录里没有 .toml 文件")),
        PolicyDirError::Policy(errors) => {
            let line = |problem: &Problem| format!("\n  {} [{}]:{}", problem.file, problem.entry, problem.message.zh);
            said(error, format!("政策有误:{}", errors.0.iter().map(line).collect::<String>()))
        }
    };
    of_backup(error: BackupError) match error {
        BackupError::File(error) => of_io(error),
        BackupError::Db(error) => of_database(error),
        BackupError::Flow(error) => of_flow(error),
        BackupError::Register(error) => of_register(error),
        BackupError::Open(error) => of_opening(error),
        other => said(other, other.zh().unwrap_or_else(|| other.to_string())),
    };
}

/// An error that says in English by itself what is wrong.
fn said(error: &impl Display, zh: impl Into<String>) -> CliError {
    CliError::new(zh, error.to_string())
}

fn of_io(error: &std::io::Error) -> CliError {
    CliError::new(in_chinese(error), in_english(error))
}

/// What a machine says of files, as far as it is common; else in its own words.
macro_rules! machine {
    ($($kind:ident $zh:literal $en:literal;)*) => {
        pub(super) fn in_chinese(error: &std::io::Error) -> String {
            match error.kind() {
                $(ErrorKind::$kind => $zh.to_owned(),)*
                _ => error.to_string(),
            }
        }

        pub(super) fn in_english(error: &std::io::Error) -> String {
            match error.kind() {
                $(ErrorKind::$kind => $en.to_owned(),)*
                _ => error.to_string(),
            }
        }
    };
}

machine! {
    NotFound "没有这个文件或目录,请核对路径" "there is no such file or directory; check the path";
    PermissionDenied "没有读写的权限" "this user may not read or write it";
    AlreadyExists "已经存在,不会覆盖" "it is there already, and is not overwritten";
    IsADirectory "这是一个目录,这里需要文件" "this is a directory, and a file is needed";
    NotADirectory "路径中有一段不是目录" "a part of the path is no directory";
    StorageFull "磁盘已满" "the disk is full";
    ReadOnlyFilesystem "磁盘只读,无法写入" "the disk is read-only";
    AddrInUse "地址或端口已被占用" "somebody else listens there";
    AddrNotAvailable "本机没有这个地址" "this machine has no such address";
    InvalidData "内容不是有效的 UTF-8 文字" "its content is not text in UTF-8";
    BrokenPipe "输出的另一端已关闭" "nobody reads the output any more";
}

impl From<TlsError> for CliError {
    fn from(error: TlsError) -> Self {
        let zh = match &error {
            TlsError::Half => "tls.certificate 和 tls.key 须同时设置".to_owned(),
            TlsError::Read { path, source } => format!("{}:{}", path.display(), in_chinese(source)),
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
            AdminError::Db(error) => return of_database(error),
            AdminError::Flow(error) => return of_flow(error),
            AdminError::Register(error) => {
                let CliError { zh, en } = of_register(error);
                return Self::new(format!("{zh};未作更改"), format!("{en}; nothing was changed"));
            }
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
