//! `goxe config init`

use goxe_config::shipped;
use serde_json::json;

use crate::context::Context;
use crate::failure::Failure;
use crate::files;

pub(super) fn run(overwrite: bool, context: &Context) -> Result<(), Failure> {
    let path = context.paths()?.config_file;
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)
            .map_err(|error| Failure::file("create the folder", folder, &error))?;
    }
    files::write(&path, shipped::user_file().as_bytes(), overwrite)?;
    let file = path.display().to_string();
    context.output.answer(&json!({ "file": file }), |_| {
        format!("{file} holds every key, each with its default, commented out")
    })
}
