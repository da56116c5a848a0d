//! `goxe man DIR`

use std::path::Path;

use serde_json::json;

use crate::args;
use crate::context::Context;
use crate::failure::Failure;

pub(super) fn run(folder: &Path, context: &Context) -> Result<(), Failure> {
    let written = std::fs::create_dir_all(folder)
        .and_then(|()| clap_mangen::generate_to(args::command(), folder))
        .and_then(|()| pages(folder));
    let pages = written.map_err(|error| Failure::file("write man pages into", folder, &error))?;
    let answer = json!({ "folder": folder.display().to_string(), "pages": pages });
    context.output.answer(&answer, |_| {
        format!("{} pages in {}: man {}/goxe.1", pages.len(), folder.display(), folder.display())
    })
}

/// The names of goxe's pages in a folder.
fn pages(folder: &Path) -> std::io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name.starts_with("goxe") && name.ends_with(".1") {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}
