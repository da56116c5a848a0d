//! Asking a daemon that runs, on a connection of its own: for what is not worth a start.

use goxe_protocol::api::system::State;
use goxe_protocol::client::Answer;
use serde::Serialize;

use super::handle::Manager;
use super::shell::connection::AskError;

impl Manager {
    /// What a running daemon answers to a method that only reads. None if there is no daemon, if it
    /// is not ready, or if it refuses: nothing is started, healed or waited for, but for the time of
    /// one probe.
    pub async fn peek(
        &self,
        method: &str,
        params: &(impl Serialize + Sync + ?Sized),
    ) -> Option<Answer> {
        let looker = &self.scene.looker;
        let mut glance = looker.glance().await.ok()?;
        if glance.status.state != State::Ready {
            return None;
        }
        let asked = glance.connection.ask(method, params);
        let answered: Result<Answer, AskError> =
            tokio::time::timeout(looker.patience, asked).await.ok()?;
        answered.ok()
    }
}
