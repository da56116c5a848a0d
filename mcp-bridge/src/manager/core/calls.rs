//! The calls that wait for their outcome, and the rule by which each may be sent again.

mod open_call;

use std::collections::BTreeMap;

use open_call::{CallState, OpenCall, Step};

use super::action::{Action, Outcome};
use super::event::{CallId, CallKind, Epoch, LinkId, Recorded, ReplyKind};
use super::reason::Reason;
use super::settings::Settings;

/// Answers "never" from the daemon an edit was sent to, before they are believed: its bytes might
/// still have been on their way when the first one was given.
const NEVERS_MIN: u32 = 2;

/// All calls without an outcome.
#[derive(Debug, Default)]
pub(super) struct Calls {
    entries: BTreeMap<CallId, OpenCall>,
}

impl Calls {
    pub(super) fn add(&mut self, call: CallId, kind: CallKind, deadline_ms: u64) {
        let entry = OpenCall {
            kind,
            state: CallState::Waiting,
            deadline_ms,
            sends: 0,
            nevers: 0,
            epoch: None,
            given_up: false,
        };
        let before = self.entries.insert(call, entry);
        debug_assert!(before.is_none(), "a call is numbered once");
    }

    /// Whether somebody waits for a daemon.
    pub(super) fn wants_daemon(&self) -> bool {
        self.entries.values().any(|entry| match entry.state {
            CallState::Waiting | CallState::Lost | CallState::Pausing { .. } => true,
            CallState::Sent(_) | CallState::Cancelling { .. } | CallState::Asking { .. } => false,
        })
    }

    /// Whether something could be written now.
    pub(super) fn has_sendable(&self, now_ms: u64) -> bool {
        self.entries.values().any(|entry| entry.is_sendable(now_ms))
    }

    /// Whether a reply is expected on the link.
    pub(super) fn uses(&self, link: LinkId) -> bool {
        self.entries.values().any(|entry| entry.link() == Some(link))
    }

    /// Sends everything that waits for a ready daemon.
    pub(super) fn dispatch(
        &mut self,
        link: LinkId,
        epoch: &Epoch,
        now_ms: u64,
        settings: &Settings,
        out: &mut Vec<Action>,
    ) {
        let mut finished = Vec::new();
        for (&call, entry) in &mut self.entries {
            if !entry.is_sendable(now_ms) {
                continue;
            }
            match entry.next_step(settings) {
                Step::Finish(outcome) => finished.push((call, outcome)),
                Step::Send => {
                    entry.sends += 1;
                    entry.epoch = Some(epoch.clone());
                    entry.state = CallState::Sent(link);
                    out.push(Action::Send(call, link));
                }
                Step::Ask => {
                    let until_ms = now_ms.saturating_add(settings.cancel_ms_max);
                    let until_ms = until_ms.max(entry.deadline_ms);
                    entry.state = CallState::Asking { link, until_ms };
                    out.push(Action::AskOutcome(call, link));
                }
            }
        }
        for (call, outcome) in finished {
            self.finish(call, outcome, out);
        }
    }

    /// Returns the link that the reply came on.
    pub(super) fn replied(
        &mut self,
        call: CallId,
        kind: ReplyKind,
        now_ms: u64,
        out: &mut Vec<Action>,
    ) -> Option<LinkId> {
        let entry = self.entries.get_mut(&call)?;
        let link = entry.link()?;
        match kind {
            ReplyKind::Undecided if entry.kind == CallKind::Edit => {
                entry.given_up = true;
                entry.state = CallState::Pausing { until_ms: now_ms };
            }
            ReplyKind::Answer | ReplyKind::Undecided => self.finish(call, Outcome::Done, out),
            // Refused before it was run. What an earlier sending did is still open.
            ReplyKind::ShuttingDown => {
                entry.sends -= 1;
                match (entry.sends, entry.given_up) {
                    (0, true) => self.finish(call, Outcome::NotDone(Reason::Cancelled), out),
                    (0, false) => entry.state = CallState::Waiting,
                    (_, _) => entry.state = CallState::Lost,
                }
            }
        }
        Some(link)
    }

    /// `current` is the link in use and the daemon behind it.
    pub(super) fn outcome_told(
        &mut self,
        call: CallId,
        recorded: Recorded,
        current: Option<(LinkId, &Epoch)>,
        now_ms: u64,
        settings: &Settings,
        out: &mut Vec<Action>,
    ) {
        let Some(entry) = self.entries.get_mut(&call) else { return };
        let CallState::Asking { link, .. } = entry.state else { return };
        let again = CallState::Pausing { until_ms: now_ms.saturating_add(settings.settle_ms) };
        match recorded {
            Recorded::Committed => self.finish(call, Outcome::Done, out),
            Recorded::Refused => self.finish(call, Outcome::Unknown(Reason::OutcomeRefused), out),
            Recorded::Running if now_ms >= entry.deadline_ms => {
                self.finish(call, Outcome::Unknown(Reason::StillRunning), out);
            }
            Recorded::Running => {
                entry.nevers = 0;
                entry.state = again;
            }
            Recorded::Later if now_ms >= entry.deadline_ms => {
                self.finish(call, Outcome::Unknown(Reason::OutcomeRefused), out);
            }
            Recorded::Later => {
                let until_ms = now_ms.saturating_add(settings.moment_ms);
                entry.state = CallState::Pausing { until_ms };
            }
            Recorded::Never => {
                entry.nevers += 1;
                let elsewhere = current.is_some_and(|(current, epoch)| {
                    current == link && entry.epoch.as_ref() != Some(epoch)
                });
                if elsewhere || entry.nevers >= NEVERS_MIN {
                    let reason = entry.never_reason(now_ms);
                    self.finish(call, Outcome::NotDone(reason), out);
                } else {
                    entry.state = again;
                }
            }
        }
    }

    /// An edit in doubt gets the time that it takes to start a daemon and to ask it.
    pub(super) fn link_lost(&mut self, link: LinkId, now_ms: u64, settings: &Settings) {
        for entry in self.entries.values_mut() {
            if entry.link() != Some(link) {
                continue;
            }
            entry.state = CallState::Lost;
            if entry.kind == CallKind::Edit {
                let asked_ms = now_ms.saturating_add(settings.doubt_ms);
                entry.deadline_ms = entry.deadline_ms.max(asked_ms);
            }
        }
    }

    /// The caller takes a call back.
    pub(super) fn abandon(
        &mut self,
        call: CallId,
        now_ms: u64,
        settings: &Settings,
        out: &mut Vec<Action>,
    ) {
        let Some(entry) = self.entries.get_mut(&call) else { return };
        match entry.state {
            CallState::Waiting => self.finish(call, Outcome::NotDone(Reason::Cancelled), out),
            CallState::Lost if entry.kind == CallKind::Once => {
                self.finish(call, Outcome::Unknown(Reason::AnswerLost), out);
            }
            CallState::Lost if entry.kind != CallKind::Edit => {
                self.finish(call, Outcome::NotDone(Reason::Cancelled), out);
            }
            CallState::Sent(link) => entry.cancel(call, link, now_ms, settings, out),
            CallState::Cancelling { .. } | CallState::Asking { .. } => {}
            CallState::Lost | CallState::Pausing { .. } => entry.given_up = true,
        }
    }

    /// Ends or cancels what has no time left. `doing` tells what kept it waiting.
    pub(super) fn expire(
        &mut self,
        now_ms: u64,
        doing: &dyn Fn() -> String,
        settings: &Settings,
        out: &mut Vec<Action>,
    ) {
        let mut finished = Vec::new();
        for (&call, entry) in &mut self.entries {
            if now_ms < entry.due_ms() {
                continue;
            }
            match entry.state {
                CallState::Waiting
                | CallState::Lost
                | CallState::Pausing { .. }
                | CallState::Asking { .. } => {
                    finished.push((call, entry.failed(Reason::Deadline { doing: doing() })));
                }
                CallState::Sent(link) => entry.cancel(call, link, now_ms, settings, out),
                CallState::Cancelling { link, .. } => match entry.kind {
                    CallKind::Edit => {
                        let until_ms = now_ms.saturating_add(settings.cancel_ms_max);
                        entry.given_up = true;
                        entry.state = CallState::Asking { link, until_ms };
                        out.push(Action::AskOutcome(call, link));
                    }
                    CallKind::Once => {
                        finished.push((call, entry.failed(Reason::AnswerLost)));
                    }
                    CallKind::Ensure | CallKind::Start | CallKind::Read => {
                        let reason = if now_ms < entry.deadline_ms {
                            Reason::Cancelled
                        } else {
                            Reason::Deadline { doing: "the daemon works on it".to_owned() }
                        };
                        finished.push((call, entry.failed(reason)));
                    }
                },
            }
        }
        for (call, outcome) in finished {
            self.finish(call, outcome, out);
        }
    }

    /// Ends everything that waits for a daemon that cannot be had.
    pub(super) fn fail(&mut self, reason: &Reason, out: &mut Vec<Action>) {
        let waiting: Vec<(CallId, Outcome)> = self
            .entries
            .iter()
            .filter_map(|(&call, entry)| match entry.state {
                CallState::Waiting | CallState::Lost | CallState::Pausing { .. } => {
                    Some((call, entry.failed(reason.clone())))
                }
                CallState::Sent(_) | CallState::Cancelling { .. } | CallState::Asking { .. } => {
                    None
                }
            })
            .collect();
        for (call, outcome) in waiting {
            self.finish(call, outcome, out);
        }
    }

    /// When `expire` or `dispatch` next has something to do.
    pub(super) fn due_ms(&self, now_ms: u64) -> Option<u64> {
        self.entries.values().map(|entry| entry.wake_ms(now_ms)).min()
    }

    fn finish(&mut self, call: CallId, outcome: Outcome, out: &mut Vec<Action>) {
        if self.entries.remove(&call).is_some() {
            out.push(Action::Finish(call, outcome));
        }
    }
}
