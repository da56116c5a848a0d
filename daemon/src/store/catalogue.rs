//! The catalogue: which projects there are, by number and by name, and which lie in the trash.
//!
//! A value: a change makes the next one and shares the rest. It is journaled as project 0, the same
//! way as any project: [`State::prepare`] says what would change, [`State::apply`] does it, for new
//! calls and in a replay alike.

mod codec;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use goxe_protocol::{Error as WireError, error::kind};
use rpds::RedBlackTreeMapSync;
use thiserror::Error;

use crate::journal::{ProjectId, Revision};

/// Longest name of a project, in characters.
pub const NAME_CHARS_MAX: usize = 64;

/// A project, as the catalogue knows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Item {
    /// Its number, which is never used again.
    pub id: ProjectId,
    /// Its name: unique among those that are not in the trash.
    pub name: Arc<str>,
    /// When it was made, in Unix milliseconds.
    pub created_ms: i64,
    /// Who made it.
    pub author: Arc<str>,
    /// When it was moved to the trash, in Unix milliseconds; none for a live one.
    pub deleted_ms: Option<i64>,
}

/// What is asked of the catalogue.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Op {
    /// Make a project.
    Create {
        /// Its name.
        name: String,
    },
    /// Give a live project another name.
    Rename {
        /// The project.
        id: ProjectId,
        /// The new name.
        to: String,
    },
    /// Move a live project to the trash.
    Delete {
        /// The project.
        id: ProjectId,
    },
    /// Bring a project back from the trash.
    Restore {
        /// The project.
        id: ProjectId,
        /// A new name; the old one when there is none.
        to: Option<String>,
    },
    /// Remove a project in the trash for good.
    Purge {
        /// The project.
        id: ProjectId,
    },
}

/// What changes: values, not wishes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Change {
    /// A project is made.
    Create {
        /// Its number.
        id: ProjectId,
        /// Its name.
        name: Arc<str>,
    },
    /// A project has another name.
    Rename {
        /// The project.
        id: ProjectId,
        /// Its name now.
        name: Arc<str>,
    },
    /// A project is in the trash.
    Delete {
        /// The project.
        id: ProjectId,
    },
    /// A project is back from the trash.
    Restore {
        /// The project.
        id: ProjectId,
        /// Its name now.
        name: Arc<str>,
    },
    /// A project is gone for good.
    Purge {
        /// The project.
        id: ProjectId,
    },
}

impl Change {
    /// The project it is about.
    pub fn project(&self) -> ProjectId {
        match self {
            Self::Create { id, .. }
            | Self::Rename { id, .. }
            | Self::Delete { id }
            | Self::Restore { id, .. }
            | Self::Purge { id } => *id,
        }
    }

    /// What the history calls it.
    pub fn label(&self) -> String {
        match self {
            Self::Create { name, .. } => format!("create {name}"),
            Self::Rename { id, name } => format!("rename {} to {name}", id.0),
            Self::Delete { id } => format!("delete {}", id.0),
            Self::Restore { id, name } => format!("restore {} as {name}", id.0),
            Self::Purge { id } => format!("purge {}", id.0),
        }
    }
}

/// Why the catalogue was not changed.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum CatalogueError {
    /// The name cannot be one.
    #[error(
        "a project's name has 1 to {NAME_CHARS_MAX} characters, without / and control characters"
    )]
    BadName,
    /// Another live project has the name.
    #[error("there is a project \"{0}\" already")]
    NameTaken(Arc<str>),
    /// There is no such project.
    #[error("there is no project {}", .0.0)]
    Missing(ProjectId),
    /// It is in the trash.
    #[error("project {} is in the trash", .0.0)]
    InTrash(ProjectId),
    /// It is not in the trash.
    #[error("project {} is not in the trash", .0.0)]
    NotInTrash(ProjectId),
    /// There are as many projects as there may be.
    #[error("there are {count} projects with those in the trash, which is the limit")]
    Full {
        /// How many.
        count: usize,
        /// How many there may be.
        max: usize,
    },
    /// Every number was used.
    #[error("every project number was used")]
    NumbersUsedUp,
    /// A change that was not prepared on this state.
    #[error("the change does not fit the catalogue at project {}", .0.0)]
    Mismatch(ProjectId),
}

impl CatalogueError {
    /// As a client sees it.
    pub fn to_wire(&self) -> WireError {
        let message = self.to_string();
        match self {
            Self::BadName => WireError::invalid_params(message),
            Self::NameTaken(name) => WireError::conflict(kind::PROJECT_EXISTS, message)
                .hint("choose another name, or use the project that is there")
                .with("project", &**name),
            Self::Missing(id) => WireError::not_found("project", &id.0.to_string())
                .hint("list the projects with project.list"),
            Self::InTrash(id) => WireError::conflict(kind::IN_TRASH, message)
                .hint("bring it back with project.restore")
                .with("id", id.0),
            Self::NotInTrash(id) => WireError::conflict(kind::NOT_IN_TRASH, message)
                .hint("move it to the trash with project.delete first")
                .with("id", id.0),
            Self::Full { count, max } => {
                WireError::limit_exceeded("engine.projects_max", *count as u64, *max as u64)
                    .hint("delete and purge projects that nobody needs")
            }
            Self::NumbersUsedUp | Self::Mismatch(_) => WireError::internal(message),
        }
    }
}

/// All projects at one revision of the catalogue. Clones share everything.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct State {
    items: RedBlackTreeMapSync<ProjectId, Item>,
    /// Live projects by name.
    names: RedBlackTreeMapSync<Arc<str>, ProjectId>,
    /// The highest number that was given out.
    highest: u32,
    revision: Revision,
}

impl State {
    /// Its revision.
    pub fn revision(&self) -> Revision {
        self.revision
    }

    /// The same at another revision: [`Self::apply`] does not know the chain hash.
    #[must_use]
    pub fn at(mut self, revision: Revision) -> Self {
        self.revision = revision;
        self
    }

    /// A project, live or in the trash.
    pub fn item(&self, id: ProjectId) -> Option<&Item> {
        self.items.get(&id)
    }

    /// The name of a project, live or in the trash.
    pub fn name(&self, id: ProjectId) -> Option<Arc<str>> {
        self.items.get(&id).map(|item| Arc::clone(&item.name))
    }

    /// Every project and its name, those in the trash too.
    pub fn names(&self) -> impl Iterator<Item = (ProjectId, Arc<str>)> {
        self.items.values().map(|item| (item.id, Arc::clone(&item.name)))
    }

    /// The live project of a name.
    pub fn find(&self, name: &str) -> Option<ProjectId> {
        self.names.get(name).copied()
    }

    /// The live projects, by name.
    pub fn live(&self) -> impl Iterator<Item = &Item> {
        self.names.values().filter_map(|id| self.items.get(id))
    }

    /// The live projects whose names come after one, by name.
    pub fn live_after(&self, name: &str) -> impl Iterator<Item = &Item> {
        use std::ops::Bound;
        let after = (Bound::Excluded(name), Bound::Unbounded);
        self.names.range::<str, _>(after).filter_map(|(_, id)| self.items.get(id))
    }

    /// The projects in the trash, by number.
    pub fn trash(&self) -> impl Iterator<Item = &Item> {
        self.items.values().filter(|item| item.deleted_ms.is_some())
    }

    /// A number that was given out and whose project is gone for good.
    pub fn is_purged(&self, id: ProjectId) -> bool {
        id != ProjectId::CATALOGUE && id.0 <= self.highest && !self.items.contains_key(&id)
    }

    /// The live name that was probably meant.
    pub fn nearest(&self, name: &str) -> Option<&str> {
        const LOOKED_AT_MAX: usize = 2048;
        const DISTANCE_MAX: usize = 2;
        let near = self.names.keys().take(LOOKED_AT_MAX).filter_map(|other| {
            let distance = distance(name, other);
            let alike = distance <= DISTANCE_MAX && distance < name.chars().count();
            alike.then_some((distance, &**other))
        });
        near.min().map(|(_, other)| other)
    }

    /// What an operation would change. There may be `projects_max` projects, with the trash.
    pub fn prepare(&self, op: &Op, projects_max: usize) -> Result<Change, CatalogueError> {
        match op {
            Op::Create { name } => {
                let name = self.free_name(name, None)?;
                let count = self.items.size();
                if count >= projects_max {
                    return Err(CatalogueError::Full { count, max: projects_max });
                }
                let id = self.highest.checked_add(1).ok_or(CatalogueError::NumbersUsedUp)?;
                Ok(Change::Create { id: ProjectId(id), name })
            }
            Op::Rename { id, to } => {
                self.live_item(*id)?;
                Ok(Change::Rename { id: *id, name: self.free_name(to, Some(*id))? })
            }
            Op::Delete { id } => self.live_item(*id).map(|_| Change::Delete { id: *id }),
            Op::Restore { id, to } => {
                let old = self.trashed_item(*id)?;
                let name = self.free_name(to.as_deref().unwrap_or(&old.name), None)?;
                Ok(Change::Restore { id: *id, name })
            }
            Op::Purge { id } => self.trashed_item(*id).map(|_| Change::Purge { id: *id }),
        }
    }

    /// The catalogue after a change, still at its old revision.
    pub fn apply(
        &self,
        change: &Change,
        author: &str,
        time_ms: i64,
    ) -> Result<Self, CatalogueError> {
        let mut next = self.clone();
        match change {
            Change::Create { id, name } => {
                if id.0 <= self.highest {
                    return Err(CatalogueError::Mismatch(*id));
                }
                next.highest = id.0;
                let (name, author) = (self.free_name(name, None)?, Arc::from(author));
                next.put(Item { id: *id, name, created_ms: time_ms, author, deleted_ms: None });
            }
            Change::Rename { id, name } => {
                let name = self.free_name(name, Some(*id))?;
                let item = self.live_item(*id)?;
                next.names.remove_mut(&item.name);
                next.put(Item { name, ..item.clone() });
            }
            Change::Delete { id } => {
                let item = self.live_item(*id)?;
                next.names.remove_mut(&item.name);
                next.put(Item { deleted_ms: Some(time_ms), ..item.clone() });
            }
            Change::Restore { id, name } => {
                let name = self.free_name(name, None)?;
                let item = self.trashed_item(*id)?;
                next.put(Item { name, deleted_ms: None, ..item.clone() });
            }
            Change::Purge { id } => {
                self.trashed_item(*id)?;
                next.items.remove_mut(id);
            }
        }
        Ok(next)
    }

    fn put(&mut self, item: Item) {
        if item.deleted_ms.is_none() {
            self.names.insert_mut(Arc::clone(&item.name), item.id);
        }
        self.items.insert_mut(item.id, item);
    }

    fn live_item(&self, id: ProjectId) -> Result<&Item, CatalogueError> {
        let item = self.items.get(&id).ok_or(CatalogueError::Missing(id))?;
        if item.deleted_ms.is_some() { Err(CatalogueError::InTrash(id)) } else { Ok(item) }
    }

    fn trashed_item(&self, id: ProjectId) -> Result<&Item, CatalogueError> {
        let item = self.items.get(&id).ok_or(CatalogueError::Missing(id))?;
        if item.deleted_ms.is_some() { Ok(item) } else { Err(CatalogueError::NotInTrash(id)) }
    }

    /// A name that no live project but `own` has.
    fn free_name(&self, name: &str, own: Option<ProjectId>) -> Result<Arc<str>, CatalogueError> {
        let length = name.chars().count();
        let plain = !name.contains('/') && !name.chars().any(char::is_control);
        if !(1..=NAME_CHARS_MAX).contains(&length) || !plain {
            return Err(CatalogueError::BadName);
        }
        match self.names.get_key_value(name) {
            Some((taken, id)) if Some(*id) != own => {
                Err(CatalogueError::NameTaken(Arc::clone(taken)))
            }
            Some((same, _)) => Ok(Arc::clone(same)),
            None => Ok(Arc::from(name)),
        }
    }
}

/// How many characters differ, at least: insertions, removals and replacements. Case does not count.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().flat_map(char::to_lowercase).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.chars().flat_map(char::to_lowercase).take(NAME_CHARS_MAX).enumerate() {
        let mut diagonal = i;
        let mut beside = i + 1;
        for (right, above) in b.iter().zip(row.iter_mut().skip(1)) {
            let replaced = diagonal + usize::from(left != *right);
            diagonal = *above;
            *above = replaced.min(beside + 1).min(diagonal + 1);
            beside = *above;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}
