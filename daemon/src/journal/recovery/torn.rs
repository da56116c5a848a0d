//! Telling what a loss of power tore from what went bad later.

use crate::journal::Lsn;
use crate::journal::segment::{Cause, Damage, Header, Item};

/// Where the newest segment is torn: the first stretch that was never written whole, behind
/// everything that is known to have been synced.
pub(super) fn torn_at(header: Option<Header>, items: &[Item]) -> Option<u64> {
    let after = header.map(|header| header.after);
    let synced = items
        .iter()
        .filter_map(|item| match item {
            Item::Sound(sound) => Some(sound.header.synced),
            Item::Damaged(_) => None,
        })
        .chain(after)
        .max()
        .unwrap_or_default();
    let sure = items
        .iter()
        .filter(|item| lsn_of(item).is_some_and(|lsn| lsn <= synced))
        .map(offset_of)
        .max();
    items.iter().find_map(|item| match item {
        Item::Damaged(Damage { offset, cause: Cause::CutShort | Cause::Unwritten, .. })
            if sure.is_none_or(|sure| *offset > sure) =>
        {
            Some(*offset)
        }
        Item::Damaged(_) | Item::Sound(_) => None,
    })
}

pub(super) fn lsn_of(item: &Item) -> Option<Lsn> {
    match item {
        Item::Sound(sound) => Some(sound.header.identity.lsn),
        Item::Damaged(damage) => damage.identity.map(|identity| identity.lsn),
    }
}

pub(super) fn offset_of(item: &Item) -> u64 {
    match item {
        Item::Sound(sound) => sound.offset,
        Item::Damaged(damage) => damage.offset,
    }
}
