//! The growing end of the journal: the open segment, and what of it is not yet durable.
//!
//! Three marks: `written` is the last record acknowledged or about to be, `durable` the last one
//! synced, and between them lie the bytes in `unsynced`, kept in memory. A file whose sync failed, or
//! whose torn end could not be cut, is closed for good. The next segment then says `after: durable`,
//! which voids everything above in older files, and begins with the unsynced records, under new
//! numbers, synced before the segment gets its name: what was acknowledged is not lost by us, and
//! what was not is gone. Only records that were acknowledged before their sync (interval mode) are
//! carried over so; in sync mode nobody was told anything and the batch fails.

use std::io;
use std::sync::Arc;

use crate::journal::disk::{self, Disk, DiskFile};
use crate::journal::record::{self, Encoded};
use crate::journal::segment::{self, Header};
use crate::journal::{JOURNAL_FOLDER, Lsn, ProjectId, Revision, StoreId};

use super::Pulse;

/// Unsynced bytes that are kept in memory; more are synced before their time.
pub(super) const UNSYNCED_BYTES_MAX: usize = 16 << 20;

/// Where a record was put.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Placed {
    pub lsn: Lsn,
    pub segment: Lsn,
    pub offset: u64,
}

/// A record that is written but not synced.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unsynced {
    pub project: ProjectId,
    pub number: u64,
    pub blob: Option<u64>,
    bytes: usize,
}

/// A segment that was begun.
#[derive(Debug)]
pub(super) struct Begun {
    pub first: Lsn,
    pub voids: bool,
    /// The records that were carried over, and where they are now.
    pub moved: Vec<(Unsynced, Placed)>,
}

struct Open {
    first: Lsn,
    file: Box<dyn DiskFile>,
    bytes: u64,
}

pub(super) struct Tail {
    disk: Arc<dyn Disk>,
    store: StoreId,
    pulse: Arc<Pulse>,
    open: Option<Open>,
    next: Lsn,
    written: Lsn,
    durable: Lsn,
    unsynced: Vec<Unsynced>,
    unsynced_bytes: Vec<u8>,
    /// Files hold records above `durable` that the next segment has to void.
    tainted: bool,
    buffer: Vec<u8>,
}

impl Tail {
    pub(super) fn new(
        disk: Arc<dyn Disk>,
        store: StoreId,
        pulse: Arc<Pulse>,
        next: Lsn,
        durable: Lsn,
    ) -> Self {
        Self {
            disk,
            store,
            pulse,
            open: None,
            next,
            written: durable,
            durable,
            unsynced: Vec::new(),
            unsynced_bytes: Vec::new(),
            tainted: false,
            buffer: Vec::new(),
        }
    }

    /// Length of the open segment; none if there is none.
    pub(super) fn open_bytes(&self) -> Option<u64> {
        self.open.as_ref().map(|open| open.bytes)
    }

    pub(super) fn written(&self) -> Lsn {
        self.written
    }

    pub(super) fn durable(&self) -> Lsn {
        self.durable
    }

    pub(super) fn unsynced_bytes(&self) -> usize {
        self.unsynced_bytes.len()
    }

    /// Whether a failed record may still lie in a file that no segment has voided yet.
    pub(super) fn tainted(&self) -> bool {
        self.tainted
    }

    /// Begins a segment: unsynced records, then `heads`; all of it is durable when this returns.
    pub(super) fn begin(&mut self, heads: &[(ProjectId, Revision)]) -> io::Result<Begun> {
        debug_assert!(self.open.is_none(), "the segment before was finished");
        let first = self.next;
        let header = Header { store: self.store, first, after: self.durable, voids: self.tainted };
        let mut body = header.encode();
        let mut moved = Vec::with_capacity(self.unsynced.len());
        let mut lsn = first;
        let mut from = 0;
        for unsynced in &self.unsynced {
            let at = body.len();
            let end = from + unsynced.bytes;
            body.extend_from_slice(&self.unsynced_bytes[from..end]);
            record::stamp(&mut body[at..], lsn, self.durable);
            moved.push((*unsynced, Placed { lsn, segment: first, offset: at as u64 }));
            lsn = lsn.next();
            from = end;
        }
        if !heads.is_empty() {
            let mut heads = record::encode_heads(heads, self.store);
            record::stamp(&mut heads, lsn, self.durable);
            body.extend_from_slice(&heads);
            lsn = lsn.next();
        }
        // A name is used once: a failed attempt may have left its file.
        self.next = lsn.max(first.next());
        let name = segment::name(first);
        let made =
            self.pulse.during(|| disk::create_whole(&*self.disk, JOURNAL_FOLDER, &name, &[&body]));
        let file = match made {
            Ok(file) => file,
            Err(error) => {
                self.tainted = true;
                let _ = self.pulse.during(|| self.disk.remove(&segment::path(first)));
                return Err(error);
            }
        };
        if lsn == first {
            self.next = first;
        } else {
            self.durable = Lsn(lsn.0 - 1);
        }
        self.written = self.durable;
        self.synced();
        let voids = std::mem::take(&mut self.tainted);
        self.open = Some(Open { first, file, bytes: body.len() as u64 });
        Ok(Begun { first, voids, moved })
    }

    /// Writes records with one call. After an error none of them is there.
    pub(super) fn append<'r>(
        &mut self,
        records: impl Iterator<Item = &'r mut Encoded>,
        durability: Ack,
    ) -> io::Result<Vec<Placed>> {
        let Some(open) = &mut self.open else {
            return Err(io::Error::other("no segment is open"));
        };
        self.buffer.clear();
        let mut placed = Vec::new();
        let mut unsynced = Vec::new();
        for record in records {
            record::stamp(&mut record.bytes, self.next, self.durable);
            let offset = open.bytes.saturating_add(self.buffer.len() as u64);
            placed.push(Placed { lsn: self.next, segment: open.first, offset });
            unsynced.push(Unsynced {
                project: record.project,
                number: record.after.number,
                blob: record.blob.map(|blob| blob.id),
                bytes: record.bytes.len(),
            });
            self.buffer.extend_from_slice(&record.bytes);
            self.next = self.next.next();
        }
        if let Err(error) = self.pulse.during(|| open.file.append(&self.buffer)) {
            self.cut();
            return Err(error);
        }
        if durability == Ack::AfterSync
            && let Err(error) = self.pulse.during(|| open.file.sync_data())
        {
            // Nobody was told: what the file still holds of it is cut, as far as it lets us.
            let _ = self.pulse.during(|| open.file.truncate(open.bytes));
            self.retire();
            return Err(error);
        }
        open.bytes = open.bytes.saturating_add(self.buffer.len() as u64);
        self.written = placed.last().map_or(self.written, |last| last.lsn);
        match durability {
            Ack::AfterSync => self.synced(),
            Ack::AfterWrite => {
                self.unsynced.append(&mut unsynced);
                self.unsynced_bytes.extend_from_slice(&self.buffer);
            }
        }
        self.buffer.clear();
        self.buffer.shrink_to(BUFFER_KEPT_BYTES);
        Ok(placed)
    }

    /// Makes all that is written durable. After an error the segment is closed for good.
    pub(super) fn sync(&mut self) -> io::Result<()> {
        if self.unsynced.is_empty() {
            return Ok(());
        }
        let Some(open) = &mut self.open else {
            return Err(io::Error::other("no segment is open"));
        };
        match self.pulse.during(|| open.file.sync_data()) {
            Ok(()) => {
                self.synced();
                Ok(())
            }
            Err(error) => {
                self.retire();
                Err(error)
            }
        }
    }

    /// Ends a synced segment with a record that says so, if anything was written to it: damage that
    /// comes later cannot be mistaken for what a loss of power tore.
    pub(super) fn seal(&mut self, heads: &[(ProjectId, Revision)]) -> io::Result<()> {
        let Some(mut open) = self.open.take() else { return Ok(()) };
        if heads.is_empty() {
            return Ok(());
        }
        let mut seal = record::encode_heads(heads, self.store);
        record::stamp(&mut seal, self.next, self.durable);
        self.next = self.next.next();
        self.pulse.during(|| {
            open.file.append(&seal)?;
            open.file.sync_data()
        })
    }

    /// Closes a synced segment: it is long enough.
    pub(super) fn finish(&mut self) {
        debug_assert!(self.unsynced.is_empty(), "a segment is synced before it is finished");
        self.open = None;
    }

    /// Cuts what a failed write left, durably, so that the failed records are certainly gone.
    fn cut(&mut self) {
        let Some(open) = &mut self.open else { return };
        let cut = self.pulse.during(|| {
            open.file.truncate(open.bytes)?;
            open.file.sync_data()
        });
        match cut {
            Ok(()) => self.synced(),
            Err(_) => self.retire(),
        }
    }

    fn synced(&mut self) {
        self.durable = self.written;
        self.unsynced.clear();
        self.unsynced_bytes.clear();
        self.unsynced_bytes.shrink_to(BUFFER_KEPT_BYTES);
    }

    fn retire(&mut self) {
        self.open = None;
        self.tainted = true;
    }
}

/// Capacity that buffers keep between batches.
const BUFFER_KEPT_BYTES: usize = 1 << 20;

/// When records may be acknowledged.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Ack {
    AfterSync,
    AfterWrite,
}
