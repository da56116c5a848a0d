//! A disk whose writes go nowhere, so that a recovery can be tried out.

use std::io;

use crate::journal::disk::{Disk, DiskFile};

/// Reads what is there, and pretends to write.
pub struct ReadOnly<'d> {
    disk: &'d dyn Disk,
}

impl<'d> ReadOnly<'d> {
    /// The same files, safe from change.
    pub fn new(disk: &'d dyn Disk) -> Self {
        Self { disk }
    }
}

impl Disk for ReadOnly<'_> {
    fn create(&self, _: &str) -> io::Result<Box<dyn DiskFile>> {
        Ok(Box::new(Nowhere))
    }

    fn open(&self, path: &str) -> io::Result<Box<dyn DiskFile>> {
        self.disk.length(path)?;
        Ok(Box::new(Nowhere))
    }

    fn read(&self, path: &str, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        self.disk.read(path, offset, buffer)
    }

    fn length(&self, path: &str) -> io::Result<u64> {
        self.disk.length(path)
    }

    fn list(&self, folder: &str) -> io::Result<Vec<String>> {
        self.disk.list(folder)
    }

    fn rename(&self, _: &str, _: &str) -> io::Result<()> {
        Ok(())
    }

    fn remove(&self, _: &str) -> io::Result<()> {
        Ok(())
    }

    fn create_folder(&self, _: &str) -> io::Result<()> {
        Ok(())
    }

    fn remove_folder(&self, _: &str) -> io::Result<()> {
        Ok(())
    }

    fn sync_folder(&self, _: &str) -> io::Result<()> {
        Ok(())
    }

    fn space_free(&self) -> io::Result<u64> {
        self.disk.space_free()
    }
}

/// A file that keeps nothing.
struct Nowhere;

impl DiskFile for Nowhere {
    fn append(&mut self, _: &[u8]) -> io::Result<()> {
        Ok(())
    }

    fn sync_data(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn truncate(&mut self, _: u64) -> io::Result<()> {
        Ok(())
    }
}
