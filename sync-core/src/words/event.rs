//! Events, each as a sentence with what was observed.

use super::value::{Names, one_of};
use super::{Word, find, word};
use crate::edit::Value;
use crate::entity::Kind;
use crate::event::{Answer, Answered, EventBody, NoticeReceipt, Visit};
use crate::policy::{Policy, Text};

/// What a kind of event is called; none for one of a newer version.
#[must_use]
pub fn event_kind(code: &str) -> Option<Text> {
    find(KINDS, code)
}

const KINDS: &[Word] = &[
    ("inspection", "检查", "inspection"),
    ("notice", "温馨提示单", "friendly reminder"),
    ("confirmation", "回访确认", "confirmation"),
    ("withdrawal", "撤回转办", "withdrawal of a referral"),
    ("link", "合并档案", "linking of files"),
    ("void", "作废记录", "voiding of a record"),
    ("reply", "部门答复", "answer of a department"),
    ("step", "转办流转", "step of a referral"),
    ("flagged", "系统提示", "flag"),
    ("visit", "探访", "visit"),
    ("not_met", "未遇", "nobody met"),
    ("assessment", "能力评估", "assessment"),
    ("risk", "意外事件", "risk event"),
    ("consent", "同意事项", "consent"),
    ("break_glass", "紧急告知", "emergency disclosure"),
    ("slip_opened", "打开个人转办单", "opening of a slip about a person"),
    ("reviewed", "复核", "review"),
    ("question", "部门询问", "question of a department"),
    ("supplied", "补充说明", "answer to a question"),
    ("transcribed", "纸质答复转录", "paper answer, written down"),
    ("weather_alert", "恶劣天气预警", "alert of bad weather"),
];

/// How a notice was received.
#[must_use]
pub fn receipt(receipt: NoticeReceipt) -> Text {
    word(RECEIPTS, receipt.code())
}

/// What happened, as a sentence. Items of checklists are named as the policy names them; without one, by their codes.
#[must_use]
pub fn happened(body: &EventBody, policy: Option<&Policy>, names: &dyn Names) -> Text {
    let kind = event_kind(body.kind()).unwrap_or_else(|| Text::new(body.kind(), body.kind()));
    let mut said = Said::new(kind);
    match body {
        EventBody::Inspection(inspection) => {
            for answered in inspection.answers.iter().filter(|answered| answered.answer != Answer::Ok) {
                said.detail(answer(answered, policy));
            }
            let fine = inspection.answers.iter().filter(|answered| answered.answer == Answer::Ok).count();
            if fine > 0 {
                said.add(&format!("另有{fine}项正常"), &format!("{fine} more in order"));
            }
        }
        EventBody::Visit(visit) => self::visit(visit, policy, &mut said),
        EventBody::NotMet(not_met) => {
            for attempt in &not_met.tried {
                let (Text { zh, en }, reached) = (word(MEANS, attempt.means.code()), attempt.reached);
                let (zh_r, en_r) = if reached { ("有人应答", "reached") } else { ("无人应答", "not reached") };
                said.add(&format!("{zh}:{zh_r}"), &format!("{en}: {en_r}"));
            }
            said.quote(not_met.note.as_deref());
        }
        EventBody::Assessment(assessment) => {
            let total: u32 = assessment.scores.iter().map(|score| u32::from(*score)).sum();
            said.add(&format!("合计{total}分"), &format!("{total} points"));
            said.quote(assessment.note.as_deref());
        }
        EventBody::RiskEvent(risk) => {
            let Text { zh, en } = word(RISKS, risk.kind.code());
            said.add(&format!("{zh},{}", risk.occurred_on), &format!("{en} on {}", risk.occurred_on));
            said.quote(risk.note.as_deref());
        }
        EventBody::Consent(consent) => {
            let of = |code: &str| one_of("consent", code).unwrap_or_else(|| Text::new(code, code));
            let (purpose, state) = (of(consent.purpose.code()), of(consent.state.code()));
            said.add(&format!("{}:{}", purpose.zh, state.zh), &format!("{}: {}", purpose.en, state.en));
        }
        EventBody::Notice(notice) => {
            said.add(&format!("编号 {}", notice.number), &format!("number {}", notice.number));
            said.detail(word(RECEIPTS, notice.receipt.code()));
        }
        EventBody::Confirmation(confirmation) => {
            let (zh, en) =
                if confirmation.satisfied { ("满意", "satisfied") } else { ("不满意", "not satisfied") };
            said.add(zh, en);
            said.quote(confirmation.note.as_deref());
        }
        EventBody::Withdrawal(withdrawal) => said.quote(Some(&withdrawal.reason)),
        EventBody::Void(void) => said.quote(Some(&void.reason)),
        EventBody::BreakGlass(broken) => said.quote(Some(&broken.reason)),
        EventBody::Link(link) => {
            let other = names.name(link.other);
            let other =
                other.map_or(Text::new("另一份档案", "another file"), |name| Text::new(name.clone(), name));
            let (zh, en) = if link.undo { ("撤销与", "no more the same as") } else { ("与", "the same as") };
            said.add(&format!("{zh}{}为同一对象", other.zh), &format!("{en} {}", other.en));
            said.quote(Some(&link.reason));
        }
        EventBody::Step(step) => {
            said.detail(super::value(Kind::Referral.code(), "state", &Value::State(step.to), names));
            said.quote(step.reason.as_deref());
        }
        EventBody::Reply(reply) => {
            if reply.corrects.is_some() {
                said.add("更正先前的答复", "corrects the answer before");
            }
            said.quote(Some(&reply.public_text));
        }
        EventBody::SlipOpened(opened) => said.quote(Some(&opened.reason)),
        EventBody::Reviewed(reviewed) => {
            let (zh, en) = if reviewed.proper { ("得当", "proper") } else { ("不当", "not proper") };
            said.add(zh, en);
            said.quote(Some(&reviewed.note));
        }
        EventBody::Question(question) => said.quote(Some(&question.text)),
        EventBody::Supplied(supplied) => said.quote(Some(&supplied.text)),
        EventBody::Transcribed(paper) => {
            let (number, dated) = (&paper.document_number, paper.dated);
            said.add(&format!("文号 {number},{dated}"), &format!("document {number} of {dated}"));
            said.quote(paper.text.as_deref());
        }
        EventBody::WeatherAlert(alert) => {
            let kind = policy.and_then(|policy| policy.weather_kind(&alert.kind));
            said.detail(kind.map_or_else(|| Text::new(&alert.kind, &alert.kind), |kind| kind.name.clone()));
            let (from, until) = (alert.from, alert.until);
            if from < until {
                said.add(&format!("{from}至{until}"), &format!("{from} to {until}"));
            } else {
                said.add("撤销", "taken back");
            }
        }
        EventBody::Flagged(flagged) => said.add(&flagged.zh, &flagged.en),
        EventBody::Unknown { .. } => said.add("本服务器读不懂这类内容", "of a kind that is not understood here"),
    }
    said.sentence()
}

fn answer(answered: &Answered, policy: Option<&Policy>) -> Text {
    let code = &answered.code;
    let item = policy.and_then(|policy| policy.checklist.item(code));
    let name = item.map_or_else(|| Text::new(code, code), |item| item.name.clone());
    let Text { mut zh, mut en } = word(ANSWERS, answered.answer.code());
    if let Some(severity) = answered.severity {
        zh = format!("{zh}(S{severity})");
        en = format!("{en} (S{severity})");
    }
    if answered.refused {
        zh.push_str(",拒绝改正");
        en.push_str(", would not put it right");
    }
    if let Some(quantity) = answered.quantity {
        zh = format!("{zh},数量 {quantity}");
        en = format!("{en}, quantity {quantity}");
    }
    if let Some(note) = &answered.note {
        zh = format!("{zh},“{note}”");
        en = format!("{en}, “{note}”");
    }
    Text::new(format!("{}:{zh}", name.zh), format!("{}: {en}", name.en))
}

fn visit(visit: &Visit, policy: Option<&Policy>, said: &mut Said) {
    said.detail(word(VISITS, visit.kind.code()));
    for observed in visit.observed.iter().filter(|observed| observed.answer != Answer::Ok) {
        let mut items = policy.into_iter().flat_map(|policy| &policy.visit_items);
        let asked = items.find(|item| item.code == observed.item);
        let item = asked.map_or_else(|| Text::new(&observed.item, &observed.item), |item| item.name.clone());
        let answer = word(ANSWERS, observed.answer.code());
        let note = observed.note.as_deref().map(|note| format!(",“{note}”")).unwrap_or_default();
        said.add(&format!("{}:{}{note}", item.zh, answer.zh), &format!("{}: {}{note}", item.en, answer.en));
    }
    for signal in &visit.signals {
        said.detail(word(SIGNALS, signal.code()));
    }
    said.quote(visit.words.as_deref());
}

/// A sentence in the making.
struct Said {
    kind: Text,
    zh: Vec<String>,
    en: Vec<String>,
}

impl Said {
    fn new(kind: Text) -> Self {
        Self { kind, zh: Vec::new(), en: Vec::new() }
    }

    fn add(&mut self, zh: &str, en: &str) {
        self.zh.push(zh.to_owned());
        self.en.push(en.to_owned());
    }

    fn detail(&mut self, text: Text) {
        self.add(&text.zh, &text.en);
    }

    fn quote(&mut self, words: Option<&str>) {
        if let Some(words) = words {
            self.add(&format!("“{words}”"), &format!("“{words}”"));
        }
    }

    fn sentence(self) -> Text {
        if self.zh.is_empty() {
            return self.kind;
        }
        let (zh, en) = (self.zh.join(";"), self.en.join("; "));
        Text::new(format!("{}:{zh}", self.kind.zh), format!("{}: {en}", self.kind.en))
    }
}

pub(super) const ANSWERS: &[Word] = &[
    ("ok", "正常", "in order"),
    ("problem", "有问题", "a problem"),
    ("fixed_on_spot", "当场改正", "put right at once"),
    ("na", "不适用", "does not apply"),
    ("not_seen", "未查看", "not looked at"),
];
pub(super) const VISITS: &[Word] = &[
    ("home", "入户", "at home"),
    ("phone", "电话", "by phone"),
    ("video", "视频", "by video"),
    ("neighbour_relay", "邻里代看", "by a neighbour"),
    ("festival", "节日", "for a festival"),
    ("weather", "恶劣天气", "in bad weather"),
    ("follow_up", "跟进", "to follow up"),
    ("referral_call_back", "转介回访", "to call back after a referral"),
];
pub(super) const SIGNALS: &[Word] = &[
    ("acute_illness", "突发疾病", "acute illness"),
    ("gas_smell", "燃气味", "smell of gas"),
    ("suspected_abuse", "疑似受虐", "suspected abuse"),
    ("neglect", "疑似忽视", "neglect"),
    ("suicidal_words", "轻生言语", "suicidal words"),
    ("suicidal_act", "轻生行为", "suicidal act"),
    ("no_answer", "无人应答", "no answer"),
    ("fraud", "涉诈", "fraud"),
    ("missing", "走失", "missing"),
    ("carer_collapse", "照护者崩溃", "carer at the end of their strength"),
];
pub(super) const MEANS: &[Word] = &[
    ("door", "上门", "at the door"),
    ("phone", "电话", "by phone"),
    ("video", "视频", "by video"),
    ("contact", "紧急联系人", "emergency contact"),
    ("neighbour", "邻居", "neighbour"),
];
pub(super) const RISKS: &[Word] = &[
    ("fall", "跌倒", "fall"),
    ("lost", "走失", "lost"),
    ("choking", "噎食", "choking"),
    ("self_harm", "自杀自伤", "self-harm"),
    ("other", "其他", "other"),
];
pub(super) const RECEIPTS: &[Word] = &[
    ("signed", "签收", "signed for"),
    ("verbal", "口头告知", "told"),
    ("refused", "拒签", "not signed for"),
    ("posted", "张贴", "posted"),
];

#[cfg(test)]
pub(super) fn every_code(need: &mut impl FnMut(String, Option<Text>)) {
    use crate::event::{Means, RiskKind, Signal, VisitKind};
    let mut all = |words: &[Word], codes: Vec<&'static str>| {
        codes.into_iter().for_each(|code| need(code.to_owned(), find(words, code)));
    };
    all(ANSWERS, Answer::ALL.iter().map(|code| code.code()).collect());
    all(VISITS, VisitKind::ALL.iter().map(|code| code.code()).collect());
    all(SIGNALS, Signal::ALL.iter().map(|code| code.code()).collect());
    all(MEANS, Means::ALL.iter().map(|code| code.code()).collect());
    all(RISKS, RiskKind::ALL.iter().map(|code| code.code()).collect());
    all(RECEIPTS, NoticeReceipt::ALL.iter().map(|code| code.code()).collect());
}
