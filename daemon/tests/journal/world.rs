//! The journal's callers as the daemon has them: strands with heads, generations and keys, whose
//! projects are lists of changes. They remember what they were told.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use goxe_daemon::journal::blob::Blobs;
use goxe_daemon::journal::chain::{change_digest, params_digest};
use goxe_daemon::journal::image::{self, ImageHeader};
use goxe_daemon::journal::keys::{Key, KeyLimits, Keys, Lookup};
use goxe_daemon::journal::record::{self, Draft, Record};
use goxe_daemon::journal::recovery::{Note, Recovered, recover};
use goxe_daemon::journal::replay::{Replayed, State, replay};
use goxe_daemon::journal::writer::{Append, Completion, Core, Durability, Failure, Settings};
use goxe_daemon::journal::{ProjectId, Revision, StoreId};

use crate::mem_disk::MemDisk;
use crate::random::Random;

pub const STORE: StoreId = StoreId(0x0123_4567_89ab_cdef);
pub const START_MS: i64 = 1_800_000_000_000;
pub const LIMITS: KeyLimits = KeyLimits { keep_ms: 86_400_000, keys_max: 100_000 };

/// A project of the tests: its changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes(pub Vec<Vec<u8>>);

impl Changes {
    pub fn body(&self) -> Vec<u8> {
        let mut body = Vec::new();
        for change in &self.0 {
            body.extend_from_slice(&u32::try_from(change.len()).unwrap().to_le_bytes());
            body.extend_from_slice(change);
        }
        body
    }
}

impl State for Changes {
    fn start() -> Self {
        Self::default()
    }

    fn from_image(mut body: &[u8]) -> Result<Self, String> {
        let mut changes = Vec::new();
        while let Some((length, rest)) = body.split_first_chunk() {
            let length = u32::from_le_bytes(*length) as usize;
            let (change, rest) = rest.split_at_checked(length).ok_or("cut short")?;
            changes.push(change.to_vec());
            body = rest;
        }
        Ok(Self(changes))
    }

    fn with_change(mut self, _: &Record<'_>, change: &[u8]) -> Result<Self, String> {
        self.0.push(change.to_vec());
        Ok(self)
    }

    fn number(&self) -> u64 {
        self.0.len() as u64
    }
}

pub fn settings(durability: Durability) -> Settings {
    Settings {
        durability,
        segment_bytes: 4096,
        change_inline_bytes_max: 1500,
        queue_max: 64,
        queue_bytes_max: 1 << 20,
    }
}

pub const INTERVAL: Durability = Durability::Interval(Duration::from_millis(50));

/// A key made of a number.
pub fn key(number: u64) -> Key {
    let [_, _, a, b, c, d, e, f] = START_MS.to_be_bytes();
    let [g, h, i, j, k, l, m, n] = number.to_be_bytes();
    Key([a, b, c, d, e, f, 0x70 | (g & 0xf), h, 0x80 | (i & 0x3f), j, k, l, m, n, 0, 0])
}

pub fn answer(number: u64) -> Vec<u8> {
    format!("{{\"answer\":{number}}}").into_bytes()
}

/// A commit on top of `before`.
pub fn draft(project: ProjectId, before: Revision, change: Vec<u8>, serial: u64) -> Draft {
    let time_ms = START_MS + i64::try_from(serial).unwrap();
    let after = before.next(project, "ann", time_ms, &change_digest(&change));
    Draft {
        project,
        before,
        after,
        author: "ann".to_owned(),
        time_ms,
        key: Some(key(serial)),
        params: params_digest(&change),
        answer: answer(serial),
        label: "an edit".to_owned(),
        change,
    }
}

/// A committed edit, as its caller remembers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    pub change: Vec<u8>,
    pub serial: u64,
    pub revision: Revision,
}

/// One project's strand.
#[derive(Clone, Debug, Default)]
pub struct Strand {
    /// What was acknowledged.
    pub acknowledged: Vec<Edit>,
    /// How many of it must survive a loss of power.
    pub durable: usize,
    /// What was handed over and got no answer, in order.
    pub unanswered: Vec<Edit>,
    /// What failed while nobody could make it certain, in order.
    pub doubtful: Vec<Edit>,
    pub head: Revision,
    pub generation: u32,
    /// It was told of a failure and has not gone back yet.
    pub failed: bool,
}

impl Strand {
    pub fn written(&self) -> Revision {
        self.acknowledged.last().map_or(Revision::START, |edit| edit.revision)
    }

    pub fn changes(&self) -> Changes {
        Changes(self.acknowledged.iter().map(|edit| edit.change.clone()).collect())
    }
}

/// Journal, disk and callers of one process after the other.
pub struct World {
    pub disk: MemDisk,
    pub core: Core<Edit>,
    pub blobs: Blobs,
    pub strands: BTreeMap<ProjectId, Strand>,
    pub settings: Settings,
    pub serial: u64,
    pub now: Instant,
    /// Failures of now may leave bytes behind that nobody can cut.
    pub uncertain: bool,
    pub answered: usize,
}

pub fn recovered(disk: &MemDisk) -> Recovered {
    recover(disk, STORE, &mut |done, total| assert!(done <= total)).unwrap()
}

pub fn load(disk: &MemDisk, found: &Recovered, project: ProjectId) -> Replayed<Changes> {
    let index = found.projects.get(&project).cloned().unwrap_or_default();
    replay(disk, project, &index, &LIMITS, START_MS, &mut || {}).unwrap()
}

impl World {
    pub fn new(disk: MemDisk, settings: Settings) -> Self {
        let found = recovered(&disk);
        let arc = Arc::new(disk.clone());
        let blobs = Blobs::new(arc.clone(), 1);
        let core = Core::new(arc, found, settings);
        Self {
            disk,
            core,
            blobs,
            strands: BTreeMap::new(),
            settings,
            serial: 0,
            now: Instant::now(),
            uncertain: false,
            answered: 0,
        }
    }

    /// A record on top of the project's head, which moves on.
    pub fn prepare(&mut self, project: ProjectId, change: Vec<u8>) -> Option<Append<Edit>> {
        self.serial += 1;
        let serial = self.serial;
        let strand = self.strands.entry(project).or_default();
        let draft = draft(project, strand.head, change, serial);
        let blob = if draft.change.len() > self.settings.change_inline_bytes_max {
            Some(self.blobs.write(&draft.change).ok()?)
        } else {
            None
        };
        let record = record::encode(&draft, blob, STORE).unwrap();
        strand.head = draft.after;
        let ticket = Edit { change: draft.change, serial, revision: draft.after };
        Some(Append { record, generation: strand.generation, ticket })
    }

    /// Writes a batch and tells the strands.
    pub fn append(&mut self, batch: Vec<Append<Edit>>) {
        let handed: Vec<(ProjectId, Edit)> =
            batch.iter().map(|append| (append.record.project, append.ticket.clone())).collect();
        let completions = self.core.append(batch, self.now);
        let dead = self.disk.is_dead();
        assert_eq!(completions.len(), handed.len());
        for (completion, (project, edit)) in completions.into_iter().zip(handed) {
            assert_eq!((completion.project, &completion.ticket), (project, &edit), "in order");
            if dead {
                self.strands.get_mut(&project).unwrap().unanswered.push(edit);
            } else {
                self.complete(completion);
            }
        }
    }

    fn complete(&mut self, completion: Completion<Edit>) {
        self.answered += 1;
        let strand = self.strands.get_mut(&completion.project).unwrap();
        match completion.outcome {
            Ok(_) => {
                assert!(!strand.failed, "nothing above a failed record is written");
                strand.acknowledged.push(completion.ticket);
                strand.doubtful.clear();
                if self.settings.durability == Durability::Sync {
                    strand.durable = strand.acknowledged.len();
                }
            }
            Err(failure) => {
                assert!(
                    matches!(failure, Failure::NoSpace | Failure::Io(_) | Failure::Above),
                    "{failure:?}"
                );
                let uncertain = self.uncertain && failure != Failure::Above;
                if uncertain || !strand.doubtful.is_empty() {
                    strand.doubtful.push(completion.ticket);
                }
                strand.failed = true;
            }
        }
    }

    /// Strands that were told of a failure go back to what is written.
    pub fn go_back(&mut self) {
        for (project, strand) in &mut self.strands {
            if strand.failed {
                strand.failed = false;
                strand.generation += 1;
                strand.head = strand.written();
                self.core.reset(*project, strand.generation);
            }
        }
    }

    /// One edit, alone in its batch.
    pub fn edit(&mut self, project: u32, change: &[u8]) {
        let append = self.prepare(ProjectId(project), change.to_vec()).unwrap();
        self.append(vec![append]);
    }

    pub fn sync(&mut self) {
        if self.core.sync(self.now).is_ok() && !self.disk.is_dead() {
            for strand in self.strands.values_mut() {
                strand.durable = strand.acknowledged.len();
            }
        }
    }

    /// Saves a project as it was acknowledged.
    pub fn save(&mut self, project: ProjectId) {
        let strand = &self.strands[&project];
        let header =
            ImageHeader { store: STORE, project, revision: strand.written(), time_ms: START_MS };
        let mut keys = Keys::default();
        for edit in &strand.acknowledged {
            let params = params_digest(&edit.change);
            let answer = answer(edit.serial);
            keys.insert("ann", key(edit.serial), params, edit.revision, START_MS, &answer);
        }
        let written = image::write(&self.disk, &header, &strand.changes().body(), &keys);
        if written.is_ok() && !self.disk.is_dead() {
            let strand = self.strands.get_mut(&project).unwrap();
            strand.durable = strand.acknowledged.len();
            self.core.image_done(header);
        }
    }

    /// The next process, on what the last one left. Everything acknowledged has to be there; with
    /// `power_cut` everything that was durable.
    pub fn restart(&mut self, disk: MemDisk, power_cut: bool) {
        self.disk.check();
        let found = recovered(&disk);
        let damaged = |note: &Note| matches!(note, Note::Damaged { .. } | Note::HeaderLost { .. });
        assert!(!found.notes.iter().any(damaged), "no crash damages: {:?}", found.notes);
        for (project, strand) in &mut self.strands {
            let back = load(&disk, &found, *project);
            assert_eq!(back.corrupt, None, "no crash makes a project read-only");
            check_strand(*project, strand, &back, power_cut);
        }
        for project in found.projects.keys() {
            assert!(self.strands.contains_key(project), "{project} was never edited");
        }
        self.blobs = Blobs::new(Arc::new(disk.clone()), 1 << 40 | self.serial);
        self.core = Core::new(Arc::new(disk.clone()), found, self.settings);
        self.disk = disk;
        self.uncertain = false;
    }
}

/// What came back is what was acknowledged, and of what was not answered a part from its start: the
/// chain hash, which the replay has verified, says that each follows the one before.
fn check_strand(project: ProjectId, strand: &mut Strand, back: &Replayed<Changes>, cut: bool) {
    let count = back.state.0.len();
    assert_eq!(back.revision.number, count as u64);
    let least = if cut { strand.durable } else { strand.acknowledged.len() };
    assert!(count >= least, "{project}: {count} edits came back of {least} that were promised");
    let mut possible = strand.acknowledged.clone();
    possible.truncate(count);
    for change in back.state.0.iter().skip(possible.len()) {
        let number = possible.len() as u64 + 1;
        let edit = strand
            .unanswered
            .iter()
            .chain(&strand.doubtful)
            .find(|edit| edit.change == *change && edit.revision.number == number);
        possible.push(edit.unwrap_or_else(|| panic!("{project}: unknown edit {number}")).clone());
    }
    for (change, edit) in back.state.0.iter().zip(&possible) {
        assert!(change == &edit.change, "{project}: another edit at {}", edit.revision);
        let params = params_digest(&edit.change);
        let found = back.keys.lookup("ann", key(edit.serial), &params, START_MS, &LIMITS);
        match found {
            Lookup::Committed(committed) => {
                assert_eq!(committed.revision, edit.revision);
                assert_eq!(&*committed.answer, &*answer(edit.serial));
            }
            other => panic!("{project}: the key of {} is {other:?}", edit.revision),
        }
    }
    let last = possible.last().map_or(Revision::START, |edit| edit.revision);
    assert_eq!(back.revision, last);
    *strand = Strand { durable: count, acknowledged: possible, head: last, ..Strand::default() };
}

/// A world with a few edits of two projects, synced and closed, or killed.
pub fn small(disk: &MemDisk, closed: bool) -> World {
    let mut world = World::new(disk.clone(), settings(INTERVAL));
    let mut random = Random::new(1);
    for round in 0..4 {
        for project in [1, 2] {
            let change = random.bytes(20 + 10 * round);
            world.edit(project, &change);
        }
    }
    if closed {
        world.core.close().unwrap();
    }
    world
}
