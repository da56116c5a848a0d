//! What a request would change, computed without changing anything.

use std::sync::Arc;

use super::Project;
use crate::change::{Change, Delta, Step, Summary};
use crate::edit::{Draft, Edit};
use crate::error::{EditError, EditFault};
use crate::history::{Group, GroupInfo};
use crate::layer::{check_name, nearest};
use crate::limits::Limits;
use crate::progress::Progress;

/// What can be asked of a project. Each becomes one commit or fails as a whole.
#[derive(Debug, Clone)]
pub enum Request {
    /// Edits, in order; together one undo group.
    Edit(Vec<Edit>),
    /// Takes back the newest group.
    Undo {
        /// Who asks. Only the own groups, unless `any_author`.
        author: String,
        /// Takes another author's group too.
        any_author: bool,
    },
    /// Does the group that was undone last again.
    Redo {
        /// Who asks. Only the own groups, unless `any_author`.
        author: String,
        /// Takes another author's group too.
        any_author: bool,
    },
    /// Names the present state.
    CheckpointCreate {
        /// The name, not in use yet.
        name: String,
    },
    /// Forgets a checkpoint.
    CheckpointDelete {
        /// Its name.
        name: String,
    },
    /// Makes the content what it was at a checkpoint. Undo takes that back.
    Restore {
        /// The checkpoint's name.
        checkpoint: String,
    },
}

/// What a request would do.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// To be applied, or dropped if one only wanted to know.
    pub change: Change,
    /// To be answered.
    pub report: Report,
}

/// What a request does, in numbers and names.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Report {
    /// How much changes.
    pub summary: Summary,
    /// The undo group that applying it makes; `None` if nothing changes, or if it makes none.
    pub group_new: Option<u64>,
    /// The group that is undone or redone.
    pub group: Option<GroupInfo>,
    /// Old undo groups that are forgotten to make room.
    pub groups_forgotten: usize,
}

impl Project {
    /// Computes what `request` would change. Nothing is changed, whether it succeeds or not.
    pub fn prepare(
        &self,
        request: &Request,
        limits: &Limits,
        progress: &mut dyn Progress,
    ) -> Result<Prepared, EditError> {
        match request {
            Request::Edit(edits) => {
                let (delta, summary) = self.prepare_edits(edits, limits, progress)?;
                Ok(self.group(Step::Edit(delta), summary, limits)?)
            }
            Request::Undo { author, any_author } => {
                let group = self.history.undo_next().ok_or(EditFault::NothingToUndo)?;
                check_author(group, author, *any_author)?;
                let summary = group.summary.reversed();
                Ok(self.step(Step::Undo { group: group.number }, summary, group.info(false)))
            }
            Request::Redo { author, any_author } => {
                let group = self.history.redo_next().ok_or(EditFault::NothingToRedo)?;
                check_author(group, author, *any_author)?;
                let summary = group.summary.clone();
                Ok(self.step(Step::Redo { group: group.number }, summary, group.info(true)))
            }
            Request::CheckpointCreate { name } => Ok(self.checkpoint(name, limits)?),
            Request::CheckpointDelete { name } => {
                let name = self.checkpoint_name(name)?;
                Ok(self.silent(Step::CheckpointDelete { name }))
            }
            Request::Restore { checkpoint } => {
                let name = self.checkpoint_name(checkpoint)?;
                let checkpoint = self.history.checkpoint(&name);
                let content = checkpoint.map_or(&self.content, |found| &found.content);
                let (delta, summary) = Delta::measure(&self.content, content, &[]);
                let differs = !delta.is_empty();
                Ok(self.group(Step::Restore { name, differs }, summary, limits)?)
            }
        }
    }

    fn prepare_edits(
        &self,
        edits: &[Edit],
        limits: &Limits,
        progress: &mut dyn Progress,
    ) -> Result<(Delta, Summary), EditError> {
        if edits.len() > limits.edits_max {
            let max = limits.edits_max as u64;
            return Err(EditFault::LimitReached { what: "edits_max", max }.into());
        }
        let mut draft =
            Draft::new(self.content.clone(), self.next_layer, edits.len(), limits, progress);
        for (index, edit) in edits.iter().enumerate() {
            let result = draft.apply(edit);
            result.map_err(|cause| EditError { edit: Some(index), cause })?;
        }
        let (content, origins) = draft.finish();
        Ok(Delta::measure(&self.content, &content, &origins))
    }

    /// A change that makes an undo group.
    fn group(&self, step: Step, summary: Summary, limits: &Limits) -> Result<Prepared, EditFault> {
        let mut change = Change { base: self.number, step, summary, forget_until: 0 };
        if change.is_empty() {
            let report = Report { summary: change.summary.clone(), ..Report::default() };
            return Ok(Prepared { change, report });
        }
        change.forget_until = self.history.surplus(change.summary.bytes_before, limits);
        let (mut groups_forgotten, mut bytes_forgotten) = (0, 0_u64);
        for (_, group) in self.history.undo.range(..=change.forget_until) {
            groups_forgotten += 1;
            bytes_forgotten = bytes_forgotten.saturating_add(group.summary.bytes_before);
        }
        let bytes = self.bytes().saturating_sub(bytes_forgotten);
        let max = limits.project_bytes_max;
        // Whatever makes a project smaller is welcome, however large it still is.
        if change.summary.bytes_after > change.summary.bytes_before
            && bytes.saturating_add(change.summary.bytes_after) > max
        {
            return Err(EditFault::LimitReached { what: "project_bytes_max", max });
        }
        let report = Report {
            summary: change.summary.clone(),
            group_new: self.number.checked_add(1),
            group: None,
            groups_forgotten,
        };
        Ok(Prepared { change, report })
    }

    /// A change that walks along the groups that are there.
    fn step(&self, step: Step, summary: Summary, group: GroupInfo) -> Prepared {
        let report = Report { summary: summary.clone(), group: Some(group), ..Report::default() };
        Prepared { change: Change { base: self.number, step, summary, forget_until: 0 }, report }
    }

    /// A change that leaves layers, materials and groups alone.
    fn silent(&self, step: Step) -> Prepared {
        let change =
            Change { base: self.number, step, summary: Summary::default(), forget_until: 0 };
        Prepared { change, report: Report::default() }
    }

    fn checkpoint(&self, name: &str, limits: &Limits) -> Result<Prepared, EditFault> {
        check_name(name).map_err(|cause| EditFault::BadName { name: name.to_owned(), cause })?;
        if self.history.checkpoint(name).is_some() {
            return Err(EditFault::CheckpointExists { name: name.to_owned() });
        }
        if self.history.checkpoints.size() >= limits.checkpoints_max {
            let max = limits.checkpoints_max as u64;
            return Err(EditFault::LimitReached { what: "checkpoints_max", max });
        }
        Ok(self.silent(Step::CheckpointCreate { name: name.into() }))
    }

    fn checkpoint_name(&self, name: &str) -> Result<Arc<str>, EditFault> {
        let names = || self.history.checkpoints.keys();
        let found = names().find(|known| &***known == name).cloned();
        found.ok_or_else(|| EditFault::CheckpointMissing {
            name: name.to_owned(),
            nearest: nearest(name, names()),
        })
    }
}

fn check_author(group: &Group, author: &str, any_author: bool) -> Result<(), EditFault> {
    if any_author || &*group.author == author {
        return Ok(());
    }
    Err(EditFault::OtherAuthor { author: group.author.clone(), group: group.number })
}
