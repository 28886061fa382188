//! CEL conditions: bounded before they are parsed, checked for names before they are run.
//!
//! The parser and the evaluator recurse, and a stack that overflows cannot be caught; so the text is bounded first.
//! Only the operators and functions listed here may be used: each is total, linear and the same on every device.

use std::collections::BTreeSet;
use std::sync::Arc;

use cel::common::ast::{ComprehensionExpr, EntryExpr, Expr};
use cel::{Context, Env, ExecutionError, IdedExpr, Program, Value};

use super::facts;
use super::rule::Each;
use super::text::Text;

const MAX_BYTES: usize = 1_000;
const MAX_NESTING: usize = 10;
const MAX_SIGNS: usize = 120;

const FUNCTIONS: &[&str] = &[
    "_?_:_",
    "_&&_",
    "_||_",
    "!_",
    "_-_",
    "_+_",
    "_*_",
    "_/_",
    "_%_",
    "_==_",
    "_!=_",
    "_>=_",
    "_<=_",
    "_>_",
    "_<_",
    "-_",
    "@in",
    "@not_strictly_false",
    "size",
    "startsWith",
    "endsWith",
    "contains",
];

/// Why a condition is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refused {
    TooLong,
    TooDeep,
    Syntax(String),
    UnknownName(String),
    UnknownField(String),
    Function(String),
    LoopInLoop,
}

impl Refused {
    pub(crate) fn text(&self) -> Text {
        let text = |zh: String, en: String| Text { zh, en };
        match self {
            Self::TooLong => text(
                format!("条件太长(最多{MAX_BYTES}字节、{MAX_SIGNS}个符号),请拆成几条规则"),
                format!("the condition is too long (at most {MAX_BYTES} bytes and {MAX_SIGNS} signs): split the rule"),
            ),
            Self::TooDeep => text(
                format!("括号嵌套太深(最多{MAX_NESTING}层),请简化"),
                format!("brackets nest too deeply (at most {MAX_NESTING}): simplify the condition"),
            ),
            Self::Syntax(message) => {
                text(format!("条件写法有误:{message}"), format!("the condition does not parse: {message}"))
            }
            Self::UnknownName(name) => {
                text(format!("条件里没有「{name}」这个名称"), format!("a condition of this kind knows no “{name}”"))
            }
            Self::UnknownField(name) => {
                text(format!("没有「{name}」这一项,请核对拼写"), format!("there is no “{name}”: check the spelling"))
            }
            Self::Function(name) => {
                text(format!("条件里不能用「{name}」"), format!("“{name}” is not allowed in a condition"))
            }
            Self::LoopInLoop => text(
                "一个遍历里不能再套一个遍历".to_owned(),
                "a loop (exists, all, …) cannot stand inside another".to_owned(),
            ),
        }
    }
}

/// A condition, ready to run.
pub(crate) struct Expression {
    program: Program,
    reads: BTreeSet<String>,
}

impl Expression {
    /// Compiles `source` for a rule asked about `each`; `limits` are the ids of the policy's limits.
    pub(crate) fn compile(source: &str, each: Each, limits: &BTreeSet<String>) -> Result<Self, Refused> {
        bound(source)?;
        let program = Program::compile(source).map_err(|errors| {
            let first = errors.errors.first().map_or(String::new(), |error| error.msg.clone());
            Refused::Syntax(first.chars().take(200).collect())
        })?;
        let mut names = Names { each, limits, reads: BTreeSet::new(), looped: None };
        names.visit(program.expression())?;
        Ok(Self { reads: names.reads, program })
    }

    /// Whether the condition uses the name `root` (`p`, `findings`, `now`…).
    pub(crate) fn reads(&self, root: &str) -> bool {
        self.reads.contains(root)
    }

    /// Whether it holds.
    pub(crate) fn holds(&self, context: &Context<'_, '_>) -> Result<bool, Text> {
        match self.program.execute(context) {
            Ok(Value::Bool(holds)) => Ok(holds),
            Ok(_) => Err(Text::new("条件的结果不是真或假", "the condition gives neither true nor false")),
            Err(error) => Err(without_values(&error)),
        }
    }
}

/// The environment every condition runs in.
pub(crate) fn environment() -> Arc<Env> {
    Arc::new(Env::stdlib())
}

fn bound(source: &str) -> Result<(), Refused> {
    let signs = source.chars().filter(|c| c.is_ascii_punctuation() && !"_'\"".contains(*c)).count();
    if source.len() > MAX_BYTES || signs > MAX_SIGNS {
        return Err(Refused::TooLong);
    }
    let mut depth = 0usize;
    for c in source.chars() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_NESTING {
            return Err(Refused::TooDeep);
        }
    }
    Ok(())
}

/// What went wrong, without the values that it went wrong with: alarms reach logs, facts must not.
fn without_values(error: &ExecutionError) -> Text {
    match error {
        ExecutionError::NoSuchKey(key) => Text::new(format!("没有「{key}」这一项"), format!("there is no “{key}”")),
        ExecutionError::UndeclaredReference(name) => {
            Text::new(format!("没有「{name}」这个名称"), format!("there is no name “{name}”"))
        }
        ExecutionError::NoSuchOverload(error) => {
            let types = error.argument_types().join(", ");
            Text::new(
                format!("「{}」不能用于这些类型:{types}", error.function()),
                format!("“{}” does not work on these types: {types}", error.function()),
            )
        }
        ExecutionError::ValuesNotComparable(..) => Text::new("两个值不能比较", "two values cannot be compared"),
        ExecutionError::DivisionByZero(_) | ExecutionError::RemainderByZero(_) => {
            Text::new("除数为零", "division by zero")
        }
        ExecutionError::Overflow(..) => Text::new("数值太大", "a number is too large"),
        _ => Text::new("条件无法计算", "the condition cannot be evaluated"),
    }
}

/// Walks a condition and refuses what it should not use. Its depth is bounded by [`bound`].
struct Names<'a> {
    each: Each,
    limits: &'a BTreeSet<String>,
    reads: BTreeSet<String>,
    /// Inside a loop: its variables, and whether they stand for findings.
    looped: Option<(Vec<String>, bool)>,
}

impl Names<'_> {
    fn visit(&mut self, node: &IdedExpr) -> Result<(), Refused> {
        match &node.expr {
            Expr::Ident(name) => self.name(name),
            Expr::Select(select) => {
                if let Expr::Ident(root) = &select.operand.expr {
                    self.field(root, &select.field)?;
                }
                self.visit(&select.operand)
            }
            Expr::Call(call) => {
                if !FUNCTIONS.contains(&call.func_name.as_str()) {
                    return Err(Refused::Function(call.func_name.clone()));
                }
                call.target.iter().try_for_each(|target| self.visit(target))?;
                call.args.iter().try_for_each(|arg| self.visit(arg))
            }
            Expr::List(list) => list.elements.iter().try_for_each(|element| self.visit(element)),
            Expr::Map(map) => map.entries.iter().try_for_each(|entry| match &entry.expr {
                EntryExpr::MapEntry(entry) => self.visit(&entry.key).and_then(|()| self.visit(&entry.value)),
                EntryExpr::StructField(field) => self.visit(&field.value),
            }),
            Expr::Struct(made) => Err(Refused::Function(made.type_name.clone())),
            Expr::Comprehension(comprehension) => self.each_of(comprehension),
            Expr::Literal(_) | Expr::Unspecified => Ok(()),
        }
    }

    fn each_of(&mut self, comprehension: &ComprehensionExpr) -> Result<(), Refused> {
        if self.looped.is_some() {
            return Err(Refused::LoopInLoop);
        }
        self.visit(&comprehension.iter_range)?;
        let of_findings = matches!(&comprehension.iter_range.expr, Expr::Ident(name) if name == "findings");
        let mut variables = vec![comprehension.iter_var.clone(), comprehension.accu_var.clone()];
        variables.extend(comprehension.iter_var2.clone());
        self.looped = Some((variables, of_findings));
        let parts =
            [&comprehension.accu_init, &comprehension.loop_cond, &comprehension.loop_step, &comprehension.result];
        let result = parts.into_iter().try_for_each(|part| self.visit(part));
        self.looped = None;
        result
    }

    fn name(&mut self, name: &str) -> Result<(), Refused> {
        if self.looped.as_ref().is_some_and(|(variables, _)| variables.iter().any(|own| own == name)) {
            return Ok(());
        }
        let known = matches!(name, "p" | "op" | "findings" | "now" | "limit") || self.each.variables().contains(&name);
        if !known {
            return Err(Refused::UnknownName(name.to_owned()));
        }
        self.reads.insert(name.to_owned());
        Ok(())
    }

    fn field(&self, root: &str, field: &str) -> Result<(), Refused> {
        let loop_variable = self.looped.as_ref().filter(|(variables, _)| variables.iter().any(|own| own == root));
        let known = match (root, loop_variable) {
            (_, Some((_, of_findings))) => {
                !of_findings || facts::fields("f").is_some_and(|fields| fields.contains(&field))
            }
            ("limit", None) => self.limits.contains(field),
            (root, None) => facts::fields(root).is_none_or(|fields| fields.contains(&field)),
        };
        if known { Ok(()) } else { Err(Refused::UnknownField(format!("{root}.{field}"))) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compile(source: &str) -> Result<Expression, Refused> {
        Expression::compile(source, Each::Finding, &BTreeSet::from(["kg".to_owned()]))
    }

    fn refusal(source: &str) -> Refused {
        compile(source).err().unwrap_or_else(|| panic!("accepted: {source}"))
    }

    #[test]
    fn conditions_may_use_what_facts_offer_and_nothing_else() {
        let fine = compile("f.severity > 1 && findings.exists(x, x.code == f.code) && p.lpg_kg > limit.kg").unwrap();
        assert!(fine.reads("f") && fine.reads("findings") && fine.reads("limit") && !fine.reads("now"));
        assert_eq!(refusal("f.sevrity > 1"), Refused::UnknownField("f.sevrity".into()));
        assert_eq!(refusal("findings.exists(x, x.cod == 'A')"), Refused::UnknownField("x.cod".into()));
        assert_eq!(refusal("limit.lb > 1"), Refused::UnknownField("limit.lb".into()));
        assert_eq!(refusal("d.linked"), Refused::UnknownName("d".into()));
        assert_eq!(refusal("f.code.matches('(a+)+b')"), Refused::Function("matches".into()));
        assert_eq!(refusal("timestamp('2026-01-01T00:00:00Z') == now"), Refused::Function("timestamp".into()));
        let twice = "findings.exists(x, findings.exists(y, x.code == y.code))";
        assert_eq!(refusal(twice), Refused::LoopInLoop);
        assert!(matches!(refusal("f.severity >"), Refused::Syntax(_)));
        assert!(matches!(refusal(""), Refused::Syntax(_)));
    }

    #[test]
    fn the_deepest_condition_that_passes_the_bounds_needs_little_stack() {
        // 512 KiB is what iOS gives a secondary thread.
        let shapes: [fn(usize) -> String; 8] = [
            |n| "!".repeat(n) + "true",
            |n| "-".repeat(n) + "1 == 1",
            |n| format!("{}true{}", "(".repeat(n.min(10)), ")".repeat(n.min(10))),
            |n| format!("f{}", ".code".repeat(n)),
            |n| format!("{}true", "true?true:".repeat(n / 2)),
            |n| format!("true{}", "&&true".repeat(n / 2)),
            |n| format!("1 == 1{}", "+1".repeat(n.saturating_sub(2))),
            |n| format!("true{}", "==true".repeat(n / 2)),
        ];
        let run = move || {
            for shape in shapes {
                for n in [1, 10, 60, MAX_SIGNS - 1, MAX_SIGNS, 100_000] {
                    if let Ok(expression) = compile(&shape(n)) {
                        let mut context = Context::with_env(environment());
                        context.add_variable("f", facts::FindingFacts::default()).unwrap();
                        let _outcome = expression.holds(&context);
                    }
                }
            }
        };
        std::thread::Builder::new().stack_size(512 * 1024).spawn(run).unwrap().join().unwrap();
        assert_eq!(refusal(&"(".repeat(20)), Refused::TooDeep);
        assert_eq!(refusal(&"!".repeat(121)), Refused::TooLong);
    }
}
