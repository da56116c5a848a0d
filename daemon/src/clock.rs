//! One moment, on the clock that measures and on the one of the calendar. Shells read it; cores are
//! handed it.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// A moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// For how long something takes; it never goes back.
    pub instant: Instant,
    /// For what is kept: milliseconds since 1970, as the machine's clock is set.
    pub unix_ms: i64,
}

impl Now {
    /// This moment.
    pub fn read() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Now {
            instant: Instant::now(),
            unix_ms: i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
        }
    }
}
