//! Replays a log: what it says, whether it is whole.

use std::collections::BTreeMap;

use sync_core::document::Document;
use sync_core::edit::Edit;
use sync_core::entity::Schema;
use sync_core::event::{Event, EventBody, Flagged};
use sync_core::id::{EntityId, EventId, FlagId, SubmissionId};
use sync_core::log::{Entry, EntryBody, Logged, Sanity, Verdict};
use sync_core::submission::PartKind;
use sync_core::time::Timestamp;

use super::{AT_ONCE, Bench, Code, unopened};
use crate::audit;
use crate::db::submission::Stands;
use crate::db::{self, log};

/// What a log says.
#[derive(Default)]
pub(crate) struct Told {
    pub(crate) documents: BTreeMap<EntityId, Document>,
    /// Each event, with the entry and part that hold it first.
    pub(crate) events: BTreeMap<EventId, (u64, u16)>,
    /// Each flag as it was last said.
    pub(crate) flags: BTreeMap<FlagId, Flagged>,
    pub(crate) verdicts: BTreeMap<SubmissionId, Stands>,
    /// Receipt and policy of each entry, from the first.
    pub(crate) received: Vec<(Timestamp, u32)>,
}

/// Reads the whole log.
pub(crate) async fn log(bench: &mut Bench<'_>) -> db::Result<Told> {
    let id = bench.caseload.id;
    let mut told = Told::default();
    let (mut seq, mut link, mut sanity) = (0, audit::genesis("log", id), Sanity::default());
    loop {
        let found = match log::stored_after(bench.tx, id, seq, AT_ONCE).await {
            Ok(found) => found,
            Err(error) if unopened(&error) => {
                bench.find(Code::Chain, format!("{}..", seq + 1));
                break;
            }
            Err(error) => return Err(error),
        };
        if found.is_empty() {
            break;
        }
        for stored in found {
            seq += 1;
            if stored.entry.seq != seq {
                bench.find(Code::Gap, seq);
                seq = stored.entry.seq;
            }
            let sealed = log::sealed_parts(bench.tx, id, seq).await?;
            let received_at = stored.received_at;
            let bytes: Vec<&[u8]> = sealed.iter().map(|part| &*part.sealed).collect();
            link = audit::of_entry(&link, seq, received_at, &stored.kind, &stored.header, &bytes);
            if link != stored.chain {
                bench.find(Code::Chain, seq);
                // From what is stored, so that one changed row is one finding.
                link = stored.chain;
            }
            bench.report.entries += 1;
            let policy = stored.entry.policy;
            match log::open(bench.tx, bench.keys, id, stored.entry).await {
                Ok(entry) => {
                    sanity.add(&entry);
                    told.take_in(bench, &entry);
                }
                Err(error) if unopened(&error) => bench.find(Code::Sealed, seq),
                Err(error) => return Err(error),
            }
            told.received.push((received_at, policy));
        }
    }
    let head = bench.caseload;
    if (head.seq, head.chain, head.sanity) != (seq, link, sanity) {
        bench.find(Code::Head, seq);
    }
    Ok(told)
}

impl Told {
    fn take_in(&mut self, bench: &mut Bench<'_>, entry: &Entry) {
        match &entry.body {
            EntryBody::Submission(logged) => {
                let stands = match logged.verdict {
                    Verdict::Merged => Stands::Merged,
                    Verdict::Held(code) => Stands::Held(code),
                };
                self.verdicts.insert(logged.id, stands);
            }
            EntryBody::Decision(decision) => {
                let before = self.verdicts.get(&decision.submission).copied();
                let after = match (decision.accepted, before) {
                    (true, _) => Some(Stands::Merged),
                    (false, Some(Stands::Held(code))) => Some(Stands::Rejected(code)),
                    (false, _) => None,
                };
                match after {
                    Some(after) => drop(self.verdicts.insert(decision.submission, after)),
                    None => bench.find(Code::Verdict, entry.seq),
                }
            }
            EntryBody::PolicyActivated { .. } | EntryBody::Membership { .. } | EntryBody::Timer => {}
            EntryBody::Erased { .. } => {}
        }
        if let Some(logged) = entry.folds()
            && self.fold(entry.seq, logged).is_none()
        {
            bench.find(Code::Fold, entry.seq);
        }
    }

    /// Folds a merged submission; `None` when that is not possible.
    fn fold(&mut self, seq: u64, logged: &Logged) -> Option<()> {
        for (ix, part) in (0_u16..).zip(&logged.parts) {
            match part.kind {
                PartKind::Event => {
                    let event: Event = minicbor::decode(&part.bytes).ok()?;
                    self.events.entry(event.id).or_insert((seq, ix));
                    if let EventBody::Flagged(flagged) = event.body {
                        self.flags.insert(flagged.flag, flagged);
                    }
                }
                PartKind::Edit => {
                    let edit: Edit = minicbor::decode(&part.bytes).ok()?;
                    let schema = Schema::of_code(&edit.kind)?;
                    let document = self.documents.entry(edit.entity).or_insert_with(|| Document::new(schema));
                    document.apply(&edit, &logged.stamp(&edit)).ok()?;
                }
            }
        }
        Some(())
    }
}
