//! The calls of an app, in the order in which a worker's day needs them.

use sync_core::id::{CaseloadId, EntityId, EventId, SubmissionId};
use sync_core::time::Timestamp;

use crate::call::calls;
use crate::error::{EnrolError, PhoneError};
use crate::form::Form;
use crate::handle::{Background, Doorstep};
use crate::sync::{EnrolmentRequest, Request, Step};
use crate::view::{
    AlarmText, CaseloadView, Checklist, DoorFlags, Draft, DwellingFile, DwellingRow, ElderFile, ElderRow, Finished,
    Found, LeaseView, Message, News, Pending, Receipt, Sheet, ShopFile, ShopRow, StateDigest, Today,
};

calls! {
    reads {
        /// Whether this phone is enrolled.
        fn is_enrolled() -> bool, PhoneError = |phone| Ok(phone.is_enrolled());

        /// Whether this phone was revoked and has forgotten its files. What it wrote is sent, or goes with the next
        /// sync; it can be enrolled again after that.
        fn is_wiped() -> bool, PhoneError = |phone| Ok(phone.is_wiped());

        /// The caseloads on this phone.
        fn caseloads() -> Vec<CaseloadView>, PhoneError = |phone| Ok(phone.caseloads());

        /// What is to be done by the end of the day.
        fn today() -> Today, PhoneError = |phone| Ok(phone.today()?.into());

        /// The shops of a caseload, by name; none while files are locked.
        fn shops(caseload: CaseloadId) -> Vec<ShopRow>, PhoneError =
            move |phone| Ok(phone.list(caseload).into_iter().map(Into::into).collect());

        /// The elders of a caseload, by name; none while files are locked. A list tells a bystander no more than a name, an
        /// address and that a visit is due.
        fn elders(caseload: CaseloadId) -> Vec<ElderRow>, PhoneError = move |phone| Ok(phone.elders(caseload));

        /// The dwellings of a caseload, by address; none while files are locked.
        fn dwellings(caseload: CaseloadId) -> Vec<DwellingRow>, PhoneError = move |phone| Ok(phone.dwellings(caseload));

        /// Files of whose name, address, unit code or operator every word is a part, by name; an elder is found by where
        /// they live, too. None while files are locked.
        fn search(text: String, limit: u32) -> Vec<Found>, PhoneError = move |phone| Ok(phone.search(&text, limit));

        /// The file of a shop, or of anything that belongs to it, with own unsent work on top.
        fn shop(id: EntityId) -> ShopFile, PhoneError = move |phone| Ok(phone.premises(id)?.into());

        /// The file of an elder, or of anything that belongs to it, with own unsent work on top.
        fn elder(id: EntityId) -> ElderFile, PhoneError = move |phone| Ok(phone.elder(id)?.into());

        /// The file of a dwelling, or of anything that belongs to it, with own unsent work on top.
        fn dwelling(id: EntityId) -> DwellingFile, PhoneError = move |phone| Ok(phone.dwelling(id)?.into());

        /// What forms ask, from the policy on this phone; empty before the first sync.
        fn checklist() -> Checklist, PhoneError = |phone| Ok(Checklist::of(phone));

        /// A draft.
        fn draft(draft: SubmissionId) -> Draft, PhoneError = move |phone| Ok(phone.draft(draft)?);

        /// All drafts, the one that was changed last first.
        fn drafts() -> Vec<Draft>, PhoneError = |phone| Ok(phone.drafts()?);

        /// What is wrong or doubtful in a draft, errors first.
        fn check(draft: SubmissionId) -> Vec<Message>, PhoneError =
            move |phone| Ok(phone.check(draft)?.into_iter().map(Into::into).collect());

        /// What to do and whom to call before the form is finished, for what is dangerous now.
        fn alarms(draft: SubmissionId) -> Vec<AlarmText>, PhoneError = move |phone| Ok(phone.alarms(draft)?);

        /// The sheet of a notice that is being filled in, to show or to print at the door; none when the draft is no notice.
        fn draft_sheet(draft: SubmissionId) -> Option<Sheet>, PhoneError = move |phone| Ok(phone.draft_sheet(draft)?);

        /// The sheet of a notice that was left at a shop; none when it was voided or corrected.
        fn notice_sheet(premises: EntityId, notice: EventId) -> Option<Sheet>, PhoneError =
            move |phone| Ok(phone.notice_sheet(premises, notice)?);

        /// What the policy says of a shop, an elder or a dwelling, with this phone's own work; advice, until the server has
        /// seen it.
        fn flags_at_door(file: EntityId) -> DoorFlags, PhoneError = move |phone| Ok(phone.flags_at_door(file)?);

        /// The form of an own event, filled in as it was written: what `amend` takes, once it says it right. Of the main
        /// event of a form it holds all that was told on it.
        fn form_of(subject: EntityId, event: EventId) -> Form, PhoneError = move |phone| Ok(phone.form_of(subject, event)?);

        /// Where a finished form stands.
        fn receipt(submission: SubmissionId) -> Receipt, PhoneError = move |phone| Ok(phone.receipt(submission)?);

        /// Where the finished forms of a caseload stand, in the order of their numbers.
        fn receipts(caseload: CaseloadId) -> Vec<Receipt>, PhoneError = move |phone| Ok(phone.receipts(caseload)?);

        /// What is not part of the record yet, and why.
        fn pending() -> Vec<Pending>, PhoneError = |phone| Ok(phone.pending()?);

        /// What others did since the last sync; nothing while files are locked.
        fn changes_since_last_sync() -> News, PhoneError = |phone| Ok(phone.changes_since_last_sync());

        /// How long files can be read without a sync.
        fn lease() -> LeaseView, PhoneError = |phone| Ok(phone.lease()?);

        /// When everything was last exchanged, by this phone's clock.
        fn last_sync() -> Option<Timestamp>, PhoneError = |phone| Ok(phone.last_sync());

        /// Until when sync waits after failures; none when it may go on.
        fn backs_off_until() -> Option<Timestamp>, PhoneError = |phone| Ok(phone.backs_off_until());

        /// The digest of a caseload's confirmed state, and the log entry up to which it is: equal to the server's there.
        fn state_digest(caseload: CaseloadId) -> StateDigest, PhoneError = move |phone| {
            let (seq, digest) = phone.state_digest(caseload)?;
            Ok(StateDigest { seq, digest })
        };

        /// How often the replica differed from the server's and was made anew. Anything but 0 is worth a report.
        fn repairs() -> u32, PhoneError = |phone| Ok(phone.repairs());

        /// What is not sent yet, for a colleague's phone to carry, sealed so that only the server can read it. Empty when
        /// nothing waits.
        fn export_relay() -> Vec<u8>, PhoneError = |phone| Ok(phone.export_relay()?);
    }
    writes {
        /// Begins a form. It is a draft, kept, from now on.
        fn start(caseload: CaseloadId, form: Form) -> SubmissionId, PhoneError =
            move |phone| Ok(phone.start(caseload, form)?);

        /// Keeps a draft as it is now.
        fn save(draft: SubmissionId, form: Form) -> (), PhoneError = move |phone| Ok(phone.save(draft, form)?);

        /// Throws a draft away.
        fn discard(draft: SubmissionId) -> (), PhoneError = move |phone| Ok(phone.discard(draft)?);

        /// Finishes a draft: in one step it leaves the drafts and is in the outbox.
        fn finish(draft: SubmissionId) -> Finished, PhoneError = move |phone| Ok(phone.finish(draft)?.into());

        /// Begins and finishes a form that is complete.
        fn submit(caseload: CaseloadId, form: Form) -> Finished, PhoneError =
            move |phone| Ok(phone.submit(caseload, form)?.into());

        /// Corrects an own event by a form that says it right, filled in as if nothing had been written. A form that has not
        /// left this phone is written anew in its place.
        fn amend(event: EventId, form: Form) -> Finished, PhoneError =
            move |phone| Ok(phone.amend(event, form)?.into());

        /// Voids one own event: it should not have been written. What else its form said stands.
        fn void(subject: EntityId, event: EventId, reason: String) -> Finished, PhoneError =
            move |phone| Ok(phone.void(subject, event, &reason)?.into());

        /// Voids everything that the form with this main event said.
        fn void_form(subject: EntityId, event: EventId, reason: String) -> Finished, PhoneError =
            move |phone| Ok(phone.void_form(subject, event, &reason)?.into());

        /// Takes what a colleague's phone handed over, to upload it with the next sync. Says how many parcels are new.
        fn carry(handed: Vec<u8>) -> u32, PhoneError = move |phone| Ok(phone.carry(&handed)?);

        /// What to send to enrol, for a host that moves the bytes itself; then `enrolled`.
        fn enrolment_request(code: String, name: String) -> EnrolmentRequest, EnrolError =
            move |phone| Ok(phone.enrolment_request(&code, &name)?);

        /// Takes the server's answer to an enrolment request.
        fn enrolled(status: u16, body: String) -> (), EnrolError = move |phone| Ok(phone.enrolled(status, &body)?);

        /// Layer 0 of sync: the next request. None before the phone is enrolled, and while it backs off. The process may
        /// be killed between this and `on_response` or `on_failure`.
        fn next_request() -> Option<Request>, PhoneError = |phone| Ok(phone.next_request()?);

        /// Layer 0 of sync: takes the answer to the last request.
        fn on_response(status: u16, body: Vec<u8>) -> Step, PhoneError =
            move |phone| Ok(phone.on_response(status, &body)?.into());

        /// Layer 0 of sync: the exchange failed on the way. `received` is what had arrived of a body with status 200.
        fn on_failure(received: Vec<u8>) -> Step, PhoneError = move |phone| Ok(phone.on_failure(&received)?.into());

        /// The host knows of a better link, or a person asks: back-off ends.
        fn retry_now() -> (), PhoneError = |phone| Ok(phone.retry_now()?);
    }
}
