//! The manager as a pure state machine: events and the time in, actions out.

mod action;
mod attach;
mod calls;
mod event;
mod judge;
mod reason;
mod settings;
mod start;
mod starts;
#[cfg(test)]
mod tests;

pub use action::{Action, Notice, Outcome, ServiceRequest};
pub use event::{
    Advance, CallId, CallKind, Epoch, Event, Exit, Found, Health, Identity, LinkId, Recorded,
    ReplyKind, Token,
};
pub use reason::Reason;
pub use settings::Settings;
pub use starts::{Start, Starts, Verdict};

use std::collections::BTreeSet;

use calls::Calls;
use judge::Suspect;

/// What the manager is busy with.
///
/// ```text
///  Idle ── a call ──> Looking ── answered ──────────────────────────────> Linked
///                        │  │ silent                                       │ ^
///           nobody there,│  └──────────> Judging <── silent, stalled ──────┤ │ ready
///                draining│                 │  └── answered, full ──> ...   │ │
///                        v                 v three times bad               v │
///   Resting ─────────> Locking <───────────┘                           Recovering
///     ^   (no lock)      │ start lock                                      ^
///     │                  v                                                 │
///     │   ┌──────────> Checking ── somebody else won ───────────────────> ...
///     │   │              │ nobody there, draining, still silent            │
///     │   │              v                                                 │
///     ├── │ ───────── Surveying ── too many failed ──> Idle, all calls end │
///     │ pause            │       └ still the one judged bad ──> Killing    │
///     │   │              v                                        │        │
///     │   │           Clearing <──────────────────────────────────┘        │
///     │   │              │ DATA/lock is free                               │
///     │   │  ended       v                                                 │
///     │   └────────── Starting ── answered ────────────────────────────────┘
/// ```
///
/// From `Checking` to the first answer the start lock is held, except in `Resting`. Whatever else
/// happens meanwhile, only the holder of the start lock starts or ends a daemon, and only after a
/// look that was made under the lock. A wait (`Locking`, `Clearing`, `Starting`) goes on looking
/// whenever the endpoint file changes, so a daemon that somebody else brings up is used at once.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Phase {
    /// No link, and nobody wants one.
    Idle,
    /// The first look, without the lock.
    Looking,
    /// The start lock was asked for.
    Locking { look_at_ms: u64 },
    /// The second look, under the lock.
    Checking,
    /// The record of starts was asked for.
    Surveying { gone: Gone },
    /// A start is allowed later; the lock is not held.
    Resting { until_ms: u64 },
    /// The daemon judged bad is being ended.
    Killing { bad: Identity },
    /// `DATA/lock` must become free.
    Clearing { gone: Gone, since_ms: u64, look_at_ms: u64 },
    /// A daemon was started, or its service manager was asked to.
    Starting { heard_ms: u64, look_at_ms: u64, ending: bool },
    /// A daemon answers that it is not ready.
    Recovering { link: LinkId, id: Identity, advance: Advance, moved_ms: u64, check_at_ms: u64 },
    /// A daemon answers that it is full: it is asked again until it has a place.
    Crowded { id: Identity, look_at_ms: u64 },
    /// A daemon does not answer: is it bad?
    Judging { suspect: Suspect, failures: u32, look_at_ms: u64 },
    /// A daemon is ready.
    Linked { link: LinkId, id: Identity, heard_ms: u64 },
}

/// Why there is no daemon to use, as seen under the start lock.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Gone {
    /// None is known, or it ended cleanly.
    Ended,
    /// Its endpoint file is left: it fell.
    Fell(Identity),
    /// It is shutting down, by its own word or because it no longer listens.
    Draining(Identity),
    /// It was judged bad.
    Bad(Identity),
}

/// The start lock, as far as this manager is concerned.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Lock {
    Free,
    Asked(Token),
    Held,
}

/// A start of ours that is not ready yet.
#[derive(Clone, PartialEq, Eq, Debug)]
struct OwnStart {
    token: Token,
    at_ms: u64,
    attempt: u32,
    supervised: bool,
}

/// One manager: one data folder, any number of callers.
#[derive(Debug)]
pub struct Core {
    settings: Settings,
    now_ms: u64,
    tokens: u64,
    phase: Phase,
    lock: Lock,
    /// The look that is under way.
    look: Option<Token>,
    /// The question of the present phase, other than a look.
    asked: Option<Token>,
    /// The endpoint file changed during the look.
    look_again: bool,
    calls: Calls,
    /// Links that are no longer used, with replies outstanding.
    lingering: BTreeSet<LinkId>,
    /// A person asked for the next start.
    by_hand: bool,
    /// The daemon that was linked last, until its end was told.
    used: Option<Identity>,
    /// Whether any daemon was ever linked.
    was_linked: bool,
    /// The daemon that three probes judged bad.
    judged: Option<Suspect>,
    start: Option<OwnStart>,
    /// Whether systemd or launchd owns the daemon, as of the last survey.
    supervised: bool,
    /// Which start comes next since the last that held.
    attempt: u32,
    /// The record as it stands, while the start lock is held.
    starts: Starts,
    last_failure: Option<String>,
    out: Vec<Action>,
}

impl Core {
    /// A manager that has not looked yet.
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            now_ms: 0,
            tokens: 0,
            phase: Phase::Idle,
            lock: Lock::Free,
            look: None,
            asked: None,
            look_again: false,
            calls: Calls::default(),
            lingering: BTreeSet::new(),
            by_hand: false,
            used: None,
            was_linked: false,
            judged: None,
            start: None,
            supervised: false,
            attempt: 0,
            starts: Starts::default(),
            last_failure: None,
            out: Vec::new(),
        }
    }

    /// Takes one event and says what to do.
    pub fn step(&mut self, event: Event, now_ms: u64) -> Vec<Action> {
        self.now_ms = self.now_ms.max(now_ms);
        self.take(event);
        self.expire_calls();
        self.pass_time();
        self.settle();
        std::mem::take(&mut self.out)
    }

    /// When to call `step` with `Event::Tick`, if nothing happens before.
    pub fn wake_at_ms(&self) -> Option<u64> {
        let calls = self.calls.due_ms(self.now_ms);
        [calls, self.phase_due_ms()].into_iter().flatten().min()
    }

    /// The daemon in use.
    pub fn linked(&self) -> Option<(LinkId, &Identity)> {
        match &self.phase {
            Phase::Linked { link, id, .. } => Some((*link, id)),
            _ => None,
        }
    }

    fn take(&mut self, event: Event) {
        match event {
            Event::Tick => {}
            Event::Call(call, kind, deadline_ms) => {
                self.by_hand |= kind == CallKind::Start;
                // Who asks for nothing but a daemon wants to know about this moment.
                if matches!(kind, CallKind::Ensure | CallKind::Start)
                    && let Phase::Linked { heard_ms, .. } = &mut self.phase
                {
                    *heard_ms = 0;
                }
                self.calls.add(call, kind, deadline_ms);
            }
            Event::Abandon(call) => {
                self.calls.abandon(call, self.now_ms, &self.settings, &mut self.out);
            }
            Event::Looked(token, found) => self.take_look(token, found),
            Event::EndpointChanged => self.take_endpoint_change(),
            Event::StartLocked(token, result) => self.take_start_lock(token, result),
            Event::Surveyed { token, starts, supervised } => {
                if self.answers(token) {
                    self.take_survey(starts, supervised);
                }
            }
            Event::DataLockFree(token, result) => {
                if self.answers(token) {
                    self.take_data_lock(result);
                }
            }
            Event::DataLockForeign(token, by) => {
                if self.asked == Some(token) {
                    self.take_foreign_lock(by);
                }
            }
            Event::Spawned { token, pid, started } => self.take_spawn(token, pid, started),
            Event::StartExited(token, exit) => self.take_exit(token, exit),
            Event::ServiceManagerAnswered(token, result) => {
                self.take_service_manager(token, result);
            }
            Event::Killed(token, result) => {
                if self.answers(token) {
                    self.take_kill(result);
                }
            }
            Event::Checked(token, health) => {
                if self.answers(token) {
                    self.take_health(health);
                }
            }
            Event::Heard(link) => self.take_sign_of_life(link),
            Event::LinkLost(link) => self.take_link_loss(link),
            Event::Replied(call, kind) => self.take_reply(call, kind),
            Event::OutcomeTold(call, recorded) => {
                let current = match &self.phase {
                    Phase::Linked { link, id, .. } => Some((*link, &id.epoch)),
                    _ => None,
                };
                let (now_ms, settings) = (self.now_ms, &self.settings);
                self.calls.outcome_told(call, recorded, current, now_ms, settings, &mut self.out);
            }
        }
    }

    /// Does what follows from the state alone.
    fn settle(&mut self) {
        let wanted = self.calls.wants_daemon();
        match self.phase {
            Phase::Idle if wanted => {
                self.phase = Phase::Looking;
                self.ask_look();
            }
            Phase::Locking { .. }
            | Phase::Resting { .. }
            | Phase::Clearing { .. }
            | Phase::Crowded { .. }
                if !wanted =>
            {
                self.rest_idle();
            }
            Phase::Idle
            | Phase::Looking
            | Phase::Locking { .. }
            | Phase::Checking
            | Phase::Surveying { .. }
            | Phase::Resting { .. }
            | Phase::Killing { .. }
            | Phase::Clearing { .. }
            | Phase::Starting { .. }
            | Phase::Recovering { .. }
            | Phase::Crowded { .. }
            | Phase::Judging { .. }
            | Phase::Linked { .. } => {}
        }
        self.dispatch();
        let calls = &self.calls;
        let done: Vec<LinkId> =
            self.lingering.iter().copied().filter(|link| !calls.uses(*link)).collect();
        for link in done {
            self.lingering.remove(&link);
            self.out.push(Action::Close(link));
        }
    }

    fn expire_calls(&mut self) {
        let (phase, lock) = (&self.phase, self.lock);
        let doing = || doing(phase, lock);
        self.calls.expire(self.now_ms, &doing, &self.settings, &mut self.out);
    }

    /// Gives up on a daemon for everybody who waits for one.
    fn fail(&mut self, reason: &Reason) {
        self.tell(Notice::Failed { reason: reason.to_string(), attempt: self.attempt });
        self.calls.fail(reason, &mut self.out);
        self.start = None;
        self.rest_idle();
    }

    /// Back to where nothing is under way.
    fn rest_idle(&mut self) {
        self.phase = Phase::Idle;
        self.asked = None;
        self.look = None;
        self.by_hand = false;
        self.unlock();
    }

    fn unlock(&mut self) {
        if self.lock == Lock::Held {
            self.lock = Lock::Free;
            self.out.push(Action::DropStartLock);
        }
    }

    fn tell(&mut self, notice: Notice) {
        self.out.push(Action::Tell(notice));
    }

    fn token(&mut self) -> Token {
        self.tokens += 1;
        Token(self.tokens)
    }

    /// A question whose answer the present phase waits for.
    fn ask(&mut self) -> Token {
        let token = self.token();
        self.asked = Some(token);
        token
    }

    /// Whether this answers the question of the present phase.
    fn answers(&mut self, token: Token) -> bool {
        let answers = self.asked == Some(token);
        if answers {
            self.asked = None;
        }
        answers
    }

    fn ask_look(&mut self) {
        let token = self.token();
        self.look = Some(token);
        self.look_again = false;
        self.out.push(Action::Look(token));
    }

    fn in_ms(&self, delay_ms: u64) -> u64 {
        self.now_ms.saturating_add(delay_ms)
    }
}

/// What the manager is busy with, as a clause for the caller whose time is over.
fn doing(phase: &Phase, lock: Lock) -> String {
    match phase {
        Phase::Idle | Phase::Looking | Phase::Checking => "looking for the goxe daemon".to_owned(),
        Phase::Locking { .. } => {
            "another goxe process starts or restarts the goxe daemon".to_owned()
        }
        Phase::Surveying { .. } => "starting the goxe daemon".to_owned(),
        Phase::Resting { .. } => {
            "waiting to start the goxe daemon again after it failed".to_owned()
        }
        Phase::Killing { .. } => "ending a goxe daemon that does not answer".to_owned(),
        Phase::Clearing { gone: Gone::Draining(id), .. } => {
            format!("the goxe daemon (pid {}) finishes its work and shuts down", id.pid)
        }
        Phase::Clearing { .. } => "another process holds the data folder".to_owned(),
        Phase::Starting { .. } => "the goxe daemon starts".to_owned(),
        Phase::Recovering { id, advance, .. } => format!(
            "the goxe daemon (pid {}) recovers its data ({} of {})",
            id.pid, advance.done, advance.total
        ),
        Phase::Crowded { id, .. } => {
            format!("the goxe daemon (pid {}) has no place for another client", id.pid)
        }
        Phase::Judging { suspect, .. } => match lock {
            Lock::Held => "waiting for a goxe daemon that does not answer".to_owned(),
            Lock::Free | Lock::Asked(_) => {
                format!("the goxe daemon (pid {}) does not answer", suspect.id.pid)
            }
        },
        Phase::Linked { id, .. } => format!("the goxe daemon (pid {}) is asked", id.pid),
    }
}
