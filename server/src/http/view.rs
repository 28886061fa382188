//! Entities as the API shows them: the projection with its state named and its times readable.

use serde::Serialize;
use serde_json::{Map, Value};
use sync_core::author::Role;
use sync_core::edit;
use sync_core::entity::{Kind, hazard};
use sync_core::id::EntityId;
use sync_core::project::United;
use sync_core::refer;
use sync_core::time::Timestamp;

use super::Moment;
use crate::db::DbError;
use crate::db::document::Projected;

/// A state of a workflow.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct State {
    /// The round: a referral's trips to a desk, a hazard's episodes. From 1.
    pub(crate) round: u16,
    /// The rank within the round.
    pub(crate) rank: u8,
    /// The rank's stable code.
    #[schema(example = "dispatched")]
    pub(crate) code: &'static str,
}

/// An entity.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Entity {
    /// Its id.
    #[schema(value_type = String)]
    pub(crate) id: EntityId,
    /// The code of its kind.
    #[schema(example = "referral")]
    pub(crate) kind: String,
    /// Documents of linked files that are the same thing and are shown here together with it. Each id finds it.
    #[schema(value_type = Vec<String>)]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) also: Vec<EntityId>,
    /// The file that it belongs to.
    #[schema(value_type = String)]
    pub(crate) file: EntityId,
    /// What people know it by.
    pub(crate) title: Option<String>,
    /// Its state, if it has one.
    pub(crate) state: Option<State>,
    /// The deadline of its current round.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) due_at: Option<Moment>,
    /// Whether the deadline has passed while a desk had it.
    pub(crate) overdue: bool,
    /// How many fields wait for a person to settle them.
    pub(crate) conflicts: u32,
    /// How many edits are merged.
    pub(crate) version: u32,
    /// The values that hold, by field; fields kept per round, and sets, by element.
    #[schema(value_type = Object)]
    pub(crate) values: Map<String, Value>,
    /// Each field with who said what when, other claims and conflicts.
    #[schema(value_type = Vec<Object>)]
    pub(crate) fields: Vec<Value>,
}

impl State {
    fn of(kind: &str, state: edit::State) -> Self {
        let edit::State { round, rank } = state;
        let code = if kind == "hazard" { hazard_code(rank) } else { refer::rank_code(rank) };
        Self { round, rank, code }
    }
}

const fn hazard_code(rank: u8) -> &'static str {
    match rank {
        hazard::OPEN => "open",
        hazard::SELF_FIXED => "self_fixed",
        hazard::VERIFIED_FIXED => "verified_fixed",
        _ => "unknown",
    }
}

impl Entity {
    pub(crate) fn of(projected: Projected, now: Timestamp) -> Self {
        let Projected { entity, kind, root, version, state, due_at, conflicts, json, changed_seq: _ } = projected;
        let at_desk = state.is_some_and(|s| (refer::DISPATCHED..refer::REPLIED).contains(&s.rank));
        let overdue = at_desk && due_at.is_some_and(|due| due < now);
        let fields = match json.get("fields") {
            Some(Value::Array(fields)) => fields.clone(),
            _ => Vec::new(),
        };
        let seen = Self {
            id: entity,
            also: Vec::new(),
            file: root,
            title: json.get("title").and_then(Value::as_str).map(str::to_owned),
            state: state.map(|state| State::of(&kind, state)),
            due_at: due_at.map(Moment),
            overdue,
            conflicts,
            version,
            values: values(&fields),
            fields,
            kind,
        };
        // What a desk keeps names its own people; what the organisation keeps does not.
        if [Kind::Slip, Kind::PersonSlip, Kind::SlipCopy].iter().any(|kind| kind.code() == seen.kind) {
            seen
        } else {
            seen.without_officers()
        }
    }

    /// An entity of linked files, its documents taken together.
    pub(crate) fn united(united: &United, now: Timestamp) -> Result<Self, DbError> {
        let United { projection, file, seen } = united;
        let json = serde_json::to_value(projection).map_err(|_| DbError::Damaged("a projection"))?;
        let projected = Projected {
            entity: projection.entity,
            kind: projection.kind.to_owned(),
            root: *file,
            version: projection.version,
            changed_seq: 0,
            state: projection.state,
            due_at: projection.due_at,
            conflicts: u32::try_from(projection.conflicts().count()).unwrap_or(u32::MAX),
            json,
        };
        let also = seen.keys().copied().filter(|entity| *entity != projection.entity).collect();
        Ok(Self { also, ..Self::of(projected, now) })
    }

    /// A slip as it is before it was opened: what is about a person is left out. One about a place has nothing to open.
    pub(crate) fn unopened(self) -> Self {
        if self.kind == Kind::PersonSlip.code() { self.only(UNOPENED) } else { self }
    }

    /// As the purchaser sees a referral: states, clocks, rule, departments and numbers.
    pub(crate) fn for_purchaser(self) -> Self {
        Self { file: self.id, ..self.only(PURCHASERS) }
    }

    /// With these values, and without who said what when.
    fn only(mut self, names: &[&str]) -> Self {
        self.values.retain(|name, _| names.contains(&name.as_str()));
        self.fields.clear();
        self.conflicts = 0;
        self
    }

    /// The department of a desk, as this referral knows it.
    pub(crate) fn dept_of(&self, desk: &str) -> Option<&str> {
        let of = |field: &str| self.values.get(field).and_then(Value::as_object);
        let round = of("desk")?.iter().find(|(_, known)| known.as_str() == Some(desk))?.0;
        of("dept")?.get(round)?.as_str()
    }

    /// Officers are not the organisation's to know: a claim by one is the department's.
    fn without_officers(mut self) -> Self {
        let mut fields = std::mem::take(&mut self.fields);
        for field in &mut fields {
            impersonal(field, &|desk| self.dept_of(desk).map(str::to_owned));
        }
        self.fields = fields;
        self
    }

    /// The text in a field.
    pub(crate) fn text(&self, field: &str) -> Option<&str> {
        self.values.get(field).and_then(Value::as_str)
    }
}

/// What is seen of a slip about a person before it is opened.
const UNOPENED: &[&str] =
    &["referral", "round", "number", "rule", "rule_zh", "rule_en", "consent_stands", "received_at", "due_at", "state"];

/// What the purchaser sees of a referral.
const PURCHASERS: &[&str] = &[
    "rule",
    "number",
    "severity",
    "observed_at",
    "target_at",
    "proposed_dept",
    "state",
    "dept",
    "dispatched_at",
    "due_at",
    "statutory",
    "step_due",
    "outcome",
    "suggested_dept",
    "question_due",
    "paused_until",
    "arbitrate_by",
    "with_purchaser",
];

/// Whoever speaks for a department is called by it, wherever a claim stands.
fn impersonal(said: &mut Value, dept: &impl Fn(&str) -> Option<String>) {
    match said {
        Value::Array(list) => list.iter_mut().for_each(|said| impersonal(said, dept)),
        Value::Object(of) => {
            if of.get("role").and_then(Value::as_str) == Some(Role::Officer.code())
                && let Some(person) = of.remove("person")
            {
                let dept = person.as_str().and_then(dept);
                of.insert("dept".to_owned(), dept.map_or(Value::Null, Value::String));
            }
            of.values_mut().for_each(|said| impersonal(said, dept));
        }
        _ => {}
    }
}

fn values(fields: &[Value]) -> Map<String, Value> {
    let mut values = Map::new();
    for field in fields {
        let (Some(name), Some(value)) = (field.get("name").and_then(Value::as_str), field.get("value")) else {
            continue;
        };
        match field.get("element").and_then(Value::as_str) {
            None => drop(values.insert(name.to_owned(), value.clone())),
            Some(element) => {
                let of = values.entry(name).or_insert_with(|| Value::Object(Map::new()));
                if let Value::Object(of) = of {
                    of.insert(element.to_owned(), value.clone());
                }
            }
        }
    }
    values
}
