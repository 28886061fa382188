//! What only one place may touch: Automerge, SQL, the machine's clock.

use crate::none;
use crate::tree::{Source, rust};

/// Words of code, where they may stand, and why nowhere else. A place is the beginning of a path.
struct Reserved {
    within: &'static str,
    words: &'static [&'static str],
    places: &'static [&'static str],
    why: &'static str,
}

const RESERVED: &[Reserved] = &[
    Reserved {
        within: "",
        words: &["automerge::"],
        places: &["sync-core/src/document.rs", "sync-core/src/document/", "tests/"],
        why: "only the document knows Automerge",
    },
    Reserved {
        within: "sync-core/src/",
        words: &[
            "std::fs",
            "std::net",
            "std::thread",
            "std::env",
            "std::process",
            "SystemTime",
            "Instant::now",
            "println!",
        ],
        places: &[],
        why: "the core is pure",
    },
    Reserved {
        within: "server/src/",
        words: &["SELECT ", "INSERT INTO", "UPDATE ", "DELETE FROM", "sqlx::query", "query_as("],
        places: &["server/src/db.rs", "server/src/db/"],
        why: "SQL lives in db/, behind functions that say what they are for",
    },
    Reserved {
        within: "server/src/http/",
        words: &[".db().read", ".db().write"],
        // Who is not logged in has no scope yet.
        places: &[
            "server/src/http/enrol.rs",
            "server/src/http/health.rs",
            "server/src/http/login.rs",
            "server/src/http/refresh.rs",
        ],
        why: "a handler reaches data by its caller's scope",
    },
    Reserved {
        within: "server/src/",
        words: &["SystemTime::now", "Instant::now"],
        places: &["server/src/clock.rs"],
        why: "the server has one clock, so that a day can be simulated",
    },
    Reserved {
        within: "server/src/",
        words: &["getrandom::"],
        places: &["server/src/random.rs"],
        why: "the server draws randomness at one place",
    },
    Reserved {
        within: "mobile-bindings/src/",
        words: &["SystemTime::now", "Instant::now", "getrandom::"],
        places: &["mobile-bindings/src/environment.rs"],
        why: "the phone reads the clock and draws randomness at one place",
    },
    Reserved {
        within: "mobile-bindings/src/",
        words: &["rusqlite::"],
        places: &["mobile-bindings/src/store.rs", "mobile-bindings/src/store/"],
        why: "the store is a port: what is above it does not know SQLite",
    },
];

fn problems(source: &Source) -> Vec<String> {
    let mut problems = Vec::new();
    for Reserved { within, words, places, why } in RESERVED {
        if !source.path.starts_with(within) || places.iter().any(|place| source.path.starts_with(place)) {
            continue;
        }
        for (n, line) in source.code() {
            let found = words.iter().filter(|word| line.contains(**word));
            problems.extend(found.map(|word| format!("{}:{n}: {word}: {why}", source.path)));
        }
    }
    problems
}

#[test]
fn each_tool_stays_in_its_place() {
    none(&rust().iter().flat_map(problems).collect::<Vec<_>>());
}

#[test]
fn a_tool_out_of_its_place_is_found() {
    for (path, code, count) in [
        ("sync-core/src/merge.rs", "use automerge::ReadDoc;", 1),
        ("sync-core/src/document.rs", "use automerge::ReadDoc;", 0),
        ("sync-core/src/merge.rs", "// unlike automerge::ReadDoc", 0),
        ("sync-core/src/flag.rs", "let now = std::time::SystemTime::now();", 1),
        ("server/src/http/shops.rs", "db.read(\"SELECT id FROM document\")", 1),
        ("server/src/db/document.rs", "db.read(\"SELECT id FROM document\")", 0),
        ("server/src/http/premises/read.rs", "let tx = app.db().read().await?;", 1),
        ("server/src/flow.rs", "let start = Instant::now();", 1),
        ("mobile-bindings/src/outbox.rs", "rusqlite::Connection::open(path)", 1),
    ] {
        let planted = Source { path: path.to_owned(), text: code.to_owned() };
        assert_eq!(problems(&planted).len(), count, "{path}: {code}");
    }
}
