//! What travels between managers and daemons, and how a daemon deals with it.

use goxe_mcp_bridge::manager::core::{
    CallId, CallKind, Event, Health, LinkId, Recorded, ReplyKind, Token,
};

use crate::daemon::{Key, Life, Said};
use crate::world::{Message, Thing, World};

const PROBE_MS: u64 = 2_000;

impl World {
    pub fn send(&mut self, manager: usize, call: CallId, link: LinkId) {
        let key = (manager, call);
        *self.sends.entry(key).or_default() += 1;
        self.check_send(key, link);
        let breaks = self.random.percent(self.plan.link_drops);
        if breaks {
            // Bytes that were written before a link broke may be read long after.
            let late_ms = self.random.between(0, 300);
            if let Some(link) = self.links.get_mut(&link) {
                link.busy_until_ms = self.now_ms + late_ms;
            }
        }
        self.travel(link, Message::Call(key, self.kinds[&key]));
        if breaks {
            self.drop_link(link);
        }
    }

    pub fn travel(&mut self, id: LinkId, message: Message) {
        let delay_ms = self.random.between(0, 3);
        let Some(link) = self.links.get_mut(&id) else { return };
        let at_ms = link.busy_until_ms.max(self.now_ms + delay_ms);
        link.busy_until_ms = at_ms;
        self.at(at_ms, Thing::Arrive(id, message));
    }

    pub fn arrive(&mut self, id: LinkId, message: Message) {
        let link = &self.links[&id];
        let (manager, pid, open) = (link.manager, link.pid, link.open);
        if let Message::Check(token) = message {
            return self.check_health(manager, pid, open, token);
        }
        // What was under way when the link broke may still be read.
        let arrives = open || self.random.percent(50);
        if !arrives || !self.processes[&pid].answers() {
            return;
        }
        match message {
            Message::Check(_) => {}
            Message::Call(key, CallKind::Edit) => self.take_edit(pid, id, key),
            Message::Call(key, _) => self.take_read(pid, id, key),
            Message::Cancel(key) => self.take_cancel(pid, key),
            Message::Outcome(key) => self.take_question(pid, id, key),
        }
    }

    fn check_health(&mut self, manager: usize, pid: u32, open: bool, token: Token) {
        let process = &self.processes[&pid];
        let health = match process.life {
            _ if !open || !process.answers() => Health::Silent,
            Life::Recovering(advance) => Health::Recovering(advance),
            Life::Draining => Health::Draining,
            Life::Ready | Life::Starting | Life::Dead => Health::Ready { latency_us: 40 },
        };
        let delay_ms = if open && health == Health::Silent { PROBE_MS } else { 1 };
        self.at(self.now_ms + delay_ms, Thing::Deliver(manager, Event::Checked(token, health)));
    }

    fn take_read(&mut self, pid: u32, link: LinkId, key: Key) {
        if self.refuses(pid, link, key) || self.fails_at_call(pid) {
            return;
        }
        let work_ms = self.work_ms();
        let event = Event::Replied(key.1, ReplyKind::Answer);
        self.said.insert(key, Said::Read);
        if self.links[&link].open {
            self.at(self.now_ms + work_ms, Thing::Deliver(key.0, event));
        }
    }

    fn take_edit(&mut self, pid: u32, link: LinkId, key: Key) {
        if self.committed.contains(&key) {
            return self.answer(link, key, Said::Committed);
        }
        let process = self.processes.get_mut(&pid).expect("links lead to processes");
        if let Some(waiters) = process.running.get_mut(&key) {
            waiters.push(link);
            return;
        }
        if self.refuses(pid, link, key) || self.fails_at_call(pid) {
            return;
        }
        let process = self.processes.get_mut(&pid).expect("links lead to processes");
        process.running.insert(key, vec![link]);
        let work_ms = self.work_ms();
        self.at(self.now_ms + work_ms, Thing::Commit(pid, key));
    }

    fn refuses(&mut self, pid: u32, link: LinkId, key: Key) -> bool {
        let refuses = self.processes[&pid].life == Life::Draining;
        if refuses && self.links[&link].open {
            if let Some(sends) = self.sends.get_mut(&key) {
                *sends -= 1;
            }
            self.deliver(key.0, Event::Replied(key.1, ReplyKind::ShuttingDown));
        }
        refuses
    }

    fn fails_at_call(&mut self, pid: u32) -> bool {
        if self.random.percent(self.plan.call_crashes) {
            self.end_process(pid, false);
            return true;
        }
        if self.random.percent(self.plan.call_hangs) {
            if let Some(process) = self.processes.get_mut(&pid) {
                process.hung = true;
            }
            return true;
        }
        false
    }

    fn work_ms(&mut self) -> u64 {
        match self.random.percent(self.plan.reply_slow) {
            true => self.random.between(100, 40_000),
            false => self.random.between(0, 20),
        }
    }

    pub fn commit(&mut self, pid: u32, key: Key) {
        let process = &self.processes[&pid];
        if !process.answers() || !process.running.contains_key(&key) || self.fails_at_call(pid) {
            return;
        }
        self.committed.insert(key);
        *self.executed.entry(key).or_default() += 1;
        if !self.fails_at_call(pid) {
            self.soon(Thing::Reply(pid, key));
        }
    }

    pub fn reply(&mut self, pid: u32, key: Key) {
        let Some(process) = self.processes.get_mut(&pid).filter(|process| process.answers()) else {
            return;
        };
        for link in process.running.remove(&key).unwrap_or_default() {
            self.answer(link, key, Said::Committed);
        }
    }

    fn take_cancel(&mut self, pid: u32, key: Key) {
        if self.committed.contains(&key) || self.random.percent(30) {
            return;
        }
        let process = self.processes.get_mut(&pid).expect("links lead to processes");
        for link in process.running.remove(&key).unwrap_or_default() {
            self.answer(link, key, Said::Cancelled);
        }
    }

    fn take_question(&mut self, pid: u32, link: LinkId, key: Key) {
        // Right after a start a project is not in memory yet.
        let later = self.random.percent(20);
        let recorded = match self.processes[&pid].running.contains_key(&key) {
            _ if later => Recorded::Later,
            _ if self.committed.contains(&key) => Recorded::Committed,
            true => Recorded::Running,
            false => Recorded::Never,
        };
        if self.links[&link].open {
            self.deliver(key.0, Event::OutcomeTold(key.1, recorded));
        }
    }

    fn answer(&mut self, link: LinkId, key: Key, said: Said) {
        if self.links[&link].open {
            self.said.insert(key, said);
            self.deliver(key.0, Event::Replied(key.1, ReplyKind::Answer));
        }
    }
}
