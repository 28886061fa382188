//! Pages of a list: full as long as more may follow, whatever is filtered out.

use sync_core::entity::Kind;
use sync_core::id::{CaseloadId, EntityId};
use sync_core::time::Timestamp;

use crate::db::key::Keyring;
use crate::db::{self, Tx, document};
use crate::http::view::Entity;

/// Most entities in one answer, and most that are read at a time.
pub(crate) const PAGE: usize = 200;

/// The next page of the entities of a kind that fit, by id.
pub(crate) async fn page(
    tx: &mut Tx,
    keys: &mut Keyring,
    (caseload, kind): (CaseloadId, Kind),
    mut after: Option<EntityId>,
    now: Timestamp,
    fits: impl Fn(&Entity) -> bool,
) -> db::Result<Vec<Entity>> {
    let mut page = Vec::new();
    loop {
        let read = document::projections_of_kind(tx, keys, caseload, kind, after, PAGE as u32).await?;
        let last = read.last().map(|found| found.entity);
        let more = read.len() == PAGE;
        page.extend(read.into_iter().map(|found| Entity::of(found, now)).filter(&fits));
        if page.len() >= PAGE || !more {
            page.truncate(PAGE);
            return Ok(page);
        }
        after = last;
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use sync_core::author::Role;
    use sync_core::edit::{Base, Edit, FieldOp};
    use sync_core::submission::Part;

    use super::*;
    use crate::roster::installation;
    use crate::testing::{MORNING, Server};

    #[tokio::test]
    async fn a_page_is_full_while_more_follows() {
        let server = Server::start().await;
        let caseload = server.caseload("HGS").await;
        server.member("an", Role::Steward, caseload).await;
        let app = &server.app;
        let mut tx = app.db().write().await.unwrap();
        let shops = 2 * PAGE + 50;
        for n in 0..shops {
            let entity = EntityId::derived("shop", &[&n.to_be_bytes()]);
            let ops = vec![FieldOp::put("name", if n % 2 == 0 { "even" } else { "odd" }.into())];
            let edit = Edit { entity, kind: "premises".to_owned(), base: Base::default(), ops };
            app.flow().submit(&mut tx, caseload, installation(), MORNING, vec![Part::edit(&edit)]).await.unwrap();
        }
        let mut keys = app.flow().keys();
        let (mut after, mut seen) = (None, 0);
        loop {
            let even = |entity: &Entity| entity.values["name"] == json!("even");
            let found = page(&mut tx, &mut keys, (caseload, Kind::Premises), after, MORNING, even).await.unwrap();
            seen += found.len();
            if found.len() < PAGE {
                break;
            }
            after = found.last().map(|entity| entity.id);
        }
        assert_eq!(seen, shops / 2);
    }
}
