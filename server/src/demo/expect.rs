//! What should have come, row by row of the day, and a last look at everything through the API and the phones.

use serde::Serialize;
use serde_json::Value as Json;
use sync_core::event::EventBody;

use super::DemoError;
use super::cast::{Phone, Said};
use super::report::{Flag, Referral, Replica, Report};
use super::stage::Stage;

/// One expectation.
#[derive(Serialize, Clone)]
pub(super) struct Expected {
    /// The row of the day.
    pub(super) at: &'static str,
    pub(super) what_zh: String,
    pub(super) what_en: String,
    pub(super) found: String,
    pub(super) ok: bool,
}

/// Gathers expectations.
#[derive(Default)]
pub(super) struct Expectations {
    at: &'static str,
    rows: Vec<Expected>,
}

impl Expectations {
    /// The next ones belong to this row.
    pub(super) fn at(&mut self, at: &'static str) {
        self.at = at;
    }

    /// Expects `found` to be `wanted`.
    pub(super) fn is<T: PartialEq + std::fmt::Debug>(&mut self, zh: &str, en: &str, found: &T, wanted: &T) {
        self.holds(zh, en, found == wanted, &format!("{found:?}"));
    }

    /// Expects something to be so.
    pub(super) fn holds(&mut self, zh: &str, en: &str, ok: bool, found: &str) {
        let (what_zh, what_en, found) = (zh.to_owned(), en.to_owned(), found.to_owned());
        self.rows.push(Expected { at: self.at, what_zh, what_en, found, ok });
    }

    /// Those of a step, which began with this many; what is shown under it.
    pub(super) fn since(&self, before: usize) -> &[Expected] {
        self.rows.get(before..).unwrap_or_default()
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }
}

/// The last look; gathers the result.
pub(super) fn report(stage: &mut Stage, steps: Vec<&'static str>) -> Result<Report, DemoError> {
    stage.rows.at("end");
    let flags: Vec<Flag> = stage.list("flags")?.iter().map(flag).collect();
    let mut referrals: Vec<Referral> = stage.list("referrals")?.iter().map(referral).collect();
    referrals.sort_by(|a, b| a.number.cmp(&b.number));
    let mut digests = vec![Replica { name: "server", digest: stage.server_digest()? }];
    for phone in [Phone::A, Phone::C, Phone::D] {
        digests.push(Replica { name: phone.name(), digest: stage.digest(phone)? });
    }
    hold(stage, &flags, &referrals, &digests)?;
    let expected = stage.rows.rows.clone();
    Ok(Report {
        ok: expected.iter().all(|expected| expected.ok),
        steps,
        expected,
        flags,
        referrals,
        digests,
        day_report: stage.day_report.clone().unwrap_or_default(),
        counts: stage.counts.clone(),
    })
}

fn hold(stage: &mut Stage, flags: &[Flag], referrals: &[Referral], digests: &[Replica]) -> Result<(), DemoError> {
    let same = digests.iter().all(|replica| replica.digest == digests[0].digest);
    let mut unconfirmed = 0;
    for phone in [Phone::A, Phone::C, Phone::D] {
        unconfirmed += stage.unconfirmed(phone)?;
    }
    let find = |rule: &str| referrals.iter().find(|referral| referral.rule == rule);
    let place = |rule: &str| find(rule).map(|referral| (referral.dept.as_str(), referral.round, referral.rank));
    let confirmed = find("F01").and_then(|referral| referral.confirmed_by_supervisor);
    let once = |rule: &str| flags.iter().filter(|flag| flag.rule == rule).count();
    let (wrong, raised) = (stage.verify()?, stage.rules("raised")?);
    let stands = ["F05", "F01"].map(|rule| raised.iter().any(|known| known == rule));
    let unsettled = stage.list("conflicts")?.len();
    let rows = &mut stage.rows;
    rows.holds("服务器与在用手机一致", "the server and all phones in use are equal", same, &digests[0].digest);
    rows.is("手机上没有未确认的表单", "no form is left unconfirmed on a phone", &unconfirmed, &0);
    rows.is("R1 消防 = (1,8)", "R1 fire service = (1,8)", &place("F01"), &Some(("FIRE", 1, 8)));
    rows.is("R2 燃气 = (2,4)", "R2 gas regulator = (2,4)", &place("F05"), &Some(("GASREG", 2, 4)));
    rows.is("督导的确认已记录", "the supervisor's confirmation is recorded", &confirmed, &Some(true));
    let counts = ["F01", "F05", "E05", "D01"].map(once);
    rows.is("F01 F05 E05 D01 各一次", "F01 F05 E05 D01 once each", &counts, &[1, 1, 1, 1]);
    rows.is("F05 仍在,F01 已了结", "F05 still stands, F01 has ended", &stands, &[true, false]);
    rows.is("没有待定的说法", "no field waits to be settled", &unsettled, &0);
    rows.is("日志核验无误", "the log verifies", &wrong, &0);
    Ok(())
}

/// What the last look asks.
impl Stage {
    /// The rules whose flags stand so, each once.
    pub(super) fn rules(&self, standing: &str) -> Result<Vec<String>, DemoError> {
        let flags = self.list("flags")?;
        let mut rules: Vec<String> =
            flags.iter().filter(|flag| flag["standing"] == standing).map(|flag| text(&flag["rule"])).collect();
        rules.sort();
        rules.dedup();
        Ok(rules)
    }

    /// Why a rule holds.
    pub(super) fn flag(&self, rule: &str) -> Result<Said, DemoError> {
        let flags = self.list("flags")?;
        let found = flags.iter().find(|flag| flag["rule"] == rule);
        let found = found.ok_or_else(|| DemoError::unexpected(&format!("{rule} was not raised")))?;
        Ok(Said::new(text(&found["zh"]), text(&found["en"])))
    }

    /// How the flag of a rule stands.
    pub(super) fn standing(&self, rule: &str) -> Result<Option<String>, DemoError> {
        let flags = self.list("flags")?;
        Ok(flags.iter().find(|flag| flag["rule"] == rule).map(|flag| text(&flag["standing"])))
    }

    /// Withdrawals that lost to what a desk did meanwhile: each stays on the referral as what the worker thought, with
    /// its photo.
    pub(super) fn notes_with_photo(&self) -> Result<usize, DemoError> {
        let is_note = |event: &sync_core::event::Event| {
            matches!(event.body, EventBody::Withdrawal(_)) && event.photos.contains(&self.photo("clearing"))
        };
        Ok(self.history()?.iter().filter(|seen| is_note(&seen.event)).count())
    }

    /// The report of the day, as somebody gets it.
    pub(super) fn report_of_the_day(&self, login: &str, more: &str) -> Result<Json, DemoError> {
        self.get(login, &self.path(&format!("report?from=2026-11-23&to=2026-11-24{more}")))
    }
}

fn text(json: &Json) -> String {
    json.as_str().unwrap_or_default().to_owned()
}

fn flag(json: &Json) -> Flag {
    Flag {
        rule: text(&json["rule"]),
        standing: text(&json["standing"]),
        subject: text(&json["subject"]),
        zh: text(&json["zh"]),
        en: text(&json["en"]),
    }
}

fn referral(json: &Json) -> Referral {
    let round = json["state"]["round"].as_u64().unwrap_or_default();
    let dept = &json["values"]["dept"][round.to_string()];
    Referral {
        id: text(&json["id"]),
        number: text(&json["values"]["number"]),
        rule: text(&json["values"]["rule"]),
        dept: text(if dept.is_string() { dept } else { &json["values"]["proposed_dept"] }),
        round,
        rank: json["state"]["rank"].as_u64().unwrap_or_default(),
        state: text(&json["state"]["code"]),
        due_at: json["due_at"].as_str().map(str::to_owned),
        held_for_consent: json["values"]["held_for_consent"]
            .as_str()
            .filter(|purpose| !purpose.is_empty())
            .map(str::to_owned),
        target_at: json["values"]["target_at"].as_i64(),
        dispatched_at: json["values"]["dispatched_at"]["1"].as_i64(),
        confirmed_by_supervisor: json["values"]["confirmed_by_supervisor"].as_bool(),
    }
}
