//! Reading a file from front to back through a bounded part of it.

use std::io;

use crate::journal::disk::Disk;

const WINDOW_BYTES: usize = 1 << 20;
const PAGE_BYTES: usize = 4096;

/// A part of a file in memory.
pub(crate) struct Window<'d> {
    disk: &'d dyn Disk,
    path: String,
    length: u64,
    start: u64,
    bytes: Vec<u8>,
}

impl<'d> Window<'d> {
    /// Of the file at `path`, which has `length` bytes.
    pub(crate) fn new(disk: &'d dyn Disk, path: &str, length: u64) -> Self {
        Self { disk, path: path.to_owned(), length, start: 0, bytes: Vec::new() }
    }

    /// Length of the file.
    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// Bytes from `offset` on: `count`, or fewer at the end of the file.
    pub(crate) fn slice(&mut self, offset: u64, count: usize) -> io::Result<&[u8]> {
        let left = self.length.saturating_sub(offset);
        let count = usize::try_from(left).map_or(count, |left| left.min(count));
        let held = offset
            .checked_sub(self.start)
            .and_then(|from| usize::try_from(from).ok())
            .filter(|from| from.saturating_add(count) <= self.bytes.len());
        let from = match held {
            Some(from) => from,
            None => {
                self.load(offset, count)?;
                0
            }
        };
        Ok(self.bytes.get(from..from.saturating_add(count)).unwrap_or_default())
    }

    fn load(&mut self, offset: u64, count: usize) -> io::Result<()> {
        let left = self.length.saturating_sub(offset);
        let wanted = count.max(WINDOW_BYTES);
        let wanted = usize::try_from(left).map_or(wanted, |left| left.min(wanted));
        self.start = offset;
        self.bytes.clear();
        self.bytes.resize(wanted, 0);
        let read = match self.disk.read(&self.path, offset, &mut self.bytes) {
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(error),
            Err(_) => self.load_by_page(offset),
        };
        self.bytes.truncate(read);
        Ok(())
    }

    /// Reads around bad places: what the disk does not give is filled with a mark, fails its
    /// checksum and costs one project, not the start.
    fn load_by_page(&mut self, offset: u64) -> usize {
        const UNREADABLE: u8 = 0xee;
        let mut at = offset;
        for page in self.bytes.chunks_mut(PAGE_BYTES) {
            let length = page.len();
            match self.disk.read(&self.path, at, page) {
                Ok(read) if read == length => {}
                Ok(_) | Err(_) => page.fill(UNREADABLE),
            }
            at = at.saturating_add(length as u64);
        }
        self.bytes.len()
    }

    /// Where four bytes occur first within `from..stop`.
    pub(crate) fn find(
        &mut self,
        sought: [u8; 4],
        from: u64,
        stop: u64,
    ) -> io::Result<Option<u64>> {
        const STEP: usize = 64 << 10;
        let mut at = from;
        while at < stop {
            let left = usize::try_from(stop - at).unwrap_or(usize::MAX);
            let piece = self.slice(at, left.min(STEP))?;
            if let Some(found) = piece.windows(4).position(|bytes| bytes == sought) {
                return Ok(Some(at.saturating_add(found as u64)));
            }
            // The next piece repeats three bytes: a match may lie across.
            match piece.len().checked_sub(3) {
                Some(further) if further > 0 => at = at.saturating_add(further as u64),
                Some(_) | None => break,
            }
        }
        Ok(None)
    }
}
