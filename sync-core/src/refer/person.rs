//! What a desk receives about a person: the fields that its route names and no other, the matter in the policy's words,
//! what allows it, by when, and whom to ring. There is none without a route that names the department for a person and
//! without the law or a consent that stands at that moment.

use super::slip::SlipOut;
use crate::care::{self, Files};
use crate::case::{Context, text_of};
use crate::document::Document;
use crate::edit::{FieldOp, State, Value};
use crate::entity::{Kind, person_slip};
use crate::event::{ConsentState, Purpose};
use crate::id::{CaseloadId, EntityId};
use crate::policy::{Department, Due, Policy, RuleRoute, Text};
use crate::refer::DISPATCHED;

/// A desk that may receive what is about a person. Only its department makes one, and a fire desk's never does.
#[derive(Clone, Copy)]
pub(super) struct PersonDesk(CaseloadId);

impl PersonDesk {
    pub(super) fn of(department: &Department, desk: CaseloadId) -> Option<Self> {
        department.takes_persons().then_some(Self(desk))
    }
}

/// The route by which a referral about a person may go to this department; `None` when its rule names none.
pub(super) fn route<'p>(policy: &'p Policy, referral: &Document, dept: &str) -> Option<&'p RuleRoute> {
    let rule = policy.rule(&text_of(referral, "rule")).filter(|rule| rule.each.of_a_person())?;
    let severity = referral.value("severity").and_then(|value| value.as_int());
    let escalated = rule.escalate.as_ref().filter(|then| Some(then.severity.number()) == severity);
    let routes = escalated.map_or(&rule.route, |then| &then.route);
    let window = text_of(referral, "window");
    let code = window.split('#').next().unwrap_or_default();
    let concerns = |route: &&RuleRoute| route.codes.is_empty() || route.codes.iter().any(|own| own == code);
    let takes = policy.department(dept).is_some_and(Department::takes_persons);
    routes.iter().filter(concerns).find(|route| route.dept == dept && takes)
}

/// What allows a route, now.
pub(super) enum Allowed {
    /// The law.
    Law(Text),
    /// The elder.
    Consent(Purpose, Text),
}

/// What allows it; `None` without a consent that stands.
pub(super) fn allowed(context: &Context<'_>, files: &Files<'_>, route: &RuleRoute) -> Option<Allowed> {
    let Some(purpose) = route.consent else { return route.legal_basis.clone().map(Allowed::Law) };
    if care::consent(files, purpose, context.now) != ConsentState::Granted {
        return None;
    }
    let day = care::consent_said(files, purpose).map(|at| at.day().to_string()).unwrap_or_default();
    let Text { zh, en } = said(purpose);
    Some(Allowed::Consent(
        purpose,
        Text::new(format!("长者本人同意:{zh}({day})"), format!("The elder agreed: {en} ({day})")),
    ))
}

fn said(purpose: Purpose) -> Text {
    let (zh, en) = match purpose {
        Purpose::Archive => ("建立档案", "a file is kept"),
        Purpose::Health => ("记录健康信息", "health is recorded"),
        Purpose::Photo => ("拍照", "photos are taken"),
        Purpose::FamilyShare => ("告知家属", "the family is told"),
        Purpose::HealthCenterShare => ("提供给社康", "the health centre is told"),
        Purpose::CivilAffairsShare => ("提供给民政", "civil affairs is told"),
        Purpose::VolunteerShare => ("提供给志愿者", "volunteers are told"),
    };
    Text::new(zh, en)
}

/// A referral on its way to a desk.
pub(super) struct Going<'a> {
    pub(super) referral: EntityId,
    pub(super) document: &'a Document,
    pub(super) route: &'a RuleRoute,
    pub(super) round: u16,
    pub(super) due: Option<&'a Due>,
}

/// Writes the slip. `address` is that of the elder's home.
pub(super) fn write(
    context: &Context<'_>,
    files: &Files<'_>,
    address: Option<String>,
    going: &Going<'_>,
    desk: PersonDesk,
    allowed: &Allowed,
) -> SlipOut {
    let policy = context.policy.policy();
    let Going { referral, document, route, round, due } = going;
    let rule = text_of(document, "rule");
    let name = policy.rule(&rule).map(|rule| rule.name.clone()).unwrap_or_default();
    let matter = policy.deadline(&route.deadline, context.now).map(|deadline| deadline.matter.clone());
    let matter = matter.unwrap_or_else(|| name.clone());
    let (consent, words) = match allowed {
        Allowed::Law(words) => ("", words),
        Allowed::Consent(purpose, words) => (purpose.code(), words),
    };
    let texts = [
        ("number", format!("{}/{round}", text_of(document, "number"))),
        ("rule", rule),
        ("rule_zh", name.zh),
        ("rule_en", name.en),
        ("matter_zh", matter.zh),
        ("matter_en", matter.en),
        ("allowed_zh", words.zh.clone()),
        ("allowed_en", words.en.clone()),
        ("consent", consent.to_owned()),
        ("basis", due.map(|due| due.basis.zh.clone()).unwrap_or_default()),
        ("contact", context.contact.to_owned()),
    ];
    let mut ops: Vec<FieldOp> = texts.into_iter().map(|(field, text)| FieldOp::put(field, Value::Text(text))).collect();
    ops.extend([
        FieldOp::put("referral", Value::Id(*referral)),
        FieldOp::put("round", Value::Int(i64::from(*round))),
        FieldOp::put("consent_stands", Value::Bool(true)),
        FieldOp::put("received_at", Value::Int(context.now.millis())),
        FieldOp::put("state", Value::State(State::new(*round, DISPATCHED))),
    ]);
    ops.extend(due.map(|due| FieldOp::put("due_at", Value::Int(due.at.millis()))));
    for field in &route.fields {
        ops.extend(tell(files, field, address.as_deref()));
    }
    // A file with hundreds of contacts stays within one edit: those who are called first.
    ops.truncate(crate::limits::EDIT_OPS);
    SlipOut { desk: desk.0, slip: person_slip::id(*referral, *round), kind: Kind::PersonSlip, ops }
}

/// One field of the elder's file as the slip holds it; nothing for what no desk is told.
fn tell(files: &Files<'_>, field: &str, address: Option<&str>) -> Vec<FieldOp> {
    let Some(told) = person_slip::tells(field) else { return Vec::new() };
    let one = |text: Option<String>| text.map(|text| FieldOp::put(told, Value::Text(text))).into_iter().collect();
    match field {
        "dwelling" => one(address.map(str::to_owned)),
        "capacity" => one(Some(care::capacity(files))),
        "difficulty_kinds" | "devices" => {
            let members = care::members(files, field).into_iter();
            members.map(|member| FieldOp::put_element(told, &member, Value::Bool(true))).collect()
        }
        "contacts" => contacts(files, "contact_name", told),
        "contact_phone" => contacts(files, "contact_phone", told),
        _ => one(care::value(files, field, None).and_then(|value| value.as_text().map(str::to_owned))),
    }
}

/// What is known of each contact, in the order in which they are called. What a contact is called in the file stays there.
fn contacts(files: &Files<'_>, field: &str, told: &str) -> Vec<FieldOp> {
    let order = |contact: &String| {
        let order = care::value(files, "contact_order", Some(contact)).and_then(|value| value.as_int());
        (order.unwrap_or(i64::MAX), contact.clone())
    };
    let mut contacts: Vec<String> = care::members(files, "contacts").into_iter().collect();
    contacts.sort_by_key(order);
    let value = |(contact, n): (String, u32)| {
        let value = care::value(files, field, Some(&contact))?;
        Some(FieldOp::put_element(told, &n.to_string(), Value::Text(value.as_text()?.to_owned())))
    };
    contacts.into_iter().zip(1..).take(CONTACTS).filter_map(value).collect()
}

/// Most contacts that a desk is told.
const CONTACTS: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::SlipKind;

    #[test]
    fn a_fire_desk_is_no_desk_for_persons_whatever_its_policy_says() {
        let policy = Policy::sample();
        let desk = CaseloadId::from_bytes([1; 16]);
        let mut fire = policy.department("FIRE").unwrap().clone();
        assert!(PersonDesk::of(&fire, desk).is_none());
        fire.slips.push(SlipKind::Person);
        assert!(PersonDesk::of(&fire, desk).is_none());
        assert!(PersonDesk::of(policy.department("PSB").unwrap(), desk).is_some());
        assert!(PersonDesk::of(policy.department("EMB").unwrap(), desk).is_none());
    }
}
