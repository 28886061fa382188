//! The ways of losing access, and somebody to whom it happens.

use doorstep::db::{caseload, submission};
use doorstep_tests::inprocess::Server;
use doorstep_tests::rawphone::{RawPhone, new_shop};
use doorstep_tests::street::Street;
use sync_core::author::Role;
use sync_core::id::{CaseloadId, EntityId, PersonId};
use sync_core::log::{Entry, HoldCode, Sanity, Verdict};
use sync_core::wire::{Blocked, Cursor, Down, Item, UpHello};

use crate::line::wait_until;

/// A way of losing access.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Loss {
    /// The device is revoked.
    Revoked,
    /// The device's key shows up in a second installation.
    Copied,
    /// The person is disabled.
    Disabled,
    /// The person leaves the caseload.
    Left,
    /// The person goes over to another caseload.
    Reassigned,
    /// The person stays, in a role that neither writes nor holds files.
    Demoted,
}

impl Loss {
    pub(crate) const ALL: [Self; 6] =
        [Self::Revoked, Self::Copied, Self::Disabled, Self::Left, Self::Reassigned, Self::Demoted];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Revoked => "revoked",
            Self::Copied => "copied",
            Self::Disabled => "disabled",
            Self::Left => "left",
            Self::Reassigned => "reassigned",
            Self::Demoted => "demoted",
        }
    }

    /// Why what is written afterwards is held.
    pub(crate) const fn code(self) -> HoldCode {
        match self {
            Self::Revoked | Self::Copied | Self::Disabled => HoldCode::DeviceRevoked,
            Self::Left | Self::Reassigned => HoldCode::NoAccess,
            Self::Demoted => HoldCode::NotPermitted,
        }
    }

    const fn blocks(self) -> Option<Blocked> {
        match self {
            Self::Revoked => Some(Blocked::Revoked),
            Self::Copied | Self::Disabled => Some(Blocked::Suspended),
            Self::Left | Self::Reassigned | Self::Demoted => None,
        }
    }

    /// It happens; it has happened when this returns.
    pub(crate) fn befalls(self, street: &mut Street, who: &Newcomer) {
        let Street { server, hgs, oth, .. } = &*street;
        let admin = server.admin();
        let leave = || assert!(server.wait(admin.unassign(*hgs, who.person)).unwrap());
        match self {
            Self::Revoked => assert!(server.wait(admin.revoke(who.phone.device, "supervisor", None)).unwrap()),
            Self::Copied => {
                let mut copy = who.phone.copied();
                copy.install = [77; 16];
                assert_eq!(copy.sync(server, Vec::new()).blocked(), Some(Blocked::Suspended));
            }
            Self::Disabled => server.wait(admin.disable(who.person, true)).unwrap(),
            Self::Left => leave(),
            Self::Reassigned => {
                leave();
                server.wait(admin.assign(*oth, who.person, None)).unwrap();
            }
            Self::Demoted => server.wait(admin.assign(*hgs, who.person, Some(Role::Evaluator))).unwrap(),
        }
    }
}

/// A worker with a phone, new in the caseload.
pub(crate) struct Newcomer {
    pub(crate) phone: RawPhone,
    pub(crate) person: PersonId,
    nth: u16,
    /// How much of the log it holds from elsewhere: all that was there before it came.
    cursor: Cursor,
    policy: u32,
}

/// How long the log is.
pub(crate) fn head(server: &Server, caseload: CaseloadId) -> u64 {
    let known = server.wait(async {
        let mut tx = server.db.read().await.unwrap();
        caseload::load(&mut tx, caseload).await.unwrap()
    });
    known.unwrap().seq
}

impl Newcomer {
    pub(crate) fn new(street: &mut Street, login: &str) -> Self {
        let seq = head(&street.server, street.hgs);
        let cursor = Cursor { caseload: street.hgs, epoch: 1, seq, sanity: Sanity::default() };
        let person = street.server.member(login, Role::Worker, street.hgs, false);
        let nth = u16::try_from(street.server.wait(street.server.admin().people()).unwrap().len()).unwrap();
        let phone = RawPhone::enrol(&street.server, person, street.hgs, u8::try_from(nth + 100).unwrap());
        Self { phone, person, nth, cursor, policy: street.server.app.flow().policy().version() }
    }

    fn shop(&self, number: u64) -> EntityId {
        let mut bytes = [1; 16];
        bytes[..2].copy_from_slice(&self.nth.to_be_bytes());
        bytes[8..].copy_from_slice(&number.to_be_bytes());
        EntityId::from_bytes(bytes)
    }

    /// An id before those of all shops of this phone, and behind those of earlier ones.
    pub(crate) fn before(&self) -> EntityId {
        let mut bytes = [0; 16];
        bytes[..2].copy_from_slice(&self.nth.to_be_bytes());
        EntityId::from_bytes(bytes)
    }

    /// The shops of all forms so far.
    pub(crate) fn shops(&self) -> impl Iterator<Item = EntityId> {
        (1..=self.phone.numbers).map(|number| self.shop(number))
    }

    /// The next form: a new shop whose exit is blocked.
    pub(crate) fn form(&mut self) -> Item {
        let shop = self.shop(self.phone.numbers + 1);
        self.phone.form(new_shop(shop))
    }

    /// A hello that knows the policy and what was in the log before.
    pub(crate) fn hello(&mut self) -> UpHello {
        let mut hello = self.phone.hello();
        hello.cursors = vec![self.cursor];
        hello.policy = self.policy;
        hello.frame_bytes = Some(1024);
        hello
    }

    /// Sends these stretches as they are.
    pub(crate) fn sends(&mut self, server: &Server, stretches: &[Vec<Item>]) -> Vec<Down> {
        let hello = self.hello();
        let request = self.phone.request(&hello, stretches);
        let synced = RawPhone::send(server, &hello, &request);
        assert_eq!(synced.http.status, 200);
        synced.frames
    }

    /// Waits until the server has committed this many frames of an upload with a form in each batch.
    pub(crate) fn has_arrived(&self, server: &Server, frames: usize) {
        let device = self.phone.device;
        match u64::try_from(frames).unwrap() {
            0 => {}
            1 => wait_until("the hello arrives", || {
                let devices = server.wait(server.admin().devices()).unwrap();
                devices.iter().any(|known| known.id == device && known.seen_at.is_some())
            }),
            // The end is nothing to commit.
            frames => wait_until("the batch arrives", || {
                let number = (frames - 1).min(crate::BATCHES);
                server.wait(async {
                    let mut tx = server.db.read().await.unwrap();
                    let caseload = self.phone.caseload;
                    submission::by_number(&mut tx, caseload, device, number).await.unwrap().is_some()
                })
            }),
        }
    }

    /// The token that it still holds opens nothing.
    pub(crate) fn is_shut_out(&self, street: &Street, loss: Loss, what: &str) {
        let path = format!("/v1/caseloads/{}/premises", street.hgs);
        let (status, code) = street.server.get(&path, Some(&self.phone.access)).problem();
        let expected = match loss {
            Loss::Revoked => (401, "device_revoked"),
            Loss::Copied => (401, "device_suspended"),
            Loss::Disabled => (401, "unauthenticated"),
            Loss::Left | Loss::Reassigned => (404, "not_found"),
            Loss::Demoted => (403, "role_not_allowed"),
        };
        assert_eq!((status, code.as_str()), expected, "{what}");
    }
}

/// Somebody else writes of a shop that nobody had heard of.
pub(crate) fn colleague_writes(street: &mut Street, newcomer: &Newcomer) -> EntityId {
    let mut bytes = *newcomer.before().bytes();
    bytes[0] = 0xFE;
    let shop = EntityId::from_bytes(bytes);
    assert_eq!(street.says("worker", new_shop(shop)), Verdict::Merged);
    shop
}

/// What is said of each number.
pub(crate) fn verdicts(frames: &[Down]) -> Vec<(u64, Verdict)> {
    let acks = frames.iter().filter_map(|frame| if let Down::Acks(acks) = frame { Some(acks) } else { None });
    let mut said = Vec::new();
    for acks in acks {
        assert!(!acks.new_install);
        let stored = acks.stored.iter().flat_map(|range| range.first..=range.last);
        assert!(stored.eq(acks.verdicts.iter().map(|ruling| ruling.number)), "a number is stored without a verdict");
        said.extend(acks.verdicts.iter().map(|ruling| (ruling.number, ruling.verdict)));
    }
    said
}

/// The log of a caseload, as it came.
pub(crate) fn entries(frames: &[Down], of: CaseloadId) -> Vec<Entry> {
    let lines = frames.iter().filter_map(|frame| match frame {
        Down::Entries(stretch) if stretch.caseload == of => Some(&stretch.entries),
        _ => None,
    });
    lines.flatten().map(|line| minicbor::decode(&line.bytes.0).unwrap()).collect()
}

/// Whether an entry is about this shop.
pub(crate) fn tells(entry: &Entry, shop: EntityId) -> bool {
    entry.folds().is_some_and(|logged| logged.parts.iter().any(|part| part.subject == shop))
}

/// The phone is told that it has no access, and gets nothing that needs some.
pub(crate) fn reads_nothing(loss: Loss, frames: &[Down], hgs: CaseloadId, what: &str) {
    assert!(entries(frames, hgs).is_empty(), "{what}: the log is read");
    let Some(Down::Hello(hello)) = frames.first() else { panic!("{what}: no hello") };
    assert_eq!(hello.blocked, loss.blocks(), "{what}");
    let credentials = hello.access.is_some() || hello.refresh.is_some();
    assert!(loss.blocks().is_none() || !credentials, "{what}: new credentials");
    let mut left = false;
    for frame in frames {
        match frame {
            Down::Caseload(info) if info.id == hgs => {
                assert!(!info.enter && info.name.is_empty() && info.prefix.is_empty(), "{what}: {info:?}");
                left = true;
            }
            Down::Acks(acks) if loss != Loss::Demoted => {
                assert!(acks.verdicts.iter().all(|ruling| ruling.seq.is_none()), "{what}: places in the log");
            }
            _ => {}
        }
    }
    assert_eq!(left, loss.blocks().is_none(), "{what}: whether it is told to leave");
}
