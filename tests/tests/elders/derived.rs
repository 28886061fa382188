//! What follows from an elder's file.

use super::*;

fn not_met(elder: EntityId) -> Form {
    let tried = vec![Attempt { means: Means::Door, contact: None, reached: false }];
    Form::NotMet(NotMetForm { elder, tried, note: String::new(), next_try: None, scene: Scene::default() })
}

fn change(elder: EntityId, field: &str, value: &str) -> Form {
    Form::Visit(VisitForm { changes: vec![FieldOp::put(field, Value::from(value))], ..visit(elder) })
}

#[test]
fn the_next_visit_is_due_by_the_tier_and_an_attempt_is_no_visit() {
    let policy = Policy::sample();
    let mut street = Street::new();
    let elder = street.gu();
    let due = |street: &Street| care::visit_due(&policy, &street.files(elder), &[]);
    let mut lin = street.phone(LIN, Role::Worker);
    // Never visited: a month after the file was made, because the tier is key.
    assert_eq!(due(&street), Some(at("12-02T09:00")));
    street.say(&mut lin, at("11-20T09:00"), &not_met(elder));
    assert_eq!(due(&street), Some(at("12-02T09:00")), "an attempt never counts");
    let seen = street.say(&mut lin, at("11-21T09:00"), &Form::Visit(visit(elder)));
    assert_eq!(due(&street), Some(at("12-21T09:00")));
    street.say(&mut lin, at("11-22T09:00"), &change(elder, "risk_tier", "high"));
    assert_eq!(due(&street), Some(at("11-29T09:00")));
    // What arrives late counts by when it happened.
    let late = street.phone(CHEN, Role::Worker);
    let (submission, _) = street.write(&late, at("11-10T09:00"), &Form::Visit(visit(elder)));
    assert_eq!(street.take_in(&late, at("11-24T09:00"), submission), Verdict::Merged);
    assert_eq!(due(&street), Some(at("11-29T09:00")));
    // A visit that should not have been written does not cover.
    assert_eq!(care::visits(&street.files(elder)).len(), 3);
    let void = VoidForm { subject: elder, event: seen.unwrap(), reason: "记错了人".to_owned() };
    street.say(&mut lin, at("11-24T10:00"), &Form::Void(void));
    assert_eq!(care::visits(&street.files(elder)).len(), 2);
    // One word that the elder has died stops visits at once.
    let (lin, chen) = (street.phone(LIN, Role::Worker), street.phone(CHEN, Role::Worker));
    let (died, _) = street.write(&lin, at("11-25T09:00"), &change(elder, "life_state", "died"));
    let (active, _) = street.write(&chen, at("11-25T09:30"), &change(elder, "life_state", "active"));
    for (phone, submission) in [(&lin, died), (&chen, active)] {
        assert_eq!(street.take_in(phone, at("11-25T12:00"), submission), Verdict::Merged);
    }
    assert!(street.caseload.files[&elder].documents[&elder].field("life_state").unwrap().conflict);
    assert_eq!(due(&street), None);
}

#[test]
fn a_fall_counts_once_however_many_tell_of_it_and_for_thirty_days() {
    let mut street = Street::new();
    let elder = street.gu();
    let mut lin = street.phone(LIN, Role::Worker);
    let mut tell = |street: &mut Street, kind, day: &str| {
        let risk = RiskEntry { kind, occurred_on: at(&format!("{day}T12:00")).day(), note: String::new() };
        let form = Form::Risk(RiskForm { elder, risk, scene: Scene::default() });
        street.say(&mut lin, at("11-23T09:00"), &form).unwrap()
    };
    let count = |street: &Street, now: &str| care::risks(&street.files(elder), at(now), 30).len();
    assert_eq!(count(&street, "11-23T09:00"), 1);
    tell(&mut street, RiskKind::Fall, "11-02");
    assert_eq!(count(&street, "11-23T09:00"), 1, "the same fall");
    let lost = tell(&mut street, RiskKind::Lost, "11-02");
    assert_eq!(count(&street, "11-23T09:00"), 2, "another kind on the same day");
    tell(&mut street, RiskKind::Fall, "11-22");
    assert_eq!(count(&street, "11-23T09:00"), 3);
    let void = VoidForm { subject: elder, event: lost, reason: "听错了".to_owned() };
    street.say(&mut street.phone(LIN, Role::Worker), at("11-23T10:00"), &Form::Void(void));
    assert_eq!(count(&street, "11-23T10:00"), 2);
    // 2 November is the thirtieth day on 1 December, and gone the day after.
    assert_eq!(count(&street, "12-01T23:59"), 2);
    assert_eq!(count(&street, "12-02T00:00"), 1);
}

#[test]
fn a_grant_lasts_as_long_as_it_says_and_as_its_event_stands() {
    let mut street = Street::new();
    let elder = street.gu();
    let mut lin = street.phone(LIN, Role::Worker);
    let how = |street: &Street, now: &str| care::consent(&street.files(elder), Purpose::Health, at(now));
    assert_eq!(how(&street, "11-05T09:00"), ConsentState::NotAsked);
    let until = ConsentEntry { valid_to: Some(at("11-30T00:00")), ..spoken(Purpose::Health, ConsentState::Granted) };
    let event = street.say(&mut lin, at("11-05T09:00"), &consenting(elder, vec![until])).unwrap();
    assert_eq!(how(&street, "11-29T23:59"), ConsentState::Granted);
    assert_eq!(how(&street, "11-30T00:00"), ConsentState::NotAsked);
    let void = VoidForm { subject: elder, event, reason: "不是本人".to_owned() };
    street.say(&mut lin, at("11-06T09:00"), &Form::Void(void));
    assert_eq!(how(&street, "11-07T09:00"), ConsentState::NotAsked);
    // A refusal needs nothing to stand, and does not run out.
    let no = consenting(elder, vec![spoken(Purpose::Health, ConsentState::Withdrawn)]);
    let event = street.say(&mut lin, at("11-08T09:00"), &no).unwrap();
    let void = VoidForm { subject: elder, event, reason: "x".to_owned() };
    street.say(&mut lin, at("11-09T09:00"), &Form::Void(void));
    assert_eq!(how(&street, "11-10T09:00"), ConsentState::Withdrawn);
}

fn assessed(elder: EntityId, total: u8, certified: bool) -> Form {
    let mut left = total;
    let mut take = |most: u8| {
        let score = left.min(most);
        left -= score;
        Some(score)
    };
    let scores = ITEMS.iter().map(|item| take(item.most)).collect();
    let assessor = |n: u8| Assessor {
        person: PersonId::from_bytes([n; 16]),
        certificate: certified.then(|| format!("SZ-PG-000{n}")),
    };
    Form::Assessment(AssessmentForm { scores, assessors: vec![assessor(1), assessor(2)], ..AssessmentForm::new(elder) })
}

#[test]
fn of_two_assessments_made_apart_the_worse_counts_until_somebody_decides() {
    let mut street = Street::new();
    let elder = street.gu();
    let register = Policy::sample().assessors;
    let ability =
        |street: &Street| care::ability(&register, &street.files(elder)).map(|a| (a.level, a.screening, a.conflict));
    let mut mei = street.phone(MEI, Role::Supervisor);
    assert_eq!(ability(&street), None);
    street.say(&mut mei, at("11-05T09:00"), &assessed(elder, 20, false));
    assert_eq!(ability(&street), Some((Level::CompleteLoss, true, false)));

    let (lin, chen) = (street.phone(LIN, Role::Worker), street.phone(CHEN, Role::Worker));
    let (mild, _) = street.write(&lin, at("11-10T09:00"), &assessed(elder, 70, true));
    let (severe, worse) = street.write(&chen, at("11-09T09:00"), &assessed(elder, 40, true));
    for (phone, submission) in [(&chen, severe), (&lin, mild)] {
        assert_eq!(street.take_in(phone, at("11-10T12:00"), submission), Verdict::Merged);
    }
    assert_eq!(ability(&street), Some((Level::Severe, false, true)), "an assessment goes before a screening");
    // Voided, it speaks for nothing.
    let void = VoidForm { subject: elder, event: worse.unwrap(), reason: "填错了".to_owned() };
    street.say(&mut mei, at("11-11T09:00"), &Form::Void(void));
    assert_eq!(ability(&street), Some((Level::Mild, false, false)));
    // A later one by somebody who had seen both replaces both.
    street.say(&mut mei, at("11-12T09:00"), &assessed(elder, 50, true));
    assert_eq!(ability(&street), Some((Level::Moderate, false, false)));
    assert!(!street.caseload.files[&elder].documents[&elder].field("assessment").unwrap().conflict);
}

#[test]
fn an_assessment_counts_only_by_two_people_of_the_register_under_certificates_that_hold() {
    let by = |elder: EntityId, who: [(u8, &str); 2]| {
        let Form::Assessment(form) = assessed(elder, 40, true) else { panic!() };
        let assessor = |(n, number): (u8, &str)| Assessor {
            person: PersonId::from_bytes([n; 16]),
            certificate: Some(number.to_owned()),
        };
        Form::Assessment(AssessmentForm { assessors: who.map(assessor).to_vec(), ..form })
    };
    let cases = [
        ("two of the register", [(1, "SZ-PG-0001"), (2, "SZ-PG-0002")], false),
        ("typed, and not in the register", [(1, "SZ-PG-0001"), (2, "SZ-PG-9999")], true),
        ("ended two years ago", [(1, "SZ-PG-0001"), (2, "SZ-PG-0004")], true),
        ("one certificate for two", [(1, "SZ-PG-0001"), (2, "SZ-PG-0001")], true),
        ("two certificates of one", [(1, "SZ-PG-0001"), (1, "SZ-PG-0002")], true),
    ];
    let register = Policy::sample().assessors;
    for (what, who, screening) in cases {
        let mut street = Street::new();
        let elder = street.gu();
        // The phone has no policy yet: it writes what its assessors say, and whoever has the register decides.
        let mut lin = street.phone(LIN, Role::Worker);
        street.say(&mut lin, at("11-05T09:00"), &by(elder, who));
        let ability = care::ability(&register, &street.files(elder)).unwrap();
        assert_eq!((ability.level, ability.screening), (Level::Severe, screening), "{what}");
        assert!(care::ability(&[], &street.files(elder)).unwrap().screening, "without a register nobody assesses");
    }
}

#[test]
fn a_worthless_assessment_does_not_take_the_place_of_one_that_counts() {
    let mut street = Street::new();
    let elder = street.gu();
    let mut mei = street.phone(MEI, Role::Supervisor);
    street.say(&mut mei, at("11-05T09:00"), &assessed(elder, 40, true));
    let Form::Assessment(form) = assessed(elder, 90, true) else { panic!() };
    let assessors = form.assessors.into_iter().map(|assessor| Assessor { certificate: Some("X".into()), ..assessor });
    let form = AssessmentForm { assessors: assessors.collect(), ..AssessmentForm::new(elder) };
    let scores = ITEMS.iter().map(|item| Some(item.most)).collect();
    street.say(&mut mei, at("11-12T09:00"), &Form::Assessment(AssessmentForm { scores, ..form }));
    let register = Policy::sample().assessors;
    let ability = care::ability(&register, &street.files(elder)).unwrap();
    assert_eq!((ability.level, ability.screening, ability.conflict), (Level::Severe, false, false));
}

#[test]
fn linked_files_of_one_elder_count_together() {
    let mut street = Street::new();
    let (one, mut lin) = (street.gu(), street.phone(LIN, Role::Worker));
    let twin = NewElder { name: "顾某某".to_owned(), risk_tier: "high".to_owned(), ..NewElder::default() };
    street.say(&mut lin, at("11-04T09:00"), &Form::NewElder(twin));
    let is_elder = |root: &EntityId, file: &File| file.documents[root].schema().kind == Kind::Elder;
    let other = *street.caseload.files.iter().find(|(root, file)| **root != one && is_elder(root, file)).unwrap().0;
    let refused = consenting(other, vec![spoken(Purpose::Photo, ConsentState::Refused)]);
    street.say(&mut lin, at("11-05T09:00"), &refused);
    let granted = consenting(one, vec![spoken(Purpose::Photo, ConsentState::Granted)]);
    street.say(&mut lin, at("11-06T09:00"), &granted);
    street.say(&mut lin, at("11-07T09:00"), &Form::Visit(visit(other)));
    let both = care::Files::from([one, other].map(|root| (root, &street.caseload.files[&root])));
    assert_eq!(care::consent(&both, Purpose::Photo, at("11-08T09:00")), ConsentState::Refused);
    assert_eq!(care::tier(&both), "high");
    assert_eq!(care::visit_due(&Policy::sample(), &both, &[]), Some(at("11-07T09:00") + Span::days(7)));
}

/// An elder with two files that are linked: one person is visited, asked and found overdue.
#[test]
fn linked_files_of_one_elder_are_visited_asked_and_overdue_as_one() {
    let mut street = Street::new();
    let (one, mut lin) = (street.gu(), street.phone(LIN, Role::Worker));
    let twin = NewElder { name: "顾某某".to_owned(), risk_tier: "key".to_owned(), ..NewElder::default() };
    street.say(&mut lin, at("11-04T09:00"), &Form::NewElder(twin));
    let is_elder = |root: &EntityId, file: &File| file.documents[root].schema().kind == Kind::Elder;
    let other = *street.caseload.files.iter().find(|(root, file)| **root != one && is_elder(root, file)).unwrap().0;
    for (elder, state) in [(one, ConsentState::Refused), (other, ConsentState::Refused)] {
        street.say(&mut lin, at("11-05T09:00"), &consenting(elder, vec![spoken(Purpose::Photo, state)]));
    }
    let overdue = |street: &Street| {
        let flags = street.caseload.files.values().flat_map(|file| file.flags.values());
        let raised = flags.filter(|flag| flag.flagged.rule == "E08" && flag.flagged.standing == FlagStanding::Raised);
        raised.map(|flag| flag.subject).collect::<Vec<_>>()
    };
    street.caseload.tick(at("12-10T09:00"));
    assert_eq!(overdue(&street).len(), 2, "two files, two elders");
    let mut mei = street.phone(MEI, Role::Supervisor);
    let link = |undo| Form::Link(LinkForm { one, other, undo, reason: "同一个人".to_owned() });
    street.say(&mut mei, at("12-10T10:00"), &link(false));
    assert_eq!(overdue(&street).len(), 1, "one elder");
    street.say(&mut lin, at("12-10T11:00"), &Form::Visit(visit(other)));
    assert_eq!(overdue(&street), [], "a visit in either file is a visit");

    // Asked again, the elder agrees: that lifts the refusals in both files, for both were on the screen.
    let both = |street: &Street| {
        let files = care::Files::from([one, other].map(|root| (root, &street.caseload.files[&root])));
        care::consent(&files, Purpose::Photo, at("12-10T13:00"))
    };
    assert_eq!(both(&street), ConsentState::Refused);
    let granted = consenting(one, vec![spoken(Purpose::Photo, ConsentState::Granted)]);
    street.say(&mut lin, at("12-10T12:00"), &granted);
    assert_eq!(both(&street), ConsentState::Granted);
    street.say(&mut mei, at("12-10T12:30"), &link(true));
    for elder in [one, other] {
        assert_eq!(care::consent(&street.files(elder), Purpose::Photo, at("12-10T13:00")), ConsentState::Granted);
    }
    assert_eq!(overdue(&street), [one], "un-linked, the one that nobody visited is overdue again");
}
