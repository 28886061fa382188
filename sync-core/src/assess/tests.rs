//! The vectors of the domain reference, and the traps beside them.

use super::*;
use crate::event::{AssessmentStanding, Assessor, RiskCount, RiskKind};
use crate::id::PersonId;

/// Answers that come to `total` points: full ones from the first item on, and what is left.
fn answers(total: u8) -> Assessment {
    let mut left = total;
    let scores = ITEMS
        .iter()
        .map(|item| {
            let score = left.min(item.most);
            left -= score;
            score
        })
        .collect();
    Assessment {
        scores,
        standing: AssessmentStanding::Screening,
        risks: Vec::new(),
        coma: false,
        diagnoses: Vec::new(),
        assessors: Vec::new(),
        informant: None,
        note: None,
    }
}

fn falls(count: u8, assessment: Assessment) -> Assessment {
    Assessment { risks: vec![RiskCount { kind: RiskKind::Fall, count }], ..assessment }
}

fn diagnosed(code: &str, assessment: Assessment) -> Assessment {
    Assessment { diagnoses: vec![code.to_owned()], ..assessment }
}

fn level(assessment: &Assessment) -> u8 {
    score(assessment).unwrap().level.number()
}

#[test]
fn twenty_six_items_in_four_groups_make_ninety_points() {
    let most = |group: Group| ITEMS.iter().filter(|item| item.group == group).map(|item| item.most).sum::<u8>();
    let groups = [Group::SelfCare, Group::Mobility, Group::Mental, Group::SensesAndSociety];
    assert_eq!(groups.map(most), [32, 15, 28, 15]);
    assert_eq!(groups.map(|group| ITEMS.iter().filter(|item| item.group == group).count()), [8, 4, 9, 5]);
    assert_eq!(ITEMS.iter().map(|item| item.most).sum::<u8>(), 90);
    let codes: std::collections::BTreeSet<&str> = ITEMS.iter().map(|item| item.code).collect();
    assert_eq!(codes.len(), 26);
    assert_eq!((ITEMS[DEPRESSION].code, ITEMS[CONSCIOUSNESS].code), ("B3.8", "B3.9"));
    assert_eq!(score(&answers(90)).unwrap().groups, [32, 15, 28, 15]);
    assert_eq!(score(&answers(50)).unwrap().groups, [32, 15, 3, 0]);
}

#[test]
fn the_reference_vectors_come_out() {
    // total, level by points, with one risk event, with two, with a diagnosis and two.
    let vectors = [
        (90, 0, 0, 1, 1),
        (89, 1, 1, 2, 2),
        (66, 1, 1, 2, 2),
        (65, 2, 2, 3, 3),
        (46, 2, 2, 3, 3),
        (45, 3, 3, 4, 4),
        (30, 3, 3, 4, 4),
        (29, 4, 4, 4, 4),
        (0, 4, 4, 4, 4),
    ];
    for (total, base, one, two, both) in vectors {
        let scored = score(&answers(total)).unwrap();
        assert_eq!((scored.total, scored.base.number()), (total, base));
        assert_eq!(level(&answers(total)), base, "{total}");
        assert_eq!(level(&falls(1, answers(total))), one, "{total} with one risk event");
        assert_eq!(level(&falls(2, answers(total))), two, "{total} with two");
        let dementia = diagnosed("F00", falls(2, answers(total)));
        assert_eq!(level(&dementia), both, "{total} with dementia and two: one step, not two");
    }
}

#[test]
fn every_total_has_its_level_and_no_adjustment_makes_it_better() {
    let mut last = Level::CompleteLoss;
    for total in 0..=90 {
        let base = Level::of_points(total);
        assert!(base <= last, "more points are never worse");
        last = base;
        for adjusted in [falls(2, answers(total)), diagnosed("F20", answers(total))] {
            let scored = score(&adjusted).unwrap();
            assert_eq!(scored.level, base.worse(), "{total}");
        }
    }
}

#[test]
fn a_coma_is_complete_loss_whatever_the_points() {
    let mut coma = Assessment { coma: true, ..answers(90) };
    coma.scores[CONSCIOUSNESS] = 0;
    let scored = score(&coma).unwrap();
    // The note at B3.9 would say severe; form C.4 says complete loss.
    assert_eq!((scored.total, scored.base, scored.level), (88, Level::Mild, Level::CompleteLoss));
    assert_eq!(level(&diagnosed("F00", falls(2, coma.clone()))), 4);
    coma.scores[CONSCIOUSNESS] = 1;
    assert_eq!(score(&coma), Err(ScoreError::Coma));
    // Stupor without a coma is scored like any other answer.
    let mut stupor = answers(90);
    stupor.scores[CONSCIOUSNESS] = 0;
    assert_eq!(level(&stupor), 1);
}

#[test]
fn points_are_not_of_a_hundred() {
    // Normalised to 100, as a public code base does, 60 of 90 would be 67 and "mild"; here it is moderate.
    assert_eq!(level(&answers(60)), 2);
    // And 90 is the whole: one point less is no longer intact.
    assert_eq!(level(&answers(89)), 1);
}

#[test]
fn only_mental_disorders_count_as_diagnosis() {
    for code in ["F00", "F03.9", "f32.1", " F99 ", "F04"] {
        assert_eq!(level(&diagnosed(code, answers(90))), 1, "{code}");
    }
    for code in ["G30", "I63.9", "", "F", "F0", "F100", "FA0", "10F00"] {
        assert_eq!(level(&diagnosed(code, answers(90))), 0, "{code}");
    }
}

#[test]
fn risk_events_of_different_kinds_count_together() {
    let risks = vec![RiskCount { kind: RiskKind::Fall, count: 1 }, RiskCount { kind: RiskKind::Choking, count: 1 }];
    assert_eq!(level(&Assessment { risks, ..answers(90) }), 1);
    let many = vec![RiskCount { kind: RiskKind::Fall, count: 255 }; 5];
    assert_eq!(level(&Assessment { risks: many, ..answers(90) }), 1, "a huge count neither overflows nor adds a step");
}

#[test]
fn answers_that_the_form_does_not_have_are_refused() {
    let with = |at: usize, score: u8| {
        let mut assessment = answers(90);
        assessment.scores[at] = score;
        assessment
    };
    for (at, item) in ITEMS.iter().enumerate() {
        assert_eq!(score(&with(at, item.most + 1)), Err(ScoreError::TooHigh(item.code)));
        assert!(score(&with(at, 0)).is_ok());
    }
    let mut short = answers(90);
    short.scores.pop();
    assert_eq!(score(&short), Err(ScoreError::Count(25)));
    assert_eq!(score(&Assessment { scores: vec![0; 27], ..short }), Err(ScoreError::Count(27)));
}

#[test]
fn it_takes_two_persons_with_a_certificate_each() {
    let by = |who: &[(u8, Option<&str>)]| {
        let assessor = |(person, certificate): &(u8, Option<&str>)| Assessor {
            person: PersonId::from_bytes([*person; 16]),
            certificate: certificate.map(str::to_owned),
        };
        Assessment::standing_of(&who.iter().map(assessor).collect::<Vec<_>>())
    };
    use AssessmentStanding::{Assessment as Full, Screening};
    assert_eq!(by(&[(1, Some("SZ-1")), (2, Some("SZ-2"))]), Full);
    assert_eq!(by(&[]), Screening);
    assert_eq!(by(&[(1, Some("SZ-1"))]), Screening);
    assert_eq!(by(&[(1, Some("SZ-1")), (2, None)]), Screening);
    assert_eq!(by(&[(1, Some("SZ-1")), (2, Some("  "))]), Screening);
    assert_eq!(by(&[(1, Some("SZ-1")), (1, Some("SZ-2"))]), Screening, "one person twice");
}
