//! A sheet by the sample policy, as it is read.

use std::collections::BTreeMap;

use super::*;
use crate::author::{Author, Role};
use crate::document::Stamp;
use crate::edit::{Base, Edit, FieldOp, Value};
use crate::entity::Schema;
use crate::event::NoticeReceipt;
use crate::id::{DeviceId, PersonId, SubmissionId};
use crate::policy::Lang;
use crate::time::Hlc;

const SHOP: EntityId = EntityId::from_bytes([1; 16]);
const VISIT: EventId = EventId::from_bytes([2; 16]);
const NOTICE: EventId = EventId::from_bytes([3; 16]);

fn at(text: &str) -> Timestamp {
    Timestamp::from_civil(text.parse().unwrap())
}

fn author() -> Author {
    let (device, person) = (DeviceId::from_bytes([5; 16]), PersonId::from_bytes([6; 16]));
    Author { device, person, role: Role::Worker, number: 1 }
}

fn put(file: &mut File, kind: Kind, entity: EntityId, fields: &[(&str, Value)]) {
    let document = file.documents.entry(entity).or_insert_with(|| Document::new(Schema::of_code(kind.code()).unwrap()));
    let ops = fields.iter().map(|(field, value)| FieldOp::put(field, value.clone())).collect();
    let base = Base { version: document.version(), seen: Vec::new() };
    let edit = Edit { entity, kind: kind.code().to_owned(), base, ops };
    let submission = SubmissionId::derived("sheet", &[entity.bytes()]);
    let stamp = Stamp { submission, entity, author: author(), at: Hlc::default(), consent: false };
    document.apply(&edit, &stamp).unwrap();
}

fn happened(file: &mut File, id: EventId, start: Timestamp, amends: Option<EventId>, body: EventBody) {
    let event = Event {
        id,
        subject: SHOP,
        programme: "安全生产监督".to_owned(),
        policy: 1,
        start,
        end: start,
        coworkers: Vec::new(),
        place: None,
        photos: Vec::new(),
        amends,
        body,
    };
    let submission = SubmissionId::derived("sheet", &[id.bytes()]);
    file.record(Recorded { seq: 7, submission, author: author(), received_at: start, doubtful: false, event });
}

fn answered(code: &str, answer: Answer, severity: Option<u8>, photos: &[u8]) -> Answered {
    let photos = photos.iter().map(|n| PhotoHash([*n; 32])).collect();
    Answered { code: code.to_owned(), answer, severity, refused: false, quantity: None, note: None, photos }
}

/// The rice-roll shop: two tenants after each other, a visit that was corrected, and the notice that was left.
fn shop(items: &[&str]) -> File {
    let mut file = File::default();
    let texts = [("name", "王记肠粉"), ("address", "花果山路12号"), ("unit_code", "4403050060010012-101")];
    put(&mut file, Kind::Premises, SHOP, &texts.map(|(field, text)| (field, Value::from(text))));
    for (n, name, from, until) in
        [(8, "旧粮油店", "2024-01-01", Some("2026-03-01")), (9, "王记小吃店", "2026-03-01", None)]
    {
        let (operator, tenancy) = (EntityId::from_bytes([n; 16]), EntityId::from_bytes([n + 10; 16]));
        let day = |text: &str| Value::Int(at(&format!("{text}T00:00")).millis());
        put(&mut file, Kind::Operator, operator, &[("name", Value::from(name))]);
        let mut fields = vec![("premises", Value::Id(SHOP)), ("operator", Value::Id(operator)), ("from", day(from))];
        fields.extend(until.map(|until| ("until", day(until))));
        put(&mut file, Kind::Tenancy, tenancy, &fields);
    }
    let inspection =
        |answers, met: &str| EventBody::Inspection(Inspection { answers, met: Some(met.to_owned()), revisit: false });
    let first = inspection(vec![answered("EXIT-02", Answer::NotSeen, None, &[])], "店员");
    let right = inspection(
        vec![
            answered("EXIT-02", Answer::Problem, None, &[1, 2]),
            answered("EBK-01", Answer::FixedOnSpot, None, &[2]),
            answered("STR-01", Answer::Problem, Some(4), &[]),
        ],
        "王某",
    );
    happened(&mut file, VISIT, at("2026-11-23T10:05"), None, first);
    happened(&mut file, EventId::from_bytes([4; 16]), at("2026-11-23T10:05"), Some(VISIT), right);
    let notice = Notice {
        inspection: VISIT,
        number: "A-0007".to_owned(),
        items: items.iter().map(|item| (*item).to_owned()).collect(),
        receipt: NoticeReceipt::Signed,
        fix_by: Some(at("2026-11-26T18:00")),
        next_visit: Some(at("2026-11-26T10:00")),
        badges: vec!["XJ-0412".to_owned(), "XJ-0427".to_owned()],
        copy_left: Some(true),
    };
    happened(&mut file, NOTICE, at("2026-11-23T10:20"), None, EventBody::Notice(notice));
    file
}

fn made(file: &File, prefix: Option<&str>) -> Sheet {
    let files = BTreeMap::from([(SHOP, file)]);
    let notice = find(&files, NOTICE).unwrap();
    sheet(&Policy::sample(), &files, notice, prefix).unwrap()
}

fn read(sheet: &Sheet, lang: Lang) -> String {
    let lines = |lines: &[SheetLine]| -> String {
        lines.iter().map(|line| format!("{}: {}\n", line.label.get(lang), line.says.get(lang))).collect()
    };
    let item = |item: &SheetItem| {
        let fixed = if item.fixed { " *" } else { "" };
        format!("- {}{fixed}\n  {}\n  {}\n", item.name.get(lang), item.why.get(lang), item.how.get(lang))
    };
    let items: String = sheet.items.iter().map(item).collect();
    let numbers: Vec<String> =
        sheet.numbers.iter().map(|call| format!("{} {}", call.number, call.name.get(lang))).collect();
    format!("{}{items}{}{}\n", lines(&sheet.head), lines(&sheet.foot), numbers.join("; "))
}

#[test]
fn a_sheet_says_where_who_what_and_what_next() {
    let sheet = made(&shop(&["EXIT-02", "EBK-01"]), Some("HGS"));
    assert_eq!(
        read(&sheet, Lang::Zh),
        "编号: HGS-2026-A-0007\n\
         店铺: 王记肠粉\n\
         地址: 花果山路12号 · 4403050060010012-101\n\
         经营者: 王记小吃店\n\
         接待我们的人: 王某\n\
         日期和时间: 2026年11月23日 10:20\n\
         走访人员工牌号: XJ-0412、XJ-0427\n\
         - 疏散通道堵塞\n  货物堆在通道上,浓烟里看不清路,人容易绊倒、出不去。\n  \
         把通道上的货物挪到仓库或货架,留出能走一个人的整条路;我们可以一起搬。\n\
         - 电动车或电池室内充电 *\n  电池充电时起火很快,室内来不及跑。\n  \
         请推到室外的集中充电点去充,电池也不要拿进屋。我们可以告诉您最近的充电点。\n\
         建议改好的日期: 2026年11月26日\n\
         我们下次来看: 2026年11月26日\n\
         现场照片: 2 张\n\
         收到方式: 签收\n\
         留存: 已留一份给店里\n\
         检查表版本: sample-2026-1 (nanshan-sample@1)\n\
         119 消防救援; 110 报警; 120 急救\n"
    );
    let english = read(&sheet, Lang::En);
    for line in
        ["Number: HGS-2026-A-0007\n", "Date and time: 2026-11-23 10:20\n", "Photos taken: 2\n", "\n119 Fire and rescue"]
    {
        assert!(english.contains(line), "{line} is not in {english}");
    }
    assert!(sheet.statement.zh.contains("不是执法文书,不收费,不推销"));
}

#[test]
fn before_the_server_has_it_the_number_is_provisional_and_what_nobody_said_is_left_open() {
    let mut file = shop(&["EXIT-02"]);
    for recorded in &mut file.events {
        if let EventBody::Notice(notice) = &mut recorded.event.body {
            (notice.badges, notice.copy_left, notice.fix_by) = (Vec::new(), None, None);
        }
    }
    let sheet = made(&file, None);
    assert_eq!(sheet.head[0].says, Text::new("A-0007(临时)", "A-0007 (provisional)"));
    let open = sheet.head.iter().chain(&sheet.foot).filter(|line| line.says == Text::default());
    let open: Vec<&str> = open.map(|line| line.label.en.as_str()).collect();
    assert_eq!(open, ["Visitors' badges", "Suggested date to have it fixed", "A copy"]);
}

#[test]
fn what_is_dangerous_in_itself_brings_its_own_numbers_to_the_top() {
    let first =
        |items: &[&str]| made(&shop(items), None).numbers.into_iter().map(|call| call.number).collect::<Vec<_>>();
    assert_eq!(first(&["GAS-01"])[0], "119");
    let gas = made(&shop(&["GAS-01"]), None);
    assert_eq!(gas.numbers[2].name.en, "Ambulance, if anyone feels unwell", "those of the smell of gas come first");
    assert_eq!(first(&["STR-01"]), ["119", "110", "120"]);
}

#[test]
fn a_voided_notice_has_no_sheet() {
    let mut file = shop(&["EXIT-02"]);
    let void = crate::event::Void { event: NOTICE, reason: "录到别的店铺了".to_owned() };
    happened(&mut file, EventId::from_bytes([9; 16]), at("2026-11-23T11:00"), None, EventBody::Void(void));
    let files = BTreeMap::from([(SHOP, &file)]);
    assert!(find(&files, NOTICE).is_none());
    assert!(find(&files, VISIT).is_none(), "and a visit is no notice");
}

/// The labels of the sheet are the organisation's texts, too.
#[test]
fn no_label_speaks_of_enforcement() {
    let (policy, sheet) = (Policy::sample(), made(&shop(&["EXIT-02"]), None));
    for line in sheet.head.iter().chain(&sheet.foot) {
        for text in [&line.label.zh, &line.label.en, &line.says.zh, &line.says.en] {
            assert!(policy.wording.enforcement_words(text).is_empty(), "{text}");
        }
    }
}
