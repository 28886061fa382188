//! Findings through their life, in the file of a shop or a home.

use sync_core::edit::Value;
use sync_core::entity::{Kind, hazard};
use sync_core::flag::Linked;
use sync_core::id::EntityId;
use sync_core::policy::Text;
use sync_core::project::{Projection, UnitedFile};
use sync_core::time::Timestamp;

use super::SaidView;
use crate::phone::brief::is_seen;
use crate::phone::view::Telling;

/// A finding through its life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HazardView {
    /// The hazard.
    pub id: EntityId,
    /// The item of the checklist.
    pub code: String,
    /// 1, and one more each time it came back.
    pub episode: u16,
    /// `open`, `self_fixed` or `verified_fixed`.
    pub status: String,
    /// The same in words.
    pub status_name: Text,
    /// 0 to 4.
    pub severity: u8,
    /// Other severities that were said: weaker concurrent ones, and opinions.
    pub other_severities: Vec<SaidView>,
    /// By when the shop was asked to put it right.
    pub due_at: Option<Timestamp>,
    /// What to know about it.
    pub note: String,
}

/// All findings of a place of which something that was seen still stands, open ones first.
pub(super) fn hazards(files: &Linked<'_>, united: &UnitedFile, telling: Telling<'_>) -> Vec<HazardView> {
    let findings = united.related.iter().filter(|part| part.projection.kind == Kind::Hazard.code());
    let seen = findings.filter(|part| is_seen(files, part));
    let mut hazards: Vec<HazardView> = seen.map(|part| view(&part.projection, telling)).collect();
    hazards.sort_by(|a, b| (a.status != "open", &a.code, a.episode).cmp(&(b.status != "open", &b.code, b.episode)));
    hazards
}

fn view(hazard: &Projection, telling: Telling<'_>) -> HazardView {
    let status = hazard.state.unwrap_or_default();
    let severity = hazard.fields.iter().find(|field| field.name == "severity");
    let others = severity.iter().flat_map(|severity| severity.others.iter().chain(&severity.opinions));
    let text = |field: &str| hazard.value(field).and_then(|value| value.as_text().map(str::to_owned));
    HazardView {
        id: hazard.entity,
        code: text("code").unwrap_or_default(),
        episode: status.round,
        status: match status.rank {
            hazard::OPEN => "open",
            hazard::SELF_FIXED => "self_fixed",
            _ => "verified_fixed",
        }
        .to_owned(),
        status_name: telling.value(hazard.kind, "status", &Value::State(status)),
        severity: severity.and_then(|said| said.value.as_int()).map_or(0, |n| n.clamp(0, 4) as u8),
        other_severities: others.map(|said| telling.said(hazard.kind, "severity", said)).collect(),
        due_at: hazard.due_at,
        note: text("note").unwrap_or_default(),
    }
}
