//! What an elder agreed to, for one purpose, and how that was said.

use minicbor::{Decode, Encode};

use super::{Event, EventBody, PhotoHash};
use crate::code::coded;
use crate::edit::Edit;
use crate::time::Timestamp;

coded! {
    /// What the consent is for. Each is asked apart.
    Purpose {
        /// 建档
        Archive = 0 "archive",
        /// 健康信息
        Health = 1 "health",
        /// 拍照
        Photo = 2 "photo",
        /// 告知家属
        FamilyShare = 3 "family_share",
        /// 提供给社康
        HealthCenterShare = 4 "health_center_share",
        /// 提供给民政
        CivilAffairsShare = 5 "civil_affairs_share",
        /// 提供给志愿者
        VolunteerShare = 6 "volunteer_share",
    }
}

coded! {
    /// How a consent stands, weakest first: the most restrictive of concurrent statements holds.
    ConsentState {
        /// 同意
        Granted = 0 "granted",
        /// 有限同意
        Limited = 1 "limited",
        /// 未询问
        NotAsked = 2 "not_asked",
        /// 拒绝
        Refused = 3 "refused",
        /// 撤回
        Withdrawn = 4 "withdrawn",
    }
}

coded! {
    /// How it was said.
    ConsentMethod {
        /// 书面: the paper's hash goes with it.
        Paper = 0 "paper",
        /// 口头并有见证人
        VerbalWithWitness = 1 "verbal_witness",
        /// 监护人
        Guardian = 2 "guardian",
    }
}

/// One statement for one purpose. A grant after a refusal is one only with such an event of its own.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Consent {
    /// For what.
    #[n(0)]
    pub purpose: Purpose,
    /// What was said.
    #[n(1)]
    pub state: ConsentState,
    /// How.
    #[n(2)]
    pub method: ConsentMethod,
    /// Hash of the signed paper.
    #[n(3)]
    pub paper: Option<PhotoHash>,
    /// The witness, or the guardian.
    #[n(4)]
    pub witness: Option<String>,
    /// Until when; then it counts as not asked.
    #[n(5)]
    pub valid_to: Option<Timestamp>,
    /// To whom, when it is about giving data to others: they are named one by one.
    #[n(6)]
    pub receivers: Vec<String>,
    /// What "limited" leaves out, in the elder's words.
    #[n(7)]
    pub limits: Option<String>,
}

/// The field of an elder's file that a consent puts.
pub(crate) const FIELD: &str = "consent";

/// Whether every consent that the edit puts has its own event: the same elder, purpose and state. When one lacks it, none
/// of the edit's may replace a stricter one.
pub(crate) fn backs(events: &[Event], edit: &Edit) -> bool {
    let mut puts = edit.ops.iter().filter(|op| op.field == FIELD).peekable();
    let said = |event: &Event, purpose: Option<&str>, state: Option<&str>| match &event.body {
        EventBody::Consent(consent) => {
            let Consent { purpose: of, state: how, .. } = consent;
            event.subject == edit.entity && purpose == Some(of.code()) && state == Some(how.code())
        }
        _ => false,
    };
    puts.peek().is_some()
        && puts.all(|op| events.iter().any(|event| said(event, op.element.as_deref(), op.value.as_text())))
}
