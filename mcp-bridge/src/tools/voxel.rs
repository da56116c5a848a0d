//! The tools on voxels: `voxels_edit`, `voxels_read`, `voxels_find`.

pub(super) mod edit;
pub(super) mod find;
pub(super) mod read;
pub(super) mod slices;

/// Voxels a page when the call names no limit: about 6 KB of JSON.
const PAGE_VOXELS: u32 = 150;
/// Voxels a page at most: the longest ones still fit an answer that no client cuts.
const PAGE_VOXELS_MAX: u32 = 600;

/// The page size that a call gets.
fn page(limit: Option<u32>) -> Option<u32> {
    Some(limit.unwrap_or(PAGE_VOXELS).min(PAGE_VOXELS_MAX))
}
