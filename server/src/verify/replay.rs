//! Replays a log: what it says, whether it is whole.

use std::collections::BTreeMap;

use sync_core::case::roots_of;
use sync_core::entity::Schema;
use sync_core::event::{Event, EventBody, Flagged};
use sync_core::id::{EntityId, EventId, FlagId, SubmissionId};
use sync_core::log::{Entry, EntryBody, HoldCode, Logged, Sanity, Verdict};
use sync_core::report;
use sync_core::submission::{Part, PartKind, content};
use sync_core::time::Timestamp;

use super::folded::Documents;
use super::{AT_ONCE, Bench, Code, unopened};
use crate::audit;
use crate::db::event::Lies;
use crate::db::key::own;
use crate::db::log::SealedPart;
use crate::db::submission::{Known, Stands};
use crate::db::{self, erased, log};

/// A flag as it was last said.
pub(crate) struct ToldFlag {
    pub(crate) flagged: Flagged,
    pub(crate) subject: EntityId,
    pub(crate) root: EntityId,
    pub(crate) raised_at: Timestamp,
    pub(crate) raised_seq: u64,
    pub(crate) changed_seq: u64,
}

/// What a log says.
#[derive(Default)]
pub(crate) struct Told {
    pub(crate) documents: Documents,
    /// The file of each entity.
    pub(crate) roots: BTreeMap<EntityId, EntityId>,
    /// The entry that last folded into each.
    pub(crate) changed: BTreeMap<EntityId, u64>,
    /// Each event, as it was first said.
    pub(crate) events: BTreeMap<EventId, Lies>,
    pub(crate) flags: BTreeMap<FlagId, ToldFlag>,
    /// Pairs of files, the smaller first: the entry that last said so, and whether it un-linked them.
    pub(crate) links: BTreeMap<(EntityId, EntityId), (u64, bool)>,
    pub(crate) submissions: BTreeMap<SubmissionId, Known>,
    /// Why submissions were held at first.
    pub(crate) held: BTreeMap<SubmissionId, HoldCode>,
    /// What was erased, by which entry.
    pub(crate) erased: BTreeMap<EntityId, u64>,
    /// Receipt and policy of each entry, from the first.
    pub(crate) received: Vec<(Timestamp, u32)>,
}

/// Reads the whole log.
pub(crate) async fn log(bench: &mut Bench<'_>) -> db::Result<Told> {
    let id = bench.caseload.id;
    let mut told = Told::default();
    let (mut seq, mut link, mut sanity) = (0, audit::genesis("log", id), Sanity::default());
    loop {
        let found = log::rows_after(bench.tx, id, seq, AT_ONCE).await?;
        if found.is_empty() {
            break;
        }
        for (at, stored) in found {
            if at != seq + 1 {
                bench.find(Code::Gap, "log", seq + 1);
            }
            seq = at;
            bench.report.entries += 1;
            let stored = match stored {
                Ok(stored) => stored,
                Err(error) if unopened(&error) => {
                    bench.find(Code::Chain, "log", seq);
                    told.received.push((Timestamp::EPOCH, 0));
                    continue;
                }
                Err(error) => return Err(error),
            };
            let parts = match log::sealed_parts(bench.tx, id, seq).await {
                Err(error) if unopened(&error) => {
                    bench.find(Code::Chain, "log", seq);
                    Vec::new()
                }
                parts => parts?,
            };
            let bytes: Vec<&[u8]> = parts.iter().map(|part| &*part.sealed).collect();
            link = audit::of_entry(&link, seq, stored.received_at, &stored.kind, &stored.header, &bytes);
            let same = stored.entry.seq == seq && stored.entry.received_at == stored.received_at;
            if link != stored.chain || !same || !filed(bench, &stored.entry, &parts).await? {
                bench.find(Code::Chain, "log", seq);
                // From what is stored, so that one changed row is one finding.
                link = stored.chain;
            }
            let (received_at, policy) = (stored.received_at, stored.entry.policy);
            match log::open(bench.tx, bench.keys, id, stored.entry).await {
                Ok(entry) => {
                    sanity.add(&entry);
                    told.take_in(bench, &entry);
                    counted(bench, &entry).await?;
                }
                Err(error) if unopened(&error) => bench.find(Code::Sealed, "log", seq),
                Err(error) => return Err(error),
            }
            told.received.push((received_at, policy));
        }
    }
    told.documents.rest();
    let head = bench.caseload;
    if (head.seq, head.chain, head.sanity) != (seq, link, sanity) {
        bench.find(Code::Head, "caseload", head.seq);
    }
    Ok(told)
}

/// Whether the parts of an entry are filed as the entry says: in order, as what they are, for whom they are sealed.
async fn filed(bench: &mut Bench<'_>, entry: &Entry, parts: &[SealedPart]) -> db::Result<bool> {
    let id = bench.caseload.id;
    let wanted = log::sealed_as(id, entry);
    let mut about = None;
    if let EntryBody::Decision(decision) = &entry.body {
        about = Some(log::decided_about(bench.tx, id, decision.submission).await?);
    }
    let own = own(id);
    let fits = |(ix, (part, (kind, subject))): (usize, (&SealedPart, &(&str, Option<EntityId>)))| {
        let sealed_for = subject.map_or(part.subject == own || Some(part.subject) == about, |it| it == part.subject);
        usize::from(part.part) == ix && part.kind == *kind && sealed_for
    };
    // What was decided about may have been erased since.
    let gone = match parts.last() {
        Some(last) if about.is_some() => erased::is(bench.tx, id, last.subject).await?,
        _ => false,
    };
    let fitting = parts.iter().zip(&wanted).enumerate().filter(|found| fits((found.0, found.1))).count();
    Ok(parts.len() == wanted.len() && (fitting == parts.len() || (gone && fitting + 1 == parts.len())))
}

/// Whether the events that are still counted of what an entry erased are those that it vouches for.
async fn counted(bench: &mut Bench<'_>, entry: &Entry) -> db::Result<()> {
    let EntryBody::Erased { counted, .. } = &entry.body else { return Ok(()) };
    let bare = erased::bare(bench.tx, bench.caseload.id, entry.seq).await;
    match bare {
        Ok(bare) if report::bare(&bare) == *counted => {}
        Err(error) if !unopened(&error) => return Err(error),
        _ => bench.find(Code::Erased, "event", entry.seq),
    }
    Ok(())
}

impl Told {
    fn take_in(&mut self, bench: &mut Bench<'_>, entry: &Entry) {
        match &entry.body {
            EntryBody::Submission(logged) => {
                let stands = match logged.verdict {
                    Verdict::Merged => Stands::Merged,
                    Verdict::Held(code) => {
                        self.held.insert(logged.id, code);
                        Stands::Held(code)
                    }
                };
                let (device, number) = (logged.author.device, logged.author.number);
                let (id, digest, seq) = (logged.id, logged.digest, entry.seq);
                self.submissions.insert(id, Known { device, number, id, digest, seq, stands, decided_seq: None });
            }
            EntryBody::Decision(decision) => match self.submissions.get_mut(&decision.submission) {
                Some(known) => {
                    known.decided_seq = Some(entry.seq);
                    known.stands = match (decision.accepted, known.stands) {
                        (false, Stands::Held(code)) => Stands::Rejected(code),
                        (true, _) => Stands::Merged,
                        (false, stands) => stands,
                    };
                }
                None => bench.find(Code::Verdict, "log", entry.seq),
            },
            EntryBody::Erased { entities, .. } => {
                for entity in entities {
                    self.erased.entry(*entity).or_insert(entry.seq);
                }
            }
            EntryBody::PolicyActivated { .. } | EntryBody::Membership { .. } | EntryBody::Timer => {}
        }
        if let Some(logged) = entry.folds()
            && self.fold(entry, logged).is_none()
        {
            bench.find(Code::Fold, "log", entry.seq);
        }
    }

    /// Folds what is left of a merged submission; `None` when that is not possible.
    fn fold(&mut self, entry: &Entry, logged: &Logged) -> Option<()> {
        let left: Vec<Part> = logged.parts.iter().filter(|part| !part.is_erased()).cloned().collect();
        if left.is_empty() {
            return Some(());
        }
        let content = content(&left).ok()?;
        let roots = roots_of(&content, |entity| self.roots.get(&entity).copied());
        for edit in &content.edits {
            let schema = Schema::of_code(&edit.kind)?;
            let document = self.documents.of(edit.entity, schema)?;
            document.apply(edit, &logged.stamp(edit)).ok()?;
            self.changed.insert(edit.entity, entry.seq);
            self.roots.insert(edit.entity, *roots.get(&edit.entity)?);
        }
        let events = (0_u16..).zip(&logged.parts).filter(|(_, part)| part.kind == PartKind::Event && !part.is_erased());
        for (part, event) in events.map(|(ix, _)| ix).zip(content.events) {
            self.happened(entry, part, event, &roots)?;
        }
        Some(())
    }

    fn happened(&mut self, entry: &Entry, part: u16, event: Event, roots: &BTreeMap<EntityId, EntityId>) -> Option<()> {
        let (seq, subject, root) = (entry.seq, event.subject, *roots.get(&event.subject)?);
        let (kind, observed_at) = (event.body.kind().to_owned(), event.start);
        self.events.entry(event.id).or_insert(Lies { seq, part, kind, subject, root, observed_at });
        match event.body {
            EventBody::Flagged(flagged) => {
                let new = || ToldFlag {
                    flagged: flagged.clone(),
                    subject,
                    root,
                    raised_at: entry.received_at,
                    raised_seq: seq,
                    changed_seq: seq,
                };
                let flag = self.flags.entry(flagged.flag).or_insert_with(new);
                (flag.flagged, flag.changed_seq) = (flagged, seq);
            }
            EventBody::Link(link) => {
                let pair = (root.min(link.other), root.max(link.other));
                self.links.insert(pair, (seq, link.undo));
            }
            _ => {}
        }
        Some(())
    }
}
