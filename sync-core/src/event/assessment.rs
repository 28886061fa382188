//! An assessment of an elder's abilities by GB/T 42195-2022. The level is never stored: [`crate::assess`] derives it.

use std::collections::BTreeSet;

use minicbor::{Decode, Encode};

use super::RiskKind;
use crate::code::coded;
use crate::id::PersonId;

coded! {
    /// What the answers are worth.
    AssessmentStanding {
        /// A visitor's impression. It may start something, it proves nothing.
        Screening = 0 "screening",
        /// By two qualified assessors.
        Assessment = 1 "assessment",
    }
}

/// Who assessed.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Assessor {
    /// Who.
    #[n(0)]
    pub person: PersonId,
    /// The number of the assessor's certificate; none for somebody who has none.
    #[n(1)]
    pub certificate: Option<String>,
}

/// How often something happened in the last 30 days, as was told at the assessment.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct RiskCount {
    /// What.
    #[n(0)]
    pub kind: RiskKind,
    /// How often.
    #[n(1)]
    pub count: u8,
}

/// The 26 answers, and what adjusts the level.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Assessment {
    /// The scores of the 26 items, in the order of [`crate::assess::ITEMS`].
    #[cbor(n(0), with = "minicbor::bytes")]
    pub scores: Vec<u8>,
    /// What it is worth; never more than [`Self::standing_of`] its assessors.
    #[n(1)]
    pub standing: AssessmentStanding,
    /// Care-risk events of the last 30 days.
    #[n(2)]
    pub risks: Vec<RiskCount>,
    /// In a coma.
    #[n(3)]
    pub coma: bool,
    /// Diagnosed by a doctor, ICD-10, e.g. `F00` or `F32.1`.
    #[n(4)]
    pub diagnoses: Vec<String>,
    /// Who assessed.
    #[n(5)]
    pub assessors: Vec<Assessor>,
    /// Who gave the information, and how related.
    #[n(6)]
    pub informant: Option<String>,
    /// The worker's words.
    #[n(7)]
    pub note: Option<String>,
}

impl Assessment {
    /// The most that answers by these people can be worth: a full assessment takes two different persons with a
    /// certificate each. Whether the certificates are good, the policy's register says: [`crate::care::basis`].
    #[must_use]
    pub fn standing_of(assessors: &[Assessor]) -> AssessmentStanding {
        let certified =
            |assessor: &&Assessor| assessor.certificate.as_ref().is_some_and(|number| !number.trim().is_empty());
        let qualified: BTreeSet<PersonId> =
            assessors.iter().filter(certified).map(|assessor| assessor.person).collect();
        if qualified.len() >= 2 { AssessmentStanding::Assessment } else { AssessmentStanding::Screening }
    }
}
