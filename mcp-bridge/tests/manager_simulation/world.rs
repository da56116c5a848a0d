//! The simulated world: time, the data folder, the managers, and what their actions do.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use goxe_mcp_bridge::manager::core::{
    Action, CallId, CallKind, Core, Event, Identity, LinkId, Outcome, Settings, Starts, Token,
};

use crate::daemon::{Key, Process, Said};
use crate::plan::Plan;
use crate::random::Random;

thread_local! {
    static TRACE: Cell<bool> = const { Cell::new(false) };
}

/// Prints every event and action of the worlds of this thread.
pub fn trace(on: bool) {
    TRACE.set(on);
}

pub fn tracing() -> bool {
    TRACE.get()
}

/// Something that will happen.
#[derive(Debug)]
pub enum Thing {
    Deliver(usize, Event),
    Wake(usize),
    Call(usize, CallId, CallKind, u64),
    Look(usize, Token),
    FindDataLock(usize, Token),
    Survey(usize, Token),
    Kill(usize, Token, Identity),
    EndStart(usize, Token),
    Start(usize, Token),
    Supervise(usize, Token, bool),
    SuperviseAgain,
    SystemdTimeout(u32),
    Grow(u32),
    Commit(u32, Key),
    Reply(u32, Key),
    Exit(u32),
    Arrive(LinkId, Message),
    Fault(Fault),
}

/// What travels from a manager to a daemon.
#[derive(Clone, Copy, Debug)]
pub enum Message {
    Call(Key, CallKind),
    Cancel(Key),
    Outcome(Key),
    Check(Token),
}

#[derive(Clone, Copy, Debug)]
pub enum Fault {
    Drain,
    Crash,
    DropLink,
    ClockJump,
    ManagerCrash,
}

#[derive(Debug)]
pub struct Link {
    pub manager: usize,
    pub pid: u32,
    pub open: bool,
    /// Messages on one link stay in order.
    pub busy_until_ms: u64,
}

pub struct Manager {
    pub core: Core,
    pub alive: bool,
    pub wake_ms: Option<u64>,
    pub calls: u64,
}

pub struct World {
    pub now_ms: u64,
    pub seed: u64,
    pub random: Random,
    pub plan: Plan,
    pub settings: Settings,
    pub managers: Vec<Manager>,
    pub processes: BTreeMap<u32, Process>,
    pub links: BTreeMap<LinkId, Link>,
    pub endpoint: Option<Identity>,
    pub data_lock: Option<u32>,
    pub data_waiters: Vec<(usize, Token)>,
    pub start_lock: Option<usize>,
    pub start_waiters: VecDeque<(usize, Token)>,
    pub starts_file: Starts,
    /// Keys in the journal: survives every daemon.
    pub committed: BTreeSet<Key>,
    pub executed: BTreeMap<Key, u32>,
    pub kinds: BTreeMap<Key, CallKind>,
    pub sends: BTreeMap<Key, u32>,
    pub said: BTreeMap<Key, Said>,
    pub outcomes: BTreeMap<Key, Outcome>,
    /// Looks in a row, per manager and daemon, that found it wanting.
    pub bad_looks: BTreeMap<(usize, String), (u32, Option<u64>)>,
    /// How often each kind of action and outcome happened: a simulation that tests nothing shows.
    pub tally: BTreeMap<String, u64>,
    /// Managers that wait for systemd to have the daemon ready.
    pub supervised: Vec<(usize, Token)>,
    queue: BTreeMap<(u64, u64), Thing>,
    things: u64,
    pub pids: u32,
    pub link_ids: u64,
}

impl World {
    pub fn new(seed: u64, plan: Plan) -> Self {
        let settings = Settings::default();
        let managers = (0..plan.managers)
            .map(|_| Manager {
                core: Core::new(settings.clone()),
                alive: true,
                wake_ms: None,
                calls: 0,
            })
            .collect();
        Self {
            now_ms: 1_000,
            seed,
            random: Random::new(seed.wrapping_mul(31).wrapping_add(7)),
            plan,
            settings,
            managers,
            processes: BTreeMap::new(),
            links: BTreeMap::new(),
            endpoint: None,
            data_lock: None,
            data_waiters: Vec::new(),
            start_lock: None,
            start_waiters: VecDeque::new(),
            starts_file: Starts::new("boot"),
            committed: BTreeSet::new(),
            executed: BTreeMap::new(),
            kinds: BTreeMap::new(),
            sends: BTreeMap::new(),
            said: BTreeMap::new(),
            outcomes: BTreeMap::new(),
            bad_looks: BTreeMap::new(),
            tally: BTreeMap::new(),
            supervised: Vec::new(),
            queue: BTreeMap::new(),
            things: 0,
            pids: 100,
            link_ids: 0,
        }
    }

    pub fn now_ms(&self) -> u64 {
        self.now_ms
    }

    pub fn outcome(&self, key: Key) -> Option<&Outcome> {
        self.outcomes.get(&key)
    }

    pub fn starts(&self) -> usize {
        self.processes.len()
    }

    pub fn at(&mut self, at_ms: u64, thing: Thing) {
        self.things += 1;
        self.queue.insert((at_ms.max(self.now_ms), self.things), thing);
    }

    pub fn soon(&mut self, thing: Thing) {
        let delay_ms = self.random.between(0, 4);
        self.at(self.now_ms + delay_ms, thing);
    }

    pub fn deliver(&mut self, manager: usize, event: Event) {
        self.soon(Thing::Deliver(manager, event));
    }

    pub fn plan_call(&mut self, at_ms: u64, manager: usize, kind: CallKind, time_ms: u64) -> Key {
        self.managers[manager].calls += 1;
        let call = CallId(self.managers[manager].calls);
        let key = (manager, call);
        self.kinds.insert(key, kind);
        self.at(at_ms, Thing::Call(manager, call, kind, time_ms));
        key
    }

    pub fn call_now(&mut self, manager: usize, kind: CallKind, time_ms: u64) -> Key {
        self.plan_call(self.now_ms, manager, kind, time_ms)
    }

    pub fn ensure_all(&mut self, time_ms: u64) -> Vec<Key> {
        (0..self.managers.len())
            .filter(|manager| self.managers[*manager].alive)
            .collect::<Vec<_>>()
            .into_iter()
            .map(|manager| self.call_now(manager, CallKind::Ensure, time_ms))
            .collect()
    }

    pub fn run_until(&mut self, until_ms: u64) {
        let mut turns = 0_u64;
        while let Some(entry) = self.queue.first_entry() {
            if entry.key().0 > until_ms {
                break;
            }
            let ((at_ms, _), thing) = entry.remove_entry();
            self.now_ms = self.now_ms.max(at_ms);
            turns += 1;
            assert!(turns < 2_000_000, "seed {}: the world spins", self.seed);
            if tracing() && !matches!(thing, Thing::Wake(_)) {
                println!("{:>8} {thing:?}", self.now_ms);
            }
            self.happen(thing);
            self.check_step();
        }
        self.now_ms = self.now_ms.max(until_ms);
    }

    fn happen(&mut self, thing: Thing) {
        match thing {
            Thing::Deliver(manager, event) => self.step(manager, event),
            Thing::Wake(manager) => {
                if self.managers[manager].wake_ms.is_some_and(|wake_ms| wake_ms <= self.now_ms) {
                    self.managers[manager].wake_ms = None;
                    self.step(manager, Event::Tick);
                }
            }
            Thing::Call(manager, call, kind, time_ms) => {
                self.step(manager, Event::Call(call, kind, self.now_ms + time_ms));
            }
            Thing::Look(manager, token) => self.look(manager, token),
            Thing::FindDataLock(manager, token) => match self.data_lock {
                None => self.deliver(manager, Event::DataLockFree(token, Ok(()))),
                Some(_) => self.data_waiters.push((manager, token)),
            },
            Thing::Survey(manager, token) => {
                let (starts, supervised) = (self.starts_file.clone(), self.plan.supervised);
                self.deliver(manager, Event::Surveyed { token, starts, supervised });
            }
            Thing::Kill(manager, token, id) => self.kill(manager, token, &id),
            Thing::EndStart(manager, token) => self.end_start(manager, token),
            Thing::Start(manager, token) => self.start(manager, token),
            Thing::Supervise(manager, token, restart) => self.supervise(manager, token, restart),
            Thing::SuperviseAgain => self.supervise_again(),
            Thing::SystemdTimeout(pid) => self.systemd_timeout(pid),
            Thing::Grow(pid) => self.grow(pid),
            Thing::Commit(pid, key) => self.commit(pid, key),
            Thing::Reply(pid, key) => self.reply(pid, key),
            Thing::Exit(pid) => self.end_process(pid, true),
            Thing::Arrive(link, message) => self.arrive(link, message),
            Thing::Fault(fault) => self.fault(fault),
        }
    }

    /// One step of one manager, and what it wants.
    fn step(&mut self, manager: usize, event: Event) {
        if !self.managers[manager].alive {
            return;
        }
        self.note_look(manager, &event);
        let now_ms = self.now_ms;
        let actions = self.managers[manager].core.step(event, now_ms);
        for action in actions {
            if tracing() {
                println!("{:>8}     [{manager}] {action:?}", self.now_ms);
            }
            self.count(&action);
            self.act(manager, action);
        }
        let wake_ms = self.managers[manager].core.wake_at_ms();
        if let Some(at_ms) = wake_ms {
            self.managers[manager].wake_ms = Some(at_ms);
            self.at(at_ms, Thing::Wake(manager));
        }
    }

    fn count(&mut self, action: &Action) {
        let name = match action {
            Action::Finish(_, Outcome::Done) => "Done",
            Action::Finish(_, Outcome::NotDone(reason) | Outcome::Unknown(reason)) => {
                &format!("{reason:?}")
            }
            Action::Tell(notice) => &format!("{notice:?}"),
            action => &format!("{action:?}"),
        };
        let name = name.split(['(', ' ', '{']).next().unwrap_or(name);
        let prefix = match action {
            Action::Finish(_, Outcome::Unknown(_)) => "Unknown ",
            _ => "",
        };
        *self.tally.entry(format!("{prefix}{name}")).or_default() += 1;
    }

    fn act(&mut self, manager: usize, action: Action) {
        match action {
            Action::Look(token) => self.soon(Thing::Look(manager, token)),
            Action::TakeStartLock(token) => {
                self.start_waiters.push_back((manager, token));
                self.pass_start_lock();
            }
            Action::DropStartLock => {
                assert_eq!(self.start_lock, Some(manager), "dropped a lock it does not hold");
                self.start_lock = None;
                self.pass_start_lock();
            }
            Action::Survey(token) => {
                self.check_holds(manager, "reads the starts");
                self.soon(Thing::Survey(manager, token));
            }
            Action::WriteStarts(starts) => {
                self.check_holds(manager, "writes the starts");
                self.starts_file = starts;
            }
            Action::AwaitDataLock(token) => self.soon(Thing::FindDataLock(manager, token)),
            Action::Start(token) => {
                self.check_start(manager);
                self.soon(Thing::Start(manager, token));
            }
            Action::EndStart(token) => self.soon(Thing::EndStart(manager, token)),
            Action::AskServiceManager(token, request) => {
                self.check_holds(manager, "asks the service_manager");
                let restart = request == goxe_mcp_bridge::manager::core::ServiceRequest::Restart;
                self.soon(Thing::Supervise(manager, token, restart));
            }
            Action::Kill(token, id) => {
                self.check_kill(manager, &id);
                self.soon(Thing::Kill(manager, token, id));
            }
            Action::Check(token, link) => self.travel(link, Message::Check(token)),
            Action::Send(call, link) => self.send(manager, call, link),
            Action::Cancel(call, link) => self.travel(link, Message::Cancel((manager, call))),
            Action::AskOutcome(call, link) => {
                self.travel(link, Message::Outcome((manager, call)));
            }
            Action::Close(link) => {
                if let Some(link) = self.links.get_mut(&link) {
                    link.open = false;
                }
            }
            Action::Finish(call, outcome) => self.finish((manager, call), outcome),
            Action::Tell(_) => {}
        }
    }

    pub fn pass_start_lock(&mut self) {
        while self.start_lock.is_none() {
            let Some((manager, token)) = self.start_waiters.pop_front() else { return };
            if self.managers[manager].alive {
                self.start_lock = Some(manager);
                self.deliver(manager, Event::StartLocked(token, Ok(())));
            }
        }
    }
}
