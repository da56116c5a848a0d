//! Recovery: what the data folder holds, found before anything is written to it again.
//!
//! Headers of images and every record of every segment are read; no project is loaded. The end of
//! the newest segment is cut where a loss of power tore it, and only there: a record that was synced
//! (a later one says so) or that was written whole and went bad is damage, and stays for inspection.
//! Nothing is ever appended to a file of an earlier run: the writer begins a new segment.

mod report;
mod torn;

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use super::blob;
use super::disk::{self, Disk};
use super::image::{self, ImageError, ImageHeader};
use super::index::{Entry, Location, ProjectIndex, SegmentUse};
use super::lineage::{self, LineageError};
use super::record::Kind;
use super::segment::{self, Content, Damage, Header, Item, Scan, ScanError, Sound};
use super::{Corrupt, JOURNAL_FOLDER, Lsn, ProjectId, Revision, StoreId};
use torn::{lsn_of, offset_of, torn_at};

pub use report::{Note, RecoveryError};

/// What recovery found.
#[derive(Debug)]
pub struct Recovered {
    /// The lineage of the folder.
    pub store: StoreId,
    /// Every project that has an image or a record; the catalogue comes first.
    pub projects: BTreeMap<ProjectId, ProjectIndex>,
    /// What was not as it should be.
    pub notes: Vec<Note>,
    /// Bytes of all segments.
    pub journal_bytes: u64,
    pub(crate) segments: BTreeMap<Lsn, SegmentUse>,
    pub(crate) next_lsn: Lsn,
    pub(crate) durable: Lsn,
    pub(crate) next_blob: u64,
}

impl Recovered {
    /// Bytes of a project's records after its newest image.
    pub fn bytes_since_image(&self, project: ProjectId) -> u64 {
        let Some(index) = self.projects.get(&project) else { return 0 };
        let base = index.base().number;
        let records = index.entries.iter().filter_map(|entry| match entry {
            Entry::Record(location) if location.after.number > base => {
                let blob = location.blob.map_or(0, |blob| blob.length);
                Some(blob.saturating_add(location.bytes as u64))
            }
            Entry::Record(_) | Entry::Damaged { .. } | Entry::Reached { .. } => None,
        });
        records.fold(0, u64::saturating_add)
    }
}

fn failed(what: &str) -> impl FnOnce(io::Error) -> RecoveryError + '_ {
    move |source| RecoveryError::Io { what: what.to_owned(), source }
}

/// Reads the folder. `fresh` becomes the lineage of one that is empty; `progress` is told bytes done
/// and bytes in all.
pub fn recover(
    disk: &dyn Disk,
    fresh: StoreId,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Recovered, RecoveryError> {
    let names = disk.list("").map_err(failed("data folder"))?;
    if names.iter().any(|name| name == lineage::RESTORING_FILE) {
        return Err(RecoveryError::RestoreUnfinished);
    }
    for folder in [JOURNAL_FOLDER, blob::BLOBS_FOLDER, image::IMAGES_FOLDER] {
        if !names.iter().any(|name| name == folder) {
            disk::create_folder_synced(disk, "", folder).map_err(failed(folder))?;
        }
    }
    for folder in ["", JOURNAL_FOLDER, blob::BLOBS_FOLDER] {
        disk::remove_temporaries(disk, folder).map_err(failed("leftovers"))?;
    }
    let files = segment_files(disk)?;
    let store = settle_lineage(disk, &files, fresh)?;
    let mut recovery = Recovery {
        disk,
        found: Recovered {
            store,
            projects: BTreeMap::new(),
            notes: Vec::new(),
            journal_bytes: 0,
            segments: BTreeMap::new(),
            next_lsn: Lsn(1),
            durable: Lsn(0),
            next_blob: 1,
        },
        damaged: false,
    };
    recovery.images()?;
    recovery.segments(&files, progress)?;
    recovery.blobs()?;
    let mut found = recovery.found;
    for index in found.projects.values_mut() {
        index.forget_before_images();
    }
    found.projects.retain(|_, index| *index != ProjectIndex::default());
    Ok(found)
}

struct SegmentFile {
    first: Lsn,
    path: String,
    bytes: u64,
    header: Option<Header>,
}

fn segment_files(disk: &dyn Disk) -> Result<Vec<SegmentFile>, RecoveryError> {
    let mut files = Vec::new();
    for name in disk.list(JOURNAL_FOLDER).map_err(failed(JOURNAL_FOLDER))? {
        let Some(first) = segment::parse_name(&name) else { continue };
        let path = segment::path(first);
        let bytes = disk.length(&path).map_err(failed(&path))?;
        let scan = &mut Scan::new(disk, &path, bytes, StoreId(0));
        let header = scan.header().map_err(|error| scan_failed(&path, error))?;
        files.push(SegmentFile { first, path, bytes, header });
    }
    Ok(files)
}

/// The lineage: what the folder says, else what its files say, else a new one.
fn settle_lineage(
    disk: &dyn Disk,
    files: &[SegmentFile],
    fresh: StoreId,
) -> Result<StoreId, RecoveryError> {
    let path = lineage::LINEAGE_FILE;
    match lineage::read(disk) {
        Ok(Some(store)) => return Ok(store),
        Ok(None) => {}
        Err(LineageError::Newer { found }) => {
            return Err(RecoveryError::Newer { path: path.to_owned(), found });
        }
        Err(LineageError::Io(source)) => return Err(failed(path)(source)),
    }
    let mut store = files.iter().find_map(|file| file.header).map(|header| header.store);
    for project in image::projects(disk).map_err(failed(image::IMAGES_FOLDER))? {
        for number in image::list(disk, project).map_err(failed(image::IMAGES_FOLDER))? {
            let header = image::read_header(disk, project, number).ok();
            store = store.or(header.map(|header| header.store));
        }
    }
    let store = store.unwrap_or(fresh);
    lineage::write(disk, store).map_err(failed(path))?;
    Ok(store)
}

fn scan_failed(path: &str, error: ScanError) -> RecoveryError {
    match error {
        ScanError::Newer { found } => RecoveryError::Newer { path: path.to_owned(), found },
        ScanError::Io(source) => failed(path)(source),
    }
}

struct Recovery<'d> {
    disk: &'d dyn Disk,
    found: Recovered,
    damaged: bool,
}

impl Recovery<'_> {
    fn images(&mut self) -> Result<(), RecoveryError> {
        for project in image::projects(self.disk).map_err(failed(image::IMAGES_FOLDER))? {
            let folder = image::folder(project);
            disk::remove_temporaries(self.disk, &folder).map_err(failed(&folder))?;
            let mut images: Vec<ImageHeader> = Vec::new();
            let numbers = image::list(self.disk, project).map_err(failed(&folder))?;
            let imaged = numbers.first().copied().unwrap_or_default();
            for number in numbers {
                match image::read_header(self.disk, project, number) {
                    Ok(header) if header.store == self.found.store => images.push(header),
                    Ok(header) => {
                        let path = image::path(project, number);
                        let (found, expected) = (header.store, self.found.store);
                        return Err(RecoveryError::Foreign { path, found, expected });
                    }
                    Err(ImageError::Newer { found }) => {
                        let path = image::path(project, number);
                        return Err(RecoveryError::Newer { path, found });
                    }
                    Err(error @ (ImageError::Malformed(_) | ImageError::Io(_))) => {
                        let reason = error.to_string();
                        self.found.notes.push(Note::UnsoundImage { project, number, reason });
                    }
                }
            }
            self.found
                .projects
                .insert(project, ProjectIndex { images, imaged, entries: Vec::new() });
        }
        Ok(())
    }

    fn segments(
        &mut self,
        files: &[SegmentFile],
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<(), RecoveryError> {
        let total: u64 = files.iter().map(|file| file.bytes).sum();
        let mut done = 0;
        let mut before: Option<Corrupt> = None;
        let mut rest = files.iter();
        while let Some(file) = rest.next() {
            let newest = rest.as_slice().is_empty();
            let void_above =
                rest.as_slice().iter().filter_map(|later| later.header).map(|h| h.after).min();
            self.check_header(file)?;
            let mut items = self.scan(file, done, total, progress)?;
            let mut kept_bytes = file.bytes;
            if newest && let Some(offset) = torn_at(file.header, &items) {
                items.retain(|item| offset_of(item) < offset);
                kept_bytes = offset;
                let at = Corrupt { segment: file.first, offset };
                let bytes = file.bytes.saturating_sub(offset);
                self.found.notes.push(Note::TornTail { at, bytes });
            }
            if newest {
                self.settle_newest(file, kept_bytes)?;
            }
            if !newest || kept_bytes >= segment::HEADER_BYTES as u64 {
                self.keep(file, kept_bytes, &items, void_above, before);
                before = Some(Corrupt { segment: file.first, offset: kept_bytes });
            }
            done += file.bytes;
            progress(done, total);
        }
        Ok(())
    }

    fn check_header(&mut self, file: &SegmentFile) -> Result<(), RecoveryError> {
        self.see(file.first);
        match file.header {
            Some(header) if header.store != self.found.store => Err(RecoveryError::Foreign {
                path: file.path.clone(),
                found: header.store,
                expected: self.found.store,
            }),
            Some(header) => {
                self.see(header.after);
                Ok(())
            }
            None => {
                self.found.notes.push(Note::HeaderLost { segment: file.first });
                Ok(())
            }
        }
    }

    fn scan(
        &mut self,
        file: &SegmentFile,
        done: u64,
        total: u64,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<Vec<Item>, RecoveryError> {
        const STEP_BYTES: u64 = 1 << 20;
        let mut scan = Scan::new(self.disk, &file.path, file.bytes, self.found.store);
        let mut items = Vec::new();
        let mut told = 0;
        while let Some(item) = scan.step().map_err(|error| scan_failed(&file.path, error))? {
            if let Some(lsn) = lsn_of(&item) {
                self.see(lsn);
            }
            items.push(item);
            if scan.offset().saturating_sub(told) >= STEP_BYTES {
                told = scan.offset();
                progress(done + told, total);
            }
        }
        Ok(items)
    }

    /// Cuts the newest segment and makes it durable: what is found now must not be lost later.
    fn settle_newest(&mut self, file: &SegmentFile, kept: u64) -> Result<(), RecoveryError> {
        if file.header.is_none() && kept < segment::HEADER_BYTES as u64 {
            self.disk.remove(&file.path).map_err(failed(&file.path))?;
        } else {
            let mut open = self.disk.open(&file.path).map_err(failed(&file.path))?;
            if kept < file.bytes {
                open.truncate(kept).map_err(failed(&file.path))?;
            }
            open.sync_data().map_err(failed(&file.path))?;
        }
        self.disk.sync_folder(JOURNAL_FOLDER).map_err(failed(JOURNAL_FOLDER))
    }

    /// Enters what a segment holds, up to what later segments void.
    fn keep(
        &mut self,
        file: &SegmentFile,
        bytes: u64,
        items: &[Item],
        void_above: Option<Lsn>,
        before: Option<Corrupt>,
    ) {
        let mut held = SegmentUse { bytes, ..SegmentUse::default() };
        held.voids = file.header.is_some_and(|header| header.voids);
        let mut end = file.first;
        for item in items {
            let lsn = lsn_of(item);
            end = lsn.unwrap_or(end);
            if void_above.is_some_and(|limit| end > limit) {
                break;
            }
            if let Some(lsn) = lsn {
                self.found.durable = self.found.durable.max(lsn);
            }
            match item {
                Item::Sound(sound) => self.sound(file.first, sound, &mut held, before),
                Item::Damaged(damage) => self.damage(file.first, damage, &mut held),
            }
            if void_above == lsn && lsn.is_some() {
                break;
            }
        }
        self.found.journal_bytes = self.found.journal_bytes.saturating_add(bytes);
        self.found.segments.insert(file.first, held);
    }

    fn sound(
        &mut self,
        segment: Lsn,
        sound: &Sound,
        held: &mut SegmentUse,
        before: Option<Corrupt>,
    ) {
        let identity = &sound.header.identity;
        match &sound.content {
            Content::Change { before: from, after, blob } => {
                held.note(identity.project, identity.number, *blob);
                let index = self.found.projects.entry(identity.project).or_default();
                index.entries.push(Entry::Record(Location {
                    lsn: identity.lsn,
                    segment,
                    offset: sound.offset,
                    bytes: identity.record_bytes(),
                    chain_before: from.chain,
                    after: *after,
                    blob: *blob,
                }));
            }
            Content::Heads(heads) => {
                // What is missing was in front of this record, in this segment or in the one before.
                let here = Corrupt { segment, offset: sound.offset };
                let at = before.filter(|_| held.numbers.is_empty()).unwrap_or(here);
                for (project, revision) in heads {
                    self.reached(*project, *revision, at);
                }
            }
        }
    }

    fn reached(&mut self, project: ProjectId, revision: Revision, at: Corrupt) {
        let index = self.found.projects.entry(project).or_default();
        index.entries.push(Entry::Reached { revision, at });
    }

    fn damage(&mut self, segment: Lsn, damage: &Damage, held: &mut SegmentUse) {
        self.damaged = true;
        let at = Corrupt { segment, offset: damage.offset };
        let identity = damage.identity.filter(|identity| identity.kind == Kind::Change);
        let project = identity.map(|identity| identity.project);
        if let Some(identity) = identity {
            held.note(identity.project, identity.number, None);
            let index = self.found.projects.entry(identity.project).or_default();
            index.entries.push(Entry::Damaged { number: identity.number, at });
        }
        held.pinned |= damage.identity.is_none();
        self.found.notes.push(Note::Damaged { project, at });
    }

    /// Removes blobs that no record names; after damage nobody knows which those are.
    fn blobs(&mut self) -> Result<(), RecoveryError> {
        let named: BTreeSet<u64> =
            self.found.segments.values().flat_map(|held| held.blobs.iter().copied()).collect();
        let present = blob::list(self.disk).map_err(failed(blob::BLOBS_FOLDER))?;
        let highest = named.iter().chain(&present).max().copied().unwrap_or_default();
        self.found.next_blob = highest.saturating_add(1);
        if self.damaged {
            return Ok(());
        }
        for id in present.into_iter().filter(|id| !named.contains(id)) {
            blob::remove(self.disk, id).map_err(failed(blob::BLOBS_FOLDER))?;
        }
        Ok(())
    }

    fn see(&mut self, lsn: Lsn) {
        self.found.next_lsn = self.found.next_lsn.max(lsn.next());
    }
}
