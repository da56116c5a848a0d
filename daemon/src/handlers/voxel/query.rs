//! Queries of `voxel.*`: all look at one snapshot.

use goxe_engine::{
    coords::Bounds,
    progress::Cancelled,
    query::{self, ColorRange, Cursor, DenseError, HistogramOptions, Select},
    voxel::MaterialSlot,
};
use goxe_protocol::{
    Code, Error,
    api::{
        Method as _,
        types::Color,
        voxel::{
            BoundsReply, ColorCount, ColoredVoxel, CountReply, Find, FindParams, FindReply,
            GetParams, GetReply, HistogramParams, HistogramReply, Read, ReadForm, ReadParams,
            ReadReply, ScopeParams,
        },
    },
};

use crate::{
    call::{Reply, parse},
    errors,
    handlers::convert,
    view::View,
    work::ReadInput,
};

/// Positions that one `voxel.get` looks at.
const POSITIONS_MAX: usize = 64;
/// Voxels of a page where the caller names no number.
pub(in crate::handlers) const PAGE_DEFAULT: u32 = 1_000;
/// Voxels of the longest page.
pub(in crate::handlers) const PAGE_MAX: u32 = 10_000;
/// Colours that a histogram lists where the caller names no number.
const COLORS_DEFAULT: u32 = 64;
/// Colours of the longest histogram.
pub(in crate::handlers) const COLORS_MAX: u32 = 1_000;
/// Colours that a histogram tells apart; the voxels of any others are only counted.
pub(in crate::handlers) const KINDS_MAX: usize = 1 << 20;

pub(in crate::handlers) fn get(input: &mut ReadInput<'_>) -> Result<Reply, Error> {
    let GetParams { project: _, layer, at } = parse(input.params)?;
    if at.len() > POSITIONS_MAX {
        return Err(Error::invalid_params(format!("at: at most {POSITIONS_MAX} positions"))
            .hint("read a region with voxel.read"));
    }
    let scope = convert::scope(input.view, layer.as_deref())?;
    let voxels = at.into_iter().map(|at| {
        let at = convert::position(at)?;
        Ok(convert::colored(at, scope.get(at)))
    });
    let voxels = voxels.collect::<Result<_, Error>>()?;
    Reply::json(&GetReply { revision: errors::revision(input.view.revision), voxels })
}

pub(in crate::handlers) fn read(input: &mut ReadInput<'_>) -> Result<Reply, Error> {
    let ReadParams { project: _, layer, within, form, limit, cursor } = parse(input.params)?;
    let revision = errors::revision(input.view.revision);
    let scope = convert::scope(input.view, layer.as_deref())?;
    let bounds = match within {
        Some(within) => Some(convert::bounds(within)?),
        None => scope.bounds(),
    };
    let Some(bounds) = bounds else {
        let (bounds, voxels, cursor) = (None, Vec::new(), None);
        return Reply::json(&ReadReply { revision, bounds, total: 0, voxels, cursor });
    };
    let wire = Some(convert::box3(bounds));
    let total = scope.count_in(bounds, input.progress).map_err(cancelled)?;
    if form == ReadForm::Dense {
        let voxels_max = u64::try_from(input.reply_bytes_max / 4).unwrap_or(u64::MAX);
        let dense = query::read_dense(&scope, bounds, voxels_max, input.progress);
        let bytes = dense.map_err(dense_error)?;
        let (voxels, cursor) = (Vec::new(), None);
        let reply = ReadReply { revision, bounds: wire, total, voxels, cursor };
        return Ok(Reply::json(&reply)?.with_attachment(bytes));
    }
    let select = Select::all_in(bounds);
    let (voxels, cursor) =
        page(input, Read::NAME, &select, layer.as_deref(), limit, cursor.as_deref())?;
    Reply::json(&ReadReply { revision, bounds: wire, total, voxels, cursor })
}

pub(in crate::handlers) fn find(input: &mut ReadInput<'_>) -> Result<Reply, Error> {
    let FindParams { project: _, layer, color, tolerance, within, limit, cursor } =
        parse(input.params)?;
    let revision = errors::revision(input.view.revision);
    let scope = convert::scope(input.view, layer.as_deref())?;
    let Some(bounds) = within_or_all(convert::bounds_opt(within)?, &scope) else {
        let (total, bounds, voxels, cursor) = (0, None, Vec::new(), None);
        return Reply::json(&FindReply { revision, total, bounds, voxels, cursor });
    };
    let color = Some(ColorRange { rgb: color.rgb, tolerance: [tolerance; 3] });
    let select = Select { bounds, color, slot: None };
    let found = query::find(&scope, &select, input.progress).map_err(cancelled)?;
    let (voxels, cursor) =
        page(input, Find::NAME, &select, layer.as_deref(), limit, cursor.as_deref())?;
    let bounds = found.bounds.map(convert::box3);
    Reply::json(&FindReply { revision, total: found.count, bounds, voxels, cursor })
}

/// One page of selected voxels, and the cursor of the next one.
fn page(
    input: &mut ReadInput<'_>,
    method: &str,
    select: &Select,
    layer: Option<&str>,
    limit: Option<u32>,
    cursor: Option<&str>,
) -> Result<(Vec<ColoredVoxel>, Option<String>), Error> {
    let limit = within_limit("limit", limit, PAGE_DEFAULT, PAGE_MAX)?;
    let after = cursor.map(|cursor| cursor_of(cursor, input.view, method)).transpose()?;
    let scope = convert::scope(input.view, layer)?;
    let page = query::list(&scope, select, after, limit, input.progress).map_err(cancelled)?;
    let voxels = page.voxels.into_iter().filter_map(|(at, voxel)| convert::colored(at, voxel));
    let next = page.next.map(|next| cursor_at(next, input.view, method));
    *input.pin = next.is_some();
    Ok((voxels.collect(), next))
}

/// A cursor is `REVISION/PLACE/CHECK`. The check is one of what it belongs to: it tells a cursor that was
/// altered, or given to another project or method, from one that an answer gave.
fn cursor_at(place: Cursor, view: &View, method: &str) -> String {
    let revision = errors::revision(view.revision);
    let place = format!("{revision}/{:x}", place.key());
    let check = crc32fast::hash(format!("{place} {} {method}", view.id).as_bytes());
    format!("{place}/{check:08x}")
}

fn cursor_of(text: &str, view: &View, method: &str) -> Result<Cursor, Error> {
    let place = text.split('/').nth(1).and_then(|place| u64::from_str_radix(place, 16).ok());
    let cursor = place.and_then(Cursor::from_key);
    cursor.filter(|place| cursor_at(*place, view, method) == text).ok_or_else(|| {
        Error::invalid_params("the cursor is none that an answer gave")
            .hint("pass `cursor` exactly as the page before gave it, or leave it out")
    })
}

pub(in crate::handlers) fn bounds(input: &mut ReadInput<'_>) -> Result<Reply, Error> {
    let ScopeParams { project: _, layer, within } = parse(input.params)?;
    let scope = convert::scope(input.view, layer.as_deref())?;
    let bounds = match convert::bounds_opt(within)? {
        None => scope.bounds(),
        Some(within) => {
            let select = Select::all_in(within);
            query::find(&scope, &select, input.progress).map_err(cancelled)?.bounds
        }
    };
    let revision = errors::revision(input.view.revision);
    Reply::json(&BoundsReply { revision, bounds: bounds.map(convert::box3) })
}

pub(in crate::handlers) fn count(input: &mut ReadInput<'_>) -> Result<Reply, Error> {
    let ScopeParams { project: _, layer, within } = parse(input.params)?;
    let scope = convert::scope(input.view, layer.as_deref())?;
    let voxels = match convert::bounds_opt(within)? {
        Some(bounds) => scope.count_in(bounds, input.progress).map_err(cancelled)?,
        None => match convert::only_volume(input.view, layer.as_deref()) {
            // Nothing overlaps, so that the sum that is kept is the answer.
            Some(volume) => volume.count(),
            None => scope.count_in(Bounds::ALL, input.progress).map_err(cancelled)?,
        },
    };
    Reply::json(&CountReply { revision: errors::revision(input.view.revision), voxels })
}

pub(in crate::handlers) fn histogram(input: &mut ReadInput<'_>) -> Result<Reply, Error> {
    let HistogramParams { project: _, layer, within, limit } = parse(input.params)?;
    let listed_max = within_limit("limit", limit, COLORS_DEFAULT, COLORS_MAX)?;
    let scope = convert::scope(input.view, layer.as_deref())?;
    let revision = errors::revision(input.view.revision);
    let Some(bounds) = within_or_all(convert::bounds_opt(within)?, &scope) else {
        let (total, colors_total, colors) = (0, 0, Vec::new());
        return Reply::json(&HistogramReply { revision, total, colors_total, colors });
    };
    let options = HistogramOptions { by_material: true, listed_max, kinds_max: KINDS_MAX };
    let counted = query::histogram(&scope, bounds, options, input.progress).map_err(cancelled)?;
    let colors = counted.listed.iter().map(|(voxel, voxels)| ColorCount {
        color: Color { rgb: voxel.rgb() },
        material: voxel.slot().map_or(0, MaterialSlot::number),
        voxels: *voxels,
    });
    Reply::json(&HistogramReply {
        revision,
        total: counted.total,
        colors_total: u64::try_from(counted.kinds).unwrap_or(u64::MAX),
        colors: colors.collect(),
    })
}

fn within_or_all(within: Option<Bounds>, scope: &query::View<'_>) -> Option<Bounds> {
    within.or_else(|| scope.bounds())
}

fn within_limit(name: &str, limit: Option<u32>, default: u32, max: u32) -> Result<usize, Error> {
    let limit = limit.unwrap_or(default);
    if (1..=max).contains(&limit) {
        Ok(usize::try_from(limit).unwrap_or(usize::MAX))
    } else {
        Err(Error::invalid_params(format!("{name}: a number from 1 to {max}")))
    }
}

fn cancelled(_: Cancelled) -> Error {
    Error::new(Code::Cancelled, "the query was cancelled")
}

fn dense_error(error: DenseError) -> Error {
    match error {
        DenseError::TooLarge { voxels, voxels_max } => {
            Error::new(Code::TooLarge, error.to_string())
                .hint("read the box in several parts")
                .with("voxels", voxels)
                .with("voxels_max", voxels_max)
        }
        DenseError::Cancelled(cause) => cancelled(cause),
    }
}
