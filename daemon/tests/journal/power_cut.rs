//! What a disk has after the power went: what was synced, and a random part of the rest.

use std::collections::{BTreeMap, BTreeSet};

use crate::mem_disk::{Inode, Names, State};
use crate::random::Random;

const SECTOR: usize = 512;

/// What a power cut keeps of what was not synced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// Nothing.
    Nothing,
    /// All bytes up to some place, torn inside a sector or between two.
    Prefix,
    /// Any sectors.
    Sectors,
}

impl State {
    /// What the platter has after the power went.
    pub(crate) fn after_power_cut(&self, random: &mut Random, keep: Keep) -> State {
        let mut names = Names::default();
        for path in self.cache.folders.union(&self.platter.folders) {
            if choose(random, keep, self.platter.folders.contains(path), || {
                self.cache.folders.contains(path)
            }) {
                names.folders.insert(path.clone());
            }
        }
        let paths: BTreeSet<&String> =
            self.cache.files.keys().chain(self.platter.files.keys()).collect();
        for path in paths {
            let durable = self.platter.files.get(path).copied();
            let newer = self.cache.files.get(path).copied();
            let kept = if keep == Keep::Nothing || random.one_in(2) { durable } else { newer };
            let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
            if let Some(inode) = kept
                && (parent.is_empty() || names.folders.contains(parent))
            {
                names.files.insert(path.clone(), inode);
            }
        }
        let mut inodes = BTreeMap::new();
        for inode in names.files.values() {
            let file = &self.inodes[inode];
            let bytes = torn(file, random, keep);
            inodes
                .insert(*inode, Inode { cache: bytes.clone(), platter: bytes, sync_failed: false });
        }
        State {
            inodes,
            cache: names.clone(),
            platter: names,
            next_inode: self.next_inode,
            random: self.random.clone(),
            ..State::default()
        }
    }
}

fn choose(random: &mut Random, keep: Keep, durable: bool, newer: impl Fn() -> bool) -> bool {
    if keep == Keep::Nothing || random.one_in(2) { durable } else { newer() }
}

/// A file's bytes: the synced ones, and a part of what came after.
fn torn(file: &Inode, random: &mut Random, keep: Keep) -> Vec<u8> {
    if file.sync_failed || keep == Keep::Nothing {
        return file.platter.clone();
    }
    let (old, new) = (&file.platter, &file.cache);
    let shorter = old.len().min(new.len());
    let common = (0..shorter).take_while(|at| old[*at] == new[*at]).count();
    match keep {
        Keep::Nothing => unreachable!("handled above"),
        Keep::Prefix => {
            let mut end = common + random.below(new.len() - common + 1);
            if random.one_in(2) {
                end = (end / SECTOR * SECTOR).max(common);
            }
            let mut bytes = new[..end].to_vec();
            bytes.extend_from_slice(old.get(end..).unwrap_or_default());
            bytes
        }
        Keep::Sectors => {
            let longest = old.len().max(new.len());
            let mut length = if random.one_in(2) { new.len() } else { old.len() };
            if random.one_in(3) && new.len() > old.len() {
                length = old.len() + random.below(new.len() - old.len() + 1);
            }
            let mut bytes = vec![0; longest];
            for start in (0..longest).step_by(SECTOR) {
                let source = if random.one_in(2) { new } else { old };
                let end = (start + SECTOR).min(longest).min(source.len());
                if start < end {
                    bytes[start..end].copy_from_slice(&source[start..end]);
                }
            }
            bytes[..common].copy_from_slice(&new[..common]);
            bytes.truncate(length);
            bytes
        }
    }
}
