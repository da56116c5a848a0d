//! Files that would cost more than they look: every limit, and sharing that does not explode.

use goxe_engine::format::vox::{
    ExportError, ExportLayer, ExportOptions, ImportError, Limit, VoxErrorKind, VoxLimits, export,
    import,
};
use goxe_engine::material::MaterialTable;
use goxe_engine::progress::{Cancelled, Progress};

use crate::chunks::{file, group, model, shape, transform};

fn assert_limit(bytes: &[u8], limits: &VoxLimits, limit: Limit, max: u64) {
    match import(bytes, limits, &mut ()) {
        Err(ImportError::File(error)) => {
            assert_eq!(error.kind, VoxErrorKind::TooMany { limit, max });
            assert!(error.offset <= bytes.len());
        }
        other => panic!("expected {limit}, got {other:?}"),
    }
}

fn dots(count: u32) -> Vec<u8> {
    let side = |number: u32| u8::try_from(number).unwrap();
    let voxels: Vec<_> = (0..count).map(|number| [side(number), 0, 0, 1]).collect();
    model([256, 1, 1], &voxels)
}

/// `count` placements of model 0.
fn copies(count: u32, step: i32) -> Vec<u8> {
    let mut nodes = vec![transform(0, 1, &[], &[])];
    nodes.push(group(1, &(0..count).map(|copy| 2 + 2 * copy).collect::<Vec<_>>()));
    for (copy, at) in (0..count).zip(0..) {
        let moved = format!("0 {} 0", at * step);
        nodes.push(transform(2 + 2 * copy, 3 + 2 * copy, &[], &[("_t", &moved)]));
        nodes.push(shape(3 + 2 * copy, 0));
    }
    nodes.concat()
}

#[test]
fn counts_in_the_file() {
    let bytes = file(&[dots(3), dots(3), copies(4, 16)]);
    let limits = |models_max, nodes_max, instances_max| VoxLimits {
        models_max,
        nodes_max,
        instances_max,
        ..Default::default()
    };
    assert!(import(&bytes, &limits(2, 10, 4), &mut ()).is_ok());
    assert_limit(&bytes, &limits(1, 10, 4), Limit::Models, 1);
    assert_limit(&bytes, &limits(2, 9, 4), Limit::Nodes, 9);
    assert_limit(&bytes, &limits(2, 10, 3), Limit::Instances, 3);
    let frames = file(&[dots(1), dots(1)]);
    let limits = VoxLimits { instances_max: 1, ..Default::default() };
    assert_limit(&frames, &limits, Limit::Instances, 1);
}

#[test]
fn voxels_count_for_every_copy() {
    let bytes = file(&[dots(100), copies(5, 16)]);
    let limits = |voxels_max| VoxLimits { voxels_max, ..Default::default() };
    assert!(import(&bytes, &limits(500), &mut ()).is_ok());
    assert_limit(&bytes, &limits(499), Limit::Voxels, 499);
}

#[test]
fn records_count_even_where_they_repeat_one_voxel() {
    let repeated = model([1, 1, 1], &[[0, 0, 0, 1]; 100]);
    let bytes = file(&[repeated, copies(5, 1)]);
    let limits = |voxels_max| VoxLimits { voxels_max, ..Default::default() };
    assert!(import(&bytes, &limits(500), &mut ()).is_ok());
    assert_limit(&bytes, &limits(499), Limit::Voxels, 499);
}

#[test]
fn memory_counts_once_for_what_is_shared() {
    let limits = |bytes_max| VoxLimits { bytes_max, ..Default::default() };
    let shared = file(&[dots(100), copies(20, 16)]);
    let apart = file(&[dots(100), copies(20, 15)]);
    let max = 7 * 16384 + 20 * 7 * 64;
    assert!(import(&shared, &limits(max), &mut ()).is_ok());
    assert_limit(&apart, &limits(max), Limit::Bytes, max);
}

#[test]
fn shared_groups_do_not_explode() {
    // Each group holds the one below it sixteen times: 16^30 visits, but 30 small nodes.
    let mut nodes = vec![transform(0, 1, &[], &[])];
    for level in 0..30 {
        let (here, below) = (1 + 2 * level, 2 + 2 * level);
        nodes.push(group(here, &[below; 16]));
        nodes.push(transform(below, here + 2, &[("_name", "deeper")], &[]));
    }
    nodes.push(shape(61, 0));
    let bytes = file(&[dots(1), nodes.concat()]);
    let limits = VoxLimits::default();
    assert_limit(&bytes, &limits, Limit::Instances, u64::from(limits.instances_max));
    // The same without a shape at the end, so that no instance is ever counted.
    let last = nodes.len() - 1;
    nodes[last] = group(61, &[]);
    let bytes = file(&[dots(1), nodes.concat()]);
    assert_limit(&bytes, &limits, Limit::Nodes, u64::from(limits.nodes_max));
}

#[test]
fn nesting_is_bounded_and_takes_no_stack() {
    let mut nodes = Vec::new();
    for level in 0..100_000 {
        nodes.push(transform(2 * level, 2 * level + 1, &[("_name", "g")], &[]));
        nodes.push(group(2 * level + 1, &[2 * level + 2]));
    }
    nodes.extend([transform(200_000, 200_001, &[], &[]), shape(200_001, 0)]);
    let bytes = file(&[dots(1), nodes.concat()]);
    let limits = VoxLimits::default();
    assert_limit(&bytes, &limits, Limit::Depth, u64::from(limits.depth_max));
}

/// Cancels at the given call.
struct Until(u32);

impl Progress for Until {
    fn step(&mut self, done: u64, total: u64) -> Result<(), Cancelled> {
        assert!(done <= total, "{done} of {total}");
        self.0 = self.0.checked_sub(1).ok_or(Cancelled)?;
        Ok(())
    }
}

#[test]
fn work_can_be_cancelled() {
    let bytes = file(&[dots(200), copies(20, 15)]);
    let limits = VoxLimits::default();
    let cancelled = import(&bytes, &limits, &mut Until(5));
    assert!(matches!(cancelled, Err(ImportError::Cancelled(Cancelled))));
    let imported = import(&bytes, &limits, &mut Until(1000)).unwrap();
    let layers: Vec<_> = imported.layers.iter().map(ExportLayer::from).collect();
    let (materials, options) = (MaterialTable::default(), ExportOptions::default());
    let export = |calls| export(&layers, &materials, &options, &mut Until(calls));
    assert!(matches!(export(1), Err(ExportError::Cancelled(Cancelled))));
    assert!(export(1000).is_ok());
}

#[test]
fn a_file_that_would_be_too_large_is_refused_before_it_is_made() {
    let bytes = file(&[dots(200), copies(20, 15)]);
    let imported = import(&bytes, &VoxLimits::default(), &mut ()).unwrap();
    let layers: Vec<_> = imported.layers.iter().map(ExportLayer::from).collect();
    let options = ExportOptions { bytes_max: 4000, ..Default::default() };
    match export(&layers, &MaterialTable::default(), &options, &mut ()) {
        Err(ExportError::TooLarge { bytes, max: 4000 }) => assert!(bytes > 4000),
        other => panic!("expected a refusal, got {other:?}"),
    }
}
