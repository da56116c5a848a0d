//! The simulated daemon process: what one start of it will do, and what it has promised.

use std::collections::BTreeMap;

use goxe_mcp_bridge::manager::core::{Advance, CallId, Identity, LinkId, Token};

/// A call of one manager, for the whole world: also the idempotency key.
pub type Key = (usize, CallId);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Life {
    /// Before its socket is bound.
    Starting,
    Recovering(Advance),
    Ready,
    Draining,
    Dead,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fate {
    Good,
    Crash,
    Misconfigured,
    Hang,
    /// Recovery stands still at this step.
    Stall(u64),
}

/// Who is told when the process ends before it is ready.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Starter {
    Manager(usize, Token),
    Systemd,
}

#[derive(Debug)]
pub struct Process {
    pub id: Identity,
    pub starter: Starter,
    pub life: Life,
    pub fate: Fate,
    pub holds_lock: bool,
    pub hung: bool,
    /// Draining, and the listener is closed.
    pub deaf: bool,
    pub ready_ms: Option<u64>,
    pub began_ms: u64,
    pub recovery_steps: u64,
    /// Edits that run: who waits for the answer.
    pub running: BTreeMap<Key, Vec<LinkId>>,
}

impl Process {
    pub fn is_alive(&self) -> bool {
        self.life != Life::Dead
    }

    pub fn answers(&self) -> bool {
        self.is_alive() && !self.hung
    }
}

/// What a reply said, kept to judge the outcome by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Said {
    Committed,
    Cancelled,
    Read,
}
