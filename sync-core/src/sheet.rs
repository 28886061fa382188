//! The sheet of a friendly reminder (温馨提示单): what is left with the owner, as lines to print or to show (domain
//! reference, section 3). Its texts are the policy's; what was seen is that of the notice and of the visit that it
//! follows. The same lines on the phone, before anything was sent, and on the server.

use std::collections::BTreeSet;

use crate::case::{File, Recorded};
use crate::document::Document;
use crate::entity::Kind;
use crate::event::{Answer, Answered, Event, EventBody, Inspection, Notice, PhotoHash};
use crate::flag::Linked;
use crate::id::{EntityId, EventId};
use crate::policy::{Feedback, Item, PhoneNumber, Policy, Severity, Text};
use crate::time::Timestamp;
use crate::union;
use crate::words;

/// A sheet.
#[derive(Clone, PartialEq, Eq)]
pub struct Sheet {
    /// Heading.
    pub title: Text,
    /// Which sheet this is, which shop, who was there and when. A line that says nothing is left to be filled in by hand.
    pub head: Vec<SheetLine>,
    /// The words before the items.
    pub greeting: Text,
    /// What was found, in the order of the notice.
    pub items: Vec<SheetItem>,
    /// By when, what next, how it was received.
    pub foot: Vec<SheetLine>,
    /// Whom to call when there is danger, the most urgent first.
    pub numbers: Vec<PhoneNumber>,
    /// That this is no enforcement document, costs nothing and sells nothing.
    pub statement: Text,
    /// Last line.
    pub thanks: Text,
    /// Where the shop may say what it thinks of the visit: one address for all, so that it names neither shop nor worker.
    pub feedback: Option<Feedback>,
}

/// One line: what it is called, and what it says.
#[derive(Clone, PartialEq, Eq)]
pub struct SheetLine {
    /// What it is called.
    pub label: Text,
    /// What it says; empty when nobody said it.
    pub says: Text,
}

/// One item, for the owner.
#[derive(Clone, PartialEq, Eq)]
pub struct SheetItem {
    /// The item of the checklist, e.g. `EXIT-02`.
    pub code: String,
    /// What was found; the code, when the policy does not know it.
    pub name: Text,
    /// Put right while the worker was there.
    pub fixed: bool,
    /// A plain reason.
    pub why: Text,
    /// How to put it right.
    pub how: Text,
}

/// The notice that stands among these files under this id: neither voided nor corrected since.
#[must_use]
pub fn find<'f>(files: &Linked<'f>, notice: EventId) -> Option<&'f Recorded> {
    let mut standing = files.values().flat_map(|file| file.standing_events());
    standing.find(|recorded| recorded.event.id == notice && matches!(recorded.event.body, EventBody::Notice(_)))
}

/// The sheet of a notice. `files` are those of the shop and all that is linked with it; `prefix` is the caseload's, once
/// the server has the notice, and makes its number one that nobody else gives out. `None` when it is no notice.
#[must_use]
pub fn sheet(policy: &Policy, files: &Linked<'_>, recorded: &Recorded, prefix: Option<&str>) -> Option<Sheet> {
    let EventBody::Notice(notice) = &recorded.event.body else { return None };
    let visit = visit(files, notice.inspection);
    let inspection = visit.and_then(|event| match &event.body {
        EventBody::Inspection(inspection) => Some(inspection),
        _ => None,
    });
    let answered = |code: &String| inspection.and_then(|it| it.answers.iter().find(|answer| answer.code == *code));
    let items: Vec<SheetItem> = notice.items.iter().map(|code| item(policy, code, answered(code))).collect();
    let texts = &policy.notice;
    Some(Sheet {
        title: texts.title.clone(),
        head: head(files, recorded, (notice, inspection), prefix),
        greeting: texts.greeting.clone(),
        foot: foot(policy, &recorded.event, notice, photos(&recorded.event, visit)),
        numbers: numbers(policy, notice, &answered),
        items,
        statement: texts.statement.clone(),
        thanks: texts.thanks.clone(),
        feedback: texts.feedback.clone(),
    })
}

/// The visit that a notice follows, as it was corrected since.
fn visit<'f>(files: &Linked<'f>, inspection: EventId) -> Option<&'f Event> {
    let events = || files.values().flat_map(|file| &file.events).map(|recorded| &recorded.event);
    let mut found = events().find(|event| event.id == inspection)?;
    // No longer than there are corrections, also when they should name each other.
    for _ in events() {
        let Some(next) = events().find(|event| event.amends == Some(found.id)) else { break };
        found = next;
    }
    Some(found)
}

fn item(policy: &Policy, code: &str, answered: Option<&Answered>) -> SheetItem {
    let said = |text: fn(&Item) -> &Text| policy.checklist.item(code).map(text).cloned();
    SheetItem {
        code: code.to_owned(),
        name: said(|item| &item.name).unwrap_or_else(|| Text::new(code, code)),
        fixed: answered.is_some_and(|answered| answered.answer == Answer::FixedOnSpot),
        why: said(|item| &item.why).unwrap_or_default(),
        how: said(|item| &item.how).unwrap_or_default(),
    }
}

fn head(
    files: &Linked<'_>,
    recorded: &Recorded,
    (notice, inspection): (&Notice, Option<&Inspection>),
    prefix: Option<&str>,
) -> Vec<SheetLine> {
    let roots: Vec<&Document> = files.iter().filter_map(|(root, file)| file.documents.get(root)).collect();
    let place = |field: &str| union::text(&roots, field);
    let address = [place("address"), place("unit_code")].into_iter().filter(|text| !text.is_empty());
    let address = address.collect::<Vec<_>>().join(" · ");
    let met = inspection.and_then(|inspection| inspection.met.clone()).unwrap_or_default();
    let number = match prefix {
        Some(prefix) => same(format!("{prefix}-{}-{}", recorded.received_at.civil().year(), notice.number)),
        None => Text::new(format!("{}(临时)", notice.number), format!("{} (provisional)", notice.number)),
    };
    vec![
        line("编号", "Number", number),
        line("店铺", "Shop", same(place("name"))),
        line("地址", "Address", same(address)),
        line("经营者", "Run by", same(operator(files, recorded.event.start).unwrap_or_default())),
        line("接待我们的人", "We spoke with", same(met)),
        line("日期和时间", "Date and time", moment(recorded.event.start)),
        line("走访人员工牌号", "Visitors' badges", listed(&notice.badges)),
    ]
}

fn foot(policy: &Policy, event: &Event, notice: &Notice, photos: usize) -> Vec<SheetLine> {
    let day = |at: Option<Timestamp>| at.map(self::day).unwrap_or_default();
    let photos = match photos {
        0 => Text::new("没有拍照", "none"),
        1 => Text::new("1 张", "1"),
        n => Text::new(format!("{n} 张"), n.to_string()),
    };
    let receipt = policy.receipts.iter().find(|receipt| receipt.code == notice.receipt.code());
    let receipt = receipt.map_or_else(|| words::receipt(notice.receipt), |receipt| receipt.name.clone());
    let copy = match notice.copy_left {
        Some(true) => Text::new("已留一份给店里", "left with the shop"),
        Some(false) => Text::new("没有留下", "not left"),
        None => Text::default(),
    };
    let manifest = &policy.manifest;
    let version = format!("{}@{}", manifest.id, event.policy);
    // An older notice was made by another edition than the one at hand.
    let edition = match event.policy == manifest.version {
        true => format!("{} ({version})", policy.checklist.edition),
        false => version,
    };
    vec![
        line("建议改好的日期", "Suggested date to have it fixed", day(notice.fix_by)),
        line("我们下次来看", "We come again", day(notice.next_visit)),
        line("现场照片", "Photos taken", photos),
        line("收到方式", "How it was received", receipt),
        line("留存", "A copy", copy),
        line("检查表版本", "Checklist", same(edition)),
    ]
}

/// Who runs the business there at a time: of those who had not moved out, the last to move in.
fn operator(files: &Linked<'_>, at: Timestamp) -> Option<String> {
    let time = |tenancy: &Document, field: &str| {
        tenancy.value(field).and_then(|value| value.as_int()).map(Timestamp::from_millis)
    };
    let tenancies = files.values().flat_map(|file| file.of_kind(Kind::Tenancy)).map(|(_, tenancy)| tenancy);
    let current = tenancies.filter(|tenancy| time(tenancy, "until").is_none_or(|until| at < until));
    let last = current.max_by_key(|tenancy| time(tenancy, "from"))?;
    let operator = last.value("operator")?.as_id()?;
    name_of(files, operator)
}

fn name_of(files: &Linked<'_>, operator: EntityId) -> Option<String> {
    let document = files.values().find_map(|file: &&File| file.documents.get(&operator))?;
    ["name", "legal_name"]
        .into_iter()
        .filter_map(|field| Some(document.value(field)?.as_text()?.to_owned()))
        .find(|name| !name.is_empty())
}

/// How many different photos there are of the visit and of the notice.
fn photos(notice: &Event, visit: Option<&Event>) -> usize {
    let answers = visit.into_iter().flat_map(|event| match &event.body {
        EventBody::Inspection(inspection) => &inspection.answers[..],
        _ => &[],
    });
    let of_visit = visit.into_iter().flat_map(|event| &event.photos);
    let all: BTreeSet<&PhotoHash> =
        answers.flat_map(|answered| &answered.photos).chain(of_visit).chain(&notice.photos).collect();
    all.len()
}

/// Those of the alarms that the items show, else those of any immediate danger; each number once.
fn numbers<'a>(
    policy: &Policy,
    notice: &Notice,
    answered: &impl Fn(&String) -> Option<&'a Answered>,
) -> Vec<PhoneNumber> {
    let shown = notice.items.iter().filter_map(|code| {
        let usual = policy.checklist.item(code).map(|item| item.severity);
        let said = answered(code).and_then(|answered| answered.severity);
        policy.alarm(code, said.map(|said| Severity::from_number(said.into())).or(usual)?)
    });
    let any = policy.alarm("", Severity::S4);
    let mut numbers: Vec<PhoneNumber> = Vec::new();
    for number in shown.chain(any).flat_map(|alarm| &alarm.numbers) {
        if !numbers.iter().any(|known| known.number == number.number) {
            numbers.push(number.clone());
        }
    }
    numbers
}

fn line(zh: &str, en: &str, says: Text) -> SheetLine {
    SheetLine { label: Text::new(zh, en), says }
}

fn same(text: String) -> Text {
    Text::new(text.clone(), text)
}

fn listed(texts: &[String]) -> Text {
    Text::new(texts.join("、"), texts.join(", "))
}

fn day(at: Timestamp) -> Text {
    let date = at.civil().date();
    Text::new(format!("{}年{}月{}日", date.year(), date.month(), date.day()), date.to_string())
}

fn moment(at: Timestamp) -> Text {
    let (Text { zh, en }, time) = (day(at), at.civil().time());
    let time = format!("{:02}:{:02}", time.hour(), time.minute());
    Text::new(format!("{zh} {time}"), format!("{en} {time}"))
}

#[cfg(test)]
mod tests;
