//! Noon: a signal again. What two phones wrote merges, flags go out, desks begin to work.

use serde_json::json;
use sync_core::time::{Span, Timestamp};

use super::DemoError;
use super::cast::{Desk, Phone, Said};
use super::link::Weather;
use super::morning::NUMBERS;
use super::script::{Played, Step, quiet, said};
use super::stage::Stage;

pub(super) const STEPS: &[Step] = &[
    Step {
        id: "a-online",
        at: "12:05",
        who: ("林 · A", "Lin · A"),
        zh: "A 有信号了,时钟不知怎么快了 7 分钟。上传 A 和 B 的记录,断线两次:先断上传,再断回执",
        en: "A has a signal; its clock has somehow come to run 7 minutes fast. It uploads what A and B wrote; the link cuts twice: first the upload, then the answer",
        play: a_comes_online,
    },
    Step {
        id: "link",
        at: "12:06",
        who: ("文管理", "Wen"),
        zh: "系统合并了两人的记录,并提示两份档案疑似同一家店(D01);核对后关联",
        en: "What the two wrote has merged, and two files may be one shop (D01); Wen compares and links them",
        play: it_has_merged,
    },
    Step {
        id: "confirm-flag",
        at: "12:20",
        who: ("梅督导", "Mei"),
        zh: "看过 F01 并确认(对商铺只记录,不拦下)",
        en: "Looks at F01 and confirms it (recorded; for shops it gates nothing)",
        play: |stage| {
            stage.confirm_flag("F01")?;
            let target = stage.referral_of("F01")?["values"]["target_at"].as_i64();
            let late = target.map(|target| (stage.now() - Timestamp::from_millis(target)).as_millis() / 60_000);
            let words = ("内部 2 小时时限超 15 分钟", "the internal 2 h target is missed by 15 min");
            stage.rows.is(words.0, words.1, &late, &Some(15));
            let late = late.unwrap_or_default();
            said(
                format!("10:05 看到,没有信号,内部 2 小时时限到此已超 {late} 分钟:如实显示"),
                format!("seen at 10:05 without a signal: the internal target of 2 h is past by {late} min, and shown"),
            )
        },
    },
    Step {
        id: "dispatch-r1",
        at: "12:25",
        who: ("何分拨", "He"),
        zh: "R1(通道)转消防",
        en: "Sends R1 (the exit) to the fire service",
        play: |stage| {
            stage.dispatch("F01", "FIRE")?;
            let due = stage.referral_of("F01")?["due_at"].as_str().map(str::to_owned);
            let wanted = Some("2026-11-24T12:25:00+08:00".to_owned());
            stage.rows.is("R1 期限 11-24 12:25", "R1 is due 11-24 12:25", &due, &wanted);
            quiet()
        },
    },
    Step {
        id: "dispatch-r2",
        at: "12:26",
        who: ("何分拨", "He"),
        zh: "R2(液化气)误转给了城管",
        en: "Sends R2 (the gas bottles) to urban management, by mistake",
        play: |stage| {
            stage.dispatch("F05", "URBAN")?;
            quiet()
        },
    },
    Step {
        id: "accept-r1",
        at: "12:50",
        who: ("赵消防", "Zhao"),
        zh: "签收 R1。想看顾阿婆的档案:查无此页,这次查阅也记下了",
        en: "Accepts R1. Asks for Granny Gu's file: not found, and the asking is on record",
        play: |stage| {
            stage.desk_act(Desk::Fire, "F01", "accept", &json!({}))?;
            stage.rows.is("R1 = (1,4)", "R1 = (1,4)", &stage.place_of("F01")?, &(1, 4));
            let slip = stage.slip_of(Desk::Fire, "F01")?;
            let point = slip["values"]["map_point"].as_str();
            let wanted = Some("wgs84:22.48731,113.91542");
            stage.rows.is("转办单写明地图坐标和坐标系", "the slip has the map point and its datum", &point, &wanted);
            let gu = stage.file("gu")?;
            let before = stage.looks_on_record()?;
            let path = stage.path(&format!("elders/{gu}"));
            let (status, _) = stage.ask(Desk::Fire.login(), "GET", &path, &json!({}))?;
            let noted = stage.looks_on_record()? - before;
            stage.rows.is("查老人档案:404", "an officer finds no elder's file: 404", &status, &404);
            stage.rows.is("查阅已记录", "the look is on record", &noted, &1);
            let last = stage.list(&format!("read-log?subject={gu}"))?.into_iter().next().unwrap_or_default();
            let look = (last["what"].as_str(), last["person_name"].as_str(), last["found"].as_bool());
            let wanted = (Some("elder"), Some("赵消防"), Some(false));
            stage.rows.is(
                "记录写明:赵消防查长者档案,未查到",
                "on record: Zhao, an elder's file, nothing shown",
                &look,
                &wanted,
            );
            quiet()
        },
    },
    Step {
        id: "return-r2",
        at: "13:00",
        who: ("唐城管", "Tang"),
        zh: "退回 R2:不归城管,建议转燃气主管部门",
        en: "Returns R2: not theirs, perhaps the gas regulator's",
        play: |stage| {
            let body = json!({ "reason": "瓶装气不归城管,建议转燃气主管部门", "suggested": "GASREG" });
            stage.desk_act(Desk::Urban, "F05", "return", &body)?;
            stage.rows.is("R2 = (1,10) 退回", "R2 = (1,10), returned", &stage.place_of("F05")?, &(1, 10));
            quiet()
        },
    },
];

fn a_comes_online(stage: &mut Stage) -> Played {
    stage.clock_runs_ahead(Phone::A, Span::minutes(7));
    stage.weather(Phone::A, Weather::CutUp(900));
    let first = stage.try_sync(Phone::A)?;
    let kept_early = stage.known_to_server("王记肠粉")?;
    stage.weather(Phone::A, Weather::CutDown(150));
    let second = stage.try_sync(Phone::A)?;
    let kept = stage.known_to_server("王记肠粉")?;
    if first || second || kept_early || !kept {
        return Err(DemoError::unexpected("the link did not cut where it was to cut"));
    }
    stage.sync(Phone::A)?;
    let waiting = stage.unconfirmed(Phone::A)?;
    stage.rows.is("A 的记录全部入档", "all that A wrote is part of the record", &waiting, &0);
    let theirs = stage.library(Phone::A)?.premises(stage.file("wang-again")?);
    stage.rows.is("B 托带的记录也入档", "so is what it carried for B", &theirs.is_ok(), &true);
    let doubtful = stage.library(Phone::A)?.premises(stage.file("wang")?)?.history.iter().any(|event| event.doubtful);
    stage.rows.is("A 的时钟偏差已注明", "that A's clock is off is noted", &doubtful, &true);
    said("回执丢了,记录没丢,也没有重复", "the receipt was lost; the record was not, and nothing is there twice")
}

fn sorted(mut texts: Vec<String>) -> Vec<String> {
    texts.sort();
    texts
}

fn it_has_merged(stage: &mut Stage) -> Played {
    let gu = stage.elder(stage.file("gu")?)?;
    let wanted = sorted(vec!["青霉素".to_owned(), "阿司匹林".to_owned()]);
    stage.rows.is("过敏两项都在", "both allergies are kept", &sorted(gu.texts("allergies")), &wanted);
    let conflicts = stage.list("conflicts")?;
    let phone = conflicts.iter().find(|conflict| conflict["field"] == "contact_phone");
    let others = phone.and_then(|phone| phone["others"].as_array()).map(Vec::as_slice).unwrap_or_default();
    let said_of = phone.map(|phone| &phone["shown"]).into_iter().chain(others);
    let numbers = sorted(said_of.filter_map(|said| said["value"].as_str().map(str::to_owned)).collect());
    let wanted: Vec<String> = NUMBERS.iter().map(|number| (*number).to_owned()).collect();
    stage.rows.is("电话 N1、N2 都在,请人来定", "N1 and N2 are both kept for a person to settle", &numbers, &wanted);
    let tier = gu.values.get("risk_tier").and_then(|tier| tier.as_str()).unwrap_or_default().to_owned();
    stage.rows.is("风险级别取高", "the tier is high", &tier.as_str(), &"high");
    stage.rows.is("拍照:不同意", "photographs: refused", &gu.photo_consent, &"refused");
    stage.rows.is("照片 p1 在档但不显示", "photo p1 is on record and not shown", &gu.photos, &(1, 0));
    stage.rows.is("30 天内跌倒 2 次", "2 falls in 30 days", &gu.risks, &2);
    let e05 = stage.referral_of("E05")?;
    let held = (e05["state"]["rank"].as_u64(), e05["values"]["held_for_consent"].as_str().map(str::to_owned));
    let wanted = (Some(0), Some("health_center_share".to_owned()));
    stage.rows.is(
        "E05:请重评;转社康等长者同意",
        "E05: assess again; the health referral waits for consent",
        &held,
        &wanted,
    );
    let severity = stage.severity(Phone::A, "wang", "EXIT-02")?;
    stage.rows.is("EXIT-02 取重 = S3", "EXIT-02 is S3, the more severe", &severity, &Some(3));
    stage.rows.is(
        "规则各提示一次",
        "each rule flags once",
        &stage.rules("raised")?,
        &["D01", "E05", "F01", "F05"].map(str::to_owned).to_vec(),
    );
    let why = stage.flag("E05")?;
    stage.link(stage.file("wang")?, stage.file("wang-again")?)?;
    let left = ["E05", "F01", "F05"].map(str::to_owned).to_vec();
    stage.rows.is("关联后 D01 了结", "D01 ends with the link", &stage.rules("raised")?, &left);
    Ok(vec![
        Said::new(
            "过敏 2 项 · 电话 N1/N2 待核实 · 高风险 · 不拍照",
            "2 allergies · N1/N2 to be settled · tier high · no photographs",
        ),
        Said::new(format!("E05:{}", why.zh), format!("E05: {}", why.en)),
    ])
}
