//! A request for each route that would succeed for whoever may make it.

use doorstep_tests::inprocess::MORNING;
use doorstep_tests::street::Street;
use serde_json::{Value, json};
use sync_core::id::{CaseloadId, EntityId};
use sync_core::time::{Span, Timestamp};

/// What the parameters in a path name.
pub(crate) struct Ids {
    pub(crate) caseload: String,
    pub(crate) entity: String,
}

/// A request that has not been addressed yet.
pub(crate) struct Request {
    /// `METHOD /path/{parameter}`.
    pub(crate) route: String,
    /// What its path names.
    pub(crate) ids: Ids,
    /// Its body, of a POST.
    pub(crate) body: Option<Value>,
}

/// The first parameter of a path names a caseload or desk, the second what is in it.
pub(crate) const CASELOADS: &[&str] = &["{caseload}", "{desk}"];
const ENTITIES: &[&str] = &[
    "{premises}",
    "{notice}",
    "{elder}",
    "{dwelling}",
    "{referral}",
    "{submission}",
    "{slip}",
    "{review}",
    "{flag}",
    "{delivery}",
    "{alert}",
    "{n}",
];

impl Request {
    /// The request with things of its own that nobody has acted upon. `nth` is another number each time.
    pub(crate) fn fresh(street: &mut Street, route: &str, nth: u16) -> Self {
        let (hgs, fire) = (street.hgs, street.fire);
        let at = |caseload: CaseloadId, entity: &dyn ToString, body: Option<Value>| Self {
            route: route.to_owned(),
            ids: Ids { caseload: caseload.to_string(), entity: entity.to_string() },
            body,
        };
        let none = &"";
        let new = EntityId::derived("matrix", &[&nth.to_be_bytes()]);
        match route.split_once('}').map_or("", |(_, rest)| rest) {
            "" => at(hgs, none, route.starts_with("POST").then(|| json!({}))),
            "/premises/{premises}" => at(hgs, &street.referred("worker", "dispatcher", new).shop, None),
            "/notices/{notice}/sheet" => at(hgs, &street.notice(new), None),
            "/elders/{elder}" => {
                street.elder("worker", new, "顾阿婆");
                at(hgs, &new, None)
            }
            "/dwellings/{dwelling}" => at(hgs, &street.elder("worker", new, "顾阿婆"), None),
            "/weather" if route.starts_with("POST") => at(hgs, none, Some(weather(nth))),
            "/weather/{alert}/end" => {
                let declared = street.does("supervisor", &format!("/v1/caseloads/{hgs}/weather"), &weather(nth));
                at(hgs, &declared["alert"].as_str().unwrap(), Some(json!({})))
            }
            "/link" => {
                let a = street.referred("worker", "dispatcher", new).shop;
                let b = street.referred("worker", "dispatcher", EntityId::derived("alike", &[&nth.to_be_bytes()])).shop;
                at(hgs, none, Some(json!({"a": a, "b": b, "reason": "同一家店"})))
            }
            "/conflicts/settle" => {
                let entity = street.referred("worker", "dispatcher", new).shop;
                let body = json!({"entity": entity, "field": "contact_phone", "value": "14200000001"});
                at(hgs, none, Some(body))
            }
            "/flags/{flag}/decide" => {
                let body = json!({"decision": "dismiss", "reason": "已核实", "seen": 0});
                at(hgs, &street.flag(new), Some(body))
            }
            "/flags/{flag}/explain" => at(hgs, &street.flag(new), Some(json!({"text": "补录时填错了"}))),
            "/deliveries/{delivery}/replay" => {
                let place = if route.contains("{desk}") { fire } else { hgs };
                at(place, &street.dead_delivery(place), Some(json!({})))
            }
            "/deliveries" if route.contains("{desk}") => at(fire, none, None),
            "/alarms/{n}" => at(hgs, &street.alarm(hgs, &format!("F05 fails ({nth})")), None),
            "/alarms/{n}/acknowledge" => at(hgs, &street.alarm(hgs, &format!("F05 fails ({nth})")), Some(json!({}))),
            "/held/{submission}/decide" => {
                let about = street.referred("worker", "dispatcher", new).referral;
                at(hgs, &street.held("worker", about), Some(json!({"accept": false, "reason": "不归社工"})))
            }
            "/referrals/{referral}" => at(hgs, &street.referred("worker", "dispatcher", new).referral, None),
            "/referrals/{referral}/dispatch" => {
                at(hgs, &street.referred("worker", "dispatcher", new).referral, Some(json!({"dept": "FIRE"})))
            }
            "/referrals/{referral}/close" => at(hgs, &street.confirmed(new).referral, Some(json!({}))),
            "/referrals/{referral}/redo" => at(hgs, &street.closed(new).referral, Some(json!({}))),
            "/referrals/{referral}/confirm-flag" => {
                at(hgs, &street.referred("worker", "dispatcher", new).referral, Some(json!({"right": true})))
            }
            "/referrals/{referral}/answer" => {
                let (referral, question) = street.asked(new);
                at(hgs, &referral, Some(json!({"question": question, "text": "在后巷"})))
            }
            "/reviews/{review}/decide" => {
                at(hgs, &street.opened(new), Some(json!({"proper": true, "note": "报案所需"})))
            }
            "/reviews/{review}/told" => at(hgs, &street.broken_glass(new), Some(json!({"how": "上门当面告知"}))),
            "/slips/{slip}/open" => {
                let (_, slip) = street.person_slip(new);
                at(street.psb, &slip, Some(json!({"reason": "出警前核对住址"})))
            }
            "/slips/{slip}/ask" => at(fire, &accepted(street, new), Some(json!({"question": "后门在哪一侧?"}))),
            "/slips/{slip}/transcribe" => {
                let body = json!({"document_number": "消 2026-1", "dated": "2026-11-23", "act": "accept"});
                at(fire, &street.dispatched(new).1, Some(body))
            }
            "/slips/{slip}" => at(fire, &street.dispatched(new).1, None),
            "/slips/{slip}/accept" => at(fire, &street.dispatched(new).1, Some(json!({}))),
            "/slips/{slip}/checking" => at(fire, &accepted(street, new), Some(json!({}))),
            "/slips/{slip}/reply" => {
                let body = json!({"outcome": "untrue", "public_text": "现场未见"});
                at(fire, &accepted(street, new), Some(body))
            }
            "/slips/{slip}/return" => at(fire, &street.dispatched(new).1, Some(json!({"reason": "属燃气部门"}))),
            "/slips/{slip}/not-accepted" => at(fire, &street.dispatched(new).1, Some(json!({"reason": "重复转办"}))),
            "/slips" => at(fire, none, None),
            list if !list.contains('{') && route.starts_with("GET") => at(hgs, none, None),
            _ => panic!("no request for {route}: add one here"),
        }
    }

    pub(crate) fn method(&self) -> &str {
        self.route.split_once(' ').unwrap().0
    }

    /// The path that it goes to.
    pub(crate) fn path(&self) -> String {
        self.path_to(&self.ids)
    }

    /// The path when it is about something else.
    pub(crate) fn path_to(&self, ids: &Ids) -> String {
        let mut path = self.route.split_once(' ').unwrap().1.to_owned();
        for name in CASELOADS {
            path = path.replace(name, &ids.caseload);
        }
        for name in ENTITIES {
            path = path.replace(name, &ids.entity);
        }
        assert!(!path.contains('{'), "a parameter that this page does not know: {path}");
        path + self.query()
    }

    /// What has to be asked for besides.
    fn query(&self) -> &'static str {
        match self.route.split_once('}').map_or(&*self.route, |(_, rest)| rest) {
            // Else there would be no end to it.
            "GET /v1/hints" => "?wait=0",
            "/report" => "?from=2026-11-01&to=2026-12-01",
            "/evaluation/sample" => "?from=2026-11-01&to=2026-12-01&seed=x&n=3",
            _ => "",
        }
    }

    /// Whether the path names something inside of a caseload.
    pub(crate) fn names_an_entity(&self) -> bool {
        ENTITIES.iter().any(|name| self.route.contains(name))
    }
}

/// An hour of bad weather that no other alert is for.
fn weather(nth: u16) -> Value {
    let from = MORNING + Span::hours(48 + i64::from(nth));
    let said = |at: Timestamp| at.civil().strftime("%Y-%m-%dT%H:%M:%S+08:00").to_string();
    json!({"kind": "typhoon", "from": said(from), "until": said(from + Span::hours(1))})
}

fn accepted(street: &mut Street, new: EntityId) -> EntityId {
    let (_, slip) = street.dispatched(new);
    let _done = street.does("officer", &format!("/v1/desks/{}/slips/{slip}/accept", street.fire), &json!({}));
    slip
}
