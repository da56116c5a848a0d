//! Old states that paging cursors refer to, kept for a while.

use std::{
    collections::VecDeque,
    sync::Arc,
    time::{Duration, Instant},
};

use goxe_protocol::{Error, api::types::Revision};

use crate::{errors, journal::ProjectId, lanes::Garbage, view::View};

/// The kept states, oldest first.
#[derive(Debug)]
pub(super) struct Pins {
    pins: VecDeque<(Instant, Arc<View>)>,
    count_max: usize,
    keep: Duration,
}

impl Pins {
    pub(super) fn new(count_max: usize, keep: Duration) -> Self {
        Pins { pins: VecDeque::new(), count_max, keep }
    }

    /// Keeps a state for the next page; returns what had to go for it.
    pub(super) fn pin(&mut self, view: Arc<View>, now: Instant) -> Option<Garbage> {
        let same = |pinned: &Arc<View>| pinned.id == view.id && pinned.revision == view.revision;
        if let Some(index) = self.pins.iter().position(|(_, pinned)| same(pinned)) {
            self.pins.remove(index);
        }
        self.pins.push_back((now, view));
        if self.pins.len() <= self.count_max {
            return None;
        }
        self.pins.pop_front().map(|(_, view)| Garbage::View(view))
    }

    /// The kept state of a project at this revision.
    pub(super) fn find(&self, project: ProjectId, revision: Revision) -> Option<Arc<View>> {
        let mut pins = self.pins.iter();
        let same = |view: &View| view.id == project && errors::revision(view.revision) == revision;
        pins.find(|(_, view)| same(view)).map(|(_, view)| Arc::clone(view))
    }

    /// When the oldest is to go.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.pins.front().map(|(at, _)| *at + self.keep)
    }

    /// Takes out what was kept for long enough.
    pub(super) fn expire(&mut self, now: Instant) -> Vec<Garbage> {
        let mut gone = Vec::new();
        while self.pins.front().is_some_and(|(at, _)| *at + self.keep <= now) {
            gone.extend(self.pins.pop_front().map(|(_, view)| Garbage::View(view)));
        }
        gone
    }
}

/// The revision that a cursor names: the part before its first slash.
pub(super) fn revision_of(cursor: &str) -> Result<Revision, Error> {
    let revision = cursor.split('/').next().unwrap_or_default();
    revision.parse().map_err(|_| {
        Error::invalid_params("the cursor is none that an answer gave")
            .hint("pass `cursor` exactly as the page before gave it, or leave it out")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(id: u32) -> Arc<View> {
        View::empty(ProjectId(id))
    }

    #[test]
    fn pins_are_bounded_in_count_and_age() {
        let start = Instant::now();
        let mut pins = Pins::new(2, Duration::from_secs(60));
        let empty = Revision { number: 0, chain: 0 };
        assert!(pins.pin(view(1), start).is_none());
        assert!(pins.pin(view(1), start).is_none());
        assert!(pins.pin(view(2), start + Duration::from_secs(5)).is_none());
        assert!(pins.find(ProjectId(1), empty).is_some());
        assert!(pins.pin(view(3), start + Duration::from_secs(9)).is_some());
        assert!(pins.find(ProjectId(1), empty).is_none());
        assert_eq!(pins.deadline(), Some(start + Duration::from_secs(65)));
        assert_eq!(pins.expire(start + Duration::from_secs(66)).len(), 1);
        assert!(pins.find(ProjectId(3), empty).is_some());
    }

    #[test]
    fn cursors_name_their_revision() {
        assert_eq!(revision_of("5.0000000a/9/1").map(|revision| revision.number), Ok(5));
        assert!(revision_of("nonsense").is_err());
    }
}
