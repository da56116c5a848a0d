//! The trash: deleted projects go for good when they were in it for long enough.

use std::time::Duration;

use super::{CataloguePlan, Router, State};
use crate::{
    call::{Envelope, Reply},
    journal::ProjectId,
    store::catalogue::Op,
};

/// The trash is looked at this often at least: clocks are set, and sleep with their machine.
const LOOK_EVERY: Duration = Duration::from_secs(3600);
/// The trash is looked at this often at most.
const LOOK_AFTER: Duration = Duration::from_secs(1);
/// Pause after the journal did not take a purge.
const TRY_AGAIN: Duration = Duration::from_secs(60);
/// Projects that are purged at a time.
const PURGED_MAX: usize = 16;

impl Router {
    /// Says when the trash is to be looked at next, if anything is in it.
    pub(super) fn watch_trash(&mut self) {
        self.trash_due = self.oldest_trash().map(|(_, due_ms)| {
            let left_ms = due_ms.saturating_sub(self.now.unix_ms);
            let left = Duration::from_millis(u64::try_from(left_ms).unwrap_or_default());
            self.now.instant + left.clamp(LOOK_AFTER, LOOK_EVERY)
        });
    }

    /// The journal did not take what was to be purged.
    pub(super) fn trash_stays(&mut self) {
        self.trash_due = Some(self.now.instant + TRY_AGAIN);
    }

    /// What goes first, and when, in Unix milliseconds.
    fn oldest_trash(&self) -> Option<(ProjectId, i64)> {
        let keep_ms = i64::try_from(self.limits.trash_keep_ms).unwrap_or(i64::MAX);
        let due = |deleted_ms: i64| deleted_ms.saturating_add(keep_ms);
        let items = self.projects.head.trash();
        let dues = items.filter_map(|item| Some((item.id, due(item.deleted_ms?))));
        dues.min_by_key(|(_, due_ms)| *due_ms)
    }

    /// Removes what was in the trash for long enough.
    pub(super) fn empty_trash(&mut self) {
        if self.trash_due.is_none_or(|due| due > self.now.instant) || self.state != State::Ready {
            return;
        }
        let now_ms = self.now.unix_ms;
        for _ in 0..PURGED_MAX {
            let Some((id, _)) = self.oldest_trash().filter(|(_, due_ms)| *due_ms <= now_ms) else {
                break;
            };
            let plan = CataloguePlan {
                op: Op::Purge { id },
                if_revision: None,
                answer: Box::new(|_| Ok(Reply::default())),
            };
            if let Err(error) = self.catalogue_change(plan, &Envelope::of_daemon(), None) {
                tracing::warn!(%error, project = %id, "the trash is emptied later");
                return self.trash_stays();
            }
            tracing::info!(project = %id, "purged: it was in the trash for long enough");
        }
        self.watch_trash();
    }
}
