//! The ways of losing access, and somebody to whom it happens.

use doorstep::admin::{Cover, NewTerm, When};
use doorstep::db::{caseload, submission};
use doorstep_tests::inprocess::Server;
use doorstep_tests::rawphone::{RawPhone, new_elder, new_shop};
use doorstep_tests::street::Street;
use sync_core::author::Role;
use sync_core::id::{CaseloadId, EntityId, PersonId};
use sync_core::log::{Entry, HoldCode, Sanity, Verdict};
use sync_core::time::{Span, Timestamp};
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
    /// The person came for a while, and that is over.
    CoverOver,
    /// The person's place is handed over to somebody else.
    HandedOver,
    /// Another organisation's term begins.
    TermOver,
}

impl Loss {
    pub(crate) const ALL: [Self; 9] = [
        Self::Revoked,
        Self::Copied,
        Self::Disabled,
        Self::Left,
        Self::Reassigned,
        Self::Demoted,
        Self::CoverOver,
        Self::HandedOver,
        Self::TermOver,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Revoked => "revoked",
            Self::Copied => "copied",
            Self::Disabled => "disabled",
            Self::Left => "left",
            Self::Reassigned => "reassigned",
            Self::Demoted => "demoted",
            Self::CoverOver => "cover-over",
            Self::HandedOver => "handed-over",
            Self::TermOver => "term-over",
        }
    }

    /// Why what is written afterwards is held.
    pub(crate) const fn code(self) -> HoldCode {
        match self {
            Self::Revoked | Self::Copied | Self::Disabled => HoldCode::DeviceRevoked,
            Self::Left | Self::Reassigned | Self::CoverOver | Self::HandedOver | Self::TermOver => HoldCode::NoAccess,
            Self::Demoted => HoldCode::NotPermitted,
        }
    }

    const fn blocks(self) -> Option<Blocked> {
        match self {
            Self::Revoked => Some(Blocked::Revoked),
            Self::Copied | Self::Disabled => Some(Blocked::Suspended),
            _ => None,
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
            Self::CoverOver => {
                let now = server.app.clock().now();
                server.clock.set(who.until.unwrap());
                assert_eq!(server.wait(admin.keep_dates()).unwrap(), 1);
                server.clock.set(now);
            }
            Self::HandedOver => {
                let heir = server.wait(admin.person("other-worker")).unwrap().id;
                let now = server.app.clock().now();
                let handed = server.wait(admin.hand_over(*hgs, (who.person, heir), now, false)).unwrap();
                assert_eq!(handed.when, When::Now);
            }
            Self::TermOver => {
                let staying =
                    ["worker", "supervisor", "steward"].map(|name| server.wait(admin.person(name)).unwrap().id);
                let now = server.app.clock().now();
                let (operator, term) = (format!("承接机构{}", who.nth), (now, now + Span::days(365)));
                let new = NewTerm { operator, term, people: staying.to_vec() };
                let passing = server.wait(admin.term(*hgs, new, false)).unwrap();
                assert!(passing.leaving.contains(&who.person));
            }
        }
    }
}

/// What the forms are about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Files {
    Shops,
    Elders,
}

/// A worker with a phone, new in the caseload.
pub(crate) struct Newcomer {
    pub(crate) phone: RawPhone,
    pub(crate) person: PersonId,
    /// Until when they are there, if they come for a while.
    until: Option<Timestamp>,
    files: Files,
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
    pub(crate) fn new(street: &mut Street, login: &str, loss: Loss, files: Files) -> Self {
        let seq = head(&street.server, street.hgs);
        let cursor = Cursor { caseload: street.hgs, epoch: 1, seq, sanity: Sanity::default() };
        let (server, hgs) = (&street.server, street.hgs);
        let mut until = None;
        let person = if loss == Loss::CoverOver {
            let person = server.wait(server.admin().add_person(login, login, Role::Worker, None)).unwrap();
            let end = server.app.clock().now() + Span::millis(1);
            let cover = Cover { role: None, from: None, until: end, covers: None };
            assert_eq!(server.wait(server.admin().cover(hgs, person, cover, false)).unwrap(), When::Now);
            until = Some(end);
            person
        } else {
            server.member(login, Role::Worker, hgs, false)
        };
        let nth = u16::try_from(server.wait(server.admin().people()).unwrap().len()).unwrap();
        let phone = RawPhone::enrol_with(server, person, hgs, 0x8000 | nth);
        let policy = server.app.flow().policy().version();
        Self { phone, person, until, files, nth, cursor, policy }
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

    /// The shops or elders of all forms so far.
    pub(crate) fn subjects(&self) -> impl Iterator<Item = EntityId> {
        (1..=self.phone.numbers).map(|number| self.shop(number))
    }

    /// The next form: a new shop whose exit is blocked, or a new elder who was visited.
    pub(crate) fn form(&mut self) -> Item {
        let subject = self.shop(self.phone.numbers + 1);
        match self.files {
            Files::Shops => self.phone.form(new_shop(subject)),
            Files::Elders => self.phone.form(new_elder(subject)),
        }
    }

    /// What a supervisor reads of each form.
    pub(crate) fn says(&self) -> &'static [&'static str] {
        match self.files {
            Files::Shops => &["王记肠粉", "疏散通道堵塞", "店铺", "名称"],
            Files::Elders => &["顾阿婆", "入户", "跌倒", "长者", "疏散需要帮助"],
        }
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
            Loss::Left | Loss::Reassigned | Loss::CoverOver | Loss::HandedOver | Loss::TermOver => (404, "not_found"),
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
