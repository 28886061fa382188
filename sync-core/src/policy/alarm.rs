//! Which alarm a finding shows.

use super::severity::Severity;
use super::wording::AlarmText;
use crate::event::Signal;

/// The alarm of `code`, or for any other S4 the common one.
pub(crate) fn of<'a>(alarms: &'a [AlarmText], code: &str, severity: Severity) -> Option<&'a AlarmText> {
    let own = alarms.iter().find(|alarm| alarm.codes.iter().any(|own| own == code));
    let common = || alarms.iter().find(|alarm| is_common(alarm) && severity == Severity::S4);
    own.or_else(common)
}

/// The alarm that a signal of an elder's visit shows at once.
pub(crate) fn of_signal(alarms: &[AlarmText], signal: Signal) -> Option<&AlarmText> {
    alarms.iter().find(|alarm| alarm.signals.contains(&signal))
}

/// The alarm that belongs to a rule.
pub(crate) fn of_rule<'a>(alarms: &'a [AlarmText], rule: &str) -> Option<&'a AlarmText> {
    alarms.iter().find(|alarm| alarm.rules.iter().any(|own| own == rule))
}

/// Whether it is the alarm of any other S4.
pub(crate) fn is_common(alarm: &AlarmText) -> bool {
    alarm.codes.is_empty() && alarm.signals.is_empty() && alarm.rules.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Policy;

    #[test]
    fn gas_smell_and_any_other_s4_have_numbers_to_call_and_words_to_say() {
        let policy = Policy::sample();
        let gas = policy.alarm("GAS-01", Severity::S4).unwrap();
        assert_eq!(gas.id, "gas-smell");
        let other = policy.alarm("STR-01", Severity::S4).unwrap();
        assert_eq!(other.id, "immediate-danger");
        for alarm in [gas, other] {
            assert!(alarm.numbers.iter().any(|number| number.number == "119"));
            assert!(!alarm.say.zh.is_empty() && !alarm.say.en.is_empty());
        }
        assert!(policy.alarm("STR-01", Severity::S3).is_none());
    }

    #[test]
    fn what_is_noticed_of_an_elder_has_its_own_numbers_and_words() {
        let policy = Policy::sample();
        let first = |signal| policy.signal_alarm(signal).map(|alarm| alarm.numbers[0].number.as_str());
        assert_eq!(first(Signal::AcuteIllness), Some("120"));
        assert_eq!(first(Signal::SuicidalAct), Some("120"));
        assert_eq!(first(Signal::SuspectedAbuse), Some("110"));
        assert_eq!(first(Signal::GasSmell), Some("119"));
        assert_eq!(first(Signal::SuicidalWords), Some("12356"));
        assert_eq!(first(Signal::Missing), Some("110"));
        assert_eq!(first(Signal::Neglect), None, "no alarm: the supervisor decides");
        // Every rule that calls a person has something to show.
        for rule in policy.rules.iter().filter(|rule| rule.alarm && rule.each.of_a_person()) {
            let by_signal = |code: &String| Signal::from_code(code).and_then(|signal| policy.signal_alarm(signal));
            let shown = policy.rule_alarm(&rule.id).or_else(|| rule.codes.iter().find_map(by_signal));
            assert!(shown.is_some(), "{}", rule.id);
        }
    }
}
