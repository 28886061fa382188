//! An assessment by GB/T 42195-2022. Without two assessors of the register it is kept as a screening.

use minicbor::{Decode, Encode};

use super::editor::Editor;
use super::message::{Level, Message};
use super::seen::Scene;
use super::{Fill, filled, text};
use crate::assess::{CONSCIOUSNESS, ITEMS};
use crate::edit::FieldOp;
use crate::entity::Kind;
use crate::event::{Assessment, AssessmentStanding, Assessor, EventBody, RiskCount, RiskKind};
use crate::id::EntityId;
use crate::limits;

/// The 26 answers.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct AssessmentForm {
    /// The elder.
    #[n(0)]
    pub elder: EntityId,
    /// The scores so far, in the order of [`ITEMS`].
    #[n(1)]
    pub scores: Vec<Option<u8>>,
    /// Care-risk events of the last 30 days.
    #[n(2)]
    pub risks: Vec<RiskCount>,
    /// In a coma.
    #[n(3)]
    pub coma: bool,
    /// Diagnosed by a doctor, ICD-10.
    #[n(4)]
    pub diagnoses: Vec<String>,
    /// Who assessed, with the numbers of their certificates.
    #[n(5)]
    pub assessors: Vec<Assessor>,
    /// Who gave the information, and how related.
    #[n(6)]
    pub informant: String,
    /// The worker's words.
    #[n(7)]
    pub note: String,
    /// Who, where, photos.
    #[n(8)]
    pub scene: Scene,
}

impl AssessmentForm {
    /// A form of which nothing is answered yet.
    #[must_use]
    pub fn new(elder: EntityId) -> Self {
        Self {
            elder,
            scores: vec![None; ITEMS.len()],
            risks: Vec::new(),
            coma: false,
            diagnoses: Vec::new(),
            assessors: Vec::new(),
            informant: String::new(),
            note: String::new(),
            scene: Scene::default(),
        }
    }
}

impl Fill for AssessmentForm {
    fn about(&self) -> Vec<EntityId> {
        vec![self.elder]
    }

    fn fill(&self, editor: &mut Editor<'_>) {
        editor.about(self.elder);
        editor.known("elder", self.elder, Kind::Elder);
        editor.text("informant", &self.informant, false);
        editor.text("note", &self.note, true);
        self.check_scores(editor);
        let mut assessment = self.assessment();
        if !editor.seen().is_full(&assessment, editor.circumstances().start) {
            assessment.standing = AssessmentStanding::Screening;
        }
        let standing = assessment.standing;
        if standing == AssessmentStanding::Screening {
            let (zh, en) = (
                "没有两名在册且证书有效的评估员,记为初筛,不作为评估结论",
                "Without two assessors of the register whose certificates hold, this is kept as a screening, not as an assessment",
            );
            editor.say(Message::new(Level::Warning, "screening_only", "assessors", zh, en));
        }
        let lists = [
            ("risks", self.risks.len(), RiskKind::ALL.len()),
            ("diagnoses", self.diagnoses.len(), limits::ANSWERS),
            ("assessors", self.assessors.len(), limits::PEOPLE),
        ];
        for (field, length, most) in lists {
            if length > most {
                editor.say(Message::too_many(field));
            }
        }
        let event = editor.event(self.elder, &self.scene, EventBody::Assessment(assessment));
        // The file names the assessment that holds, on the base that was seen: two made apart are then a conflict.
        let op = FieldOp::put(standing.code(), text(&event.to_string()));
        editor.put_linked(self.elder, Kind::Elder, &op);
    }
}

impl AssessmentForm {
    fn assessment(&self) -> Assessment {
        Assessment {
            scores: self.scores.iter().map(|score| score.unwrap_or(0)).collect(),
            standing: Assessment::standing_of(&self.assessors),
            risks: self.risks.clone(),
            coma: self.coma,
            diagnoses: self.diagnoses.iter().filter_map(|code| filled(code)).map(str::to_uppercase).collect(),
            assessors: self.assessors.clone(),
            informant: filled(&self.informant).map(str::to_owned),
            note: filled(&self.note).map(str::to_owned),
        }
    }

    fn check_scores(&self, editor: &mut Editor<'_>) {
        if self.scores.len() > ITEMS.len() {
            editor.say(Message::too_many("scores"));
        }
        for (at, item) in ITEMS.iter().enumerate() {
            let field = format!("scores/{}", item.code);
            match self.scores.get(at).copied().flatten() {
                None => editor.say(Message::required(&field)),
                Some(score) if score > item.most => {
                    let (zh, en) = ("分数超过这一项的最高分", "The score is above the maximum of this item");
                    editor.say(Message::new(Level::Error, "score_range", &field, zh, en));
                }
                Some(_) => {}
            }
        }
        if self.coma && self.scores.get(CONSCIOUSNESS).copied().flatten().is_some_and(|score| score != 0) {
            let (zh, en) = ("昏迷时意识水平只能是0分", "In a coma the level of consciousness is 0");
            editor.say(Message::new(Level::Error, "coma_contradicts", "scores/B3.9", zh, en));
        }
    }
}
