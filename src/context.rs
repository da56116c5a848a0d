//! What every command starts from: which daemon is meant, its files, its configuration, the output.

use std::path::Path;
use std::sync::{Arc, LazyLock};

use goxe_config::{Choice, Config, Environment, Loaded, Paths, Sources};

use crate::args::Global;
use crate::failure::{Exit, Failure};
use crate::output::Output;

/// The flags and the environment of this process, not yet looked into.
#[derive(Clone, Debug)]
pub struct Context {
    /// Where the answer goes.
    pub output: Output,
    /// What the command line chose.
    pub choice: Choice,
    /// The variables and user of this process.
    pub environment: Arc<Late>,
    set: Vec<String>,
}

/// The environment, looked at once it is needed: what the system knows of its users may be far away.
pub type Late = LazyLock<Environment, Box<dyn FnOnce() -> Environment + Send>>;

/// The files and the configuration of the daemon that is meant.
#[derive(Debug)]
pub struct Settings {
    /// Its files.
    pub paths: Paths,
    /// Its configuration, with the origin of every value.
    pub loaded: Loaded,
}

impl Context {
    /// Reads flags and environment.
    pub fn new(global: &Global, output: Output) -> Result<Self, Failure> {
        let choice = global.choice().map_err(|error| {
            let message = format!("cannot tell the current folder: {error}");
            Failure::new(Exit::Failed, "io", message).hint("give absolute paths")
        })?;
        let environment = late(Environment::of_process);
        Ok(Context { output, choice, environment, set: global.keys() })
    }

    /// The context of a daemon that no flag and no variable of this process chose.
    pub fn for_folder(data: &Path, config: &Path, output: Output) -> Self {
        let choice = Choice {
            data: Some(data.to_owned()),
            config: Some(config.to_owned()),
            ..Choice::default()
        };
        let environment = late(|| {
            let mut environment = Environment::of_process();
            environment.variables.retain(|name, _| !name.starts_with("GOXE_"));
            environment
        });
        Context { output, choice, environment, set: Vec::new() }
    }

    /// The keys that the command line sets.
    pub fn set(&self) -> &[String] {
        &self.set
    }

    /// Where the files of the daemon lie.
    pub fn paths(&self) -> Result<Paths, Failure> {
        Ok(Paths::resolve(&self.environment, &self.choice)?)
    }

    /// Everything a configuration is made from, for the daemon at `paths`.
    pub fn sources(&self, paths: &Paths) -> Sources {
        Sources::new(&self.environment, &self.choice, paths, self.set.iter().cloned())
    }

    /// The files and the configuration; every mistake in it at once.
    pub fn settings(&self) -> Result<Settings, Failure> {
        let paths = self.paths()?;
        let loaded = Config::load(&self.sources(&paths))?;
        Ok(Settings { paths, loaded })
    }
}

/// An environment that is looked at once it is needed.
pub fn late(look: impl FnOnce() -> Environment + Send + 'static) -> Arc<Late> {
    Arc::new(LazyLock::new(Box::new(look)))
}
