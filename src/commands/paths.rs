//! `goxe paths`

use serde_json::{Map, Value};

use crate::context::Context;
use crate::failure::Failure;
use crate::output;

pub(super) fn run(context: &Context) -> Result<(), Failure> {
    let mut paths = context.paths()?;
    // The configuration may move the socket; without a sound one the usual place is told.
    if let Ok(settings) = context.settings() {
        paths.socket = settings.loaded.config.socket.path;
    }
    let rows = paths.named().map(|(name, path)| (name, path.display().to_string()));
    let answer: Map<String, Value> =
        rows.iter().map(|(name, path)| ((*name).to_owned(), Value::from(path.as_str()))).collect();
    context.output.answer(&answer, |_| output::facts(rows))
}
