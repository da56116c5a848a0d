//! The daemon manager: finds the daemon of a data folder, starts it, probes it, heals it, and sees
//! every call through to exactly one outcome.
//!
//! - [`core`]: all decisions, as a pure state machine that is run under simulation
//! - `shell`: connections, locks, processes and clocks; it decides nothing
//! - [`Manager`]: what the bridge uses; [`blocking`] for the command line

pub mod blocking;
mod call;
pub mod core;
mod follow;
mod guests;
mod handle;
mod observe;
mod peek;
mod shell;
mod status;

pub use call::{Call, CallError, Kind, Progress, Settled};
pub use core::{Notice, Reason, Settings};
pub use follow::Happening;
pub use guests::{Hosting, News, Wanted};
pub use handle::{CallCanceller, Manager, Options, PendingCall};
pub use observe::Observation;
pub use shell::look::DaemonInfo;
pub use shell::service_manager::ServiceManager;
pub use shell::start::Detachment;
pub use status::{Condition, RestartError, Status, StopError, StopHow};
