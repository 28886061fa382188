//! What linked documents mean together, from the words of the design: the policies take the union of what is said in
//! them, concurrent unless an edit names both.

use std::collections::{BTreeMap, BTreeSet};

use sync_core::merge::FieldPolicy;

use super::{Key, Meaning, Model, Put, Said, Standing, policy};

/// One assertion, wherever it was put: who says the same in several documents at once has said one thing.
type Assertion = (sync_core::id::SubmissionId, sync_core::edit::Value);

/// What all the assertions to this key in these documents amount to together.
#[must_use]
pub fn meaning(models: &[&Model], key: &Key) -> Option<Meaning> {
    let policy = models.first()?.policy(&key.0);
    let assertion = |said: &Said| (said.submission, said.value.clone());
    let (mut superseded, mut opinions) = (BTreeMap::new(), BTreeMap::new());
    let mut stands: Vec<Vec<Standing>> = Vec::new();
    for model in models {
        let (standing, own) = policy::without_replaced_by_own(policy, model.standing(key, None));
        stands.push(standing);
        own.into_iter().for_each(|claim| keep_first(&mut superseded, claim.said));
        model.puts(key, true).for_each(|(place, put)| keep_first(&mut opinions, model.said(place, put)));
    }
    // An edit that names several documents, and creates none of them, says one thing about one thing: whoever replaces
    // it in one of them has replaced it in the others.
    let changed: Vec<BTreeSet<Assertion>> = models.iter().map(|model| model.changed(key).collect()).collect();
    let replaced = |at: usize, said: &Assertion| {
        let stands_in = |other: usize| stands[other].iter().any(|claim| assertion(&claim.said) == *said);
        changed[at].contains(said) && (0..models.len()).any(|other| changed[other].contains(said) && !stands_in(other))
    };
    let mut standing: BTreeMap<Assertion, Standing> = BTreeMap::new();
    let mut take = |keep_all: bool| {
        for (at, claims) in stands.iter().enumerate() {
            for claim in claims.iter().filter(|claim| keep_all || !replaced(at, &assertion(&claim.said))) {
                let known = standing.entry(assertion(&claim.said)).or_insert_with(|| claim.clone());
                known.said.version = known.said.version.min(claim.said.version);
            }
        }
        standing.is_empty()
    };
    // Forged bases can contradict each other until nothing is left; then everything stands.
    if take(false) {
        take(true);
    }
    superseded.retain(|said, _| !standing.contains_key(said));
    opinions.retain(|said, _| !standing.contains_key(said) && !superseded.contains_key(said));
    let mut order = policy::in_order_of_preference(policy, standing.into_values().collect()).into_iter();
    let shown = order.next()?;
    let others: Vec<Said> = order.collect();
    let conflict = policy == FieldPolicy::Ask && others.iter().any(|other| other.value != shown.value);
    let sorted = |said: BTreeMap<Assertion, Said>| {
        let mut all: Vec<Said> = said.into_values().collect();
        all.sort();
        all
    };
    Some(Meaning { shown, others, superseded: sorted(superseded), opinions: sorted(opinions), conflict })
}

fn keep_first(all: &mut BTreeMap<Assertion, Said>, said: Said) {
    let known = all.entry((said.submission, said.value.clone())).or_insert_with(|| said.clone());
    known.version = known.version.min(said.version);
}

impl Model {
    /// The assertions that took part and changed something that was there: not those that made the document.
    fn changed<'a>(&'a self, key: &'a Key) -> impl Iterator<Item = Assertion> + 'a {
        let changes = |(place, _): &(usize, &Put)| !self.edits[*place].seen.is_empty();
        self.puts(key, false)
            .filter(changes)
            .map(|(place, put)| (self.edits[place].stamp.submission, put.value.clone()))
    }
}

/// The documents that links join, each group by itself: found by walking from each as far as links lead.
#[must_use]
pub fn groups(count: usize, links: &BTreeSet<(usize, usize)>) -> BTreeSet<BTreeSet<usize>> {
    let reached = |from: usize| {
        let mut reached = BTreeSet::from([from]);
        for _ in 0..count {
            for (a, b) in links {
                if reached.contains(a) || reached.contains(b) {
                    reached.extend([*a, *b]);
                }
            }
        }
        reached
    };
    (0..count).map(reached).collect()
}
