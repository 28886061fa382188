//! Asks the rules again: for each file at the time of its last entry, under the policy of then, over what is stored. No
//! flag may come up that is not there, and none may fall.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sync_core::event::{Event, EventBody};
use sync_core::flag;
use sync_core::id::EntityId;
use sync_core::policy::Evaluator;
use sync_core::submission::PartKind;

use super::replay::Told;
use super::{Bench, Code};
use crate::db::{document, event, link, policy};
use crate::flow::{Head, InForce, Result, load};

/// Policies by version, compiled when they are first needed; `None` for one that is not on record.
#[derive(Default)]
pub(crate) struct Policies(BTreeMap<u32, Option<Arc<InForce>>>);

/// Asks for every file of the caseload.
pub(crate) async fn ask(bench: &mut Bench<'_>, told: &Told, policies: &mut Policies) -> Result<()> {
    let mut asked = BTreeSet::new();
    for root in document::roots(bench.tx, bench.caseload.id).await? {
        if !asked.contains(&root) {
            let cluster = cluster(bench, root).await?;
            ask_of(bench, told, policies, &cluster).await?;
            asked.extend(cluster);
        }
    }
    bench.report.files += asked.len() as u64;
    Ok(())
}

/// The files that are linked with this one, itself included.
async fn cluster(bench: &mut Bench<'_>, root: EntityId) -> Result<BTreeSet<EntityId>> {
    let (mut cluster, mut next) = (BTreeSet::from([root]), vec![root]);
    while let Some(root) = next.pop() {
        for other in link::of(bench.tx, bench.caseload.id, root).await? {
            if cluster.insert(other) {
                next.push(other);
            }
        }
    }
    Ok(cluster)
}

async fn ask_of(
    bench: &mut Bench<'_>,
    told: &Told,
    policies: &mut Policies,
    cluster: &BTreeSet<EntityId>,
) -> Result<()> {
    let id = bench.caseload.id;
    let mut last = 0;
    for root in cluster {
        last = last.max(document::last_change(bench.tx, id, *root).await?);
        last = last.max(event::last(bench.tx, id, *root).await?);
        last = last.max(link::last(bench.tx, id, *root).await?);
    }
    let entry = usize::try_from(last).ok().and_then(|last| told.received.get(last.checked_sub(1)?));
    let Some((then, version)) = entry.copied() else { return Ok(()) };
    let Some(in_force) = policies.version(bench, version).await? else {
        bench.find(Code::Policy, "policy", version);
        return Ok(());
    };
    let evaluator: &Evaluator = &in_force.evaluator;
    let mut head = Head::open(bench.tx, id).await?;
    // As it stood then: what was said of the caseload since was not known.
    head.caseload.seq = last;
    let mut case = head.case(evaluator, then);
    for root in cluster {
        case.expect_file(*root);
    }
    let mut partly = load::satisfy(bench.tx, bench.keys, id, &mut case).await?;
    let mut stands = BTreeMap::new();
    for root in cluster {
        let flags = case.file(*root).into_iter().flat_map(|file| file.flags.values());
        stands.extend(flags.map(|flag| (flag.flagged.flag, flag.flagged.standing)));
    }
    case.tick();
    partly |= load::satisfy(bench.tx, bench.keys, id, &mut case).await?;
    case.conclude();
    let entries = case.entries().iter().filter_map(|entry| entry.folds());
    let events = entries.flat_map(|logged| &logged.parts).filter(|part| part.kind == PartKind::Event);
    let said: Vec<Event> = events.filter_map(|part| minicbor::decode(&part.bytes).ok()).collect();
    for event in said {
        // Texts may differ by the side that a pair was last looked at from; whether a flag stands may not.
        let EventBody::Flagged(flagged) = &event.body else { continue };
        let own = cluster.contains(&event.subject);
        // Where so many share a photo or an hour that they are compared with some only, these may be others today.
        let compared = !partly || !flag::is_between_events(flagged);
        if own && compared && stands.get(&flagged.flag) != Some(&flagged.standing) {
            bench.find(Code::Rules, "flag", flagged.flag);
        }
    }
    Ok(())
}

impl Policies {
    async fn version(&mut self, bench: &mut Bench<'_>, version: u32) -> Result<Option<Arc<InForce>>> {
        if let Some(known) = self.0.get(&version) {
            return Ok(known.clone());
        }
        let stored = policy::load(bench.tx, version).await?;
        let parsed = stored.and_then(|stored| InForce::parse(stored.files).ok()).map(Arc::new);
        self.0.insert(version, parsed.clone());
        Ok(parsed)
    }
}
