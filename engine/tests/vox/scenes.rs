//! What an import makes of names, groups, materials, animations and instances.

use std::collections::HashSet;

use goxe_engine::format::vox::{Imported, VoxLimits, import, parse};
use goxe_engine::layer::{check_group, check_name};
use goxe_engine::material::Material;

use crate::chunks::{chunk, dict, file, group, model, shape, transform, words};
use crate::corpus;

fn imported(name: &str) -> Imported {
    let files = corpus::files();
    let (_, bytes) = files.iter().find(|(file, _)| file == name).unwrap();
    import(bytes, &VoxLimits::default(), &mut ()).unwrap()
}

fn names(imported: &Imported) -> Vec<&str> {
    imported.layers.iter().map(|layer| layer.name.as_str()).collect()
}

#[test]
fn names_come_from_nodes_then_layers_and_are_unique() {
    assert_eq!(names(&imported("groups")), ["door", "tile", "tile (2)", "stone"]);
    assert_eq!(names(&imported("layers")), ["model 0", "walls 1", "walls 1 (2)", "model 1"]);
    assert_eq!(names(&imported("frames")), ["frame 0", "frame 1"]);
}

#[test]
fn foreign_names_become_good_ones() {
    let bad = ["", "  ", "a\nb", &"x".repeat(100), &"x".repeat(100), "trailing  "];
    let mut nodes = vec![transform(0, 1, &[], &[])];
    let ids: Vec<u32> = (0..6).map(|leaf| 2 + 4 * leaf).collect();
    nodes.push(group(1, &ids));
    for (name, id) in bad.iter().zip(ids) {
        nodes.push(transform(id, id + 1, &[("_name", name)], &[]));
        nodes.push(group(id + 1, &[id + 2]));
        nodes.push(transform(id + 2, id + 3, &[("_name", name)], &[]));
        nodes.push(shape(id + 3, 0));
    }
    let bytes = file(&[model([1, 1, 1], &[[0, 0, 0, 1]]), nodes.concat()]);
    let imported = import(&bytes, &VoxLimits::default(), &mut ()).unwrap();
    for layer in &imported.layers {
        assert_eq!((check_name(&layer.name), check_group(&layer.group)), (Ok(()), Ok(())));
    }
    let long = "x".repeat(64);
    let second = format!("{} (2)", "x".repeat(60));
    assert_eq!(names(&imported), ["model 0", "model 0 (2)", "ab", &long, &second, "trailing"]);
}

#[test]
fn a_deep_group_path_is_cut() {
    let mut nodes = Vec::new();
    for level in 0..20 {
        nodes.push(transform(2 * level, 2 * level + 1, &[("_name", "g")], &[]));
        nodes.push(group(2 * level + 1, &[2 * level + 2]));
    }
    nodes.extend([transform(40, 41, &[], &[]), shape(41, 0)]);
    let bytes = file(&[model([1, 1, 1], &[[0, 0, 0, 1]]), nodes.concat()]);
    let imported = import(&bytes, &VoxLimits::default(), &mut ()).unwrap();
    assert_eq!(check_group(&imported.layers[0].group), Ok(()));
}

#[test]
fn instances_share_chunks_where_they_stand_alike() {
    let imported = imported("instances");
    let addresses = |layer: usize| {
        let chunks = imported.layers[layer].volume.chunks();
        chunks.map(|(_, chunk)| chunk.address().unwrap()).collect::<HashSet<_>>()
    };
    let shared = |a, b| addresses(a) == addresses(b);
    assert!(shared(0, 1));
    assert!(shared(0, 2));
    assert!(!shared(0, 3));
    assert!(!shared(0, 4));
}

#[test]
fn materials_follow_the_type() {
    let imported = imported("materials");
    let material = |name: &str, metallic, roughness, emission, alpha, glass| Material {
        name: name.to_owned(),
        alpha,
        metallic,
        roughness,
        emission,
        glass,
    };
    let found: Vec<_> = imported.materials.iter().map(|(_, material)| material.clone()).collect();
    let wanted = [
        Material::default(),
        material("metal", 204, 102, 0, 255, false),
        material("glass", 0, 0, 0, 102, true),
        material("emit", 0, 26, 128, 255, false),
        material("blend", 255, 255, 0, 204, true),
        material("media", 0, 26, 0, 153, false),
        material("metal", 64, 51, 0, 255, false),
        material("emit", 0, 26, 102, 255, false),
        // No voxel has it.
        material("metal", 26, 26, 0, 255, false),
    ];
    assert_eq!(found, wanted);
    // Colour index 6 has the material of colour index 2, so that they share a slot.
    let slot_of = |index: u8| {
        let red = index - 1;
        let chunks = imported.layers[0].volume.chunks();
        let mut voxels = chunks.flat_map(|(_, chunk)| chunk.voxels().collect::<Vec<_>>());
        voxels.find(|voxel| voxel.is_solid() && voxel.rgb()[0] == red).unwrap().slot()
    };
    assert_eq!(slot_of(2), slot_of(6));
    assert_ne!(slot_of(2), slot_of(8));
}

#[test]
fn pack_files_show_their_first_frame() {
    let dot = model([3, 3, 3], &[[2, 1, 0, 79]]);
    let pack = chunk(b"PACK", &words(&[2]));
    let bytes = file(&[pack, dot.clone(), dot]);
    let imported = import(&bytes, &VoxLimits::default(), &mut ()).unwrap();
    let shown: Vec<_> = imported.layers.iter().map(|layer| layer.visible).collect();
    assert_eq!(shown, [true, false]);
    assert_eq!(imported.warnings.len(), 1);
    for layer in &imported.layers {
        let bounds = layer.volume.bounds().unwrap();
        assert_eq!(bounds.min().to_array(), [2, 1, 0]);
        assert_eq!(bounds.max().to_array(), [2, 1, 0]);
    }
}

#[test]
fn an_animated_shape_becomes_a_layer_a_frame() {
    let shown = [words(&[1, 0, 2, 0]), dict(&[("_f", "9")]), words(&[1]), dict(&[("_f", "3")])];
    let moves = [
        words(&[0]),
        dict(&[("_name", "bird")]),
        words(&[1, u32::MAX, 0, 2]),
        dict(&[("_f", "20"), ("_t", "100 0 0")]),
        dict(&[("_f", "0"), ("_t", "0 0 0")]),
    ];
    let bytes = file(&[
        model([1, 1, 1], &[[0, 0, 0, 1]]),
        model([1, 1, 1], &[[0, 0, 0, 2]]),
        chunk(b"nTRN", &moves.concat()),
        chunk(b"nSHP", &shown.concat()),
    ]);
    let imported = import(&bytes, &VoxLimits::default(), &mut ()).unwrap();
    assert_eq!(names(&imported), ["bird", "bird frame 9"]);
    assert_eq!(imported.layers[0].volume.bounds().unwrap().min().to_array(), [0, 0, 0]);
    assert!(imported.layers[0].visible && !imported.layers[1].visible);
    assert_eq!(imported.warnings, ["1 transforms are animated: the first frame was taken"]);
}

#[test]
fn what_is_not_drawn_is_read_all_the_same() {
    let files = corpus::files();
    let (_, bytes) = files.iter().find(|(name, _)| name == "extras").unwrap();
    let file = parse(bytes, &VoxLimits::default()).unwrap();
    assert_eq!(file.notes, ["skin", "steel"]);
    assert_eq!(file.unknown_chunks, 2);
    assert_eq!(file.index_map.unwrap()[0], 255);
}

#[test]
fn nodes_off_the_scene_are_left_out_and_said_so() {
    let bytes = file(&[
        model([1, 1, 1], &[[0, 0, 0, 1]]),
        transform(0, 1, &[], &[]),
        shape(1, 0),
        transform(7, 8, &[], &[]),
        shape(8, 0),
    ]);
    let imported = import(&bytes, &VoxLimits::default(), &mut ()).unwrap();
    assert_eq!((imported.layers.len(), imported.warnings.len()), (1, 1));
}
