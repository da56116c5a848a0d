//! What images and records make: a project of the engine, and the catalogue.

use goxe_engine::change::Change;
use goxe_engine::project::{Project, Stamp};

use crate::journal::record::Record;
use crate::journal::replay;

use super::catalogue;

impl replay::State for Project {
    fn start() -> Self {
        Self::new()
    }

    fn from_image(body: &[u8]) -> Result<Self, String> {
        goxe_engine::image::decode(body).map_err(|error| error.to_string())
    }

    /// The same way as a new edit takes.
    fn with_change(self, record: &Record<'_>, change: &[u8]) -> Result<Self, String> {
        let change = Change::decode(change).map_err(|error| error.to_string())?;
        let (author, time_ms, label) = (record.author, record.time_ms, record.label);
        Self::apply(&self, &change, Stamp { author, time_ms, label })
            .map_err(|error| error.to_string())
    }

    fn number(&self) -> u64 {
        self.revision_number()
    }
}

impl replay::State for catalogue::State {
    fn start() -> Self {
        Self::default()
    }

    fn from_image(body: &[u8]) -> Result<Self, String> {
        Self::decode(body).map_err(|error| error.to_string())
    }

    fn with_change(self, record: &Record<'_>, change: &[u8]) -> Result<Self, String> {
        let change = catalogue::Change::decode(change).map_err(|error| error.to_string())?;
        Self::apply(&self, &change, record.author, record.time_ms)
            .map(|state| state.at(record.after))
            .map_err(|error| error.to_string())
    }

    fn number(&self) -> u64 {
        self.revision().number
    }
}
