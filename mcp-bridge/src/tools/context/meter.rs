//! What a client is told of one call's progress: numbers that grow, whatever the work reports.

use rmcp::{
    RoleServer,
    model::{ProgressNotificationParam, ProgressToken},
    service::Peer,
};
use tokio::time::Instant;

use crate::manager::Progress;

/// Counts up what is told under one token.
#[derive(Debug)]
pub(crate) struct Meter {
    peer: Peer<RoleServer>,
    token: ProgressToken,
    told: f64,
    started: Instant,
}

impl Meter {
    /// Nothing is told yet.
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
