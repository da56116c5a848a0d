//! Telling a client how far its call is, at least once a second, whatever the call is busy with: a
//! daemon that starts, one that is healed, work that has nothing to report.

use std::{convert::Infallible, time::Duration};

use rmcp::{
    RoleServer,
    model::{ProgressNotificationParam, ProgressToken},
    service::Peer,
};
use tokio::{
    sync::mpsc,
    time::{Instant, MissedTickBehavior, interval_at},
};

use crate::manager::Progress;

/// How often a client that asked for progress hears of a call, at least.
pub(crate) const BEAT: Duration = Duration::from_secs(1);
/// Reports that may wait for the client; what does not fit is dropped.
const REPORTS_MAX: usize = 16;

/// Tells the client how far a call is, report by report.
#[derive(Debug)]
pub struct Relay {
    meter: Meter,
    reports: mpsc::Receiver<Progress>,
}

/// What a client was told of a call so far.
#[derive(Debug)]
pub(crate) struct Meter {
    peer: Peer<RoleServer>,
    token: ProgressToken,
    told: f64,
    started: Instant,
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

impl Meter {
    /// A meter for the token that came with a call.
    pub(crate) fn new(peer: Peer<RoleServer>, token: ProgressToken) -> Self {
        Meter { peer, token, told: 0.0, started: Instant::now() }
    }

    /// Passes a report of the daemon on.
    pub(crate) async fn report(&mut self, report: Progress) {
        let done = exact(report.done);
        let total = (report.total > 0).then(|| exact(report.total));
        self.tell(done, total, report.message).await;
    }

    /// Says that the call is still alive, although nobody had anything to report.
    pub(crate) async fn beat(&mut self) {
        let seconds = self.started.elapsed().as_secs();
        self.tell(self.told, None, format!("working for {seconds} s")).await;
    }

    /// Progress has to grow with each message, whatever the work reports and over all the methods
    /// of one tool call.
    async fn tell(&mut self, done: f64, total: Option<f64>, message: String) {
        self.told = done.max(self.told + 0.001);
        let mut param =
            ProgressNotificationParam::new(self.token.clone(), self.told).with_message(message);
        if let Some(total) = total.filter(|total| *total >= self.told) {
            param = param.with_total(total);
        }
        // A client that cannot be told is leaving; the gate has seen it too.
        let _ = self.peer.notify_progress(param).await;
    }
}

/// Counts travel as JSON numbers, which are exact to 2^53; more work than that is not measured.
fn exact(count: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "kept below 2^53")]
    let number = count.min(1 << 53) as f64;
    number
}
