//! Starting a daemon under the start lock: budget, killing, the data lock, the start itself.

use super::action::{Action, ServiceRequest};
use super::event::{Exit, Identity, Token};
use super::reason::{Reason, Seconds};
use super::starts::{Starts, Verdict};
use super::{Core, Gone, Lock, Notice, OwnStart, Phase, Suspect};

/// Exit codes of the daemon that the next start would meet again: usage or configuration, and
/// rights.
const LASTING_EXITS: [i32; 2] = [2, 4];

impl Core {
    pub(super) fn take_survey(&mut self, starts: Starts, supervised: bool) {
        let Phase::Surveying { gone } = &self.phase else { return };
        let gone = gone.clone();
        debug_assert_eq!(self.lock, Lock::Held, "the record is read under the start lock");
        self.starts = starts;
        self.start = None;
        let fell = match &gone {
            Gone::Ended | Gone::Draining(_) => false,
            Gone::Fell(_) | Gone::Bad(_) => true,
        };
        if self.starts.settle(self.now_ms, fell, &self.settings) {
            self.write_starts();
        }
        if !self.calls.wants_daemon() {
            return self.rest_idle();
        }
        if !self.may_start() {
            return self.refuse_start();
        }
        match self.starts.verdict(self.now_ms, &self.settings) {
            Verdict::Go { attempt } => self.attempt = attempt,
            Verdict::Wait { .. } | Verdict::Exhausted { .. } if self.by_hand => self.attempt = 1,
            Verdict::Wait { until_ms } => {
                self.unlock();
                self.phase = Phase::Resting { until_ms };
                return;
            }
            Verdict::Exhausted { failures, until_ms } => {
                return self.fail(&Reason::Exhausted {
                    failures,
                    window_ms: self.settings.starts_window_ms,
                    retry_ms: until_ms.saturating_sub(self.now_ms),
                    last: self.last_failure.clone(),
                });
            }
        }
        self.supervised = supervised;
        match gone {
            Gone::Bad(bad) => self.replace(bad),
            gone @ (Gone::Ended | Gone::Fell(_) | Gone::Draining(_)) => self.clear(gone),
        }
    }

    /// Has a bad daemon ended: by its service manager if it has one, which is never gone behind.
    fn replace(&mut self, bad: Identity) {
        match self.supervised {
            true => self.ask_service_manager(ServiceRequest::Restart),
            false => self.kill(bad),
        }
    }

    fn kill(&mut self, bad: Identity) {
        let token = self.ask();
        self.out.push(Action::Kill(token, bad.clone()));
        self.phase = Phase::Killing { bad };
    }

    fn ask_service_manager(&mut self, request: ServiceRequest) {
        self.tell_stopped("its service manager replaces it");
        let token = self.begin_start(true);
        self.out.push(Action::AskServiceManager(token, request));
    }

    pub(super) fn take_service_manager(&mut self, token: Token, result: Result<(), String>) {
        if self.start.as_ref().is_none_or(|start| start.token != token) {
            return;
        }
        match result {
            Ok(()) => {
                let (now_ms, again_ms) = (self.now_ms, self.in_ms(self.settings.look_again_ms));
                if let Phase::Starting { heard_ms, look_at_ms, .. } = &mut self.phase {
                    *heard_ms = now_ms;
                    *look_at_ms = if self.look.is_none() { now_ms } else { again_ms };
                }
            }
            Err(text) => {
                if self.starts.failed(self.now_ms) {
                    self.write_starts();
                }
                self.fail(&Reason::ServiceManagerRefused(text));
            }
        }
    }

    pub(super) fn take_kill(&mut self, result: Result<(), String>) {
        let Phase::Killing { bad } = &self.phase else { return };
        let bad = bad.clone();
        match result {
            Ok(()) => {
                self.tell_stopped("it did not answer and was ended");
                self.clear(Gone::Bad(bad));
            }
            Err(text) => self.fail(&Reason::KillRefused(text)),
        }
    }

    /// None may be started; if one was, for a person, what became of it is the better answer.
    pub(super) fn refuse_start(&mut self) {
        match self.last_failure.take() {
            Some(text) => self.fail(&Reason::StartFailed { text }),
            None => self.fail(&Reason::NoDaemon),
        }
    }

    /// Waits until nobody holds the data folder.
    fn clear(&mut self, gone: Gone) {
        let look_at_ms = self.in_ms(self.settings.look_again_ms);
        self.phase = Phase::Clearing { gone, since_ms: self.now_ms, look_at_ms };
        let token = self.ask();
        self.out.push(Action::AwaitDataLock(token));
    }

    pub(super) fn take_data_lock(&mut self, result: Result<(), String>) {
        match (&self.phase, result) {
            (Phase::Clearing { gone, .. }, Ok(())) => {
                let reason = match gone {
                    Gone::Ended | Gone::Draining(_) => "it was stopped",
                    Gone::Fell(_) | Gone::Bad(_) => "it fell",
                };
                self.tell_stopped(reason);
                self.spawn();
            }
            (Phase::Judging { suspect: Suspect { deaf: true, .. }, .. }, Ok(())) => {
                self.tell_stopped("it was stopped");
                self.look = None;
                self.spawn();
            }
            (_, Ok(())) => {}
            (_, Err(text)) => self.fail(&Reason::LockUnusable(text)),
        }
    }

    /// The data folder was held for too long. A daemon that drains is judged; a start whose starter
    /// died and that never answered is ended; anybody else is none of our business.
    pub(super) fn end_clearing(&mut self) {
        let Phase::Clearing { gone, since_ms, .. } = &self.phase else { return };
        let waited_ms = self.now_ms.saturating_sub(*since_ms);
        match gone.clone() {
            Gone::Draining(id) => {
                self.suspect(Suspect { deaf: true, ..Suspect::of(id) });
            }
            gone @ (Gone::Ended | Gone::Fell(_) | Gone::Bad(_)) => {
                match (gone, self.starts.unready()) {
                    _ if self.supervised => self.ask_service_manager(ServiceRequest::Restart),
                    (Gone::Ended | Gone::Fell(_), Some((pid, started))) => {
                        self.kill(Identity::nameless(pid, started));
                    }
                    _ => self.fail(&Reason::LockHeld { by: None, waited_ms }),
                }
            }
        }
    }

    /// Whoever holds the data folder is no daemon that could show itself: waiting would tell no more.
    pub(super) fn take_foreign_lock(&mut self, by: Option<String>) {
        let Phase::Clearing { gone: Gone::Ended | Gone::Fell(_), since_ms, .. } = &self.phase
        else {
            return;
        };
        let waited_ms = self.now_ms.saturating_sub(*since_ms);
        self.fail(&Reason::LockHeld { by, waited_ms });
    }

    fn spawn(&mut self) {
        if self.supervised {
            return self.ask_service_manager(ServiceRequest::Start);
        }
        let token = self.begin_start(false);
        self.out.push(Action::Start(token));
    }

    fn begin_start(&mut self, supervised: bool) -> Token {
        self.starts.push(self.now_ms);
        self.write_starts();
        // A person's wish is good for one start.
        self.by_hand = false;
        let token = self.token();
        let (at_ms, attempt) = (self.now_ms, self.attempt);
        self.start = Some(OwnStart { token, at_ms, attempt, supervised });
        self.tell(Notice::Starting { attempt });
        let look_at_ms = self.in_ms(self.settings.look_again_ms);
        self.phase = Phase::Starting { heard_ms: at_ms, look_at_ms, ending: false };
        token
    }

    pub(super) fn take_spawn(&mut self, token: Token, pid: u32, started: u64) {
        if self.start.as_ref().is_some_and(|start| start.token == token) {
            self.starts.spawned(pid, started);
            self.write_starts();
        }
    }

    pub(super) fn take_exit(&mut self, token: Token, exit: Exit) {
        let Some(start) = self.start.take_if(|start| start.token == token) else { return };
        if self.starts.failed(self.now_ms) {
            self.write_starts();
        }
        let exit = match self.phase {
            Phase::Starting { ending: true, .. } => {
                let waited = Seconds(self.settings.progress_ms_max);
                let text = format!("it did not become ready within {waited}; {}", exit.text);
                Exit { text, ..exit }
            }
            _ => exit,
        };
        if exit.code.is_some_and(|code| LASTING_EXITS.contains(&code)) {
            return self.fail(&Reason::StartFailed { text: exit.text });
        }
        self.tell(Notice::Failed { reason: exit.text.clone(), attempt: start.attempt });
        self.last_failure = Some(exit.text);
        match &self.phase {
            Phase::Starting { .. } | Phase::Judging { .. } => self.seek_lock(),
            Phase::Recovering { link, .. } => {
                let link = *link;
                self.retire(link);
                self.seek_lock();
            }
            Phase::Idle
            | Phase::Looking
            | Phase::Locking { .. }
            | Phase::Checking
            | Phase::Surveying { .. }
            | Phase::Resting { .. }
            | Phase::Killing { .. }
            | Phase::Clearing { .. }
            | Phase::Crowded { .. }
            | Phase::Linked { .. } => {}
        }
    }

    /// A start made no progress for too long.
    pub(super) fn end_start(&mut self) {
        let Phase::Starting { heard_ms, ending, .. } = &mut self.phase else { return };
        let waited_ms = self.now_ms.saturating_sub(*heard_ms);
        match &self.start {
            Some(start) if !start.supervised && !*ending => {
                *ending = true;
                *heard_ms = self.now_ms;
                self.out.push(Action::EndStart(start.token));
            }
            start => {
                let supervised = start.as_ref().is_some_and(|start| start.supervised);
                if self.starts.failed(self.now_ms) {
                    self.write_starts();
                }
                self.fail(&Reason::NoProgress { waited_ms, supervised });
            }
        }
    }

    fn write_starts(&mut self) {
        debug_assert_eq!(self.lock, Lock::Held, "the record is written under the start lock");
        self.out.push(Action::WriteStarts(self.starts.clone()));
    }
}
