//! What goes wrong with a database, and what to do about it.

use super::{CliError, of_seal, said};
use crate::db::DbError;

/// The words of a failure of the database.
pub(super) fn of_database(error: &DbError) -> CliError {
    match error {
        DbError::Engine(error) => of_engine(&error.to_string()),
        DbError::Sealed(error) => of_seal(error),
        DbError::Newer { found, known } => {
            said(error, format!("数据库由更新的程序写成(结构 {found},本程序只到 {known}):请使用更新的程序"))
        }
        DbError::Changed(step) => CliError::new(
            format!("数据库的第 {step} 步结构变更与本程序不一致:请使用写它的那个版本"),
            format!("{error}: use the version that wrote it"),
        ),
        DbError::Setting { name, wanted, found } => {
            said(error, format!("数据库没有接受 {name} = {wanted},它说 {found}"))
        }
        DbError::Damaged(what) => CliError::new(
            format!("数据库已损坏({what}):请运行 doorstep verify,必要时从备份恢复"),
            format!("{error}: run doorstep verify, and restore a backup if it comes to that"),
        ),
        DbError::Shape { column, statement } => CliError::new(
            format!("数据库已损坏({statement} 第 {column} 列内容不符):请运行 doorstep verify,必要时从备份恢复"),
            format!("the database is damaged: {error}: run doorstep verify, and restore a backup if it comes to that"),
        ),
        DbError::NoKey => CliError::new(
            "一项内容的密钥不见了:请运行 doorstep verify,必要时从备份恢复",
            format!("{error}: run doorstep verify, and restore a backup if it comes to that"),
        ),
        DbError::Erased => said(error, "这项内容已按本人要求删除"),
        DbError::StillRead => said(error, "还有备份或其他命令在读删除前的内容:等它结束后再执行一次"),
        DbError::Moved => said(error, "这套系统已迁移到另一个数据库:请使用那一个"),
        DbError::HalfCopied => said(error, "这里是没有复制完的副本:请再执行一次复制"),
    }
}

/// **What engines say that people can do something about**: what is in it, and what to look at.
const HINTS: &[(&str, &str, &str)] = &[
    (
        "unable to open database file",
        "打不开数据库文件,请核对路径和权限",
        "the file cannot be opened; check its path, and who may write there",
    ),
    ("file is not a database", "这个文件不是数据库", "this file is not a database"),
    ("database disk image is malformed", "数据库文件已损坏,请从备份恢复", "the file is damaged; restore a backup"),
    ("readonly database", "数据库文件只读,请核对权限", "the file is read-only; check who may write there"),
    (
        "database is locked",
        "另一个程序正在写这个数据库,请稍后再试",
        "another program writes there; try again in a moment",
    ),
    ("database or disk is full", "磁盘已满,请腾出空间", "the disk is full; make room"),
    ("No space left", "磁盘已满,请腾出空间", "the disk is full; make room"),
    ("disk I/O error", "磁盘读写出错,请检查磁盘", "the disk fails; have it looked at"),
    (
        "pool timed out",
        "连不上数据库,请核对网址、网络,以及数据库是否在运行",
        "it does not answer; check the URL, the network, and whether it runs",
    ),
    (
        "Connection refused",
        "数据库没有应答,请核对网址,以及数据库是否在运行",
        "nothing answers there; check the URL, and whether it runs",
    ),
    (
        "failed to lookup address",
        "找不到这台主机,请核对网址中的主机名",
        "there is no such host; check the name in the URL",
    ),
    ("authentication failed", "用户名或密码不对,请核对网址", "the user name or password is wrong; check the URL"),
    (
        "no pg_hba.conf entry",
        "数据库不允许从这里登录,请核对 pg_hba.conf",
        "it lets nobody in from here; see its pg_hba.conf",
    ),
    (
        "does not exist",
        "数据库或用户不存在,请核对网址,或先建立",
        "there is no such database or user; check the URL, or create it first",
    ),
    ("permission denied", "这个用户没有所需的权限", "this user may not do that"),
    (
        "error with configuration",
        "网址写法不对,应如 postgres://doorstep@db.example.org/doorstep",
        "the URL is not right; it is like postgres://doorstep@db.example.org/doorstep",
    ),
    (
        "too many clients",
        "数据库的连接已用完,请调大 max_connections 或减少节点",
        "it has no connection left; raise max_connections, or run fewer nodes",
    ),
];

fn of_engine(error: &str) -> CliError {
    match HINTS.iter().find(|(said, ..)| error.contains(said)) {
        Some((_, zh, en)) => CliError::new(format!("{zh}({error})"), format!("the database: {en} ({error})")),
        None => CliError::new(format!("数据库出错:{error}"), format!("the database: {error}")),
    }
}
