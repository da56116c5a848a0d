//! Who has to go, and when: told from plain facts, so that it is tried without a socket and a clock.

use std::time::{Duration, Instant};

use crate::{call::PeerId, limits::Limits, memory::SMALL_BYTES_MAX};

/// A peer that gave and took nothing for so long makes no progress.
const STALLED_AFTER: Duration = Duration::from_secs(1);

/// How long cancelled work gets to notice.
const CANCEL_GRACE: Duration = Duration::from_secs(2);

/// How long answers that nobody takes hold up a stop once everything is answered.
const UNREAD_GRACE: Duration = Duration::from_secs(1);

/// What is to be known of a peer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Facts {
    pub(super) id: PeerId,
    /// It sent a request.
    pub(super) spoke: bool,
    /// It has yet to say who it is.
    pub(super) unproven: bool,
    /// Calls of it are unanswered.
    pub(super) asks: bool,
    /// It waits for events.
    pub(super) subscribed: bool,
    /// Memory it holds.
    pub(super) held: usize,
    /// When it last sent or took something.
    pub(super) active: Instant,
    /// Since when output waits of which it took nothing.
    pub(super) untaken_since: Option<Instant>,
    /// Since when a message of it is not whole.
    pub(super) partial_since: Option<Instant>,
}

/// Why a peer is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    /// It did not say who it is.
    Hello,
    /// Its message did not become whole.
    Partial,
    /// It took nothing of what it asked for.
    Untaken,
    /// It asked nothing for long.
    Idle,
}

/// When a peer is closed if nothing happens, and why.
pub(super) fn due(facts: &Facts, limits: &Limits, now: Instant) -> Option<(Instant, Reason)> {
    let partial =
        facts.partial_since.map(|since| (since + limits.partial_frame_max, Reason::Partial));
    let hello = facts.unproven.then(|| (facts.active + limits.partial_frame_max, Reason::Hello));
    let untaken = facts.untaken_since.map(|since| (since + limits.send_max, Reason::Untaken));
    let busy = facts.asks || facts.subscribed || facts.untaken_since.is_some();
    let since = if busy { now } else { facts.active };
    let idle = limits.idle_max.and_then(|idle| since.checked_add(idle));
    let idle = idle.map(|at| (at, Reason::Idle));
    [partial, hello, untaken, idle].into_iter().flatten().min_by_key(|(at, _)| *at)
}

/// Who gives way to a new client: the oldest that never asked anything, else the one that was idle for
/// longest; never one with a call in flight.
pub(super) fn gives_way(peers: impl Iterator<Item = Facts>) -> Option<PeerId> {
    let free = peers.filter(|peer| !peer.asks && peer.untaken_since.is_none());
    free.min_by_key(|peer| (peer.spoke, peer.active, peer.id)).map(|peer| peer.id)
}

/// Who gives way when all memory is used: whoever holds most of it and makes no progress. The moment at
/// which the first of them would count as such, if none does yet.
pub(super) fn hoards(
    peers: impl Iterator<Item = Facts>,
    now: Instant,
) -> Result<PeerId, Option<Instant>> {
    let held_up = |peer: &Facts| peer.untaken_since.is_some() || peer.partial_since.is_some();
    let large = peers.filter(|peer| peer.held > SMALL_BYTES_MAX && held_up(peer));
    let (stalled, moving): (Vec<Facts>, Vec<Facts>) =
        large.partition(|peer| peer.active + STALLED_AFTER <= now);
    let most = stalled.into_iter().max_by_key(|peer| (peer.held, peer.id));
    most.map(|peer| peer.id)
        .ok_or_else(|| moving.iter().map(|peer| peer.active + STALLED_AFTER).min())
}

/// A stop on its way.
///
/// ```text
/// finishing --- drain is over ---> cancelled --- grace is over ---> left
///     \--- all is answered: as soon as the answers are taken, or nobody takes them ---/
/// ```
#[derive(Clone, Copy, Debug)]
pub(super) struct Stop {
    cancel_at: Instant,
    cancelled: bool,
    /// Since when everything is answered.
    answered_since: Option<Instant>,
}

/// What a stop does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// It waits, until this moment at most.
    Wait(Instant),
    /// What still runs is cancelled.
    Cancel,
    /// The daemon leaves.
    Leave,
}

impl Stop {
    /// A stop that lets calls finish for `drain`.
    pub(super) fn new(drain: Duration, now: Instant) -> Self {
        Stop { cancel_at: now + drain, cancelled: false, answered_since: None }
    }

    /// What is to be done now that every call is answered, or not, and every answer sent, or not.
    pub(super) fn step(&mut self, answered: bool, sent: bool, now: Instant) -> Step {
        let leave_at = self.cancel_at + CANCEL_GRACE;
        if !answered {
            self.answered_since = None;
            if now >= leave_at {
                return Step::Leave;
            }
            if now < self.cancel_at {
                return Step::Wait(self.cancel_at);
            }
            return match std::mem::replace(&mut self.cancelled, true) {
                false => Step::Cancel,
                true => Step::Wait(leave_at),
            };
        }
        let until = *self.answered_since.get_or_insert(now) + UNREAD_GRACE;
        if sent || now >= until.min(leave_at) {
            Step::Leave
        } else {
            Step::Wait(until.min(leave_at))
        }
    }
}

#[cfg(test)]
mod tests {
    use goxe_config::Config;

    use super::*;

    fn limits() -> Limits {
        let mut limits = Limits::new(&Config::built_in());
        limits.partial_frame_max = Duration::from_secs(30);
        limits.send_max = Duration::from_secs(60);
        limits.idle_max = Some(Duration::from_secs(3600));
        limits
    }

    fn idle(slot: u32, active: Instant) -> Facts {
        Facts {
            id: PeerId { slot, generation: 0 },
            spoke: true,
            unproven: false,
            asks: false,
            subscribed: false,
            held: 0,
            active,
            untaken_since: None,
            partial_since: None,
        }
    }

    fn after(start: Instant, seconds: u64) -> Instant {
        start + Duration::from_secs(seconds)
    }

    #[test]
    fn every_wait_of_a_peer_ends() {
        let start = Instant::now();
        let facts = idle(0, start);
        let since = Some(start);
        let table = [
            (facts, 3600, Reason::Idle),
            (Facts { unproven: true, ..facts }, 30, Reason::Hello),
            (Facts { partial_since: since, ..facts }, 30, Reason::Partial),
            (Facts { untaken_since: since, ..facts }, 60, Reason::Untaken),
            (Facts { untaken_since: since, partial_since: since, ..facts }, 30, Reason::Partial),
        ];
        for (facts, seconds, reason) in table {
            assert_eq!(due(&facts, &limits(), start), Some((after(start, seconds), reason)));
        }
        // Whoever waits for something is not idle.
        let now = after(start, 9999);
        for busy in [Facts { asks: true, ..facts }, Facts { subscribed: true, ..facts }] {
            assert_eq!(due(&busy, &limits(), now), Some((after(now, 3600), Reason::Idle)));
        }
        let never = Limits { idle_max: None, ..limits() };
        assert_eq!(due(&facts, &never, now), None);
    }

    #[test]
    fn the_silent_give_way_first_then_the_idle_and_never_who_waits() {
        let start = Instant::now();
        let silent = |slot, at| Facts { spoke: false, ..idle(slot, after(start, at)) };
        let waits = Facts { asks: true, ..idle(9, start) };
        let first = |peers: &[Facts]| gives_way(peers.iter().copied()).map(|id| id.slot);
        assert_eq!(first(&[idle(1, start), silent(2, 8), silent(3, 7), waits]), Some(3));
        assert_eq!(first(&[idle(1, after(start, 5)), idle(2, after(start, 4)), waits]), Some(2));
        assert_eq!(first(&[waits, Facts { untaken_since: Some(start), ..idle(1, start) }]), None);
    }

    #[test]
    fn who_holds_most_and_stands_still_goes_when_memory_is_used() {
        let start = Instant::now();
        let now = after(start, 10);
        let holds = |slot, mib: usize, active: u64| Facts {
            held: mib << 20,
            untaken_since: Some(start),
            ..idle(slot, after(start, active))
        };
        let who = |peers: &[Facts]| hoards(peers.iter().copied(), now).map(|id| id.slot);
        assert_eq!(who(&[holds(1, 60, 10), holds(2, 5, 8), holds(3, 30, 9)]), Ok(3));
        // All of them move: the first to stand still is looked at when it would.
        assert_eq!(who(&[holds(1, 60, 10)]), Err(Some(after(start, 11))));
        // One that waits for its calls alone is not in the way, and a newcomer holds nothing.
        let asks = Facts { untaken_since: None, asks: true, ..holds(1, 60, 0) };
        assert_eq!(who(&[asks, idle(2, start)]), Err(None));
        let sends = Facts { partial_since: Some(start), untaken_since: None, ..holds(4, 9, 3) };
        assert_eq!(who(&[asks, sends]), Ok(4));
    }

    #[test]
    fn a_stop_cancels_what_does_not_end_and_waits_for_no_reader() {
        let start = Instant::now();
        let at = |seconds| after(start, seconds);
        let mut stop = Stop::new(Duration::from_secs(10), start);
        assert_eq!(stop.step(false, true, at(3)), Step::Wait(at(10)));
        assert_eq!(stop.step(false, true, at(10)), Step::Cancel);
        assert_eq!(stop.step(false, true, at(11)), Step::Wait(at(12)));
        assert_eq!(stop.step(true, true, at(11)), Step::Leave);
        assert_eq!(stop.step(false, true, at(12)), Step::Leave);
        let mut unread = Stop::new(Duration::from_secs(10), start);
        assert_eq!(unread.step(true, false, at(1)), Step::Wait(at(2)));
        assert_eq!(unread.step(true, false, at(2)), Step::Leave);
    }
}
