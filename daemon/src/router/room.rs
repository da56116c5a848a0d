//! Room in the lanes: what they have, what waits, and what is refused.

use std::{collections::VecDeque, fmt};

use goxe_protocol::{Code, Error};

use super::Router;
use crate::{
    call::{Payload, Ticket},
    lanes::{Garbage, Job},
    memory::Charge,
};

/// Room in the lanes.
#[derive(Debug, Default)]
pub(super) struct LaneBook {
    count: usize,
    handed: usize,
    /// Jobs for which the lanes' queue has no place: what was taken is never refused later.
    waiting: VecDeque<WaitingJob>,
    long_running: usize,
    long_waiting: VecDeque<WaitingJob>,
}

/// What a call takes beside its payload, about.
const CALL_BYTES: usize = 512;

struct WaitingJob(Job);

impl fmt::Debug for WaitingJob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WaitingJob")
    }
}

impl LaneBook {
    pub(super) fn new(count: usize) -> Self {
        LaneBook { count, ..LaneBook::default() }
    }

    /// How many lanes there are.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// Takes out a call that waits for a lane.
    pub(super) fn withdraw(&mut self, ticket: Ticket) -> Option<Job> {
        let own = |WaitingJob(job): &WaitingJob| job.ticket() == Some(ticket);
        let index = self.long_waiting.iter().position(own)?;
        self.long_waiting.remove(index).map(|WaitingJob(job)| job)
    }

    /// Jobs that the lanes have, or that wait for one.
    pub(super) fn jobs(&self) -> usize {
        self.handed + self.waiting.len() + self.long_waiting.len()
    }
}

impl Job {
    /// The call that it is for.
    fn ticket(&self) -> Option<Ticket> {
        match self {
            Job::Read(read) => Some(read.envelope.ticket),
            Job::Free(free) => Some(free.envelope.ticket),
            Job::Import(import) => Some(import.edit.envelope.ticket),
            Job::Parse(_)
            | Job::Strand(_)
            | Job::Load(_)
            | Job::Recover
            | Job::Image(_)
            | Job::Reset { .. }
            | Job::Purge { .. }
            | Job::Discard(_) => None,
        }
    }
}

impl Router {
    /// Hands a job to the lanes, as soon as their queue has a place.
    pub(super) fn submit(&mut self, job: Job) {
        if self.lanes.handed < self.limits.lane_queue_max {
            self.lanes.handed += 1;
            self.effects.jobs.push(job);
        } else {
            self.lanes.waiting.push_back(WaitingJob(job));
        }
    }

    /// Hands a long job to the lanes, of which one stays free for short work.
    pub(super) fn submit_long(&mut self, job: Job) {
        if self.lanes.long_running + 1 < self.lanes.count {
            self.lanes.long_running += 1;
            self.submit(job);
        } else {
            self.lanes.long_waiting.push_back(WaitingJob(job));
        }
    }

    pub(super) fn lane_free(&mut self, long: bool) {
        debug_assert!(self.lanes.handed > 0, "a lane ended what it never had");
        self.lanes.handed = self.lanes.handed.saturating_sub(1);
        if let Some(WaitingJob(job)) = self.lanes.waiting.pop_front() {
            self.submit(job);
        }
        if long {
            self.lanes.long_running = self.lanes.long_running.saturating_sub(1);
            if let Some(WaitingJob(job)) = self.lanes.long_waiting.pop_front() {
                self.submit_long(job);
            }
        }
    }

    /// Frees what the shell collected, on a lane.
    pub fn discard(&mut self, garbage: Vec<Garbage>) {
        if !garbage.is_empty() {
            self.submit(Job::Discard(garbage));
        }
    }

    /// Whether peers' calls still find room in the shared queues.
    pub(super) fn room(&self, payload: &Payload) -> Result<Charge, Error> {
        let waiting = self.lanes.jobs();
        if waiting >= self.limits.lane_queue_max {
            return Err(Error::new(Code::Busy, "all lanes are busy and their queue is full")
                .with("limit", "lanes.queue_max")
                .with("max", self.limits.lane_queue_max));
        }
        self.memory.charge(payload.bytes() + CALL_BYTES).ok_or_else(|| {
            Error::new(Code::Busy, "the calls of all peers hold as much memory as they may")
                .with("limit", "limits.memory_bytes_max")
                .with("max", self.memory.bytes_max())
        })
    }
}
