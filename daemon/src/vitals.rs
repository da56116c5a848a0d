//! Signs of life that the watchdog reads without asking anybody: who works, and since when
//! without a pause.

use std::{
    fmt,
    sync::{
        OnceLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

/// One worker's sign of life: idle, or busy and when it last showed progress.
#[derive(Debug, Default)]
pub struct Pulse {
    /// Milliseconds since the start of the process plus one; 0 while idle.
    since: AtomicU64,
}

/// The parts of the daemon that can be stuck.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stuck {
    /// The event loop did not take a wake-up.
    Loop,
    /// This lane passed no cancel check.
    Lane(usize),
    /// A call of the journal does not return.
    Journal,
}

impl fmt::Display for Stuck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Stuck::Loop => write!(f, "event loop"),
            Stuck::Lane(index) => write!(f, "lane {index}"),
            Stuck::Journal => write!(f, "journal"),
        }
    }
}

/// All signs of life.
pub struct Vitals {
    started: Instant,
    stuck_after: Duration,
    /// The loop was asked to turn and has not yet.
    loop_asked: AtomicBool,
    loop_pulse: Pulse,
    lanes: Vec<Pulse>,
    journal: OnceLock<JournalCall>,
}

/// Since when the journal's current call runs.
type JournalCall = Box<dyn Fn() -> Option<Instant> + Send + Sync>;

impl fmt::Debug for Vitals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vitals").field("lanes", &self.lanes).finish_non_exhaustive()
    }
}

impl Vitals {
    /// Signs of a daemon with this many lanes.
    pub fn new(lanes: usize, stuck_after: Duration) -> Self {
        Vitals {
            started: Instant::now(),
            stuck_after,
            loop_asked: AtomicBool::new(false),
            loop_pulse: Pulse::default(),
            lanes: (0..lanes).map(|_| Pulse::default()).collect(),
            journal: OnceLock::new(),
        }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX).saturating_add(1)
    }

    /// Asks the loop to show that it turns; the clock runs from the first unanswered question.
    pub fn ask_loop(&self) {
        if !self.loop_asked.swap(true, Ordering::AcqRel) {
            self.loop_pulse.since.store(self.now(), Ordering::Release);
        }
    }

    /// The loop turned.
    pub fn loop_turned(&self) {
        if self.loop_asked.load(Ordering::Acquire) {
            self.loop_pulse.since.store(0, Ordering::Release);
            self.loop_asked.store(false, Ordering::Release);
        }
    }

    /// Lane `index` began a job, or passed a cancel check.
    pub fn lane_beats(&self, index: usize) {
        if let Some(lane) = self.lanes.get(index) {
            lane.since.store(self.now(), Ordering::Release);
        }
    }

    /// Lane `index` waits for work.
    pub fn lane_rests(&self, index: usize) {
        if let Some(lane) = self.lanes.get(index) {
            lane.since.store(0, Ordering::Release);
        }
    }

    /// Where the journal shows since when its current call runs.
    pub fn watch_journal(&self, call: impl Fn() -> Option<Instant> + Send + Sync + 'static) {
        // There is one journal for each daemon; a second one would change nothing.
        let _ = self.journal.set(Box::new(call));
    }

    /// The first part that is stuck, if any.
    pub fn stuck(&self) -> Option<Stuck> {
        let now = self.now();
        let limit = u64::try_from(self.stuck_after.as_millis()).unwrap_or(u64::MAX);
        let stuck = |pulse: &Pulse| {
            let since = pulse.since.load(Ordering::Acquire);
            since != 0 && now.saturating_sub(since) > limit
        };
        if stuck(&self.loop_pulse) {
            return Some(Stuck::Loop);
        }
        let call = self.journal.get().and_then(|call| call());
        if call.is_some_and(|since| since.elapsed() > self.stuck_after) {
            return Some(Stuck::Journal);
        }
        self.lanes.iter().position(stuck).map(Stuck::Lane)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Signs for which every busy part counts as stuck at once.
    fn impatient() -> Vitals {
        let mut vitals = Vitals::new(2, Duration::ZERO);
        vitals.started = Instant::now() - Duration::from_secs(5);
        vitals
    }

    fn age(vitals: &mut Vitals) {
        vitals.started -= Duration::from_secs(1);
    }

    #[test]
    fn idle_is_never_stuck() {
        assert_eq!(impatient().stuck(), None);
    }

    #[test]
    fn each_part_is_named() {
        let mut vitals = impatient();
        vitals.lane_beats(1);
        age(&mut vitals);
        assert_eq!(vitals.stuck(), Some(Stuck::Lane(1)));
        vitals.lane_rests(1);
        vitals.ask_loop();
        age(&mut vitals);
        assert_eq!(vitals.stuck(), Some(Stuck::Loop));
        vitals.loop_turned();
        assert_eq!(vitals.stuck(), None);
    }

    #[test]
    fn a_journal_that_hangs_is_stuck() {
        let vitals = impatient();
        let since = Instant::now() - Duration::from_secs(1);
        vitals.watch_journal(move || Some(since));
        assert_eq!(vitals.stuck(), Some(Stuck::Journal));
    }

    #[test]
    fn asking_again_does_not_restart_the_clock() {
        let mut vitals = impatient();
        vitals.ask_loop();
        age(&mut vitals);
        vitals.ask_loop();
        assert_eq!(vitals.stuck(), Some(Stuck::Loop));
    }
}
