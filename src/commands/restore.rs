//! `goxe restore FILE`

use std::io::BufReader;
use std::path::Path;

use goxe_daemon::offline::Offline;
use serde_json::json;

use crate::context::Context;
use crate::failure::Failure;
use crate::{files, output};

pub(super) fn run(file: &Path, context: &Context) -> Result<(), Failure> {
    let paths = context.settings()?.paths;
    let (source, _) = files::open(file)?;
    let restored = Offline::open_or_make(&paths)?.restore(BufReader::new(source))?;
    let data = paths.data.display().to_string();
    let answer = json!({
        "data": data, "projects": restored.projects, "made_ms": restored.time_ms,
        "from_store": restored.from.to_string(),
    });
    context.output.answer(&answer, |_| {
        let projects = u64::try_from(restored.projects).unwrap_or(u64::MAX);
        let projects = output::count(projects, "project");
        format!("{data} holds {projects}, as of {}", output::moment(restored.time_ms))
    })
}
