//! Telling a client how far its call is, at least once a second, whatever the call is busy with: a
//! daemon that starts, one that is healed, work that has nothing to report.

use std::{convert::Infallible, time::Duration};

use rmcp::{RoleServer, model::ProgressToken, service::Peer};
use tokio::{
    sync::mpsc,
    time::{Instant, MissedTickBehavior, interval_at},
};

use super::meter::Meter;
use crate::manager::Progress;

/// How often a client that asked for progress hears of a call, at least.
pub(crate) const BEAT: Duration = Duration::from_secs(1);
/// Reports that may wait for the client; what does not fit is dropped.
const REPORTS_MAX: usize = 16;

/// Tells the client how far a call is.
#[derive(Debug)]
pub struct Relay {
    meter: Meter,
    reports: mpsc::Receiver<Progress>,
}

impl Relay {
    /// A relay for the token that came with a call, and where the reports go.
    pub fn new(peer: Peer<RoleServer>, token: ProgressToken) -> (mpsc::Sender<Progress>, Self) {
        let (sender, reports) = mpsc::channel(REPORTS_MAX);
        (sender, Relay { meter: Meter::new(peer, token), reports })
    }

    /// Runs beside the call, until it is dropped with the call's end.
    pub async fn run(mut self) -> Infallible {
        let mut beat = interval_at(Instant::now() + BEAT, BEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            tokio::select! {
                biased;
                Some(report) = self.reports.recv() => {
                    self.meter.report(report).await;
                    beat.reset();
                }
                _ = beat.tick() => self.meter.beat().await,
            }
        }
    }
}
