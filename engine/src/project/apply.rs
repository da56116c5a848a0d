//! From one project to the next: the one way, for new edits and for replayed ones.

use super::{Content, Project};
use crate::change::{Change, Delta, Step, Summary};
use crate::error::ApplyError;
use crate::history::{Checkpoint, Group};

/// Who commits a change, and when. Recorded with it, and passed in again when it is replayed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp<'a> {
    /// Who asked for it.
    pub author: &'a str,
    /// When, in Unix milliseconds.
    pub time_ms: i64,
    /// What the history calls it.
    pub label: &'a str,
}

impl Project {
    /// The project after `change`, with the next revision number. A change that was prepared on
    /// this very state always fits; whatever else comes is checked and never panics.
    pub fn apply(&self, change: &Change, stamp: Stamp<'_>) -> Result<Self, ApplyError> {
        if change.base != self.number {
            let (wanted, found) = (change.base, self.number);
            return Err(ApplyError::RevisionMismatch { wanted, found });
        }
        let mut next = self.clone();
        next.number = self.number.checked_add(1).ok_or(ApplyError::NumbersUsedUp)?;
        match &change.step {
            Step::Edit(delta) => {
                next.next_layer = self.layers_given_out(delta)?;
                let content = delta.apply(&self.content)?;
                if !delta.is_empty() {
                    next.commit(content, &change.summary, stamp);
                }
            }
            Step::Undo { group } => next.content = next.history.undo(*group, &self.content)?,
            Step::Redo { group } => next.content = next.history.redo(*group, &self.content)?,
            Step::CheckpointCreate { name } => {
                let checkpoint = Checkpoint {
                    number: self.number,
                    author: stamp.author.into(),
                    time_ms: stamp.time_ms,
                    content: self.content.clone(),
                };
                next.history.add_checkpoint(name, checkpoint)?;
            }
            Step::CheckpointDelete { name } => {
                next.history.remove_checkpoint(name, &self.content)?;
            }
            Step::Restore { name, .. } => {
                let missing = || ApplyError::CheckpointMismatch { name: name.clone() };
                let checkpoint = self.history.checkpoint(name).ok_or_else(missing)?.clone();
                if !change.is_empty() {
                    next.commit(checkpoint.content.clone(), &change.summary, stamp);
                }
            }
        }
        next.history.forget(change.forget_until.min(self.number));
        Ok(next)
    }

    fn commit(&mut self, content: Content, summary: &Summary, stamp: Stamp<'_>) {
        let before = std::mem::replace(&mut self.content, content);
        self.history.push(Group {
            number: self.number,
            author: stamp.author.into(),
            time_ms: stamp.time_ms,
            label: stamp.label.into(),
            summary: summary.clone(),
            content: before,
        });
    }

    /// The next free layer id after `delta`, which may not use an id of the past for a new layer.
    fn layers_given_out(&self, delta: &Delta) -> Result<u32, ApplyError> {
        let mut next = self.next_layer;
        for row in delta.rows.iter().flatten() {
            let id = row.id.0;
            let new = id >= self.next_layer;
            if !new && self.content.layer(row.id).is_none() {
                return Err(ApplyError::LayersInconsistent { id });
            }
            let above = id.checked_add(1).ok_or(ApplyError::LayersInconsistent { id })?;
            next = next.max(above);
        }
        Ok(next)
    }
}
