//! Work in the background: calls that are answered at once with a job, whose reply is kept.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use goxe_protocol::{
    Error,
    api::{
        event::Topic,
        job::{JobItem, JobState, StatusParams, StatusReply},
        project::ExportReply,
        render::{ImageReply, TurntableReply},
    },
};
use serde_json::Value;

use super::Router;
use crate::{
    call::{self, Cancel, Encoded, Envelope, PeerId, Principal, Reply, Ticket},
    garbage::Garbage,
    limits::Limits,
    memory::{Account, Charge, Memory},
    session::Session,
};

/// The slot that no peer has: a ticket with it belongs to a job.
const BACKGROUND: PeerId = PeerId { slot: u32::MAX, generation: u32::MAX };

/// Longest time that `job.status` waits.
const WAIT_MS_MAX: u64 = 60_000;

/// Jobs that one listing shows.
pub const LISTED_MAX: usize = 24;

/// The ticket of a job's work.
pub(super) fn ticket(number: u32) -> Ticket {
    Ticket { peer: BACKGROUND, call: number }
}

/// Whether a ticket belongs to a job.
pub(super) fn is_background(ticket: Ticket) -> bool {
    ticket.peer == BACKGROUND
}

struct Job {
    number: u32,
    id: String,
    method: &'static str,
    asker: PeerId,
    principal: Principal,
    cancel: Arc<Cancel>,
    done: u64,
    total: u64,
    result: Option<(Instant, Result<Reply, Error>)>,
    /// What its reply takes in memory.
    charge: Option<Arc<Charge>>,
}

struct Waiter {
    ticket: Ticket,
    number: u32,
    until: Instant,
}

/// All jobs.
pub struct Jobs {
    epoch: String,
    jobs: Vec<Job>,
    waiters: Vec<Waiter>,
    ever: u32,
    bounds: Bounds,
    /// What the kept replies take in memory.
    account: Arc<Account>,
}

/// What jobs may hold.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// Jobs, finished ones included.
    pub count_max: usize,
    /// Bytes of all kept replies together.
    pub bytes_max: usize,
    /// How long a finished job keeps its reply.
    pub keep: Duration,
}

impl Bounds {
    pub(super) fn new(limits: &Limits) -> Self {
        Bounds {
            count_max: limits.jobs_max,
            bytes_max: limits.job_bytes_max.min(limits.memory_bytes_max / 4),
            keep: limits.job_keep,
        }
    }
}

impl Jobs {
    pub(super) fn new(epoch: &str, bounds: Bounds, memory: &Arc<Memory>) -> Self {
        let (epoch, account) = (epoch.to_owned(), memory.part(bounds.bytes_max));
        Jobs { epoch, jobs: Vec::new(), waiters: Vec::new(), ever: 0, bounds, account }
    }

    /// Enters a job that begins; a finished one may have to go for it.
    pub(super) fn begin(
        &mut self,
        method: &'static str,
        asker: PeerId,
        principal: &Principal,
        cancel: Arc<Cancel>,
    ) -> Result<(u32, String, Option<Garbage>), Error> {
        let mut gone = None;
        if self.jobs.len() >= self.bounds.count_max {
            let oldest = self.jobs.iter().position(|job| job.result.is_some());
            match oldest {
                Some(index) => gone = self.jobs.remove(index).into_garbage(),
                None => {
                    let count = u64::try_from(self.jobs.len()).unwrap_or(u64::MAX);
                    let max = u64::try_from(self.bounds.count_max).unwrap_or(u64::MAX);
                    return Err(Error::limit_exceeded("limits.jobs_max", count, max));
                }
            }
        }
        self.ever = self.ever.wrapping_add(1);
        let (number, id) = (self.ever, format!("{}-job{}", self.epoch, self.ever));
        self.jobs.push(Job {
            number,
            id: id.clone(),
            method,
            asker,
            principal: principal.clone(),
            cancel,
            done: 0,
            total: 0,
            result: None,
            charge: None,
        });
        Ok((number, id, gone))
    }

    /// How many a peer began that have not ended.
    pub(super) fn running_of(&self, asker: PeerId) -> usize {
        self.jobs.iter().filter(|job| job.asker == asker && job.result.is_none()).count()
    }

    fn find(&self, principal: &Principal, id: &str) -> Result<&Job, Error> {
        let mut jobs = self.jobs.iter();
        let job = jobs.find(|job| job.id == id && job.principal.name == principal.name);
        job.ok_or_else(|| {
            Error::not_found("job", id)
                .hint("list the jobs with job.list; a finished one is kept for a while only")
        })
    }

    /// The newest jobs of a principal.
    pub fn list(&self, principal: &Principal) -> Vec<JobItem> {
        let own = self.jobs.iter().rev().filter(|job| job.principal.name == principal.name);
        own.take(LISTED_MAX).map(Job::item).collect()
    }

    /// Asks a job to end; tells whether it was still running.
    pub fn cancel(&self, principal: &Principal, id: &str) -> Result<bool, Error> {
        let job = self.find(principal, id)?;
        job.cancel.ask();
        Ok(job.result.is_none())
    }

    pub(super) fn cancel_all(&self) {
        for job in &self.jobs {
            job.cancel.ask();
        }
    }

    pub(super) fn progressed(&mut self, number: u32, done: u64, total: u64) {
        if let Some(job) = self.jobs.iter_mut().find(|job| job.number == number) {
            (job.done, job.total) = (done, total);
        }
    }

    pub(super) fn forget_waiter(&mut self, peer: PeerId) {
        self.waiters.retain(|waiter| waiter.ticket.peer != peer);
    }

    /// Takes a waiting `job.status` out.
    pub(super) fn unwait(&mut self, ticket: Ticket) -> bool {
        let before = self.waiters.len();
        self.waiters.retain(|waiter| waiter.ticket != ticket);
        self.waiters.len() < before
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        let waits = self.waiters.iter().map(|waiter| waiter.until);
        let keeps = self.jobs.iter().filter_map(|job| job.result.as_ref());
        waits.chain(keeps.map(|(ended, _)| *ended + self.bounds.keep)).min()
    }

    /// Answers of waiters whose time is over.
    pub(super) fn due(&mut self, now: Instant) -> Vec<(Ticket, Result<Reply, Error>)> {
        let (due, wait) = self.waiters.drain(..).partition(|waiter| waiter.until <= now);
        self.waiters = wait;
        let due: Vec<Waiter> = due;
        due.iter().map(|waiter| (waiter.ticket, self.answer(waiter.number))).collect()
    }

    /// Takes out the replies of jobs that were kept for long enough.
    pub(super) fn expire(&mut self, now: Instant) -> Vec<Garbage> {
        let keep = self.bounds.keep;
        let old = |job: &mut Job| job.result.as_ref().is_some_and(|(at, _)| *at + keep <= now);
        self.jobs.extract_if(.., old).filter_map(Job::into_garbage).collect()
    }

    /// Takes out the jobs that ended first, until the replies of the others fit. The newest one
    /// stays, whatever its size: somebody is about to ask for it.
    fn fit(&mut self, newest: u32) -> Vec<Garbage> {
        let mut bytes: usize = self.jobs.iter().map(Job::bytes).sum();
        let mut gone = Vec::new();
        while bytes > self.bounds.bytes_max {
            let others = self.jobs.iter().enumerate().filter(|(_, job)| job.number != newest);
            let ended = others.filter_map(|(index, job)| Some((job.result.as_ref()?.0, index)));
            let Some((_, index)) = ended.min() else { break };
            let job = self.jobs.remove(index);
            bytes -= job.bytes();
            gone.extend(job.into_garbage());
        }
        gone
    }

    fn answer(&self, number: u32) -> Result<Reply, Error> {
        let mut jobs = self.jobs.iter();
        let job = jobs.find(|job| job.number == number);
        job.ok_or_else(|| Error::internal("the job is gone")).and_then(Job::answer)
    }
}

impl Job {
    /// Bytes of its reply.
    fn bytes(&self) -> usize {
        let Some((_, Ok(reply))) = &self.result else { return 0 };
        reply.json.len() + reply.attachment.as_ref().map_or(0, |bytes| bytes.len())
    }

    /// Its reply, to be freed elsewhere.
    fn into_garbage(self) -> Option<Garbage> {
        let reply = self.result?.1.ok()?;
        let encoded = Encoded { head: reply.json, attachment: reply.attachment };
        Some(Garbage::Encoded(encoded, self.charge))
    }

    fn item(&self) -> JobItem {
        let state = match &self.result {
            None => JobState::Running,
            Some((_, Ok(_))) => JobState::Done,
            Some((_, Err(_))) => JobState::Failed,
        };
        let (job, method) = (self.id.clone(), self.method.to_owned());
        JobItem { job, method, state, done: self.done, total: self.total }
    }

    fn answer(&self) -> Result<Reply, Error> {
        let (reply, error, attachment) = match &self.result {
            None => (None, None, None),
            Some((_, Ok(reply))) => {
                let json: Option<Value> = serde_json::from_slice(&reply.json).ok();
                (json, None, reply.attachment.clone())
            }
            Some((_, Err(error))) => (None, serde_json::to_value(error).ok(), None),
        };
        let reply = Reply::json(&StatusReply { job: self.item(), reply, error })?;
        Ok(Reply { attachment, ..reply })
    }
}

/// The answer to a call that became a job.
pub(super) fn started(method: &str, id: &str) -> Result<Reply, Error> {
    let job = Some(id.to_owned());
    match method {
        "render.image" => Reply::json(&ImageReply {
            revision: None,
            width: 0,
            height: 0,
            bytes: 0,
            voxels: 0,
            changes: None,
            job,
        }),
        "render.turntable" => Reply::json(&TurntableReply {
            revision: None,
            width: 0,
            height: 0,
            frames: 0,
            bytes: 0,
            blob: None,
            job,
        }),
        _ => {
            let reply =
                ExportReply { revision: None, bytes: 0, blob: None, parts: Vec::new(), job };
            Reply::json(&reply)
        }
    }
}

impl Router {
    /// `job.status`: answers now, or when the job ends or the time is over.
    pub(super) fn wait_for_job(
        &mut self,
        session: &mut Session,
        envelope: &Envelope,
        params: &str,
    ) {
        let asked = envelope.ticket.call;
        let found = call::parse::<StatusParams>(params).and_then(|params| {
            let job = self.jobs.find(&session.principal, &params.job)?;
            Ok((job.number, job.result.is_some(), params.wait_ms.min(WAIT_MS_MAX)))
        });
        match found {
            Err(error) => self.answer_in(session, asked, Err(error)),
            Ok((number, false, wait_ms)) if wait_ms > 0 => {
                let until = self.now.instant + Duration::from_millis(wait_ms);
                self.jobs.waiters.push(Waiter { ticket: envelope.ticket, number, until });
            }
            Ok((number, _, _)) => {
                let answer = self.jobs.answer(number);
                self.answer_in(session, asked, answer);
            }
        }
    }

    /// A job ended: whoever waits for it is answered.
    pub(super) fn job_ended(
        &mut self,
        ticket: Ticket,
        result: Result<Reply, Error>,
        charge: Option<Arc<Charge>>,
    ) {
        let number = ticket.call;
        let Some(job) = self.jobs.jobs.iter_mut().find(|job| job.number == number) else { return };
        job.result = Some((self.now.instant, result));
        // It is not the peer's any more: it is kept for whoever asks.
        job.charge = Some(Arc::new(self.jobs.account.hold(job.bytes())));
        drop(charge);
        let item = job.item();
        let (ended, wait) = self.jobs.waiters.drain(..).partition(|waiter| waiter.number == number);
        self.jobs.waiters = wait;
        let ended: Vec<Waiter> = ended;
        for waiter in ended {
            let answer = self.jobs.answer(number);
            self.answer(waiter.ticket, answer);
        }
        self.publish(Topic::Job, None, &item);
        let gone = self.jobs.fit(number);
        self.effects.garbage.extend(gone);
    }
}

#[cfg(test)]
mod tests;
