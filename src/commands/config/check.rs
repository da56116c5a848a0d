//! `goxe config check`

use goxe_config::UserFile;
use serde_json::json;

use crate::context::Context;
use crate::failure::Failure;
use crate::output::{GOOD, paint};

pub(super) fn run(context: &Context) -> Result<(), Failure> {
    let settings = context.settings()?;
    let file = match context.sources(&settings.paths).file {
        UserFile::Required(path) => Some(path),
        UserFile::IfPresent(path) => Some(path).filter(|path| path.exists()),
        UserFile::Absent => None,
    };
    let file = file.map(|path| path.display().to_string());
    context.output.answer(&json!({ "ok": true, "file": file }), |_| {
        let usual = settings.paths.config_file.display();
        let about = match &file {
            Some(file) => format!("{file} and the environment have no mistake"),
            None => format!("there is no {usual}, and the environment has no mistake"),
        };
        format!("{} {about}", paint(GOOD, "ok:"))
    })
}
