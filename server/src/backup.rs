//! Backups that can be trusted: one moment of the whole installation in one sealed file, and back again.
//!
//! A backup holds every row of every table, so nothing is forgotten when a table is added. It is sealed under a key that
//! follows from the master key, which is in no backup; every stretch of it is bound to its place and to the file, and the
//! last one says so: what was changed, moved, cut or put together from two files does not open (`stream`). A restore does
//! not go on where the backup ended, because something happened in between of which it knows nothing (`restore`).

use sync_core::id::CaseloadId;
use sync_core::time::Timestamp;

use crate::app::OpenError;
use crate::db::DbError;
use crate::flow::FlowError;
use crate::hex::Hex;
use crate::register::{Position, RegisterError};

mod copy;
mod restore;
mod stream;
mod take;

pub use copy::{Moved, move_to};
pub use restore::{Restored, restore};
pub use take::{check, prune, take};

/// What stands at the beginning of a backup, in the clear.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct Header {
    /// The schema of its tables.
    #[n(0)]
    pub schema: i64,
    /// The version of the program that wrote it.
    #[n(1)]
    pub program: String,
    /// Of which moment it is, in milliseconds.
    #[n(2)]
    pub created_at: i64,
    /// The server's id.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub server: [u8; 8],
    /// Makes its key one that no other file has.
    #[cbor(n(4), with = "minicbor::bytes")]
    pub salt: [u8; 32],
    /// Says which master key it is sealed under, and nothing of it.
    #[cbor(n(5), with = "minicbor::bytes")]
    pub key: [u8; 16],
    /// How far the register was: lines.
    #[n(6)]
    pub register: u64,
    /// The link of the last of them.
    #[cbor(n(7), with = "minicbor::bytes")]
    pub register_chain: [u8; 32],
}

impl Header {
    /// Of which moment it is.
    #[must_use]
    pub fn at(&self) -> Timestamp {
        Timestamp::from_millis(self.created_at)
    }

    /// How far the register was.
    #[must_use]
    pub fn register(&self) -> Position {
        Position { n: self.register, chain: Hex(self.register_chain) }
    }
}

/// What a backup holds, as its end says it.
#[derive(Debug, Clone, PartialEq, Eq, Default, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct Contents {
    /// Rows of each table.
    #[n(0)]
    pub tables: Vec<(String, u64)>,
    /// The head of each caseload's log.
    #[n(1)]
    pub heads: Vec<Head>,
}

impl Contents {
    /// Rows of all tables.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.tables.iter().map(|(_, rows)| rows).sum()
    }
}

/// The head of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct Head {
    /// Of which caseload.
    #[n(0)]
    pub caseload: CaseloadId,
    /// The last entry.
    #[n(1)]
    pub seq: u64,
    /// Its link.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub chain: [u8; 32],
}

macro_rules! problems {
    ($($(#[$doc:meta])* $name:ident $(($($field:ident: $type:ty),*))? $zh:literal $en:literal;)*) => {
        /// Why there is no backup, or nothing to restore from it.
        #[derive(Debug, thiserror::Error)]
        pub enum BackupError {
            $($(#[$doc])* #[error($en $(, $($field = .$field),*)?)] $name $({$(#[doc = "What it is about."] $field: $type),*})?,)*
            /// The file.
            #[error("the file: {0}")]
            File(#[from] std::io::Error),
            /// The database.
            #[error(transparent)]
            Db(#[from] DbError),
            /// The flow.
            #[error(transparent)]
            Flow(#[from] FlowError),
            /// The register.
            #[error(transparent)]
            Register(#[from] RegisterError),
            /// What the server stands on.
            #[error(transparent)]
            Open(#[from] OpenError),
        }

        impl BackupError {
            /// For people who read Chinese; nothing, when it is not about the backup but about what it stands on.
            #[must_use]
            pub fn zh(&self) -> Option<String> {
                match self {
                    $(Self::$name $({$($field),*})? => Some(format!($zh $(, $($field = $field),*)?)),)*
                    Self::File(_) | Self::Db(_) | Self::Flow(_) | Self::Register(_) | Self::Open(_) => None,
                }
            }
        }
    };
}

problems! {
    /// Something else.
    NotABackup "这不是 Doorstep 的备份" "this is not a backup of Doorstep";
    /// Another version of the format.
    NewerFormat(version: u8)
        "备份格式版本为 {version},本程序不认识:请用更新的程序"
        "the backup has format {version}, which this program does not know: use the newer one";
    /// Another schema.
    OtherSchema(found: i64, known: i64, program: String)
        "备份的数据库结构为第 {found} 版,本程序为第 {known} 版:请先用 doorstep {program} 恢复,再启动新程序升级"
        "the backup has schema {found}, this program knows {known}: restore it with doorstep {program}, then start the \
         newer program";
    /// Sealed under another key.
    OtherKey
        "主密钥不对:备份是用另一把主密钥加密的,请放回原来的 doorstep.key 或设置 DOORSTEP_MASTER_KEY"
        "the backup is sealed under another master key: put the doorstep.key of that installation in place, or set \
         DOORSTEP_MASTER_KEY";
    /// There is no key to open it with.
    NoKey(path: String)
        "没有主密钥:请先放回原来的 {path},或设置 DOORSTEP_MASTER_KEY"
        "there is no master key: put the {path} of that installation in place first, or set DOORSTEP_MASTER_KEY";
    /// Changed, moved, or of another file.
    Damaged(stretch: u64)
        "备份已损坏:第 {stretch} 段被改动、移动或来自另一个文件"
        "the backup is damaged: its stretch {stretch} was changed, moved or is of another file";
    /// Its end is missing.
    Truncated(stretch: u64)
        "备份不完整:在第 {stretch} 段处中断"
        "the backup is cut off at its stretch {stretch}";
    /// Something follows.
    Trailing "备份结尾之后还有内容" "something stands behind the end of the backup";
    /// It does not hold what its end says.
    NotWhole "备份内容与其结尾的记载不符" "the backup does not hold what its end says";
    /// There is something in the database.
    NotEmpty(table: String)
        "目标数据库不是空的({table} 表中已有内容):只能恢复到空数据库"
        "the database is not empty (there is something in {table}): only an empty one can take it";
    /// No register.
    NoRegister
        "没有登记簿:其中的删除、停用与离组记录将无法适用。请用 --register 指明文件;确实没有时加 --without-register"
        "there is no register, so erasures, revocations and people who left since cannot be applied: name it with \
         --register; if there really is none, say --without-register";
    /// The register lacks what the backup knows of.
    RegisterCut(lines: u64)
        "登记簿不完整:备份时它已有 {lines} 行,现在对不上;确实找不回时加 --without-register"
        "the register lacks something: it had {lines} lines when the backup was made, and they are not there; if it cannot \
         be found, say --without-register";
    /// The copy does not agree with what was copied.
    Differs(what: String)
        "复制结果不符({what}),原数据库照旧使用"
        "the copy does not agree ({what}); the database it was copied from stays in use";
    /// The other database holds another installation.
    NotThis
        "目标数据库中有另一个系统的内容"
        "the other database holds something of another installation";
}

impl BackupError {
    /// Whether the backup itself is not what it should be.
    #[must_use]
    pub fn is_of_file(&self) -> bool {
        matches!(
            self,
            Self::NotABackup
                | Self::NewerFormat { .. }
                | Self::OtherSchema { .. }
                | Self::OtherKey
                | Self::Damaged { .. }
                | Self::Truncated { .. }
                | Self::Trailing
                | Self::NotWhole
        )
    }
}

/// A result of backups.
pub type Result<T> = std::result::Result<T, BackupError>;

/// How far something is: rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// So far.
    pub done: u64,
    /// Of how many, when that is known.
    pub of: Option<u64>,
}
