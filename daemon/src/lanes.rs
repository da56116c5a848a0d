//! The lanes: threads that own nothing and run what the router hands them.

mod loan;
pub mod progress;
mod seats;
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

use self::seats::{Look, Seats};
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
    jobs: Option<Sender<Handed>>,
    seats: Arc<Seats<AtomicBool>>,
    sitters: Threads,
    threads: Vec<JoinHandle<()>>,
}

/// Who sits where; set before a lane can be asleep.
type Threads = Arc<[OnceLock<Thread>]>;

/// What a lane is handed: a job, perhaps with the peer's socket for its answer.
type Handed = (Job, Option<Arc<Loan>>);

impl fmt::Debug for Lanes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lanes").field("threads", &self.threads.len()).finish_non_exhaustive()
    }
}

impl Lanes {
    /// Starts `count` lanes, which have at most `queue_max` jobs; the router keeps to that.
    pub fn start(count: usize, queue_max: usize, context: &LaneContext) -> io::Result<Self> {
        let (jobs, queue) = bounded(queue_max);
        let seats = Arc::new(Seats::new(count));
        let sitters: Threads = (0..count).map(|_| OnceLock::new()).collect();
        let threads = (0..count)
            .map(|lane| {
                let (queue, context) = (queue.clone(), context.clone());
                let (seats, sitters) = (Arc::clone(&seats), Arc::clone(&sitters));
                thread::Builder::new()
                    .name(format!("lane-{lane}"))
                    .spawn(move || serve(lane, &queue, &seats, &sitters, &context))
            })
            .collect::<io::Result<Vec<_>>>()?;
        Ok(Lanes { jobs: Some(jobs), seats, sitters, threads })
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
        self.seats.wake_one(|lane| wake(&self.sitters, lane));
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
    queue: &Receiver<Handed>,
    seats: &Seats<AtomicBool>,
    sitters: &[OnceLock<Thread>],
    context: &LaneContext,
) {
    if let Some(sitter) = sitters.get(lane) {
        // A lane sits down once: nothing is there yet.
        let _ = sitter.set(thread::current());
    }
    let look = || match queue.try_recv() {
        Ok(job) => Look::Job(job),
        Err(TryRecvError::Empty) => Look::Nothing,
        Err(TryRecvError::Disconnected) => Look::Closed,
    };
    let wake = |lane| wake(sitters, lane);
    while let Some((job, loan)) = seats.next(lane, look, thread::park, wake) {
        context.vitals.lane_beats(lane);
        run(lane, job, loan.as_deref(), context);
        context.vitals.lane_rests(lane);
    }
}

fn wake(sitters: &[OnceLock<Thread>], lane: usize) {
    if let Some(thread) = sitters.get(lane).and_then(OnceLock::get) {
        thread.unpark();
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
