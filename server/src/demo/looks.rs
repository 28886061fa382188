//! What lies on the server, looked at from behind: merged files, digests, the read log, what verification finds. Nothing
//! is changed here but by the clock.

use serde_json::Value as Json;
use sync_core::care;
use sync_core::case::File;
use sync_core::document::Document;
use sync_core::event::Purpose;
use sync_core::id::EntityId;

use super::DemoError;
use super::stage::Stage;
use crate::db::{DbError, document, event, read_log};
use crate::http::view::Entity;

/// What the server has of an elder.
pub(super) struct Elder {
    /// The merged values, by field.
    pub(super) values: serde_json::Map<String, Json>,
    /// How the consent to photographs stands.
    pub(super) photo_consent: &'static str,
    /// Photos taken, and of these those that may be shown.
    pub(super) photos: (usize, usize),
    /// Care-risk events of the last 30 days.
    pub(super) risks: usize,
}

impl Elder {
    /// The members of a set, or the texts of a keyed field.
    pub(super) fn texts(&self, field: &str) -> Vec<String> {
        let members = self.values.get(field).and_then(Json::as_object);
        members.into_iter().flatten().map(|(element, value)| value.as_str().unwrap_or(element).to_owned()).collect()
    }
}

impl Stage {
    /// An elder's file as it is merged.
    pub(super) fn elder(&self, id: EntityId) -> Result<Elder, DemoError> {
        let (app, now) = (&self.app, self.now());
        self.runtime.block_on(async {
            let (mut tx, mut keys) = (app.db().read().await?, app.flow().keys());
            let missing = || DemoError::unexpected("the server has no such elder");
            let found = document::projection(&mut tx, &mut keys, self.caseload, id).await?.ok_or_else(missing)?;
            let mut file = File::default();
            for (entity, saved) in document::of_file(&mut tx, &mut keys, self.caseload, id).await? {
                let document = Document::load(&saved).map_err(|_| DbError::Damaged("a document"))?;
                file.documents.insert(entity, document);
            }
            let events = event::of_file(&mut tx, &mut keys, self.caseload, id).await?;
            events.into_iter().for_each(|recorded| file.record(recorded));
            let files = care::Files::from([(id, &file)]);
            let taken = file.standing_events().map(|recorded| recorded.event.photos.len()).sum();
            Ok(Elder {
                values: Entity::of(found, now).values,
                photo_consent: care::consent(&files, Purpose::Photo, now).code(),
                photos: (taken, care::photos(&files, now).len()),
                risks: care::risks(&files, now, 30).len(),
            })
        })
    }

    /// The digest of the server's state.
    pub(super) fn server_digest(&self) -> Result<String, DemoError> {
        Ok(self.runtime.block_on(self.app.flow().state_digest(self.app.db(), self.caseload))?.hex())
    }

    /// What `doorstep verify` finds wrong.
    pub(super) fn verify(&self) -> Result<usize, DemoError> {
        Ok(self.runtime.block_on(crate::verify::verify(self.app.db(), self.app.flow()))?.findings.len())
    }

    /// How many looks at files are on record.
    pub(super) fn looks_on_record(&self) -> Result<usize, DemoError> {
        self.runtime.block_on(async {
            let mut tx = self.app.db().read().await?;
            Ok(read_log::after(&mut tx, self.caseload, 0, u32::MAX).await?.len())
        })
    }

    /// The minute passes at which the server looks at the clock.
    pub(super) fn time_is_kept(&self) -> Result<(), DemoError> {
        Ok(self.runtime.block_on(self.app.flow().tick(self.app.db(), self.now()))?)
    }
}
