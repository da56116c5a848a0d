//! The typed configuration: one struct a section, every value parsed and within its bounds.

mod engine;
mod journal;
mod lifecycle;
mod limits;
mod log;
mod mcp;
mod socket;

use serde::Deserialize;

use crate::schema::{Key, Section};
pub use engine::Engine;
pub use journal::{Durability, Idempotency, Journal};
pub use lifecycle::{Manager, Shutdown, Watchdog};
pub use limits::Limits;
pub use log::{Lanes, Log, LogFormat, LogLevel};
pub use mcp::{Mcp, Toolset};
pub use socket::{Socket, Tcp};

/// The whole configuration. It is made by [`crate::load`] only, so its values are known to be good.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "each field's type is documented")]
pub struct Config {
    pub socket: Socket,
    pub tcp: Tcp,
    pub log: Log,
    pub lanes: Lanes,
    pub journal: Journal,
    pub limits: Limits,
    pub engine: Engine,
    pub idempotency: Idempotency,
    pub watchdog: Watchdog,
    pub shutdown: Shutdown,
    pub manager: Manager,
    pub mcp: Mcp,
}

/// Every section, in the order of the shipped file.
pub const SECTIONS: &[Section] = &[
    Socket::SECTION,
    Tcp::SECTION,
    Log::SECTION,
    Lanes::SECTION,
    Journal::SECTION,
    Limits::SECTION,
    Engine::SECTION,
    Idempotency::SECTION,
    Watchdog::SECTION,
    Shutdown::SECTION,
    Manager::SECTION,
    Mcp::SECTION,
];

/// Every key, in the order of the shipped file.
pub fn keys() -> impl Iterator<Item = &'static Key> {
    SECTIONS.iter().flat_map(|section| section.keys)
}

/// The section of that name.
pub fn section(name: &str) -> Option<&'static Section> {
    SECTIONS.iter().find(|section| section.name == name)
}

/// The key that `section.key` names.
pub fn key(dotted: &str) -> Option<&'static Key> {
    let (title, name) = dotted.split_once('.')?;
    section(title)?.key(name)
}
