//! Bad weather: alerts of a caseload, for which elders are visited once more. They name nobody.

use axum::Json;
use serde::Serialize;
use sync_core::care;
use sync_core::id::{CaseloadId, EventId};
use sync_core::policy::{Policy, Text};
use sync_core::time::Timestamp;

use crate::auth::Caller;
use crate::error::ApiError;
use crate::flow::load;
use crate::http::premises::search::KEEPERS;
use crate::http::{InPath, Moment};

pub(crate) mod declare;
pub(crate) mod end;

/// A kind of weather for which an alert can be declared.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct WeatherKind {
    /// What a declaration says.
    #[schema(example = "typhoon")]
    code: String,
    /// Its name in Chinese.
    zh: String,
    /// Its name in English.
    en: String,
}

/// An alert.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct WeatherAlert {
    /// What it is ended by.
    #[schema(value_type = String)]
    id: EventId,
    /// What weather.
    #[serde(flatten)]
    kind: WeatherKind,
    /// When it begins.
    #[schema(value_type = String, format = DateTime)]
    from: Moment,
    /// When it is over.
    #[schema(value_type = String, format = DateTime)]
    until: Moment,
    /// When it was declared.
    #[schema(value_type = String, format = DateTime)]
    declared_at: Moment,
    /// `coming`, `running`, `over`, or `taken_back`: then it calls nobody.
    #[schema(example = "running")]
    standing: &'static str,
}

/// The alerts of a caseload.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Weather {
    /// For what an alert can be declared.
    kinds: Vec<WeatherKind>,
    /// The alerts, the last declared first.
    alerts: Vec<WeatherAlert>,
}

impl WeatherKind {
    fn new(code: &str, name: &Text) -> Self {
        Self { code: code.to_owned(), zh: name.zh.clone(), en: name.en.clone() }
    }
}

impl WeatherAlert {
    fn of(alert: &care::Alert, policy: &Policy, now: Timestamp) -> Self {
        let known = policy.weather_kind(&alert.kind);
        let name = known.map_or_else(|| Text::new(&alert.kind, &alert.kind), |kind| kind.name.clone());
        let standing = match alert {
            alert if !alert.calls() => "taken_back",
            alert if now < alert.from => "coming",
            alert if now < alert.until => "running",
            _ => "over",
        };
        Self {
            id: alert.id,
            kind: WeatherKind::new(&alert.kind, &name),
            from: alert.from.into(),
            until: alert.until.into(),
            declared_at: alert.declared_at.into(),
            standing,
        }
    }
}

/// The alerts of a caseload, and for what weather one can be declared. Whose visit is due for one of them,
/// `GET /v1/caseloads/{caseload}/elders?weather=true` says.
#[utoipa::path(
    get, path = "/v1/caseloads/{caseload}/weather", tag = "weather",
    params(("caseload" = String, Path)),
    responses((status = 200, body = Weather), (status = "4XX", body = crate::error::ProblemBody)),
)]
pub(crate) async fn list(caller: Caller, InPath(caseload): InPath<CaseloadId>) -> Result<Json<Weather>, ApiError> {
    let mut access = caller.look(caseload, KEEPERS).await?;
    let (flow, now) = (caller.app().flow(), caller.app().clock().now());
    let policy = flow.policy().policy();
    let alerts = load::alerts(&mut access.tx, &mut flow.keys(), caseload).await?;
    Ok(Json(Weather {
        kinds: policy.weather.iter().map(|kind| WeatherKind::new(&kind.code, &kind.name)).collect(),
        alerts: alerts.iter().rev().map(|alert| WeatherAlert::of(alert, policy, now)).collect(),
    }))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use sync_core::author::Role;
    use sync_core::event::{EventBody, Visit, VisitKind};
    use sync_core::time::Span;

    use crate::http::elders::bench::{Bench, fall, not_met};
    use crate::testing::Answer;
    use crate::verify;

    impl Bench {
        async fn declare(&self, body: Value) -> Answer {
            self.server.post(&format!("/v1/caseloads/{}/weather", self.caseload), Some(&self.supervisor), body).await
        }

        async fn end(&self, alert: &Value, body: Value) -> Answer {
            let path = format!("/v1/caseloads/{}/weather/{}/end", self.caseload, alert.as_str().unwrap());
            self.server.post(&path, Some(&self.supervisor), body).await
        }

        async fn alerts(&self) -> Vec<(Value, Value)> {
            let weather = self.get(&self.supervisor, "weather").await.ok();
            let alerts = weather["alerts"].as_array().unwrap();
            alerts.iter().map(|alert| (alert["id"].clone(), alert["standing"].clone())).collect()
        }

        /// Every minute, for this long.
        async fn minutes(&mut self, n: i64) {
            for _ in 0..n {
                self.passes(Span::minutes(1)).await;
            }
        }

        async fn is_sound(&self) {
            let report = verify::verify(self.server.app.db(), self.server.app.flow()).await.unwrap();
            assert_eq!(report.findings, []);
        }
    }

    fn by(kind: VisitKind) -> EventBody {
        EventBody::Visit(Visit { kind, observed: Vec::new(), signals: Vec::new(), words: None, next_visit: None })
    }

    #[tokio::test]
    async fn an_alert_calls_elders_and_whoever_was_not_called_in_time_is_the_supervisors() {
        let mut bench = Bench::new().await;
        let gu = bench.elder("顾阿婆").await;
        let kinds = bench.get(&bench.worker, "weather").await.ok()["kinds"].clone();
        assert_eq!(kinds[0], json!({"code": "typhoon", "zh": "台风", "en": "Typhoon"}));
        assert!(bench.names("?weather=true").await.is_empty());
        // From 08:30, for whoever is of the high tier until 20:30, for the key tier until the next morning.
        let alert = bench.declare(json!({"kind": "typhoon", "until": "2026-11-24T08:30:00+08:00"})).await.ok();
        assert_eq!(bench.alerts().await, [(alert["alert"].clone(), json!("running"))]);
        assert_eq!(bench.names("?weather=true").await, ["顾阿公", "顾阿婆"]);
        let care = bench.file("顾阿婆").await["care"].clone();
        assert_eq!(care["weather_visit_due"], "2026-11-23T20:30:00+08:00");
        assert_eq!((&care["next_visit_due"], &care["overdue"]), (&json!("2026-11-23"), &json!(false)));
        assert_eq!(care["next_visit_for"]["cadence"], "weather-high");
        assert!(care["next_visit_for"]["zh"].as_str().unwrap().contains("恶劣天气加访"));

        bench.happens(gu, not_met()).await;
        bench.passes(Span::minutes(12 * 60 - 1)).await;
        assert_eq!((bench.raised("E08").await, bench.names("?overdue=true").await.len()), (0, 0));
        bench.minutes(1).await;
        assert_eq!(bench.raised("E08").await, 1, "at the hour, and not with the next day");
        assert_eq!(bench.names("?overdue=true").await, ["顾阿婆"]);
        let flags = bench.get(&bench.supervisor, "flags?rule=E08&due=all").await.ok();
        assert!(flags[0]["en"].as_str().unwrap().contains("bad weather"), "with its reason, by when somebody acts");
        bench.is_sound().await;
        bench.happens(gu, by(VisitKind::Festival)).await;
        assert_eq!(bench.raised("E08").await, 1);
        bench.happens(gu, by(VisitKind::Phone)).await;
        assert_eq!((bench.raised("E08").await, bench.names("?weather=true").await), (0, vec!["顾阿公".to_owned()]));

        // Over; he is still to be called, and is overdue since.
        bench.passes(Span::hours(12)).await;
        assert_eq!(bench.alerts().await[0].1, "over");
        assert_eq!(bench.names("?overdue=true").await, ["顾阿公"]);
        bench.is_sound().await;
    }

    #[tokio::test]
    async fn ended_early_it_calls_on_and_declared_by_mistake_nobody() {
        let mut bench = Bench::new().await;
        let until = "2026-11-25T08:30:00+08:00";
        let alert = bench.declare(json!({"kind": "heat", "until": until})).await.ok()["alert"].clone();
        bench.passes(Span::hours(2)).await;
        bench.end(&alert, json!({})).await.ok();
        assert_eq!(bench.alerts().await, [(alert.clone(), json!("over"))]);
        assert_eq!(bench.names("?weather=true").await.len(), 2);
        assert_eq!(bench.end(&alert, json!({})).await.problem(), (409, "already_decided"));
        bench.passes(Span::hours(10)).await;
        assert_eq!(bench.raised("E08").await, 1);
        bench.end(&alert, json!({"by_mistake": true})).await.ok();
        bench.is_sound().await;
        assert!(bench.names("?weather=true").await.is_empty());
        bench.minutes(1).await;
        assert_eq!(bench.raised("E08").await, 0, "files are looked at again at once");
        assert_eq!(bench.alerts().await, [(alert.clone(), json!("taken_back"))]);
        assert_eq!(bench.end(&alert, json!({"by_mistake": true})).await.problem(), (409, "already_decided"));
        // One that has not begun is called off.
        let to_come = json!({"kind": "heat", "from": "2026-11-24T08:30:00+08:00", "until": until});
        let alert = bench.declare(to_come).await.ok()["alert"].clone();
        assert_eq!(bench.alerts().await[0], (alert.clone(), json!("coming")));
        bench.end(&alert, json!({})).await.ok();
        assert_eq!(
            (bench.alerts().await[0].1.clone(), bench.names("?weather=true").await.len()),
            (json!("taken_back"), 0)
        );
        bench.is_sound().await;
    }

    #[tokio::test]
    async fn what_cannot_be_meant_is_told_apart() {
        let bench = Bench::new().await;
        let until = |until: &str| json!({"kind": "cold", "until": format!("2026-{until}+08:00")});
        for (body, code) in [
            (json!({"kind": "fog", "until": "2026-11-24T08:30:00+08:00"}), "no_such_weather"),
            (until("11-23T08:30:00"), "not_a_spell"),
            (until("12-25T08:30:00"), "not_a_spell"),
            (
                json!({"kind": "cold", "from": "2026-11-22T08:30:00+08:00", "until": "2026-11-23T08:29:59+08:00"}),
                "not_a_spell",
            ),
            (json!({"kind": "cold", "until": "tomorrow"}), "invalid"),
        ] {
            assert_eq!(bench.declare(body).await.problem(), (422, code));
        }
        bench.declare(until("11-24T08:30:00")).await.ok();
        assert_eq!(bench.declare(until("11-23T20:30:00")).await.problem(), (409, "alert_running"));
        let after = json!({"kind": "cold", "from": "2026-11-24T08:30:00+08:00", "until": "2026-11-24T20:30:00+08:00"});
        bench.declare(after).await.ok();
        let other = json!({"kind": "rainstorm", "until": "2026-11-24T08:30:00+08:00"});
        bench.declare(other).await.ok();
        assert_eq!(bench.end(&json!("01KAQ3V1X2Y3Z4A5B6C7D8E9FG"), json!({})).await.problem(), (404, "not_found"));
        let path = format!("/v1/caseloads/{}/weather", bench.caseload);
        let answer = bench.server.post(&path, Some(&bench.worker), until("11-30T08:30:00")).await;
        assert_eq!(answer.problem(), (403, "role_not_allowed"));
        let dispatcher = bench.server.member("he", Role::Dispatcher, bench.caseload).await;
        assert_eq!(bench.get(&dispatcher, "weather").await.status, 403);
    }

    #[tokio::test]
    async fn a_drastic_change_of_the_high_tier_is_overdue_after_24_hours() {
        let mut bench = Bench::new().await;
        let (gu, tan) = (bench.elder("顾阿婆").await, bench.elder("谭伯").await);
        for elder in [gu, tan] {
            bench.happens(elder, fall("2026-11-22")).await;
        }
        let care = bench.file("顾阿婆").await["care"].clone();
        assert_eq!(
            (&care["next_visit_due"], &care["next_visit_for"]["cadence"]),
            (&json!("2026-11-24"), &json!("elder-change"))
        );
        bench.passes(Span::hours(24)).await;
        assert_eq!(bench.names("?overdue=true").await, ["顾阿婆"]);
        assert_eq!(bench.raised("E08").await, 1);
        bench.is_sound().await;
    }
}
