//! The writer without its thread: batches in, outcomes out, one disk below.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use rustc_hash::FxHashMap;

use super::gates::Gates;
use super::retention::Covered;
use super::tail::{Ack, Placed, Tail, UNSYNCED_BYTES_MAX};
use super::{Completion, Completions, Durability, Failure, Located, Pulse, Settings, Status};
use crate::journal::disk::Disk;
use crate::journal::index::{Entry, Location, ProjectIndex, SegmentUse};
use crate::journal::record::Encoded;
use crate::journal::recovery::Recovered;
use crate::journal::{Corrupt, Lsn, ProjectId, Revision, blob};

/// A record that is handed over.
#[derive(Debug)]
pub struct Append<T> {
    /// The record.
    pub record: Encoded,
    /// The generation of its project's head: it rises with every [`Core::reset`].
    pub generation: u32,
    /// What comes back with its outcome.
    pub ticket: T,
}

/// What the writer knows of a project.
#[derive(Default)]
pub(super) struct Known {
    pub(super) index: ProjectIndex,
    pub(super) head: Revision,
    pub(super) corrupt: Option<Corrupt>,
}

/// State of the writer. [`super::Journal`] drives it from its thread, a simulation from a loop.
pub struct Core<T> {
    pub(super) disk: Arc<dyn Disk>,
    settings: Settings,
    pub(super) tail: Tail,
    pub(super) projects: BTreeMap<ProjectId, Known>,
    pub(super) gates: Gates,
    pub(super) segments: BTreeMap<Lsn, SegmentUse>,
    pub(super) covered: BTreeMap<ProjectId, Covered>,
    pub(super) unsynced_since: Option<Instant>,
    status: Arc<Status>,
    pub(super) pulse: Arc<Pulse>,
    ticket: std::marker::PhantomData<fn(T)>,
}

impl<T> Core<T> {
    /// Goes on where recovery ended. Nothing is written before the first record comes.
    pub fn new(disk: Arc<dyn Disk>, recovered: Recovered, settings: Settings) -> Self {
        let pulse = Arc::new(Pulse::default());
        let tail = Tail::new(
            Arc::clone(&disk),
            recovered.store,
            Arc::clone(&pulse),
            recovered.next_lsn,
            recovered.durable,
        );
        let mut projects = BTreeMap::new();
        let mut covered = BTreeMap::new();
        for (project, index) in recovered.projects {
            let (head, corrupt) = index.head();
            if let Some(newest) = index.images.first() {
                let number = newest.revision.number;
                covered.insert(project, Covered { number, synced: false });
            }
            projects.insert(project, Known { index, head, corrupt });
        }
        let mut core = Self {
            disk,
            settings,
            tail,
            projects,
            gates: Gates::default(),
            segments: recovered.segments,
            covered,
            unsynced_since: None,
            status: Arc::default(),
            pulse,
            ticket: std::marker::PhantomData,
        };
        core.show();
        core
    }

    /// The counters.
    pub fn status(&self) -> Arc<Status> {
        Arc::clone(&self.status)
    }

    /// The watchdog's view.
    pub fn pulse(&self) -> Arc<Pulse> {
        Arc::clone(&self.pulse)
    }

    /// When [`Self::sync`] has to be called.
    pub fn due(&self) -> Option<Instant> {
        match self.settings.durability {
            Durability::Sync => self.unsynced_since,
            Durability::Interval(interval) => self.unsynced_since?.checked_add(interval),
        }
    }

    /// For how long the journal has to have nothing to do to be synced before that.
    pub fn quiet(&self) -> Duration {
        match self.settings.durability {
            Durability::Sync => Duration::ZERO,
            Durability::Interval(interval) => interval / 4,
        }
    }

    /// Writes a batch; the outcomes are in its order.
    pub fn append(&mut self, mut batch: Vec<Append<T>>, now: Instant) -> Completions<T> {
        let mut staged = FxHashMap::default();
        let mut outcomes: Vec<Result<Lsn, Failure>> = Vec::with_capacity(batch.len());
        for append in &batch {
            let admitted = self.admit(append, &mut staged);
            outcomes.push(admitted.map(|()| Lsn::default()));
        }
        if outcomes.iter().any(Result::is_ok) {
            let admitted = batch
                .iter_mut()
                .zip(&outcomes)
                .filter_map(|(append, outcome)| outcome.is_ok().then_some(&mut append.record));
            match self.write(admitted.collect(), now) {
                Ok(placed) => self.written(&batch, &mut outcomes, placed),
                Err(error) => self.failed(&batch, &mut outcomes, &error),
            }
        }
        self.discard_blobs(&batch, &outcomes);
        self.show();
        let ends = batch.into_iter().zip(outcomes);
        ends.map(|(append, outcome)| Completion::of(append, outcome)).collect()
    }

    /// Whether a record may be written, as far as records before it in the batch succeed.
    fn admit(
        &mut self,
        append: &Append<T>,
        staged: &mut FxHashMap<ProjectId, Revision>,
    ) -> Result<(), Failure> {
        let project = append.record.project;
        if !self.gates.admit(project, append.generation) {
            return Err(Failure::Above);
        }
        let known = self.projects.get(&project);
        if let Some(corrupt) = known.and_then(|known| known.corrupt) {
            return Err(Failure::Corrupt(corrupt));
        }
        let written = known.map_or(Revision::START, |known| known.head);
        let head = staged.get(&project).copied().unwrap_or(written);
        let follows = append.record.before == head
            && append.record.after.number == head.number.saturating_add(1);
        if !follows {
            self.gates.shut(project, append.generation);
            return Err(Failure::OutOfOrder(head));
        }
        staged.insert(project, append.record.after);
        Ok(())
    }

    fn write(&mut self, records: Vec<&mut Encoded>, now: Instant) -> io::Result<Vec<Placed>> {
        self.ready()?;
        let ack = match self.settings.durability {
            Durability::Sync => Ack::AfterSync,
            Durability::Interval(_) => Ack::AfterWrite,
        };
        let count = records.len() as u64;
        let placed = self.tail.append(records.into_iter(), ack)?;
        self.status.records.fetch_add(count, Ordering::Relaxed);
        self.status.batches.fetch_add(1, Ordering::Relaxed);
        match ack {
            Ack::AfterSync => {
                self.status.syncs.fetch_add(1, Ordering::Relaxed);
            }
            Ack::AfterWrite if self.tail.unsynced_bytes() >= UNSYNCED_BYTES_MAX => {
                // Due at once.
                self.unsynced_since = Some(now.checked_sub(self.quiet() * 4).unwrap_or(now));
            }
            Ack::AfterWrite => {
                self.unsynced_since.get_or_insert(now);
            }
        }
        Ok(placed)
    }

    /// An open segment with room: the current one, or the next.
    fn ready(&mut self) -> io::Result<()> {
        match self.tail.open_bytes() {
            Some(bytes) if bytes < self.settings.segment_bytes => return Ok(()),
            Some(_) => match self.tail.sync() {
                Ok(()) => {
                    self.unsynced_since = None;
                    self.tail.finish();
                }
                // The segment is closed all the same; the next one takes what is unsynced.
                Err(error) => self.note_failure(&error),
            },
            None => {}
        }
        self.begin()
    }

    fn begin(&mut self) -> io::Result<()> {
        let begun = self.tail.begin(&self.heads())?;
        let mut held = SegmentUse { voids: begun.voids, ..SegmentUse::default() };
        for (unsynced, placed) in begun.moved {
            let highest = held.numbers.entry(unsynced.project).or_default();
            *highest = unsynced.number.max(*highest);
            held.blobs.extend(unsynced.blob);
            self.relocate(unsynced.project, unsynced.number, placed);
        }
        self.segments.insert(begun.first, held);
        self.unsynced_since = None;
        // What was the newest segment may be covered by images already.
        self.remove_covered();
        Ok(())
    }

    /// Where the projects of the newest segment stand.
    fn heads(&self) -> Vec<(ProjectId, Revision)> {
        let Some((_, held)) = self.segments.last_key_value() else { return Vec::new() };
        let sound = |project: &ProjectId| {
            let known = self.projects.get(project).filter(|known| known.corrupt.is_none())?;
            Some((*project, known.head))
        };
        held.numbers.keys().filter_map(sound).collect()
    }

    fn relocate(&mut self, project: ProjectId, number: u64, placed: Placed) {
        let Some(known) = self.projects.get_mut(&project) else { return };
        for entry in known.index.entries.iter_mut().rev() {
            match entry {
                Entry::Record(location) if location.after.number == number => {
                    location.lsn = placed.lsn;
                    location.segment = placed.segment;
                    location.offset = placed.offset;
                    return;
                }
                Entry::Record(_) | Entry::Damaged { .. } | Entry::Reached { .. } => {}
            }
        }
    }

    fn written(
        &mut self,
        batch: &[Append<T>],
        outcomes: &mut [Result<Lsn, Failure>],
        placed: Vec<Placed>,
    ) {
        self.status.degraded.store(false, Ordering::Relaxed);
        let mut placed = placed.into_iter();
        for (append, outcome) in batch.iter().zip(outcomes) {
            let (Ok(lsn), record) = (outcome, &append.record) else { continue };
            let placed = placed.next().expect("one place for each admitted record");
            *lsn = placed.lsn;
            let location = Location {
                lsn: placed.lsn,
                segment: placed.segment,
                offset: placed.offset,
                bytes: record.bytes.len(),
                chain_before: record.before.chain,
                after: record.after,
                blob: record.blob,
            };
            let known = self.projects.entry(record.project).or_default();
            known.head = record.after;
            known.index.entries.push(Entry::Record(location));
            let held = self.segments.entry(placed.segment).or_default();
            held.note(record.project, record.after.number, record.blob);
        }
    }

    fn failed(
        &mut self,
        batch: &[Append<T>],
        outcomes: &mut [Result<Lsn, Failure>],
        error: &io::Error,
    ) {
        self.note_failure(error);
        let failure = Failure::of(error);
        for (append, outcome) in batch.iter().zip(outcomes) {
            if outcome.is_ok() {
                *outcome = Err(failure.clone());
                self.gates.shut(append.record.project, append.generation);
            }
        }
        if self.tail.open_bytes().is_none() && self.tail.tainted() {
            // A file that could not be cut may still hold what is answered as failed: the next
            // segment voids it. If that fails too, the next batch tries again.
            if let Err(error) = self.begin() {
                self.note_failure(&error);
            }
        }
    }

    fn note_failure(&self, error: &io::Error) {
        self.status.failures.fetch_add(1, Ordering::Relaxed);
        self.status.degraded.store(true, Ordering::Relaxed);
        tracing::warn!(%error, "the journal was refused by the disk");
    }

    /// Blobs of records that are certainly not in the journal.
    fn discard_blobs(&self, batch: &[Append<T>], outcomes: &[Result<Lsn, Failure>]) {
        if self.tail.tainted() {
            return;
        }
        for (append, outcome) in batch.iter().zip(outcomes) {
            if let (Some(blob), Err(_)) = (append.record.blob, outcome) {
                // A leftover is removed by the next start.
                let _ = blob::remove(&*self.disk, blob.id);
            }
        }
    }

    /// Takes records of the project again, from this generation on.
    pub fn reset(&mut self, project: ProjectId, generation: u32) {
        self.gates.reset(project, generation);
    }

    /// Makes durable what is acknowledged. After a failure it is kept, for the next try.
    pub fn sync(&mut self, now: Instant) -> Result<(), Failure> {
        let synced = self.try_sync();
        self.unsynced_since = match (&synced, self.tail.unsynced_bytes()) {
            (Ok(()), _) | (Err(_), 0) => None,
            (Err(_), _) => Some(now),
        };
        self.show();
        synced.map_err(|error| Failure::of(&error))
    }

    pub(super) fn try_sync(&mut self) -> io::Result<()> {
        if self.tail.unsynced_bytes() == 0 {
            return Ok(());
        }
        if self.tail.open_bytes().is_some() {
            match self.tail.sync() {
                Ok(()) => {
                    self.status.syncs.fetch_add(1, Ordering::Relaxed);
                    return Ok(());
                }
                Err(error) => self.note_failure(&error),
            }
        }
        match self.begin() {
            Ok(()) => {
                self.status.degraded.store(false, Ordering::Relaxed);
                Ok(())
            }
            Err(error) => {
                self.note_failure(&error);
                Err(error)
            }
        }
    }

    /// The last sync. A final record says that everything before it was synced.
    pub fn close(&mut self) -> Result<(), Failure> {
        let closed = self.try_sync().and_then(|()| {
            let heads = self.heads();
            self.tail.seal(&heads)
        });
        self.show();
        closed.map_err(|error| Failure::of(&error))
    }

    /// What is known of a project.
    pub fn locate(&self, project: ProjectId) -> Located {
        let known = self.projects.get(&project);
        known.map_or_else(
            || Located { index: ProjectIndex::default(), head: Revision::START },
            |known| Located { index: known.index.clone(), head: known.head },
        )
    }

    pub(super) fn show(&mut self) {
        if let (Some(bytes), Some(mut newest)) =
            (self.tail.open_bytes(), self.segments.last_entry())
        {
            newest.get_mut().bytes = bytes;
        }
        let status = &self.status;
        let bytes: u64 = self.segments.values().map(|held| held.bytes).sum();
        status.segments.store(self.segments.len() as u64, Ordering::Relaxed);
        status.journal_bytes.store(bytes, Ordering::Relaxed);
        status.written.store(self.tail.written().0, Ordering::Relaxed);
        status.durable.store(self.tail.durable().0, Ordering::Relaxed);
    }
}
