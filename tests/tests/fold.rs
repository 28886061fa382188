//! A document is the fold of its edits in server order, the same wherever and in however many sittings it is folded.

use doorstep_tests::arbitrary::{self, Arrival};
use proptest::prelude::*;
use sync_core::document::{Document, FoldError};

fn folded(mut document: Document, arrivals: &[Arrival]) -> Document {
    for Arrival { edit, stamp } in arrivals {
        let before = document.digest();
        match document.apply(edit, stamp) {
            Ok(()) => {}
            Err(FoldError::FutureBase { .. } | FoldError::Duplicate) => {
                assert_eq!(document.digest().hex(), before.hex(), "what is refused changes nothing");
            }
            Err(FoldError::Damaged(why)) => panic!("damaged: {why}"),
        }
    }
    document
}

fn reopened(document: &Document) -> Document {
    Document::load(&document.save()).unwrap()
}

proptest! {
    #![proptest_config(arbitrary::cases(10_000))]

    #[test]
    fn a_fold_from_a_snapshot_is_the_fold_from_scratch(
        (schema, arrivals) in arbitrary::history_of_any_kind(),
        cut in any::<prop::sample::Index>(),
    ) {
        let whole = folded(Document::new(schema), &arrivals);
        let (before, after) = arrivals.split_at(cut.index(arrivals.len() + 1));
        let snapshot = folded(Document::new(schema), before);
        let resumed = folded(reopened(&snapshot), after);
        prop_assert_eq!(resumed.save(), whole.save());
        // Opening changes nothing, and an opened document goes on saving the same bytes.
        prop_assert_eq!(reopened(&resumed).save(), whole.save());
        // What a snapshot covers may be replayed over it.
        let log: Vec<Arrival> = arrivals
            .into_iter()
            .filter(|arrival| whole.stamps().any(|stamp| stamp.submission == arrival.stamp.submission))
            .collect();
        prop_assert_eq!(folded(resumed, &log).save(), whole.save());
    }
}

proptest! {
    #![proptest_config(arbitrary::cases(1_000))]

    /// The server, which stores and reloads a document at every edit, and a phone that keeps it open.
    #[test]
    fn a_fold_that_restarts_after_every_edit_is_the_fold_in_one_sitting((schema, arrivals) in arbitrary::history_of_any_kind()) {
        let whole = folded(Document::new(schema), &arrivals);
        let mut restarted = Document::new(schema);
        for arrival in arrivals.chunks(1) {
            restarted = folded(reopened(&restarted), arrival);
        }
        prop_assert_eq!(restarted.save(), whole.save());
        prop_assert_eq!(restarted.digest().hex(), whole.digest().hex());
        for spec in schema.fields {
            prop_assert_eq!(restarted.field(spec.name), whole.field(spec.name));
        }
    }
}

proptest! {
    #![proptest_config(arbitrary::cases(500))]

    /// A store that lost the end of a record says so.
    #[test]
    fn a_document_that_is_cut_short_is_refused((schema, arrivals) in arbitrary::history_of_any_kind(), at in any::<prop::sample::Index>()) {
        let mut bytes = folded(Document::new(schema), &arrivals).save();
        bytes.truncate(at.index(bytes.len()));
        prop_assert!(matches!(Document::load(&bytes), Err(FoldError::Damaged(_))));
    }
}
