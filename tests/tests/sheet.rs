//! The sheet of a friendly reminder: what a phone shows at the door, and what the server prints once it has the notice.

use doorstep_tests::inprocess::Server;
use doorstep_tests::street::Street;
use sync_core::event::{EventBody, Void};
use sync_core::id::EntityId;
use sync_core::log::Verdict;
use sync_core::policy::Policy;
use sync_core::submission::Part;

use doorstep_tests::rawphone::event;

fn path(street: &Street, notice: impl std::fmt::Display, query: &str) -> String {
    format!("/v1/caseloads/{}/notices/{notice}/sheet{query}", street.hgs)
}

fn text(server: &Server, path: &str, token: &str) -> (u16, String) {
    let answer = server.get(path, Some(token));
    (answer.status, String::from_utf8(answer.bytes).expect("UTF-8"))
}

#[test]
fn the_sheet_of_a_notice_is_a_page_of_its_own_in_either_language() {
    let mut street = Street::default();
    let shop = EntityId::from_bytes([7; 16]);
    let notice = street.notice(shop);
    let (server, worker) = (&street.server, street.token("worker").to_owned());
    let answer = server.get(&path(&street, notice, ""), Some(&worker));
    assert_eq!((answer.status, answer.content_type.as_str()), (200, "text/html; charset=utf-8"));
    let policy = answer.headers.iter().find(|(name, _)| name == "content-security-policy").map(|(_, value)| value);
    assert!(policy.is_some_and(|it| it.starts_with("default-src 'none'; style-src 'sha256-")), "{:?}", answer.headers);
    let (_, zh) = text(server, &path(&street, notice, "?lang=zh"), &worker);
    let (_, en) = text(server, &path(&street, notice, "?lang=en"), &worker);
    for (page, words) in [
        (&zh, ["<h1>温馨提示单</h1>", "王记肠粉", "-A-0001", "疏散通道堵塞", "不是执法文书", "<b>119</b>", "<svg "]),
        (
            &en,
            [
                "<h1>Friendly reminder</h1>",
                "王记肠粉",
                "-A-0001",
                "Escape route blocked",
                "not an enforcement document",
                "<b>119</b>",
                "<svg ",
            ],
        ),
    ] {
        for word in words {
            assert!(page.contains(word), "{word} is not in {page}");
        }
        // It loads nothing and runs nothing; whoever prints it needs no network.
        for never in ["<script", "<img", "<link", "src=", "href=", "@import", "url("] {
            assert!(!page.contains(never), "{never}");
        }
        assert_eq!(Policy::sample().wording.enforcement_words(page), Vec::<&str>::new());
    }
    assert_eq!(text(server, &path(&street, notice, "?lang=fr"), &worker).0, 422);

    // Who looked is on record.
    let reads = street.sees("supervisor", &format!("/v1/caseloads/{}/read-log", street.hgs));
    let looked = reads["reads"].as_array().or(reads.as_array()).expect("reads").iter();
    let of_shop = looked.filter(|read| read["what"] == "notice" && read["subject"] == shop.to_string());
    assert!(of_shop.count() >= 3, "{reads}");
}

#[test]
fn a_notice_that_was_voided_has_no_sheet_and_nor_has_anything_else() {
    let mut street = Street::default();
    let shop = EntityId::from_bytes([7; 16]);
    let notice = street.notice(shop);
    let worker = street.token("worker").to_owned();
    assert_eq!(text(&street.server, &path(&street, notice, ""), &worker).0, 200);
    let inspection = sync_core::id::EventId::derived("raw", &[b"first", shop.bytes()]);
    assert_eq!(text(&street.server, &path(&street, inspection, ""), &worker).0, 404, "a visit is no notice");
    assert_eq!(text(&street.server, &path(&street, shop, ""), &worker).0, 404);

    let void = EventBody::Void(Void { event: notice, reason: "录到别的店铺了".to_owned() });
    assert_eq!(street.says("worker", vec![Part::event(&event("void", shop, void))]), Verdict::Merged);
    assert_eq!(text(&street.server, &path(&street, notice, ""), &worker).0, 404);
}
