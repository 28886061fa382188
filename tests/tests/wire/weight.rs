//! What a day's work weighs on the wire: the numbers that small frames and dictionaries are for.

use sync_core::edit::{Base, Edit, FieldOp, Value};
use sync_core::event::{Answer, Answered, Event, EventBody, Inspection};
use sync_core::id::{EntityId, EventId, SubmissionId};
use sync_core::submission::{Part, Submission};
use sync_core::time::{Hlc, Timestamp};
use sync_core::wire::*;

use crate::golden;
use crate::streams::Upload;

/// An ordinary visit: a checklist of eight with one finding, and a corrected phone number.
fn submission(number: u64) -> Item {
    let at = Timestamp::from_millis(1_795_400_700_000 + i64::try_from(number).unwrap() * 1_100_000);
    let random = |salt: u128| (u128::from(number) * 8 + salt) * 0x9e37_79b9_7f4a_7c15_f39c_c060;
    let premises = EntityId::new(at, random(1));
    let answered = |code: &str, answer| Answered {
        code: code.to_owned(),
        answer,
        severity: None,
        refused: false,
        quantity: None,
        note: (answer == Answer::Problem).then(|| "后门上锁,钥匙在店主家里,已口头提醒".to_owned()),
        photos: Vec::new(),
    };
    let codes = ["EXIT-02", "EXIT-03", "EXT-01", "ALM-01", "LIVE-01", "ELE-01", "EBK-01"];
    let mut answers: Vec<_> = codes.iter().map(|code| answered(code, Answer::Ok)).collect();
    answers.push(answered("EXIT-01", Answer::Problem));
    let event = Event {
        id: EventId::new(at, random(2)),
        subject: premises,
        programme: "safety".to_owned(),
        policy: 3,
        start: at,
        end: at,
        coworkers: Vec::new(),
        place: None,
        photos: Vec::new(),
        amends: None,
        body: EventBody::Inspection(Inspection { answers, met: Some("老板".to_owned()), revisit: false }),
    };
    let edit = Edit {
        entity: premises,
        kind: "premises".to_owned(),
        base: Base { version: 4, seen: Vec::new() },
        ops: vec![FieldOp::put("contact_phone", Value::from("14200000001"))],
    };
    let submission = Submission {
        id: SubmissionId::new(at, random(3)),
        caseload: golden::upload().batches[0].caseload,
        number,
        at: Hlc { wall: at, counter: 0 },
        parts: vec![Part::event(&event), Part::edit(&edit)],
    };
    Item::Submission { number, bytes: Raw(submission.encode()) }
}

fn weight(forms: u64, size: FrameSize, dictionary: u8) -> usize {
    let items = (1..=forms).map(submission).collect();
    let batches = vec![Batch { items, ..golden::upload().batches[0].clone() }];
    Upload { batches, ..golden::upload() }.write(size, dictionary).0.len()
}

#[test]
fn a_form_alone_gains_most_from_the_dictionary() {
    let nothing = weight(0, FrameSize::DEFAULT, 0);
    let (without, with) = (weight(1, FrameSize::DEFAULT, 0) - nothing, weight(1, FrameSize::DEFAULT, 1) - nothing);
    println!("one form: {without} bytes, with the dictionary {with}");
    assert!(with * 100 < without * 85, "one form: {without} bytes, with the dictionary {with}");
}

#[test]
fn a_day_of_thirty_forms_stays_below_a_few_kilobytes() {
    for size in [FrameSize::MIN, FrameSize::DEFAULT, FrameSize::MAX] {
        let (without, with) = (weight(30, size, 0), weight(30, size, 1));
        println!("30 forms, frames of {size:?}: {without} bytes, with the dictionary {with}");
        assert!(with <= without);
        assert!(with < 12_000, "{with} bytes in frames of {size:?}");
    }
}
