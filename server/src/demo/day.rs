//! The shop half of a day in Huaguoshan (domain reference, section 8), step by step. All people and shops are invented.

use sync_core::edit::{FieldOp, Value};
use sync_core::event::{Answer, NoticeReceipt};
use sync_core::form::{AnswerRow, ConfirmationForm, EntityEdit, Form, NewPremises, OperatorEntry, WithdrawalForm};
use sync_core::id::EntityId;

use super::DemoError;
use super::link::Weather;
use super::stage::{Desk, Phone, Stage};

/// One step of the day.
pub(super) struct Step {
    /// A name to leave it out by.
    pub(super) id: &'static str,
    /// When, on the wall clock of 2026-11-23.
    pub(super) at: &'static str,
    /// Who acts.
    pub(super) who: &'static str,
    /// What happens, in Chinese and English.
    pub(super) zh: &'static str,
    pub(super) en: &'static str,
    /// Plays it; says in both languages what came of it, if that is worth a line.
    pub(super) play: fn(&mut Stage) -> Result<Option<Said>, DemoError>,
}

/// What came of a step.
pub(super) struct Said {
    pub(super) zh: String,
    pub(super) en: String,
}

fn said(zh: impl Into<String>, en: impl Into<String>) -> Result<Option<Said>, DemoError> {
    Ok(Some(Said { zh: zh.into(), en: en.into() }))
}

/// The steps in order.
pub(super) const DAY: &[Step] = &[
    Step {
        id: "morning",
        at: "08:30",
        who: "A B C",
        zh: "三部手机同步名册,A、B 随后进入没有信号的老街",
        en: "Three phones sync the roster; A and B walk into a street without a signal",
        play: |stage| {
            stage.sync(Phone::C)?;
            for (name, sign, unit) in
                [("dessert", "阿婆糖水", "HGS-SL-0003-01"), ("repair", "老周修车", "HGS-SL-0031-02")]
            {
                let shop = NewPremises {
                    name: sign.to_owned(),
                    address: format!("花果山社区水帘巷 {unit}"),
                    unit_code: unit.to_owned(),
                    kinds: vec!["shop".to_owned()],
                    ..NewPremises::default()
                };
                let id = stage.finish(Phone::C, Form::NewPremises(shop))?;
                stage.name_premises(name, id);
            }
            for phone in [Phone::C, Phone::A, Phone::B] {
                stage.sync(phone)?;
            }
            let digests: Vec<String> =
                Phone::ALL.into_iter().map(|phone| stage.digest(phone)).collect::<Result<_, _>>()?;
            if digests.iter().any(|digest| *digest != digests[0]) {
                return Err(DemoError::unexpected("the phones do not hold the same roster"));
            }
            stage.weather(Phone::A, Weather::Offline);
            stage.weather(Phone::B, Weather::Offline);
            said(format!("状态摘要一致 {}", &digests[0][..12]), format!("equal state digest {}", &digests[0][..12]))
        },
    },
    Step {
        id: "a-exit",
        at: "10:05",
        who: "A",
        zh: "林在新店“王记肠粉”看到后门通道被堵,店主不愿清理;留下提示单",
        en: "Lin finds a new shop, “Wang rice rolls”: the rear exit is blocked, the owner will not clear it; a notice is left",
        play: a_finds_a_blocked_exit,
    },
    Step {
        id: "b-gas",
        at: "10:20",
        who: "B",
        zh: "陈从前门进了同一家店,信用代码抄错一位;通道半堵,三瓶 50 kg 液化气没有瓶间;留下提示单",
        en: "Chen enters the same shop from the front, mistypes one digit of its code; exit half blocked, three 50 kg gas bottles; a notice is left",
        play: b_finds_gas,
    },
    Step {
        id: "both-edit",
        at: "10:25",
        who: "A B",
        zh: "两人各自改了“阿婆糖水”的联系电话",
        en: "Both change the contact phone of “Granny's desserts”",
        play: |stage| {
            let shop = stage.premises("dessert")?;
            let phone = |number: &str| {
                Form::Edit(EntityEdit { entity: shop, ops: vec![FieldOp::put("contact_phone", Value::from(number))] })
            };
            stage.finish(Phone::A, phone("14200000001"))?;
            stage.finish(Phone::B, phone("14200000002"))?;
            Ok(None)
        },
    },
    Step {
        id: "c-fixed",
        at: "10:30",
        who: "C",
        zh: "周在线:店里电池充电,当场拔下;留下提示单,不需要转办",
        en: "Zhou, online: a battery is charging inside and is unplugged at once; a notice is left, no referral needed",
        play: |stage| {
            let shop = stage.premises("repair")?;
            let mut row = AnswerRow::new("EBK-01", Answer::FixedOnSpot);
            row.note = "店主马上拔了,说以后放到外面充。".to_owned();
            stage.inspect(Phone::C, shop, false, vec![row], Some((&["EBK-01"], NoticeReceipt::Signed)))?;
            stage.sync(Phone::C)?;
            Ok(None)
        },
    },
    Step {
        id: "a-online",
        at: "12:05",
        who: "A",
        zh: "A 有信号了,但断在半路两次:先断上传,再断回执;重传不重复。A 的时钟快 7 分钟",
        en: "A has a signal, but the link cuts in mid-transfer twice: the upload, then the answer; sending again changes nothing. A's clock is 7 minutes fast",
        play: |stage| {
            stage.weather(Phone::A, Weather::CutUp(900));
            let first = stage.try_sync(Phone::A)?;
            let kept_early = stage.known_to_server("王记肠粉")?;
            stage.weather(Phone::A, Weather::CutDown(150));
            let second = stage.try_sync(Phone::A)?;
            let kept = stage.known_to_server("王记肠粉")?;
            if first || second || kept_early || !kept {
                return Err(DemoError::unexpected("the link did not cut where it was to cut"));
            }
            stage.counts.resumed = true;
            stage.sync(Phone::A)?;
            said("回执丢了,记录没丢", "the receipt was lost, the record was not")
        },
    },
    Step {
        id: "b-online",
        at: "12:05",
        who: "B",
        zh: "B 也同步;下载时断线一次",
        en: "B syncs too; its download is cut once",
        play: |stage| {
            stage.weather(Phone::B, Weather::CutDown(900));
            stage.try_sync(Phone::B)?;
            stage.sync(Phone::B)?;
            Ok(None)
        },
    },
    Step {
        id: "link",
        at: "12:06",
        who: "文",
        zh: "系统提示两份档案疑似同一家店(D01),档案管理员关联",
        en: "The two files may be one shop (D01); the steward links them",
        play: |stage| {
            let (a, b) = (stage.premises("wang")?, stage.premises("wang-again")?);
            stage.link(a, b)?;
            Ok(None)
        },
    },
    Step {
        id: "confirm-flag",
        at: "12:20",
        who: "梅",
        zh: "督导看过并确认(对商铺只记录,不拦下)",
        en: "The supervisor looks and confirms (recorded; for shops it gates nothing)",
        play: |stage| {
            stage.confirm_flag("F01")?;
            Ok(None)
        },
    },
    Step {
        id: "dispatch-r1",
        at: "12:25",
        who: "何",
        zh: "街道分拨员把 R1 转给消防",
        en: "The dispatcher sends R1 to the fire service",
        play: |stage| {
            stage.dispatch("F01", "FIRE")?;
            Ok(None)
        },
    },
    Step {
        id: "dispatch-r2",
        at: "12:26",
        who: "何",
        zh: "R2(液化气)误转给城管",
        en: "R2 (gas bottles) goes to urban management by mistake",
        play: |stage| {
            stage.dispatch("F05", "URBAN")?;
            Ok(None)
        },
    },
    Step {
        id: "accept-r1",
        at: "12:50",
        who: "赵",
        zh: "消防签收 R1;赵想看店的整份档案:查无此页,并记录在案",
        en: "The fire officer accepts R1; asking for the whole file he gets “not found”, and it is logged",
        play: |stage| {
            stage.desk_act(Desk::Fire, "F01", "accept", &serde_json::json!({}))?;
            stage.officer_cannot_read(Desk::Fire, stage.premises("wang")?)?;
            Ok(None)
        },
    },
    Step {
        id: "return-r2",
        at: "13:00",
        who: "唐",
        zh: "城管退回 R2:不属本部门,建议燃气主管部门",
        en: "Urban management returns R2: not theirs, perhaps the gas regulator's",
        play: |stage| {
            let body = serde_json::json!({ "reason": "瓶装气不归城管,建议转燃气主管部门", "suggested": "GASREG" });
            stage.desk_act(Desk::Urban, "F05", "return", &body)?;
            Ok(None)
        },
    },
    Step {
        id: "dispatch-r2-again",
        at: "13:20",
        who: "何",
        zh: "第 2 轮:转给燃气主管部门,丘签收",
        en: "Round 2: to the gas regulator, whose officer accepts",
        play: |stage| {
            stage.dispatch("F05", "GASREG")?;
            stage.desk_act(Desk::Gas, "F05", "accept", &serde_json::json!({}))?;
            Ok(None)
        },
    },
    Step {
        id: "a-withdraws",
        at: "14:10",
        who: "A",
        zh: "A 又没信号了:看到店主在搬东西,拍了照,写下“撤回 R1”",
        en: "A is offline again: sees the owner clearing the way, takes a photo, writes “withdraw R1”",
        play: |stage| {
            stage.weather(Phone::A, Weather::Offline);
            let shop = stage.premises("wang")?;
            let mut row = AnswerRow::new("EXIT-02", Answer::FixedOnSpot);
            row.note = "店主正在把货搬走,通道快通了。".to_owned();
            row.photos = vec![stage.photo("clearing")];
            stage.inspect(Phone::A, shop, true, vec![row], None)?;
            let referral = stage.referral_on(Phone::A, "F01")?;
            let form = WithdrawalForm { referral, reason: "店主已在清理".to_owned(), scene: stage.scene() };
            stage.finish(Phone::A, Form::Withdrawal(form))?;
            Ok(None)
        },
    },
    Step {
        id: "reply-r1",
        at: "14:30",
        who: "赵",
        zh: "赵到现场:属实,责令立即改正,已清理;答复",
        en: "The fire officer on site: true, ordered to correct at once, cleared; he answers",
        play: |stage| {
            let body = serde_json::json!({
                "outcome": "ordered_at_once",
                "public_text": "14:30 现场核查属实,已当场清通。谢谢你们的提醒。",
                "internal_text": "已拍照存档,口头教育。",
                "document_number": "南消核〔2026〕1123号",
                "checked_at": "2026-11-23T14:30:00+08:00",
            });
            stage.desk_act(Desk::Fire, "F01", "reply", &body)?;
            Ok(None)
        },
    },
    Step {
        id: "a-syncs",
        at: "15:05",
        who: "A",
        zh: "A 同步:撤回晚于答复,不生效,留作备注和照片;手机上看到答复",
        en: "A syncs: the withdrawal loses to the answer and is kept as a note with its photo; the answer is on the phone",
        play: |stage| {
            stage.weather(Phone::A, Weather::Fair);
            stage.sync(Phone::A)?;
            let answer = stage.answer_on(Phone::A)?;
            said(format!("手机收到:“{answer}”"), format!("the phone shows: “{answer}”"))
        },
    },
    Step {
        id: "confirm-r1",
        at: "16:30",
        who: "A",
        zh: "林回访:通道畅通,确认;何办结 R1",
        en: "Lin goes back: the exit is clear, confirmed; the dispatcher closes R1",
        play: |stage| {
            let shop = stage.premises("wang")?;
            stage.inspect(Phone::A, shop, true, vec![AnswerRow::new("EXIT-02", Answer::Ok)], None)?;
            let referral = stage.referral_on(Phone::A, "F01")?;
            let form = ConfirmationForm {
                referral,
                satisfied: true,
                note: "后门通道已经畅通,店主说以后不再堆货。".to_owned(),
                scene: stage.scene(),
            };
            stage.finish(Phone::A, Form::Confirmation(form))?;
            stage.sync(Phone::A)?;
            stage.close("F01")?;
            Ok(None)
        },
    },
    Step {
        id: "evening",
        at: "17:00",
        who: "A B C",
        zh: "三部手机同步,和服务器比较状态摘要",
        en: "Three phones sync and compare state digests with the server",
        play: |stage| {
            for phone in Phone::ALL {
                stage.sync(phone)?;
            }
            Ok(None)
        },
    },
];

fn a_finds_a_blocked_exit(stage: &mut Stage) -> Result<Option<Said>, DemoError> {
    let shop = new_shop(stage, Phone::A, "92440399MA9T00018G", "14200000003")?;
    stage.name_premises("wang", shop);
    let mut row = AnswerRow::new("EXIT-02", Answer::Problem);
    row.severity = Some(3);
    row.refused = true;
    row.note = "后门通道堆满纸箱和桌椅,店主说没地方放,不愿清。".to_owned();
    row.photos = vec![stage.photo("blocked")];
    stage.inspect(Phone::A, shop, false, vec![row], Some((&["EXIT-02"], NoticeReceipt::Refused)))?;
    let (zh, en) = stage.flag_at_door(Phone::A, shop, "F01")?;
    said(format!("手机离线提示 F01:{zh}"), format!("offline on the phone, F01: {en}"))
}

fn b_finds_gas(stage: &mut Stage) -> Result<Option<Said>, DemoError> {
    // One digit mistyped: kept, with a warning.
    let shop = new_shop(stage, Phone::B, "92440399MA9T00019G", "14200000003")?;
    stage.name_premises("wang-again", shop);
    let mut exit = AnswerRow::new("EXIT-02", Answer::Problem);
    exit.severity = Some(1);
    exit.note = "通道被占了一半,人能侧身过去。".to_owned();
    let mut gas = AnswerRow::new("GAS-04", Answer::Problem);
    gas.quantity = Some(150);
    gas.note = "厨房里三瓶 50 公斤的液化气,没有单独的瓶间。".to_owned();
    stage.inspect(Phone::B, shop, false, vec![exit, gas], Some((&["EXIT-02", "GAS-04"], NoticeReceipt::Signed)))?;
    let (zh, en) = stage.flag_at_door(Phone::B, shop, "F05")?;
    said(format!("手机离线提示 F05:{zh}"), format!("offline on the phone, F05: {en}"))
}

fn new_shop(stage: &mut Stage, phone: Phone, uscc: &str, contact: &str) -> Result<EntityId, DemoError> {
    let form = NewPremises {
        name: "王记肠粉".to_owned(),
        address: "花果山社区水帘巷 12 号".to_owned(),
        unit_code: "HGS-SL-0012-01".to_owned(),
        kinds: vec!["restaurant".to_owned()],
        area_m2: Some(48),
        contact_name: "王".to_owned(),
        contact_phone: contact.to_owned(),
        operator: Some(OperatorEntry {
            name: "王记肠粉店".to_owned(),
            uscc: uscc.to_owned(),
            ..OperatorEntry::default()
        }),
        ..NewPremises::default()
    };
    stage.finish(phone, Form::NewPremises(form))
}
