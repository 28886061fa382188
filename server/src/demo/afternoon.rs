//! The afternoon: a withdrawal that comes too late, an answer that comes back, a lost phone that turns up.

use serde_json::json;
use sync_core::edit::{FieldOp, Value};
use sync_core::event::Answer;
use sync_core::form::{AnswerRow, ConfirmationForm, EntityEdit, Form, Scene, WithdrawalForm};

use super::cast::{Desk, Phone};
use super::link::Weather;
use super::script::{Played, Step, quiet, said};
use super::stage::Stage;

pub(super) const STEPS: &[Step] = &[
    Step {
        id: "b-edit",
        at: "13:02",
        who: ("? · B", "? · B"),
        zh: "有人捡到手机 B,在顾阿婆的档案里改了一行备注",
        en: "Somebody has found phone B and changes a note in Granny Gu's file",
        play: |stage| {
            let ops = vec![FieldOp::put("note_short", Value::from("白天不在家"))];
            stage.finish(Phone::B, Form::Edit(EntityEdit { entity: stage.file("gu")?, ops }))?;
            quiet()
        },
    },
    Step {
        id: "dispatch-r2-again",
        at: "13:20",
        who: ("何、丘", "He, Qiu"),
        zh: "R2 第 2 轮:转燃气主管部门,丘签收",
        en: "Round 2 of R2: to the gas regulator, where Qiu accepts",
        play: |stage| {
            stage.dispatch("F05", "GASREG")?;
            stage.desk_act(Desk::Gas, "F05", "accept", &json!({}))?;
            stage.rows.is("R2 = (2,4)", "R2 = (2,4)", &stage.place_of("F05")?, &(2, 4));
            quiet()
        },
    },
    Step {
        id: "a-withdraws",
        at: "14:10",
        who: ("林 · A", "Lin · A"),
        zh: "又没信号了。看到店主在搬东西,拍了照,写下“撤回 R1”",
        en: "Offline again. Sees the owner clearing the way, takes a photo, writes “withdraw R1”",
        play: |stage| {
            stage.weather(Phone::A, Weather::Offline);
            let referral = stage.referral_on(Phone::A, "F01")?;
            let scene = Scene { photos: vec![stage.photo("clearing")], ..Scene::default() };
            let form = WithdrawalForm { referral, reason: "店主已在清理,通道快通了。".to_owned(), scene };
            stage.finish(Phone::A, Form::Withdrawal(form))?;
            quiet()
        },
    },
    Step {
        id: "reply-r1",
        at: "14:30",
        who: ("赵消防", "Zhao"),
        zh: "到现场:属实,责令立即改正,已清通;答复",
        en: "On site: true, ordered to correct at once, cleared; answers",
        play: |stage| {
            let body = json!({
                "outcome": "ordered_at_once",
                "public_text": "14:30 现场核查属实,已当场清通。谢谢你们的提醒。",
                "internal_text": "已拍照存档,口头教育。",
                "document_number": "南消核〔2026〕1123号",
                "checked_at": "2026-11-23T14:30:00+08:00",
            });
            stage.desk_act(Desk::Fire, "F01", "reply", &body)?;
            stage.rows.is("R1 = (1,6)", "R1 = (1,6)", &stage.place_of("F01")?, &(1, 6));
            quiet()
        },
    },
    Step {
        id: "a-syncs",
        at: "15:05",
        who: ("林 · A", "Lin · A"),
        zh: "同步:撤回晚于答复,不生效,连照片留作备注;答复到了手机上",
        en: "Syncs: the withdrawal loses to the answer and is kept as a note with its photo; the answer is on the phone",
        play: |stage| {
            stage.weather(Phone::A, Weather::Fair);
            stage.sync(Phone::A)?;
            stage.rows.is("R1 仍为 (1,6)", "R1 is still (1,6)", &stage.place_of("F01")?, &(1, 6));
            stage.sync(Phone::C)?;
            stage.rows.is(
                "撤回连照片留作备注",
                "the withdrawal is a note with a photo",
                &stage.notes_with_photo()?,
                &1,
            );
            let answer = stage.answer_on(Phone::A)?;
            let true_words = answer.contains("属实");
            stage.rows.holds("答复回到当初看到的手机", "the answer is on the phone that saw it", true_words, &answer);
            said(format!("手机上:“{answer}”"), format!("on the phone: “{answer}”"))
        },
    },
    Step {
        id: "b-appears",
        at: "15:40",
        who: ("? · B", "? · B"),
        zh: "手机 B 连上了网:10:55 和 13:02 的两份都先隔离待审,随后 B 被清空",
        en: "Phone B comes online: what it wrote at 10:55 and 13:02 waits in quarantine, then the phone is wiped",
        play: b_appears,
    },
    Step {
        id: "mei-decides",
        at: "16:00",
        who: ("梅督导", "Mei"),
        zh: "问过陈:探访谭伯是他写的,采纳;13:02 的修改不是,不采纳",
        en: "Has asked Chen: the visit to Tan is his and is accepted; the change of 13:02 is not, and is rejected",
        play: mei_decides,
    },
    Step {
        id: "confirm-r1",
        at: "16:30",
        who: ("林、何", "Lin, He"),
        zh: "林回访:通道畅通,确认;何办结 R1",
        en: "Lin goes back: the exit is clear, confirmed; He closes R1",
        play: |stage| {
            let shop = stage.file("wang")?;
            stage.inspect(Phone::A, shop, true, vec![AnswerRow::new("EXIT-02", Answer::Ok)], None)?;
            let referral = stage.referral_on(Phone::A, "F01")?;
            let form = ConfirmationForm {
                referral,
                satisfied: true,
                note: "后门通道已经畅通,店主说以后不再堆货。".to_owned(),
                scene: Scene::default(),
            };
            stage.finish(Phone::A, Form::Confirmation(form))?;
            stage.sync(Phone::A)?;
            stage.rows.is("R1 = (1,7) 已回访", "R1 = (1,7), confirmed", &stage.place_of("F01")?, &(1, 7));
            stage.close("F01")?;
            stage.rows.is("R1 = (1,8) 办结", "R1 = (1,8), closed", &stage.place_of("F01")?, &(1, 8));
            let wanted = ["seen", "judged", "dispatched", "accepted", "replied", "took_back", "confirmed", "closed"];
            let mut steps = stage.steps_of("F01")?;
            steps.retain(|step| wanted.contains(&step.as_str()));
            let words = ("R1 每一步都查得到是谁、在日志第几条", "who stood behind each step of R1 is on record");
            stage.rows.is(words.0, words.1, &steps, &wanted.map(str::to_owned).to_vec());
            quiet()
        },
    },
];

fn b_appears(stage: &mut Stage) -> Played {
    stage.weather(Phone::B, Weather::Fair);
    // What waits goes up, the phone learns that it was revoked, and seals and forgets the rest: as often as an app asks.
    for _ in 0..3 {
        stage.try_sync(Phone::B)?;
    }
    let held = stage.list("held")?;
    let mut codes: Vec<&str> = held.iter().filter_map(|held| held["code"].as_str()).collect();
    codes.sort_unstable();
    let wanted = vec!["device_revoked"; 2];
    stage.rows.is("两份进入隔离", "two submissions are in quarantine", &codes, &wanted);
    let phone = stage.library(Phone::B)?;
    let left = phone.caseloads().iter().map(|caseload| caseload.files).sum::<u32>();
    let gone = (phone.drafts()?.len(), left);
    stage.rows.is("B 上什么也不剩", "nothing is left on B", &gone, &(0, 0));
    let doubts = stage.rules("raised")?.iter().any(|rule| rule == "D03");
    stage.rows.is("D03 提请督导过问", "D03 asks the supervisor to look", &doubts, &true);
    quiet()
}

fn mei_decides(stage: &mut Stage) -> Played {
    let held = stage.list("held")?;
    let decide = |stage: &Stage, found: Option<&serde_json::Value>, accept: bool, reason: &str| {
        let id = found.and_then(|held| held["submission"].as_str());
        let id = id.ok_or_else(|| super::DemoError::unexpected("nothing of that kind is held"))?;
        let path = stage.path(&format!("held/{id}/decide"));
        stage.post("mei", &path, &json!({ "accept": accept, "reason": reason })).map(drop)
    };
    let is_visit = |held: &&serde_json::Value| held["events"].to_string().contains("\"visit\"");
    decide(stage, held.iter().find(is_visit), true, "陈平当面确认:10:55 的探访是他写的")?;
    decide(stage, held.iter().find(|held| !is_visit(held)), false, "13:02 手机已不在陈平手里")?;
    stage.rows.is("没有待审的了", "nothing is held any more", &stage.list("held")?.len(), &0);
    quiet()
}
