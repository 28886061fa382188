//! The morning: two workers without a signal, one with; a home, a shop, and phones that meet.

use doorstep_mobile::Finished;
use sync_core::edit::{FieldOp, Value};
use sync_core::event::{Answer, ConsentState, NoticeReceipt, Purpose, RiskKind, VisitKind};
use sync_core::form::{
    AnswerRow, ConsentEntry, ContactEntry, Form, NewPremises, ObservedRow, OperatorEntry, RiskEntry, RiskForm, Scene,
    VisitForm,
};
use sync_core::id::EntityId;
use sync_core::map_point::{Datum, MapPoint};
use sync_core::time::Day;

use super::DemoError;
use super::cast::{Phone, Said};
use super::link::Weather;
use super::script::{Played, Step, quiet, said};
use super::stage::Stage;

/// Gu's son, whom to call first.
pub(super) const SON: &str = "顾小军";
/// What Lin and Chen each wrote down as his number.
pub(super) const NUMBERS: [&str; 2] = ["14200000001", "14200000002"];

pub(super) const STEPS: &[Step] = &[
    Step {
        id: "files",
        at: "08:10",
        who: ("街道 · 周 C", "Office · Zhou C"),
        zh: "导入街道的长者名单:顾阿婆(独居,重点)、谭伯;C 补记顾阿婆 11 月 2 日跌倒过一次,为老周修车铺建档",
        en: "The street office's list is imported: Granny Gu (alone, tier key), Uncle Tan; phone C adds Gu's fall of 2 November and Zhou's repair shop",
        play: files,
    },
    Step {
        id: "morning",
        at: "08:30",
        who: ("A B C", "A B C"),
        zh: "三部手机同步,随后 A、B 走进没有信号的老街",
        en: "Three phones sync; then A and B walk into a street without a signal",
        play: |stage| {
            for phone in [Phone::C, Phone::A, Phone::B] {
                stage.sync(phone)?;
            }
            let mut digests = vec![stage.server_digest()?];
            for phone in [Phone::A, Phone::B, Phone::C] {
                digests.push(stage.digest(phone)?);
            }
            let same = digests.iter().all(|digest| *digest == digests[0]);
            stage.rows.holds("三部手机与服务器一致", "phones and server hold the same state", same, &digests[0]);
            stage.weather(Phone::A, Weather::Offline);
            stage.weather(Phone::B, Weather::Offline);
            said(format!("状态摘要一致 {}", &digests[0][..12]), format!("equal state digest {}", &digests[0][..12]))
        },
    },
    Step {
        id: "a-gu",
        at: "09:10",
        who: ("林 · A", "Lin · A"),
        zh: "看望顾阿婆:情绪低落;燃气软管老化;青霉素过敏;儿子电话记为 N1;仍为“重点”;不同意拍照",
        en: "Visits Granny Gu: low mood; an old gas hose; allergic to penicillin; the son's number is N1; still tier key; no photographs, please",
        play: lin_visits_gu,
    },
    Step {
        id: "b-gu",
        at: "09:25",
        who: ("陈 · B", "Chen · B"),
        zh: "给顾阿婆送饭:昨天又跌了一跤;阿司匹林过敏;儿子电话记为 N2;改为“高风险”;同意拍照,拍了 p1",
        en: "Brings Granny Gu a meal: she fell again yesterday; allergic to aspirin; the son's number is N2; tier high; photographs are fine, takes p1",
        play: chen_visits_gu,
    },
    Step {
        id: "a-exit",
        at: "10:05",
        who: ("林 · A", "Lin · A"),
        zh: "新店“王记肠粉”:后门通道堆满,店主不愿清;留下提示单",
        en: "A new shop, “Wang rice rolls”: the rear exit is blocked, the owner will not clear it; a notice is left",
        play: |stage| {
            let shop = new_shop(stage, Phone::A, "92440399MA9T00018G")?.subject;
            stage.name_file("wang", shop);
            let mut row = AnswerRow::new("EXIT-02", Answer::Problem);
            row.severity = Some(3);
            row.refused = true;
            row.note = "后门通道堆满纸箱和桌椅,店主说没地方放,不愿清。".to_owned();
            row.photos = vec![stage.photo("blocked")];
            stage.inspect(Phone::A, shop, false, vec![row], Some((&["EXIT-02"], NoticeReceipt::Refused)))?;
            let (zh, en) = stage.flag_at_door(Phone::A, shop, "F01")?;
            said(format!("手机离线就提示 F01:{zh}"), format!("offline, the phone shows F01: {en}"))
        },
    },
    Step {
        id: "b-gas",
        at: "10:20",
        who: ("陈 · B", "Chen · B"),
        zh: "从前门进了同一家店,信用代码抄错一位;通道半堵;三瓶 50 公斤液化气没有瓶间;留下提示单",
        en: "Enters the same shop from the front and mistypes one digit of its code; exit half blocked; three 50 kg gas bottles and no room for them; a notice is left",
        play: chen_finds_gas,
    },
    Step {
        id: "c-fixed",
        at: "10:30",
        who: ("周 · C", "Zhou · C"),
        zh: "修车铺里电池在充电,当场拔下;留下提示单,不用转办",
        en: "A battery is charging in the repair shop and is unplugged at once; a notice is left, no referral needed",
        play: |stage| {
            let shop = stage.file("repair")?;
            let mut row = AnswerRow::new("EBK-01", Answer::FixedOnSpot);
            row.note = "店主马上拔了,说以后放到外面充。".to_owned();
            stage.inspect(Phone::C, shop, false, vec![row], Some((&["EBK-01"], NoticeReceipt::Signed)))?;
            stage.sync(Phone::C)?;
            let file = stage.library(Phone::C)?.premises(shop)?;
            stage.rows.is("当场改正,没有转办", "put right at once: no referral", &file.referrals.len(), &0);
            quiet()
        },
    },
    Step {
        id: "exchange",
        at: "10:40",
        who: ("林、陈", "Lin, Chen"),
        zh: "路上碰面,用热点把 B 的记录封好交给 A 带走;A 看不到内容,只签上收到的时间",
        en: "They meet; by hotspot A takes along what B wrote, sealed: A cannot read it and signs when it was handed over",
        play: |stage| {
            let sealed = stage.library(Phone::B)?.export_relay()?;
            let parcels = stage.library(Phone::A)?.carry(&sealed)?;
            let again = stage.library(Phone::A)?.carry(&sealed)?;
            let readable = stage.library(Phone::A)?.premises(stage.file("wang-again")?).is_ok();
            stage.rows.holds("A 带着 B 的记录", "A carries what B wrote", parcels > 0, &parcels.to_string());
            stage.rows.is("再交一次不重复", "handed over twice it is there once", &again, &0);
            stage.rows.is("A 读不到内容", "A cannot read it", &readable, &false);
            said(
                format!("{} 字节,{parcels} 个封包", sealed.len()),
                format!("{} bytes in {parcels} sealed parcels", sealed.len()),
            )
        },
    },
    Step {
        id: "b-tan",
        at: "10:55",
        who: ("陈 · B", "Chen · B"),
        zh: "看望谭伯。这份记录只在 B 上",
        en: "Visits Uncle Tan. That is on phone B alone",
        play: |stage| {
            let mut form = VisitForm::new(stage.file("tan")?, VisitKind::Home);
            form.observed = vec![ObservedRow::new("health", Answer::Ok), ObservedRow::new("mood", Answer::Ok)];
            form.words = "腿脚还行,就是盼着有人来坐坐。".to_owned();
            stage.visit(Phone::B, form, 12)?;
            quiet()
        },
    },
    Step {
        id: "revoke",
        at: "11:30",
        who: ("梅督导", "Mei"),
        zh: "11:15 陈的手机丢了。停用手机 B,记为 11:15 起下落不明",
        en: "At 11:15 Chen lost the phone. Phone B is revoked, missing since 11:15",
        play: |stage| {
            let lost_since = stage.now() - sync_core::time::Span::minutes(15);
            let device = stage.devices_of("chen")?.into_iter().next();
            let device = device.ok_or_else(|| DemoError::unexpected("Chen has no phone"))?;
            let revoked = stage.revoke(device, lost_since)?;
            stage.rows.is("B 已停用", "B is revoked", &revoked, &true);
            quiet()
        },
    },
];

/// The street office's list: those whom the centre looks after.
fn list() -> String {
    let head = "姓名,居住情况,风险等级,民事行为能力,疏散需协助,地址,单元编码,楼层,联系人1,联系人1关系,联系人2,联系人2关系,同意方式,见证人,同意建档";
    let row = |name: &str, tier: &str, flat: &str| {
        let floor = &flat[..1];
        format!(
            "{name},独居,{tier},完全,需要,花果山社区水帘巷 3 栋 {flat},HGS-SL-0003-{flat},{floor},{SON},儿子,居委会,其他,口头,居委会,同意"
        )
    };
    [head.to_owned(), row("顾阿婆", "重点", "502"), row("谭伯", "一般", "203")].join("\n")
}

fn files(stage: &mut Stage) -> Played {
    let entries = list();
    stage.import_elders(&entries)?;
    stage.import_elders(&entries)?;
    for (file, name) in [("gu", "顾阿婆"), ("tan", "谭伯")] {
        let known = stage.elders_named(name)?;
        stage.rows.is("名单导入两次只有一份档案", "the list, imported twice, makes one file", &known.len(), &1);
        stage.name_file(file, known[0]);
    }
    let gu = stage.file("gu")?;
    stage.sync(Phone::C)?;
    let fell =
        RiskEntry {
            kind: RiskKind::Fall, occurred_on: on("2026-11-02")?, note: "浴室门口滑了一下。".to_owned()
        };
    stage.finish(Phone::C, Form::Risk(RiskForm { elder: gu, risk: fell, scene: Scene::default() }))?;
    let shop = NewPremises {
        name: "老周修车".to_owned(),
        address: "花果山社区水帘巷 31 号".to_owned(),
        unit_code: "HGS-SL-0031-02".to_owned(),
        kinds: vec!["shop".to_owned()],
        ..NewPremises::default()
    };
    let repair = stage.finish(Phone::C, Form::NewPremises(shop))?;
    stage.name_file("repair", repair);
    quiet()
}

fn on(day: &str) -> Result<Day, DemoError> {
    day.parse().map_err(|_| DemoError::unexpected(day))
}

/// What both write into Gu's file: an allergy, the son's number, the tier.
fn changes(gu: EntityId, allergy: &str, number: &str, tier: &str) -> Vec<FieldOp> {
    vec![
        FieldOp::put_element("allergies", allergy, Value::Bool(true)),
        FieldOp::put_element("contact_phone", &ContactEntry::id(gu, SON), Value::from(number)),
        FieldOp::put("risk_tier", Value::from(tier)),
    ]
}

fn lin_visits_gu(stage: &mut Stage) -> Played {
    let gu = stage.file("gu")?;
    let mut form = VisitForm::new(gu, VisitKind::Home);
    let mut mood = ObservedRow::new("mood", Answer::Problem);
    mood.note = "说夜里睡不着,想老伴。".to_owned();
    form.observed = vec![mood, ObservedRow::new("medicine", Answer::Ok)];
    let mut hose = AnswerRow::new("GAS-02", Answer::Problem);
    hose.severity = Some(2);
    hose.note = "软管发硬,有裂纹。".to_owned();
    form.home = vec![hose];
    form.changes = changes(gu, "青霉素", NUMBERS[0], "key");
    form.consents = vec![ConsentEntry::spoken(Purpose::Photo, ConsentState::Refused, "")];
    stage.visit(Phone::A, form, 14)?;
    let unsent = stage.unconfirmed(Phone::A)?;
    stage.rows.is("记录先留在 A 上", "it stays on phone A for now", &unsent, &1);
    quiet()
}

fn chen_visits_gu(stage: &mut Stage) -> Played {
    let gu = stage.file("gu")?;
    let mut form = VisitForm::new(gu, VisitKind::Home);
    let mut fall = ObservedRow::new("fall", Answer::Problem);
    fall.note = "昨天下床时跌倒,膝盖青了。".to_owned();
    form.observed = vec![fall, ObservedRow::new("food", Answer::Ok)];
    form.risks =
        vec![RiskEntry { kind: RiskKind::Fall, occurred_on: on("2026-11-22")?, note: "下床时跌倒。".to_owned() }];
    form.changes = changes(gu, "阿司匹林", NUMBERS[1], "high");
    form.consents = vec![ConsentEntry::spoken(Purpose::Photo, ConsentState::Granted, "邻居阿珍")];
    form.scene.photos = vec![stage.photo("p1")];
    stage.visit(Phone::B, form, 15)?;
    let (zh, en) = stage.flag_at_door(Phone::B, gu, "E05")?;
    Ok(vec![Said::new(format!("手机离线就提示 E05:{zh}"), format!("offline, the phone shows E05: {en}"))])
}

fn chen_finds_gas(stage: &mut Stage) -> Played {
    // One digit mistyped: kept, with a warning.
    let new = new_shop(stage, Phone::B, "92440399MA9T00019G")?;
    let (shop, warned) = (new.subject, new.warnings.iter().any(|warning| warning.field.ends_with("uscc")));
    stage.rows.is("抄错的信用代码有提醒,照样留下", "the mistyped code is kept, with a warning", &warned, &true);
    stage.name_file("wang-again", shop);
    let mut exit = AnswerRow::new("EXIT-02", Answer::Problem);
    exit.severity = Some(1);
    exit.note = "通道被占了一半,人能侧身过去。".to_owned();
    let mut gas = AnswerRow::new("GAS-04", Answer::Problem);
    gas.quantity = Some(150);
    gas.note = "厨房里三瓶 50 公斤的液化气,没有单独的瓶间。".to_owned();
    let notice: (&[&str], NoticeReceipt) = (&["EXIT-02", "GAS-04"], NoticeReceipt::Signed);
    stage.inspect(Phone::B, shop, false, vec![exit, gas], Some(notice))?;
    let (zh, en) = stage.flag_at_door(Phone::B, shop, "F05")?;
    said(format!("手机离线就提示 F05:{zh}"), format!("offline, the phone shows F05: {en}"))
}

/// Where the phones say that the shop is.
const WANG: MapPoint = MapPoint { datum: Datum::Wgs84, lat_e5: 2_248_731, lon_e5: 11_391_542 };

fn new_shop(stage: &mut Stage, phone: Phone, uscc: &str) -> Result<Finished, DemoError> {
    let form = NewPremises {
        name: "王记肠粉".to_owned(),
        address: "花果山社区水帘巷 12 号".to_owned(),
        unit_code: "HGS-SL-0012-01".to_owned(),
        kinds: vec!["restaurant".to_owned()],
        area_m2: Some(48),
        map_point: Some(WANG),
        contact_name: "王".to_owned(),
        contact_phone: "14200000003".to_owned(),
        operator: Some(OperatorEntry {
            name: "王记肠粉店".to_owned(),
            uscc: uscc.to_owned(),
            ..OperatorEntry::default()
        }),
        ..NewPremises::default()
    };
    Ok(stage.library(phone)?.submit(stage.caseload, Form::NewPremises(form))?)
}
