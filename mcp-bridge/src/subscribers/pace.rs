//! Telling of changes at a bearable pace: at once the first time, then at most four times a second
//! for each thing, and never not at all.

use std::{collections::BTreeMap, time::Duration};

use tokio::time::Instant;

/// The least time between two notices about one thing.
const GAP: Duration = Duration::from_millis(250);

/// What is told of, and when it was last.
#[derive(Debug)]
pub struct Pace<K> {
    entries: BTreeMap<K, Beat>,
}

#[derive(Debug)]
struct Beat {
    told: Option<Instant>,
    is_changed: bool,
}

impl<K> Default for Pace<K> {
    fn default() -> Self {
        Pace { entries: BTreeMap::new() }
    }
}

impl<K: Ord + Clone> Pace<K> {
    /// A thing has changed.
    pub fn mark(&mut self, key: K) {
        let entry = Beat { told: None, is_changed: false };
        self.entries.entry(key).or_insert(entry).is_changed = true;
    }

    /// What is to be told now.
    pub fn due(&mut self, now: Instant) -> Vec<K> {
        // What was told long ago and has not changed since is like what never was.
        self.entries.retain(|_, entry| entry.is_changed || entry.rests(now));
        let due = |entry: &Beat| entry.is_changed && !entry.rests(now);
        let mut keys = Vec::new();
        for (key, entry) in self.entries.iter_mut().filter(|(_, entry)| due(entry)) {
            *entry = Beat { told: Some(now), is_changed: false };
            keys.push(key.clone());
        }
        keys
    }

    /// When there is something to tell next, if there is.
    pub fn next(&self) -> Option<Instant> {
        let changed = self.entries.values().filter(|entry| entry.is_changed);
        changed.filter_map(|entry| entry.told.map(|told| told + GAP)).min()
    }
}

impl Beat {
    /// Whether it was told of a moment ago.
    fn rests(&self, now: Instant) -> bool {
        self.told.is_some_and(|told| now < told + GAP)
    }
}

#[cfg(test)]
mod tests;
