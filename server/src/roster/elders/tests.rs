//! Rosters of elders against a real server: files, dwellings, duplicates, and what a table may not decide.

use serde_json::{Value as Json, json};
use sync_core::author::Role;
use sync_core::edit::FieldOp;
use sync_core::id::PersonId;
use sync_core::time::Span;

use crate::auth::console;
use crate::db::Location;
use crate::flow::Actor;
use crate::import::plan::Summary;
use crate::import::read_table;
use crate::import::rows::read;
use crate::roster::{bring_in, compare, edit, elders, installation};
use crate::testing::Server;

use super::*;

const HEADER: &str = "编号,姓名,身份证号,风险等级,疏散需协助,地址,单元编码,楼层,电梯,联系人1,联系人1电话,联系人2,同意方式,同意拍照,同意建档\n";
const GU: &str =
    "1,顾阿婆,44039919360815028X,重点,是,桃影里3号502室,TY3-R-502,5,无,顾小妹,14200000001,邻居老谭,书面,同意,同意\n";
const SPOUSE: &str = "2,顾阿公,440399194512030018,一般,否,桃影里3号502,TY3-R-502,5,无,顾小妹,14200000001,邻居老谭,,,\n";
const TAN: &str = "3,谭伯,440399195206170033,一般,否,水帘巷1号,,,,谭小明,14200000002,谭小丽,,,\n";

struct Office {
    server: Server,
    caseload: CaseloadId,
    steward: String,
}

impl Office {
    async fn new() -> Self {
        let server = Server::start().await;
        let caseload = server.caseload("HGS").await;
        let steward = server.member("an", Role::Steward, caseload).await;
        Self { server, caseload, steward }
    }

    async fn plan(&self, lines: &[&str]) -> Vec<RowPlan<Column>> {
        let csv = HEADER.to_owned() + &lines.concat();
        let table = read_table(csv.as_bytes()).unwrap();
        let app = &self.server.app;
        elders(app, async |elders| {
            let rows = read(elders, &table, &mut |_| ()).unwrap().rows;
            compare(elders, app, self.caseload, rows).await.unwrap()
        })
        .await
    }

    async fn import(&self, lines: &[&str]) -> (Summary, Vec<(u32, &'static str)>) {
        let plan = self.plan(lines).await;
        let app = &self.server.app;
        elders(app, async |elders| bring_in(elders, app, self.caseload, installation(), &plan, &mut |_| ()).await)
            .await
            .unwrap();
        let told = plan.iter().flat_map(|row| row.issues.iter().map(|issue| (issue.line, issue.code)));
        (Summary::of(&plan), told.collect())
    }

    async fn entities(&self, kind: Kind) -> Vec<Json> {
        let app = &self.server.app;
        let mut tx = app.db().read().await.unwrap();
        let mut keys = app.flow().keys();
        let found =
            crate::db::document::projections_of_kind(&mut tx, &mut keys, self.caseload, kind, None, 100).await.unwrap();
        found.into_iter().map(|found| json!(crate::http::view::Entity::of(found, app.clock().now()))).collect()
    }

    async fn elder(&self, name: &str) -> Json {
        let all = self.entities(Kind::Elder).await;
        all.into_iter().find(|elder| elder["values"]["name"] == name).unwrap()
    }

    /// A person changes a field of a file in the ordinary way, having seen this version.
    async fn says(&self, role: Role, elder: &Json, version: u32, ops: Vec<FieldOp>) {
        let person = PersonId::derived("test", &[role.code().as_bytes()]);
        let actor = Actor { device: console(person), person, role };
        let app = &self.server.app;
        let mut tx = app.db().write().await.unwrap();
        let id = elder["id"].as_str().unwrap().parse().unwrap();
        let parts = vec![edit(id, Kind::Elder, version, ops)];
        app.flow().submit(&mut tx, self.caseload, actor, app.clock().now(), parts).await.unwrap();
        tx.commit().await.unwrap();
        self.server.clock.advance(Span::minutes(1));
    }

    async fn duplicates(&self) -> usize {
        let path = format!("/v1/caseloads/{}/duplicates", self.caseload);
        self.server.get(&path, Some(&self.steward)).await.ok().as_array().unwrap().len()
    }
}

fn counts(summary: Summary) -> (usize, usize, usize, usize) {
    (summary.create, summary.update, summary.same, summary.error)
}

#[tokio::test]
async fn a_couple_shares_a_dwelling_and_the_same_file_again_changes_nothing() {
    let office = Office::new().await;
    let dry = office.plan(&[GU, SPOUSE, TAN]).await;
    assert_eq!(counts(Summary::of(&dry)), (3, 0, 0, 0));
    assert!(office.entities(Kind::Elder).await.is_empty(), "a dry run writes nothing");
    let (first, told) = office.import(&[GU, SPOUSE, TAN]).await;
    assert_eq!((counts(first), told), ((3, 0, 0, 0), vec![(3, "home_differs")]));
    let homes = office.entities(Kind::Dwelling).await;
    assert_eq!(homes.len(), 2, "{homes:?}");
    let shared = homes.iter().find(|home| home["values"]["unit_code"] == "TY3-R-502").unwrap();
    assert_eq!(shared["values"]["evacuation_help"], "yes", "his no does not lower her yes");
    assert_eq!(shared["values"]["address"], "桃影里3号502室", "the first row of the dwelling stands");
    let (gu, spouse) = (office.elder("顾阿婆").await, office.elder("顾阿公").await);
    assert_eq!((&gu["values"]["dwelling"], &spouse["values"]["dwelling"]), (&shared["id"], &shared["id"]));
    assert_eq!(gu["values"]["consent"], json!({"archive": "granted", "photo": "granted"}));
    assert_eq!(spouse["values"].get("consent"), None);
    assert_eq!(gu["values"]["contact_name"].as_object().unwrap().len(), 2);
    let before = office.entities(Kind::Elder).await;
    let (second, _) = office.import(&[GU, SPOUSE, TAN]).await;
    assert_eq!(counts(second), (0, 0, 3, 0));
    assert_eq!(office.entities(Kind::Elder).await, before);
    assert_eq!(office.duplicates().await, 0);
}

#[tokio::test]
async fn one_number_under_two_names_makes_two_files_and_a_task_for_the_steward() {
    let office = Office::new().await;
    office.import(&[GU]).await;
    let other = GU.replace("1,顾阿婆", "9,古阿婆");
    let (summary, told) = office.import(&[&other]).await;
    assert_eq!((counts(summary), told), ((1, 0, 0, 0), vec![(2, "id_elsewhere")]));
    assert_eq!(office.entities(Kind::Elder).await.len(), 2);
    assert_eq!(office.duplicates().await, 1, "the steward is asked");
    let (again, _) = office.import(&[&other]).await;
    assert_eq!(counts(again), (0, 0, 1, 0), "the row has its own file now");
}

#[tokio::test]
async fn two_rows_with_one_number_are_told() {
    let office = Office::new().await;
    let (twice, other) = (GU.replace("1,顾阿婆", "8,顾阿婆"), GU.replace("1,顾阿婆", "9,古阿婆"));
    let (summary, told) = office.import(&[GU, &twice, &other]).await;
    assert_eq!(counts(summary), (2, 0, 0, 1));
    assert_eq!(told, [(3, "row_repeated"), (4, "id_repeated")]);
    assert_eq!(office.duplicates().await, 1);
}

#[tokio::test]
async fn a_file_is_found_by_its_number_whatever_else_the_row_lacks() {
    let office = Office::new().await;
    office.import(&[GU, TAN]).await;
    // Another list: without outside number, elsewhere, with another phone.
    let moved = ",顾阿婆,44039919360815028X,,,听涛街9号,,,,顾小妹,14200000003,,,,\n";
    let (summary, _) = office.import(&[moved]).await;
    assert_eq!(counts(summary), (0, 1, 0, 0));
    assert_eq!(office.entities(Kind::Elder).await.len(), 2, "no second file");
    let gu = office.elder("顾阿婆").await;
    assert!(gu["values"]["contact_phone"].to_string().contains("14200000003"));
    assert_eq!(office.entities(Kind::Dwelling).await.len(), 3, "the new home is another one");
    assert_eq!(counts(office.import(&[moved]).await.0), (0, 0, 1, 0));
}

#[tokio::test]
async fn a_file_made_at_the_door_is_found_by_name_birth_and_the_last_four() {
    let office = Office::new().await;
    let door = EntityId::derived("door", &[b"1"]);
    let ops = |last4: &str| {
        let texts = [("name", "谭伯"), ("birth", "1952-06-17"), ("id_last4", last4)];
        texts.into_iter().filter(|(_, text)| !text.is_empty()).map(|(f, v)| FieldOp::put(f, v.into())).collect()
    };
    office.says(Role::Worker, &json!({"id": door}), 0, ops("0033")).await;
    let (found, _) = office.import(&[TAN]).await;
    assert_eq!(counts(found), (0, 1, 0, 0), "phones have no key: the number arrives with the roster");
    assert!(office.elder("谭伯").await["values"]["id_hmac"].is_string());
    // Without any digits it could be a namesake: a file of its own, and a question.
    let namesake = EntityId::derived("door", &[b"2"]);
    office.says(Role::Worker, &json!({"id": namesake}), 0, ops("")).await;
    assert_eq!(office.duplicates().await, 1);
}

#[tokio::test]
async fn what_is_stricter_or_in_dispute_is_left_to_people() {
    let office = Office::new().await;
    office.import(&[GU]).await;
    let gu = office.elder("顾阿婆").await;
    let seen = u32::try_from(gu["version"].as_u64().unwrap()).unwrap();
    let high = vec![
        FieldOp::put("risk_tier", "high".into()),
        FieldOp::put_element("consent", "photo", "refused".into()),
        FieldOp::put("birth", "1936-08-16".into()),
    ];
    office.says(Role::Worker, &gu, seen, high).await;
    // Somebody else, without having seen that: now two days of birth stand side by side.
    office.says(Role::Supervisor, &gu, seen, vec![FieldOp::put("birth", "1936-08-17".into())]).await;
    let (summary, told) = office.import(&[GU]).await;
    assert_eq!(counts(summary), (0, 0, 1, 0));
    assert_eq!(told, [(2, "field_in_conflict"), (2, "weaker_than_file"), (2, "weaker_than_file")]);
    let gu = office.elder("顾阿婆").await;
    assert_eq!(gu["values"]["risk_tier"], "high");
    assert_eq!(gu["values"]["consent"]["photo"], "refused");
    assert_eq!(gu["conflicts"], 1);
}

#[tokio::test]
async fn the_database_holds_no_resident_id() {
    let office = Office::new().await;
    let elders = sync_core::generator::elders(5, 60);
    let csv = crate::import::elders::template::to_csv(&elders, crate::import::template::Headings::En).unwrap();
    let app = &office.server.app;
    let table = read_table(&csv).unwrap();
    super::super::elders(app, async |sheet| {
        let rows = read(sheet, &table, &mut |_| ()).unwrap().rows;
        let plan = compare(sheet, app, office.caseload, rows).await.unwrap();
        assert_eq!(Summary::of(&plan).create, 60);
        bring_in(sheet, app, office.caseload, installation(), &plan, &mut |_| ()).await.unwrap();
    })
    .await;
    for file in office.entities(Kind::Elder).await {
        let text = file.to_string();
        assert!(elders.iter().all(|elder| !text.contains(&elder.resident_id)));
    }
    // What is opened does not hold it; nor do the files, where there are any.
    let Location::File(file) = app.config().database() else { return };
    let mut bytes = Vec::new();
    for ending in ["", "-wal", "-shm"] {
        let mut path = file.clone().into_os_string();
        path.push(ending);
        bytes.extend(std::fs::read(path).unwrap_or_default());
    }
    let holds = |needle: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
    assert!(holds(office.caseload.bytes()), "these are the files that the import went into");
    for elder in &elders {
        assert!(!holds(elder.resident_id.as_bytes()), "a resident id is stored whole");
        assert!(!holds(elder.name.as_bytes()), "a name is stored in the clear");
    }
}
