//! One call on its way: where it stands, and what may be done with it next.

use super::super::action::{Action, Outcome};
use super::super::event::{CallId, CallKind, Epoch, LinkId};
use super::super::reason::Reason;
use super::super::settings::Settings;

/// An edit is sent once, and once more with the same key.
const EDIT_SENDS_MAX: u32 = 2;

/// Where a call stands.
///
/// ```text
///            ┌──── shutting down ────┐
///            v                       │
///   new -> Waiting ──── Sent ────────┴─ reply ──> Done
///                        │ │
///              link lost │ │ deadline, cancel
///                        v v
///                      Lost  Cancelling ── reply ──> Done
///       read, first edit │      │ link lost ──> Lost
///       Sent (again) <───┤      │ no answer: a read is NotDone
///                        │      v
///          second edit   └──> Asking ── committed ──> Done
///                               │  ^   never ──> NotDone
///                 running, later│  │   (a reply that decides nothing leads here too)
///                               v  │
///                             Pausing
/// ```
///
/// `Unknown` is the end of an edit that leaves this picture from any state after `Sent`: nobody
/// could be asked before its time was over.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum CallState {
    /// Never written, or refused before it was run.
    Waiting,
    /// On this link.
    Sent(LinkId),
    /// On this link, and the daemon was told to give it up.
    Cancelling { link: LinkId, until_ms: u64 },
    /// Was on a link that is gone.
    Lost,
    /// `history.outcome` is on this link.
    Asking { link: LinkId, until_ms: u64 },
    /// `history.outcome` was asked, and is asked again later.
    Pausing { until_ms: u64 },
}

#[derive(Debug)]
pub(super) struct OpenCall {
    pub(super) kind: CallKind,
    pub(super) state: CallState,
    /// No outcome of this call may be later than this, but for a cancel that is under way.
    pub(super) deadline_ms: u64,
    pub(super) sends: u32,
    pub(super) nevers: u32,
    /// Whom it was sent to last.
    pub(super) epoch: Option<Epoch>,
    /// The caller took it back, or its time is over: it is not sent again.
    pub(super) given_up: bool,
}

/// What a ready daemon means for a call.
pub(super) enum Step {
    Finish(Outcome),
    Send,
    Ask,
}

impl OpenCall {
    pub(super) fn link(&self) -> Option<LinkId> {
        match self.state {
            CallState::Sent(link)
            | CallState::Cancelling { link, .. }
            | CallState::Asking { link, .. } => Some(link),
            CallState::Waiting | CallState::Lost | CallState::Pausing { .. } => None,
        }
    }

    pub(super) fn is_sendable(&self, now_ms: u64) -> bool {
        match self.state {
            CallState::Waiting | CallState::Lost => true,
            CallState::Pausing { until_ms } => until_ms <= now_ms,
            CallState::Sent(_) | CallState::Cancelling { .. } | CallState::Asking { .. } => false,
        }
    }

    pub(super) fn next_step(&self, settings: &Settings) -> Step {
        match self.kind {
            CallKind::Ensure | CallKind::Start => Step::Finish(Outcome::Done),
            CallKind::Read if self.sends < settings.read_sends_max => Step::Send,
            CallKind::Read => {
                Step::Finish(Outcome::NotDone(Reason::KeepsFalling { sends: self.sends }))
            }
            CallKind::Once if self.sends == 0 => Step::Send,
            CallKind::Once => Step::Finish(Outcome::Unknown(Reason::AnswerLost)),
            CallKind::Edit if self.given_up || self.sends >= EDIT_SENDS_MAX => Step::Ask,
            CallKind::Edit => match self.state {
                CallState::Pausing { .. } => Step::Ask,
                CallState::Waiting
                | CallState::Sent(_)
                | CallState::Cancelling { .. }
                | CallState::Lost
                | CallState::Asking { .. } => Step::Send,
            },
        }
    }

    pub(super) fn cancel(
        &mut self,
        call: CallId,
        link: LinkId,
        now_ms: u64,
        settings: &Settings,
        out: &mut Vec<Action>,
    ) {
        let until_ms = now_ms.saturating_add(settings.cancel_ms_max);
        self.given_up = true;
        self.state = CallState::Cancelling { link, until_ms };
        out.push(Action::Cancel(call, link));
    }

    pub(super) fn never_reason(&self, now_ms: u64) -> Reason {
        match self.given_up {
            false => Reason::NeverApplied,
            true if now_ms < self.deadline_ms => Reason::Cancelled,
            true => Reason::Deadline { doing: "the daemon worked on it".to_owned() },
        }
    }

    /// The outcome when nothing more can be learnt.
    pub(super) fn failed(&self, reason: Reason) -> Outcome {
        match self.kind {
            CallKind::Edit | CallKind::Once if self.sends > 0 => Outcome::Unknown(reason),
            CallKind::Ensure
            | CallKind::Start
            | CallKind::Read
            | CallKind::Edit
            | CallKind::Once => Outcome::NotDone(reason),
        }
    }

    /// When the state ends by itself.
    pub(super) fn due_ms(&self) -> u64 {
        match self.state {
            CallState::Waiting | CallState::Sent(_) | CallState::Lost => self.deadline_ms,
            CallState::Pausing { until_ms } => self.deadline_ms.max(until_ms),
            CallState::Cancelling { until_ms, .. } | CallState::Asking { until_ms, .. } => until_ms,
        }
    }

    /// When something can be done for it.
    pub(super) fn wake_ms(&self, now_ms: u64) -> u64 {
        match self.state {
            CallState::Pausing { until_ms } if until_ms > now_ms => until_ms,
            CallState::Waiting
            | CallState::Sent(_)
            | CallState::Lost
            | CallState::Pausing { .. }
            | CallState::Cancelling { .. }
            | CallState::Asking { .. } => self.due_ms(),
        }
    }
}
