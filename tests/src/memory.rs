//! A caseload in memory: the smallest shell around [`sync_core::case`]. Independent of any database, so that a
//! failure in a test of it is a failure of the flow.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sync_core::admit::Standing;
use sync_core::author::{Author, Role};
use sync_core::case::{Case, Context, File, Outcome, Received, Want, flow_author};
use sync_core::flag::RaisedAlarm;
use sync_core::id::{CaseloadId, EntityId, PersonId, SubmissionId};
use sync_core::log::{Entry, EntryBody, HoldCode, Logged, Verdict};
use sync_core::policy::{Evaluator, Policy, RuleAlarm};
use sync_core::submission::Submission;
use sync_core::time::Timestamp;

/// A caseload in memory.
pub struct Caseload {
    /// Its id.
    pub id: CaseloadId,
    /// Its files by root.
    pub files: BTreeMap<EntityId, File>,
    /// Its log.
    pub log: Vec<Entry>,
    /// Alarms so far.
    pub alarms: Vec<RuleAlarm>,
    /// Flags that must reach a named person at once.
    pub raised: Vec<RaisedAlarm>,
    /// Slips sent, with the desk.
    pub slips: Vec<sync_core::refer::SlipOut>,
    /// How many files the flow has asked for so far.
    pub loaded: usize,
    /// What desks were told of slips that they have.
    pub notes: Vec<sync_core::refer::SlipNote>,
    /// Desk of each department.
    pub desks: BTreeMap<String, CaseloadId>,
    keys: BTreeMap<EntityId, Vec<String>>,
    policy: Arc<Evaluator>,
    next_number: u64,
}

impl Caseload {
    /// An empty caseload under the sample policy.
    #[must_use]
    pub fn new(id: u8) -> Self {
        Self {
            id: CaseloadId::from_bytes([id; 16]),
            files: BTreeMap::new(),
            log: Vec::new(),
            alarms: Vec::new(),
            raised: Vec::new(),
            slips: Vec::new(),
            loaded: 0,
            notes: Vec::new(),
            desks: BTreeMap::new(),
            keys: BTreeMap::new(),
            policy: Arc::new(Evaluator::new(Arc::new(Policy::sample()))),
            next_number: 1,
        }
    }

    /// Takes a submission in, as the server would, in a transaction of its own.
    pub fn take_in(&mut self, now: Timestamp, submission: Submission, author: Author) -> Verdict {
        self.take_in_from(now, submission, author, 0)
    }

    /// Takes a submission in from a phone whose clock is off by so much.
    pub fn take_in_from(
        &mut self,
        now: Timestamp,
        submission: Submission,
        author: Author,
        clock_offset_ms: i64,
    ) -> Verdict {
        self.take_in_as(
            now,
            submission,
            author,
            Standing { role: author.role, member: true, revoked: false, clock_offset_ms },
        )
    }

    /// Takes a submission in from an author with this standing: no longer a member, or on a revoked device.
    pub fn take_in_as(
        &mut self,
        now: Timestamp,
        submission: Submission,
        author: Author,
        standing: Standing,
    ) -> Verdict {
        self.transaction(now, |case, keys| {
            case.expect(&submission.parts);
            keys.satisfy(case);
            let digest = submission.digest();
            let verdict = case.take_in(Received { submission, digest, author, standing });
            keys.satisfy(case);
            case.conclude();
            verdict
        })
    }

    /// A supervisor's decision on a held submission.
    ///
    /// # Errors
    /// The code for which it cannot be merged.
    pub fn decide(&mut self, now: Timestamp, held: Logged, accepted: bool) -> Result<(), HoldCode> {
        let by = PersonId::from_bytes([0xDE; 16]);
        self.transaction(now, |case, keys| {
            case.expect(&held.parts);
            keys.satisfy(case);
            let decided = case.decide(held, accepted, by, "looked at it".to_owned());
            keys.satisfy(case);
            case.conclude();
            decided
        })
    }

    /// Lets a point in time pass.
    pub fn tick(&mut self, now: Timestamp) {
        let roots: Vec<EntityId> = self.files.keys().copied().collect();
        self.transaction(now, |case, keys| {
            for root in roots {
                case.expect_file(root);
            }
            keys.satisfy(case);
            case.tick();
            keys.satisfy(case);
            case.conclude();
        });
    }

    /// The submissions of the log by id.
    #[must_use]
    pub fn logged(&self) -> BTreeMap<SubmissionId, &Logged> {
        let submission = |entry: &Entry| matches!(entry.body, EntryBody::Submission(_));
        self.log
            .iter()
            .filter(|entry| submission(entry))
            .filter_map(|entry| match &entry.body {
                EntryBody::Submission(logged) => Some((logged.id, logged)),
                _ => None,
            })
            .collect()
    }

    /// An author of this caseload.
    #[must_use]
    pub fn author(&self, person: u8, role: Role, number: u64) -> Author {
        let bytes = [person; 16];
        let author = flow_author(self.id, number);
        Author {
            device: sync_core::id::DeviceId::from_bytes(bytes),
            person: sync_core::id::PersonId::from_bytes(bytes),
            role,
            ..author
        }
    }

    fn transaction<T>(&mut self, now: Timestamp, step: impl FnOnce(&mut Case<'_>, &Shelf<'_>) -> T) -> T {
        let policy = Arc::clone(&self.policy);
        let context = Context {
            caseload: self.id,
            now,
            policy: &policy,
            desks: &self.desks,
            prefix: "HGS",
            contact: "花果山社区服务中心 0755-2600 0000",
        };
        let next_seq = self.log.len() as u64 + 1;
        let mut case = Case::new(context, next_seq, self.next_number);
        let result = step(&mut case, &Shelf { files: &self.files, keys: &self.keys });
        let Outcome { entries, slips, notes, alarms, raised, alike, files, next_number, .. } = case.finish();
        self.log.extend(entries);
        self.slips.extend(slips);
        self.notes.extend(notes);
        self.alarms.extend(alarms);
        self.raised.extend(raised);
        self.keys.extend(alike);
        let files_loaded = files.len();
        self.files.extend(files);
        self.next_number = next_number;
        self.loaded += files_loaded;
        result
    }
}

struct Shelf<'a> {
    files: &'a BTreeMap<EntityId, File>,
    keys: &'a BTreeMap<EntityId, Vec<String>>,
}

impl Shelf<'_> {
    fn satisfy(&self, case: &mut Case<'_>) {
        while let Some(want) = case.want() {
            match want {
                Want::Root(entity) => {
                    let holds = |(_, file): &(&EntityId, &File)| file.documents.contains_key(&entity);
                    let root = self.files.iter().find(holds).map(|(root, _)| *root);
                    case.give_root(entity, root);
                }
                Want::File(root) => case.give_file(root, self.files.get(&root).cloned().unwrap_or_default()),
                Want::Alike { of, keys } => {
                    let wanted: BTreeSet<&String> = keys.iter().collect();
                    let shares = |theirs: &Vec<String>| theirs.iter().any(|key| wanted.contains(key));
                    let paired = |root: &EntityId| {
                        let about = of.to_string();
                        self.files[root].flags.values().any(|flag| flag.flagged.window == about)
                    };
                    let others = self
                        .keys
                        .iter()
                        .filter(|(root, theirs)| **root != of && (shares(theirs) || paired(root)))
                        .map(|(root, _)| *root)
                        .collect();
                    case.give_alike(of, others);
                }
            }
        }
    }
}
