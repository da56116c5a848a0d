//! Files in and out of projects. The daemon opens no path that a client names: the bridge reads
//! and writes files with its own rights, and sends their content.

mod refused;

use goxe_protocol::api::{
    blob, project,
    types::{ProjectParams, Revision},
};
use schemars::JsonSchema;
use serde::Deserialize;

use self::refused::{unreadable, unwritable};
use super::ExportAnswer;
use crate::tools::{
    Answer, Context, Failure,
    files::{self, FileError, NewFile, NewFiles},
};

/// The largest content that travels with one message; larger content goes as a blob.
const ATTACHMENT_BYTES_MAX: u64 = 32 << 20;
/// A range of a blob in one message.
const RANGE_BYTES: u64 = 8 << 20;

/// A file to import.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::tools) struct Import {
    project: String,
    /// import, export: the file.
    path: String,
    format: Option<project::Format>,
    if_revision: Option<Revision>,
}

/// A file to export.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::tools) struct Export {
    project: String,
    path: String,
    format: Option<project::Format>,
    #[serde(default)]
    quantize: bool,
    #[serde(default)]
    overwrite: bool,
}

impl Import {
    /// The project that the file comes into.
    pub(super) fn project(&self) -> &str {
        &self.project
    }
}

impl Export {
    /// The project that is written.
    pub(super) fn project(&self) -> &str {
        &self.project
    }
}

/// Reads a file and sends it.
pub(super) async fn import(context: &mut Context<'_>, import: Import) -> Result<Answer, Failure> {
    let Import { project, path, format, if_revision } = import;
    let opened = begin(context, &path, format).await;
    let (format, mut source) = match opened {
        Ok(opened) => opened,
        Err(refused) => {
            // Without the project no other file would come in either.
            context.ask::<project::Info>(&ProjectParams { project }).await?;
            return Err(refused);
        }
    };
    let mut params = project::ImportParams { project, format, blob: None, if_revision };
    let attachment = if source.bytes() <= ATTACHMENT_BYTES_MAX {
        let whole = source.next(ATTACHMENT_BYTES_MAX).await;
        Some(whole.map_err(|error| unreadable(context, &path, &error))?)
    } else {
        params.blob = Some(upload(context, &path, &mut source).await?);
        None
    };
    let (reply, _) = context.send::<project::Import>(&params, attachment).await?;
    Ok(Answer::data(&reply).with("done", true))
}

/// Opens the file of an import.
async fn begin(
    context: &Context<'_>,
    path: &str,
    format: Option<project::Format>,
) -> Result<(project::Format, files::Source), Failure> {
    let format = refused::format_of(context, path, format, true)?;
    let source = files::open(&context.folders, path).await;
    Ok((format, source.map_err(|error| unreadable(context, path, &error))?))
}

/// Writes a file into a blob, range by range.
async fn upload(
    context: &mut Context<'_>,
    path: &str,
    source: &mut files::Source,
) -> Result<String, Failure> {
    let params = blob::CreateParams { bytes: source.bytes() };
    let blob = context.ask::<blob::Create>(&params).await?.blob;
    let mut offset = 0;
    while offset < source.bytes() {
        let range = source.next(RANGE_BYTES).await;
        let range = range.map_err(|error| unreadable(context, path, &error))?;
        let sent = length(&range);
        let params = blob::WriteParams { blob: blob.clone(), offset };
        context.send::<blob::Write>(&params, Some(range)).await?;
        offset += sent;
    }
    Ok(blob)
}

/// Asks for the content and writes it to a file that appears whole or not at all.
pub(super) async fn export(context: &mut Context<'_>, export: Export) -> Result<Answer, Failure> {
    let Export { project, path, format, quantize, overwrite } = export;
    let format = refused::format_of(context, &path, format, false)?;
    let refused = |context: &Context<'_>, error: &FileError| unwritable(context, &path, error);
    let place = context.folders.place(&path).map_err(|error| refused(context, &error))?;
    let file = place.path.clone();
    // Refuse before the work is done, and make sure at the end again.
    let first =
        NewFile::create(place, overwrite).await.map_err(|error| refused(context, &error))?;
    let stem = file.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let params = project::ExportParams { project, format, file: stem, quantize, job: false };
    let (reply, content) = context.send::<project::Export>(&params, None).await?;
    let target = NewFiles::new(first, &reply.parts, reply.bytes, overwrite).await;
    let mut target = target.map_err(|error| refused(context, &error))?;
    match (&reply.blob, content) {
        (Some(blob), _) => download(context, &path, blob, &mut target).await?,
        (None, content) => {
            let content = content.unwrap_or_default();
            target.write(&content).await.map_err(|error| refused(context, &error))?;
        }
    }
    let bytes = target.bytes();
    if bytes != reply.bytes {
        return Err(context.wrong(
            "the content came incomplete",
            format!("{bytes} of {} bytes arrived; no file was written.", reply.bytes),
            &context.arguments,
        ));
    }
    let beside = target.keep().await.map_err(|error| refused(context, &error))?;
    let beside = beside.iter().map(|path| path.display().to_string()).collect();
    let path = file.display().to_string();
    let revision = reply.revision;
    Ok(Answer::data(&ExportAnswer { revision, path, beside, bytes, done: true }))
}

/// Reads a blob into a file, range by range, and lets the daemon forget it.
async fn download(
    context: &mut Context<'_>,
    path: &str,
    blob: &str,
    target: &mut NewFiles,
) -> Result<(), Failure> {
    loop {
        let params = blob::ReadParams {
            blob: blob.to_owned(),
            offset: target.bytes(),
            bytes: Some(RANGE_BYTES),
        };
        let (reply, range) = context.send::<blob::Read>(&params, None).await?;
        let range = range.unwrap_or_default();
        if range.is_empty() {
            break;
        }
        target.write(&range).await.map_err(|error| unwritable(context, path, &error))?;
        if target.bytes() >= reply.total {
            break;
        }
    }
    // It goes by itself after a while; that it is still there is no failure of the export.
    let _ = context.ask::<blob::Delete>(&blob::DeleteParams { blob: blob.to_owned() }).await;
    Ok(())
}

fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}
