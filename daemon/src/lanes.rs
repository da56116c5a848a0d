//! The lanes: threads that own nothing and run what the router hands them.

pub mod progress;
mod work;

use std::{
    collections::VecDeque,
    fmt, io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
};

use crossbeam_channel::{Receiver, Sender, TryRecvError, bounded};
use goxe_protocol::{Error, frame::OwnedFrame, rpc::RpcLimits};

use self::progress::{LaneProgress, Note};
pub use self::work::run;
use crate::{
    blobs::{Blob, Shelf},
    call::{Encoded, Envelope, Payload, PeerId, Reply, Ticket},
    edit::{EditCall, Written},
    handlers::{FreeFn, ImportFn, ReadFn},
    journal::{ProjectId, Revision, keys::Keys, writer::Appender},
    life::vitals::Vitals,
    out::Segment,
    router::parse::Parsed,
    store::{Loaded, Recovered, Store, catalogue},
    stream::Stream,
    view::View,
};

/// A call that reads, with everything it needs.
pub struct ReadJob {
    /// On whose behalf, and where the answer goes.
    pub envelope: Envelope,
    /// Params and attachment.
    pub payload: Payload,
    /// What answers it.
    pub run: ReadFn,
    /// What it reads.
    pub view: Arc<View>,
    /// The project's name, for the answer.
    pub name: Arc<str>,
    /// Why the project cannot be edited, if it cannot.
    pub read_only: Option<Arc<str>>,
    /// Whether it counts as long work.
    pub long: bool,
    /// Whether it is a background job, whose reply is kept instead of sent.
    pub background: bool,
    /// The peer's socket, where the lane is to send the answer itself.
    pub direct: Option<Arc<Stream>>,
}

/// A call that concerns no project.
pub struct FreeJob {
    /// On whose behalf, and where the answer goes.
    pub envelope: Envelope,
    /// Params and attachment.
    pub payload: Payload,
    /// What answers it.
    pub run: FreeFn,
    /// The blob it names, if it names one.
    pub blob: Option<Arc<Blob>>,
    /// What a backup starts from, if it is one.
    pub backup: Option<Box<BackupInput>>,
    /// Whether it counts as long work.
    pub long: bool,
}

/// What a backup starts from.
pub struct BackupInput {
    /// The catalogue.
    pub catalogue: Arc<catalogue::State>,
    /// Its keys.
    pub keys: Keys,
    /// Every project: its state and keys if it is in memory; others are read from the store.
    pub projects: Vec<(ProjectId, Option<Kept>)>,
}

/// A project in memory: its state, and its live idempotency keys.
pub type Kept = (Arc<View>, Keys);

/// Turns a file's content into an edit.
pub struct ImportJob {
    /// The edit, whose request is still to be made.
    pub edit: EditCall,
    /// What makes it.
    pub run: ImportFn,
    /// The content, when it is a blob.
    pub blob: Option<Arc<Blob>>,
}

/// A message that is too long to be parsed on the loop.
pub struct ParseJob {
    /// Who sent it.
    pub peer: PeerId,
    /// The message.
    pub frame: OwnedFrame,
    /// What it may be.
    pub limits: RpcLimits,
}

/// Edits of one project, in order.
pub struct StrandJob {
    /// The project.
    pub project: ProjectId,
    /// Counts how often the head was thrown back.
    pub generation: u32,
    /// What the first edit is prepared against.
    pub head: Arc<View>,
    /// The edits.
    pub edits: VecDeque<EditCall>,
    /// Where the records go.
    pub appender: Appender<Written>,
}

/// Saves something whole, with its live idempotency keys.
pub enum ImageJob {
    /// A project.
    Project {
        /// The project at the revision that is saved.
        view: Arc<View>,
        /// Its keys.
        keys: Keys,
    },
    /// The catalogue.
    Catalogue {
        /// The catalogue at the revision that is saved.
        state: Arc<catalogue::State>,
        /// Its keys.
        keys: Keys,
    },
}

/// Something that takes too long to free on the loop.
pub enum Garbage {
    /// A snapshot that may be the last of its kind.
    View(Arc<View>),
    /// Output that was sent.
    Segment(Segment),
    /// An answer that nobody takes.
    Encoded(Encoded),
    /// A blob, whose file goes with it.
    Blob(Arc<Blob>),
}

impl Garbage {
    /// Memory that goes with it, as far as that is known without looking into it.
    pub fn bytes(&self) -> usize {
        match self {
            Garbage::Segment(segment) => segment.held(),
            Garbage::Encoded(encoded) => encoded.bytes(),
            // Most of a view is shared with newer ones.
            Garbage::View(_) | Garbage::Blob(_) => 0,
        }
    }
}

/// What a lane can be handed.
pub enum Job {
    /// Parse a long message.
    Parse(Box<ParseJob>),
    /// Answer a call from a snapshot.
    Read(Box<ReadJob>),
    /// Answer a call that concerns no project.
    Free(Box<FreeJob>),
    /// Turn content into an edit.
    Import(Box<ImportJob>),
    /// Prepare and apply edits.
    Strand(Box<StrandJob>),
    /// Bring a project into memory.
    Load(ProjectId),
    /// Read the journal back.
    Recover,
    /// Save a project whole.
    Image(Box<ImageJob>),
    /// Tell the journal that a head was thrown back to the last written revision.
    Reset {
        /// The project.
        project: ProjectId,
        /// The generation of what comes now.
        generation: u32,
        /// The way to the journal.
        appender: Appender<Written>,
    },
    /// Tell the journal that a project is gone for good.
    Purge {
        /// The project.
        project: ProjectId,
        /// The way to the journal.
        appender: Appender<Written>,
    },
    /// Free these.
    Discard(Vec<Garbage>),
}

/// What a lane hands back.
pub enum Done {
    /// A long message was parsed.
    Parsed {
        /// Who sent it.
        peer: PeerId,
        /// The message.
        frame: OwnedFrame,
        /// What it is.
        parsed: Box<Parsed>,
    },
    /// A call is answered.
    Answered {
        /// Which call.
        ticket: Ticket,
        /// The answer.
        encoded: Encoded,
        /// The snapshot that a cursor in the answer refers to.
        pin: Option<Arc<View>>,
        /// Whether it ran as long work.
        long: bool,
        /// Whether the lane had the peer's socket.
        lent: bool,
    },
    /// A call is answered, and the lane sent the answer.
    Sent {
        /// Which call.
        ticket: Ticket,
        /// What the socket did not take.
        rest: Option<Vec<u8>>,
        /// Whether it ran as long work.
        long: bool,
    },
    /// A background job ended.
    Finished {
        /// The call that began it.
        ticket: Ticket,
        /// Its reply.
        result: Result<Reply, Error>,
    },
    /// A blob was filled on behalf of a call.
    Blob(Arc<Blob>),
    /// An edit that changes nothing, or failed, is answered without the journal.
    Unwritten {
        /// The edit.
        edit: Box<EditCall>,
        /// Its answer.
        result: Result<Reply, Error>,
        /// The state that the answer speaks of, which the journal may not have yet.
        seen: Revision,
        /// Whether it ran as long work.
        long: bool,
    },
    /// A strand's edits were run.
    Strand {
        /// The project.
        project: ProjectId,
        /// The state after the last of them.
        head: Arc<View>,
        /// Those that the journal had no room for.
        rest: VecDeque<EditCall>,
        /// Records that the journal took.
        appended: usize,
    },
    /// Content became an edit.
    Imported(Box<EditCall>),
    /// A project is in memory, or is known not to come.
    Loaded {
        /// The project.
        project: ProjectId,
        /// What came of it.
        loaded: Loaded,
    },
    /// The journal was read back.
    Recovered(Box<Result<Recovered<Written>, String>>),
    /// How far the recovery is, in bytes.
    Recovering {
        /// Read so far.
        done: u64,
        /// To read in all.
        total: u64,
    },
    /// A project was saved whole, or not.
    Imaged {
        /// The project.
        project: ProjectId,
        /// Whether it was, or why not.
        result: Result<(), String>,
    },
    /// The journal knows that a head was thrown back.
    Reset(ProjectId),
    /// How far a call is.
    Progress(Note),
    /// Garbage was freed.
    Discarded,
}

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
    /// Projects on disk.
    pub store: Arc<Store<Written>>,
    /// Where blobs are made.
    pub shelf: Arc<Shelf>,
    /// Where results go.
    pub done: Sender<Done>,
    /// Wakes the loop after each.
    pub wake: Arc<dyn Wake>,
    /// Set while the loop sleeps and need not hear of answers that were sent.
    pub dozing: Arc<AtomicBool>,
    /// Largest answer.
    pub reply_bytes_max: usize,
    /// Largest picture.
    pub render_pixels_max: u64,
    /// Bounds of edits and imports.
    pub engine: Arc<goxe_engine::limits::Limits>,
}

/// The running lanes.
pub struct Lanes {
    jobs: Option<Sender<Job>>,
    seats: Arc<[Seat]>,
    threads: Vec<JoinHandle<()>>,
}

/// Whether a lane sleeps. The queue's own way of waiting turns for a while before it sleeps, which
/// costs more than the job where jobs come one at a time.
#[derive(Debug, Default)]
struct Seat {
    asleep: AtomicBool,
}

impl fmt::Debug for Lanes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lanes").field("threads", &self.threads.len()).finish_non_exhaustive()
    }
}

impl Lanes {
    /// Starts `count` lanes. At most `queue_max` jobs wait; the router keeps to that.
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

    /// Hands a job over. The router counts what waits, so that there is room.
    pub fn submit(&self, job: Job) {
        if let Some(jobs) = &self.jobs
            && jobs.try_send(job).is_err()
        {
            debug_assert!(false, "the router hands over more jobs than the lanes' queue holds");
            tracing::error!("a job was lost: the queue of the lanes is full");
        }
        self.wake_one();
    }

    fn wake_one(&self) {
        for (seat, thread) in self.seats.iter().zip(&self.threads) {
            if seat.asleep.swap(false, Ordering::AcqRel) {
                thread.thread().unpark();
                return;
            }
        }
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

fn serve(lane: usize, queue: &Receiver<Job>, seats: &[Seat], context: &LaneContext) {
    while let Some(job) = next(lane, queue, seats) {
        context.vitals.lane_beats(lane);
        run(lane, job, context);
        context.vitals.lane_rests(lane);
    }
}

/// The next job, or nothing once there will be no more.
fn next(lane: usize, queue: &Receiver<Job>, seats: &[Seat]) -> Option<Job> {
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
                seat.asleep.store(false, Ordering::Release);
                return Some(job);
            }
            Err(TryRecvError::Disconnected) => return None,
            Err(TryRecvError::Empty) => thread::park(),
        }
        seat.asleep.store(false, Ordering::Release);
    }
}

impl LaneContext {
    /// Tells the loop. Waits where the loop is behind; the loop never waits for a lane.
    fn tell(&self, done: Done) {
        if self.done.send(done).is_ok() {
            self.wake.wake();
        }
    }

    /// Tells the loop of an answer that was sent: only what the loop keeps of the call is to go,
    /// which can wait until it wakes for something else.
    fn tell_sent(&self, ticket: Ticket, long: bool) {
        let sent = self.done.send(Done::Sent { ticket, rest: None, long });
        if sent.is_ok() && !self.dozing.load(Ordering::SeqCst) {
            self.wake.wake();
        }
    }

    fn progress<'a>(
        &'a self,
        lane: usize,
        envelope: Option<&'a Envelope>,
        background: bool,
    ) -> LaneProgress<'a> {
        LaneProgress::new(&self.vitals, lane, &self.done, &self.wake, envelope, background)
    }
}

/// Runs engine code that may panic on input nobody thought of: one answer is lost, nothing else.
pub fn guard<T>(work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let text = text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
        tracing::error!(panic = %text, "the engine failed");
        Err(Error::new(
            goxe_protocol::Code::EngineFault,
            "the engine failed on this call; nothing was changed and everything else goes on",
        ))
    })
}
