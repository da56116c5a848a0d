//! Asking what is there: in one volume, or in several laid over one another.
//!
//! Everything here reads a snapshot, answers in a fixed order and reports progress chunk by chunk.

mod dense;
mod difference;
mod histogram;
mod select;
#[cfg(test)]
mod tests;
mod view;

pub use dense::{DenseError, read_dense};
pub use difference::{Difference, compare};
pub use histogram::{Histogram, HistogramOptions, histogram};
pub use select::{ColorRange, Cursor, Found, Page, Select, find, list};
pub use view::{View, ViewChunks};

use crate::coords::{Bounds, LocalPos};
use crate::progress::{Cancelled, Progress};
use std::ops::Range;

/// Chunks between two calls of `Progress::step`: well under a millisecond.
const STEP_CHUNKS: u64 = 64;

/// Tells a `Progress` of every so many chunks.
struct Meter<'a> {
    progress: &'a mut dyn Progress,
    done: u64,
    total: u64,
}

impl<'a> Meter<'a> {
    fn new(progress: &'a mut dyn Progress, total: u64) -> Self {
        Self { progress, done: 0, total }
    }

    fn chunk_done(&mut self) -> Result<(), Cancelled> {
        self.done += 1;
        if self.done.is_multiple_of(STEP_CHUNKS) {
            self.progress.step(self.done.min(self.total), self.total)?;
        }
        Ok(())
    }
}

/// The places of `part`, which lies in one chunk, in the array of that chunk: row by row, y first,
/// then z.
fn rows_in(part: &Bounds) -> impl Iterator<Item = Range<usize>> + use<> {
    let (min, max) = (part.min().local(), part.max().local());
    (min.z()..=max.z()).flat_map(move |z| {
        (min.y()..=max.y()).map(move |y| {
            LocalPos::new(min.x(), y, z).index()..LocalPos::new(max.x(), y, z).index() + 1
        })
    })
}
