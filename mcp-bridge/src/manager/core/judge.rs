//! Is the daemon well? Health before operations, recovery in progress, and the three probes.

use super::action::{Action, Notice};
use super::attach::Missing;
use super::event::{Advance, Health, Identity, LinkId};
use super::reason::Reason;
use super::settings::Settings;
use super::{Core, Gone, Phase};

/// A daemon under suspicion.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Suspect {
    pub(super) id: Identity,
    /// The link it fell silent on.
    pub(super) link: Option<LinkId>,
    /// Set if the suspicion is that its recovery stands still here.
    pub(super) stalled: Option<Advance>,
    /// Set if the suspicion is that it ends for too long, and no longer listens.
    pub(super) deaf: bool,
}

impl Suspect {
    /// A daemon that did not answer.
    pub(super) fn of(id: Identity) -> Self {
        Self { id, link: None, stalled: None, deaf: false }
    }
}

impl Core {
    pub(super) fn take_health(&mut self, health: Health) {
        match &self.phase {
            Phase::Linked { .. } => self.take_health_of_linked(health),
            Phase::Recovering { .. } => self.take_advance(health),
            _ => {}
        }
    }

    fn take_health_of_linked(&mut self, health: Health) {
        let Phase::Linked { link, id, heard_ms } = &mut self.phase else { return };
        let (link, id) = (*link, id.clone());
        match health {
            Health::Ready { latency_us } => {
                *heard_ms = self.now_ms;
                self.tell_health(&id, Some(latency_us));
            }
            Health::Recovering(advance) => self.follow(link, id, advance),
            Health::Draining => {
                self.retire(link);
                self.seek_lock();
            }
            Health::Silent => {
                self.retire(link);
                self.suspect(Suspect { link: Some(link), ..Suspect::of(id) });
            }
        }
    }

    fn take_advance(&mut self, health: Health) {
        let check_ms = self.in_ms(self.settings.recover_check_ms);
        let now_ms = self.now_ms;
        let Phase::Recovering { link, id, advance, moved_ms, check_at_ms } = &mut self.phase else {
            return;
        };
        match health {
            Health::Ready { .. } => {
                let (link, id) = (*link, id.clone());
                self.link_up(link, id);
            }
            Health::Recovering(at) => {
                *check_at_ms = check_ms;
                if at != *advance {
                    *advance = at;
                    *moved_ms = now_ms;
                    let (pid, epoch) = (id.pid, id.epoch.clone());
                    self.tell(Notice::Recovering { pid, epoch, advance: at });
                }
            }
            Health::Draining => {
                let link = *link;
                self.retire(link);
                self.seek_lock();
            }
            Health::Silent => {
                let (link, id) = (*link, id.clone());
                self.retire(link);
                self.suspect(Suspect { link: Some(link), ..Suspect::of(id) });
            }
        }
    }

    /// Three probes on fresh connections decide about this daemon.
    pub(super) fn suspect(&mut self, suspect: Suspect) {
        if !suspect.deaf {
            self.asked = None;
        }
        let look_at_ms = self.now_ms;
        self.phase = Phase::Judging { suspect, failures: 0, look_at_ms };
        self.ask_look();
    }

    /// One probe's result.
    pub(super) fn weigh(&mut self, missing: Missing) {
        let next_ms = self.in_ms(self.probe_gap_ms());
        let now_ms = self.now_ms;
        let Phase::Judging { suspect, failures, look_at_ms } = &mut self.phase else { return };
        match missing {
            Missing::Silent(id) if id.epoch == suspect.id.epoch => *failures += 1,
            Missing::Silent(id) => {
                *suspect = Suspect::of(id);
                *failures = 1;
            }
            Missing::Deaf(id) if suspect.deaf && id.epoch == suspect.id.epoch => *failures += 1,
            // It still answers, and is about to end by itself.
            Missing::Draining(id) if suspect.deaf && id.epoch == suspect.id.epoch => {
                let gone = Gone::Draining(id);
                self.phase = Phase::Clearing { gone, since_ms: now_ms, look_at_ms: next_ms };
                return;
            }
            Missing::Deaf(_) | Missing::Draining(_) | Missing::Absent { .. } => {
                return self.seek_lock();
            }
        }
        if *failures < self.settings.probes_max {
            *look_at_ms = next_ms;
            return;
        }
        let suspect = suspect.clone();
        self.tell_health(&suspect.id, None);
        // What is in flight there waits for the next daemon from now on, like everybody else.
        if let Some(link) = suspect.link {
            self.calls.link_lost(link, self.now_ms, &self.settings);
        }
        self.judged = Some(suspect);
        if self.settings.restart_bad || self.by_hand {
            self.seek_lock();
        } else {
            self.fail(&Reason::Bad);
        }
    }

    /// Whether a recovery stands still shows only after a while, whatever the clock says.
    fn probe_gap_ms(&self) -> u64 {
        match &self.phase {
            Phase::Judging { suspect: Suspect { stalled: Some(_), .. }, .. } => {
                self.settings.progress_ms_max / u64::from(self.settings.probes_max.max(1))
            }
            _ => self.settings.probe_gap_ms,
        }
    }

    pub(super) fn is_judged(&self, id: &Identity) -> bool {
        self.judged.as_ref().is_some_and(|judged| judged.id.epoch == id.epoch)
    }

    /// Whether this is the daemon whose recovery was last seen at the same point.
    pub(super) fn stands_still(&self, id: &Identity, at: Advance) -> bool {
        let suspect = match &self.phase {
            Phase::Judging { suspect, .. } => Some(suspect),
            _ => self.judged.as_ref(),
        };
        suspect.is_some_and(|suspect| {
            suspect.id.epoch == id.epoch && suspect.stalled.is_some_and(|stalled| stalled == at)
        })
    }

    fn tell_health(&mut self, id: &Identity, latency_us: Option<u64>) {
        let (pid, epoch) = (id.pid, id.epoch.clone());
        self.tell(Notice::HealthCheck { pid, epoch, latency_us });
    }

    /// What is due because time has passed.
    pub(super) fn pass_time(&mut self) {
        if self.phase_due_ms().is_none_or(|due_ms| self.now_ms < due_ms) {
            return;
        }
        let settings = &self.settings;
        match &mut self.phase {
            Phase::Locking { .. } | Phase::Judging { .. } | Phase::Crowded { .. } => {
                self.ask_look();
            }
            Phase::Resting { .. } => {
                self.phase = Phase::Looking;
                self.ask_look();
            }
            Phase::Clearing { gone, since_ms, .. } => {
                if self.now_ms.saturating_sub(*since_ms) < clearing_ms_max(gone, settings) {
                    self.ask_look();
                } else {
                    self.end_clearing();
                }
            }
            Phase::Starting { heard_ms, .. } => {
                if self.now_ms.saturating_sub(*heard_ms) < settings.progress_ms_max {
                    self.ask_look();
                } else {
                    self.end_start();
                }
            }
            Phase::Recovering { link, id, advance, moved_ms, .. } => {
                let (link, id, advance) = (*link, id.clone(), *advance);
                if self.now_ms.saturating_sub(*moved_ms) < settings.progress_ms_max {
                    let token = self.ask();
                    self.out.push(Action::Check(token, link));
                } else {
                    self.retire(link);
                    let (link, stalled) = (Some(link), Some(advance));
                    self.suspect(Suspect { link, stalled, ..Suspect::of(id) });
                }
            }
            Phase::Linked { link, .. } => {
                let link = *link;
                let token = self.ask();
                self.out.push(Action::Check(token, link));
            }
            Phase::Idle
            | Phase::Looking
            | Phase::Checking
            | Phase::Surveying { .. }
            | Phase::Killing { .. } => {}
        }
    }

    /// When `pass_time` next has something to do.
    pub(super) fn phase_due_ms(&self) -> Option<u64> {
        let settings = &self.settings;
        let next_look = |at_ms: u64| if self.look.is_none() { Some(at_ms) } else { None };
        match &self.phase {
            Phase::Locking { look_at_ms }
            | Phase::Judging { look_at_ms, .. }
            | Phase::Crowded { look_at_ms, .. } => next_look(*look_at_ms),
            Phase::Clearing { gone, since_ms, look_at_ms } => {
                let end_ms = since_ms.saturating_add(clearing_ms_max(gone, settings));
                Some(next_look(*look_at_ms).map_or(end_ms, |at_ms| at_ms.min(end_ms)))
            }
            Phase::Starting { heard_ms, look_at_ms, .. } => {
                let end_ms = heard_ms.saturating_add(settings.progress_ms_max);
                Some(next_look(*look_at_ms).map_or(end_ms, |at_ms| at_ms.min(end_ms)))
            }
            Phase::Resting { until_ms } => Some(*until_ms),
            Phase::Recovering { moved_ms, check_at_ms, .. } => match self.asked {
                None => {
                    let end_ms = moved_ms.saturating_add(settings.progress_ms_max);
                    Some((*check_at_ms).min(end_ms))
                }
                Some(_) => None,
            },
            Phase::Linked { link, heard_ms, .. } => {
                let waits = self.asked.is_none() && self.calls.uses(*link);
                let silence_ms = settings.silence_ms_max.min(settings.health_ms_max);
                waits.then(|| heard_ms.saturating_add(silence_ms + 1))
            }
            Phase::Idle
            | Phase::Looking
            | Phase::Checking
            | Phase::Surveying { .. }
            | Phase::Killing { .. } => None,
        }
    }
}

/// How long the data folder may stay held. One that drains finishes its work; anybody else starts,
/// and shows itself, or is about to go.
fn clearing_ms_max(gone: &Gone, settings: &Settings) -> u64 {
    match gone {
        Gone::Draining(_) => settings.drain_ms_max,
        Gone::Ended | Gone::Fell(_) | Gone::Bad(_) => {
            settings.drain_ms_max.min(settings.progress_ms_max)
        }
    }
}
