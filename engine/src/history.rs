//! Undo, redo and checkpoints.
//!
//! The undo groups of a project are a chain of states: each group holds the content from before it,
//! and the content after it is what the next group has before, up to the present. Contents share
//! what they have in common, so a group keeps alive no more than what it overwrote. An undone group
//! holds the content from after it instead. The maps are persistent: a clone costs nothing.

#[cfg(test)]
mod tests;

use std::ops::Bound;
use std::sync::Arc;

use rpds::RedBlackTreeMapSync;

use crate::change::{Delta, Summary};
use crate::content::Content;
use crate::error::ApplyError;
use crate::limits::Limits;

/// What one commit changed, as the history keeps it.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// The number of the revision that made it.
    pub number: u64,
    /// Who made it.
    pub author: Arc<str>,
    /// When, in Unix milliseconds.
    pub time_ms: i64,
    /// What it is called.
    pub label: Arc<str>,
    /// How much it changed.
    pub summary: Summary,
    /// The content on its other side: from before it, or from after it while it is undone.
    pub(crate) content: Content,
}

/// A named state.
#[derive(Debug, Clone, PartialEq)]
pub struct Checkpoint {
    /// The number of the revision it keeps.
    pub number: u64,
    /// Who made it.
    pub author: Arc<str>,
    /// When, in Unix milliseconds.
    pub time_ms: i64,
    /// The layers and materials it keeps.
    pub content: Content,
}

/// A group in a listing.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupInfo {
    /// The number of the revision that made it.
    pub number: u64,
    /// Who made it.
    pub author: Arc<str>,
    /// When, in Unix milliseconds.
    pub time_ms: i64,
    /// What it is called.
    pub label: Arc<str>,
    /// How much it changed when it was made.
    pub summary: Summary,
    /// Whether it is undone now, and can be redone.
    pub undone: bool,
}

/// The history of a project.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// Groups that can be undone, the highest number first.
    pub(crate) undo: RedBlackTreeMapSync<u64, Arc<Group>>,
    /// Groups that can be redone, the lowest number first. All are above those of `undo`.
    pub(crate) redo: RedBlackTreeMapSync<u64, Arc<Group>>,
    pub(crate) checkpoints: RedBlackTreeMapSync<Arc<str>, Arc<Checkpoint>>,
    undo_bytes: u64,
    redo_bytes: u64,
    /// What forgotten groups overwrote and a checkpoint may still hold.
    held_bytes: u64,
}

impl PartialEq for History {
    /// What it holds counts, not what it is estimated to take.
    fn eq(&self, other: &Self) -> bool {
        self.undo == other.undo && self.redo == other.redo && self.checkpoints == other.checkpoints
    }
}

impl Group {
    /// The group as a listing shows it.
    pub(crate) fn info(&self, undone: bool) -> GroupInfo {
        GroupInfo {
            number: self.number,
            author: self.author.clone(),
            time_ms: self.time_ms,
            label: self.label.clone(),
            summary: self.summary.clone(),
            undone,
        }
    }

    /// The same group seen from the other side.
    fn turned(&self, content: &Content) -> Arc<Self> {
        Arc::new(Self { content: content.clone(), ..self.clone() })
    }
}

impl History {
    /// Groups, newest first, undone ones included: at most `limit` of those before the group
    /// `before`.
    pub fn list(&self, before: Option<u64>, limit: usize) -> Vec<GroupInfo> {
        let end = before.unwrap_or(u64::MAX);
        let redo = self.redo.range(..end).rev().map(|(_, group)| group.info(true));
        let undo = self.undo.range(..end).rev().map(|(_, group)| group.info(false));
        redo.chain(undo).take(limit).collect()
    }

    /// The content before the steps that were made after revision `number` and still stand; `None`:
    /// there are none.
    pub fn content_at(&self, number: u64) -> Option<&Content> {
        let after = (Bound::Excluded(number), Bound::Unbounded);
        self.undo.range(after).next().map(|(_, group)| &group.content)
    }

    /// The content before the last undo; `None`: nothing is undone.
    pub fn content_undone(&self) -> Option<&Content> {
        self.redo_next().map(|group| &group.content)
    }

    /// The revision before the oldest step that is remembered; `None`: no step is.
    pub fn oldest(&self) -> Option<u64> {
        self.undo.first().map(|(number, _)| number.saturating_sub(1))
    }

    /// The group that an undo would take back.
    pub fn undo_next(&self) -> Option<&Arc<Group>> {
        self.undo.last().map(|(_, group)| group)
    }

    /// The group that a redo would do again.
    pub fn redo_next(&self) -> Option<&Arc<Group>> {
        self.redo.first().map(|(_, group)| group)
    }

    /// How many groups can be undone.
    pub fn undo_count(&self) -> usize {
        self.undo.size()
    }

    /// How many groups can be redone.
    pub fn redo_count(&self) -> usize {
        self.redo.size()
    }

    /// The checkpoints by name.
    pub fn checkpoints(&self) -> impl Iterator<Item = (&Arc<str>, &Arc<Checkpoint>)> {
        self.checkpoints.iter()
    }

    /// The checkpoint of that name.
    pub fn checkpoint(&self, name: &str) -> Option<&Arc<Checkpoint>> {
        self.checkpoints.get(name)
    }

    /// Memory that the history keeps alive beside the present content, about.
    pub fn bytes(&self) -> u64 {
        self.undo_bytes.saturating_add(self.redo_bytes).saturating_add(self.held_bytes)
    }

    /// The group up to which the oldest must be forgotten when one is added that overwrites so
    /// many bytes; 0 if none. The one that is added stays in any case.
    pub(crate) fn surplus(&self, bytes: u64, limits: &Limits) -> u64 {
        let mut count = self.undo.size() + 1;
        let mut total = self.undo_bytes.saturating_add(bytes);
        let mut until = 0;
        for (number, group) in &self.undo {
            if count <= limits.history_groups_max.max(1) && total <= limits.history_bytes_max {
                break;
            }
            count -= 1;
            total = total.saturating_sub(group.summary.bytes_before);
            until = *number;
        }
        until
    }

    /// Adds a group that can be undone. What could be redone can be no longer.
    pub(crate) fn push(&mut self, group: Group) {
        if !self.checkpoints.is_empty() {
            self.held_bytes = self.held_bytes.saturating_add(self.redo_bytes);
        }
        self.redo = RedBlackTreeMapSync::default();
        self.redo_bytes = 0;
        self.undo_bytes = self.undo_bytes.saturating_add(group.summary.bytes_before);
        self.undo.insert_mut(group.number, Arc::new(group));
    }

    /// Forgets the oldest groups, up to and with `until`.
    pub(crate) fn forget(&mut self, until: u64) {
        while let Some((number, group)) = self.undo.first().filter(|(number, _)| **number <= until)
        {
            let (number, bytes) = (*number, group.summary.bytes_before);
            self.undo_bytes = self.undo_bytes.saturating_sub(bytes);
            if !self.checkpoints.is_empty() {
                self.held_bytes = self.held_bytes.saturating_add(bytes);
            }
            self.undo.remove_mut(&number);
        }
    }

    /// Takes back the newest group: the content before it.
    pub(crate) fn undo(&mut self, number: u64, present: &Content) -> Result<Content, ApplyError> {
        let group = next_in_line(self.undo_next(), number)?;
        self.undo.remove_mut(&number);
        self.redo.insert_mut(number, group.turned(present));
        self.undo_bytes = self.undo_bytes.saturating_sub(group.summary.bytes_before);
        self.redo_bytes = self.redo_bytes.saturating_add(group.summary.bytes_after);
        Ok(group.content.clone())
    }

    /// Does the oldest undone group again: the content after it.
    pub(crate) fn redo(&mut self, number: u64, present: &Content) -> Result<Content, ApplyError> {
        let group = next_in_line(self.redo_next(), number)?;
        self.redo.remove_mut(&number);
        self.undo.insert_mut(number, group.turned(present));
        self.redo_bytes = self.redo_bytes.saturating_sub(group.summary.bytes_after);
        self.undo_bytes = self.undo_bytes.saturating_add(group.summary.bytes_before);
        Ok(group.content.clone())
    }

    pub(crate) fn add_checkpoint(
        &mut self,
        name: &Arc<str>,
        checkpoint: Checkpoint,
    ) -> Result<(), ApplyError> {
        if self.checkpoints.contains_key(name) {
            return Err(ApplyError::CheckpointMismatch { name: name.clone() });
        }
        self.checkpoints.insert_mut(name.clone(), Arc::new(checkpoint));
        Ok(())
    }

    pub(crate) fn remove_checkpoint(
        &mut self,
        name: &Arc<str>,
        present: &Content,
    ) -> Result<(), ApplyError> {
        if !self.checkpoints.remove_mut(name) {
            return Err(ApplyError::CheckpointMismatch { name: name.clone() });
        }
        self.measure_checkpoints(present);
        Ok(())
    }

    /// Counts anew what only checkpoints hold: what each has and the state that follows it, in the
    /// groups or among the checkpoints, has not.
    fn measure_checkpoints(&mut self, present: &Content) {
        let mut checkpoints: Vec<_> = self.checkpoints.values().collect();
        checkpoints.sort_by_key(|checkpoint| std::cmp::Reverse(checkpoint.number));
        let mut newer: Option<(Option<u64>, &Content)> = None;
        let mut held = 0_u64;
        for checkpoint in checkpoints {
            let Checkpoint { number, content, .. } = &**checkpoint;
            let group = self
                .undo
                .range((Bound::Excluded(number), Bound::Unbounded))
                .next()
                .map(|(number, group)| (*number, &group.content));
            let after = match (newer, group) {
                (Some((number, newer)), _) if number == group.map(|(number, _)| number) => newer,
                (_, Some((_, before))) => before,
                (_, None) => present,
            };
            held = held.saturating_add(Delta::between(after, content).bytes());
            newer = Some((group.map(|(number, _)| number), content));
        }
        self.held_bytes = held;
    }

    /// Counts everything anew, after reading.
    pub(crate) fn measure(&mut self, present: &Content) {
        self.undo_bytes = self.undo.values().map(|group| group.summary.bytes_before).sum();
        self.redo_bytes = self.redo.values().map(|group| group.summary.bytes_after).sum();
        self.measure_checkpoints(present);
    }
}

fn next_in_line(group: Option<&Arc<Group>>, wanted: u64) -> Result<Arc<Group>, ApplyError> {
    let found = group.map(|group| group.number);
    let group = group.filter(|group| group.number == wanted).cloned();
    group.ok_or(ApplyError::GroupMismatch { wanted, found })
}
