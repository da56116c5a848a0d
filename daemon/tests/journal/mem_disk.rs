//! A disk in memory that fails when told to and forgets what was not synced.
//!
//! Every file has its bytes as the page cache shows them and as the platter has them; names of a
//! folder likewise. A power cut keeps what was synced and a random part of the rest, by sectors. A
//! file whose sync failed keeps its bytes in the cache but never brings them to the platter again,
//! as Linux does: syncing it once more "works" and does nothing, so the test notes it as an error.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Error, ErrorKind, Result};
use std::sync::{Arc, Mutex, MutexGuard};

use goxe_daemon::journal::disk::{Disk, DiskFile};

use crate::power_cut::Keep;
use crate::random::Random;

#[derive(Clone, Default, Debug)]
pub(crate) struct Inode {
    pub(crate) cache: Vec<u8>,
    pub(crate) platter: Vec<u8>,
    pub(crate) sync_failed: bool,
}

#[derive(Clone, Default, Debug)]
pub(crate) struct Names {
    pub(crate) files: BTreeMap<String, u64>,
    pub(crate) folders: BTreeSet<String>,
}

/// What goes wrong, and when. Counts go down with each call of their kind.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    /// The write after which the disk refuses, and with what; the part of it that is done.
    pub write_fails_in: Option<(usize, ErrorKind)>,
    /// As long as it is set every write fails with no space.
    pub full: bool,
    /// As long as it is set every write, sync and truncate fails.
    pub broken: bool,
    pub sync_fails_in: Option<usize>,
    pub truncate_fails: bool,
    /// Calls that change anything until the process is killed; all later ones do nothing.
    pub dies_in: Option<usize>,
}

#[derive(Clone, Default, Debug)]
pub(crate) struct State {
    pub(crate) inodes: BTreeMap<u64, Inode>,
    pub(crate) cache: Names,
    pub(crate) platter: Names,
    pub(crate) next_inode: u64,
    pub(crate) faults: Faults,
    pub(crate) random: Option<Random>,
    pub(crate) dead: bool,
    pub(crate) mistakes: Vec<String>,
}

/// The disk. Clones share it.
#[derive(Clone, Default)]
pub struct MemDisk {
    state: Arc<Mutex<State>>,
    /// Runs in every sync of a file, for tests that need one to be slow.
    pub on_sync: Option<Arc<dyn Fn() + Send + Sync>>,
}

struct MemFile {
    disk: MemDisk,
    inode: u64,
}

fn not_found(path: &str) -> Error {
    Error::new(ErrorKind::NotFound, path.to_owned())
}

impl State {
    fn inode_of(&self, path: &str) -> Result<u64> {
        self.cache.files.get(path).copied().ok_or_else(|| not_found(path))
    }

    /// Counts a call that changes something. A killed process changes nothing any more.
    fn touch(&mut self) -> Result<()> {
        if let Some(left) = &mut self.faults.dies_in {
            self.dead |= *left == 0;
            *left = left.saturating_sub(1);
        }
        if self.dead { Err(Error::other("the process is dead")) } else { Ok(()) }
    }

    fn write_fault(&mut self) -> Option<Error> {
        if self.faults.broken {
            return Some(Error::other("broken"));
        }
        if self.faults.full {
            return Some(Error::from(ErrorKind::StorageFull));
        }
        let (left, kind) = self.faults.write_fails_in.as_mut()?;
        if *left > 0 {
            *left -= 1;
            return None;
        }
        let kind = *kind;
        self.faults.write_fails_in = None;
        Some(Error::from(kind))
    }

    fn append(&mut self, inode: u64, bytes: &[u8]) -> Result<()> {
        let alive = !self.dead;
        let touched = self.touch();
        let fault = touched.err().or_else(|| self.write_fault());
        let part = match &fault {
            None => bytes.len(),
            // The failing call, and the one during which the process dies, may do a part.
            Some(_) if alive => self.random.as_mut().map_or(0, |random| {
                if random.one_in(3) { 0 } else { random.below(bytes.len() + 1) }
            }),
            Some(_) => 0,
        };
        let file = self.inodes.get_mut(&inode).unwrap();
        file.cache.extend_from_slice(&bytes[..part]);
        fault.map_or(Ok(()), Err)
    }

    fn sync_data(&mut self, inode: u64) -> Result<()> {
        self.touch()?;
        let fails = match &mut self.faults.sync_fails_in {
            Some(0) => {
                self.faults.sync_fails_in = None;
                true
            }
            Some(left) => {
                *left -= 1;
                false
            }
            None => false,
        };
        let file = self.inodes.get_mut(&inode).unwrap();
        if file.sync_failed {
            self.mistakes.push("a file was synced after its sync failed".to_owned());
            return Ok(());
        }
        if fails || self.faults.broken {
            file.sync_failed = true;
            return Err(Error::other("sync failed"));
        }
        file.platter.clone_from(&file.cache);
        Ok(())
    }
}

impl MemDisk {
    /// An empty disk whose partial writes follow a seed.
    pub fn new(seed: u64) -> Self {
        let disk = Self::default();
        disk.lock().random = Some(Random::new(seed));
        disk
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    pub fn set_faults(&self, faults: Faults) {
        self.lock().faults = faults;
    }

    pub fn is_dead(&self) -> bool {
        self.lock().dead
    }

    /// What no disk survives: a file synced again after its sync failed.
    pub fn check(&self) {
        let mistakes = self.lock().mistakes.clone();
        assert!(mistakes.is_empty(), "{mistakes:?}");
    }

    /// The disk as the next process finds it after a kill: all writes are there.
    pub fn after_kill(&self) -> Self {
        let mut state = self.lock().clone();
        state.faults = Faults::default();
        state.dead = false;
        // A new process cannot know; the disk behind it is a good one again.
        state.inodes.values_mut().for_each(|file| file.sync_failed = false);
        Self { state: Arc::new(Mutex::new(state)), on_sync: None }
    }

    /// The disk after a loss of power.
    pub fn after_power_cut(&self, random: &mut Random, keep: Keep) -> Self {
        let state = self.lock().after_power_cut(random, keep);
        Self { state: Arc::new(Mutex::new(state)), on_sync: None }
    }

    /// Changes a file behind everybody's back.
    pub fn rot(&self, path: &str, change: impl FnOnce(&mut Vec<u8>)) {
        let mut state = self.lock();
        let inode = state.inode_of(path).unwrap();
        let file = state.inodes.get_mut(&inode).unwrap();
        change(&mut file.cache);
        file.platter.clone_from(&file.cache);
    }

    pub fn bytes(&self, path: &str) -> Vec<u8> {
        let state = self.lock();
        state.inodes[&state.inode_of(path).unwrap()].cache.clone()
    }

    /// Paths of all files.
    pub fn files(&self) -> Vec<String> {
        self.lock().cache.files.keys().cloned().collect()
    }
}

impl Disk for MemDisk {
    fn create(&self, path: &str) -> Result<Box<dyn DiskFile>> {
        let mut state = self.lock();
        state.touch()?;
        if let Some(error) = state.write_fault() {
            return Err(error);
        }
        if state.cache.files.contains_key(path) {
            return Err(Error::from(ErrorKind::AlreadyExists));
        }
        if let Some((parent, _)) = path.rsplit_once('/')
            && !state.cache.folders.contains(parent)
        {
            return Err(not_found(parent));
        }
        let inode = state.next_inode;
        state.next_inode += 1;
        state.inodes.insert(inode, Inode::default());
        state.cache.files.insert(path.to_owned(), inode);
        Ok(Box::new(MemFile { disk: self.clone(), inode }))
    }

    fn open(&self, path: &str) -> Result<Box<dyn DiskFile>> {
        let inode = self.lock().inode_of(path)?;
        Ok(Box::new(MemFile { disk: self.clone(), inode }))
    }

    fn read(&self, path: &str, offset: u64, buffer: &mut [u8]) -> Result<usize> {
        let state = self.lock();
        let bytes = &state.inodes[&state.inode_of(path)?].cache;
        let offset = usize::try_from(offset).unwrap().min(bytes.len());
        let count = buffer.len().min(bytes.len() - offset);
        buffer[..count].copy_from_slice(&bytes[offset..offset + count]);
        Ok(count)
    }

    fn length(&self, path: &str) -> Result<u64> {
        let state = self.lock();
        Ok(state.inodes[&state.inode_of(path)?].cache.len() as u64)
    }

    fn list(&self, folder: &str) -> Result<Vec<String>> {
        let state = self.lock();
        let below = |path: &String| match path.rsplit_once('/') {
            Some((parent, name)) if parent == folder => Some(name.to_owned()),
            None if folder.is_empty() => Some(path.clone()),
            Some(_) | None => None,
        };
        let names: BTreeSet<String> =
            state.cache.files.keys().chain(&state.cache.folders).filter_map(below).collect();
        Ok(names.into_iter().collect())
    }

    fn rename(&self, from: &str, to: &str) -> Result<()> {
        let mut state = self.lock();
        state.touch()?;
        let inode = state.inode_of(from)?;
        state.cache.files.remove(from);
        state.cache.files.insert(to.to_owned(), inode);
        Ok(())
    }

    fn remove(&self, path: &str) -> Result<()> {
        let mut state = self.lock();
        state.touch()?;
        state.cache.files.remove(path).map(drop).ok_or_else(|| not_found(path))
    }

    fn create_folder(&self, path: &str) -> Result<()> {
        let mut state = self.lock();
        state.touch()?;
        state.cache.folders.insert(path.to_owned());
        Ok(())
    }

    fn remove_folder(&self, path: &str) -> Result<()> {
        let mut state = self.lock();
        state.touch()?;
        if state.cache.folders.remove(path) { Ok(()) } else { Err(not_found(path)) }
    }

    fn sync_folder(&self, path: &str) -> Result<()> {
        let mut state = self.lock();
        state.touch()?;
        let inside = |name: &str| name.rsplit_once('/').map_or("", |(parent, _)| parent) == path;
        let State { cache, platter, .. } = &mut *state;
        platter.files.retain(|name, _| !inside(name));
        platter.folders.retain(|name| !inside(name));
        let files = cache.files.iter().filter(|(name, _)| inside(name));
        platter.files.extend(files.map(|(name, inode)| (name.clone(), *inode)));
        platter.folders.extend(cache.folders.iter().filter(|name| inside(name)).cloned());
        Ok(())
    }

    fn space_free(&self) -> Result<u64> {
        Ok(if self.lock().faults.full { 0 } else { 1 << 40 })
    }
}

impl DiskFile for MemFile {
    fn append(&mut self, bytes: &[u8]) -> Result<()> {
        self.disk.lock().append(self.inode, bytes)
    }

    fn sync_data(&mut self) -> Result<()> {
        if let Some(hook) = &self.disk.on_sync {
            hook();
        }
        self.disk.lock().sync_data(self.inode)
    }

    fn truncate(&mut self, length: u64) -> Result<()> {
        let mut state = self.disk.lock();
        state.touch()?;
        if state.faults.truncate_fails || state.faults.broken {
            return Err(Error::other("truncate failed"));
        }
        let file = state.inodes.get_mut(&self.inode).unwrap();
        file.cache.truncate(usize::try_from(length).unwrap());
        Ok(())
    }
}
