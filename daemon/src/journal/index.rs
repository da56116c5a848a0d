//! What the journal holds of each project: its images, its records, where it stopped being sound.

use super::blob::BlobRef;
use super::image::{IMAGES_KEPT, ImageHeader};
use super::{Corrupt, Lsn, ProjectId, Revision};

/// Where a record is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Location {
    /// Its number in the journal.
    pub lsn: Lsn,
    /// First record number of its segment.
    pub segment: Lsn,
    /// Its first byte in the segment.
    pub offset: u64,
    /// Its length in bytes.
    pub bytes: usize,
    /// Chain hash before it.
    pub chain_before: u32,
    /// The revision it makes.
    pub after: Revision,
    /// Where its change is, if not inside.
    pub blob: Option<BlobRef>,
}

impl Location {
    /// The place, as an error names it.
    pub fn place(&self) -> Corrupt {
        Corrupt { segment: self.segment, offset: self.offset }
    }
}

/// One thing the journal says of a project, in journal order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Entry {
    /// A sound record.
    Record(Location),
    /// A damaged record that made revision `number`.
    Damaged {
        /// The revision number.
        number: u64,
        /// Where it is.
        at: Corrupt,
    },
    /// A later segment says that the project had come this far: records up to here may be missing.
    Reached {
        /// How far.
        revision: Revision,
        /// Where the records would be.
        at: Corrupt,
    },
}

impl Entry {
    /// The revision number it speaks of.
    pub fn number(&self) -> u64 {
        match self {
            Self::Record(location) => location.after.number,
            Self::Damaged { number, .. } => *number,
            Self::Reached { revision, .. } => revision.number,
        }
    }
}

/// All that is known of one project.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ProjectIndex {
    /// Its images whose header is sound, newest first.
    pub images: Vec<ImageHeader>,
    /// What the journal says after the oldest of them, in journal order.
    pub entries: Vec<Entry>,
    /// The highest revision number that an image was made of, sound or not: records up to there
    /// may be gone.
    pub imaged: u64,
}

/// How a project comes back from a base: an image, or nothing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Plan {
    /// The records to apply, each following the one before.
    pub records: Vec<Location>,
    /// The last sound revision.
    pub end: Revision,
    /// Where the journal stopped being sound, if it did: the project is read-only.
    pub corrupt: Option<Corrupt>,
}

impl ProjectIndex {
    /// The newest image's revision, or the start.
    pub fn base(&self) -> Revision {
        self.images.first().map_or(Revision::START, |image| image.revision)
    }

    /// What follows `base`. The first gap, damage or break of the chain ends it.
    pub fn plan(&self, base: Revision) -> Plan {
        let mut plan = Plan { records: Vec::new(), end: base, corrupt: None };
        for entry in &self.entries {
            let corrupt = match entry {
                _ if entry.number() <= plan.end.number => continue,
                Entry::Record(location) if follows(location, plan.end) => {
                    plan.records.push(*location);
                    plan.end = location.after;
                    continue;
                }
                Entry::Record(location) => location.place(),
                Entry::Damaged { at, .. } | Entry::Reached { at, .. } => *at,
            };
            plan.corrupt = Some(corrupt);
            break;
        }
        if plan.end.number < self.imaged && plan.corrupt.is_none() {
            plan.corrupt = Some(Corrupt::IMAGE);
        }
        plan
    }

    /// The last sound revision and the corrupt mark, by the newest image.
    pub fn head(&self) -> (Revision, Option<Corrupt>) {
        let plan = self.plan(self.base());
        (plan.end, plan.corrupt)
    }

    /// Drops the entries that no image needs any more. While there is only one, the start is the
    /// other base to come back from.
    pub(crate) fn forget_before_images(&mut self) {
        if self.images.len() >= IMAGES_KEPT
            && let Some(oldest) = self.images.last().map(|image| image.revision.number)
        {
            self.entries.retain(|entry| entry.number() > oldest);
        }
    }
}

fn follows(location: &Location, end: Revision) -> bool {
    location.after.number == end.number.saturating_add(1) && location.chain_before == end.chain
}

/// What one segment holds, as far as its removal is concerned.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct SegmentUse {
    /// Highest revision number of each project in it.
    pub numbers: std::collections::BTreeMap<ProjectId, u64>,
    /// The blobs that its records name.
    pub blobs: Vec<u64>,
    /// Older segments hold void records, which this one voids.
    pub voids: bool,
    /// It holds damage of an unknown project: it is kept.
    pub pinned: bool,
    /// Its length.
    pub bytes: u64,
}

impl SegmentUse {
    pub(crate) fn note(&mut self, project: ProjectId, number: u64, blob: Option<BlobRef>) {
        let highest = self.numbers.entry(project).or_default();
        *highest = number.max(*highest);
        self.blobs.extend(blob.map(|blob| blob.id));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(number: u64, before: u32, after: u32) -> Entry {
        Entry::Record(Location {
            lsn: Lsn(number),
            segment: Lsn(1),
            offset: number * 100,
            bytes: 100,
            chain_before: before,
            after: Revision { number, chain: after },
            blob: None,
        })
    }

    fn at(offset: u64) -> Corrupt {
        Corrupt { segment: Lsn(1), offset }
    }

    fn check(entries: Vec<Entry>, base: Revision, end: u64, corrupt: Option<Corrupt>) {
        let plan = ProjectIndex { entries, ..ProjectIndex::default() }.plan(base);
        assert_eq!((plan.end.number, plan.corrupt), (end, corrupt));
    }

    #[test]
    fn plans_end_at_the_first_break() {
        let start = Revision::START;
        let base = Revision { number: 2, chain: 22 };
        let reached =
            |number| Entry::Reached { revision: Revision { number, chain: 0 }, at: at(9) };
        check(vec![], start, 0, None);
        check(vec![record(1, 0, 11), record(2, 11, 22)], start, 2, None);
        check(vec![record(1, 0, 11), record(2, 11, 22), record(3, 22, 33)], base, 3, None);
        check(vec![record(1, 0, 11), record(3, 22, 33)], start, 1, Some(at(300)));
        check(vec![record(1, 0, 11), record(2, 12, 22)], start, 1, Some(at(200)));
        let damaged = Entry::Damaged { number: 2, at: at(7) };
        check(vec![record(1, 0, 11), damaged, record(3, 22, 33)], start, 1, Some(at(7)));
        check(vec![record(1, 0, 11), damaged, record(3, 22, 33)], base, 3, None);
        check(vec![record(1, 0, 11), reached(1)], start, 1, None);
        check(vec![record(1, 0, 11), reached(2)], start, 1, Some(at(9)));
        check(vec![reached(2)], base, 2, None);
        let lost = ProjectIndex { imaged: 3, ..ProjectIndex::default() };
        assert_eq!(lost.plan(base).corrupt, Some(Corrupt::IMAGE));
        assert_eq!(lost.plan(Revision { number: 3, chain: 0 }).corrupt, None);
    }
}
