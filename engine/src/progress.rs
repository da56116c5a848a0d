//! How long work reports how far it is and learns that nobody wants it any more.

/// The work was given up because its caller asked for that.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the work was cancelled")]
pub struct Cancelled;

/// Watches one piece of long work.
pub trait Progress {
    /// Called every few milliseconds with the steps done and the steps in all, in a unit of the
    /// work's own choice. After an error the work stops and leaves nothing half done behind.
    fn step(&mut self, done: u64, total: u64) -> Result<(), Cancelled>;
}

/// Nobody watches: never cancels.
impl Progress for () {
    fn step(&mut self, _done: u64, _total: u64) -> Result<(), Cancelled> {
        Ok(())
    }
}
