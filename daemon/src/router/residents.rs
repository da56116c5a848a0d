//! Which projects are in memory: brought when something asks for them, saved whole when their
//! journal is long, unloaded when all together take too much.

use std::sync::Arc;

use goxe_protocol::{Code, Error, error::kind};

use super::{
    Router,
    projects::{Residence, Waiting, broken},
};
use crate::{
    garbage::Garbage,
    journal::{ProjectId, keys::Keys},
    store::Loaded,
    view::View,
    work::{ImageJob, Size, Work},
};

impl Router {
    /// Brings a project into memory, unless that is being done.
    pub(super) fn load(&mut self, id: ProjectId) {
        let Some(entry) = self.projects.entry_mut(id) else { return };
        if matches!(entry.residence, Residence::Unloaded) {
            entry.residence = Residence::Loading;
            self.submit(Work::Load(id), Size::Medium);
        }
    }

    /// A project is in memory, or will not come.
    pub(super) fn loaded(&mut self, id: ProjectId, loaded: Loaded) {
        let Some(entry) = self.projects.entry_mut(id) else { return };
        match loaded {
            Loaded::Sound { project, revision, keys, read_only } => {
                let view = Arc::new(View { id, revision, project: *project });
                if let Some(reason) = &read_only {
                    tracing::warn!(project = %entry.name, reason, "read-only");
                }
                entry.keys = keys;
                entry.head = Some(Arc::clone(&view));
                let bytes = view.project.bytes();
                entry.residence = Residence::Loaded { view, read_only: read_only.map(Arc::from) };
                self.projects.weigh(id, bytes);
            }
            Loaded::Broken(reason) => {
                tracing::error!(project = %entry.name, reason, "quarantined");
                entry.residence = Residence::Broken(reason.into());
            }
        }
        let now = self.now;
        let Some(entry) = self.projects.entry_mut(id) else { return };
        entry.used = now.instant;
        for waiting in std::mem::take(&mut entry.waiting) {
            match waiting {
                Waiting::Read(read) => self.read(*read),
                Waiting::Edit(edit) => self.queue_edit(*edit),
            }
        }
        self.unload_excess(id);
    }

    /// The keys of a project's committed calls. A project that is not in memory is brought, and
    /// the caller asked to come again.
    pub fn keys_of(&mut self, id: ProjectId) -> Result<&Keys, Error> {
        match &self.projects.entry(id)?.residence {
            Residence::Loaded { .. } => {}
            Residence::Broken(reason) => {
                return Err(broken(&self.projects.entry(id)?.name, reason));
            }
            Residence::Unloaded | Residence::Loading => {
                self.load(id);
                return Err(Error::new(Code::Busy, "the project is being brought into memory")
                    .kind(kind::LOADING)
                    .with("retry_ms", 50));
            }
        }
        Ok(&self.projects.entry(id)?.keys)
    }

    /// A newer state of a project is in the journal.
    pub(super) fn install(&mut self, id: ProjectId, newer: Arc<View>) {
        let now = self.now;
        let Some(entry) = self.projects.entry_mut(id) else { return };
        entry.used = now.instant;
        let Residence::Loaded { view, .. } = &mut entry.residence else { return };
        if newer.revision.number <= view.revision.number {
            return;
        }
        let bytes = newer.project.bytes();
        let older = std::mem::replace(view, newer);
        self.effects.garbage.push(Garbage::View(older));
        if self.projects.weigh(id, bytes) {
            self.unload_excess(id);
        }
    }

    /// Saves a project whole where its journal has grown long enough.
    pub(super) fn image_if_due(&mut self, id: ProjectId) {
        let after = self.limits.image_after_bytes;
        let Some(entry) = self.projects.entry_mut(id) else { return };
        if entry.journal_bytes < after || entry.imaging {
            return;
        }
        let Residence::Loaded { view, read_only: None } = &entry.residence else { return };
        let job = ImageJob::Project { view: Arc::clone(view), keys: entry.keys.clone() };
        entry.imaging = true;
        entry.journal_bytes = 0;
        self.submit(Work::Image(Box::new(job)), Size::Long);
    }

    /// A project was saved whole, or not.
    pub(super) fn imaged(&mut self, id: ProjectId, result: Result<(), String>) {
        if let Some(entry) = self.projects.entry_mut(id) {
            entry.imaging = false;
        }
        if id == ProjectId::CATALOGUE {
            self.projects.imaging = false;
        }
        if let Err(error) = result {
            // The journal goes on; the next image is tried after as many bytes again.
            tracing::warn!(project = %id, error, "no image was written");
        }
        self.unload_excess(id);
    }

    /// Unloads the projects that were not used for longest while all together take too much.
    fn unload_excess(&mut self, keep: ProjectId) {
        while self.projects.bytes > self.limits.projects_bytes_max {
            let Some(oldest) = self.projects.least_used(keep) else { return };
            let Some(entry) = self.projects.entry_mut(oldest) else { return };
            tracing::info!(project = %entry.name, "unloaded to make room");
            entry.keys = Keys::default();
            entry.head = None;
            if let Residence::Loaded { view, .. } =
                std::mem::replace(&mut entry.residence, Residence::Unloaded)
            {
                self.effects.garbage.push(Garbage::View(view));
            }
            self.projects.weigh(oldest, 0);
        }
    }
}
