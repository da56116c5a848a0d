//! `goxe project export PROJECT [FILE]`

use goxe_protocol::api::project::{self, ExportParams};
use serde_json::json;

use super::{file_of, import::format_of};
use crate::args::Export;
use crate::content;
use crate::context::Context;
use crate::daemon::Daemon;
use crate::failure::Failure;
use crate::files::NewFile;
use crate::output;

pub(super) fn run(
    Export { project, file, overwrite, quantize }: Export,
    daemon: &Daemon<'_>,
    context: &Context,
) -> Result<(), Failure> {
    let path = file_of(&project, file, "vox")?;
    let format = format_of(&path)?;
    let mut file = NewFile::create(&path, overwrite)?;
    let params = ExportParams { project, format, quantize, job: false };
    let (reply, attached) = daemon.exchange::<project::Export>(&params, None)?;
    content::receive(daemon, attached, reply.blob, reply.bytes, &mut file)?;
    let path = file.keep()?.display().to_string();
    let answer = json!({ "file": path, "bytes": reply.bytes, "revision": reply.revision });
    context.output.answer(&answer, |_| format!("{path} has {}", output::bytes(reply.bytes)))
}
