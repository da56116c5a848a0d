//! Waiting for another process, which sends us no event.

use std::thread;
use std::time::{Duration, Instant};

/// How long anything of a daemon may take before a test gives up on it.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Asks again and again until there is an answer.
#[track_caller]
pub fn until<T>(what: &str, patience: Duration, mut ask: impl FnMut() -> Option<T>) -> T {
    let begin = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(begin.elapsed() < patience, "after {:?} still not: {what}", begin.elapsed());
        thread::sleep(Duration::from_millis(2));
    }
}
