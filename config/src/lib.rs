//! goxe's configuration: one schema, its layers, the origin of every value, and the files of a daemon.
//!
//! `goxe.toml`, beside this crate's manifest, is the source of all defaults and of the documentation
//! of every key. [`schema`] says what each key allows, [`sections`] holds the typed values,
//! [`load`] merges the layers, [`shipped`] and [`show`] print. [`paths`], [`dirs`] and [`endpoint`]
//! are about where a daemon's files lie and how its clients find it, [`executable`] about the program,
//! [`duration`] about times that people write. Nothing here but the program reads the process's
//! environment, and [`paths::Environment::of_process`].

pub mod dirs;
pub mod duration;
pub mod endpoint;
pub mod error;
pub mod executable;
pub mod load;
mod nearest;
pub mod origin;
pub mod paths;
mod rules;
pub mod schema;
pub mod sections;
pub mod shipped;
pub mod show;
mod source;

pub use endpoint::Endpoint;
pub use error::{ConfigError, ConfigErrors};
pub use load::{Loaded, Sources, UserFile};
pub use origin::{Origin, Shown};
pub use paths::{Choice, Environment, Paths};
pub use sections::Config;
