//! The answer: what is stored and decided, then what is new for this phone.

use sync_core::author::Role;
use sync_core::id::CaseloadId;
use sync_core::wire::{
    Acks, CaseloadInfo, Cursor, Down, DownEnd, DownHello, DownWriter, Entries, LogLine, NEWEST_DICTIONARY, NumberRange,
    PolicyFile, PolicyFiles, Problem, Raw, Ruling, Secret, Trouble, WireError,
};

use super::{Answered, Outbox, Refusal, Sync, Visit, blocked};
use crate::app::App;
use crate::audit::Read;
use crate::auth::Scope;
use crate::auth::device_door::{self, Standing};
use crate::db::caseload::{self, Caseload, CaseloadKind};
use crate::db::key::Keyring;
use crate::db::{Tx, backup, letter, log, person, read_log, submission};

/// Entries that are opened at a time.
const AT_ONCE: u32 = 64;
/// Whose phones hold a caseload's files.
const HOLDERS: &[Role] = &[Role::Worker, Role::Supervisor, Role::Steward];

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
enum Failed {
    #[error(transparent)]
    Db(#[from] crate::db::DbError),
    #[error(transparent)]
    Wire(#[from] WireError),
}

impl Sync {
    /// The whole answer, when no more bytes come.
    ///
    /// # Errors
    /// [`Refusal`] when the phone is not known.
    pub(crate) async fn answer(mut self) -> Result<Answered, Refusal> {
        if let (Some(_), Err(error)) = (&self.visit, self.reader.finish())
            && !self.closed
        {
            self.close(error.code());
        }
        let Some(visit) = self.visit else { return Err(Refusal::Wire(WireError::Truncated)) };
        let mut keys = self.app.flow().keys();
        let mut tx = self.app.db().read().await?;
        let place = self.app.room().place();
        let budget = place.bytes;
        let mut answer = Answer { app: &self.app, visit: &visit, keys: &mut keys, budget, downloaded: Vec::new() };
        let written = answer.write(&mut tx).await;
        // Who waits for a second connection with the first in hand waits for others who do the same.
        drop(tx);
        let recorded = match written {
            Ok(bytes) => answer.record().await.map(|()| bytes),
            failed => failed,
        };
        match recorded {
            Ok(bytes) => Ok(place.taken_by(bytes)),
            Err(Failed::Db(error)) => Err(Refusal::Db(error)),
            Err(Failed::Wire(error)) => Err(Refusal::Wire(error)),
        }
    }
}

struct Answer<'a> {
    app: &'a App,
    visit: &'a Visit,
    keys: &'a mut Keyring,
    /// Bytes after which the answer says that there is more.
    budget: usize,
    downloaded: Vec<CaseloadId>,
}

impl Answer<'_> {
    async fn write(&mut self, tx: &mut Tx) -> Result<Vec<u8>, Failed> {
        let Visit { hello, guest, outboxes, problems, delivered, later, .. } = self.visit;
        // Asked again, in the transaction that reads: it may have been revoked since it came.
        let (standing, scopes) = device_door::still(tx, guest).await?;
        let works_on: Vec<CaseloadId> = scopes.iter().map(Scope::caseload).collect();
        let mut holdings = Vec::new();
        for scope in scopes {
            let known = caseload::load(tx, scope.caseload()).await?;
            let field = known.filter(|known| known.kind == CaseloadKind::Field && HOLDERS.contains(&scope.role()));
            holdings.extend(field.map(|known| (scope, known)));
        }
        let now = self.app.clock().now();
        let renewed = guest.renewed.as_ref().filter(|_| standing == Standing::Active);
        let down_hello = DownHello {
            now,
            epoch: holdings.iter().map(|(_, caseload)| caseload.epoch).max().unwrap_or(1),
            access: renewed.map(|renewed| Secret(renewed.access.clone())),
            access_expires: renewed.map(|_| now + self.app.auth().lifetimes.token()),
            refresh: renewed.map(|renewed| Secret(renewed.secret.to_string())),
            blocked: blocked(standing),
            dictionary: NEWEST_DICTIONARY,
        };
        let mut writer = DownWriter::new(hello.request, &down_hello)?.suiting(hello);
        for (caseload, outbox) in outboxes {
            let next_number = submission::next_number(tx, *caseload, guest.device).await?;
            let backed_up = backup::backed_up(tx, *caseload, guest.device, next_number).await?;
            let acks = acks(*caseload, outbox, (next_number, backed_up), works_on.contains(caseload));
            writer.send(&Down::Acks(acks))?;
        }
        if !(delivered.stored.is_empty() && delivered.refused.is_empty()) {
            writer.send(&Down::Delivered(delivered.clone()))?;
        }
        for problem in problems {
            writer.send(&Down::Problem(problem.clone()))?;
        }
        // Who cannot take in is not asked for more than an answer, either.
        let mut whole = later.is_none();
        if whole && standing == Standing::Active && hello.want_download {
            whole = self.download(tx, &mut writer, &holdings).await?;
        }
        let retry_after_ms = later.and_then(|later| u32::try_from(later.as_millis()).ok());
        Ok(writer.finish(&DownEnd { more: !whole, retry_after_ms })?)
    }

    /// Memberships, policy and logs. False when there is more than this answer takes.
    async fn download(
        &mut self,
        tx: &mut Tx,
        writer: &mut DownWriter,
        holdings: &[(Scope, Caseload)],
    ) -> Result<bool, Failed> {
        self.memberships(tx, writer, holdings).await?;
        let policy = self.app.flow().policy();
        if self.visit.hello.policy != policy.version() {
            let file = |(name, text): &(String, String)| PolicyFile { name: name.clone(), text: text.clone() };
            let files = policy.files.iter().map(file).collect();
            if !writer.send(&Down::Policy(PolicyFiles { version: policy.version(), files, last: true }))? {
                return Ok(false);
            }
        }
        for (scope, known) in holdings {
            if !self.entries(tx, writer, *scope, known).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn memberships(
        &self,
        tx: &mut Tx,
        writer: &mut DownWriter,
        holdings: &[(Scope, Caseload)],
    ) -> Result<(), Failed> {
        for member in person::memberships(tx, self.visit.guest.person).await? {
            let held = self.visit.hello.cursors.iter().any(|cursor| cursor.caseload == member.caseload);
            let entered = holdings.iter().find(|(scope, _)| scope.caseload() == member.caseload);
            let letter = match entered {
                Some(_) => letter::of(tx, member.caseload, self.visit.guest.device).await?,
                None => None,
            };
            // Of what was left, the name is nobody's business any more.
            let info = CaseloadInfo {
                id: member.caseload,
                version: member.version,
                enter: entered.is_some(),
                name: entered.map(|(_, known)| known.name.clone()).unwrap_or_default(),
                prefix: entered.map(|(_, known)| known.prefix.clone()).unwrap_or_default(),
                role: entered.map(|(scope, _)| scope.role()),
                programme: entered.map(|(_, known)| known.programme.clone()),
                letter,
            };
            if info.enter || held {
                writer.send(&Down::Caseload(info))?;
            }
        }
        Ok(())
    }

    /// What is new in one log. False when the answer is full.
    async fn entries(
        &mut self,
        tx: &mut Tx,
        writer: &mut DownWriter,
        scope: Scope,
        known: &Caseload,
    ) -> Result<bool, Failed> {
        let caseload = scope.caseload();
        let cursor = self.visit.hello.cursors.iter().find(|cursor| cursor.caseload == caseload);
        let mut after = match cursor {
            Some(cursor) => match resume(cursor, known) {
                Ok(seq) => seq,
                Err(trouble) => {
                    let code = trouble.code();
                    tracing::warn!(%caseload, code, "a phone starts over");
                    let problem = Problem { code: code.to_owned(), caseload: Some(caseload), number: None };
                    writer.send(&Down::Problem(problem))?;
                    0
                }
            },
            None => 0,
        };
        while after < known.seq {
            if writer.written() > self.budget {
                return Ok(false);
            }
            let found = log::public_after(tx, self.keys, caseload, after, AT_ONCE).await?;
            let Some(upto) = found.last().map(|entry| entry.seq) else { break };
            let line = |entry: &sync_core::log::Entry| LogLine { seq: entry.seq, bytes: Raw(entry.encode()) };
            let stretch = Entries {
                caseload,
                epoch: known.epoch,
                after,
                upto,
                entries: found.iter().map(line).collect(),
                sanity: (upto == known.seq).then_some(known.sanity),
            };
            if !self.downloaded.contains(&caseload) {
                self.downloaded.push(caseload);
            }
            if !writer.send(&Down::Entries(stretch))? {
                return Ok(false);
            }
            after = upto;
        }
        Ok(true)
    }

    /// A download is one entry of the read log, durable before the answer leaves.
    async fn record(&self) -> Result<(), Failed> {
        if self.downloaded.is_empty() {
            return Ok(());
        }
        let guest = &self.visit.guest;
        let read = Read {
            at: self.app.clock().now(),
            person: guest.person,
            device: Some(guest.device),
            subject: None,
            what: "download",
            found: true,
            shown: None,
        };
        let _turn = self.app.turns().of(self.downloaded.iter().copied()).await;
        let mut tx = self.app.db().write().await?;
        for caseload in &self.downloaded {
            read_log::record(&mut tx, *caseload, &[read]).await?;
        }
        Ok(tx.commit().await?)
    }
}

/// Where to go on, or why the phone has to start over.
fn resume(cursor: &Cursor, known: &Caseload) -> Result<u64, Trouble> {
    if cursor.seq == 0 {
        Ok(0)
    } else if cursor.epoch != known.epoch || cursor.seq > known.seq {
        Err(Trouble::NewEpoch)
    } else if cursor.seq == known.seq && cursor.sanity != known.sanity {
        Err(Trouble::SanityMismatch)
    } else {
        Ok(cursor.seq)
    }
}

/// Where in the log a verdict lies says how much happened there: only those hear it who work on the caseload now.
fn acks(caseload: CaseloadId, outbox: &Outbox, (next_number, backed_up): (u64, u64), works_there: bool) -> Acks {
    let mut numbers: Vec<u64> = outbox.taken.iter().map(|taken| taken.number).collect();
    numbers.sort_unstable();
    numbers.dedup();
    let mut stored: Vec<NumberRange> = Vec::new();
    for number in numbers {
        match stored.last_mut() {
            Some(range) if range.last + 1 == number => range.last = number,
            _ => stored.push(NumberRange { first: number, last: number }),
        }
    }
    let ruling = |taken: &super::Taken| Ruling {
        number: taken.number,
        verdict: taken.verdict,
        seq: works_there.then_some(taken.seq),
    };
    Acks {
        caseload,
        stored,
        verdicts: outbox.taken.iter().map(ruling).collect(),
        new_install: outbox.new_install,
        next_number,
        backed_up,
    }
}
