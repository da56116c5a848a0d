//! Finding a daemon: looks, the start lock, links, and what goes over them.

use super::action::{Action, Notice};
use super::event::{Advance, CallId, Found, Identity, LinkId, ReplyKind, Token};
use super::reason::Reason;
use super::{Core, Gone, Lock, OwnStart, Phase, Suspect};

/// Why a look found no daemon that can be used.
pub(super) enum Missing {
    /// See `Found::Draining`.
    Draining(Identity),
    /// See `Found::Silent`; also a recovery that stands still.
    Silent(Identity),
    /// See `Found::Deaf`.
    Deaf(Identity),
    /// See `Found::Absent`.
    Absent { left: Option<Identity> },
}

impl Core {
    pub(super) fn take_look(&mut self, token: Token, found: Found) {
        if self.look != Some(token) {
            if let Found::Ready(link, _) | Found::Recovering(link, ..) = found {
                self.out.push(Action::Close(link));
            }
            return;
        }
        self.look = None;
        let missing = match found {
            Found::Ready(link, id) => return self.link_up(link, id),
            Found::Recovering(link, id, advance) if self.stands_still(&id, advance) => {
                self.out.push(Action::Close(link));
                Missing::Silent(id)
            }
            Found::Recovering(link, id, advance) => return self.follow(link, id, advance),
            Found::Refused(text) => return self.fail(&Reason::Refused(text)),
            Found::Full(id) => return self.wait_for_place(id),
            Found::Draining(id) => Missing::Draining(id),
            Found::Silent(id) => Missing::Silent(id),
            Found::Deaf(id) => Missing::Deaf(id),
            Found::Absent { left } => Missing::Absent { left },
        };
        match &self.phase {
            Phase::Looking | Phase::Crowded { .. } => self.take_first_look(missing),
            Phase::Checking => self.take_look_under_lock(missing),
            Phase::Locking { .. } | Phase::Clearing { .. } | Phase::Starting { .. } => {
                self.take_look_of_wait(missing);
            }
            Phase::Judging { .. } => self.weigh(missing),
            Phase::Idle
            | Phase::Surveying { .. }
            | Phase::Resting { .. }
            | Phase::Killing { .. }
            | Phase::Recovering { .. }
            | Phase::Linked { .. } => {}
        }
    }

    /// Whoever says that it is full lives and is well, whatever was thought of it before.
    fn wait_for_place(&mut self, id: Identity) {
        self.end_of_start(&id);
        self.asked = None;
        self.judged = None;
        self.unlock();
        self.phase = Phase::Crowded { id, look_at_ms: self.in_ms(self.settings.look_again_ms) };
    }

    fn take_first_look(&mut self, missing: Missing) {
        match missing {
            Missing::Silent(id) => self.suspect(Suspect::of(id)),
            Missing::Absent { left } => {
                self.tell_stopped(if left.is_some() { "it fell" } else { "it was stopped" });
                self.seek_lock();
            }
            Missing::Draining(_) | Missing::Deaf(_) => self.seek_lock(),
        }
    }

    fn take_look_under_lock(&mut self, missing: Missing) {
        let gone = match missing {
            Missing::Silent(id) | Missing::Deaf(id) if self.is_judged(&id) => Gone::Bad(id),
            Missing::Silent(id) => {
                return self.suspect(Suspect::of(id));
            }
            Missing::Draining(id) | Missing::Deaf(id) => Gone::Draining(id),
            Missing::Absent { left: Some(id) } => Gone::Fell(id),
            Missing::Absent { left: None } => Gone::Ended,
        };
        self.phase = Phase::Surveying { gone };
        let token = self.ask();
        self.out.push(Action::Survey(token));
    }

    /// A look that was made while something else is waited for.
    fn take_look_of_wait(&mut self, missing: Missing) {
        let next_ms = if self.look_again { 0 } else { self.in_ms(self.settings.look_again_ms) };
        let now_ms = self.now_ms;
        let newly_silent = match &missing {
            Missing::Silent(id) if !self.is_judged(id) => Some(id.clone()),
            Missing::Silent(_) | Missing::Deaf(_) | Missing::Draining(_) => None,
            Missing::Absent { .. } => None,
        };
        let suspect = match &mut self.phase {
            Phase::Locking { look_at_ms } => {
                *look_at_ms = next_ms;
                newly_silent
            }
            Phase::Clearing { gone, since_ms, look_at_ms } => {
                *look_at_ms = next_ms;
                match missing {
                    Missing::Draining(id) => {
                        *since_ms = now_ms;
                        *gone = Gone::Draining(id);
                        None
                    }
                    Missing::Deaf(id) => {
                        *gone = Gone::Draining(id);
                        None
                    }
                    Missing::Silent(id) => Some(id).filter(|id| !gone.is(id)),
                    Missing::Absent { .. } => None,
                }
            }
            Phase::Starting { look_at_ms, .. } => {
                *look_at_ms = next_ms;
                None
            }
            Phase::Idle
            | Phase::Looking
            | Phase::Checking
            | Phase::Surveying { .. }
            | Phase::Resting { .. }
            | Phase::Killing { .. }
            | Phase::Recovering { .. }
            | Phase::Crowded { .. }
            | Phase::Judging { .. }
            | Phase::Linked { .. } => None,
        };
        if let Some(id) = suspect {
            self.suspect(Suspect::of(id));
        }
    }

    pub(super) fn take_endpoint_change(&mut self) {
        match self.phase {
            Phase::Locking { .. } | Phase::Clearing { .. } | Phase::Starting { .. } => {
                match self.look {
                    None => self.ask_look(),
                    Some(_) => self.look_again = true,
                }
            }
            Phase::Resting { .. } => {
                self.phase = Phase::Looking;
                self.ask_look();
            }
            Phase::Idle
            | Phase::Looking
            | Phase::Checking
            | Phase::Surveying { .. }
            | Phase::Killing { .. }
            | Phase::Recovering { .. }
            | Phase::Crowded { .. }
            | Phase::Judging { .. }
            | Phase::Linked { .. } => {}
        }
    }

    /// Nobody to talk to: the start lock decides who does something about it.
    pub(super) fn seek_lock(&mut self) {
        self.asked = None;
        if self.lock == Lock::Held {
            self.phase = Phase::Checking;
            return self.ask_look();
        }
        if !self.calls.wants_daemon() {
            return self.rest_idle();
        }
        if !self.may_start() {
            return self.refuse_start();
        }
        self.phase = Phase::Locking { look_at_ms: self.in_ms(self.settings.look_again_ms) };
        if self.lock == Lock::Free {
            let token = self.token();
            self.lock = Lock::Asked(token);
            self.out.push(Action::TakeStartLock(token));
        }
    }

    pub(super) fn take_start_lock(&mut self, token: Token, result: Result<(), String>) {
        if self.lock != Lock::Asked(token) {
            return;
        }
        let needed = matches!(self.phase, Phase::Locking { .. });
        match result {
            Ok(()) => {
                self.lock = Lock::Held;
                if needed { self.seek_lock() } else { self.unlock() }
            }
            Err(text) => {
                self.lock = Lock::Free;
                if needed {
                    self.fail(&Reason::LockUnusable(text));
                }
            }
        }
    }

    /// The start of ours that ends with this daemon's first answer.
    fn end_of_start(&mut self, id: &Identity) -> Option<OwnStart> {
        let start = self.start.take();
        let awaited = start.is_some() || self.starts.awaits(id.pid);
        if self.lock == Lock::Held && awaited && self.starts.ready(self.now_ms) {
            self.out.push(Action::WriteStarts(self.starts.clone()));
        }
        start
    }

    /// A daemon answered a real request.
    pub(super) fn link_up(&mut self, link: LinkId, id: Identity) {
        let start = self.end_of_start(&id);
        let (pid, epoch) = (id.pid, id.epoch.clone());
        if self.used.as_ref().is_none_or(|used| used.epoch != id.epoch) {
            self.tell_stopped("another one is in its place");
            let notice = match start {
                None => Notice::Attached { pid, epoch },
                Some(start) => {
                    let latency_ms = self.now_ms.saturating_sub(start.at_ms);
                    let attempt = start.attempt;
                    match self.was_linked {
                        false => Notice::Started { pid, epoch, latency_ms, attempt },
                        true => Notice::Restarted { pid, epoch, latency_ms, attempt },
                    }
                }
            };
            self.tell(notice);
        }
        self.used = Some(id.clone());
        self.was_linked = true;
        self.judged = None;
        self.last_failure = None;
        self.by_hand = false;
        self.asked = None;
        self.phase = Phase::Linked { link, id, heard_ms: self.now_ms };
        self.unlock();
    }

    /// A daemon answered that it recovers: it is waited for as long as it gets on.
    pub(super) fn follow(&mut self, link: LinkId, id: Identity, advance: Advance) {
        self.asked = None;
        self.tell(Notice::Recovering { pid: id.pid, epoch: id.epoch.clone(), advance });
        self.phase = Phase::Recovering {
            link,
            id,
            advance,
            moved_ms: self.now_ms,
            check_at_ms: self.in_ms(self.settings.recover_check_ms),
        };
    }

    pub(super) fn take_link_loss(&mut self, link: LinkId) {
        self.calls.link_lost(link, self.now_ms, &self.settings);
        self.lingering.remove(&link);
        let current = match &self.phase {
            Phase::Recovering { link, .. } | Phase::Linked { link, .. } => Some(*link),
            _ => None,
        };
        if current != Some(link) {
            return;
        }
        self.asked = None;
        if self.lock == Lock::Held {
            return self.seek_lock();
        }
        self.phase = Phase::Looking;
        self.ask_look();
    }

    pub(super) fn take_reply(&mut self, call: CallId, kind: ReplyKind) {
        let Some(link) = self.calls.replied(call, kind, self.now_ms, &mut self.out) else { return };
        self.take_sign_of_life(link);
        let current = self.linked().is_some_and(|(current, _)| current == link);
        if current && kind == ReplyKind::ShuttingDown {
            self.retire(link);
            self.seek_lock();
        }
    }

    pub(super) fn take_sign_of_life(&mut self, heard: LinkId) {
        if let Phase::Linked { link, heard_ms, .. } = &mut self.phase
            && *link == heard
        {
            *heard_ms = self.now_ms;
        }
    }

    /// Sends what waits, if the health known is fresh; else asks for it first.
    pub(super) fn dispatch(&mut self) {
        let Phase::Linked { link, id, heard_ms } = &self.phase else { return };
        if !self.calls.has_sendable(self.now_ms) {
            return;
        }
        if self.now_ms.saturating_sub(*heard_ms) <= self.settings.health_ms_max {
            let (now_ms, settings) = (self.now_ms, &self.settings);
            self.calls.dispatch(*link, &id.epoch, now_ms, settings, &mut self.out);
        } else if self.asked.is_none() {
            let link = *link;
            let token = self.ask();
            self.out.push(Action::Check(token, link));
        }
    }

    /// The link is not used for anything new; it closes after the last reply.
    pub(super) fn retire(&mut self, link: LinkId) {
        self.lingering.insert(link);
    }

    pub(super) fn tell_stopped(&mut self, reason: &str) {
        if let Some(used) = self.used.take() {
            let reason = reason.to_owned();
            self.tell(Notice::Stopped { pid: used.pid, epoch: used.epoch, reason });
        }
    }

    pub(super) fn may_start(&self) -> bool {
        self.settings.autostart || self.by_hand
    }
}

impl Gone {
    pub(super) fn is(&self, id: &Identity) -> bool {
        match self {
            Self::Ended => false,
            Self::Fell(gone) | Self::Draining(gone) | Self::Bad(gone) => gone.epoch == id.epoch,
        }
    }
}
