//! The journal's records as values for people and programs.

use serde::Serialize;

use super::OfflineError;
use crate::journal::disk::{self, Disk};
use crate::journal::record::{self, StoredChange};
use crate::journal::segment::{self, Content, Damage, Item, Scan, ScanError, Sound};
use crate::journal::{JOURNAL_FOLDER, Lsn, lineage};

/// One thing in the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "entry", rename_all = "lowercase")]
pub enum Entry {
    /// A commit.
    Commit {
        /// Its segment, and its first byte there.
        at: String,
        /// Its place in the journal.
        lsn: u64,
        /// The project's number; 0 is the catalogue.
        project: u32,
        /// The revision before.
        before: String,
        /// The revision after.
        after: String,
        /// Who did it.
        author: String,
        /// When, in Unix milliseconds.
        time_ms: i64,
        /// What the history shows.
        label: String,
        /// The idempotency key.
        key: Option<String>,
        /// Bytes of the change.
        change_bytes: u64,
        /// The file that holds the change, if the record does not.
        blob: Option<u64>,
    },
    /// Where projects stood when a segment was begun.
    Heads {
        /// Its segment, and its first byte there.
        at: String,
        /// Its place in the journal.
        lsn: u64,
        /// How many projects.
        projects: usize,
    },
    /// Bytes that are no sound record.
    Damaged {
        /// Its segment, and its first byte there.
        at: String,
        /// How many bytes.
        bytes: u64,
        /// What it looks like.
        cause: String,
    },
}

/// Tells entry by entry, until `each` has enough and says so by `false`.
pub(super) fn dump(
    disk: &dyn Disk,
    each: &mut dyn FnMut(Entry) -> bool,
) -> Result<(), OfflineError> {
    let named = lineage::read(disk).ok().flatten();
    for name in disk.list(JOURNAL_FOLDER)? {
        let Some(first) = segment::parse_name(&name) else { continue };
        let path = segment::path(first);
        let failed = |error| OfflineError::Scan { path: path.clone(), error };
        let length = disk.length(&path)?;
        let store = match named {
            Some(store) => Some(store),
            None => {
                let header = Scan::new(disk, &path, length, crate::journal::StoreId(0)).header();
                header.map_err(failed)?.map(|header| header.store)
            }
        };
        let store = store.unwrap_or(crate::journal::StoreId(0));
        let mut scan = Scan::new(disk, &path, length, store);
        while let Some(item) = scan.step().map_err(failed)? {
            let entry = entry(disk, first, &path, &item).map_err(failed)?;
            if !each(entry) {
                return Ok(());
            }
        }
    }
    Ok(())
}

fn entry(disk: &dyn Disk, segment: Lsn, path: &str, item: &Item) -> Result<Entry, ScanError> {
    match item {
        Item::Damaged(damage) => Ok(damaged(segment, damage, format!("{:?}", damage.cause))),
        Item::Sound(sound) => match &sound.content {
            Content::Heads(heads) => Ok(Entry::Heads {
                at: place(segment, sound.offset),
                lsn: sound.header.identity.lsn.0,
                projects: heads.len(),
            }),
            Content::Change { .. } => commit(disk, segment, path, sound),
        },
    }
}

fn commit(disk: &dyn Disk, segment: Lsn, path: &str, sound: &Sound) -> Result<Entry, ScanError> {
    let identity = sound.header.identity;
    let bytes = disk::read_range(disk, path, sound.offset, identity.record_bytes())?;
    let record = match record::decode(&bytes) {
        Ok(record) => record,
        // It was sound a moment ago.
        Err(error) => {
            let at = place(segment, sound.offset);
            let bytes = sound.end().saturating_sub(sound.offset);
            return Ok(Entry::Damaged { at, bytes, cause: error.to_string() });
        }
    };
    let (change_bytes, blob) = match record.change {
        StoredChange::Inline(change) => (u64::try_from(change.len()).unwrap_or(u64::MAX), None),
        StoredChange::Blob(blob) => (blob.length, Some(blob.id)),
    };
    Ok(Entry::Commit {
        at: place(segment, sound.offset),
        lsn: record.lsn.0,
        project: record.project.0,
        before: record.before.to_string(),
        after: record.after.to_string(),
        author: record.author.to_owned(),
        time_ms: record.time_ms,
        label: record.label.to_owned(),
        key: record.key.map(|key| format!("{key:?}")),
        change_bytes,
        blob,
    })
}

fn damaged(segment: Lsn, damage: &Damage, cause: String) -> Entry {
    let bytes = damage.end.saturating_sub(damage.offset);
    Entry::Damaged { at: place(segment, damage.offset), bytes, cause }
}

fn place(segment: Lsn, offset: u64) -> String {
    format!("{segment}:{offset}")
}
