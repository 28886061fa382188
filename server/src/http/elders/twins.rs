//! Two files of one elder, and of one home, that a supervisor links and un-links again.

use serde_json::{Value as Json, json};
use sync_core::id::EntityId;

use super::bench::{Bench, fall, visit};

struct Twins {
    bench: Bench,
    /// The smaller id first.
    elders: [EntityId; 2],
    homes: [EntityId; 2],
}

impl Twins {
    /// Gu and Tan are one person, and live in one flat.
    async fn new() -> Self {
        let bench = Bench::new().await;
        let (mut elders, mut homes) = (Vec::new(), Vec::new());
        for name in ["顾阿婆", "谭伯"] {
            let file = bench.file(name).await;
            elders.push(id(&file["id"]));
            homes.push(id(&file["dwelling"]["id"]));
        }
        elders.sort();
        homes.sort();
        Self { bench, elders: elders.try_into().unwrap(), homes: homes.try_into().unwrap() }
    }

    async fn link(&self, [b, a]: [EntityId; 2], undo: bool) {
        let body = json!({"a": a, "b": b, "reason": "同一个人", "undo": undo});
        let path = format!("/v1/caseloads/{}/link", self.bench.caseload);
        self.bench.server.post(&path, Some(&self.bench.supervisor), body).await.ok();
    }

    async fn get(&self, path: &str) -> Json {
        self.bench.get(&self.bench.supervisor, path).await.ok()
    }

    async fn elder(&self, elder: EntityId) -> Json {
        self.get(&format!("elders/{elder}")).await
    }

    async fn dwelling(&self, dwelling: EntityId) -> Json {
        self.get(&format!("dwellings/{dwelling}")).await
    }
}

fn id(said: &Json) -> EntityId {
    said.as_str().unwrap().parse().unwrap()
}

fn of_kind(file: &Json, kind: &str) -> usize {
    file["history"].as_array().unwrap().iter().filter(|happened| happened["kind"] == kind).count()
}

#[tokio::test]
async fn an_elder_with_two_files_is_one_in_list_and_file_and_two_again_when_un_linked() {
    let mut twins = Twins::new().await;
    let [small, large] = twins.elders;
    twins.bench.happens(small, visit()).await;
    twins.bench.happens(large, fall("2026-11-02")).await;
    let apart = [twins.elder(small).await, twins.elder(large).await];
    assert_eq!((&apart[1]["id"], &apart[1]["also"], &apart[1]["links"]), (&json!(large), &json!([]), &json!([])));
    twins.link(twins.elders, false).await;

    let file = twins.elder(large).await;
    assert_eq!(file, twins.elder(small).await, "either id finds it");
    assert_eq!((&file["id"], &file["also"]), (&json!(small), &json!([large])));
    assert_eq!(file["links"], json!([{"a": small, "b": large}]));
    assert_eq!((&file["care"]["tier"], &file["elder"]["also"]), (&json!("high"), &json!([large])));
    assert_eq!(file["elder"]["values"]["consent"]["photo"], "refused", "what one file says, the elder says");
    let fields = file["elder"]["fields"].as_array().unwrap();
    let name = fields.iter().find(|field| field["name"] == "name").unwrap();
    assert_eq!((&name["conflict"], name["others"].as_array().unwrap().len()), (&json!(true), 1));
    assert_eq!((of_kind(&file, "visit"), of_kind(&file, "risk")), (1, 1));
    assert_eq!((&file["risks"][0]["counts"], file["care"]["last_visit"].is_null()), (&json!(true), false));
    let times: Vec<&str> =
        file["history"].as_array().unwrap().iter().map(|said| said["received_at"].as_str().unwrap()).collect();
    assert!(times.is_sorted(), "in server order, whichever file: {times:?}");

    let listed = twins.bench.list("").await;
    let row = listed.iter().find(|row| row["id"] == json!(small)).unwrap();
    assert_eq!((listed.len(), &row["also"], &row["tier"]), (2, &json!([large]), &json!("high")));
    // 谭伯, 顾阿婆
    for text in ["%E8%B0%AD%E4%BC%AF", "%E9%A1%BE%E9%98%BF%E5%A9%86"] {
        let found = twins.bench.list(&format!("?q={text}")).await;
        assert_eq!(found.iter().map(|row| &row["id"]).collect::<Vec<_>>(), [&json!(small)], "{text}");
    }
    assert!(twins.bench.list(&format!("?tier=general&after={small}")).await.is_empty());

    twins.link(twins.elders, true).await;
    assert_eq!(twins.bench.list("").await.len(), 3);
    for (before, elder) in apart.iter().zip(twins.elders) {
        let after = twins.elder(elder).await;
        for part in ["id", "also", "elder", "care", "consents", "dwelling", "links"] {
            assert_eq!(after[part], before[part], "{part}");
        }
        for kind in ["visit", "risk", "consent"] {
            assert_eq!(of_kind(&after, kind), of_kind(before, kind), "{kind}");
        }
    }
}

#[tokio::test]
async fn a_home_with_two_files_is_one_also_on_the_page_of_who_lives_there() {
    let twins = Twins::new().await;
    let [small, large] = twins.homes;
    let apart = [twins.dwelling(small).await, twins.dwelling(large).await];
    twins.link(twins.homes, false).await;
    let file = twins.dwelling(large).await;
    assert_eq!(file, twins.dwelling(small).await, "either id finds it");
    assert_eq!((&file["id"], &file["also"]), (&json!(small), &json!([large])));
    assert_eq!(file["links"], json!([{"a": small, "b": large}]));
    assert_eq!(file["dwelling"]["values"]["evacuation_help"], "yes", "what protects most");
    for elder in twins.elders {
        assert_eq!(twins.elder(elder).await["dwelling"], file["dwelling"]);
    }
    twins.link(twins.homes, true).await;
    for (before, dwelling) in apart.iter().zip(twins.homes) {
        let after = twins.dwelling(dwelling).await;
        for part in ["id", "also", "dwelling", "links"] {
            assert_eq!(after[part], before[part], "{part}");
        }
    }
}

#[tokio::test]
async fn the_read_log_names_every_file_of_which_something_was_shown() {
    let twins = Twins::new().await;
    let ([elder, other], [home, next]) = (twins.elders, twins.homes);
    twins.link(twins.elders, false).await;
    twins.link(twins.homes, false).await;
    twins.elder(other).await;
    let log = twins.get("read-log").await;
    let looks = |log: &Json, most: usize| -> Vec<(String, EntityId)> {
        let log = log.as_array().unwrap().iter().take(most).filter(|look| look["found"] == true);
        let mut looks: Vec<_> =
            log.map(|look| (look["what"].as_str().unwrap().to_owned(), id(&look["subject"]))).collect();
        looks.sort();
        looks
    };
    let [e, d] = ["elder", "dwelling"].map(str::to_owned);
    let expected = [(d.clone(), home), (d.clone(), next), (e.clone(), elder), (e, other)];
    assert_eq!(looks(&log, 4), expected, "{log}");
    twins.dwelling(next).await;
    let log = twins.get("read-log").await;
    assert_eq!(looks(&log, 2), [(d.clone(), home), (d, next)]);
    // Whoever asks who read a file is told of looks by any id.
    let log = twins.get(&format!("read-log?subject={elder}")).await;
    assert_eq!(log[0]["what"], "elder");
}
