//! What an image makes dispensable: older images, and segments in which every project has a newer one.

use std::cmp::Reverse;
use std::collections::btree_map;
use std::io;

use crate::journal::image::{self, IMAGES_FOLDER, IMAGES_KEPT, ImageHeader};
use crate::journal::index::ProjectIndex;
use crate::journal::{JOURNAL_FOLDER, Lsn, ProjectId, blob, segment};

use super::Core;

/// Up to where a project's images make its records dispensable.
#[derive(Clone, Copy)]
pub(super) struct Covered {
    pub(super) number: u64,
    /// The image's folder was synced in this run.
    pub(super) synced: bool,
}

impl<T> Core<T> {
    /// Enters an image that was written and synced; removes what it makes dispensable.
    pub fn image_done(&mut self, image: ImageHeader) {
        let (project, number) = (image.project, image.revision.number);
        let known = self.projects.entry(project).or_default();
        if number > known.head.number {
            tracing::error!(%project, revision = %image.revision, "an image ahead of the journal");
            return;
        }
        let images = &mut known.index.images;
        images.retain(|older| older.revision.number != number);
        images.push(image);
        images.sort_unstable_by_key(|image| Reverse(image.revision.number));
        images.truncate(IMAGES_KEPT);
        known.index.imaged = number.max(known.index.imaged);
        known.index.forget_before_images();
        let newest = images_newest(&known.index);
        self.covered.insert(project, Covered { number: newest, synced: true });
        self.remove_covered();
        if let Err(error) = self.remove_older_images(project) {
            tracing::warn!(%project, %error, "older images could not be removed");
        }
        self.show();
    }

    fn remove_older_images(&self, project: ProjectId) -> io::Result<()> {
        let Some(known) = self.projects.get(&project) else { return Ok(()) };
        let kept: Vec<u64> = known.index.images.iter().map(|image| image.revision.number).collect();
        let newest = images_newest(&known.index);
        for number in image::list(&*self.disk, project)? {
            // A newer one than the newest is being written right now.
            if number < newest && !kept.contains(&number) {
                self.pulse.during(|| self.disk.remove(&image::path(project, number)))?;
            }
        }
        Ok(())
    }

    /// Removes a project that is gone for good, once the record that says so is durable.
    pub fn purge(&mut self, project: ProjectId) {
        if let Err(error) = self.try_sync() {
            tracing::warn!(%project, %error, "a project is purged later: the journal is unsynced");
            return;
        }
        if let Err(error) = self.pulse.during(|| image::remove_all(&*self.disk, project)) {
            tracing::warn!(%project, %error, "images of a purged project could not be removed");
        }
        self.unsynced_since = None;
        self.projects.remove(&project);
        self.gates.remove(project);
        self.covered.insert(project, Covered { number: u64::MAX, synced: true });
        self.remove_covered();
        self.show();
    }

    /// Removes every segment in which each project has a newer image. The newest segment stays: its
    /// name keeps record numbers rising.
    pub(super) fn remove_covered(&mut self) {
        let Some(newest) = self.segments.keys().next_back().copied() else { return };
        let mut removed = Vec::new();
        let mut older_remain = false;
        let candidates: Vec<Lsn> = self.segments.range(..newest).map(|(first, _)| *first).collect();
        for first in candidates {
            let may = self.is_covered(first, older_remain)
                && self.pulse.during(|| self.disk.remove(&segment::path(first))).is_ok();
            match (may, self.segments.entry(first)) {
                (true, btree_map::Entry::Occupied(held)) => {
                    removed.extend(held.remove().blobs);
                }
                (true | false, _) => older_remain = true,
            }
        }
        // A segment that comes back with its folder after a loss of power finds its blobs.
        if !removed.is_empty()
            && self.pulse.during(|| self.disk.sync_folder(JOURNAL_FOLDER)).is_ok()
        {
            for id in removed {
                let _ = blob::remove(&*self.disk, id);
            }
        }
    }

    fn is_covered(&mut self, first: Lsn, older_remain: bool) -> bool {
        let Some(held) = self.segments.get(&first) else { return false };
        if held.pinned || (held.voids && older_remain) {
            return false;
        }
        let voids = held.voids;
        let mut unsure = Vec::new();
        for (project, number) in &held.numbers {
            match self.covered.get(project) {
                Some(covered) if covered.number < *number => return false,
                Some(covered) if !covered.synced => unsure.push(*project),
                Some(_) => {}
                None => return false,
            }
        }
        // What it voids must be gone for good before it goes itself.
        let void_gone =
            !voids || self.pulse.during(|| self.disk.sync_folder(JOURNAL_FOLDER)).is_ok();
        void_gone && unsure.into_iter().all(|project| self.sync_images(project))
    }

    /// An image of an earlier run may have a name that no sync has reached yet.
    fn sync_images(&mut self, project: ProjectId) -> bool {
        let synced = self.pulse.during(|| {
            self.disk.sync_folder(&image::folder(project))?;
            self.disk.sync_folder(IMAGES_FOLDER)
        });
        if let Some(covered) = self.covered.get_mut(&project) {
            covered.synced = synced.is_ok();
        }
        synced.is_ok()
    }
}

fn images_newest(index: &ProjectIndex) -> u64 {
    index.images.first().map_or(0, |image| image.revision.number)
}
