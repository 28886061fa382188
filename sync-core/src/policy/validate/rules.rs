//! Every rule's condition compiles, its routes lead somewhere, its templates can be filled in.

use std::collections::BTreeSet;

use super::Known;
use super::names::{CODE, DEADLINE, DEPARTMENT, belongs, exists};
use crate::entity::{Kind, person_slip};
use crate::event::Signal;
use crate::policy::department::{Department, SlipKind};
use crate::policy::draft::{Draft, Row};
use crate::policy::explain::{COMMON, placeholders, window_placeholders};
use crate::policy::expression::Expression;
use crate::policy::facts::{ANOMALIES, DEPRESSION_TWICE};
use crate::policy::problem::Problems;
use crate::policy::rule::{Each, Recipient, RestsOn, Rule, RuleRoute, Stated, routes_for};
use crate::policy::text::{Lang, TemplateError, Text, fill};

pub(super) fn check(draft: &Draft, known: &Known, problems: &mut Problems) {
    for row in &draft.rules {
        let checking = Checking { draft, known, file: &row.file, rule: &row.value };
        checking.codes(problems);
        checking.conditions(problems);
        checking.templates(problems);
        checking.recipient(problems);
        checking.examples(row, problems);
    }
}

struct Checking<'a> {
    draft: &'a Draft,
    known: &'a Known,
    file: &'a str,
    rule: &'a Rule,
}

impl Checking<'_> {
    fn refuse(&self, problems: &mut Problems, zh: impl Into<String>, en: impl Into<String>) {
        problems.refuse(self.file, &self.rule.id, zh, en);
    }

    fn codes(&self, problems: &mut Problems) {
        let variants = self.rule.variant.iter().flat_map(|variant| &variant.codes);
        let routes = self.rule.route.iter().chain(self.rule.escalate.iter().flat_map(|escalation| &escalation.route));
        let routed = routes.flat_map(|route| &route.codes);
        let known = self.known_codes();
        for code in self.rule.codes.iter().chain(variants).chain(routed) {
            exists(&known, CODE, code, self.file, &self.rule.id, problems);
        }
        let about_findings = self.rule.each == Each::Finding;
        let coded = !self.rule.codes.is_empty();
        if (coded && !self.rule.each.coded()) || (!about_findings && self.rule.severity == Stated::Finding) {
            self.refuse(
                problems,
                "severity = \"finding\" 只用于 each = \"finding\";codes 只用于有代码的对象",
                "severity = \"finding\" is for each = \"finding\" only; codes are for what has codes",
            );
        }
        if self.rule.rests_on != RestsOn::File && self.rule.each != Each::Elder {
            self.refuse(problems, "rests_on 只用于 each = \"elder\"", "rests_on is for each = \"elder\" only");
        }
    }

    /// The codes of what the rule is asked about.
    fn known_codes(&self) -> BTreeSet<String> {
        let own = |codes: &[&str]| codes.iter().map(ToString::to_string).collect();
        match self.rule.each {
            Each::Signal => {
                Signal::ALL.iter().map(|signal| signal.code()).chain([DEPRESSION_TWICE]).map(str::to_owned).collect()
            }
            Each::Anomaly => own(ANOMALIES),
            Each::Conflict => {
                let fields = Kind::ALL.iter().flat_map(|kind| kind.schema().fields);
                fields.filter(|field| field.critical).map(|field| field.name.to_owned()).collect()
            }
            _ => self.known.codes.clone(),
        }
    }

    /// What goes to a department about a person says what allows it and what the desk sees; what goes about a place
    /// has nothing of a person.
    fn persons(&self, route: &RuleRoute, problems: &mut Problems) {
        let allowed = usize::from(route.consent.is_some()) + usize::from(route.legal_basis.is_some());
        if !self.rule.each.of_a_person() {
            if allowed > 0 || !route.fields.is_empty() {
                self.refuse(
                    problems,
                    "consent、legal_basis、fields 只用于关于长者的规则",
                    "consent, legal_basis and fields are for rules about elders only",
                );
            }
            return;
        }
        if allowed != 1 || route.fields.is_empty() {
            self.refuse(
                problems,
                format!("转 {} 要写 consent 或 legal_basis(二选一)和 fields", route.dept),
                format!("to {}: write either `consent` or `legal_basis`, and `fields`", route.dept),
            );
        }
        for name in &route.fields {
            if Kind::Elder.schema().field(name).is_none() {
                self.refuse(
                    problems,
                    format!("长者档案没有「{name}」这一项"),
                    format!("an elder's file has no field {name}"),
                );
            } else if person_slip::tells(name).is_none() {
                self.refuse(
                    problems,
                    format!("长者档案的「{name}」不提供给任何部门"),
                    format!("no desk is told an elder's {name}"),
                );
            }
        }
        let takes = |row: &Row<Department>| row.value.code == route.dept && row.value.slips.contains(&SlipKind::Person);
        if !self.draft.departments.iter().any(takes) {
            self.refuse(
                problems,
                format!("{} 不能接收涉及个人的转办单", route.dept),
                format!("{} may not receive a person slip", route.dept),
            );
        }
    }

    fn conditions(&self, problems: &mut Problems) {
        let escalation = self.rule.escalate.as_ref().map(|escalation| &escalation.when);
        for source in std::iter::once(&self.rule.when).chain(escalation) {
            if let Err(refused) = Expression::compile(source, self.rule.each, &self.known.limits) {
                let text = refused.text();
                self.refuse(problems, text.zh, text.en);
            }
        }
    }

    fn templates(&self, problems: &mut Problems) {
        let window = |name: &str| window_placeholders(self.rule.each).contains(&name).then(String::new);
        self.template(fill(&self.rule.window, window).map(|_| ()), problems);
        let known = |name: &str| {
            let limit = name.strip_prefix("limit.").is_some_and(|id| self.known.limits.contains(id));
            limit || COMMON.contains(&name) || placeholders(self.rule.each).contains(&name)
        };
        let filled = |text: &Text| text.fill(|name, _: Lang| known(name).then(String::new)).map(|_| ());
        for explanation in self.rule.explanations() {
            self.template(filled(explanation), problems);
        }
    }

    fn template(&self, result: Result<(), TemplateError>, problems: &mut Problems) {
        match result {
            Ok(()) => {}
            Err(TemplateError::Unknown(name)) => self.refuse(
                problems,
                format!("说明或窗口里没有「{{{name}}}」这个占位符"),
                format!("no placeholder is called {{{name}}} here"),
            ),
            Err(TemplateError::Braces) => self.refuse(problems, "大括号不成对", "a brace is not closed"),
        }
    }

    fn recipient(&self, problems: &mut Problems) {
        let escalated = self.rule.escalate.iter().map(|escalation| &escalation.route);
        for routes in std::iter::once(&self.rule.route).chain(escalated) {
            self.routes(routes, problems);
        }
        let own = self.rule.deadline.iter().chain(self.rule.then.as_ref().map(|then| &then.deadline));
        for deadline in own {
            exists(&self.known.deadlines, DEADLINE, deadline, self.file, &self.rule.id, problems);
        }
        if self.rule.each.of_a_person() && !self.rule.discreet {
            self.refuse(
                problems,
                "关于长者的规则要写 discreet = true:门口不显示内容",
                "a rule about an elder is discreet = true: at the door nobody reads it over a shoulder",
            );
        }
        if self.rule.to != Recipient::Referral && self.rule.deadline.is_none() {
            self.refuse(problems, "请写 deadline:收到的人何时前处理", "add `deadline`: by when the recipient acts");
        }
    }

    fn routes(&self, routes: &[RuleRoute], problems: &mut Problems) {
        for route in routes {
            exists(&self.known.departments, DEPARTMENT, &route.dept, self.file, &self.rule.id, problems);
            belongs(self.draft, self.known, (&route.dept, &route.deadline), self.file, &self.rule.id, problems);
            self.persons(route, problems);
        }
        let to_departments = self.rule.to == Recipient::Referral;
        if to_departments && routes.is_empty() {
            self.refuse(problems, "请写 route:转给哪个部门", "add `route`: to which department it goes");
        }
        for code in self.rule.codes.iter().filter(|_| to_departments && !routes.is_empty()) {
            if routes_for(routes, code).is_empty() {
                self.refuse(
                    problems,
                    format!("「{code}」没有去处,请在 route 里补上"),
                    format!("no route is for {code}: add one"),
                );
            }
        }
    }

    /// One example that holds, one that just does not: a rule that nobody tried is not a rule.
    fn examples(&self, row: &Row<Rule>, problems: &mut Problems) {
        for holds in [true, false] {
            if !row.value.example.iter().any(|example| example.holds == holds) {
                self.refuse(
                    problems,
                    format!("请加一个 holds = {holds} 的例子"),
                    format!("add an example with holds = {holds}"),
                );
            }
        }
    }
}
