//! The daemons of the world: their starts, lives and ends, and what a look at them finds.

use std::collections::BTreeMap;

use goxe_mcp_bridge::manager::core::{Advance, Epoch, Event, Exit, Found, Identity, LinkId, Token};

use crate::daemon::{Fate, Life, Process, Starter};
use crate::world::{Fault, Link, Thing, World};

const PROBE_MS: u64 = 2_000;

impl World {
    pub fn look(&mut self, manager: usize, token: Token) {
        let (delay_ms, found) = self.find(manager);
        let at_ms = self.now_ms + delay_ms + self.random.between(0, 3);
        self.at(at_ms, Thing::Deliver(manager, Event::Looked(token, found)));
    }

    fn find(&mut self, manager: usize) -> (u64, Found) {
        let Some(id) = self.endpoint.clone() else { return (0, Found::Absent { left: None }) };
        let process = self.processes.get(&id.pid).filter(|process| process.is_alive());
        let Some(process) = process else { return (0, Found::Absent { left: Some(id) }) };
        let (hung, deaf, life) = (process.hung, process.deaf, process.life);
        match life {
            _ if deaf => (0, Found::Deaf(id)),
            _ if hung => (PROBE_MS, Found::Silent(id)),
            Life::Starting | Life::Dead => (0, Found::Absent { left: None }),
            Life::Draining => (0, Found::Draining(id)),
            Life::Recovering(advance) => {
                (0, Found::Recovering(self.connect(manager, id.pid), id, advance))
            }
            Life::Ready if self.plan.crowded > 0 && self.random.percent(self.plan.crowded) => {
                (0, Found::Full(id))
            }
            Life::Ready => (0, Found::Ready(self.connect(manager, id.pid), id)),
        }
    }

    fn connect(&mut self, manager: usize, pid: u32) -> LinkId {
        self.link_ids += 1;
        let link = LinkId(self.link_ids);
        self.links.insert(link, Link { manager, pid, open: true, busy_until_ms: 0 });
        link
    }

    pub fn start(&mut self, manager: usize, token: Token) {
        let pid = self.new_process(Starter::Manager(manager, token));
        let started = self.processes[&pid].id.started;
        self.deliver(manager, Event::Spawned { token, pid, started });
    }

    fn new_process(&mut self, starter: Starter) -> u32 {
        self.pids += 1;
        let pid = self.pids;
        let (random, plan) = (&mut self.random, &self.plan);
        let recovery_steps = if random.percent(plan.recovers) { random.between(1, 30) } else { 0 };
        let fate = if random.percent(plan.start_crashes) {
            Fate::Crash
        } else if random.percent(plan.start_misconfigured) {
            Fate::Misconfigured
        } else if random.percent(plan.start_hangs) {
            Fate::Hang
        } else if random.percent(plan.recovery_stalls) {
            Fate::Stall(random.between(0, recovery_steps))
        } else {
            Fate::Good
        };
        let epoch = Epoch::new(&format!("{:016x}", random.next()));
        let process = Process {
            id: Identity { pid, started: self.now_ms, epoch },
            starter,
            life: Life::Starting,
            fate,
            holds_lock: false,
            hung: false,
            deaf: false,
            ready_ms: None,
            began_ms: self.now_ms,
            recovery_steps,
            running: BTreeMap::new(),
        };
        self.processes.insert(pid, process);
        let boot_ms = self.random.between(2, 200);
        self.at(self.now_ms + boot_ms, Thing::Grow(pid));
        pid
    }

    /// The next step of a process on its way to ready.
    pub fn grow(&mut self, pid: u32) {
        let Some(process) = self.processes.get_mut(&pid).filter(|process| process.answers()) else {
            return;
        };
        match process.life {
            Life::Starting if !process.holds_lock => {
                let code = match (self.data_lock, process.fate) {
                    (Some(_), _) => Some(1),
                    (None, Fate::Crash) => Some(1),
                    (None, Fate::Misconfigured) => Some(2),
                    (None, Fate::Good | Fate::Hang | Fate::Stall(_)) => None,
                };
                if let Some(code) = code {
                    return self.exit(pid, Some(code), false);
                }
                process.holds_lock = true;
                process.hung = process.fate == Fate::Hang;
                self.data_lock = Some(pid);
                let bind_ms = self.random.between(1, 20);
                self.at(self.now_ms + bind_ms, Thing::Grow(pid));
            }
            Life::Starting => {
                self.endpoint = Some(process.id.clone());
                let advance = Advance { done: 0, total: process.recovery_steps };
                process.life = Life::Recovering(advance);
                self.advance(pid, advance);
                for manager in 0..self.managers.len() {
                    if !self.random.percent(self.plan.events_lost) {
                        self.deliver(manager, Event::EndpointChanged);
                    }
                }
            }
            Life::Recovering(advance) => {
                self.advance(pid, Advance { done: advance.done + 1, ..advance });
            }
            Life::Ready | Life::Draining | Life::Dead => {}
        }
    }

    fn advance(&mut self, pid: u32, advance: Advance) {
        let Some(process) = self.processes.get_mut(&pid) else { return };
        if process.fate == Fate::Stall(advance.done) {
            process.life = Life::Recovering(advance);
        } else if advance.done >= advance.total {
            process.life = Life::Ready;
            process.ready_ms = Some(self.now_ms);
            for (manager, token) in std::mem::take(&mut self.supervised) {
                self.deliver(manager, Event::ServiceManagerAnswered(token, Ok(())));
            }
        } else {
            process.life = Life::Recovering(advance);
            let step_ms = self.random.between(1, 8_000);
            self.at(self.now_ms + step_ms, Thing::Grow(pid));
        }
    }

    pub fn end_process(&mut self, pid: u32, clean: bool) {
        let code = if clean { Some(0) } else { None };
        self.exit(pid, code, clean);
    }

    fn exit(&mut self, pid: u32, code: Option<i32>, clean: bool) {
        let Some(process) = self.processes.get_mut(&pid).filter(|process| process.is_alive())
        else {
            return;
        };
        let was_ready = process.ready_ms.is_some();
        process.life = Life::Dead;
        process.running.clear();
        let (id, starter) = (process.id.clone(), process.starter);
        if self.data_lock == Some(pid) {
            self.data_lock = None;
            for (manager, token) in std::mem::take(&mut self.data_waiters) {
                self.deliver(manager, Event::DataLockFree(token, Ok(())));
            }
        }
        if clean && self.endpoint.as_ref() == Some(&id) {
            self.endpoint = None;
        }
        let lost: Vec<(LinkId, usize)> = self
            .links
            .iter_mut()
            .filter(|(_, link)| link.pid == pid && link.open)
            .map(|(id, link)| {
                link.open = false;
                (*id, link.manager)
            })
            .collect();
        for (link, manager) in lost {
            self.deliver(manager, Event::LinkLost(link));
        }
        match starter {
            Starter::Manager(manager, token) => {
                let exit = Exit { code, text: format!("it ended with {code:?}") };
                self.deliver(manager, Event::StartExited(token, exit));
            }
            Starter::Systemd => {
                if !was_ready {
                    for (manager, token) in std::mem::take(&mut self.supervised) {
                        let answer = Err("the unit failed".to_owned());
                        self.deliver(manager, Event::ServiceManagerAnswered(token, answer));
                    }
                }
                if !clean {
                    self.at(self.now_ms + 100, Thing::SuperviseAgain);
                }
            }
        }
    }

    pub fn kill(&mut self, manager: usize, token: Token, id: &Identity) {
        let alive = self.processes.get(&id.pid).filter(|process| process.is_alive());
        if let Some(process) = alive.filter(|process| process.id.started == id.started) {
            let clean = !process.hung && self.random.percent(50);
            self.end_process(id.pid, clean);
        }
        self.deliver(manager, Event::Killed(token, Ok(())));
    }

    pub fn end_start(&mut self, manager: usize, token: Token) {
        let starter = Starter::Manager(manager, token);
        let found = self.processes.values().find(|process| process.starter == starter);
        if let Some(pid) = found.map(|process| process.id.pid) {
            self.end_process(pid, false);
        }
    }

    pub fn supervise(&mut self, manager: usize, token: Token, restart: bool) {
        let running = self.living();
        match running {
            Some(pid) if restart => {
                self.end_process(pid, true);
                self.start_by_systemd();
                self.supervised.push((manager, token));
            }
            Some(pid) => match self.processes[&pid].life {
                Life::Draining => {
                    self.at(self.now_ms + 200, Thing::Supervise(manager, token, restart));
                }
                Life::Ready => self.deliver(manager, Event::ServiceManagerAnswered(token, Ok(()))),
                Life::Starting | Life::Recovering(_) | Life::Dead => {
                    self.supervised.push((manager, token));
                }
            },
            None => {
                self.start_by_systemd();
                self.supervised.push((manager, token));
            }
        }
    }

    pub fn supervise_again(&mut self) {
        if self.living().is_none() {
            self.start_by_systemd();
        }
    }

    fn start_by_systemd(&mut self) {
        let pid = self.new_process(Starter::Systemd);
        self.at(self.now_ms + 90_000, Thing::SystemdTimeout(pid));
    }

    pub fn systemd_timeout(&mut self, pid: u32) {
        if self.processes[&pid].ready_ms.is_none() {
            self.end_process(pid, false);
        }
    }

    fn living(&self) -> Option<u32> {
        self.processes.values().find(|process| process.is_alive()).map(|process| process.id.pid)
    }

    /// The daemon is told to shut down, and takes this long.
    pub fn drain(&mut self, takes_ms: u64) {
        let Some(pid) = self.living() else { return };
        let deaf = self.random.percent(50);
        let sticks = self.plan.call_hangs > 0 && self.random.percent(20);
        let Some(process) = self.processes.get_mut(&pid) else { return };
        if process.life != Life::Ready || process.hung {
            return;
        }
        process.life = Life::Draining;
        process.deaf = deaf;
        if !(deaf && sticks) {
            self.at(self.now_ms + takes_ms, Thing::Exit(pid));
        }
    }

    pub fn plan_faults(&mut self, until_ms: u64) {
        let kinds = [
            (self.plan.external_drains, Fault::Drain),
            (self.plan.external_crashes, Fault::Crash),
            (self.plan.external_links, Fault::DropLink),
            (self.plan.clock_jumps, Fault::ClockJump),
            (self.plan.manager_crashes, Fault::ManagerCrash),
        ];
        for at_ms in (0..until_ms).step_by(1_000) {
            for (chance, fault) in kinds {
                if self.random.percent(chance) {
                    let offset_ms = self.random.between(0, 999);
                    self.at(at_ms + offset_ms, Thing::Fault(fault));
                }
            }
        }
    }

    pub fn cure(&mut self) {
        self.plan = self.plan.cured();
    }

    pub fn fault(&mut self, fault: Fault) {
        match fault {
            Fault::Drain => {
                let takes_ms = self.random.between(1, 20_000);
                self.drain(takes_ms);
            }
            Fault::Crash => {
                if let Some(pid) = self.living() {
                    self.end_process(pid, false);
                }
            }
            Fault::DropLink => {
                let open: Vec<LinkId> =
                    self.links.iter().filter(|(_, link)| link.open).map(|(id, _)| *id).collect();
                if !open.is_empty() {
                    let index = self.random.next() % u64::try_from(open.len()).expect("small");
                    self.drop_link(open[usize::try_from(index).expect("small")]);
                }
            }
            Fault::ClockJump => self.now_ms += self.random.between(5_000, 40_000),
            Fault::ManagerCrash => self.crash_manager(),
        }
    }

    fn crash_manager(&mut self) {
        let last = u64::try_from(self.managers.len()).expect("small") - 1;
        let manager = usize::try_from(self.random.between(0, last)).expect("small");
        self.managers[manager].alive = false;
        for link in self.links.values_mut().filter(|link| link.manager == manager) {
            link.open = false;
        }
        if self.start_lock == Some(manager) {
            self.start_lock = None;
            self.pass_start_lock();
        }
    }

    pub fn drop_link(&mut self, id: LinkId) {
        let Some(link) = self.links.get_mut(&id).filter(|link| link.open) else { return };
        link.open = false;
        let manager = link.manager;
        self.deliver(manager, Event::LinkLost(id));
    }
}
