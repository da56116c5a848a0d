//! The tools on voxels: `voxels_edit`, `voxels_read`, `voxels_find`.

pub(super) mod edit;
pub(super) mod find;
pub(super) mod read;
pub(super) mod slices;

use super::{Context, Failure};

/// Voxels a page when the call names no limit: about 6 KB of JSON.
const PAGE_VOXELS: u32 = 150;
/// Voxels a page at most: the longest ones still fit an answer that no client cuts.
const PAGE_VOXELS_MAX: u32 = 600;

/// The page size that a call gets.
fn page(context: &Context<'_>, limit: Option<u32>) -> Result<Option<u32>, Failure> {
    if limit == Some(0) {
        let mut next = context.arguments.clone();
        if let Some(members) = next.as_object_mut() {
            members.remove("limit");
        }
        let why = format!("`limit` goes from 1 to {PAGE_VOXELS_MAX}, {PAGE_VOXELS} when absent.");
        return Err(context.wrong("a page of nothing", why, &next));
    }
    Ok(Some(limit.unwrap_or(PAGE_VOXELS).min(PAGE_VOXELS_MAX)))
}
