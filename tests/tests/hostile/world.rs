//! A street with two caseloads, workers with phones, and a fire desk.

use doorstep_tests::inprocess::Server;
use doorstep_tests::rawphone::RawPhone;
use sync_core::author::Role;
use sync_core::id::CaseloadId;
use sync_core::log::{HoldCode, Verdict};

pub(crate) const MERGED: Verdict = Verdict::Merged;

pub(crate) const fn held(code: HoldCode) -> Verdict {
    Verdict::Held(code)
}

pub(crate) struct World {
    pub(crate) server: Server,
    /// Where Lin works.
    pub(crate) hgs: CaseloadId,
    /// Where Wu works.
    pub(crate) oth: CaseloadId,
    pub(crate) fire: CaseloadId,
    pub(crate) lin: RawPhone,
    pub(crate) wu: RawPhone,
}

impl World {
    pub(crate) fn new() -> Self {
        let server = Server::start();
        let (hgs, oth) = (server.caseload("HGS"), server.caseload("OTH"));
        let fire = server.wait(server.admin().add_desk("FIRE", "消防")).unwrap();
        let lin = server.member("lin", Role::Worker, hgs, false);
        let wu = server.member("wu", Role::Worker, oth, false);
        let (lin, wu) = (RawPhone::enrol(&server, lin, hgs, 1), RawPhone::enrol(&server, wu, oth, 2));
        Self { server, hgs, oth, fire, lin, wu }
    }

    /// Another phone of a new person in Lin's caseload.
    pub(crate) fn phone(&self, login: &str, role: Role, seed: u8) -> RawPhone {
        let person = self.server.member(login, role, self.hgs, false);
        RawPhone::enrol(&self.server, person, self.hgs, seed)
    }

    /// The server serves, and what is stored follows from the log.
    pub(crate) fn is_sound(&self) {
        self.server.is_well();
        self.server.verifies();
    }
}
