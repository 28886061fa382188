//! A held submission in words: what it says, and what follows either way.

use std::collections::BTreeMap;

use serde::Serialize;
use sync_core::edit::{FieldOp, Value};
use sync_core::event::{Event, FlagStanding};
use sync_core::id::EntityId;
use sync_core::log::HoldCode;
use sync_core::policy::{Policy, Text};
use sync_core::words;

use crate::flow::foresee::{Becomes, Follows, Foreseen};
use crate::http::Moment;

/// An event in a held submission.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct HeldEvent {
    /// Its kind.
    #[schema(example = "inspection")]
    kind: String,
    /// What it is about.
    #[schema(value_type = String)]
    subject: EntityId,
    /// What that is called, if it has a name.
    #[serde(skip_serializing_if = "Option::is_none")]
    subject_name: Option<String>,
    /// When it began, by the device's clock.
    #[schema(value_type = String, format = DateTime)]
    at: Moment,
    /// As a sentence in zh and en, with what was observed.
    #[schema(value_type = Object)]
    says: Text,
}

/// A change in a held submission.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct HeldChange {
    /// The entity.
    #[schema(value_type = String)]
    entity: EntityId,
    /// What it is called, if it has a name.
    #[serde(skip_serializing_if = "Option::is_none")]
    entity_name: Option<String>,
    /// The code of its kind.
    kind: String,
    /// What that kind is called.
    #[schema(value_type = Object)]
    kind_name: Text,
    /// The field.
    field: String,
    /// What that field is called.
    #[schema(value_type = Object)]
    label: Text,
    /// The element, of a field that has several.
    #[serde(skip_serializing_if = "Option::is_none")]
    element: Option<String>,
    /// The value.
    #[schema(value_type = Object)]
    value: Value,
    /// The value that shows now, in words; left out where nobody has said anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    old: Option<Text>,
    /// The value in words.
    #[schema(value_type = Object)]
    new: Text,
}

/// What would follow if it were accepted.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct IfAccepted {
    /// Whether it can be accepted at all.
    possible: bool,
    /// What would follow, a sentence each in zh and en; when it is not possible, why.
    #[schema(value_type = Vec<Object>)]
    follows: Vec<Text>,
}

pub(super) fn event(event: &Event, names: &BTreeMap<EntityId, String>, policy: &Policy) -> HeldEvent {
    let name = |id: EntityId| names.get(&id).cloned();
    HeldEvent {
        kind: event.body.kind().to_owned(),
        subject: event.subject,
        subject_name: name(event.subject),
        at: event.start.into(),
        says: words::happened(&event.body, Some(policy), &name),
    }
}

/// Every change, with what shows now.
pub(super) fn changes(foreseen: &Foreseen) -> Vec<HeldChange> {
    let name = |id: EntityId| foreseen.names.get(&id).cloned();
    let edits = foreseen.content.iter().flat_map(|content| &content.edits);
    let ops = edits.flat_map(|edit| edit.ops.iter().map(move |op| (edit, op)));
    let change = |((edit, op), before): ((&sync_core::edit::Edit, &FieldOp), &Option<Value>)| {
        let kind = &edit.kind;
        HeldChange {
            entity: edit.entity,
            entity_name: name(edit.entity),
            kind: kind.clone(),
            kind_name: words::kind(kind).unwrap_or_else(|| code(kind)),
            field: op.field.clone(),
            label: words::label(kind, &op.field, op.element.as_deref()),
            element: op.element.clone(),
            value: op.value.clone(),
            old: before.as_ref().map(|before| words::value(kind, &op.field, before, &name)),
            new: words::value(kind, &op.field, &op.value, &name),
        }
    };
    ops.zip(&foreseen.before).map(change).collect()
}

fn code(code: &str) -> Text {
    Text::new(code, code)
}

/// What accepting would do.
pub(super) fn if_accepted(foreseen: &Foreseen, policy: &Policy) -> IfAccepted {
    match &foreseen.accepted {
        Err(code) => IfAccepted { possible: false, follows: vec![impossible(*code)] },
        Ok(follows) => IfAccepted { possible: true, follows: sentences(foreseen, follows, policy) },
    }
}

fn impossible(code: HoldCode) -> Text {
    let Text { zh, en } = words::held(code);
    Text::new(format!("不能采纳:{zh}。"), format!("It cannot be accepted: {en}."))
}

fn sentences(foreseen: &Foreseen, follows: &Follows, policy: &Policy) -> Vec<Text> {
    let mut said = vec![Text::new(
        "内容并入档案,作者的手机会显示已采纳。",
        "It becomes part of the record, and its author's phone shows that.",
    )];
    for (nth, op, becomes) in &follows.fields {
        let edit = foreseen.content.as_ref().and_then(|content| content.edits.get(*nth));
        let Some((edit, op)) = edit.and_then(|edit| Some((edit, edit.ops.get(*op)?))) else { continue };
        let Text { zh, en } = words::label(&edit.kind, &op.field, op.element.as_deref());
        said.push(match becomes {
            Becomes::Superseded => Text::new(
                format!("“{zh}”已被同一部手机之后写的内容取代,只留作记录。"),
                format!("“{en}” was replaced by what the same phone wrote later; it is kept as history."),
            ),
            Becomes::Contested => Text::new(
                format!("“{zh}”与他人所写不一致,需要有人确认。"),
                format!("“{en}” contradicts what others wrote; a person has to settle it."),
            ),
            Becomes::Outweighed => Text::new(
                format!("“{zh}”仍按现有的内容显示,这一说法一并保留。"),
                format!("“{en}” stays as it is; this is kept beside it."),
            ),
        });
    }
    let rule = |id: &str| policy.rule(id).map_or_else(|| code(id), |rule| rule.name.clone());
    for flagged in &follows.flags {
        let Text { zh, en } = rule(&flagged.rule);
        let id = &flagged.rule;
        said.push(match flagged.standing {
            FlagStanding::Raised => {
                Text::new(format!("将提示 {id} {zh}:{}", flagged.zh), format!("Raises {id}, {en}: {}", flagged.en))
            }
            FlagStanding::Ended | FlagStanding::Withdrawn | FlagStanding::Dismissed => {
                Text::new(format!("提示 {id} {zh} 不再成立。"), format!("{id}, {en}, holds no more."))
            }
        });
    }
    for id in &follows.alarms {
        let Text { zh, en } = rule(id);
        said.push(Text::new(
            format!("立即警报 {id} {zh}:须有人确认收到。"),
            format!("Sets off the alarm {id}, {en}: somebody has to acknowledge it."),
        ));
    }
    for (id, dept) in &follows.referrals {
        let Text { zh, en } = policy.department(dept).map_or_else(|| code(dept), |dept| dept.name.clone());
        said.push(Text::new(
            format!("因 {id} 新开一件转办,建议转{zh}。"),
            format!("Opens a referral for {id}; {en} is proposed."),
        ));
    }
    said
}

/// What rejecting would do.
pub(super) fn if_rejected() -> Text {
    Text::new(
        "内容不并入档案,原样留存;作者的手机会显示未采纳和理由。",
        "It stays out of the record and is kept as it is; its author's phone shows that, with the reason.",
    )
}
