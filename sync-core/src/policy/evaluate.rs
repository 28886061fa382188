//! Which rules hold for one file. The same code decides on the phone at the door and on the server at receipt.

use std::collections::BTreeSet;
use std::sync::Arc;

use cel::{Context, Env};

use super::Policy;
use super::explain::{Asked, Explaining, window_value};
use super::expression::{Expression, environment};
use super::facts::FileFacts;
use super::holding::{Evaluation, Holding, RuleAlarm, about};
use super::rule::{Each, Rule, RuleRoute, Stated, routes_for};
use super::severity::Severity;
use super::text::{Text, fill};
use crate::time::Timestamp;

/// The most findings, pairs or referrals that are judged at once; what is beyond becomes an alarm.
pub const MAX_FACTS: usize = 512;

/// A policy's rules, compiled once.
pub struct Evaluator {
    policy: Arc<Policy>,
    environment: Arc<Env>,
    rules: Vec<Compiled>,
}

struct Compiled {
    /// Position in the policy.
    rule: usize,
    when: Result<Expression, Text>,
    escalate: Option<Result<Expression, Text>>,
}

impl Compiled {
    fn reads(&self, root: &str) -> bool {
        let reads = |expression: &Result<Expression, Text>| expression.as_ref().is_ok_and(|e| e.reads(root));
        reads(&self.when) || self.escalate.as_ref().is_some_and(reads)
    }
}

impl Evaluator {
    /// The evaluator of a policy.
    #[must_use]
    pub fn new(policy: Arc<Policy>) -> Self {
        let limits = policy.limit_ids();
        let compile = |source: &str, each| Expression::compile(source, each, &limits).map_err(|refused| refused.text());
        let compiled = |(index, rule): (usize, &Rule)| Compiled {
            rule: index,
            when: compile(&rule.when, rule.each),
            escalate: rule.escalate.as_ref().map(|escalation| compile(&escalation.when, rule.each)),
        };
        let rules = policy.rules.iter().enumerate().map(compiled).collect();
        Self { environment: environment(), rules, policy }
    }

    /// The policy it evaluates.
    #[must_use]
    pub fn policy(&self) -> &Arc<Policy> {
        &self.policy
    }

    /// Whether time alone can make this rule hold: then it has to be asked again without new data.
    #[must_use]
    pub fn depends_on_time(&self, rule: &str) -> bool {
        self.rules.iter().any(|compiled| self.policy.rules[compiled.rule].id == rule && compiled.reads("now"))
    }

    /// Which rules hold. Never fails and never stops half-way: what cannot be judged is an alarm in the result.
    #[must_use]
    pub fn evaluate(&self, facts: &FileFacts, now: Timestamp) -> Evaluation {
        let mut judging = Judging { evaluator: self, facts, now, found: Evaluation::default(), seen: BTreeSet::new() };
        let result = self.context(facts, now).and_then(|root| judging.each_rule(&root));
        if let Err(message) = result {
            judging.alarm("*", message);
        }
        judging.found.alarms.sort();
        judging.found.alarms.dedup();
        judging.found
    }

    /// The names every condition shares, those that some rule reads.
    fn context(&self, facts: &FileFacts, now: Timestamp) -> Result<Context<'static, 'static>, Text> {
        let mut context = Context::with_env(Arc::clone(&self.environment));
        let read = |root: &str| self.rules.iter().any(|compiled| compiled.reads(root));
        if read("p") {
            context.add_variable("p", &facts.place).map_err(unreadable)?;
        }
        if read("op") {
            context.add_variable("op", &facts.operator).map_err(unreadable)?;
        }
        if read("findings") {
            context.add_variable("findings", capped(&facts.findings)).map_err(unreadable)?;
        }
        if let Some(elder) = facts.elder.as_ref().filter(|_| read("e")) {
            context.add_variable("e", elder).map_err(unreadable)?;
        }
        if read("limit") {
            context.add_variable("limit", self.policy.limit_values()).map_err(unreadable)?;
        }
        context.add_variable("now", now.millis()).map_err(unreadable)?;
        Ok(context)
    }
}

fn unreadable(_: cel::SerializationError) -> Text {
    Text::new("事实无法读取", "the facts cannot be read")
}

fn capped<T>(list: &[T]) -> &[T] {
    &list[..list.len().min(MAX_FACTS)]
}

/// One evaluation on its way.
struct Judging<'a> {
    evaluator: &'a Evaluator,
    facts: &'a FileFacts,
    now: Timestamp,
    found: Evaluation,
    /// Rule and window, so that a finding that came twice is flagged once.
    seen: BTreeSet<(usize, String)>,
}

impl<'a> Judging<'a> {
    fn each_rule(&mut self, root: &Context<'_, 'static>) -> Result<(), Text> {
        let facts = self.facts;
        if facts.elder.is_none() {
            self.ask(Each::Premises, &[Asked::Premises], root)?;
        }
        self.ask(Each::Finding, &facts.findings.iter().map(Asked::Finding).collect::<Vec<_>>(), root)?;
        self.ask(Each::Pair, &facts.pairs.iter().map(Asked::Pair).collect::<Vec<_>>(), root)?;
        self.ask(Each::Referral, &facts.referrals.iter().map(Asked::Referral).collect::<Vec<_>>(), root)?;
        self.ask(Each::Elder, &facts.elder.iter().map(Asked::Elder).collect::<Vec<_>>(), root)?;
        if facts.elder.is_some() {
            self.ask(Each::Signal, &facts.signals.iter().map(Asked::Signal).collect::<Vec<_>>(), root)?;
        }
        self.ask(Each::Conflict, &facts.conflicts.iter().map(Asked::Conflict).collect::<Vec<_>>(), root)?;
        self.ask(Each::Anomaly, &facts.anomalies.iter().map(Asked::Anomaly).collect::<Vec<_>>(), root)?;
        let position = |id: &str| self.evaluator.policy.rules.iter().position(|rule| rule.id == id);
        self.found.holds.sort_by_cached_key(|holding| (position(&holding.rule), holding.window.clone()));
        Ok(())
    }

    /// Asks every rule of the kind `each` about every subject that it looks at.
    fn ask(&mut self, each: Each, subjects: &[Asked<'a>], root: &Context<'_, 'static>) -> Result<(), Text> {
        let evaluator = self.evaluator;
        let rule_of = |compiled: &Compiled| &evaluator.policy.rules[compiled.rule];
        let dwelling = self.facts.place.dwelling;
        let asked_here = |compiled: &&Compiled| {
            let rule = rule_of(compiled);
            rule.each == each && rule.looks_at_place(dwelling)
        };
        let rules: Vec<_> = evaluator.rules.iter().filter(asked_here).collect();
        if subjects.len() > MAX_FACTS && !rules.is_empty() {
            self.alarm("*", Text::new("事实太多,只判断了一部分", "too many facts: only some were judged"));
        }
        for subject in capped(subjects) {
            let looking: Vec<_> = rules.iter().filter(|compiled| looks_at(rule_of(compiled), *subject)).collect();
            if looking.is_empty() {
                continue;
            }
            let mut context = root.new_inner_scope();
            match subject {
                // The elder is known to the whole evaluation.
                Asked::Premises | Asked::Elder(_) => {}
                Asked::Signal(signal) => context.add_variable("s", signal).map_err(unreadable)?,
                Asked::Conflict(conflict) => context.add_variable("c", conflict).map_err(unreadable)?,
                Asked::Anomaly(anomaly) => context.add_variable("a", anomaly).map_err(unreadable)?,
                Asked::Finding(finding) => context.add_variable("f", finding).map_err(unreadable)?,
                Asked::Pair(pair) => context.add_variable("d", pair).map_err(unreadable)?,
                Asked::Referral(referral) => context.add_variable("r", referral).map_err(unreadable)?,
            }
            for compiled in looking {
                if let Err(message) = self.judge(compiled, *subject, &context) {
                    self.alarm(&rule_of(compiled).id, message);
                }
            }
        }
        Ok(())
    }

    fn judge(&mut self, compiled: &Compiled, asked: Asked<'a>, context: &Context<'_, '_>) -> Result<(), Text> {
        let rule = &self.evaluator.policy.rules[compiled.rule];
        if !compiled.when.as_ref().map_err(Clone::clone)?.holds(context)? {
            return Ok(());
        }
        // A second condition that cannot be judged must not hide that the first one holds.
        let escalated = match &compiled.escalate {
            None => false,
            Some(condition) => {
                condition.as_ref().map_err(Clone::clone).and_then(|when| when.holds(context)).unwrap_or_else(
                    |message| {
                        self.alarm(&rule.id, message);
                        false
                    },
                )
            }
        };
        let (stated, routes, explanation) = match rule.escalate.as_ref().filter(|_| escalated) {
            Some(then) => (Stated::Fixed(then.severity), &then.route, &then.explanation),
            None => (rule.severity, &rule.route, rule.explanation_of(code(asked))),
        };
        let mut holding = self.holding(rule, asked, stated, routes, explanation);
        // A rule that has become immediate danger calls a person like one that always is.
        holding.alarm = rule.alarm || (escalated && holding.severity == Severity::S4);
        holding.waits = rule.each.of_a_person() && !holding.alarm;
        if self.seen.insert((compiled.rule, holding.window.clone())) {
            self.found.holds.push(holding);
        } else {
            self.keep_the_more_severe(holding);
        }
        Ok(())
    }

    fn holding(
        &mut self,
        rule: &Rule,
        asked: Asked<'a>,
        stated: Stated,
        routes: &[RuleRoute],
        explanation: &Text,
    ) -> Holding {
        let severity = match (stated, asked) {
            (Stated::Fixed(severity), _) => severity,
            (Stated::Finding, Asked::Finding(finding)) => finding.severity(),
            (Stated::Finding, _) => Severity::S0,
        };
        let routes = routes_for(routes, code(asked));
        let explaining = Explaining {
            policy: &self.evaluator.policy,
            place: &self.facts.place,
            asked,
            routes: &routes,
            deadline: rule.deadline.as_deref(),
            now: self.now,
        };
        // A flag without its explanation is better than none; the alarm says what is missing.
        let explanation = explanation.fill(|name, lang| explaining.value(name, lang)).unwrap_or_else(|error| {
            self.alarm(&rule.id, Text::new(format!("说明无法填写:{error}"), format!("explanation: {error}")));
            rule.name.clone()
        });
        let since = self.facts.since.get(&rule.rests_on).map_or("", String::as_str);
        let window = fill(&rule.window, |name| window_value(asked, since, name)).unwrap_or_else(|error| {
            self.alarm(&rule.id, Text::new(format!("窗口无法填写:{error}"), format!("window: {error}")));
            rule.window.clone()
        });
        Holding {
            rule: rule.id.clone(),
            window,
            about: about(asked, rule.rests_on),
            severity,
            to: rule.to,
            routes,
            deadline: rule.deadline.clone(),
            alarm: rule.alarm,
            waits: false,
            discreet: rule.discreet,
            explanation,
        }
    }

    fn keep_the_more_severe(&mut self, holding: Holding) {
        let same = |other: &&mut Holding| other.rule == holding.rule && other.window == holding.window;
        if let Some(earlier) = self.found.holds.iter_mut().find(same)
            && earlier.severity < holding.severity
        {
            *earlier = holding;
        }
    }

    fn alarm(&mut self, rule: &str, message: Text) {
        self.found.alarms.push(RuleAlarm { rule: rule.to_owned(), message });
    }
}

/// The code that a rule was asked about, or none.
fn code(asked: Asked<'_>) -> &str {
    match asked {
        Asked::Finding(finding) => &finding.code,
        Asked::Signal(signal) => &signal.kind,
        Asked::Conflict(conflict) => &conflict.field,
        Asked::Anomaly(anomaly) => &anomaly.kind,
        Asked::Premises | Asked::Pair(_) | Asked::Referral(_) | Asked::Elder(_) => "",
    }
}

fn looks_at(rule: &Rule, asked: Asked<'_>) -> bool {
    !rule.each.coded() || rule.looks_at(code(asked))
}

#[cfg(test)]
mod tests;
