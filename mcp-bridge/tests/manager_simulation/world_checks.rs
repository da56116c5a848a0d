//! The promises, checked after every step and at the end.

use goxe_mcp_bridge::manager::core::{CallKind, Event, Found, Identity, LinkId, Outcome};

use crate::daemon::{Fate, Key, Life, Said, Starter};
use crate::world::World;

impl World {
    /// Counts, for every manager and daemon, the looks in a row that found it wanting.
    pub fn note_look(&mut self, manager: usize, event: &Event) {
        let Event::Looked(_, found) = event else { return };
        if let Found::Full(_) = found {
            *self.tally.entry("Full".to_owned()).or_default() += 1;
        }
        let (id, bad, point) = match found {
            Found::Silent(id) | Found::Deaf(id) => (id, true, None),
            Found::Recovering(_, id, advance) => (id, true, Some(advance.done)),
            Found::Ready(_, id) | Found::Draining(id) | Found::Full(id) => (id, false, None),
            Found::Absent { .. } | Found::Refused(_) => return,
        };
        let entry = self.bad_looks.entry((manager, id.epoch.to_string())).or_default();
        match (bad, point) {
            (false, _) => *entry = (0, None),
            (true, None) => entry.0 += 1,
            (true, Some(_)) if entry.1 == point => entry.0 += 1,
            (true, Some(_)) => *entry = (1, point),
        }
    }

    pub fn check_holds(&self, manager: usize, does: &str) {
        assert_eq!(self.start_lock, Some(manager), "manager {manager} {does} without the lock");
    }

    /// Never a kill of a daemon that was not judged bad, nor of one that a service manager owns.
    pub fn check_kill(&self, manager: usize, id: &Identity) {
        self.check_holds(manager, "kills");
        assert!(!self.plan.supervised, "signalled a supervised daemon");
        if id.epoch.as_str().is_empty() {
            let process = &self.processes[&id.pid];
            assert!(matches!(process.life, Life::Starting | Life::Dead), "killed a daemon by pid");
            assert!(self.now_ms - process.began_ms >= self.settings.progress_ms_max);
            return;
        }
        let looks = self.bad_looks.get(&(manager, id.epoch.to_string())).map_or(0, |bad| bad.0);
        // The probes, and the look under the lock.
        assert!(looks > self.settings.probes_max, "killed after {looks} bad looks");
    }

    /// Never a start beside a living daemon, and never beyond the budget.
    pub fn check_start(&self, manager: usize) {
        self.check_holds(manager, "starts");
        assert!(!self.plan.supervised, "started a supervised daemon");
        for process in self.processes.values().filter(|process| process.is_alive()) {
            let orphan = match process.starter {
                Starter::Manager(starter, _) => !self.managers[starter].alive,
                Starter::Systemd => false,
            };
            assert!(orphan && !process.holds_lock, "started beside a living daemon: {process:?}");
        }
        let mut failures = 0;
        for process in self.processes.values().rev() {
            let recent = self.now_ms - process.began_ms < self.settings.starts_window_ms;
            if process.ready_ms.is_some() || !recent || process.is_alive() {
                break;
            }
            failures += 1;
        }
        let by_hand = self.kinds.values().filter(|kind| **kind == CallKind::Start).count();
        let allowed = self.settings.starts_max + u32::try_from(by_hand).expect("small");
        assert!(failures < allowed, "{failures} starts failed before this one");
    }

    pub fn check_send(&self, key: Key, link: LinkId) {
        assert_eq!(self.links[&link].manager, key.0, "sent on another manager's link");
        if self.kinds[&key] == CallKind::Edit {
            assert!(self.sends[&key] <= 2, "an edit was sent {} times", self.sends[&key]);
        }
        assert!(!self.outcomes.contains_key(&key), "sent after its outcome");
    }

    pub fn finish(&mut self, key: Key, outcome: Outcome) {
        let before = self.outcomes.insert(key, outcome);
        assert_eq!(before, None, "a call has one outcome");
    }

    pub fn check_step(&self) {
        let holders =
            self.processes.values().filter(|process| process.is_alive() && process.holds_lock);
        assert!(holders.count() <= 1, "two daemons at once");
        assert!(self.executed.values().all(|times| *times <= 1), "an edit was executed twice");
    }

    /// Every call has its outcome, and the outcome is true.
    pub fn check_end(&self) {
        for (key, kind) in &self.kinds {
            if !self.managers[key.0].alive {
                continue;
            }
            let Some(outcome) = self.outcomes.get(key) else {
                panic!("seed {}: call {key:?} never ended", self.seed);
            };
            let executed = self.executed.get(key).copied().unwrap_or(0);
            match (kind, outcome) {
                (CallKind::Edit, Outcome::Done) => {
                    let cancelled = self.said.get(key) == Some(&Said::Cancelled);
                    assert!(executed == 1 || cancelled, "done, and not executed: {key:?}");
                }
                (CallKind::Edit, Outcome::NotDone(reason)) => {
                    assert_eq!(executed, 0, "executed, and said not done ({reason}): {key:?}");
                }
                (CallKind::Edit, Outcome::Unknown(_)) => {}
                (_, Outcome::Unknown(_)) => panic!("only an edit can be in doubt"),
                (_, Outcome::Done | Outcome::NotDone(_)) => {}
            }
        }
        debug_assert!(
            self.processes
                .values()
                .all(|process| process.fate != Fate::Crash || process.ready_ms.is_none())
        );
    }
}
