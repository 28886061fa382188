//! What deliveries say: ids, times, a title in zh and en, and where to look. Nothing of a file: what goes to a pager or a
//! chat group is read by whoever stands there.

use serde_json::{Value, json};
use sync_core::id::{CaseloadId, EntityId, PersonId};
use sync_core::policy::{Policy, Text};
use sync_core::time::{Span, Timestamp};

use crate::db::alarm::Alarm;
use crate::db::checkpoint::Kept;
use crate::db::duty::Level;
use crate::flow::street;
use crate::http::Moment;

/// A message.
pub(crate) struct Message {
    /// What it tells.
    pub(crate) kind: &'static str,
    /// What makes it this one, beside its kind and address.
    pub(crate) about: Vec<u8>,
    /// What is sent.
    pub(crate) body: Value,
}

/// A step of an alarm to the next level.
pub(crate) struct Step<'a> {
    /// Where.
    pub(crate) caseload: CaseloadId,
    /// The alarm.
    pub(crate) alarm: &'a Alarm,
    /// To which level.
    pub(crate) level: Level,
    /// When it passes on from there.
    pub(crate) next_at: Option<Timestamp>,
    /// Who is told.
    pub(crate) told: &'a [PersonId],
    /// When.
    pub(crate) now: Timestamp,
}

/// That an alarm has reached a level.
pub(crate) fn of_step(policy: &Policy, step: &Step<'_>) -> Message {
    let Step { caseload, alarm, level, next_at, told, now } = *step;
    let waited = (now - alarm.at).as_millis() / Span::minutes(1).as_millis();
    let mut data = ids(caseload, alarm);
    data["level"] = json!(level.code());
    data["told"] = json!(told);
    data["next_at"] = json!(next_at.map(Moment));
    let asked = street::title(alarm).unwrap_or_else(|| asks(&name(policy, alarm), level, waited));
    let title = held(asked, alarm.held);
    let kind = if level == Level::First { "alarm.raised" } else { "alarm.escalated" };
    let about = [&alarm.n.to_be_bytes()[..], &[level.number()]].concat();
    message(kind, about, now, &title, data)
}

/// That somebody has acknowledged an alarm.
pub(crate) fn acknowledged(
    policy: &Policy,
    caseload: CaseloadId,
    alarm: &Alarm,
    by: PersonId,
    now: Timestamp,
) -> Message {
    let name = name(policy, alarm);
    let title = Text::new(
        format!("警报已有人确认,无需再处理:{}", name.zh),
        format!("Somebody has acknowledged this alarm; nothing is left for you to do: {}", name.en),
    );
    let mut data = ids(caseload, alarm);
    data["acknowledged_by"] = json!(by);
    message("alarm.acknowledged", alarm.n.to_be_bytes().to_vec(), now, &title, data)
}

/// A slip on its way to a desk.
pub(crate) struct Slip<'a> {
    /// The desk.
    pub(crate) desk: CaseloadId,
    /// The slip there.
    pub(crate) slip: EntityId,
    /// Its human number.
    pub(crate) number: &'a str,
    /// Its round.
    pub(crate) round: u16,
    /// By when the law or the agreement asks for an answer.
    pub(crate) due_at: Option<Timestamp>,
}

/// That a slip has arrived at a desk.
pub(crate) fn dispatched(slip: &Slip<'_>, now: Timestamp) -> Message {
    let Slip { desk, slip, number, round, due_at } = *slip;
    let title =
        Text::new(format!("新到转办单 {number},请签收"), format!("Slip {number} has arrived; please accept it"));
    let data = json!({
        "desk": desk, "slip": slip, "number": number, "round": round, "due_at": due_at.map(Moment),
        "path": format!("/v1/desks/{desk}/slips/{slip}"),
    });
    message("slip.dispatched", slip.bytes().to_vec(), now, &title, data)
}

/// A checkpoint: the line that the receiver adds to a file, and nothing of anybody in it. What makes it this one is its
/// digest, because after a restore numbers come a second time.
pub(crate) fn checkpoint(made: &Kept) -> Message {
    let n = made.n;
    let title = Text::new(format!("日志检查点 {n},请保存"), format!("Checkpoint {n} of the logs; please keep it"));
    message("checkpoint.made", made.digest.to_vec(), made.at, &title, json!({"n": n, "line": made.line}))
}

/// What a desk must know of a slip that it has, or had.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum SlipNews {
    /// The organisation took it back while the desk had it in hand.
    Withdrawn,
    /// The desk returned it, by whichever way: there is nothing left to do.
    Returned,
}

/// Something new about a slip of a desk.
pub(crate) fn slip_news(news: SlipNews, slip: &Slip<'_>, now: Timestamp) -> Message {
    let Slip { desk, slip, number, round, .. } = *slip;
    let (kind, title) = match news {
        SlipNews::Withdrawn => (
            "slip.withdrawn",
            Text::new(
                format!("转办单 {number} 已由社方撤回,是否继续请贵部门决定"),
                format!("The organisation took slip {number} back; whether anything is left to do is yours to decide"),
            ),
        ),
        SlipNews::Returned => (
            "slip.returned",
            Text::new(
                format!("转办单 {number} 已退回,无需再处理"),
                format!("Slip {number} was returned; nothing is left to do"),
            ),
        ),
    };
    let data = json!({
        "desk": desk, "slip": slip, "number": number, "round": round, "path": format!("/v1/desks/{desk}/slips/{slip}"),
    });
    // It may be taken back more than once.
    let about = [&slip.bytes()[..], &now.millis().to_be_bytes()].concat();
    message(kind, about, now, &title, data)
}

/// A trial of an address.
pub(crate) fn trial(now: Timestamp) -> Message {
    let title = Text::new("这是一次测试,无需处理", "This is a trial; nothing needs to be done");
    message("webhook.test", now.millis().to_be_bytes().to_vec(), now, &title, json!({}))
}

fn message(kind: &'static str, about: Vec<u8>, now: Timestamp, title: &Text, mut data: Value) -> Message {
    data["title"] = json!({"zh": title.zh, "en": title.en});
    Message { kind, about, body: json!({"type": kind, "timestamp": Moment(now), "data": data}) }
}

fn ids(caseload: CaseloadId, alarm: &Alarm) -> Value {
    json!({
        "caseload": caseload, "alarm": alarm.n, "code": alarm.code, "rule": alarm.rule, "flag": alarm.flag,
        "subject": alarm.subject, "held": alarm.held, "raised_at": Moment(alarm.at),
        "path": format!("/v1/caseloads/{caseload}/alarms/{}", alarm.n),
    })
}

/// What an alarm is called: by the policy's name of its rule when a flag is behind it. What is discreet at the door is
/// discreet here: who stands beside the pager learns that it is urgent, not what it is.
fn name(policy: &Policy, alarm: &Alarm) -> Text {
    let id = alarm.rule.as_deref().unwrap_or_default();
    match policy.rule(id) {
        Some(rule) if alarm.flag.is_some() && rule.discreet => {
            Text::new(format!("与长者有关的紧急情况({id})"), format!("an urgent matter about an elder ({id})"))
        }
        Some(rule) if alarm.flag.is_some() => {
            Text::new(format!("{}({id})", rule.name.zh), format!("{} ({id})", rule.name.en))
        }
        _ if id.is_empty() => Text::new("系统有一处需要人工处理", "something in the system needs a person"),
        _ => Text::new(format!("规则 {id} 需要人工处理"), format!("rule {id} needs a person")),
    }
}

fn asks(name: &Text, level: Level, waited: i64) -> Text {
    match level {
        Level::First => Text::new(
            format!("警报:{}。请现在查看并确认", name.zh),
            format!("Alarm: {}. Please look now and acknowledge it", name.en),
        ),
        Level::Deputy => Text::new(
            format!("警报已响 {waited} 分钟无人确认,现转给您:{}。请现在查看并确认", name.zh),
            format!(
                "Nobody has acknowledged this alarm for {waited} min; it is yours now: {}. Please look now",
                name.en
            ),
        ),
        Level::Purchaser => Text::new(
            format!("警报已响 {waited} 分钟无人确认:{}。请立即联系承接机构,并确认", name.zh),
            format!(
                "Nobody has acknowledged this alarm for {waited} min: {}. Please call the organisation now, and acknowledge",
                name.en
            ),
        ),
    }
}

/// What comes from held work is said to: somebody has still to decide whether it counts.
fn held(title: Text, held: bool) -> Text {
    if !held {
        return title;
    }
    Text::new(
        format!("{}(来自待审内容,尚未并入档案)", title.zh),
        format!("{} (from work that is held, not yet part of the file)", title.en),
    )
}
