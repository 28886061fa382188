//! Why an attempt at a delivery failed: a stable code for programs, words for people. Nothing of what the receiver says
//! is kept.

use std::fmt;

/// Why an attempt failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// The name of the address is not known.
    NoHost,
    /// Nothing answers there.
    Refused,
    /// No answer in time; the receiver may have acted all the same.
    Timeout,
    /// No secure connection.
    Tls,
    /// The answer is not HTTP, or breaks off.
    Broken,
    /// An answer with another status than 2xx.
    Status(u16),
    /// The address was removed.
    Removed,
}

impl Problem {
    /// The stable code.
    #[must_use]
    pub fn code(self) -> String {
        match self {
            Self::NoHost => "no_host".to_owned(),
            Self::Refused => "refused".to_owned(),
            Self::Timeout => "timeout".to_owned(),
            Self::Tls => "tls".to_owned(),
            Self::Broken => "broken".to_owned(),
            Self::Status(status) => format!("status_{status}"),
            Self::Removed => "removed".to_owned(),
        }
    }

    /// What this code says.
    #[must_use]
    pub fn of_code(code: &str) -> Option<Self> {
        let plain = [Self::NoHost, Self::Refused, Self::Timeout, Self::Tls, Self::Broken, Self::Removed];
        let status = || code.strip_prefix("status_")?.parse().ok().map(Self::Status);
        plain.into_iter().find(|problem| problem.code() == code).or_else(status)
    }

    /// For people who read Chinese.
    #[must_use]
    pub fn zh(self) -> String {
        match self {
            Self::NoHost => "找不到该地址的主机".to_owned(),
            Self::Refused => "连接不上接收方".to_owned(),
            Self::Timeout => "接收方没有及时回应(可能已经处理)".to_owned(),
            Self::Tls => "无法建立安全连接,请检查接收方的证书".to_owned(),
            Self::Broken => "接收方的回应不完整".to_owned(),
            Self::Status(410) => "接收方表示此地址已停用(410)".to_owned(),
            Self::Status(status @ 300..=399) => format!("接收方要求改投别处({status}),不予跟随"),
            Self::Status(status) => format!("接收方没有接受({status})"),
            Self::Removed => "投递地址已移除".to_owned(),
        }
    }
}

/// For people who read English.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoHost => f.write_str("the host of the address is not known"),
            Self::Refused => f.write_str("nothing answers at the address"),
            Self::Timeout => f.write_str("no answer in time; the receiver may have acted on it"),
            Self::Tls => f.write_str("no secure connection: look at the receiver's certificate"),
            Self::Broken => f.write_str("the receiver's answer is not whole"),
            Self::Status(410) => f.write_str("the receiver says that the address is gone (410)"),
            Self::Status(status @ 300..=399) => {
                write!(f, "the receiver points elsewhere ({status}), which is not followed")
            }
            Self::Status(status) => write!(f, "the receiver did not take it ({status})"),
            Self::Removed => f.write_str("the address was removed"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_read_back() {
        use Problem::{Broken, NoHost, Refused, Removed, Status, Timeout, Tls};
        for problem in [NoHost, Refused, Timeout, Tls, Broken, Status(500), Status(410), Removed] {
            assert_eq!(Problem::of_code(&problem.code()), Some(problem));
        }
        assert_eq!(Problem::of_code("weather"), None);
    }
}
