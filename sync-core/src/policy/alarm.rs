//! Which alarm a finding shows.

use super::severity::Severity;
use super::wording::AlarmText;

/// The alarm of `code`, or for any other S4 the common one.
pub(crate) fn of<'a>(alarms: &'a [AlarmText], code: &str, severity: Severity) -> Option<&'a AlarmText> {
    let own = alarms.iter().find(|alarm| alarm.codes.iter().any(|own| own == code));
    let common = || alarms.iter().find(|alarm| alarm.codes.is_empty() && severity == Severity::S4);
    own.or_else(common)
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
}
