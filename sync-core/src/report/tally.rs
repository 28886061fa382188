//! Takes the log in and counts.

use std::collections::{BTreeMap, BTreeSet};

use super::figure::Figure;
use super::referral::ReferralSeen;
use super::sample::{Outcome, outcomes};
use super::{Apart, Conflicts, Counted, Flags, Line, Period, Pseudonyms, Report, Standing, Versions, digest};
use crate::document::Document;
use crate::edit::Edit;
use crate::entity::{FIELD, Kind, Schema, event_review};
use crate::event::{Event, EventBody, FlagStanding};
use crate::id::{EntityId, EventId, FlagId, PersonId, SubmissionId};
use crate::log::{Entry, EntryBody, Logged};
use crate::refer;
use crate::submission::PartKind;
use crate::time::Timestamp;

/// An event of the period.
#[derive(Clone)]
pub(super) struct Seen {
    pub(super) kind: String,
    pub(super) subject: EntityId,
    pub(super) person: PersonId,
    pub(super) observed: Timestamp,
    pub(super) received: Timestamp,
    pub(super) seconds: i64,
    pub(super) doubtful: bool,
    pub(super) checklist: u32,
    pub(super) in_force: u32,
    pub(super) revisit: bool,
    pub(super) returned: bool,
    pub(super) photos: usize,
    pub(super) outcomes: Vec<Outcome>,
}

/// A flag as it stood at the freeze.
pub(super) struct FlagSeen {
    pub(super) rule: String,
    pub(super) window: String,
    pub(super) standing: FlagStanding,
    pub(super) raised: Timestamp,
    /// By which it was raised.
    pub(super) event: EventId,
}

/// What a worker wrote to explain a flag.
pub(super) struct Said {
    pub(super) text: String,
    pub(super) person: PersonId,
    pub(super) at: Timestamp,
}

/// Counts a log. Only what a report of its period needs is kept.
pub struct Tally {
    pub(super) period: Period,
    pub(super) seen: BTreeMap<EventId, Seen>,
    pub(super) flags: BTreeMap<FlagId, FlagSeen>,
    /// By what is said of a flag, and by the submission that said it.
    pub(super) explanations: BTreeMap<EntityId, BTreeMap<String, Said>>,
    kinds: BTreeMap<EntityId, Kind>,
    links: BTreeMap<EntityId, BTreeSet<EntityId>>,
    voided: BTreeSet<EventId>,
    amended: BTreeSet<EventId>,
    reviews: BTreeMap<EntityId, Document>,
    pub(super) late: BTreeSet<EventId>,
    referrals: BTreeMap<EntityId, ReferralSeen>,
    held: BTreeMap<SubmissionId, Timestamp>,
    decided: Vec<(SubmissionId, bool)>,
    /// Lines of events that are counted whenever they were observed: what raised a flag, what closed a referral.
    further: BTreeMap<EventId, Seen>,
    seq: u64,
}

impl Tally {
    /// Nothing counted yet.
    #[must_use]
    pub fn new(period: Period) -> Self {
        Self {
            period,
            seen: BTreeMap::new(),
            flags: BTreeMap::new(),
            explanations: BTreeMap::new(),
            kinds: BTreeMap::new(),
            links: BTreeMap::new(),
            voided: BTreeSet::new(),
            amended: BTreeSet::new(),
            reviews: BTreeMap::new(),
            late: BTreeSet::new(),
            referrals: BTreeMap::new(),
            held: BTreeMap::new(),
            decided: Vec::new(),
            further: BTreeMap::new(),
            seq: 0,
        }
    }

    /// Takes the next entry. Entries come whole and in order, from the first.
    pub fn take(&mut self, entry: &Entry) {
        let frozen = entry.received_at > self.period.frozen;
        if !frozen {
            self.seq = entry.seq;
            match &entry.body {
                EntryBody::Submission(logged) if entry.folds().is_none() => {
                    self.held.insert(logged.id, entry.received_at);
                }
                EntryBody::Decision(decision) => {
                    self.held.remove(&decision.submission);
                    if self.period.holds(entry.received_at) {
                        self.decided.push((decision.submission, decision.accepted));
                    }
                }
                _ => {}
            }
        }
        let Some(logged) = entry.folds() else { return };
        for part in &logged.parts {
            match part.kind {
                PartKind::Event => {
                    if let Ok(event) = minicbor::decode::<Event>(&part.bytes) {
                        self.event(entry, logged, event, frozen);
                    }
                }
                PartKind::Edit if !frozen => {
                    if let Ok(edit) = minicbor::decode::<Edit>(&part.bytes) {
                        self.edit(entry, logged, &edit);
                    }
                }
                PartKind::Edit => {}
            }
        }
    }

    fn edit(&mut self, entry: &Entry, logged: &Logged, edit: &Edit) {
        let Some(schema) = Schema::of_code(&edit.kind) else { return };
        self.kinds.insert(edit.entity, schema.kind);
        if schema.kind == Kind::FlagReview && FIELD.contains(&logged.author.role) {
            self.explain(entry, logged, edit);
        }
        if schema.kind == Kind::EventReview {
            let review = self.reviews.entry(edit.entity).or_insert_with(|| Document::new(schema));
            let _folded = review.apply(edit, &logged.stamp(edit));
        }
        if schema.kind == Kind::Referral {
            let new = || ReferralSeen::new(schema, entry.received_at);
            let referral = self.referrals.entry(edit.entity).or_insert_with(new);
            // What merged folded then; it folds now.
            let _folded = referral.document.apply(edit, &logged.stamp(edit));
        }
    }

    /// The first word of each submission stands, as it does in the file.
    fn explain(&mut self, entry: &Entry, logged: &Logged, edit: &Edit) {
        let said = edit.ops.iter().filter(|op| op.field == "explanation");
        for (element, text) in said.filter_map(|op| op.element.as_ref().zip(op.value.as_text())) {
            let (person, at) = (logged.author.person, logged.at.wall.min(entry.received_at));
            let said = || Said { text: text.to_owned(), person, at };
            self.explanations.entry(edit.entity).or_default().entry(element.clone()).or_insert_with(said);
        }
    }

    fn event(&mut self, entry: &Entry, logged: &Logged, event: Event, frozen: bool) {
        let (id, received) = (event.id, entry.received_at);
        let observed = event.start.min(received);
        if frozen {
            // The flow's own conclusions are not gathered by anybody: there is nothing late about them.
            if self.period.holds(observed) && !self.seen.contains_key(&id) && gathered(&event.body) {
                self.late.insert(id);
            }
            return;
        }
        if let Some(before) = event.amends {
            self.amended.insert(before);
        }
        let seen = Seen::of(entry, logged, &event, observed);
        match &event.body {
            EventBody::Void(void) => drop(self.voided.insert(void.event)),
            EventBody::Link(link) => self.link(event.subject, link.other, !link.undo),
            EventBody::Flagged(flagged) => {
                let flag = self.flags.entry(flagged.flag).or_insert_with(|| FlagSeen {
                    rule: flagged.rule.clone(),
                    window: flagged.window.clone(),
                    standing: flagged.standing,
                    raised: received,
                    event: id,
                });
                flag.standing = flagged.standing;
                self.further.entry(id).or_insert_with(|| seen.clone());
            }
            EventBody::Reply(reply) => {
                if let Some(referral) = self.referrals.get_mut(&event.subject) {
                    referral.replies.entry(reply.round).or_insert((id, received));
                }
                self.further.entry(id).or_insert_with(|| seen.clone());
            }
            EventBody::Step(step) if step.to.rank == refer::CLOSED => {
                if let Some(referral) = self.referrals.get_mut(&event.subject) {
                    referral.closed = Some((id, received));
                }
                self.further.entry(id).or_insert_with(|| seen.clone());
            }
            _ => {}
        }
        if self.period.holds(observed) && !matches!(event.body, EventBody::Flagged(_)) {
            self.seen.entry(id).or_insert(seen);
        }
    }

    fn link(&mut self, a: EntityId, b: EntityId, linked: bool) {
        for (one, other) in [(a, b), (b, a)] {
            let others = self.links.entry(one).or_default();
            if linked {
                others.insert(other)
            } else {
                others.remove(&other)
            };
        }
    }

    /// The smallest id of all files that are the same thing.
    pub(super) fn canonical(&self, file: EntityId) -> EntityId {
        let mut same = BTreeSet::from([file]);
        let mut next = vec![file];
        while let Some(one) = next.pop() {
            let others = self.links.get(&one).into_iter().flatten().copied();
            next.extend(others.filter(|other| same.insert(*other)));
        }
        same.first().copied().unwrap_or(file)
    }

    /// The events of the period that still stand.
    pub(super) fn standing(&self) -> impl Iterator<Item = (EventId, &Seen)> {
        let rejected = move |id: &EventId| {
            let review = self.reviews.get(&event_review::id(*id));
            review.and_then(event_review::decision) == Some(event_review::VOID)
        };
        let stands = move |id: &EventId| !self.voided.contains(id) && !self.amended.contains(id) && !rejected(id);
        self.seen.iter().filter(move |(id, _)| stands(id)).map(|(id, seen)| (*id, seen))
    }

    fn of_kind(&self, kind: &'static str) -> impl Iterator<Item = (EventId, &Seen)> {
        self.standing().filter(move |(_, seen)| seen.kind == kind)
    }

    fn looks_at(&self, kind: Kind) -> impl Iterator<Item = (EventId, &Seen)> {
        self.of_kind("inspection").filter(move |(_, seen)| self.kinds.get(&seen.subject) == Some(&kind))
    }

    /// What the entries come to.
    #[must_use]
    pub fn report(&self, standing: &Standing, names: &dyn Pseudonyms) -> Report {
        let figures: Vec<Counted> = Figure::ALL.iter().map(|figure| self.figure(*figure, standing)).collect();
        let mut flags: BTreeMap<String, Flags> = BTreeMap::new();
        for flag in self.flags_of_period() {
            let of_rule = flags.entry(flag.rule.clone()).or_default();
            of_rule.value += 1;
            of_rule.events.push(flag.event);
        }
        let of_figures = figures.iter().flat_map(|figure| &figure.events);
        let counted: BTreeSet<EventId> =
            of_figures.chain(flags.values().flat_map(|of_rule| &of_rule.events)).copied().collect();
        let lines = counted.iter().filter_map(|id| self.line(*id, names));
        let events: Vec<Line> = lines.collect();
        let seen = || counted.iter().filter_map(|id| self.seen.get(id));
        let shops: BTreeSet<EntityId> = self.looks_at(Kind::Premises).map(|(_, seen)| seen.subject).collect();
        let places: BTreeSet<EntityId> = shops.iter().map(|shop| self.canonical(*shop)).collect();
        let gone = |of: &BTreeSet<EventId>| of.iter().filter(|id| self.seen.contains_key(id)).copied().collect();
        Report {
            apart: Apart {
                late: self.late.iter().copied().collect(),
                voided: gone(&self.voided),
                amended: gone(&self.amended),
                duplicate_linked: count(shops.len() - places.len()),
                quarantined: count(self.held.values().filter(|at| self.period.holds(**at)).count()),
                doubtful: count(seen().filter(|seen| seen.doubtful).count()),
            },
            standing: Conflicts {
                conflicts: standing.conflicts,
                critical_conflicts: standing.critical,
                at_ms: standing.at,
            },
            versions: Versions {
                checklists: seen().map(|seen| seen.checklist).collect(),
                in_force: seen().map(|seen| seen.in_force).collect(),
            },
            eligible: count(self.canonicals(standing.eligible.iter().copied()).len()),
            digest: digest(&events),
            figures,
            flags,
            events,
            seq: self.seq,
        }
    }

    fn canonicals(&self, files: impl Iterator<Item = EntityId>) -> BTreeSet<EntityId> {
        files.map(|file| self.canonical(file)).collect()
    }

    fn flags_of_period(&self) -> impl Iterator<Item = &FlagSeen> {
        let raised = |flag: &&FlagSeen| self.period.holds(flag.raised) && flag.standing != FlagStanding::Withdrawn;
        self.flags.values().filter(raised)
    }

    fn line(&self, id: EventId, names: &dyn Pseudonyms) -> Option<Line> {
        let seen = self.seen.get(&id).or_else(|| self.further.get(&id))?;
        Some(Line {
            id,
            kind: seen.kind.clone(),
            file: names.file(self.canonical(seen.subject)),
            person: names.person(seen.person),
            observed_ms: seen.observed,
            received_ms: seen.received,
        })
    }

    fn figure(&self, figure: Figure, standing: &Standing) -> Counted {
        let ids = |events: &mut dyn Iterator<Item = (EventId, &Seen)>| events.map(|(id, _)| id).collect::<Vec<_>>();
        let shops = |revisit: bool| self.looks_at(Kind::Premises).filter(move |(_, seen)| seen.revisit == revisit);
        let (mut submissions, mut value) = (Vec::new(), None);
        let events = match figure {
            Figure::Visits => ids(&mut self.of_kind("visit")),
            Figure::EldersCovered => {
                let eligible = self.canonicals(standing.eligible.iter().copied());
                let of = |(_, seen): &(EventId, &Seen)| eligible.contains(&self.canonical(seen.subject));
                value = Some(self.canonicals(self.of_kind("visit").filter(of).map(|(_, seen)| seen.subject)).len());
                ids(&mut self.of_kind("visit").filter(of))
            }
            Figure::NotMet => ids(&mut self.of_kind("not_met")),
            Figure::HomeChecks => ids(&mut self.looks_at(Kind::Dwelling)),
            Figure::Inspections => ids(&mut shops(false)),
            Figure::Revisits => ids(&mut shops(true)),
            Figure::Premises => {
                value = Some(self.canonicals(self.looks_at(Kind::Premises).map(|(_, seen)| seen.subject)).len());
                ids(&mut self.looks_at(Kind::Premises))
            }
            Figure::Notices => ids(&mut self.of_kind("notice")),
            Figure::Returns => ids(&mut self.of_kind("step").filter(|(_, seen)| seen.returned)),
            Figure::QuarantineAccepted | Figure::QuarantineRejected => {
                let accepted = figure == Figure::QuarantineAccepted;
                submissions.extend(self.decided.iter().filter(|(_, how)| *how == accepted).map(|(id, _)| *id));
                value = Some(submissions.len());
                Vec::new()
            }
            Figure::Referrals
            | Figure::Drafts
            | Figure::ClosedOnTime
            | Figure::ClosedLate
            | Figure::Open
            | Figure::Overdue => {
                let of: Vec<&ReferralSeen> = self.referrals.values().filter(|of| of.is(figure, &self.period)).collect();
                value = Some(of.len());
                of.into_iter().flat_map(|of| self.events_of(figure, of)).collect()
            }
        };
        let ((zh, en), (formula_zh, formula_en)) = (figure.name(), figure.formula());
        let value = count(value.unwrap_or(events.len()));
        Counted { code: figure.code(), zh, en, formula_zh, formula_en, value, events, submissions }
    }

    /// What a referral is counted by: for one at its end, its answer and its closing; else what raised its flag.
    fn events_of(&self, figure: Figure, referral: &ReferralSeen) -> Vec<EventId> {
        if matches!(figure, Figure::ClosedOnTime | Figure::ClosedLate) {
            return referral.ended_by();
        }
        referral.flag().and_then(|flag| self.flags.get(&flag)).map(|flag| flag.event).into_iter().collect()
    }
}

impl Seen {
    fn of(entry: &Entry, logged: &Logged, event: &Event, observed: Timestamp) -> Self {
        Self {
            kind: event.body.kind().to_owned(),
            subject: event.subject,
            person: logged.author.person,
            observed,
            received: entry.received_at,
            seconds: (event.end - event.start).as_millis().max(0) / 1_000,
            doubtful: logged.skew_ms != 0,
            checklist: event.policy,
            in_force: entry.policy,
            revisit: matches!(&event.body, EventBody::Inspection(inspection) if inspection.revisit),
            returned: matches!(&event.body, EventBody::Step(step) if step.to.rank == refer::RETURNED),
            photos: event.photos.len(),
            outcomes: outcomes(&event.body),
        }
    }
}

/// Whether somebody gathered it, rather than that it followed.
fn gathered(body: &EventBody) -> bool {
    !matches!(body, EventBody::Flagged(_) | EventBody::Step(_) | EventBody::Reply(_))
}

fn count(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}
