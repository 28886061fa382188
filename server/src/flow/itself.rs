//! What the flow writes of its own accord when people change: whose elders they are now, whom a desk may ring.

use sync_core::admit::Standing;
use sync_core::case::{Received, flow_author};
use sync_core::edit::{Base, Edit, FieldOp, Value};
use sync_core::entity::Kind;
use sync_core::id::{CaseloadId, EntityId, PersonId, SubmissionId};
use sync_core::log::Verdict;
use sync_core::refer;
use sync_core::submission::{Part, Submission};
use sync_core::time::{Hlc, Timestamp};

use super::{Flow, FlowError, Head, Result, load, save};
use crate::db::document::{self, Projected};
use crate::db::{Tx, link};

/// Documents that are changed in one submission.
const AT_ONCE: usize = 32;
/// Documents that are looked at together.
const PAGE: u32 = 200;

impl Flow {
    /// The elders whose worker somebody was get another.
    pub(crate) async fn pass_elders_on(
        &self,
        tx: &mut Tx,
        caseload: CaseloadId,
        now: Timestamp,
        (from, to): (PersonId, PersonId),
    ) -> Result<usize> {
        let (mut keys, mut after, mut theirs) = (self.keys(), None, Vec::new());
        let of_worker = from.to_string();
        loop {
            let page = document::projections_of_kind(tx, &mut keys, caseload, Kind::Elder, after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.entity);
            let is_theirs = |elder: &Projected| {
                let fields = elder.json["fields"].as_array();
                let worker =
                    |field: &serde_json::Value| field["name"] == "caseload_worker" && field["value"] == of_worker;
                fields.is_some_and(|fields| fields.iter().any(worker))
            };
            theirs.extend(page.into_iter().filter(is_theirs).map(|elder| (elder.entity, elder.version)));
        }
        let op = FieldOp::put("caseload_worker", Value::Text(to.to_string()));
        self.put_by_itself(tx, caseload, now, Kind::Elder, &theirs, &op).await?;
        Ok(theirs.len())
    }

    /// The slips that desks are at work on name another organisation as contact.
    pub(crate) async fn change_contact(
        &self,
        tx: &mut Tx,
        caseload: CaseloadId,
        now: Timestamp,
        contact: &str,
    ) -> Result<()> {
        let mut keys = self.keys();
        for slip in link::slips_from(tx, caseload).await? {
            let Some(found) = document::projection(tx, &mut keys, slip.desk, slip.slip).await? else { continue };
            if found.state.is_some_and(|state| (refer::DISPATCHED..refer::REPLIED).contains(&state.rank)) {
                let op = FieldOp::put("contact", Value::from(contact));
                let one = [(slip.slip, found.version)];
                self.put_by_itself(tx, slip.desk, now, Kind::Slip, &one, &op).await?;
            }
        }
        Ok(())
    }

    async fn put_by_itself(
        &self,
        tx: &mut Tx,
        caseload: CaseloadId,
        now: Timestamp,
        kind: Kind,
        entities: &[(EntityId, u32)],
        op: &FieldOp,
    ) -> Result<()> {
        for some in entities.chunks(AT_ONCE) {
            let edit = |(entity, version): &(EntityId, u32)| Edit {
                entity: *entity,
                kind: kind.code().to_owned(),
                base: Base { version: *version, seen: Vec::new() },
                ops: vec![op.clone()],
            };
            let parts = some.iter().map(|one| Part::edit(&edit(one))).collect();
            self.write_itself(tx, caseload, now, parts).await?;
        }
        Ok(())
    }

    async fn write_itself(&self, tx: &mut Tx, caseload: CaseloadId, now: Timestamp, parts: Vec<Part>) -> Result<()> {
        let mut keys = self.keys();
        let mut head = Head::open(tx, caseload).await?;
        let number = head.caseload.seq + 1;
        let id = SubmissionId::derived("itself", &[caseload.bytes(), &number.to_be_bytes()]);
        let submission = Submission { id, caseload, number, at: Hlc { wall: now, counter: 0 }, parts };
        let mut case = head.case(&self.policy.evaluator, now);
        case.expect(&submission.parts);
        load::satisfy(tx, &mut keys, caseload, &mut case).await?;
        let (digest, author) = (submission.digest(), flow_author(caseload, number));
        let verdict = case.take_in(Received { submission, digest, author, standing: Standing::FLOW });
        if let Verdict::Held(code) = verdict {
            return Err(FlowError::Refused(code));
        }
        load::satisfy(tx, &mut keys, caseload, &mut case).await?;
        case.conclude();
        let outcome = case.finish();
        save::outcome(self, tx, &mut keys, &mut head, now, outcome).await
    }
}
