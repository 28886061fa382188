//! The server of the measurement: a caseload's log, made without a server, behind the wire.

use doorstep_mobile::{Request, Response, Transport, TransportError};
use sync_core::author::{Author, Role};
use sync_core::document::Document;
use sync_core::entity::Schema;
use sync_core::event::{Answer, VisitKind};
use sync_core::form::{
    AnswerRow, Circumstances, Form, InspectionForm, NewDwelling, NewElder, NewPremises, ObservedRow, Seen, VisitForm,
};
use sync_core::id::{CaseloadId, DeviceId, EntityId, PersonId, SubmissionId};
use sync_core::log::{Entry, EntryBody, Logged, Sanity, Verdict};
use sync_core::policy::NANSHAN_SAMPLE;
use sync_core::submission::{Digest, content};
use sync_core::time::{Hlc, Span, Timestamp};
use sync_core::wire::{
    CaseloadInfo, Down, DownEnd, DownHello, DownWriter, Entries, LogLine, PolicyFile, PolicyFiles, Raw, UpReader,
};

pub(crate) const CASELOAD: CaseloadId = CaseloadId::from_bytes([1; 16]);
/// Bytes of entries in one answer.
pub(crate) const BUDGET: usize = 1024 * 1024;
/// Bytes of entries in one stretch.
const STRETCH: usize = 16 * 1024;

/// A file, and its documents as they were when it was new.
pub(crate) type OnPhone = (EntityId, Vec<(EntityId, Document)>);

/// The log of a caseload behind the wire.
pub(crate) struct Server {
    lines: Vec<LogLine>,
    sums: Vec<Sanity>,
    sanity: Sanity,
}

impl Server {
    pub(crate) fn with(shops: u32, elders: u32) -> (Self, Vec<OnPhone>) {
        let mut server = Self { lines: Vec::new(), sums: Vec::new(), sanity: Sanity::default() };
        let shops: Vec<OnPhone> = (0..shops).map(|n| server.write(&shop(n), None)).collect();
        let elders: Vec<_> = (0..elders).map(|n| server.write(&elder(n), None)).collect();
        for file in &shops {
            server.write(&inspection(file.0, "EXT-02"), Some(file));
        }
        for file in elders {
            let visit = VisitForm::new(file.0, VisitKind::Home);
            let form = VisitForm { observed: vec![ObservedRow::new("mood", Answer::Ok)], ..visit };
            server.write(&Form::Visit(form), Some(&file));
        }
        (server, shops)
    }

    pub(crate) fn entries(&self) -> usize {
        self.lines.len()
    }

    pub(crate) fn bytes(&self) -> usize {
        self.lines.iter().map(|line| line.bytes.0.len()).sum()
    }

    /// Appends a form; what it made is given back, to be seen by the next.
    pub(crate) fn write(&mut self, form: &Form, on: Option<&OnPhone>) -> OnPhone {
        let seq = self.lines.len() as u64 + 1;
        let now = Timestamp::from_millis(1_764_000_000_000) + Span::minutes(seq as i64);
        let submission = SubmissionId::new(now, seq.into());
        let mut seen = Seen::default();
        for (entity, document) in on.iter().flat_map(|(_, documents)| documents) {
            seen.add(*entity, document.clone(), document.version(), &[]);
        }
        let circumstances = Circumstances {
            submission,
            start: now,
            now,
            policy: 1,
            programme: "bench".to_owned(),
            role: Role::Worker,
            notice_number: String::new(),
            id_key: None,
        };
        let Ok(made) = form.finish(&seen, &circumstances) else { panic!("the form is complete") };
        let author = Author {
            device: DeviceId::from_bytes([9; 16]),
            person: PersonId::from_bytes([9; 16]),
            role: Role::Worker,
            number: seq,
        };
        let logged = Logged {
            id: submission,
            author,
            at: Hlc { wall: now, counter: 0 },
            skew_ms: 0,
            digest: Digest([0; 32]),
            verdict: Verdict::Merged,
            parts: made.parts,
            carrier: None,
        };
        let content = content(&logged.parts).unwrap_or_else(|_| panic!("the form decodes"));
        let documents = content.edits.iter().filter(|_| on.is_none()).filter_map(|edit| {
            let mut document = Document::new(Schema::of_code(&edit.kind)?);
            document.apply(edit, &logged.stamp(edit)).ok()?;
            Some((edit.entity, document))
        });
        let documents = documents.collect();
        let entry = Entry { seq, received_at: now, policy: 1, body: EntryBody::Submission(logged) };
        self.sanity.add(&entry);
        self.sums.push(self.sanity);
        self.lines.push(LogLine { seq, bytes: Raw(entry.public().encode()) });
        (made.subject, documents)
    }

    fn answer(&self, body: &[u8]) -> Option<Vec<u8>> {
        let mut reader = UpReader::new();
        reader.push(body).ok()?;
        let hello = reader.hello().ok()??.clone();
        let now = hello.now;
        let down = DownHello {
            now,
            epoch: 1,
            access: None,
            access_expires: None,
            refresh: None,
            blocked: None,
            dictionary: 0,
        };
        let mut writer = DownWriter::new(hello.request, &down).ok()?.suiting(&hello);
        let info = CaseloadInfo {
            id: CASELOAD,
            version: 1,
            enter: true,
            name: "n".into(),
            prefix: "N".into(),
            role: Some(Role::Worker),
            programme: None,
            letter: None,
        };
        writer.send(&Down::Caseload(info)).ok()?;
        if hello.policy == 0 {
            let file = |(name, text): &(&str, &str)| PolicyFile { name: (*name).into(), text: (*text).into() };
            let files = NANSHAN_SAMPLE.iter().map(file).collect();
            writer.send(&Down::Policy(PolicyFiles { version: 1, files, last: true })).ok()?;
        }
        let mut after = hello.cursors.first().map_or(0, |cursor| cursor.seq) as usize;
        let mut sent = 0;
        while after < self.lines.len() && sent < BUDGET {
            let mut upto = after;
            let mut size = 0;
            while upto < self.lines.len() && size < STRETCH {
                size += self.lines[upto].bytes.0.len();
                upto += 1;
            }
            let entries = self.lines[after..upto].to_vec();
            let stretch = Entries {
                caseload: CASELOAD,
                epoch: 1,
                after: after as u64,
                upto: upto as u64,
                entries,
                sanity: self.sums.get(upto - 1).copied(),
            };
            writer.send(&Down::Entries(stretch)).ok()?;
            (after, sent) = (upto, sent + size);
        }
        writer.finish(&DownEnd { more: after < self.lines.len(), retry_after_ms: None }).ok()
    }
}

impl Transport for Server {
    fn send(&self, request: &Request) -> Result<Response, TransportError> {
        let body = self.answer(&request.body).ok_or(TransportError::Offline)?;
        Ok(Response { status: 200, body })
    }
}

pub(crate) fn inspection(shop: EntityId, item: &str) -> Form {
    let answers = vec![AnswerRow::new(item, Answer::Problem)];
    Form::Inspection(InspectionForm { answers, ..InspectionForm::new(shop) })
}

fn shop(n: u32) -> Form {
    Form::NewPremises(NewPremises {
        name: format!("小店{n}"),
        address: format!("花果山社区{n}号"),
        unit_code: format!("A-{n}"),
        kinds: vec!["shop".to_owned()],
        ..NewPremises::default()
    })
}

fn elder(n: u32) -> Form {
    Form::NewElder(NewElder {
        name: format!("顾{n}"),
        risk_tier: ["high", "key", "general"][n as usize % 3].to_owned(),
        new_dwelling: Some(NewDwelling { address: format!("花果山{n}栋"), ..NewDwelling::default() }),
        ..NewElder::default()
    })
}
