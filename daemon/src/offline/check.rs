//! Everything a start would read, and every project brought back once.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use goxe_engine::project::Project;
use jiff::Timestamp;
use serde::Serialize;

use super::OfflineError;
use crate::journal::disk::Disk;
use crate::journal::index::ProjectIndex;
use crate::journal::keys::KeyLimits;
use crate::journal::recovery::{self, Note};
use crate::journal::replay::{ReplayError, Replayed, State, replay};
use crate::journal::{ProjectId, StoreId};
use crate::store::catalogue;

/// What a data folder holds, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// Whether nothing that was acknowledged is damaged.
    pub sound: bool,
    /// Lineage of the folder.
    pub store: String,
    /// Bytes of all segments.
    pub journal_bytes: u64,
    /// The catalogue first, then every project, those in the trash too.
    pub projects: Vec<ProjectCheck>,
    /// A torn end after a loss of power, which the next start cuts, and images that others stand in for.
    pub notes: Vec<String>,
    /// What is damaged in the journal.
    pub damage: Vec<String>,
}

/// How one project is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProjectCheck {
    /// Its number; 0 is the catalogue.
    pub id: u32,
    /// Its name, where the catalogue has one.
    pub project: Option<String>,
    /// Its newest sound revision.
    pub revision: Option<String>,
    /// What is wrong with it.
    pub problem: Option<String>,
}

pub(super) fn check(
    disk: &dyn Disk,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Checked, OfflineError> {
    let found = recovery::recover(disk, StoreId(0), progress)?;
    let mut checked = Checked {
        sound: true,
        store: found.store.to_string(),
        journal_bytes: found.journal_bytes,
        projects: Vec::new(),
        notes: Vec::new(),
        damage: Vec::new(),
    };
    for note in &found.notes {
        tell(note, &mut checked);
    }
    let empty = ProjectIndex::default();
    let index = found.projects.get(&ProjectId::CATALOGUE).unwrap_or(&empty);
    let (names, catalogue) = bring_back::<catalogue::State>(disk, ProjectId::CATALOGUE, index);
    checked.projects.push(catalogue);
    let named = names.iter().flat_map(|names| names.names().map(|(id, _)| id));
    let ids: BTreeSet<ProjectId> = found.projects.keys().copied().chain(named).collect();
    for id in ids.into_iter().filter(|id| *id != ProjectId::CATALOGUE) {
        // Files of a project that was purged are not yet removed, and nobody's loss.
        if names.as_ref().is_some_and(|names| names.is_purged(id)) {
            continue;
        }
        let index = found.projects.get(&id).unwrap_or(&empty);
        let (_, mut project) = bring_back::<Project>(disk, id, index);
        let name = names.as_ref().and_then(|names| names.name(id));
        project.project = name.map(|name| name.to_string());
        checked.projects.push(project);
    }
    let is_well = |project: &ProjectCheck| project.problem.is_none();
    checked.sound = checked.damage.is_empty() && checked.projects.iter().all(is_well);
    Ok(checked)
}

fn tell(note: &Note, checked: &mut Checked) {
    match note {
        Note::TornTail { at, bytes } => {
            checked.notes.push(format!("{bytes} bytes at the end were torn off by a crash: {at}"));
        }
        Note::UnsoundImage { project, number, reason } => {
            let image = format!("image {number} of project {}", project.0);
            checked.notes.push(format!("{image} is unsound, the journal stands in: {reason}"));
        }
        Note::Damaged { project: Some(project), at } => {
            checked.damage.push(format!("a record of project {} is damaged: {at}", project.0));
        }
        Note::Damaged { project: None, at } => {
            checked.damage.push(format!("a part of the journal is damaged: {at}"));
        }
        Note::HeaderLost { segment } => {
            checked.damage.push(format!("the header of segment {segment} is damaged"));
        }
    }
}

fn bring_back<S: State>(
    disk: &dyn Disk,
    id: ProjectId,
    index: &ProjectIndex,
) -> (Option<S>, ProjectCheck) {
    let limits = KeyLimits { keep_ms: i64::MAX, keys_max: usize::MAX };
    let now_ms = Timestamp::now().as_millisecond();
    let work = || replay::<S>(disk, id, index, &limits, now_ms, &mut || {});
    let mut check = ProjectCheck { id: id.0, project: None, revision: None, problem: None };
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(Replayed { state, revision, corrupt, .. })) => {
            check.revision = Some(revision.to_string());
            check.problem = corrupt.map(|corrupt| format!("damaged from here on: {corrupt}"));
            (Some(state), check)
        }
        Ok(Err(error)) => (None, check.with_problem(&error)),
        Err(_) => {
            check.problem = Some("the engine failed on it".to_owned());
            (None, check)
        }
    }
}

impl ProjectCheck {
    fn with_problem(self, error: &ReplayError) -> Self {
        Self { problem: Some(error.to_string()), ..self }
    }
}
