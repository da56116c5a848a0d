//! What each method may take, told from its params before it runs: how long it holds a lane, and how
//! much memory its answer and the making of it need at most. Params that cannot be read are light: the
//! method itself refuses them.

use goxe_engine::project::Project;
use goxe_protocol::api::{
    blob,
    history::ListParams,
    project::ExportParams,
    voxel::{FindParams, ReadForm, ReadParams},
};
use serde::Deserialize;

use super::convert;
use crate::{
    call::parse,
    work::{Size, WeighFn, Weighing, Weight},
};

/// Answers of most methods, errors among them.
const SMALL_BYTES: usize = 16 << 10;
/// Room for the JSON beside an attachment.
const JSON_BYTES: usize = 8 << 10;
/// Bytes of a listed voxel: as it is found, and as JSON.
const LISTED_BYTES: usize = 192;
/// Bytes of a listed layer, checkpoint or undo group.
const ITEM_BYTES: usize = 1 << 10;
/// Bytes of a colour that a histogram tells apart.
const KIND_BYTES: usize = 64;
/// Bytes of a colour that is merged with others.
const MERGED_BYTES: usize = 200;
/// Bytes of a pixel: the picture, its file, and what lights it.
const PIXEL_BYTES: usize = 12;
/// What a picture needs whatever its size.
const PICTURE_BYTES: usize = 8 << 20;
/// Bytes of a voxel in the largest form there is: six faces of their own.
const SURFACE_BYTES: u64 = 1 << 10;
/// Pixels of a picture that is drawn in some tenths of a second.
const MEDIUM_PIXELS: usize = 512 * 512;
/// Bytes that are copied in a millisecond or so.
const SHORT_BYTES: usize = 1 << 20;
/// Voxels that are looked at in a millisecond or so, and in some tenths of a second.
const SHORT_VOXELS: u64 = 1 << 20;
const MEDIUM_VOXELS: u64 = 1 << 28;
/// The document of all methods.
const DOCUMENT_BYTES: usize = 1 << 20;

/// How a method is weighed.
pub(super) fn of(name: &str) -> WeighFn {
    match name {
        "system.describe" => |_| short(DOCUMENT_BYTES),
        "system.backup" => |weighing| long(weighing.limits.memory_bytes_max / 4),
        "project.info" | "layer.list" => listing,
        "history.list" => groups,
        "project.export" => export,
        "voxel.read" => region,
        "voxel.find" => page,
        "voxel.count" | "voxel.bounds" => {
            |weighing| Weight { size: scan(weighing), bytes: SMALL_BYTES }
        }
        "voxel.histogram" => colors,
        "render.image" => picture,
        "render.turntable" => turntable,
        "blob.read" => range,
        _ => |_| short(SMALL_BYTES),
    }
}

fn short(bytes: usize) -> Weight {
    Weight { size: Size::Short, bytes }
}

fn long(bytes: usize) -> Weight {
    Weight { size: Size::Long, bytes }
}

fn to_usize(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

fn project<'a>(weighing: &Weighing<'a>) -> Option<&'a Project> {
    weighing.view.map(|view| &view.project)
}

/// Layers and checkpoints. Their names are all that is listed: undo groups are not.
fn listing(weighing: &Weighing<'_>) -> Weight {
    short(SMALL_BYTES + named(weighing) * ITEM_BYTES)
}

fn named(weighing: &Weighing<'_>) -> usize {
    let of = |project: &Project| project.layers().len() + project.history().checkpoints().count();
    project(weighing).map_or(0, of)
}

/// A page of undo groups, of those there are.
fn groups(weighing: &Weighing<'_>) -> Weight {
    let limit = parse::<ListParams>(weighing.params).ok().and_then(|params| params.limit);
    let there = project(weighing)
        .map_or(0, |project| project.history().undo_count() + project.history().redo_count());
    let page = to_usize(limit.unwrap_or(super::history::PAGE_DEFAULT).into()).min(there);
    short(SMALL_BYTES + (named(weighing) + page) * ITEM_BYTES)
}

/// A box of voxels, or a page of them.
fn region(weighing: &Weighing<'_>) -> Weight {
    let Ok(ReadParams { within, form, limit, .. }) = parse(weighing.params) else {
        return short(SMALL_BYTES);
    };
    if form != ReadForm::Dense {
        return listed(limit, weighing);
    }
    let bounds = match within {
        Some(within) => convert::bounds(within).ok(),
        None => project(weighing).and_then(Project::bounds),
    };
    let voxels = bounds.map_or(0, |bounds| bounds.volume());
    // A larger one is refused before anything is made.
    let bytes = to_usize(voxels.saturating_mul(4)).min(weighing.limits.reply_bytes_max);
    let size = if bytes <= SHORT_BYTES { Size::Short } else { Size::Medium };
    Weight { size, bytes: JSON_BYTES + bytes }
}

fn page(weighing: &Weighing<'_>) -> Weight {
    parse::<FindParams>(weighing.params)
        .map_or(short(SMALL_BYTES), |params| listed(params.limit, weighing))
}

fn listed(limit: Option<u32>, weighing: &Weighing<'_>) -> Weight {
    let limit = limit.unwrap_or(super::voxel::PAGE_DEFAULT).min(super::voxel::PAGE_MAX);
    let bytes = SMALL_BYTES + to_usize(limit.into()) * LISTED_BYTES;
    Weight { size: scan(weighing), bytes }
}

/// How long it takes to look at every voxel, at most: some of a nanosecond each.
fn scan(weighing: &Weighing<'_>) -> Size {
    match project(weighing).map_or(0, Project::count) {
        0..SHORT_VOXELS => Size::Short,
        SHORT_VOXELS..MEDIUM_VOXELS => Size::Medium,
        MEDIUM_VOXELS.. => Size::Long,
    }
}

fn colors(weighing: &Weighing<'_>) -> Weight {
    let voxels = project(weighing).map_or(0, Project::count);
    let kinds = to_usize(voxels).min(super::voxel::KINDS_MAX);
    let listed = to_usize(super::voxel::COLORS_MAX.into()) * LISTED_BYTES;
    Weight { size: scan(weighing), bytes: SMALL_BYTES + listed + kinds * KIND_BYTES }
}

/// The side lengths of pictures.
#[derive(Default, Deserialize)]
struct Sides {
    #[serde(default)]
    width: Option<u32>,
    #[serde(default)]
    height: Option<u32>,
    #[serde(default)]
    frames: Option<u32>,
}

impl Sides {
    /// Pixels of one picture; one that is not told its size has that of a screen.
    fn pixels(&self, weighing: &Weighing<'_>) -> usize {
        let (width, height) = match (self.width, self.height) {
            (Some(width), Some(height)) => (width, height),
            // The other side suits the model.
            (Some(side), None) | (None, Some(side)) => {
                (side.saturating_mul(2), side.saturating_mul(2))
            }
            (None, None) => (1280, 1024),
        };
        let pixels = u64::from(width) * u64::from(height);
        to_usize(pixels.min(weighing.limits.render_pixels_max))
    }
}

fn sides(weighing: &Weighing<'_>) -> Sides {
    parse(weighing.params).unwrap_or_default()
}

fn picture(weighing: &Weighing<'_>) -> Weight {
    let pixels = sides(weighing).pixels(weighing);
    let size = if pixels <= MEDIUM_PIXELS { Size::Medium } else { Size::Long };
    let scene = project(weighing).map_or(0, |project| to_usize(project.bytes() / 4));
    Weight { size, bytes: PICTURE_BYTES + scene + pixels * PIXEL_BYTES }
}

fn turntable(weighing: &Weighing<'_>) -> Weight {
    let sides = sides(weighing);
    let frames = to_usize(sides.frames.unwrap_or(1).into());
    let file =
        sides.pixels(weighing).saturating_mul(frames).min(weighing.limits.memory_bytes_max / 4);
    let Weight { bytes, .. } = picture(weighing);
    long(bytes.saturating_add(file))
}

/// A file of a project. It is made in memory, and no larger than half of all there is.
fn export(weighing: &Weighing<'_>) -> Weight {
    let voxels = project(weighing).map_or(0, Project::count);
    let file = to_usize(voxels.saturating_mul(SURFACE_BYTES)).saturating_add(1 << 20);
    let params = parse::<ExportParams>(weighing.params).ok();
    let kinds = if params.is_some_and(|params| params.quantize) { to_usize(voxels) } else { 0 };
    let bytes = file.min(weighing.limits.export_bytes_max());
    long(bytes.saturating_add(kinds.saturating_mul(MERGED_BYTES)))
}

fn range(weighing: &Weighing<'_>) -> Weight {
    let fits = weighing.limits.reply_bytes_max;
    let asked = parse::<blob::ReadParams>(weighing.params).ok().and_then(|params| params.bytes);
    let bytes = asked.map_or(fits, to_usize).min(fits);
    let size = if bytes <= SHORT_BYTES { Size::Short } else { Size::Medium };
    Weight { size, bytes: JSON_BYTES + bytes }
}

#[cfg(test)]
mod tests {
    use goxe_config::Config;

    use super::*;
    use crate::{journal::ProjectId, limits::Limits, memory::SMALL_BYTES_MAX, view::View};
    use goxe_engine::{
        limits,
        project::{Request, Stamp},
    };

    #[test]
    fn a_long_history_makes_no_small_call_large() {
        let mut view = View::empty(ProjectId(1));
        for number in 0..500 {
            let name = format!("l{number}");
            let create = goxe_engine::edit::Edit::CreateLayer {
                name: "more".into(),
                group: String::new(),
                visible: true,
                position: None,
            };
            let delete = goxe_engine::edit::Edit::DeleteLayer { layer: "more".into() };
            let edit = if number % 2 == 0 { create } else { delete };
            let request = Request::Edit(vec![edit]);
            let prepared = view.project.prepare(&request, &limits::Limits::default(), &mut ());
            let stamp = Stamp { author: "ann", time_ms: 0, label: &name };
            let project = view.project.apply(&prepared.unwrap().change, stamp).unwrap();
            view = std::sync::Arc::new(View { id: view.id, revision: view.revision, project });
        }
        let limits = Limits::new(&Config::built_in());
        for method in ["project.info", "layer.list", "history.list", "voxel.get"] {
            let weighing =
                Weighing { params: r#"{"project":"a"}"#, view: Some(&view), limits: &limits };
            let Weight { size, bytes } = of(method)(&weighing);
            assert!(size == Size::Short && bytes < SMALL_BYTES_MAX, "{method}: {bytes}");
        }
    }
}
