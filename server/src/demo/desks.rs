//! What people at desks do in the play, over HTTP; and the one thing that is done at the server itself.

use serde_json::{Value as Json, json};
use sync_core::id::{DeviceId, EntityId};
use sync_core::time::Timestamp;

use super::DemoError;
use super::cast::Desk;
use super::stage::Stage;
use crate::admin::Admin;

impl Stage {
    /// Asks as somebody; the answer's status and body.
    pub(super) fn ask(&self, login: &str, method: &str, path: &str, body: &Json) -> Result<(u16, Json), DemoError> {
        let known = self.tokens.borrow().get(login).cloned();
        let token = known.map_or_else(|| self.log_in(login), Ok)?;
        self.send(Some(&token), method, path, body)
    }

    fn log_in(&self, login: &str) -> Result<String, DemoError> {
        let credentials = json!({ "login": login, "password": self.password });
        let (status, session) = self.send(None, "POST", "/v1/login", &credentials)?;
        let token = session["access"].as_str().filter(|_| status == 200);
        let token = token.ok_or_else(|| DemoError::unexpected(&format!("{login} cannot log in: {session}")))?;
        self.tokens.borrow_mut().insert(login.to_owned(), token.to_owned());
        Ok(token.to_owned())
    }

    fn send(&self, token: Option<&str>, method: &str, path: &str, body: &Json) -> Result<(u16, Json), DemoError> {
        let url = format!("http://{}{path}", self.address);
        let bearer = token.map(|token| format!("Bearer {token}"));
        let mut answer = if method == "GET" {
            let request = self.agent.get(url);
            let request = bearer.into_iter().fold(request, |request, bearer| request.header("Authorization", bearer));
            request.call()?
        } else {
            let request = self.agent.post(url);
            let request = bearer.into_iter().fold(request, |request, bearer| request.header("Authorization", bearer));
            request.send_json(body)?
        };
        let status = answer.status().as_u16();
        Ok((status, answer.body_mut().read_json().unwrap_or(Json::Null)))
    }

    /// Asks as somebody and expects success.
    pub(super) fn get(&self, login: &str, path: &str) -> Result<Json, DemoError> {
        expect(self.ask(login, "GET", path, &Json::Null)?, path)
    }

    pub(super) fn post(&self, login: &str, path: &str, body: &Json) -> Result<Json, DemoError> {
        expect(self.ask(login, "POST", path, body)?, path)
    }

    pub(super) fn path(&self, rest: &str) -> String {
        format!("/v1/caseloads/{}/{rest}", self.caseload)
    }

    /// The list at this path of the caseload, as the supervisor sees it.
    pub(super) fn list(&self, rest: &str) -> Result<Vec<Json>, DemoError> {
        match self.get("mei", &self.path(rest))? {
            Json::Array(list) => Ok(list),
            other => Err(DemoError::unexpected(&format!("{rest} is no list: {other}"))),
        }
    }

    /// The steward links two files.
    pub(super) fn link(&self, a: EntityId, b: EntityId) -> Result<(), DemoError> {
        let body = json!({ "a": a, "b": b, "reason": "同一扇门,同一位店主" });
        self.post("wen", &self.path("link"), &body).map(drop)
    }

    /// The referral that a rule opened, as the supervisor sees it.
    pub(super) fn referral_of(&self, rule: &str) -> Result<Json, DemoError> {
        let referrals = self.list("referrals")?;
        let found = referrals.into_iter().find(|referral| referral["values"]["rule"] == rule);
        found.ok_or_else(|| DemoError::unexpected(&format!("{rule} has opened no referral")))
    }

    fn referral(&self, rule: &str) -> Result<String, DemoError> {
        Ok(self.referral_of(rule)?["id"].as_str().unwrap_or_default().to_owned())
    }

    /// Who stood behind a rule's referral at each step, as codes, each once.
    pub(super) fn steps_of(&self, rule: &str) -> Result<Vec<String>, DemoError> {
        let seen = self.get("mei", &self.path(&format!("referrals/{}", self.referral(rule)?)))?;
        let mut steps: Vec<String> = Vec::new();
        for did in seen["chain"].as_array().into_iter().flatten().filter_map(|step| step["did"].as_str()) {
            if !steps.iter().any(|known| known == did) {
                steps.push(did.to_owned());
            }
        }
        Ok(steps)
    }

    pub(super) fn confirm_flag(&self, rule: &str) -> Result<(), DemoError> {
        let path = self.path(&format!("referrals/{}/confirm-flag", self.referral(rule)?));
        self.post("mei", &path, &json!({ "right": true })).map(drop)
    }

    pub(super) fn dispatch(&self, rule: &str, dept: &str) -> Result<(), DemoError> {
        let path = self.path(&format!("referrals/{}/dispatch", self.referral(rule)?));
        self.post("he", &path, &json!({ "dept": dept })).map(drop)
    }

    pub(super) fn close(&self, rule: &str) -> Result<(), DemoError> {
        let path = self.path(&format!("referrals/{}/close", self.referral(rule)?));
        self.post("he", &path, &json!({})).map(drop)
    }

    /// An officer acts on the slip of a rule's referral.
    pub(super) fn desk_act(&self, desk: Desk, rule: &str, act: &str, body: &Json) -> Result<(), DemoError> {
        let slip = self.slip_of(desk, rule)?;
        let slip = slip["id"].as_str().unwrap_or_default();
        let path = format!("/v1/desks/{}/slips/{slip}/{act}", self.desks[desk.dept()]);
        self.post(desk.login(), &path, body).map(drop)
    }

    /// The slip of a rule's referral, as the officer sees it.
    pub(super) fn slip_of(&self, desk: Desk, rule: &str) -> Result<Json, DemoError> {
        let referral = self.referral(rule)?;
        let list = self.get(desk.login(), &format!("/v1/desks/{}/slips", self.desks[desk.dept()]))?;
        let slip = list.as_array().into_iter().flatten().find(|slip| slip["values"]["referral"] == *referral).cloned();
        slip.ok_or_else(|| DemoError::unexpected(&format!("{} has no slip for {rule}", desk.dept())))
    }

    /// Where a referral is, as `(round, rank)`.
    pub(super) fn place_of(&self, rule: &str) -> Result<(u64, u64), DemoError> {
        let state = &self.referral_of(rule)?["state"];
        Ok((state["round"].as_u64().unwrap_or_default(), state["rank"].as_u64().unwrap_or_default()))
    }

    /// Mei has a phone revoked that is missing since then. That is done at the server: no way to it over the network.
    pub(super) fn revoke(&self, device: DeviceId, lost_since: Timestamp) -> Result<bool, DemoError> {
        let admin = Admin::new(&self.app);
        Ok(self.runtime.block_on(admin.revoke(device, "mei", Some(lost_since)))?)
    }

    /// Phones that somebody has enrolled, oldest first.
    pub(super) fn devices_of(&self, login: &str) -> Result<Vec<DeviceId>, DemoError> {
        let admin = Admin::new(&self.app);
        let (person, devices) = self
            .runtime
            .block_on(async { Ok::<_, DemoError>((admin.person(login).await?, admin.devices().await?)) })?;
        Ok(devices.into_iter().filter(|device| device.person == person.id).map(|device| device.id).collect())
    }

    /// Whether the server has a shop with this name.
    pub(super) fn known_to_server(&self, name: &str) -> Result<bool, DemoError> {
        Ok(!self.list(&format!("premises?search={}", in_query(name)))?.is_empty())
    }

    /// The files of elders with this name, as the supervisor finds them.
    pub(super) fn elders_named(&self, name: &str) -> Result<Vec<EntityId>, DemoError> {
        let page = self.get("mei", &self.path(&format!("elders?q={}", in_query(name))))?;
        let listed = page["elders"].as_array().into_iter().flatten().filter(|elder| elder["name"] == name);
        Ok(listed.filter_map(|elder| elder["id"].as_str()?.parse().ok()).collect())
    }
}

fn expect((status, body): (u16, Json), path: &str) -> Result<Json, DemoError> {
    if (200..300).contains(&status) {
        Ok(body)
    } else {
        Err(DemoError::unexpected(&format!("{path}: {status} {body}")))
    }
}

fn in_query(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}
