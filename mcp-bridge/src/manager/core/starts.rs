//! The starts of a data folder on record: the budget that all bridges share.
//!
//! Times are milliseconds of the system's monotonic clock, which all processes of one boot share and
//! which nobody can set; a record of another boot says nothing and is dropped.

use serde::{Deserialize, Serialize};

use super::settings::Settings;

/// More starts than this are never kept.
const STARTS_KEPT_MAX: usize = 32;

/// A larger file is not ours.
const FILE_BYTES_MAX: usize = 16 * 1024;

/// One start of a daemon.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Start {
    /// When it was decided.
    pub at_ms: u64,
    /// Its process number, once there was one.
    pub pid: Option<u32>,
    /// When that process began, as the system counts it.
    pub started: Option<u64>,
    /// When it answered a real request.
    pub ready_ms: Option<u64>,
    /// When it was known to have failed.
    pub failed_ms: Option<u64>,
}

/// The starts of a data folder, oldest first.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Starts {
    boot: String,
    starts: Vec<Start>,
}

/// Whether another start is allowed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// Yes, as this attempt since the last start that held.
    Go {
        /// 1 for a first start.
        attempt: u32,
    },
    /// Not before this time.
    Wait {
        /// When to ask again.
        until_ms: u64,
    },
    /// Too many failed.
    Exhausted {
        /// How many failed in the window.
        failures: u32,
        /// When the oldest of them leaves the window.
        until_ms: u64,
    },
}

impl Starts {
    /// An empty record for this boot.
    pub fn new(boot: &str) -> Self {
        Self { boot: boot.to_owned(), starts: Vec::new() }
    }

    /// Reads the file. Whatever is not a record of this boot, or lies in the future, counts as no
    /// record: a damaged file must never keep a daemon from starting.
    pub fn parse(bytes: &[u8], boot: &str, now_ms: u64) -> Self {
        if bytes.len() > FILE_BYTES_MAX {
            return Self::new(boot);
        }
        let Ok(mut record) = serde_json::from_slice::<Self>(bytes) else { return Self::new(boot) };
        if record.boot != boot {
            return Self::new(boot);
        }
        record.starts.retain(|start| start.latest_ms() <= now_ms);
        record.starts.sort_by_key(|start| start.at_ms);
        record
    }

    /// The file's content.
    pub fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("a record of numbers and one string is JSON")
    }

    /// The starts, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Start> {
        self.starts.iter()
    }

    /// Records a start that is about to happen.
    pub fn push(&mut self, now_ms: u64) {
        self.starts.push(Start {
            at_ms: now_ms,
            pid: None,
            started: None,
            ready_ms: None,
            failed_ms: None,
        });
        let surplus = self.starts.len().saturating_sub(STARTS_KEPT_MAX);
        self.starts.drain(..surplus);
    }

    /// Records the process of the last start.
    pub fn spawned(&mut self, pid: u32, started: u64) {
        if let Some(last) = self.starts.last_mut() {
            last.pid = Some(pid);
            last.started = Some(started);
        }
    }

    /// The process of the last start, if it was never recorded as ready.
    pub fn unready(&self) -> Option<(u32, u64)> {
        let last = self.starts.last().filter(|last| last.ready_ms.is_none())?;
        Some((last.pid?, last.started?))
    }

    /// Records that the last start answered. False if that was known.
    pub fn ready(&mut self, now_ms: u64) -> bool {
        match self.starts.last_mut() {
            Some(last) if last.ready_ms.is_none() => {
                last.ready_ms = Some(now_ms);
                last.failed_ms = None;
                true
            }
            _ => false,
        }
    }

    /// Whether the last start is this process and was never recorded as ready.
    pub fn awaits(&self, pid: u32) -> bool {
        self.unready().is_some_and(|(unready, _)| unready == pid)
    }

    /// Records that the last start failed. False if that was known.
    pub fn failed(&mut self, now_ms: u64) -> bool {
        match self.starts.last_mut() {
            Some(last) if last.failed_ms.is_none() => {
                last.failed_ms = Some(now_ms);
                true
            }
            _ => false,
        }
    }

    /// Judges the last start now that its daemon is known to be gone. `fell` says that it did not
    /// end cleanly. A start that never became ready failed, and so did one that fell while young.
    pub fn settle(&mut self, now_ms: u64, fell: bool, settings: &Settings) -> bool {
        let failed = match self.starts.last() {
            None => false,
            Some(last) => match last.ready_ms {
                None => true,
                Some(ready_ms) => fell && now_ms.saturating_sub(ready_ms) < settings.stable_ms,
            },
        };
        failed && self.failed(now_ms)
    }

    /// How many starts in a row failed, within the window.
    pub fn failures(&self, now_ms: u64, settings: &Settings) -> u32 {
        u32::try_from(self.failed_in_row(now_ms, settings).count()).unwrap_or(u32::MAX)
    }

    /// When those starts failed, the latest first.
    fn failed_in_row(&self, now_ms: u64, settings: &Settings) -> impl Iterator<Item = u64> {
        let since_ms = now_ms.checked_sub(settings.starts_window_ms);
        self.starts
            .iter()
            .rev()
            .map_while(|start| start.failed_ms)
            .take_while(move |failed_ms| since_ms.is_none_or(|since_ms| *failed_ms > since_ms))
    }

    /// Whether a start is allowed now: the first restart at once, then after growing pauses, and
    /// not after too many failures in a row.
    pub fn verdict(&self, now_ms: u64, settings: &Settings) -> Verdict {
        let failures = self.failures(now_ms, settings);
        let latest = self.failed_in_row(now_ms, settings).next();
        let oldest = self.failed_in_row(now_ms, settings).last();
        let (Some(latest), Some(oldest)) = (latest, oldest) else {
            return Verdict::Go { attempt: 1 };
        };
        if failures >= settings.starts_max {
            let until_ms = oldest.saturating_add(settings.starts_window_ms);
            return Verdict::Exhausted { failures, until_ms };
        }
        let until_ms = latest.saturating_add(pause_ms(failures, settings));
        if until_ms > now_ms {
            return Verdict::Wait { until_ms };
        }
        Verdict::Go { attempt: failures + 1 }
    }
}

impl Start {
    fn latest_ms(&self) -> u64 {
        self.at_ms.max(self.ready_ms.unwrap_or(0)).max(self.failed_ms.unwrap_or(0))
    }
}

/// The pause after this many failures.
fn pause_ms(failures: u32, settings: &Settings) -> u64 {
    if failures <= 1 {
        return 0;
    }
    let doublings = (failures - 2).min(32);
    settings.backoff_ms.saturating_mul(1 << doublings).min(settings.backoff_ms_max)
}

#[cfg(test)]
mod tests;
