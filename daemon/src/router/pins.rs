//! Old states that paging cursors refer to, kept for a while.

use std::{
    collections::VecDeque,
    sync::Arc,
    time::{Duration, Instant},
};

use goxe_protocol::{Error, api::types::Revision};

use crate::{errors, garbage::Garbage, journal::ProjectId, view::View};

/// The kept states, oldest first.
#[derive(Debug)]
pub(super) struct Pins {
    pins: VecDeque<(Instant, Arc<View>)>,
    count_max: usize,
    bytes_max: u64,
    keep: Duration,
}

impl Pins {
    pub(super) fn new(count_max: usize, bytes_max: u64, keep: Duration) -> Self {
        Pins { pins: VecDeque::new(), count_max, bytes_max, keep }
    }

    /// Keeps a state for the next page; returns what had to go for it. It stays itself, whatever
    /// its size.
    pub(super) fn pin(&mut self, view: Arc<View>, now: Instant) -> Vec<Garbage> {
        let same = |pinned: &Arc<View>| pinned.id == view.id && pinned.revision == view.revision;
        if let Some(index) = self.pins.iter().position(|(_, pinned)| same(pinned)) {
            self.pins.remove(index);
        }
        self.pins.push_back((now, view));
        let mut bytes: u64 = self.pins.iter().map(|(_, view)| view.project.bytes()).sum();
        let mut gone = Vec::new();
        while self.pins.len() > self.count_max || (bytes > self.bytes_max && self.pins.len() > 1) {
            let Some((_, view)) = self.pins.pop_front() else { break };
            bytes = bytes.saturating_sub(view.project.bytes());
            gone.push(Garbage::View(view));
        }
        gone
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
    use goxe_engine::{
        coords::{Bounds, VoxelPos},
        edit::{Edit, Mode},
        limits,
        project::{Request, Stamp},
        shape::Shape,
        voxel::{MaterialSlot, Voxel},
    };

    use super::*;

    /// A project with one voxel.
    fn filled(id: u32) -> Arc<View> {
        let empty = view(id);
        let place = VoxelPos::new(0, 0, 0).unwrap();
        let fill = Edit::Fill {
            layer: "main".to_owned(),
            shape: Shape::cuboid(Bounds::new(place, place).unwrap()),
            mode: Mode::Over(Voxel::new([1, 2, 3], MaterialSlot::DEFAULT)),
        };
        let request = Request::Edit(vec![fill]);
        let prepared = empty.project.prepare(&request, &limits::Limits::default(), &mut ());
        let stamp = Stamp { author: "ann", time_ms: 0, label: "an edit" };
        let project = empty.project.apply(&prepared.unwrap().change, stamp).unwrap();
        Arc::new(View { id: empty.id, revision: empty.revision, project })
    }

    fn view(id: u32) -> Arc<View> {
        View::empty(ProjectId(id))
    }

    #[test]
    fn pins_are_bounded_in_count_and_age() {
        let start = Instant::now();
        let mut pins = Pins::new(2, u64::MAX, Duration::from_secs(60));
        let empty = Revision { number: 0, chain: 0 };
        assert!(pins.pin(view(1), start).is_empty());
        assert!(pins.pin(view(1), start).is_empty());
        assert!(pins.pin(view(2), start + Duration::from_secs(5)).is_empty());
        assert!(pins.find(ProjectId(1), empty).is_some());
        assert_eq!(pins.pin(view(3), start + Duration::from_secs(9)).len(), 1);
        assert!(pins.find(ProjectId(1), empty).is_none());
        assert_eq!(pins.deadline(), Some(start + Duration::from_secs(65)));
        assert_eq!(pins.expire(start + Duration::from_secs(66)).len(), 1);
        assert!(pins.find(ProjectId(3), empty).is_some());
    }

    #[test]
    fn pins_are_bounded_in_bytes_but_the_newest_stays() {
        let now = Instant::now();
        let bytes = filled(1).project.bytes();
        assert!(bytes > 0);
        let mut pins = Pins::new(9, 2 * bytes, Duration::from_secs(60));
        assert!(pins.pin(filled(1), now).is_empty());
        assert!(pins.pin(filled(2), now).is_empty());
        assert_eq!(pins.pin(filled(3), now).len(), 1);
        let mut pins = Pins::new(9, 0, Duration::from_secs(60));
        assert!(pins.pin(filled(1), now).is_empty());
        let empty = Revision { number: 0, chain: 0 };
        assert!(pins.find(ProjectId(1), empty).is_some());
    }

    #[test]
    fn cursors_name_their_revision() {
        assert_eq!(revision_of("5.0000000a/9/1").map(|revision| revision.number), Ok(5));
        assert!(revision_of("nonsense").is_err());
    }
}
