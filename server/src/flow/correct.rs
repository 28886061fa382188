//! A desk that was mistaken answers again. The new answer counts; the earlier one stays on record, at the desk and with the
//! organisation. The state of the referral stays where it is: answered, or confirmed by somebody who had read the earlier one.

use sync_core::document::Document;
use sync_core::edit::{FieldOp, State, Value};
use sync_core::event::{EventBody, Reply, Transcribed};
use sync_core::id::EntityId;
use sync_core::refer::{self, Objection};
use sync_core::time::Timestamp;

use super::act::Says;
use super::desk::{Became, DeskAct, Way, kept, reply_of, speaker};
use super::{Actor, Flow, FlowError, Result, load};
use crate::db::link::Slip;
use crate::db::{Tx, document};

impl Flow {
    /// Puts an answer in the place of the one that the desk gave in this round.
    ///
    /// # Errors
    /// [`FlowError::Objection`] when there is none, or when the referral is closed or on its way to be done again.
    pub(super) async fn correct_at_desk(
        &self,
        tx: &mut Tx,
        known: &Slip,
        actor: Actor,
        now: Timestamp,
        (slip, act, way): (EntityId, DeskAct, Way),
    ) -> Result<Became> {
        let root = document::root(tx, known.caseload, known.referral).await?.ok_or(FlowError::NotFound)?;
        let file = load::file(tx, &mut self.keys(), known.caseload, root).await?;
        let answers = refer::answers(&file, known.referral, known.round);
        let answers = answers.ok_or(FlowError::Objection(Objection::NothingToCorrect))?;
        let element = format!("{}/{}", known.round, answers.earlier.len() + 2);
        let reply = reply_of(&act, known.round).map(|reply| Reply { corrects: Some(answers.counts.event.id), ..reply });
        let reply = reply.ok_or(FlowError::NotFound)?;
        let (field, speaker) = ((known.caseload, known.referral), speaker(known.desk));
        self.happened(tx, field, speaker, now, EventBody::Reply(reply)).await?;
        if let Way::Paper { document_number, dated } = &way {
            let to = State::new(known.round, refer::REPLIED);
            let paper = Transcribed {
                to,
                by: actor.person,
                document_number: document_number.clone(),
                dated: *dated,
                text: None,
            };
            self.happened(tx, field, speaker, now, EventBody::Transcribed(paper)).await?;
        }
        let round = known.round.to_string();
        let on_slip = |document: &Document| {
            let mut ops = kept(&element, &act, &way, actor, false);
            ops.push(FieldOp::put_element("corrected_at", &round, Value::Int(now.millis())));
            Ok(Says { entity: slip, kind: document.schema().kind, ops, happened: None })
        };
        self.say(tx, known.desk, actor, now, slip, on_slip).await?;
        Ok(Became::Effect)
    }
}
