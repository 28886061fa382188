//! A worker's notes, as they are thumbed into a phone between two shops: what was seen, then what came of it.

pub(super) mod lines;

use super::dice::Dice;
use super::hazards::Hazard;
use super::words::Trade;
use lines::{AGAIN, NOT_SEEN, OPEN, PUT_RIGHT, REFUSED, SEEN, SLOTS};

/// Writes the notes of one visit.
pub(super) struct Voice<'a> {
    pub(super) dice: &'a mut Dice,
    goods: &'static [&'static str],
    appliances: &'static [&'static str],
    /// Whom the visit is with: one person throughout.
    who: &'static str,
}

impl<'a> Voice<'a> {
    pub(super) fn new(dice: &'a mut Dice, trade: &'static Trade, who: &'static str) -> Self {
        Self { dice, goods: trade.goods, appliances: trade.appliances, who }
    }

    /// What was seen of a hazard, and what the owner made of it.
    pub(super) fn about(&mut self, hazard: &Hazard) -> String {
        let Some((_, remedy, seen)) = SEEN.iter().find(|(code, ..)| *code == hazard.item.code) else {
            return String::new();
        };
        let mut template = String::new();
        if hazard.seen_before > 0 {
            template.push_str(self.dice.pick(AGAIN));
        }
        template.push_str(self.dice.pick(seen));
        let endings = match (hazard.on_spot, hazard.refused) {
            (true, _) => remedy.at_once(),
            (false, true) => REFUSED,
            (false, false) => remedy.later().unwrap_or(OPEN),
        };
        let ending = self.dice.pick(endings);
        if !ending.is_empty() {
            template.push('，');
            template.push_str(ending);
        }
        template.push('。');
        self.fill(&template, hazard.quantity)
    }

    /// That what was reminded of is now in order.
    pub(super) fn put_right(&mut self) -> String {
        let template = self.dice.pick(PUT_RIGHT);
        self.fill(template, None)
    }

    /// Why an item was not looked at.
    pub(super) fn not_seen(&mut self) -> String {
        let template = self.dice.pick(NOT_SEEN);
        self.fill(template, None)
    }

    /// Fills `{slots}` with one of their words, again and again, for words may hold slots.
    fn fill(&mut self, template: &str, quantity: Option<u32>) -> String {
        let mut text = template.to_owned();
        while let Some(start) = text.find('{') {
            let Some(length) = text[start..].find('}') else { break };
            let word = match &text[start + 1..start + length] {
                "q" => quantity.unwrap_or(1).to_string(),
                "goods" => self.dice.pick(self.goods).to_owned(),
                "appliance" => self.dice.pick(self.appliances).to_owned(),
                "who" => self.who.to_owned(),
                "n" => self.dice.between(2, 4).to_string(),
                "cm" => (self.dice.between(5, 15) * 5).to_string(),
                slot => SLOTS
                    .iter()
                    .find(|(name, _)| *name == slot)
                    .map(|(_, words)| self.dice.pick(words).to_owned())
                    .unwrap_or_default(),
            };
            text.replace_range(start..=start + length, &word);
        }
        text
    }
}
