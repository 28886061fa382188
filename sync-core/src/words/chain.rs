//! What a step of a referral is called.

use super::{Word, word};
use crate::policy::Text;
use crate::refer::Did;

/// What somebody did for a referral.
#[must_use]
pub fn did(did: Did) -> Text {
    word(DID, did.code())
}

const DID: &[Word] = &[
    ("seen", "记下所见", "wrote what was seen"),
    ("flagged", "规则提示成立", "the flag was raised"),
    ("stood_down", "提示了结或撤回", "the flag ended or was withdrawn"),
    ("judged", "对提示作出判定", "decided on the flag"),
    ("opened", "建立转办件或转办单", "the referral or slip was opened"),
    ("submitted", "提交待分拨", "submitted for dispatch"),
    ("dispatched", "分拨到窗口", "sent to the desk"),
    ("accepted", "签收", "accepted"),
    ("checking", "开始核查", "began to check"),
    ("replied", "答复", "answered"),
    ("corrected", "更正答复", "corrected the answer"),
    ("confirmed", "回访", "went back to look"),
    ("closed", "办结", "closed"),
    ("not_accepted", "不予受理", "did not take it on"),
    ("returned", "退回", "returned it"),
    ("took_back", "提出撤回", "asked to take it back"),
    ("asked", "询问社方", "asked the organisation"),
    ("supplied", "补充说明", "answered the question"),
    ("opened_slip", "打开个人转办单", "opened the slip about a person"),
    ("transcribed", "转录纸质文件", "wrote a paper down"),
    ("noted", "在转办单上补记", "wrote on the slip"),
    ("let_in", "采用暂存的记录", "accepted what was held"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_has_words() {
        for step in Did::ALL {
            assert_ne!(did(*step).zh, step.code());
        }
        assert_eq!(DID.len(), Did::ALL.len());
    }
}
