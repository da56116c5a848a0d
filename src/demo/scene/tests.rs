//! What the demo relies on.

use std::collections::BTreeSet;

use super::*;

#[test]
fn every_call_keeps_to_what_the_tool_takes() {
    for part in parts() {
        assert!(!part.lists.is_empty(), "{} is empty", part.layer);
        for list in &part.lists {
            assert!(!list.is_empty() && list.len() <= brush::EDITS_MAX, "{}", part.layer);
            for edit in list {
                if let EditItem::Set { voxels, .. } = edit {
                    assert!(voxels.len() <= brush::VOXELS_MAX, "{}", part.layer);
                }
            }
        }
    }
}

#[test]
fn the_scene_is_the_same_every_time_and_large() {
    let json = |parts: &[Part]| {
        let lists: Vec<_> = parts.iter().flat_map(|part| &part.lists).collect();
        serde_json::to_string(&lists).unwrap()
    };
    let parts = parts();
    assert_eq!(json(&parts), json(&super::parts()));
    assert!(parts.len() >= 8);
    let layers: BTreeSet<&str> = parts.iter().map(|part| part.layer).collect();
    assert_eq!(layers.len(), parts.len());
    assert!(layers.contains(MISTAKE_LAYER) && layers.contains(BOAT_LAYER));
}

#[test]
fn errands_are_many_distinct_and_countable() {
    let errands = errands();
    assert!(errands.len() >= 40, "{}", errands.len());
    let labels: BTreeSet<&str> = errands.iter().map(|errand| errand.label.as_str()).collect();
    assert_eq!(labels.len(), errands.len());
    let sails: i32 = errands.iter().map(|errand| errand.sails).sum();
    assert_eq!(sails, boat::VOYAGE);
    let mut places = BTreeSet::new();
    for errand in &errands {
        if let EditItem::Set { voxels, .. } = &errand.edit {
            assert!(voxels.len() <= brush::VOXELS_MAX);
            assert_eq!(u64::try_from(voxels.len()).unwrap(), errand.adds);
            assert!(voxels.iter().all(|voxel| places.insert(voxel.at)), "{}", errand.label);
        }
    }
}
