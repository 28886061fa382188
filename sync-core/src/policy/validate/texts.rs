//! Every text is there in both languages, holds no enforcement word, and only suspects what the authority decides.

use crate::policy::draft::{Draft, Row};
use crate::policy::problem::Problems;
use crate::policy::text::{Text, Wording};

pub(super) fn check(draft: &Draft, problems: &mut Problems) {
    let none = Wording::default();
    let wording = draft.wording.as_ref().map_or(&none, |row| &row.value);
    for (file, entry, text) in organisation_side(draft) {
        present(file, &entry, text, problems);
        lint(wording, file, &entry, text, problems);
    }
    // The departments' own words: complete, and free to say what only they may say.
    for row in &draft.outcomes {
        present(&row.file, &row.value.code, &row.value.name, problems);
    }
}

fn present(file: &str, entry: &str, text: &Text, problems: &mut Problems) {
    if text.zh.trim().is_empty() || text.en.trim().is_empty() {
        problems.refuse(file, entry, "有一种语言的文字是空的,请补上", "a text is empty in one language: add it");
    }
}

fn lint(wording: &Wording, file: &str, entry: &str, text: &Text, problems: &mut Problems) {
    for language in [&text.zh, &text.en] {
        for word in wording.enforcement_words(language) {
            problems.refuse(
                file,
                entry,
                format!("社工一方的文字不能写「{word}」,请换成提示的说法"),
                format!("the organisation's side never prints “{word}”: reword it as a reminder"),
            );
        }
        for word in wording.unsuspected_words(language) {
            problems.refuse(
                file,
                entry,
                format!("「{word}」由部门认定,这里只能写「疑似{word}」"),
                format!("“{word}” is for the authority to find: write 疑似{word}"),
            );
        }
    }
}

type Placed<'a> = (&'a str, String, &'a Text);

/// Every text that the organisation shows, prints or sends.
fn organisation_side(draft: &Draft) -> Vec<Placed<'_>> {
    let mut texts = named(draft);
    texts.extend(draft.alarms.iter().flat_map(|row| {
        let alarm = &row.value;
        let numbers = alarm.numbers.iter().map(|number| &number.name);
        let own = [&alarm.title, &alarm.do_first, &alarm.say, &alarm.afterwards];
        placed(row, &alarm.id, own.into_iter().chain(numbers))
    }));
    texts.extend(draft.manifest.iter().flat_map(|row| placed(row, "manifest", [&row.value.name, &row.value.note])));
    texts.extend(draft.office.iter().flat_map(|row| placed(row, "office", [&row.value.basis])));
    texts.extend(draft.notice.iter().flat_map(|row| {
        let notice = &row.value;
        let feedback = notice.feedback.iter().map(|feedback| &feedback.text);
        let own = [&notice.title, &notice.greeting, &notice.statement, &notice.thanks];
        placed(row, "notice", own.into_iter().chain(feedback))
    }));
    texts.extend(draft.slip.iter().flat_map(|row| {
        let slip = &row.value;
        let others = [&slip.jurisdiction, &slip.inform].into_iter().flatten();
        let others = others.flat_map(|words| [&words.heading, &words.requested]);
        placed(row, "slip", [&slip.heading, &slip.requested].into_iter().chain(others))
    }));
    texts.extend(draft.signs.iter().flat_map(|row| {
        let signs = &row.value;
        let person = [&signs.same_person, &signs.same_name_and_birth];
        let place = [&signs.same_unit, &signs.same_uscc, &signs.near_uscc, &signs.same_phone_and_name];
        placed(row, "signs", place.into_iter().chain(person))
    }));
    texts.extend(draft.rules.iter().flat_map(|row| {
        let bases = row.value.route.iter().filter_map(|route| route.legal_basis.as_ref());
        let own = std::iter::once(&row.value.name).chain(row.value.explanations());
        placed(row, &row.value.id, own.chain(bases))
    }));
    texts
}

/// The texts of the plainer tables.
fn named(draft: &Draft) -> Vec<Placed<'_>> {
    let mut texts = Vec::new();
    macro_rules! each {
        ($($rows:ident $key:ident: $($field:ident)*;)*) => {
            $(for row in &draft.$rows {
                texts.extend(placed(row, &row.value.$key.to_string(), [$(&row.value.$field),*]));
            })*
        };
    }
    each! {
        departments code: name;
        items code: name why how;
        visit_items code: name hint;
        answers code: name;
        severities code: name next;
        kinds code: name basis;
        limits id: name basis;
        deadlines id: says matter basis;
        years year: basis;
        cadences id: name basis;
        weather code: name;
        receipts code: name;
        reasons code: name;
    }
    texts
}

fn placed<'a, T>(row: &'a Row<T>, entry: &str, texts: impl IntoIterator<Item = &'a Text>) -> Vec<Placed<'a>> {
    texts.into_iter().map(|text| (row.file.as_str(), entry.to_owned(), text)).collect()
}
