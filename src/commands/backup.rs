//! `goxe backup FILE`

use std::path::Path;

use goxe_protocol::api::system;
use goxe_protocol::api::types::NoParams;
use serde_json::json;

use crate::context::Context;
use crate::daemon::Daemon;
use crate::failure::Failure;
use crate::files::NewFile;
use crate::{content, output};

pub(super) fn run(file: &Path, overwrite: bool, context: &Context) -> Result<(), Failure> {
    let mut file = NewFile::create(file, overwrite)?;
    let daemon = Daemon::open(context)?;
    let reply = daemon.ask::<system::Backup>(&NoParams {})?;
    content::receive(&daemon, None, Some(reply.blob), reply.bytes, &mut file)?;
    let path = file.keep()?.display().to_string();
    let answer = json!({ "file": path, "bytes": reply.bytes, "projects": reply.projects });
    context.output.answer(&answer, |_| {
        let projects = output::count(reply.projects, "project");
        format!("{path} holds {projects} in {}", output::bytes(reply.bytes))
    })
}
