//! Tests of the module beside this folder: `load`.

mod layers;
mod mistakes;

use std::path::PathBuf;

use tempfile::TempDir;

use super::{Sources, UserFile};
use crate::error::ConfigErrors;
use crate::sections::Config;

/// A folder that holds one user file for as long as the test runs.
struct Scene {
    folder: TempDir,
    sources: Sources,
}

impl Scene {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { folder, sources: Sources::default() }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("goxe.toml")
    }

    fn file(mut self, text: impl AsRef<[u8]>) -> Self {
        std::fs::write(self.path(), text).unwrap();
        self.sources.file = UserFile::Required(self.path());
        self
    }

    fn variable(mut self, name: &str, value: &str) -> Self {
        self.sources.variables.insert(name.to_owned(), value.into());
        self
    }

    fn flag(mut self, flag: &str) -> Self {
        self.sources.flags.push(flag.to_owned());
        self
    }

    fn platform(mut self, key: &'static str, value: &str) -> Self {
        self.sources.platform.push((key, value.to_owned()));
        self
    }

    fn config(&self) -> Config {
        Config::load(&self.sources).unwrap_or_else(|errors| panic!("{errors}")).config
    }

    /// Value and origin of a key, the file's name left out.
    fn shown(&self, key: &str) -> String {
        let loaded = Config::load(&self.sources).unwrap_or_else(|errors| panic!("{errors}"));
        let shown = loaded.shown.iter().find(|shown| shown.key == key).expect("a known key");
        self.stripped(&format!("{} from {}", shown.value, shown.origin))
    }

    fn errors(&self) -> ConfigErrors {
        Config::load(&self.sources).expect_err("mistakes are told")
    }

    /// The mistakes as they are printed, the folder left out.
    fn told(&self) -> String {
        self.stripped(&self.errors().to_string())
    }

    fn stripped(&self, text: &str) -> String {
        text.replace(&format!("{}/", self.folder.path().display()), "")
    }
}
