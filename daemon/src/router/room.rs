//! Room in the lanes and in memory: what waits for it, and who has the next turn.
//!
//! ```text
//! submit -> a queue for each size -> lanes: a short job as soon as the lanes have few of them, a medium
//!           one while a lane is left for short ones, a long one while another is left for medium ones
//! ```
//!
//! A job goes to a lane once there is memory for its answer. Until then it waits in its place, and the
//! jobs of others pass it.

use std::{cmp::Reverse, sync::Arc, time::Duration};

use goxe_protocol::{Code, Error};

use super::{
    Router,
    turns::{Owner, Turns},
};
use crate::{
    call::{Envelope, PeerId, Ticket},
    garbage::Garbage,
    memory::{Refused, SMALL_BYTES_MAX},
    work::{Job, Size, Work},
};

/// Short jobs that each lane has, the one that runs among them: enough that it need not wait for the
/// loop, few enough for turns to matter.
const SHORT_JOBS: usize = 4;

/// What a call takes beside its payload, about.
pub(super) const CALL_BYTES: usize = 512;

/// Memory that was freed is given back to the system so long after it, if nothing needs it until then.
const GIVE_BACK_AFTER: Duration = Duration::from_secs(1);

/// Memory is crowded when less than one part in so many is free.
const CROWDED: usize = 8;

/// Peers that are named when it is.
const CROWD_NAMED: usize = 3;

/// Jobs that lanes can have at a time.
pub fn places(lanes: usize) -> usize {
    SHORT_JOBS * lanes + lanes
}

/// Room in the lanes.
pub(super) struct Room {
    lanes: usize,
    /// Jobs that the lanes have, by size.
    handed: [usize; 3],
    waiting: [Turns<Job>; 3],
    /// Peers that are not read until there is memory for what they send.
    unread: Vec<PeerId>,
    /// Something waits because everything is used.
    is_short: bool,
    /// What memory said when it was asked last.
    returns: usize,
    daemon: Arc<str>,
    edits: Arc<str>,
}

impl Room {
    pub(super) fn new(lanes: usize) -> Self {
        Room {
            lanes,
            handed: [0; 3],
            waiting: Default::default(),
            unread: Vec::new(),
            is_short: false,
            returns: 0,
            daemon: "goxe".into(),
            edits: "edits".into(),
        }
    }

    /// How many lanes there are.
    pub(super) fn lanes(&self) -> usize {
        self.lanes
    }

    /// Jobs that the lanes have, or that wait for one.
    pub(super) fn jobs(&self) -> usize {
        self.handed.iter().sum::<usize>() + self.waiting.iter().map(Turns::len).sum::<usize>()
    }

    /// Whether the lanes take another job of this size.
    fn has_place(&self, size: Size) -> bool {
        let [short, medium, long] = self.handed;
        let all_but = |left: usize| self.lanes.saturating_sub(left).max(1);
        match size {
            Size::Short => short < SHORT_JOBS * self.lanes,
            Size::Medium => medium + long < all_but(1),
            Size::Long => medium + long < all_but(1) && long < all_but(2),
        }
    }

    /// The next job of this size that there is memory for.
    fn take(&mut self, size: Size) -> Option<Job> {
        let is_short = &mut self.is_short;
        self.waiting[slot(size)].take(|job| match reserve(job) {
            Ok(()) => true,
            Err(refused) => {
                *is_short |= refused == Refused::Full;
                false
            }
        })
    }

    /// Takes out a call that waits for a lane.
    pub(super) fn withdraw(&mut self, ticket: Ticket) -> Option<Job> {
        let own = |job: &Job| job.work.envelope().is_some_and(|own| own.ticket == ticket);
        self.waiting.iter_mut().find_map(|waiting| waiting.extract(own).pop())
    }

    /// Calls that wait and are not wanted any more end soon: nothing is done for them.
    pub(super) fn hasten(&mut self) {
        let cancelled =
            |job: &Job| job.work.envelope().is_some_and(|envelope| envelope.cancel.asked());
        for size in [Size::Medium, Size::Long] {
            for job in self.waiting[slot(size)].extract(cancelled) {
                let owner = self.owner(&job.work);
                let job = Job { size: Size::Short, bytes: 0, ..job };
                self.waiting[slot(Size::Short)].push(&owner, job);
            }
        }
    }

    fn owner(&self, work: &Work) -> Owner {
        let of_daemon = || Owner { principal: Arc::clone(&self.daemon), peer: 0 };
        match work {
            Work::Parse(parse) => {
                Owner { principal: Arc::clone(&parse.principal), peer: number(parse.peer) }
            }
            Work::Strand(strand) => {
                Owner { principal: Arc::clone(&self.edits), peer: strand.project.0.into() }
            }
            Work::Load(_)
            | Work::Recover
            | Work::Image(_)
            | Work::Reset { .. }
            | Work::Purge { .. }
            | Work::Discard(_)
            | Work::GiveBack => of_daemon(),
            Work::Read(_) | Work::Free(_) | Work::Import(_) => {
                work.envelope().map_or_else(of_daemon, owner_of)
            }
        }
    }

    /// What must hold whatever happened.
    pub(super) fn check(&self) {
        let [short, medium, long] = self.handed;
        debug_assert!(short <= SHORT_JOBS * self.lanes, "lanes have {short} short jobs");
        debug_assert!(medium + long < self.lanes.max(2), "no lane is left for short jobs");
        debug_assert!(long < self.lanes.saturating_sub(1).max(2), "none is left for medium jobs");
    }
}

fn mib(bytes: usize) -> String {
    format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20))
}

/// Whose turn a call takes.
pub(super) fn owner_of(envelope: &Envelope) -> Owner {
    let principal = Arc::clone(&envelope.principal.name);
    Owner { principal, peer: number(envelope.asker) }
}

fn number(peer: PeerId) -> u64 {
    u64::from(peer.slot) << 32 | u64::from(peer.generation)
}

fn slot(size: Size) -> usize {
    match size {
        Size::Short => 0,
        Size::Medium => 1,
        Size::Long => 2,
    }
}

/// Reserves what a job may take, once.
fn reserve(job: &Job) -> Result<(), Refused> {
    let charge = job.work.envelope().and_then(|envelope| envelope.charge.as_ref());
    match charge {
        Some(charge) if job.bytes > charge.bytes() => charge.grow(job.bytes - charge.bytes()),
        Some(_) | None => Ok(()),
    }
}

impl Router {
    /// Hands a job of the daemon's own to the lanes, as soon as they have a place.
    pub(super) fn submit(&mut self, work: Work, size: Size) {
        self.submit_job(Job { work, size, bytes: 0 });
    }

    pub(super) fn submit_job(&mut self, job: Job) {
        let room = &mut self.room;
        if room.waiting[slot(job.size)].is_empty()
            && room.has_place(job.size)
            && reserve(&job).is_ok()
        {
            room.handed[slot(job.size)] += 1;
            self.effects.jobs.push(job);
        } else {
            let owner = room.owner(&job.work);
            room.waiting[slot(job.size)].push(&owner, job);
            self.hand_out();
        }
    }

    /// Hands out what there is room for.
    fn hand_out(&mut self) {
        for size in Size::ALL {
            while self.room.has_place(size)
                && let Some(job) = self.room.take(size)
            {
                self.room.handed[slot(size)] += 1;
                self.effects.jobs.push(job);
            }
        }
    }

    /// A lane is done with a job.
    pub(super) fn lane_free(&mut self, size: Size) {
        let handed = &mut self.room.handed[slot(size)];
        debug_assert!(*handed > 0, "a lane ended what it never had");
        *handed = handed.saturating_sub(1);
        self.hand_out();
    }

    /// Takes work up again that turned out to be larger than was thought.
    pub(super) fn outgrown(&mut self, work: Work, size: Size) {
        let size = match size {
            Size::Short => Size::Medium,
            Size::Medium | Size::Long => Size::Long,
        };
        let mut bytes = 0;
        if let Some(envelope) = work.envelope() {
            bytes = envelope.charge.as_ref().map_or(0, |charge| charge.bytes());
            self.unlend(envelope.ticket);
        }
        self.submit_job(Job { work, size, bytes });
    }

    /// Frees what the shell collected, on a lane.
    pub fn discard(&mut self, garbage: Vec<Garbage>) {
        if !garbage.is_empty() {
            self.submit(Work::Discard(garbage), Size::Short);
        }
    }

    /// A peer is not read until there is room for its message.
    pub(super) fn wait_for_room(&mut self, peer: PeerId, refused: Refused) {
        self.room.is_short |= refused == Refused::Full;
        if !self.room.unread.contains(&peer) {
            self.room.unread.push(peer);
        }
    }

    /// Looks again at what waits for memory, if some was given back since.
    pub fn look_for_room(&mut self) {
        self.memory.note_projects(self.projects.bytes());
        let returns = self.memory.returns();
        if std::mem::replace(&mut self.room.returns, returns) == returns {
            return;
        }
        self.room.is_short = false;
        if self.memory.take_large_return() {
            self.give_back_at.get_or_insert(self.now.instant + GIVE_BACK_AFTER);
        }
        self.effects.resume.append(&mut self.room.unread);
        self.hand_out();
    }

    /// Refuses a call that waits for memory which nothing that happens gives back: no lane works, and no
    /// peer is in the way. What fills it are answers that wait for others of their batches, and what is
    /// kept for a time.
    pub fn refuse_for_memory(&mut self) {
        if self.room.handed.iter().any(|&jobs| jobs > 0) {
            return;
        }
        // A small one only where all of them are.
        let mut next = None;
        for least in [SMALL_BYTES_MAX, 0] {
            let needs_room = |job: &Job| job.work.envelope().is_some() && job.bytes >= least;
            let waiting = &mut self.room.waiting;
            next = next.or_else(|| waiting.iter_mut().find_map(|waiting| waiting.take(needs_room)));
        }
        if let Some(job) = next {
            let error =
                Error::new(Code::Busy, "the calls of all peers hold as much memory as they may")
                    .hint("send it again in a moment")
                    .with("limit", "limits.memory_bytes_max")
                    .with("max", self.memory.bytes_max());
            self.refuse_job(job.work, error);
        }
        self.hand_out();
    }

    /// Answers the call of a job that is not going to run.
    pub(super) fn refuse_job(&mut self, work: Work, error: Error) {
        match work {
            Work::Import(import) => self.withdraw_edit(import.edit, error),
            Work::Read(read) if read.background => {
                self.job_ended(read.envelope.ticket, Err(error), None);
            }
            Work::Read(read) => self.answer(read.envelope.ticket, Err(error)),
            Work::Free(free) => self.answer(free.envelope.ticket, Err(error)),
            // None of them needs memory for an answer.
            Work::Parse(_)
            | Work::Strand(_)
            | Work::Load(_)
            | Work::Recover
            | Work::Image(_)
            | Work::Reset { .. }
            | Work::Purge { .. }
            | Work::Discard(_)
            | Work::GiveBack => debug_assert!(false, "work of the daemon's own was refused"),
        }
    }

    /// Whether something waits because everything is used: who holds most has to give way.
    pub fn is_short_of_memory(&self) -> bool {
        self.room.is_short
    }

    /// Who holds what, where most of the memory is used.
    pub(super) fn crowded(&self) -> Option<String> {
        let (held, max) = (self.memory.held(), self.memory.bytes_max());
        if held <= max - max / CROWDED {
            return None;
        }
        let mut peers: Vec<_> = self.sessions().map(|session| (session.held(), session)).collect();
        peers.sort_by_key(|(held, session)| (Reverse(*held), session.number));
        let named = peers.iter().take(CROWD_NAMED).filter(|(held, _)| *held > SMALL_BYTES_MAX);
        let named = named.map(|(held, session)| {
            format!("session {} of {} {}", session.number, session.principal.author, mib(*held))
        });
        let named: Vec<String> = named.collect();
        let who =
            if named.is_empty() { "many peers a little each".to_owned() } else { named.join(", ") };
        Some(format!(
            "{} of limits.memory_bytes_max = {} are used, so that large calls wait: {who}",
            mib(held),
            mib(max)
        ))
    }

    /// Refuses what can never run, for want of memory.
    pub(super) fn check_bytes(&self, bytes: usize) -> Result<(), Error> {
        let max = self.memory.bytes_max();
        if bytes <= max {
            return Ok(());
        }
        let message = format!("the call may take {bytes} bytes of memory, and there are {max}");
        Err(Error::new(Code::TooLarge, message)
            .hint("ask for less: a smaller box, a page, a smaller picture")
            .with("limit", "limits.memory_bytes_max")
            .with("max", max))
    }
}
