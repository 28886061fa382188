//! Enrolment in two steps, so that the host moves the bytes: ask with the code, take the answer.

use serde::{Deserialize, Serialize};
use sync_core::author::Role;
use sync_core::id::{CaseloadId, DeviceId, InstallId, PersonId};

use super::caseload::Caseload;
use super::device::Enrolled;
use super::{DEVICE, Phone};
use crate::error::EnrolError;
use crate::record;
use crate::store::{Changes, Key, Space};

/// What to send to the server to enrol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnrolmentRequest {
    /// Where to, below the server's address.
    pub path: String,
    /// A JSON body.
    pub body: String,
}

#[derive(Serialize)]
struct Ask<'a> {
    code: &'a str,
    device_key: String,
    install: InstallId,
    name: &'a str,
    /// Whose the phone is, when it was enrolled before.
    #[serde(skip_serializing_if = "Option::is_none")]
    person: Option<PersonId>,
}

#[derive(Deserialize)]
struct Answer {
    device: DeviceId,
    person: PersonId,
    #[serde(default)]
    caseloads: Vec<CaseloadAnswer>,
    #[serde(default)]
    server_sealing_key: String,
    #[serde(default)]
    server: String,
    #[serde(default)]
    refresh: Option<String>,
}

#[derive(Deserialize)]
struct CaseloadAnswer {
    id: CaseloadId,
    #[serde(default)]
    name: String,
    #[serde(default)]
    prefix: String,
    role: Option<Role>,
    #[serde(default)]
    version: u32,
    #[serde(default)]
    letter: Option<String>,
}

impl Phone {
    /// Whether this phone is enrolled.
    #[must_use]
    pub fn is_enrolled(&self) -> bool {
        self.lock().device.enrolled.is_some()
    }

    /// What to send to enrol with a one-time `code`; `name` is how the list of devices shows this phone. May be asked
    /// for again when the answer was lost, and when the server says that the phone has to be enrolled again: then it
    /// keeps what it wrote and sends it again.
    ///
    /// # Errors
    /// [`EnrolError::Already`], [`EnrolError::Store`]
    pub fn enrolment_request(&self, code: &str, name: &str) -> Result<EnrolmentRequest, EnrolError> {
        let mut inner = self.lock();
        if inner.device.enrolled.is_some() && !inner.session.must_enrol() {
            return Err(EnrolError::Already);
        }
        let mut device = inner.device.clone();
        device.asked = true;
        let mut changes = Changes::default();
        record::put(&mut changes, Key::single(Space::Setting, DEVICE), &device);
        inner.store.apply(&changes)?;
        let person = device.enrolled.as_ref().map(|enrolled| enrolled.person);
        let device_key = hex(&device.public_key());
        let ask = Ask { code: code.trim(), device_key, install: device.install, name, person };
        let body = serde_json::to_string(&ask).map_err(|_| EnrolError::BadAnswer)?;
        inner.device = device;
        Ok(EnrolmentRequest { path: "/v1/enrol".to_owned(), body })
    }

    /// Takes the server's answer to an enrolment request.
    ///
    /// # Errors
    /// [`EnrolError`]
    pub fn enrolled(&self, status: u16, body: &str) -> Result<(), EnrolError> {
        let mut inner = self.lock();
        match &inner.device {
            device if device.enrolled.is_some() && !inner.session.must_enrol() => return Err(EnrolError::Already),
            device if !device.asked => return Err(EnrolError::NotRequested),
            _ => {}
        }
        if !(200..300).contains(&status) {
            return Err(if (400..500).contains(&status) { EnrolError::Refused } else { EnrolError::BadAnswer });
        }
        let answer: Answer = serde_json::from_str(body).map_err(|_| EnrolError::BadAnswer)?;
        let mut device = inner.device.clone();
        let before = device.enrolled.take();
        if before.as_ref().is_some_and(|before| before.server != answer.server) {
            // What it holds is of another server, which alone may read it.
            return Err(EnrolError::Refused);
        }
        device.enrolled = Some(Enrolled {
            device: answer.device,
            person: answer.person,
            server: answer.server,
            sealing_key: unhex(&answer.server_sealing_key).ok_or(EnrolError::BadAnswer)?,
        });
        if device.enrolled.as_ref().is_some_and(|enrolled| enrolled.sealing_key().is_none()) {
            return Err(EnrolError::BadAnswer);
        }
        let session = match before {
            Some(_) => inner.session.enrolled_again(answer.refresh),
            None => super::Session::enrolled(answer.refresh),
        };
        let lease = super::lease::Held::renewed(&inner.environment);
        let mut changes = Changes::default();
        record::put(&mut changes, Key::single(Space::Setting, DEVICE), &device);
        session.put(&mut changes);
        lease.put(&mut changes);
        let mut caseloads = inner.caseloads.clone();
        for answer in answer.caseloads {
            let role = answer.role.unwrap_or(Role::Worker);
            // Enrolled again, the phone keeps what it wrote.
            let new = || Caseload::entered(answer.id, answer.name, answer.prefix, role, answer.version);
            let mut caseload = caseloads.get(&answer.id).cloned().unwrap_or_else(new);
            caseload.set_letter(answer.letter);
            caseload.put(&mut changes);
            caseloads.insert(answer.id, caseload);
        }
        inner.store.apply(&changes)?;
        inner.device = device;
        inner.session = session;
        inner.lease = lease;
        inner.caseloads = caseloads;
        if before.is_some() { Ok(inner.send_everything_again()?) } else { Ok(()) }
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _written = write!(text, "{byte:02x}");
        text
    })
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.is_ascii() || !text.len().is_multiple_of(2) {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok()).collect()
}
