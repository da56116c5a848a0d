//! What is written is read back equal, by us and by dot_vox.

use std::collections::BTreeMap;

use goxe_engine::coords::{Bounds, VoxelPos};
use goxe_engine::edit::ImportLayer;
use goxe_engine::format::vox::{
    ExportError, ExportLayer, ExportOptions, Imported, VoxLimits, export, import,
};
use goxe_engine::material::{Material, MaterialTable};
use goxe_engine::volume::Volume;
use goxe_engine::voxel::{MaterialSlot, Voxel};

use crate::random::Dice;
use crate::{corpus, oracle, samples};

/// A layer apart from its name: group, visibility, and colour and material by position.
type Content = (String, bool, BTreeMap<[i32; 3], ([u8; 3], Material)>);

/// Layers by name, with materials in place of slots.
fn contents(layers: &[ImportLayer], materials: &MaterialTable) -> BTreeMap<String, Content> {
    let content = |layer: &ImportLayer| {
        let mut cells = BTreeMap::new();
        for (pos, chunk) in layer.volume.chunks() {
            for (local, voxel) in chunk.solid() {
                let material = materials.get(voxel.slot().unwrap()).cloned().unwrap_or_default();
                cells.insert(pos.voxel(local).to_array(), (voxel.rgb(), material));
            }
        }
        (layer.name.clone(), (layer.group.clone(), layer.visible, cells))
    };
    layers.iter().map(content).collect()
}

fn table(imported: &Imported) -> MaterialTable {
    let mut table = MaterialTable::default();
    for (slot, material) in &imported.materials {
        table.set(*slot, material.clone());
    }
    table
}

fn written(layers: &[ImportLayer], materials: &MaterialTable) -> Vec<u8> {
    let layers: Vec<_> = layers.iter().map(ExportLayer::from).collect();
    export(&layers, materials, &ExportOptions::default(), &mut ()).unwrap().bytes
}

fn read(bytes: &[u8]) -> Imported {
    import(bytes, &VoxLimits::default(), &mut ()).unwrap()
}

/// Writes and reads, and compares with what dot_vox reads too.
fn assert_round_trip(name: &str, layers: &[ImportLayer], materials: &MaterialTable) {
    let bytes = written(layers, materials);
    let again = read(&bytes);
    assert_eq!(contents(&again.layers, &table(&again)), contents(layers, materials), "{name}");
    assert!(again.warnings.is_empty(), "{name}: {:?}", again.warnings);
    let data = dot_vox::load_bytes(&bytes).unwrap();
    let theirs = oracle::leaves(&data);
    for layer in oracle::imported(&again) {
        let mut theirs = theirs.iter().filter(|leaf| leaf.name == layer.name);
        match theirs.next() {
            Some(leaf) => assert_eq!(leaf, &layer, "{name}"),
            None => assert_tiles(name, &layer, &data),
        }
    }
    // Written once more it is the same file: nothing depends on chance.
    assert_eq!(written(&again.layers, &table(&again)), written(&again.layers, &table(&again)));
}

/// A layer without a shape of its name is empty or cut into tiles below a group of its name.
fn assert_tiles(file: &str, layer: &oracle::Leaf, data: &dot_vox::DotVoxData) {
    let name = layer.name.as_deref().unwrap();
    let slash = if layer.group.is_empty() { "" } else { "/" };
    let group = format!("{}{slash}{name}", layer.group);
    let tiles = oracle::leaves(data).into_iter().filter(|leaf| leaf.group == group);
    let mut cells = oracle::Cells::new();
    for tile in tiles {
        assert_eq!((tile.name, tile.visible), (None, layer.visible), "{file} {name}");
        let before = cells.len() + tile.cells.len();
        cells.extend(tile.cells);
        assert_eq!(cells.len(), before, "{file} {name}: tiles overlap");
    }
    assert_eq!(cells, layer.cells, "{file} {name}");
}

#[test]
fn corpus_and_samples() {
    for (name, bytes) in corpus::files().into_iter().chain(samples::files()) {
        let Ok(imported) = import(&bytes, &VoxLimits::default(), &mut ()) else {
            assert_eq!(name, "not_a");
            continue;
        };
        assert_round_trip(&name, &imported.layers, &table(&imported));
    }
}

fn pos(dice: &mut Dice, low: i32, high: i32) -> VoxelPos {
    let [x, y, z] = [(); 3].map(|()| dice.between(low, high));
    VoxelPos::new(x, y, z).unwrap()
}

fn random_volume(dice: &mut Dice, palette: &[Voxel]) -> Volume {
    let mut volume = Volume::new();
    let reach = [3, 20, 130, 400, 32_000][dice.below(5) as usize];
    let low = dice.between(-reach, 0);
    for _ in 0..dice.below(60) {
        let voxel = palette[dice.below(u32::try_from(palette.len()).unwrap()) as usize];
        volume.set(pos(dice, low, reach), voxel);
        if reach < 500 && dice.below(10) == 0 {
            let corner = pos(dice, low, reach);
            let [x, y, z] = corner.to_array();
            let far = VoxelPos::new(x + dice.between(0, 20), y + dice.between(0, 20), z).unwrap();
            volume.fill(Bounds::new(corner, far).unwrap(), voxel);
        }
    }
    volume
}

fn random_materials(dice: &mut Dice) -> MaterialTable {
    let mut table = MaterialTable::default();
    let mut byte = |odds| if dice.below(odds) == 0 { dice.below(256) } else { 0 };
    for slot in 2..20 {
        let [alpha, metallic, roughness, emission, glass] =
            [2, 2, 1, 3, 2].map(|odds| u8::try_from(byte(odds)).unwrap());
        let name = format!("material {}", slot % 15);
        let glass = glass > 127;
        let material = Material { name, alpha: 255 - alpha, metallic, roughness, emission, glass };
        table.set(MaterialSlot::new(slot).unwrap(), material);
    }
    table
}

#[test]
fn random_layers() {
    for seed in 0..60 {
        let mut dice = Dice::new(seed);
        let materials = random_materials(&mut dice);
        let palette: Vec<Voxel> = (0..=dice.below(255))
            .map(|_| {
                let rgb = [(); 3].map(|()| u8::try_from(dice.below(256)).unwrap());
                let slot = u8::try_from(1 + dice.below(21)).unwrap();
                Voxel::new(rgb, MaterialSlot::new(slot).unwrap())
            })
            .take(255)
            .collect();
        let layers: Vec<ImportLayer> = (0..dice.below(6))
            .map(|number| ImportLayer {
                name: format!("layer {number}"),
                group: ["", "a", "a/b", "a/b/c", "d"][dice.below(5) as usize].to_owned(),
                visible: dice.below(3) > 0,
                volume: random_volume(&mut dice, &palette),
            })
            .collect();
        assert_round_trip(&format!("seed {seed}"), &layers, &materials);
    }
}

#[test]
fn large_layers_are_cut_and_joined() {
    let voxel = Voxel::from_rgb([10, 20, 30]);
    let bounds = |min: [i32; 3], max: [i32; 3]| {
        let corner = |at| VoxelPos::from_array(at).unwrap();
        Bounds::new(corner(min), corner(max)).unwrap()
    };
    let mut bar = Volume::new();
    bar.fill(bounds([-300, 5, 7], [299, 6, 7]), voxel);
    let mut exact = Volume::new();
    exact.fill(bounds([-5, 0, 0], [250, 0, 0]), voxel);
    let mut corners = Volume::new();
    corners.set(VoxelPos::MIN, voxel);
    corners.set(VoxelPos::MAX, voxel);
    let volumes = [
        ("bar", bar.clone(), 3),
        ("twin", bar, 0),
        ("exact", exact, 1),
        ("corners", corners, 2),
        ("empty", Volume::new(), 0),
    ];
    let layer = |(name, volume, _): &(&str, Volume, usize)| ImportLayer {
        name: (*name).to_owned(),
        group: "far/away".to_owned(),
        visible: true,
        volume: volume.clone(),
    };
    let layers: Vec<_> = volumes.iter().map(layer).collect();
    let materials = MaterialTable::default();
    assert_round_trip("large", &layers, &materials);
    let data = dot_vox::load_bytes(&written(&layers, &materials)).unwrap();
    // Equal volumes share their models.
    assert_eq!(data.models.len(), volumes.iter().map(|(.., models)| models).sum::<usize>());
}

/// A volume with this many colours, one after the other.
fn colourful(colours: u32) -> Vec<ImportLayer> {
    let mut volume = Volume::new();
    for number in 0..colours {
        let [r, g, b, _] = (number * 7919).to_le_bytes();
        let [x, y] = [number % 100, number / 100].map(|at| i32::try_from(at).unwrap());
        volume.set(VoxelPos::new(x, y, -1).unwrap(), Voxel::from_rgb([r, g, b]));
    }
    vec![ImportLayer { name: "many".to_owned(), volume, visible: true, ..Default::default() }]
}

#[test]
fn more_than_255_colours_are_refused_or_reduced() {
    let materials = MaterialTable::default();
    assert_round_trip("255", &colourful(255), &materials);
    let layers = colourful(1000);
    let layers: Vec<_> = layers.iter().map(ExportLayer::from).collect();
    let refused = export(&layers, &materials, &ExportOptions::default(), &mut ());
    assert_eq!(refused.unwrap_err(), ExportError::TooManyColours { count: 1000 });
    let options = ExportOptions { quantize: true, ..Default::default() };
    let exported = export(&layers, &materials, &options, &mut ()).unwrap();
    assert_eq!(exported.colours, 1000);
    let once_more = export(&layers, &materials, &options, &mut ()).unwrap();
    assert_eq!(exported.bytes, once_more.bytes);
    let again = read(&exported.bytes);
    let (before, after) = (layers[0].volume, &again.layers[0].volume);
    assert_eq!(before.count(), after.count());
    let mut worst = 0;
    for (pos, chunk) in before.chunks() {
        for (local, voxel) in chunk.solid() {
            let near = after.get(pos.voxel(local)).rgb();
            for (a, b) in voxel.rgb().into_iter().zip(near) {
                worst = worst.max(a.abs_diff(b));
            }
        }
    }
    assert!(worst < 64, "a colour moved by {worst}");
}

#[test]
fn reducing_keeps_materials_apart() {
    let mut table = MaterialTable::default();
    let glass = Material { glass: true, alpha: 9, name: "pane".to_owned(), ..Default::default() };
    let slot = table.find_or_insert(&glass).unwrap();
    let mut layers = colourful(1000);
    let pane = VoxelPos::new(-5, -5, -5).unwrap();
    layers[0].volume.set(pane, Voxel::new([1, 2, 3], slot));
    let layers: Vec<_> = layers.iter().map(ExportLayer::from).collect();
    let options = ExportOptions { quantize: true, ..Default::default() };
    let again = read(&export(&layers, &table, &options, &mut ()).unwrap().bytes);
    let voxel = again.layers[0].volume.get(pane);
    assert_eq!(voxel.rgb(), [1, 2, 3]);
    assert_eq!(self::table(&again).get(voxel.slot().unwrap()), Some(&glass));
}

#[test]
fn hidden_layers_can_be_left_out() {
    let mut layers = colourful(3);
    layers.push(ImportLayer { name: "ghost".to_owned(), visible: false, ..layers[0].clone() });
    let layers: Vec<_> = layers.iter().map(ExportLayer::from).collect();
    let options = ExportOptions { visible_only: true, ..Default::default() };
    let bytes = export(&layers, &MaterialTable::default(), &options, &mut ()).unwrap().bytes;
    assert_eq!(read(&bytes).layers.len(), 1);
}

#[test]
fn equal_materials_of_two_slots_are_one_pair() {
    let mut table = MaterialTable::default();
    let second = MaterialSlot::new(9).unwrap();
    table.set(second, Material::default());
    let mut volume = Volume::new();
    volume.set(VoxelPos::ORIGIN, Voxel::from_rgb([5, 5, 5]));
    volume.set(VoxelPos::new(1, 0, 0).unwrap(), Voxel::new([5, 5, 5], second));
    let layer = ExportLayer { name: "a", group: "", visible: true, volume: &volume };
    let exported = export(&[layer], &table, &ExportOptions::default(), &mut ()).unwrap();
    assert_eq!(exported.colours, 1);
}

#[test]
fn no_layers_are_a_file_too() {
    assert_round_trip("nothing", &[], &MaterialTable::default());
}
