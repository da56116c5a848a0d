//! The lanes: threads that own nothing and run what the router hands them.

mod loan;
pub mod progress;
mod serve;

use std::{
    fmt, io,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle, Thread},
};

use crossbeam_channel::{Receiver, Sender, TryRecvError, bounded};

pub use self::{loan::Loan, serve::run};
use crate::{
    blobs::Shelf,
    call::Ticket,
    edit::Written,
    memory::Memory,
    store::Store,
    vitals::Vitals,
    work::{Done, Job, Size, Told},
};

/// Wakes the event loop.
pub trait Wake: Send + Sync {
    /// Makes the loop look at its channels.
    fn wake(&self);
}

/// What every lane shares.
#[derive(Clone)]
pub struct LaneContext {
    /// Signs of life for the watchdog.
    pub vitals: Arc<Vitals>,
    /// What calls and answers take.
    pub memory: Arc<Memory>,
    /// Projects on disk.
    pub store: Arc<Store<Written>>,
    /// Where blobs are made.
    pub shelf: Arc<Shelf>,
    /// Where results go.
    pub done: Sender<Told>,
    /// Wakes the loop after each.
    pub wake: Arc<dyn Wake>,
    /// Set while the loop sleeps and need not hear of answers that were sent.
    pub dozing: Arc<AtomicBool>,
    /// Largest answer.
    pub reply_bytes_max: usize,
    /// Largest picture.
    pub render_pixels_max: u64,
    /// Largest file that is made of a project.
    pub export_bytes_max: usize,
    /// Bounds of edits and imports.
    pub engine: Arc<goxe_engine::limits::Limits>,
}

/// The running lanes.
pub struct Lanes {
    jobs: Option<Sender<(Job, Option<Arc<Loan>>)>>,
    seats: Arc<[Seat]>,
    threads: Vec<JoinHandle<()>>,
}

/// Whether a lane sleeps. The queue's own way of waiting turns for a while before it sleeps, which
/// costs more than the job where jobs come one at a time.
#[derive(Debug, Default)]
struct Seat {
    asleep: AtomicBool,
    /// Who sits here; set before it can be asleep.
    thread: OnceLock<Thread>,
}

impl fmt::Debug for Lanes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lanes").field("threads", &self.threads.len()).finish_non_exhaustive()
    }
}

impl Lanes {
    /// Starts `count` lanes, which have at most `queue_max` jobs; the router keeps to that.
    pub fn start(count: usize, queue_max: usize, context: &LaneContext) -> io::Result<Self> {
        let (jobs, queue) = bounded(queue_max);
        let seats: Arc<[Seat]> = (0..count).map(|_| Seat::default()).collect();
        let threads = (0..count)
            .map(|lane| {
                let (queue, context, seats) = (queue.clone(), context.clone(), Arc::clone(&seats));
                thread::Builder::new()
                    .name(format!("lane-{lane}"))
                    .spawn(move || serve(lane, &queue, &seats, &context))
            })
            .collect::<io::Result<Vec<_>>>()?;
        Ok(Lanes { jobs: Some(jobs), seats, threads })
    }

    /// Hands a job over, perhaps with the peer's socket. The router counts what lanes have, so that
    /// there is room.
    pub fn submit(&self, job: Job, loan: Option<Arc<Loan>>) {
        if let Some(jobs) = &self.jobs
            && jobs.try_send((job, loan)).is_err()
        {
            debug_assert!(false, "the router hands over more jobs than the lanes' queue holds");
            tracing::error!("a job was lost: the queue of the lanes is full");
        }
        wake_one(&self.seats);
    }

    /// Lets the lanes finish what they have, and waits for them.
    pub fn join(mut self) {
        self.jobs = None;
        for thread in &self.threads {
            thread.thread().unpark();
        }
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!("a lane ended by a panic");
            }
        }
    }
}

fn serve(
    lane: usize,
    queue: &Receiver<(Job, Option<Arc<Loan>>)>,
    seats: &[Seat],
    context: &LaneContext,
) {
    if let Some(seat) = seats.get(lane) {
        // A lane sits down once: nothing is there yet.
        let _ = seat.thread.set(thread::current());
    }
    while let Some((job, loan)) = next(lane, queue, seats) {
        context.vitals.lane_beats(lane);
        run(lane, job, loan.as_deref(), context);
        context.vitals.lane_rests(lane);
    }
}

/// The next job, or nothing once there will be no more.
fn next(
    lane: usize,
    queue: &Receiver<(Job, Option<Arc<Loan>>)>,
    seats: &[Seat],
) -> Option<(Job, Option<Arc<Loan>>)> {
    loop {
        match queue.try_recv() {
            Ok(job) => return Some(job),
            Err(TryRecvError::Disconnected) => return None,
            Err(TryRecvError::Empty) => {}
        }
        let Some(seat) = seats.get(lane) else { return queue.recv().ok() };
        // First say so, then look again: a job that came in between is seen here, one that comes
        // later finds the lane asleep and wakes it.
        seat.asleep.store(true, Ordering::SeqCst);
        match queue.try_recv() {
            Ok(job) => {
                if !seat.asleep.swap(false, Ordering::SeqCst) {
                    // Somebody woke this lane for a later job, which it is not going to take.
                    wake_one(seats);
                }
                return Some(job);
            }
            Err(TryRecvError::Disconnected) => return None,
            Err(TryRecvError::Empty) => thread::park(),
        }
        seat.asleep.store(false, Ordering::Release);
    }
}

/// Wakes a lane that sleeps, if there is one.
fn wake_one(seats: &[Seat]) {
    for seat in seats {
        if seat.asleep.swap(false, Ordering::SeqCst) {
            if let Some(thread) = seat.thread.get() {
                thread.unpark();
            }
            return;
        }
    }
}

impl LaneContext {
    /// Tells the loop. Waits where the loop is behind; the loop never waits for a lane.
    fn tell(&self, done: Done) {
        self.hand_back(Told { done, frees: None });
    }

    /// Tells the loop the last of a job, whose place is free then.
    fn end(&self, size: Size, done: Done) {
        self.hand_back(Told { done, frees: Some(size) });
    }

    fn hand_back(&self, told: Told) {
        if self.done.send(told).is_ok() {
            self.wake.wake();
        }
    }

    /// Tells the loop of an answer that was sent: only what the loop keeps of the call is to go,
    /// which can wait until it wakes for something else.
    fn end_sent(&self, size: Size, ticket: Ticket) {
        let sent = Told { done: Done::Sent { ticket, rest: None }, frees: Some(size) };
        if self.done.send(sent).is_ok() && !self.dozing.load(Ordering::SeqCst) {
            self.wake.wake();
        }
    }
}
