//! The pictures that were shown in this session, kept for whoever reads them once more.
//!
//! They are kept by this process alone, the newest ones, within a bound; what is older is gone. A
//! picture that a job rendered is read from its daemon instead, for as long as that keeps it.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use uuid::Uuid;

/// Most bytes of pictures that are kept, as base64.
const BYTES_MAX: usize = 2 << 20;
/// Most pictures that are kept.
const COUNT_MAX: usize = 64;
/// Letters of an id: enough that no two pictures of a user's sessions have the same.
const ID_LETTERS: usize = 12;

/// The pictures, newest last.
#[derive(Debug, Default)]
pub struct Renders {
    // Calls of one client run side by side. Held for a few instructions, never over an await.
    kept: Mutex<VecDeque<(String, Arc<str>)>>,
}

impl Renders {
    /// Keeps a picture and returns the id that it is read by.
    pub fn keep(&self, base64: &str) -> String {
        // The end of such a number is its random part.
        let id = Uuid::now_v7().simple().to_string();
        let id = id.get(id.len() - ID_LETTERS..).unwrap_or_default().to_owned();
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push_back((id.clone(), base64.into()));
        let mut bytes: usize = kept.iter().map(|(_, picture)| picture.len()).sum();
        // The newest one stays, however large it is: its link was just given out.
        while kept.len() > 1 && (kept.len() > COUNT_MAX || bytes > BYTES_MAX) {
            bytes -= kept.pop_front().map_or(0, |(_, picture)| picture.len());
        }
        id
    }

    /// A picture as base64, if it is still there.
    pub fn find(&self, id: &str) -> Option<Arc<str>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().find(|(kept, _)| kept == id).map(|(_, picture)| Arc::clone(picture))
    }

    /// The ids of the pictures, newest first.
    pub fn ids(&self) -> Vec<String> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().rev().map(|(id, _)| id.clone()).collect()
    }
}

#[cfg(test)]
mod tests;
