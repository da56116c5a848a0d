//! `goxe project export PROJECT [FILE]`

use goxe_protocol::api::project::{self, ExportParams};
use serde_json::json;

use super::{file_of, format_of};
use crate::args::Export;
use crate::content;
use crate::context::Context;
use crate::daemon::Daemon;
use crate::failure::Failure;
use crate::files::{NewFile, NewFiles};
use crate::output;

pub(super) fn run(
    Export { project, file, overwrite, quantize }: Export,
    daemon: &Daemon<'_>,
    context: &Context,
) -> Result<(), Failure> {
    let path = file_of(&project, file, "vox")?;
    let format = format_of(&path, |_| true)?;
    // Refuse before the work is done, and make sure at the end again.
    let file = NewFile::create(&path, overwrite)?;
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let params = ExportParams { project, format, file: stem, quantize, job: false };
    let (reply, attached) = daemon.exchange::<project::Export>(&params, None)?;
    let mut files = NewFiles::new(file, &reply.parts, reply.bytes, overwrite)?;
    content::receive(daemon, attached, reply.blob, reply.bytes, &mut files)?;
    let kept: Vec<String> = files.keep()?.iter().map(|path| path.display().to_string()).collect();
    let (path, beside) = kept.split_first().expect("the file that was asked for is among them");
    let mut answer = json!({ "file": path, "bytes": reply.bytes, "revision": reply.revision });
    if !beside.is_empty() {
        answer["beside"] = json!(beside);
    }
    context.output.answer(&answer, |_| words(&kept, reply.bytes))
}

fn words(kept: &[String], bytes: u64) -> String {
    let verb = if kept.len() > 1 { "have" } else { "has" };
    format!("{} {verb} {}", kept.join(" and "), output::bytes(bytes))
}
