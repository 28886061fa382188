//! Words: what people call the kinds, fields, values and events that are codes everywhere else. One place, in zh and en,
//! for supervisors' consoles and phones alike. A test holds the lists to the schemas.

use crate::author::Role;
use crate::log::HoldCode;
use crate::policy::Text;

mod chain;
mod choice;
mod event;
mod field;
mod value;

pub use chain::did;
pub use choice::{Choice, choice, choices};
pub use event::{event_kind, happened, receipt};
pub use field::{field, kind, label};
pub use value::{Names, element, value};

/// What an author is told whose work was about somebody who was erased. It takes the place of whatever was said before.
pub const ERASED: &str =
    "该档案已按本人要求删除,内容不再保留 / The file was erased on the person's request; nothing of it is kept";

/// A code with what people call it.
type Word = (&'static str, &'static str, &'static str);

fn find(words: &[Word], code: &str) -> Option<Text> {
    words.iter().find(|(known, ..)| *known == code).map(|(_, zh, en)| Text::new(*zh, *en))
}

/// The word for a code of this list; else the code itself, of a newer version.
fn word(words: &[Word], code: &str) -> Text {
    find(words, code).unwrap_or_else(|| Text::new(code, code))
}

/// What a role is called.
#[must_use]
pub fn role(role: Role) -> Text {
    word(ROLES, role.code())
}

const ROLES: &[Word] = &[
    ("worker", "社工", "worker"),
    ("supervisor", "督导", "supervisor"),
    ("steward", "档案管理员", "steward"),
    ("dispatcher", "分拨员", "dispatcher"),
    ("officer", "部门经办", "officer"),
    ("purchaser", "购买方", "purchaser"),
    ("evaluator", "评估方", "evaluator"),
    ("admin", "系统管理员", "administrator"),
    ("system", "系统", "the system"),
];

/// Why something is held, as a sentence.
#[must_use]
pub fn held(code: HoldCode) -> Text {
    word(HELD, code.code())
}

const HELD: &[Word] = &[
    (
        "too_new",
        "由更新版本的应用写成,服务器还读不懂其中一部分",
        "Written by a newer version of the app; the server cannot read all of it yet",
    ),
    ("unreadable", "内容读不出来", "What was written cannot be read"),
    ("not_permitted", "其中有作者的角色不能写的内容", "It holds something that the author's role may not write"),
    (
        "no_access",
        "作者写入或上传时不在这个档案组,或这是一份没有写完的草稿",
        "Its author did not work on this caseload when it came in, or never finished it",
    ),
    (
        "unknown_entity",
        "所涉档案不存在,或者新建该档案的内容本身还在待审",
        "The file that it is about is not there, or what created it is itself held",
    ),
    (
        "device_revoked",
        "来自已停用、被暂停的手机,或作者已停用",
        "From a phone that was revoked or suspended, or by somebody who was disabled",
    ),
    ("too_large", "内容超过上限", "It is larger than allowed"),
    (
        "malformed",
        "内容不是本应用正常写出的,例如与已有记录重复",
        "Not what the app writes; for example it repeats what is on record",
    ),
];

/// Why somebody should go to an elder, where it is no rhythm of the policy, which has words of its own.
#[must_use]
pub fn call(code: &str) -> Text {
    word(CALLS, code)
}

const CALLS: &[Word] = &[
    ("follow_up", "上次说好再来", "The last visit said when to come back"),
    ("reassessment", "情况有变,请重新评估", "Something happened: assess again"),
    ("need", "有需求还没有落实", "The elder needs something that is not there yet"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entity::{Kind, Shape};
    use crate::event::EventBody;

    #[test]
    fn everything_that_has_a_code_has_words() {
        let mut missing = Vec::new();
        let mut need = |what: String, found: Option<Text>| {
            if found.is_none_or(|text| text.zh.is_empty() || text.en.is_empty()) {
                missing.push(what);
            }
        };
        for kind in Kind::ALL {
            need(kind.code().to_owned(), super::kind(kind.code()));
            for spec in kind.schema().fields {
                need(format!("{}.{}", kind.code(), spec.name), field(kind.code(), spec.name));
                if let Shape::OneOf(texts) = spec.shape {
                    for text in texts {
                        need(format!("{}.{} {text}", kind.code(), spec.name), value::one_of(spec.name, text));
                    }
                }
                for element in spec.only.into_iter().flatten() {
                    need(format!("{}.{}/{element}", kind.code(), spec.name), value::one_of(spec.name, element));
                }
            }
        }
        for code in EventBody::KINDS {
            need((*code).to_owned(), event_kind(code));
        }
        for role in Role::ALL {
            need(role.to_string(), find(ROLES, role.code()));
        }
        for code in HoldCode::ALL {
            need(code.to_string(), find(HELD, code.code()));
        }
        event::every_code(&mut need);
        assert_eq!(missing, Vec::<String>::new());
    }
}
