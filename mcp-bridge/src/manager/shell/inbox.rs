//! What comes in: requests of the handles, findings of threads, reports of connections.

use std::sync::Arc;

use goxe_protocol::Code;
use goxe_protocol::api::history::{CallOutcome, OutcomeReply};
use goxe_protocol::api::system::{State, StatusReply};
use goxe_protocol::client::Answer;
use goxe_protocol::error::Retry;
use tokio::sync::mpsc;

use super::connection::{Canceller, Failure, Report, Tag};
use super::look::{NewLink, Seen};
use super::{Ask, CALLS_MAX, COMMANDS_MAX, Finding, Link, Pending, Request, Shell, process};
use crate::manager::call::{CallError, Settled};
use crate::manager::core::{
    Advance, CallId, Event, Found, Health, LinkId, Recorded, ReplyKind, Token,
};

impl Shell {
    pub(super) fn take_request(&mut self, request: Request) {
        match request {
            Request::Call(ask) => self.take_ask(*ask),
            Request::Abandon(call) => self.step(Event::Abandon(call)),
        }
    }

    fn take_ask(&mut self, ask: Ask) {
        let Ask { id, kind, timeout, work, to } = ask;
        if self.pending.len() >= CALLS_MAX {
            return super::carry::answer(to, Err(CallError::Busy(CALLS_MAX)), None);
        }
        let timeout_ms = u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX);
        let deadline_ms = process::now_ms().saturating_add(timeout_ms);
        self.pending.insert(id, Pending { work, deadline_ms, to, got: None });
        self.step(Event::Call(id, kind, deadline_ms));
    }

    pub(super) fn take_finding(&mut self, finding: Finding) {
        match finding {
            Finding::Seen(token, seen) => {
                let found = self.take_seen(seen);
                self.step(Event::Looked(token, found));
            }
            Finding::StartLock(token, taken) => {
                let result = taken.map(|file| self.start_lock = Some(file));
                self.step(Event::StartLocked(token, result));
            }
            Finding::DataLock(result) => {
                self.data_lock_thread = false;
                if let Some(token) = self.data_lock_wanted.take() {
                    self.step(Event::DataLockFree(token, result));
                }
            }
            Finding::Survey(token, starts, service_manager) => {
                let supervised = service_manager.is_some();
                self.service_manager = service_manager;
                self.step(Event::Surveyed { token, starts, supervised });
            }
            Finding::Spawned { token, pid, started } => {
                self.started = Some((token, pid, started));
                self.step(Event::Spawned { token, pid, started });
            }
            Finding::Plain(event) => self.step(event),
        }
    }

    fn take_seen(&mut self, seen: Seen) -> Found {
        match seen {
            Seen::Ready(id, link) => Found::Ready(self.open_link(*link), id),
            Seen::Recovering(id, advance, link) => {
                Found::Recovering(self.open_link(*link), id, advance)
            }
            Seen::Draining(id) => Found::Draining(id),
            Seen::Silent(id) | Seen::Lost(id) => Found::Silent(id),
            Seen::Full(id) => Found::Full(id),
            Seen::Deaf(id) => Found::Deaf(id),
            Seen::Absent { left } => Found::Absent { left },
            Seen::Refused(text) => Found::Refused(text),
        }
    }

    fn open_link(&mut self, new: NewLink) -> LinkId {
        self.last_link += 1;
        let id = LinkId(self.last_link);
        let (calls, calls_in) = mpsc::channel(COMMANDS_MAX);
        let (control, control_in) = mpsc::channel(COMMANDS_MAX);
        let canceller = Canceller { session: new.session, control: control.clone() };
        tokio::spawn(new.calls.serve(id, calls_in, self.reports.clone(), Some(canceller)));
        tokio::spawn(new.control.serve(id, control_in, self.reports.clone(), None));
        self.links.insert(id, Link { calls, control, info: new.info });
        id
    }

    pub(super) fn take_report(&mut self, report: Report) {
        match report {
            Report::Answered(link, tag, outcome) => self.take_answer(link, tag, outcome),
            Report::Progress(link, call, progress) => {
                let pending = self.pending.get(&call);
                if let Some(listener) = pending.and_then(|pending| pending.work.progress.as_ref()) {
                    // Progress that nobody takes in time is overtaken by the next.
                    let _ = listener.try_send(progress);
                }
                self.step(Event::Heard(link));
            }
            Report::Notified(link, notification) => {
                // Nobody listening is no error.
                let _ = self.broadcasts.notifications.send(Arc::new(notification));
                self.step(Event::Heard(link));
            }
            Report::Lost(link) => {
                // Both connections report it; the first one ends the link.
                if self.links.remove(&link).is_some() {
                    self.step(Event::LinkLost(link));
                }
            }
        }
    }

    fn take_answer(&mut self, link: LinkId, tag: Tag, outcome: Result<Answer, Failure>) {
        match tag {
            Tag::Call(call) => self.take_reply(call, outcome),
            Tag::Outcome(call) => self.take_outcome(call, outcome),
            Tag::Check(token) => self.take_status(token, outcome),
            Tag::Cancel => self.step(Event::Heard(link)),
        }
    }

    fn take_reply(&mut self, call: CallId, outcome: Result<Answer, Failure>) {
        let Some(pending) = self.pending.get_mut(&call) else { return };
        let (kind, got) = match outcome {
            Ok(answer) => (ReplyKind::Answer, Ok(Settled::answered(answer))),
            Err(Failure::Unsent(error)) => {
                (ReplyKind::Answer, Err(CallError::Params(error.to_string())))
            }
            Err(Failure::Answer(error)) => {
                let kind = match error.code {
                    Code::ShuttingDown => ReplyKind::ShuttingDown,
                    Code::Timeout => ReplyKind::Undecided,
                    _ => ReplyKind::Answer,
                };
                (kind, Err(CallError::Answer(error)))
            }
        };
        pending.got = Some(got);
        self.step(Event::Replied(call, kind));
    }

    fn take_outcome(&mut self, call: CallId, outcome: Result<Answer, Failure>) {
        let Some(pending) = self.pending.get_mut(&call) else { return };
        let recorded = match outcome {
            Err(Failure::Answer(error)) => match error.code.retry() {
                Retry::Later | Retry::Reconnect | Retry::SameKey => Recorded::Later,
                Retry::Never | Retry::Changed => Recorded::Refused,
            },
            Err(Failure::Unsent(_)) => Recorded::Refused,
            Ok(answer) => match answer.parse::<OutcomeReply>() {
                Err(_) => Recorded::Refused,
                Ok(record) => match record.outcome {
                    CallOutcome::Running => Recorded::Running,
                    CallOutcome::Never => Recorded::Never,
                    CallOutcome::Committed => {
                        pending.got = Some(Ok(Settled::recorded(record)));
                        Recorded::Committed
                    }
                },
            },
        };
        self.step(Event::OutcomeTold(call, recorded));
    }

    fn take_status(&mut self, token: Token, outcome: Result<Answer, Failure>) {
        let latency_us = self
            .checks
            .remove(&token)
            .map_or(0, |since| u64::try_from(since.elapsed().as_micros()).unwrap_or(u64::MAX));
        let health = match outcome {
            Ok(answer) => match answer.parse::<StatusReply>() {
                Ok(status) => match status.state {
                    State::Ready => Health::Ready { latency_us },
                    State::Draining => Health::Draining,
                    State::Recovering => {
                        Health::Recovering(Advance { done: status.done, total: status.total })
                    }
                },
                Err(_) => Health::Silent,
            },
            Err(Failure::Answer(error)) if error.code == Code::ShuttingDown => Health::Draining,
            // An error is an answer: somebody thought about the request.
            Err(Failure::Answer(_)) => Health::Ready { latency_us },
            Err(Failure::Unsent(_)) => Health::Silent,
        };
        self.step(Event::Checked(token, health));
    }
}
