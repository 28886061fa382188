//! What to do, whom to call and what to say before a form is finished. A finding or a sign that is dangerous in itself
//! shows at once; whether a rule makes an alarm of it, the rules decide over the file with the draft on top, as if it
//! were finished.

use std::collections::BTreeMap;

use sync_core::case::File;
use sync_core::event::{Answer, Signal};
use sync_core::flag::facts;
use sync_core::form::{AnswerRow, Form, Seen};
use sync_core::id::{EntityId, SubmissionId};
use sync_core::policy::{About, AlarmText, Evaluation, Evaluator, Policy, RestsOn, Severity};
use sync_core::submission::{Submission, content};
use sync_core::time::Hlc;

use super::draft::Draft;
use super::shown::Shown;
use super::{Inner, Phone};
use crate::error::PhoneError;

impl Phone {
    /// The alarms of a form as it is now, complete or not, each once. Also while files are locked: then by the form
    /// alone, and whatever the file might say is taken for the worse. None before a policy has arrived.
    ///
    /// # Errors
    /// [`PhoneError`]
    pub fn alarms(&self, draft: SubmissionId) -> Result<Vec<AlarmText>, PhoneError> {
        let inner = self.lock();
        let draft = inner.draft(draft)?;
        let Some(evaluator) = inner.policy.evaluator() else { return Ok(Vec::new()) };
        let policy = evaluator.policy();
        let mut alarms: Vec<&AlarmText> = findings(&draft.form).filter_map(|row| of_finding(policy, row)).collect();
        if let Some(elder) = elder(&draft.form) {
            let judged = Judged {
                before: inner.judge(evaluator, elder, None)?,
                with: inner.judge(evaluator, elder, Some(&draft))?,
            };
            alarms.extend(signals(&draft.form).iter().filter_map(|signal| of_signal(policy, &judged, *signal)));
            alarms.extend(of_rules(policy, &judged, &draft.form));
        }
        let mut shown: Vec<AlarmText> = Vec::new();
        for alarm in alarms {
            if !shown.contains(alarm) {
                shown.push(alarm.clone());
            }
        }
        Ok(shown)
    }
}

/// What the rules say of the file, and of the file with the draft on top.
struct Judged {
    before: Evaluation,
    with: Evaluation,
}

/// What was looked at in a place.
fn findings(form: &Form) -> impl Iterator<Item = &AnswerRow> {
    let rows: &[AnswerRow] = match form {
        Form::Inspection(form) => &form.answers,
        Form::Visit(form) => &form.home,
        _ => &[],
    };
    rows.iter().filter(|row| row.answer == Answer::Problem)
}

fn signals(form: &Form) -> &[Signal] {
    match form {
        Form::Visit(form) => &form.signals,
        _ => &[],
    }
}

/// The elder that a form is about, when rules about people may follow from it.
fn elder(form: &Form) -> Option<EntityId> {
    match form {
        Form::Visit(form) => Some(form.elder),
        Form::NotMet(form) => Some(form.elder),
        Form::Risk(form) => Some(form.elder),
        Form::Assessment(form) => Some(form.elder),
        _ => None,
    }
}

fn of_finding<'p>(policy: &'p Policy, row: &AnswerRow) -> Option<&'p AlarmText> {
    let usual = policy.checklist.item(&row.code).map(|item| item.severity);
    let severity = row.severity.map(|severity| Severity::from_number(severity.into())).or(usual)?;
    policy.alarm(&row.code, severity)
}

/// The alarm of a sign: at once, unless a rule says for whom it is one; then if that rule holds, or nobody knows.
fn of_signal<'p>(policy: &'p Policy, judged: &Judged, signal: Signal) -> Option<&'p AlarmText> {
    let speaks = |rule: &&sync_core::policy::Rule| rule.alarm && rule.codes.iter().any(|code| code == signal.code());
    let mut rules = policy.rules.iter().filter(speaks).peekable();
    let decided = rules.peek().is_some();
    let holds = |rule: &sync_core::policy::Rule| {
        let about = |about: &About| matches!(about, About::Signal { kind, .. } if kind == signal.code());
        let found = judged.with.holds.iter().any(|holding| holding.rule == rule.id && about(&holding.about));
        found || judged.with.alarms.iter().any(|failed| failed.rule == rule.id || failed.rule == "*")
    };
    if decided && !rules.any(holds) {
        return None;
    }
    policy.signal_alarm(signal)
}

/// The alarms of rules that no single answer shows: those that hold because of this form, and that nobody can be reached,
/// also when that was so before.
fn of_rules<'p>(policy: &'p Policy, judged: &Judged, form: &Form) -> Vec<&'p AlarmText> {
    let held = |rule: &str, window: &str| {
        judged.before.holds.iter().any(|holding| holding.rule == rule && holding.window == window)
    };
    let again = |about: &About| matches!((about, form), (About::Elder(RestsOn::NotMet), Form::NotMet(_)));
    let new = judged.with.holds.iter().filter(|holding| holding.alarm && matches!(holding.about, About::Elder(_)));
    let new = new.filter(|holding| again(&holding.about) || !held(&holding.rule, &holding.window));
    new.filter_map(|holding| policy.rule_alarm(&holding.rule)).collect()
}

impl Inner {
    /// What the rules say of an elder's files, with a draft on top.
    fn judge(&self, evaluator: &Evaluator, elder: EntityId, draft: Option<&Draft>) -> Result<Evaluation, PhoneError> {
        let mut files: BTreeMap<EntityId, File> = BTreeMap::new();
        let locked = self.is_locked();
        let root = self.index.root(elder).map_or(elder, |(_, root)| root);
        for root in self.index.cluster(root) {
            let mut shown = if locked { Shown::default() } else { self.shown(root)? };
            if let Some(draft) = draft {
                self.put_draft_on_top(&mut shown, root, draft, locked)?;
            }
            files.insert(root, shown.file);
        }
        let linked = files.iter().map(|(root, file)| (*root, file)).collect();
        let now = self.now();
        // Bad weather makes visits due, and no alarm of it.
        Ok(evaluator.evaluate(&facts(evaluator.policy(), now, &linked, &[], &[]), now))
    }

    pub(super) fn put_draft_on_top(
        &self,
        shown: &mut Shown,
        root: EntityId,
        draft: &Draft,
        locked: bool,
    ) -> Result<(), PhoneError> {
        let seen = match self.policy.evaluator() {
            Some(evaluator) if locked => Seen::under(evaluator.policy()),
            _ => self.seen(&draft.form)?,
        };
        let parts = draft.form.so_far(&seen, &self.circumstances(draft));
        let caseload = self.caseload(draft.caseload)?;
        let number = caseload.outbox.next_number();
        let (Ok(content), Some(author)) = (content(&parts), self.device.author(caseload.role(), number)) else {
            return Ok(());
        };
        let at = Hlc { wall: self.now(), counter: 0 };
        let submission = Submission { id: draft.id, caseload: draft.caseload, number, at, parts };
        let seq = caseload.position().seq + number;
        self.put_on_top(shown, root, content, &submission, author, seq);
        Ok(())
    }
}
