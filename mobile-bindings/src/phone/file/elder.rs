//! An elder's file, once somebody has opened it: what a visitor has to know.

use std::collections::BTreeMap;

use sync_core::assess;
use sync_core::care;
use sync_core::document::Document;
use sync_core::edit::{State, Value};
use sync_core::entity::{Kind, need};
use sync_core::event::{ConsentState, EventBody, Purpose};
use sync_core::id::{CaseloadId, EntityId, EventId, SubmissionId};
use sync_core::policy::{Policy, Text};
use sync_core::project::united_file;
use sync_core::time::Timestamp;
use sync_core::union;

use super::{Common, ConflictView, EventView, FieldView, FlagView, HazardView, ReferralView, happened, hazards, text};
use crate::error::PhoneError;
use crate::phone::brief::roots;
use crate::phone::due::Due;
use crate::phone::united::together;
use crate::phone::{Inner, Phone};

/// How many days back care-risk events are shown, when the policy does not say.
const RISK_DAYS: i64 = 30;

/// An elder's file; linked files as one.
#[derive(Clone, PartialEq, Eq)]
pub struct ElderFile {
    /// The elder; of linked files the smallest of their ids, whichever was asked for.
    pub id: EntityId,
    /// The ids of the other files that are the same person. Each finds this file.
    pub also: Vec<EntityId>,
    /// Its caseload.
    pub caseload: CaseloadId,
    /// The name in the register.
    pub name: String,
    /// How the elder likes to be called; empty when nobody asked.
    pub preferred_name: String,
    /// Its fields.
    pub fields: Vec<FieldView>,
    /// What people disagree about, in any part of the file.
    pub conflicts: Vec<ConflictView>,
    /// How the consent for each purpose stands.
    pub consents: Vec<ConsentView>,
    /// `full`, `limited`, `none` or `unknown`: of what was said, that which protects most.
    pub capacity: String,
    /// `high`, `key` or `general`.
    pub tier: String,
    /// The level of ability; `None` when nobody assessed or screened.
    pub level: Option<LevelView>,
    /// The care-risk events that count at present, each once, oldest first.
    pub risks: Vec<EventView>,
    /// Needs, those that wait first.
    pub needs: Vec<NeedView>,
    /// Whom to call, first things first.
    pub contacts: Vec<ContactView>,
    /// Where the elder lives.
    pub home: Option<HomeView>,
    /// Why somebody should go there, and by when; earliest first.
    pub due: Vec<Due>,
    /// Visits that count; an attempt that met nobody is none.
    pub visits: u32,
    /// The last of them.
    pub last_visit: Option<Timestamp>,
    /// Flags that were raised.
    pub flags: Vec<FlagView>,
    /// Referrals.
    pub referrals: Vec<ReferralView>,
    /// What happened, latest first; without what was voided or corrected.
    pub history: Vec<EventView>,
    /// Pairs of files that somebody linked: what a link that is taken back has to name.
    pub links: Vec<(EntityId, EntityId)>,
    /// Own submissions on it that are not confirmed yet.
    pub pending: Vec<SubmissionId>,
}

/// How a consent stands now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsentView {
    /// For what.
    pub purpose: Purpose,
    /// How it stands: a grant only with its event, and as long as it lasts.
    pub state: ConsentState,
    /// When it ends.
    pub valid_to: Option<Timestamp>,
}

/// The level of ability, and how it was reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LevelView {
    /// 0 for intact to 4 for complete loss.
    pub level: u8,
    /// Its name.
    pub name: Text,
    /// Only a visitor's impression; else two assessors of the register assessed.
    pub screening: bool,
    /// Several were made without knowing of each other: the worse counts until a person has decided.
    pub conflict: bool,
    /// Cognition is lost.
    pub cognition: bool,
    /// The events that it rests on, with their points of 90.
    pub made: Vec<(EventId, Timestamp, u8)>,
}

/// What an elder needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NeedView {
    /// The need.
    pub id: EntityId,
    /// In the elder's words.
    pub text: String,
    /// Its kind.
    pub kind: String,
    /// `raised`, `matched` or `met`.
    pub status: String,
    /// Who will.
    pub matched_with: String,
    /// Why it cannot be met.
    pub unmet_reason: String,
}

/// Somebody to call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactView {
    /// The element of the contact's fields.
    pub id: String,
    /// The name.
    pub name: String,
    /// How related.
    pub relation: String,
    /// The number that shows.
    pub phone: String,
    /// Other numbers that were said meanwhile: try them too.
    pub other_phones: Vec<String>,
    /// Has a key to the dwelling.
    pub has_key: bool,
}

/// Where an elder lives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HomeView {
    /// The dwelling.
    pub id: EntityId,
    /// Its address.
    pub address: String,
    /// The floor.
    pub floor: String,
    /// Whether there is a lift.
    pub lift: Option<bool>,
    /// What to know at the door.
    pub door_note: String,
    /// `yes`, `no` or `unknown`: whether somebody there needs help to get out.
    pub evacuation_help: String,
    /// What is wrong and not put right.
    pub open: Vec<HazardView>,
}

impl Phone {
    /// The file of an elder, or of anything that belongs to it, as shown: confirmed, with own pending work on top.
    ///
    /// # Errors
    /// [`PhoneError`]
    pub fn elder(&self, id: EntityId) -> Result<ElderFile, PhoneError> {
        let mut inner = self.lock();
        inner.readable()?;
        inner.elder(id)
    }
}

impl Inner {
    fn elder(&self, id: EntityId) -> Result<ElderFile, PhoneError> {
        let (caseload, linked) = self.files_of(id)?;
        let common = Common::of(Kind::Elder, &linked, self.telling()).ok_or(PhoneError::NoSuchFile)?;
        let policy = self.policy.evaluator().map(|evaluator| evaluator.policy().as_ref());
        let now = self.now();
        let files = together(&linked);
        let visits = care::visits(&files);
        let risk_days = policy.and_then(|policy| policy.limit("risk_days")).unwrap_or(RISK_DAYS);
        let risks = care::risks(&files, now, i32::try_from(risk_days).unwrap_or(i32::MAX));
        let home = common.root.value("dwelling").and_then(|value| value.as_id());
        Ok(ElderFile {
            name: text(&common.root, "name"),
            preferred_name: text(&common.root, "preferred_name"),
            consents: consents(&files, now),
            capacity: care::capacity(&files),
            tier: care::tier(&files),
            level: level(policy, &files),
            risks: risks.into_iter().map(|recorded| happened(recorded, &common.pending, self.telling())).collect(),
            needs: needs(&files),
            contacts: contacts(&roots(&files)),
            home: home.map(|home| self.home(home)).transpose()?.flatten(),
            due: self.due_at(common.id)?,
            visits: visits.len().try_into().unwrap_or(u32::MAX),
            last_visit: visits.last().map(|recorded| recorded.event.start),
            id: common.id,
            also: common.also,
            caseload,
            fields: common.fields,
            conflicts: common.conflicts,
            flags: common.flags,
            referrals: common.referrals,
            history: common.history,
            links: common.links,
            pending: common.pending.into_iter().collect(),
        })
    }

    /// The dwelling that an elder's file names; `None` when it is not on this phone.
    fn home(&self, id: EntityId) -> Result<Option<HomeView>, PhoneError> {
        let Some((_, root)) = self.index.root(id) else { return Ok(None) };
        let linked = self.linked(root)?;
        let files = together(&linked);
        let Some(united) = united_file(&files) else { return Ok(None) };
        let home = &united.root.projection;
        let help = text(home, "evacuation_help");
        Ok(Some(HomeView {
            id: united.id,
            address: text(home, "address"),
            floor: text(home, "floor"),
            lift: home.value("lift").and_then(|value| value.as_bool()),
            door_note: text(home, "door_note"),
            evacuation_help: if help.is_empty() { "unknown".to_owned() } else { help },
            open: hazards(&files, &united, self.telling())
                .into_iter()
                .filter(|hazard| hazard.status == "open")
                .collect(),
        }))
    }
}

fn consents(files: &care::Files<'_>, now: Timestamp) -> Vec<ConsentView> {
    let standing = || files.values().flat_map(|file| file.standing_events());
    let ends = |purpose: Purpose, state: ConsentState| {
        let said = standing().filter_map(move |recorded| match &recorded.event.body {
            EventBody::Consent(said) if (said.purpose, said.state) == (purpose, state) => {
                Some((recorded.event.start, said.valid_to))
            }
            _ => None,
        });
        said.max_by_key(|(start, _)| *start).and_then(|(_, valid_to)| valid_to)
    };
    let view = |purpose: &Purpose| {
        let state = care::consent(files, *purpose, now);
        ConsentView { purpose: *purpose, state, valid_to: ends(*purpose, state) }
    };
    Purpose::ALL.iter().map(view).collect()
}

fn level(policy: Option<&Policy>, files: &care::Files<'_>) -> Option<LevelView> {
    let register = policy.map_or(&[][..], |policy| policy.assessors.as_slice());
    let ability = care::ability(register, files)?;
    let made = care::basis(register, files)?.made.into_iter().filter_map(|recorded| match &recorded.event.body {
        EventBody::Assessment(assessment) => {
            Some((recorded.event.id, recorded.event.start, assess::score(assessment).ok()?.total))
        }
        _ => None,
    });
    Some(LevelView {
        level: ability.level.number(),
        name: Text::new(ability.level.zh(), ability.level.en()),
        screening: ability.screening,
        conflict: ability.conflict,
        cognition: ability.cognition,
        made: made.collect(),
    })
}

fn needs(files: &care::Files<'_>) -> Vec<NeedView> {
    let view = |(id, need): (EntityId, &Document)| {
        let text = |field: &str| union::text(&[need], field);
        let State { rank, .. } = need.value("status").and_then(|value| value.as_state()).unwrap_or_default();
        let status = match rank {
            need::RAISED => "raised",
            need::MATCHED => "matched",
            _ => "met",
        };
        NeedView {
            id,
            text: text("text"),
            kind: text("kind"),
            status: status.to_owned(),
            matched_with: text("matched_with"),
            unmet_reason: text("unmet_reason"),
        }
    };
    let mut needs: Vec<NeedView> = files.values().flat_map(|file| file.of_kind(Kind::Need)).map(view).collect();
    let place = |need: &NeedView| (need.status == "met", !need.unmet_reason.is_empty(), need.id);
    needs.sort_by_key(place);
    needs
}

fn contacts(elders: &[&Document]) -> Vec<ContactView> {
    let mut contacts: BTreeMap<(i64, String), ContactView> = BTreeMap::new();
    for id in union::members(elders, "contacts") {
        let said = |field: &str| union::field(elders, field, Some(&id));
        let text = |field: &str| {
            let value = said(field).map(|resolved| resolved.shown.value);
            value.and_then(|value| value.as_text().map(str::to_owned)).unwrap_or_default()
        };
        let phone = said("contact_phone");
        let others = phone.iter().flat_map(|phone| &phone.others).filter_map(|claim| claim.value.as_text());
        let order = said("contact_order").and_then(|order| order.shown.value.as_int()).unwrap_or(i64::MAX);
        let view = ContactView {
            name: text("contact_name"),
            relation: text("contact_relation"),
            phone: text("contact_phone"),
            other_phones: others.map(str::to_owned).collect(),
            has_key: said("contact_has_key").is_some_and(|key| key.shown.value == Value::Bool(true)),
            id: id.clone(),
        };
        contacts.insert((order, id), view);
    }
    contacts.into_values().collect()
}
