//! Small files made by dot_vox's writer, kept beside the tests; each is imported and compared with
//! what the oracle says. With `GOXE_WRITE_CORPUS` set they are written anew.

use std::path::PathBuf;

use dot_vox::{
    Color, DEFAULT_PALETTE, Dict, DotVoxData, Frame, Layer, Material, Model, SceneNode, ShapeModel,
    Size, Voxel,
};
use goxe_engine::format::vox::{VoxLimits, import};

use crate::{chunks, oracle};

/// The files of the corpus: name and bytes, as they lie in the folder.
pub fn files() -> Vec<(String, Vec<u8>)> {
    let names = generated().into_iter().map(|(name, ..)| name.to_owned());
    names.map(|name| (name.clone(), std::fs::read(path(&name)).expect("committed"))).collect()
}

#[test]
fn the_files_are_what_the_generator_makes() {
    for (name, data, bytes) in generated() {
        if std::env::var_os("GOXE_WRITE_CORPUS").is_some() {
            std::fs::write(path(name), &bytes).unwrap();
        }
        // Not byte for byte: dot_vox writes a dictionary in whatever order its map has.
        let kept = std::fs::read(path(name)).unwrap();
        assert_eq!(kept.len(), bytes.len(), "{name}");
        assert_eq!(dot_vox::load_bytes(&kept).unwrap(), data, "{name}");
    }
}

#[test]
fn imports_are_what_the_oracle_says() {
    for (name, bytes) in files() {
        let data = dot_vox::load_bytes(&bytes).unwrap();
        let imported = import(&bytes, &VoxLimits::default(), &mut ()).unwrap();
        assert_leaves(&name, &oracle::imported(&imported), &oracle::leaves(&data));
    }
}

/// Compares position, colour, group and visibility of each leaf, and its name where it has one of
/// its own; a number may follow that.
pub fn assert_leaves(file: &str, ours: &[oracle::Leaf], theirs: &[oracle::Leaf]) {
    assert_eq!(ours.len(), theirs.len(), "{file}: layers");
    for (ours, theirs) in ours.iter().zip(theirs) {
        let ours_name = ours.name.as_deref().unwrap();
        let wanted = theirs.name.as_deref().unwrap_or("");
        assert!(ours_name.starts_with(wanted), "{file}: {ours_name}, not {wanted}");
        assert_eq!(ours.group, theirs.group, "{file} {ours_name}");
        assert_eq!(ours.visible, theirs.visible, "{file} {ours_name}");
        assert_eq!(ours.cells, theirs.cells, "{file} {ours_name}");
    }
}

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/corpus").join(format!("{name}.vox"))
}

type File = (&'static str, DotVoxData, Vec<u8>);

fn generated() -> Vec<File> {
    let mut files = vec![
        written("single", data(vec![stairs([3, 4, 5], 0)])),
        written("frames", data(vec![stairs([3, 3, 3], 0), stairs([4, 2, 7], 9)])),
        written("models", models()),
        written("groups", groups()),
        written("instances", instances()),
        written("rotations", rotations()),
        written("hidden", hidden()),
        written("materials", materials()),
        written("layers", layers()),
        written("wide", wide()),
    ];
    files.push(default_palette());
    files.push(extras());
    files
}

fn written(name: &'static str, data: DotVoxData) -> File {
    let mut bytes = Vec::new();
    data.write_vox(&mut bytes).unwrap();
    (name, data, bytes)
}

/// A file with a palette of its own, in which neighbours differ.
pub fn data(models: Vec<Model>) -> DotVoxData {
    let palette =
        (0..=255u8).map(|i| Color { r: i, g: i.wrapping_mul(7), b: 255 - i, a: 255 }).collect();
    DotVoxData {
        version: 150,
        index_map: dot_vox::DEFAULT_INDEX_MAP.to_vec(),
        models,
        palette,
        materials: Vec::new(),
        scenes: Vec::new(),
        layers: Vec::new(),
    }
}

/// A model without any symmetry: three arms from a corner, every voxel of another colour.
fn stairs(size: [u8; 3], first: u8) -> Model {
    let mut voxels = Vec::new();
    for axis in 0..3 {
        for at in 0..size[axis] {
            let mut pos = [0; 3];
            pos[axis] = at;
            if axis == 2 && at > 0 {
                pos[0] = (size[0] - 1).min(1);
            }
            let i = first + u8::try_from(voxels.len()).unwrap();
            voxels.push(Voxel { x: pos[0], y: pos[1], z: pos[2], i });
        }
    }
    let [x, y, z] = size.map(u32::from);
    Model { size: Size { x, y, z }, voxels }
}

fn dict(entries: &[(&str, &str)]) -> Dict {
    entries.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

pub fn transform(attributes: &[(&str, &str)], frame: &[(&str, &str)], child: u32) -> SceneNode {
    let frames = vec![Frame::new(dict(frame))];
    SceneNode::Transform { attributes: dict(attributes), frames, child, layer_id: 0 }
}

fn on_layer(mut node: SceneNode, layer: u32) -> SceneNode {
    if let SceneNode::Transform { layer_id, .. } = &mut node {
        *layer_id = layer;
    }
    node
}

fn group(children: Vec<u32>) -> SceneNode {
    SceneNode::Group { attributes: Dict::default(), children }
}

fn shape(model_id: u32) -> SceneNode {
    let models = vec![ShapeModel { model_id, attributes: Dict::default() }];
    SceneNode::Shape { attributes: Dict::default(), models }
}

/// A root over leaves: each a transform and a shape.
pub fn flat(leaves: Vec<(SceneNode, u32)>) -> Vec<SceneNode> {
    let ids = (0..u32::try_from(leaves.len()).unwrap()).map(|leaf| 2 + 2 * leaf);
    let mut nodes = vec![transform(&[], &[], 1), group(ids.collect())];
    for (mut node, model) in leaves {
        let id = u32::try_from(nodes.len()).unwrap();
        if let SceneNode::Transform { child, .. } = &mut node {
            *child = id + 1;
        }
        nodes.extend([node, shape(model)]);
    }
    nodes
}

fn models() -> DotVoxData {
    let mut data = data(vec![stairs([2, 3, 4], 0), stairs([5, 5, 5], 40), stairs([1, 1, 1], 252)]);
    data.scenes = flat(vec![
        (transform(&[("_name", "tree")], &[("_t", "0 0 2")], 0), 0),
        (transform(&[("_name", "rock")], &[("_t", "-10 20 2")], 0), 1),
        (transform(&[("_name", "pebble")], &[("_t", "-1 -1 -1")], 0), 2),
    ]);
    data
}

fn groups() -> DotVoxData {
    let mut data = data(vec![stairs([2, 3, 4], 0), stairs([3, 2, 5], 100)]);
    data.scenes = vec![
        transform(&[], &[], 1),
        group(vec![2, 8]),
        transform(&[("_name", "house")], &[("_t", "40 -7 3"), ("_r", "17")], 3),
        group(vec![4, 6]),
        transform(&[("_name", "door")], &[("_t", "1 2 3"), ("_r", "40")], 5),
        shape(0),
        transform(&[("_name", "roof")], &[("_t", "0 0 9"), ("_r", "2")], 7),
        group(vec![10, 12]),
        transform(&[], &[("_t", "0 0 -5")], 9),
        group(vec![14]),
        transform(&[("_name", "tile")], &[("_r", "100")], 11),
        shape(1),
        transform(&[("_name", "tile")], &[("_t", "7 7 7"), ("_r", "33")], 13),
        shape(1),
        transform(&[("_name", "stone")], &[("_t", "100 100 0")], 15),
        shape(0),
    ];
    data
}

fn instances() -> DotVoxData {
    let mut data = data(vec![stairs([20, 3, 18], 0)]);
    let at = |text: &str| transform(&[("_name", "post")], &[("_t", text)], 0);
    let turned = transform(&[("_name", "turned")], &[("_t", "48 0 0"), ("_r", "1")], 0);
    // The first three stand alike modulo 16, the fourth does not, the fifth is turned.
    data.scenes = flat(vec![
        (at("0 0 0"), 0),
        (at("64 -160 16"), 0),
        (at("-3200 0 1600"), 0),
        (at("5 6 7"), 0),
        (turned, 0),
    ]);
    data
}

fn rotations() -> DotVoxData {
    let mut data = data(vec![stairs([2, 3, 5], 0)]);
    let mut leaves = Vec::new();
    for columns in [0b0100, 0b1000, 0b0001, 0b1001, 0b0010, 0b0110] {
        for signs in 0..8u8 {
            let byte = (columns | signs << 4).to_string();
            let moved = format!("{} {} 4", 10 * i32::from(signs) - 30, 9 * columns);
            let frame = [("_r", byte.as_str()), ("_t", moved.as_str())];
            leaves.push((transform(&[("_name", &byte)], &frame, 0), 0));
        }
    }
    data.scenes = flat(leaves);
    data
}

fn hidden() -> DotVoxData {
    let mut data = data(vec![stairs([2, 2, 2], 0)]);
    data.layers = vec![
        Layer { attributes: dict(&[("_name", "shown")]) },
        Layer { attributes: dict(&[("_name", "off"), ("_hidden", "1")]) },
        Layer { attributes: dict(&[("_name", "on"), ("_hidden", "0")]) },
    ];
    data.scenes = vec![
        transform(&[], &[], 1),
        group(vec![2, 4, 6, 8]),
        transform(&[("_name", "plain"), ("_hidden", "0")], &[("_t", "0 0 0")], 3),
        shape(0),
        transform(&[("_name", "hidden itself"), ("_hidden", "1")], &[("_t", "5 0 0")], 5),
        shape(0),
        on_layer(transform(&[("_name", "on a hidden layer")], &[("_t", "10 0 0")], 7), 1),
        shape(0),
        on_layer(transform(&[("_name", "attic"), ("_hidden", "1")], &[], 9), 2),
        group(vec![10]),
        transform(&[("_name", "in a hidden group")], &[("_t", "0 5 0")], 11),
        shape(0),
    ];
    data
}

fn materials() -> DotVoxData {
    let mut data = data(vec![stairs([4, 4, 4], 0)]);
    let material = |id, properties: &[(&str, &str)]| Material { id, properties: dict(properties) };
    let metal = [("_type", "_metal"), ("_metal", "0.8"), ("_rough", "0.4"), ("_ior", "0.3")];
    data.materials = vec![
        material(1, &[("_type", "_diffuse"), ("_rough", "0.1"), ("_weight", "1")]),
        material(2, &metal),
        material(3, &[("_type", "_glass"), ("_trans", "0.6"), ("_rough", "0"), ("_alpha", "0.6")]),
        material(4, &[("_type", "_emit"), ("_emit", "0.5"), ("_flux", "0"), ("_rough", "0.1")]),
        material(6, &metal),
        material(5, &[("_type", "_blend"), ("_metal", "1"), ("_trans", "0.2"), ("_rough", "1")]),
        material(7, &[("_type", "_media"), ("_d", "0.05"), ("_trans", "0.4")]),
        // As old versions write it: the weight says how much of the type there is.
        material(8, &[("_type", "_metal"), ("_weight", "0.25"), ("_rough", "0.2")]),
        material(9, &[("_type", "_emit"), ("_weight", "0.2"), ("_flux", "1")]),
        // Nothing is made of it.
        material(200, &[("_type", "_metal"), ("_metal", "0.1")]),
        material(256, &[("_type", "_metal"), ("_metal", "0.2")]),
    ];
    data
}

fn layers() -> DotVoxData {
    let mut data = data(vec![stairs([2, 2, 2], 0), stairs([3, 3, 3], 20)]);
    data.layers =
        ["0", "walls", "walls"].map(|name| Layer { attributes: dict(&[("_name", name)]) }).to_vec();
    let at = |text: &str, layer| on_layer(transform(&[], &[("_t", text)], 0), layer);
    data.scenes = flat(vec![
        (at("0 0 0", 0), 0),
        (at("9 0 0", 1), 1),
        (at("0 9 0", 2), 1),
        (at("9 9 9", u32::MAX), 1),
    ]);
    data
}

/// The largest model there can be, with voxels in its corners, far out and turned.
fn wide() -> DotVoxData {
    let corners = (0..8u8).map(|corner| {
        let [x, y, z] = [0, 1, 2].map(|axis| if corner >> axis & 1 == 1 { 255 } else { 0 });
        Voxel { x, y, z, i: corner }
    });
    let size = Size { x: 256, y: 256, z: 256 };
    let mut data = data(vec![Model { size, voxels: corners.collect() }]);
    data.scenes = flat(vec![
        (transform(&[("_name", "low")], &[("_t", "-32640 -32640 -32640")], 0), 0),
        (transform(&[("_name", "high")], &[("_t", "32640 32640 32640"), ("_r", "114")], 0), 0),
    ]);
    data
}

/// dot_vox always writes a palette, so that it has to be cut out again.
fn default_palette() -> File {
    let mut data = data(vec![stairs([80, 80, 95], 0)]);
    data.palette = DEFAULT_PALETTE.to_vec();
    let mut bytes = Vec::new();
    data.write_vox(&mut bytes).unwrap();
    bytes.truncate(bytes.len() - 12 - 1024);
    let children = u32::try_from(bytes.len() - 20).unwrap();
    bytes[16..20].copy_from_slice(&children.to_le_bytes());
    ("default_palette", data, bytes)
}

/// Chunks that dot_vox does not write: an index map, notes, and some that nobody knows.
fn extras() -> File {
    let mut data = data(vec![stairs([3, 3, 3], 0)]);
    data.index_map = (0..=255).rev().collect();
    let mut bytes = Vec::new();
    data.write_vox(&mut bytes).unwrap();
    let map: Vec<u8> = data.index_map.clone();
    let notes = [chunks::words(&[2]), chunks::text("skin"), chunks::text("steel")].concat();
    let parent = [&b"kids"[..], &chunks::words(&[2, 15]), b"ab", &chunks::chunk(b"kidd", b"cde")];
    let more = [
        chunks::chunk(b"IMAP", &map),
        chunks::chunk(b"NOTE", &notes),
        chunks::chunk(b"rOBJ", &chunks::dict(&[("_type", "_bounce")])),
        parent.concat(),
    ];
    let children = bytes.split_off(20);
    ("extras", data, chunks::file(&[children, more.concat()]))
}
