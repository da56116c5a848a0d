//! `project.*`

use std::sync::Arc;

use super::{convert, layer};
use crate::{
    blobs::Blob,
    call::{Payload, Reply, parse},
    edit::EditPlan,
    errors,
    journal::ProjectId,
    router::{Asked, CataloguePlan, Router},
    session::Session,
    store::catalogue::{Op, State},
    work::ReadInput,
};
use goxe_engine::{
    edit::Edit,
    format::{
        ExportLayer, SurfaceError,
        glb::{self, GlbOptions},
        obj::{self, ObjFiles, ObjOptions},
        vox::{self, ExportError, ExportOptions, ImportError, VoxLimits},
    },
    progress::Progress,
    project::Request,
};
use goxe_protocol::{
    Code, Error,
    api::{
        project::{
            CreateParams, CreateReply, DeleteParams, DeleteReply, ExportParams, ExportReply,
            FilePart, Format, ImportParams, ImportReply, InfoReply, ListParams, ListReply,
            ProjectItem, PurgeParams, RenameParams, RestoreParams,
        },
        types::{Done, ProjectParams},
    },
    error::kind,
};

/// Projects that one page of a list shows; the reply is made on the loop.
const LISTED_MAX: usize = 24;
/// Warnings that an import answers with.
const WARNINGS_MAX: usize = 8;
/// Room for the JSON beside a file's content.
const JSON_BYTES: usize = 4096;
/// Characters of one warning.
const WARNING_CHARS_MAX: usize = 120;

pub(super) fn create(_: &mut Router, asked: &Asked<'_>) -> Result<CataloguePlan, Error> {
    let CreateParams { project: name } = parse(asked.params)?;
    convert::plain("project", &name)?;
    Ok(CataloguePlan {
        op: Op::Create { name: name.clone() },
        if_revision: None,
        answer: Box::new(move |state| created(state, name)),
    })
}

fn created(state: &State, project: String) -> Result<Reply, Error> {
    let id = state.find(&project).ok_or_else(|| Error::internal("the new project is not there"))?;
    Reply::json(&CreateReply { project, id: id.0 })
}

pub(super) fn rename(router: &mut Router, asked: &Asked<'_>) -> Result<CataloguePlan, Error> {
    let RenameParams { project, to } = parse(asked.params)?;
    convert::plain("to", &to)?;
    let id = router.projects.find_newest(&project)?;
    Ok(CataloguePlan {
        op: Op::Rename { id, to },
        if_revision: None,
        answer: Box::new(|_| Reply::json(&Done {})),
    })
}

pub(super) fn delete(router: &mut Router, asked: &Asked<'_>) -> Result<CataloguePlan, Error> {
    let DeleteParams { project, if_revision } = parse(asked.params)?;
    let id = router.projects.find_newest(&project)?;
    let keep_ms = i64::try_from(router.limits.trash_keep_ms).unwrap_or(i64::MAX);
    let kept_until_ms = asked.now.unix_ms.saturating_add(keep_ms);
    Ok(CataloguePlan {
        op: Op::Delete { id },
        if_revision: if_revision.map(|revision| (id, revision)),
        answer: Box::new(move |_| Reply::json(&DeleteReply { id: id.0, kept_until_ms })),
    })
}

pub(super) fn restore(router: &mut Router, asked: &Asked<'_>) -> Result<CataloguePlan, Error> {
    let RestoreParams { id, to } = parse(asked.params)?;
    convert::plain("to", to.as_deref().unwrap_or_default())?;
    let id = ProjectId(id);
    let name = match &to {
        Some(name) => name.clone(),
        None => router.projects.trashed_name(id)?.to_string(),
    };
    Ok(CataloguePlan {
        op: Op::Restore { id, to },
        if_revision: None,
        answer: Box::new(move |state| created(state, name)),
    })
}

pub(super) fn purge(_: &mut Router, asked: &Asked<'_>) -> Result<CataloguePlan, Error> {
    let PurgeParams { id } = parse(asked.params)?;
    Ok(CataloguePlan {
        op: Op::Purge { id: ProjectId(id) },
        if_revision: None,
        answer: Box::new(|_| Reply::json(&Done {})),
    })
}

pub(super) fn list(
    router: &mut Router,
    _: &mut Session,
    asked: &Asked<'_>,
) -> Result<Reply, Error> {
    let ListParams { trash, after } = parse(asked.params)?;
    let catalogue = router.projects.catalogue();
    let mut items: Vec<_> =
        if trash { catalogue.trash().collect() } else { catalogue.live().collect() };
    items.sort_by(|a, b| a.name.cmp(&b.name));
    let after = after.unwrap_or_default();
    let mut rest = items.into_iter().filter(|item| *item.name > *after);
    let page: Vec<_> = rest.by_ref().take(LISTED_MAX).collect();
    let projects = page.iter().map(|item| {
        let entry = router.projects.entry(item.id).ok();
        ProjectItem {
            project: item.name.to_string(),
            id: item.id.0,
            revision: entry.and_then(|e| e.view()).map(|view| errors::revision(view.revision)),
            deleted_ms: item.deleted_ms,
            read_only: entry.and_then(|entry| entry.read_only()).map(str::to_owned),
        }
    });
    Reply::json(&ListReply { projects: projects.collect(), more: rest.next().is_some() })
}

pub(super) fn info(input: &mut ReadInput<'_>) -> Result<Reply, Error> {
    let ProjectParams { project: _ } = parse(input.params)?;
    let project = &input.view.project;
    let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    let history = project.history();
    Reply::json(&InfoReply {
        project: input.name.to_owned(),
        id: input.view.id.0,
        revision: errors::revision(input.view.revision),
        bounds: project.bounds().map(convert::box3),
        voxels: project.count(),
        layers: project.layers().iter().map(|item| layer::info(item)).collect(),
        undo: count(history.undo_count()),
        redo: count(history.redo_count()),
        checkpoints: history.checkpoints().map(|(name, _)| name.to_string()).collect(),
        bytes: project.bytes(),
        read_only: input.read_only.map(str::to_owned),
    })
}

pub(super) fn import(
    payload: &Payload,
    blob: Option<&Blob>,
    progress: &mut dyn Progress,
) -> Result<EditPlan, Error> {
    let params: ImportParams = parse(payload.params())?;
    let from_blob = blob.map(Blob::read_all).transpose()?;
    let content = from_blob.as_deref().or_else(|| payload.attachment()).ok_or_else(|| {
        Error::invalid_params("there is nothing to import")
            .hint("send the file's content as the attachment, or name a blob that holds it")
    })?;
    let imported = match params.format {
        Format::Vox => vox::import(content, &VoxLimits::default(), progress),
        Format::Glb | Format::Obj => return Err(not_read(params.format)),
    };
    let imported = imported.map_err(import_error)?;
    let layers_total = u64::try_from(imported.layers.len()).unwrap_or(u64::MAX);
    let shorten = |warning: &String| warning.chars().take(WARNING_CHARS_MAX).collect();
    let warnings = imported.warnings.iter().take(WARNINGS_MAX).map(shorten).collect();
    let edit = Edit::Import { layers: imported.layers, materials: imported.materials };
    Ok(EditPlan {
        request: Request::Edit(vec![edit]),
        label: format!("import of {layers_total} layers"),
        if_revision: params.if_revision,
        dry_run: false,
        answer: Box::new(move |outcome| {
            // A layer whose name was taken has another one now.
            let layers = outcome.report.summary.layers.iter().take(convert::LAYERS_LISTED_MAX);
            Reply::json(&ImportReply {
                revision: errors::revision(outcome.revision),
                layers: layers.map(|name| name.to_string()).collect(),
                layers_total,
                voxels: outcome.report.summary.added,
                warnings,
            })
        }),
    })
}

fn not_read(format: Format) -> Error {
    let names: Vec<&str> =
        Format::ALL.into_iter().filter(|format| format.is_read()).map(Format::name).collect();
    let message = format!("format: {} is written only, it cannot be imported", format.name());
    Error::invalid_params(message).hint(format!("formats that are read: {}", names.join(", ")))
}

fn import_error(error: ImportError) -> Error {
    match error {
        ImportError::File(file) => {
            Error::new(Code::BadFile, format!("this is no sound .vox file: {file}"))
                .with("offset", file.offset)
        }
        ImportError::Cancelled(_) => Error::new(Code::Cancelled, "the import was cancelled"),
    }
}

pub(super) fn export(input: &mut ReadInput<'_>) -> Result<Reply, Error> {
    let params: ExportParams = parse(input.params)?;
    let files = written(input, &params)?;
    let sizes = files.iter().map(|(_, content)| u64::try_from(content.len()).unwrap_or(u64::MAX));
    let bytes = sizes.clone().fold(0, u64::saturating_add);
    let mut reply = ExportReply {
        revision: Some(errors::revision(input.view.revision)),
        bytes,
        blob: None,
        parts: Vec::new(),
        job: None,
    };
    if files.len() > 1 {
        let names = files.iter().map(|(name, _)| name.clone());
        reply.parts = names.zip(sizes).map(|(name, bytes)| FilePart { name, bytes }).collect();
    }
    // What does not fit a frame beside its JSON is read by ranges.
    let fits = input.reply_bytes_max.saturating_sub(JSON_BYTES);
    if usize::try_from(bytes).is_ok_and(|bytes| bytes <= fits) {
        let mut contents = files.into_iter().map(|(_, content)| content);
        let mut whole = contents.next().unwrap_or_default();
        contents.for_each(|content| whole.extend_from_slice(&content));
        return Ok(Reply::json(&reply)?.with_attachment(whole));
    }
    let contents = files.into_iter().map(|(_, content)| content).collect();
    let blob = input.shelf.keep(Arc::clone(&input.principal.name), contents)?;
    reply.blob = Some(blob.id.to_string());
    *input.made = Some(blob);
    Reply::json(&reply)
}

/// The files that the project becomes, with their names.
fn written(
    input: &mut ReadInput<'_>,
    params: &ExportParams,
) -> Result<Vec<(String, Vec<u8>)>, Error> {
    let project = &input.view.project;
    let layers: Vec<ExportLayer<'_>> =
        project.layers().iter().map(|layer| ExportLayer::from(&**layer)).collect();
    let materials = project.materials();
    // The file is made in memory.
    let room = u64::try_from(input.export_bytes_max).unwrap_or(u64::MAX);
    let bytes_max = input.shelf.bytes_max().min(room);
    let stem = obj::file_stem(params.file.as_deref().unwrap_or(input.name));
    let name = |ending: &str| format!("{stem}.{ending}");
    match params.format {
        Format::Vox => {
            let options =
                ExportOptions { quantize: params.quantize, bytes_max, ..ExportOptions::default() };
            let exported = vox::export(&layers, materials, &options, input.progress);
            Ok(vec![(name("vox"), exported.map_err(|error| export_error(&error))?.bytes)])
        }
        Format::Glb => {
            let options = GlbOptions { name: input.name, bytes_max };
            let exported = glb::export(&layers, materials, &options, input.progress);
            Ok(vec![(name("glb"), exported.map_err(surface_error)?)])
        }
        Format::Obj => {
            let library = name("mtl");
            let options = ObjOptions { library: &library, bytes_max };
            let exported = obj::export(&layers, materials, &options, input.progress);
            let ObjFiles { obj, mtl } = exported.map_err(surface_error)?;
            Ok(vec![(name("obj"), obj), (library, mtl)])
        }
    }
}

fn surface_error(error: SurfaceError) -> Error {
    match error {
        SurfaceError::TooLarge { bytes, max } => too_large(&error, bytes, max),
        SurfaceError::Cancelled(_) => cancelled(),
    }
}

fn export_error(error: &ExportError) -> Error {
    match *error {
        ExportError::TooManyColours { count } => {
            Error::conflict(kind::TOO_MANY_COLORS, error.to_string())
                .hint("pass quantize: true to merge the nearest colours")
                .with("colors", count)
                .with("colors_max", 255)
        }
        ExportError::TooLarge { bytes, max } => too_large(error, bytes, max),
        ExportError::Cancelled(_) => cancelled(),
    }
}

fn too_large(error: &dyn std::error::Error, bytes: u64, max: u64) -> Error {
    Error::new(Code::TooLarge, error.to_string()).with("bytes", bytes).with("bytes_max", max)
}

fn cancelled() -> Error {
    Error::new(Code::Cancelled, "the export was cancelled")
}
