//! How a running job hears that it should end, shows that it lives, and tells how far it is.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use crossbeam_channel::Sender;
use goxe_engine::progress::{Cancelled, Progress};

use super::{Done, Wake};
use crate::{
    call::{Envelope, Ticket},
    life::vitals::Vitals,
};

/// Time between two notifications about one call: often enough for a person, rare enough for
/// the wire.
const NOTE_EVERY: Duration = Duration::from_millis(200);

/// The engine's view of the lane it runs on.
pub struct LaneProgress<'a> {
    vitals: &'a Vitals,
    lane: usize,
    done: &'a Sender<Done>,
    wake: &'a Arc<dyn Wake>,
    envelope: Option<&'a Envelope>,
    background: bool,
    noted: Instant,
}

/// How far a call is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Note {
    /// Which call.
    pub ticket: Ticket,
    /// Done so far.
    pub done: u64,
    /// In all; 0 while unknown.
    pub total: u64,
}

impl<'a> LaneProgress<'a> {
    /// The progress of work on behalf of `envelope`'s caller, or of the daemon itself.
    pub fn new(
        vitals: &'a Vitals,
        lane: usize,
        done: &'a Sender<Done>,
        wake: &'a Arc<dyn Wake>,
        envelope: Option<&'a Envelope>,
        background: bool,
    ) -> Self {
        LaneProgress { vitals, lane, done, wake, envelope, background, noted: Instant::now() }
    }
}

impl Progress for LaneProgress<'_> {
    fn step(&mut self, done: u64, total: u64) -> Result<(), Cancelled> {
        self.vitals.lane_beats(self.lane);
        let Some(envelope) = self.envelope else { return Ok(()) };
        let now = Instant::now();
        if envelope.is_wanted(now).is_err() {
            return Err(Cancelled);
        }
        let asked = envelope.progress.is_some() || self.background;
        if asked && now.duration_since(self.noted) >= NOTE_EVERY {
            self.noted = now;
            let note = Note { ticket: envelope.ticket, done, total };
            // A note that finds the queue full is overtaken by the next one.
            if self.done.try_send(Done::Progress(note)).is_ok() {
                self.wake.wake();
            }
        }
        Ok(())
    }
}
