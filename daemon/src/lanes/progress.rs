//! How a running job hears that it should end, shows that it lives, and tells how far it is.

use std::time::{Duration, Instant};

use goxe_engine::progress::{Cancelled, Progress};

use super::LaneContext;
use crate::{
    call::Envelope,
    work::{Done, Note, Size, Told},
};

/// Time between two notifications about one call: often enough for a person, rare enough for
/// the wire.
const NOTE_EVERY: Duration = Duration::from_millis(200);

/// How long work of a size may hold a lane before it has to make room: it is begun again, as work of
/// the next size. What that wastes is a small part of what it takes.
fn budget(size: Size) -> Option<Duration> {
    match size {
        Size::Short => Some(Duration::from_millis(20)),
        Size::Medium => Some(Duration::from_millis(300)),
        Size::Long => None,
    }
}

/// The engine's view of the lane it runs on.
pub struct LaneProgress<'a> {
    context: &'a LaneContext,
    lane: usize,
    envelope: Option<&'a Envelope>,
    background: bool,
    noted: Instant,
    give_up_at: Option<Instant>,
    outgrown: bool,
}

impl<'a> LaneProgress<'a> {
    /// The progress of work of a size on behalf of `envelope`'s caller, or of the daemon itself.
    pub fn new(
        context: &'a LaneContext,
        lane: usize,
        envelope: Option<&'a Envelope>,
        background: bool,
        size: Size,
    ) -> Self {
        let noted = Instant::now();
        let give_up_at = budget(size).map(|budget| noted + budget);
        LaneProgress { context, lane, envelope, background, noted, give_up_at, outgrown: false }
    }

    /// Whether the work was stopped because it takes longer than its size may.
    pub fn is_outgrown(&self) -> bool {
        self.outgrown
    }
}

impl Progress for LaneProgress<'_> {
    fn step(&mut self, done: u64, total: u64) -> Result<(), Cancelled> {
        self.context.vitals.lane_beats(self.lane);
        let Some(envelope) = self.envelope else { return Ok(()) };
        let now = Instant::now();
        if envelope.is_wanted(now).is_err() {
            return Err(Cancelled);
        }
        if self.give_up_at.is_some_and(|at| now >= at) {
            self.outgrown = true;
            return Err(Cancelled);
        }
        let asked = envelope.progress.is_some() || self.background;
        if asked && now.duration_since(self.noted) >= NOTE_EVERY {
            self.noted = now;
            let note = Note { ticket: envelope.ticket, done, total };
            // A note that finds the queue full is overtaken by the next one.
            if self.context.done.try_send(Told { done: Done::Progress(note), frees: None }).is_ok()
            {
                self.context.wake.wake();
            }
        }
        Ok(())
    }
}
