//! What a server tells beside acknowledgements: something went wrong with a part of the request, and the rest goes on.

use crate::code::coded;

use super::down::Problem;
use super::error::WireError;

coded! {
    /// What can go wrong with a part of a request, beside what [`WireError`] says of its stream.
    Trouble {
        /// A caseload that is not there, or not this worker's: which of the two is not told.
        UnknownCaseload = 0 "unknown_caseload",
        /// A number that no outbox reaches.
        ImpossibleNumber = 1 "impossible_number",
        /// The server was restored: the phone reads that log from its start.
        NewEpoch = 2 "new_epoch",
        /// The phone holds another log than the server: it reads it from its start.
        SanityMismatch = 3 "sanity_mismatch",
        /// The server failed; what it did not acknowledge is sent again.
        Internal = 4 "internal",
        /// The server has more to do than it can; what it did not acknowledge is sent again later.
        Busy = 5 "busy",
        /// The server cannot write: no room, or a disk that fails. What it did not acknowledge is sent again later.
        Storage = 6 "storage",
    }
}

impl Trouble {
    /// Whether it is the server's own and may pass: what was not taken in stays on the phone and goes up again later.
    #[must_use]
    pub const fn may_pass(self) -> bool {
        matches!(self, Self::Internal | Self::Busy | Self::Storage)
    }

    /// What to tell a person, in Chinese and in English.
    #[must_use]
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::UnknownCaseload => ("没有这个工作范围。", "There is no such caseload."),
            Self::ImpossibleNumber => ("提交编号不可用。", "No outbox has this number."),
            Self::NewEpoch => ("服务器已从备份恢复,将重新下载。", "The server was restored; the log is read again."),
            Self::SanityMismatch => {
                ("本机数据与服务器不一致,将重新下载。", "This phone differs from the server; the log is read again.")
            }
            Self::Internal => {
                ("服务器出错,未收到的内容将再次发送。", "The server failed; what it did not take in is sent again.")
            }
            Self::Busy => (
                "服务器正忙,内容保存在本机,稍后自动再发。",
                "The server is busy; what it did not take in stays here and is sent again by itself later.",
            ),
            Self::Storage => (
                "服务器磁盘已满或出错,内容保存在本机,稍后自动再发;请告知管理员。",
                "The server's disk is full or fails; what it did not take in stays here and is sent again by itself later. \
                 Please tell your administrator.",
            ),
        }
    }
}

impl Problem {
    /// What to tell a person, in Chinese and in English; a code of a newer server has no words here yet.
    #[must_use]
    pub fn words(&self) -> (&'static str, &'static str) {
        let of_stream = || WireError::KINDS.iter().find(|error| error.code() == self.code);
        Trouble::from_code(&self.code)
            .map(Trouble::words)
            .or_else(|| of_stream().map(|error| (error.zh(), error.en())))
            .unwrap_or(("同步遇到问题,请升级后再试。", "Something went wrong that a newer version can explain."))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_code_has_words_of_its_own() {
        let codes = Trouble::ALL.iter().map(|trouble| trouble.code());
        let codes: Vec<&str> = codes.chain(WireError::KINDS.iter().map(WireError::code)).collect();
        let words = |code: &&str| Problem { code: (*code).to_owned(), caseload: None, number: None }.words();
        let said: BTreeSet<_> = codes.iter().chain(&["of_a_newer_server"]).map(words).collect();
        assert_eq!(said.len(), codes.len() + 1);
        assert!(said.iter().all(|(zh, en)| zh.chars().any(|c| c > '\u{2e80}') && en.is_ascii()));
    }
}
