//! Linked documents mean together what the independent model says, after every arrival and every link of any history.

use std::collections::BTreeSet;

use doorstep_tests::arbitrary::linked::{DOCUMENTS, Step, entity, linked_history, linked_history_of_any_kind};
use doorstep_tests::arbitrary::{self, EVERY_POLICY};
use doorstep_tests::model::linked::{groups, meaning};
use doorstep_tests::model::{Key, Meaning, Model};
use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;
use sync_core::document::Document;
use sync_core::edit::Value;
use sync_core::entity::Schema;
use sync_core::project::Projection;
use sync_core::union::{self, Clusters};

/// The documents of the product beside those of the model, and the links.
struct Both {
    documents: Vec<Document>,
    models: Vec<Model>,
    links: BTreeSet<(usize, usize)>,
}

impl Both {
    fn new(schema: &'static Schema) -> Self {
        Self {
            documents: (0..DOCUMENTS).map(|_| Document::new(schema)).collect(),
            models: (0..DOCUMENTS).map(|_| Model::new(schema)).collect(),
            links: BTreeSet::new(),
        }
    }

    /// Takes a step in and names the keys that it touched.
    fn step(&mut self, step: &Step) -> Result<BTreeSet<Key>, TestCaseError> {
        match step {
            Step::Link(a, b, linked) => {
                let pair = (*a.min(b), *a.max(b));
                if *linked {
                    self.links.insert(pair);
                } else {
                    self.links.remove(&pair);
                }
                Ok(self.models.iter().flat_map(Model::keys).collect())
            }
            Step::Edits(edits) => {
                let mut documents = self.documents.clone();
                let mut took = true;
                for (document, arrival) in edits {
                    took &= documents[*document].apply(&arrival.edit, &arrival.stamp).is_ok();
                }
                let fits = |model: &Model, edit: &sync_core::edit::Edit, stamp| {
                    let mut model = model.clone();
                    model.apply(edit, stamp).is_ok()
                };
                let takes = edits.iter().all(|(at, arrival)| fits(&self.models[*at], &arrival.edit, &arrival.stamp));
                prop_assert_eq!(took, takes);
                if took {
                    self.documents = documents;
                    for (document, arrival) in edits {
                        self.models[*document].apply(&arrival.edit, &arrival.stamp).unwrap();
                    }
                }
                let ops = edits.iter().flat_map(|(_, arrival)| &arrival.edit.ops);
                Ok(ops.map(|op| (op.field.clone(), op.element.clone())).collect())
            }
        }
    }

    fn agree(&self, keys: &BTreeSet<Key>) -> TestCaseResult {
        let clusters = Clusters::of(self.links.iter().map(|(a, b)| (entity(*a), entity(*b))));
        for group in groups(DOCUMENTS, &self.links) {
            let mut members: Vec<_> = group.iter().map(|document| entity(*document)).collect();
            members.sort();
            prop_assert_eq!(clusters.members(members[members.len() - 1]), members);
            let mut documents: Vec<&Document> = group.iter().map(|document| &self.documents[*document]).collect();
            let models: Vec<&Model> = group.iter().map(|document| &self.models[*document]).collect();
            for (field, element) in keys {
                let expected = meaning(&models, &(field.clone(), element.clone()));
                for _ in 0..2 {
                    let found = union::field(&documents, field, element.as_deref());
                    prop_assert_eq!(found.as_ref().map(Meaning::from), expected.clone(), "{}/{:?}", field, element);
                    // Whichever of them comes first.
                    documents.reverse();
                }
            }
        }
        Ok(())
    }

    /// What queries and pages see.
    fn agree_as_shown(&self, schema: &'static Schema) -> TestCaseResult {
        for group in groups(DOCUMENTS, &self.links) {
            let documents: Vec<&Document> = group.iter().map(|document| &self.documents[*document]).collect();
            let models: Vec<&Model> = group.iter().map(|document| &self.models[*document]).collect();
            let projection = Projection::united(entity(0), &documents);
            let keys: BTreeSet<Key> = models.iter().flat_map(|model| model.keys()).collect();
            let mut shown: BTreeSet<Key> = BTreeSet::new();
            for field in &projection.fields {
                let key = (field.name.to_owned(), field.element.clone());
                let expected = meaning(&models, &key).expect("somebody said it");
                prop_assert_eq!((&field.value, field.conflict), (&expected.shown.value, expected.conflict));
                let others =
                    |said: &[doorstep_tests::model::Said]| said.iter().map(|s| s.value.clone()).collect::<Vec<_>>();
                let found: Vec<Value> = field.others.iter().map(|said| said.value.clone()).collect();
                prop_assert_eq!(found, others(&expected.others));
                shown.insert(key);
            }
            let known = |key: &&Key| schema.field(&key.0).is_some() && meaning(&models, key).is_some();
            prop_assert_eq!(shown, keys.iter().filter(known).cloned().collect::<BTreeSet<_>>());
        }
        Ok(())
    }
}

fn follows_the_model(schema: &'static Schema, steps: &[Step]) -> TestCaseResult {
    let mut both = Both::new(schema);
    for step in steps {
        let touched = both.step(step)?;
        both.agree(&touched)?;
    }
    let keys = both.models.iter().flat_map(Model::keys).collect();
    both.agree(&keys)?;
    both.agree_as_shown(schema)
}

proptest! {
    #![proptest_config(arbitrary::cases(1_000))]

    #[test]
    fn every_policy_unites_as_the_model_says(steps in linked_history(&EVERY_POLICY)) {
        follows_the_model(&EVERY_POLICY, &steps)?;
    }
}

proptest! {
    #![proptest_config(arbitrary::cases(1_000))]

    #[test]
    fn every_kind_of_linked_file_unites_as_the_model_says((schema, steps) in linked_history_of_any_kind()) {
        follows_the_model(schema, &steps)?;
    }
}
