//! Idempotency keys of one project: which calls were committed, and what they were answered.
//!
//! Keys are UUIDv7, so each says when it was made. Forgetting goes by that time, oldest first: a key
//! older than the newest forgotten one may have been committed, and is refused rather than run.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::bytes::{Malformed, Put, Reader};
use super::chain::ParamsDigest;
use super::record::{ANSWER_BYTES_MAX, AUTHOR_BYTES_MAX};
use super::{FORMAT, Revision};
use crate::call::Principal;

/// How far a key's time may lie ahead of our clock.
pub const AHEAD_MS_MAX: i64 = 300_000;

const KEYS_MAX: usize = 1_000_000;

/// A UUIDv7, in the order of its bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(pub [u8; 16]);

impl Key {
    /// When it was made, in milliseconds since 1970: its first 48 bits.
    pub fn time_ms(self) -> i64 {
        let [a, b, c, d, e, f, ..] = self.0;
        i64::from_be_bytes([0, 0, a, b, c, d, e, f])
    }

    /// Whether version and variant are those of a UUIDv7.
    pub fn is_v7(self) -> bool {
        let [_, _, _, _, _, _, version, _, variant, ..] = self.0;
        version >> 4 == 7 && variant >> 6 == 2
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// A call that was committed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Committed {
    /// The revision it made.
    pub revision: Revision,
    /// When, in milliseconds since 1970.
    pub time_ms: i64,
    /// What it was answered.
    pub answer: Arc<[u8]>,
    params: ParamsDigest,
}

/// What is known of a key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Lookup {
    /// Its call was committed, with the same params: this is its answer.
    Committed(Committed),
    /// Its call was committed with other params.
    Conflict(Committed),
    /// It is older than what is remembered: it may have been committed, and must not run.
    Expired,
    /// Its time lies ahead of the clock: it would be remembered for too long.
    Ahead,
    /// It is no UUIDv7.
    NotV7,
    /// Never committed.
    Unknown,
}

/// Bounds of what is remembered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct KeyLimits {
    /// For how long.
    pub keep_ms: i64,
    /// How many.
    pub keys_max: usize,
}

/// The keys of one project, or of the catalogue.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Keys {
    committed: BTreeMap<(Key, Arc<str>), Committed>,
    /// Time of the newest key that was forgotten.
    forgotten_ms: i64,
}

/// A record names its author; several of them may be one principal, whose keys they share.
fn owner(author: &str) -> Arc<str> {
    Arc::from(Principal::of_author(author))
}

impl Keys {
    /// What is known of a principal's key.
    pub fn lookup(
        &self,
        principal: &str,
        key: Key,
        params: &ParamsDigest,
        now_ms: i64,
        limits: &KeyLimits,
    ) -> Lookup {
        if !key.is_v7() {
            return Lookup::NotV7;
        }
        if let Some(committed) = self.find(principal, key) {
            let same = committed.params == *params;
            let committed = committed.clone();
            return if same { Lookup::Committed(committed) } else { Lookup::Conflict(committed) };
        }
        let made_ms = key.time_ms();
        if made_ms <= self.forgotten_ms || made_ms < now_ms.saturating_sub(limits.keep_ms) {
            Lookup::Expired
        } else if made_ms > now_ms.saturating_add(AHEAD_MS_MAX) {
            Lookup::Ahead
        } else {
            Lookup::Unknown
        }
    }

    /// What became of a key, whatever its params were.
    pub fn find(&self, principal: &str, key: Key) -> Option<&Committed> {
        self.committed.get(&(key, owner(principal)))
    }

    /// Remembers a committed call.
    pub fn insert(
        &mut self,
        principal: &str,
        key: Key,
        params: ParamsDigest,
        revision: Revision,
        time_ms: i64,
        answer: &[u8],
    ) {
        let answer = Arc::from(answer);
        let committed = Committed { revision, time_ms, answer, params };
        self.committed.insert((key, owner(principal)), committed);
    }

    /// Takes a key back whose commit failed after all.
    pub fn remove(&mut self, principal: &str, key: Key) {
        self.committed.remove(&(key, owner(principal)));
    }

    /// Forgets what is over the limits, oldest first.
    pub fn forget(&mut self, now_ms: i64, limits: &KeyLimits) {
        let oldest_ms = now_ms.saturating_sub(limits.keep_ms);
        let mut remembered = self.committed.len();
        while let Some(entry) = self.committed.first_entry() {
            let (key, _) = entry.key();
            let made_ms = key.time_ms();
            if made_ms >= oldest_ms && remembered <= limits.keys_max {
                break;
            }
            self.forgotten_ms = self.forgotten_ms.max(made_ms);
            entry.remove();
            remembered -= 1;
        }
    }

    /// How many are remembered.
    pub fn len(&self) -> usize {
        self.committed.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.committed.is_empty()
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        bytes.put_u16(FORMAT);
        bytes.put_i64(self.forgotten_ms);
        let kept = self.committed.len().min(KEYS_MAX);
        bytes.put_u32(u32::try_from(kept).expect("a million fits"));
        for ((key, principal), committed) in self.committed.iter().rev().take(kept) {
            bytes.put(&key.0);
            bytes.put_bytes(principal.as_bytes());
            bytes.put_u64(committed.revision.number);
            bytes.put_u32(committed.revision.chain);
            bytes.put_i64(committed.time_ms);
            bytes.put(&committed.params);
            bytes.put_bytes(&committed.answer);
        }
        bytes
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(bytes);
        if reader.u16("format")? != FORMAT {
            return Err(reader.malformed("keys of a format this goxe reads"));
        }
        let forgotten_ms = reader.i64("time of the newest forgotten key")?;
        let mut keys = Self { committed: BTreeMap::new(), forgotten_ms };
        for _ in 0..reader.length(KEYS_MAX, "count of keys")? {
            let key = Key(reader.array("key")?);
            let principal = Arc::from(reader.text(AUTHOR_BYTES_MAX, "principal")?);
            let revision = Revision { number: reader.u64("number")?, chain: reader.u32("chain")? };
            let time_ms = reader.i64("time")?;
            let params = reader.array("params digest")?;
            let answer = Arc::from(reader.bytes(ANSWER_BYTES_MAX, "answer")?);
            let committed = Committed { revision, time_ms, answer, params };
            keys.committed.insert((key, principal), committed);
        }
        reader.end()?;
        Ok(keys)
    }
}

#[cfg(test)]
mod tests;
