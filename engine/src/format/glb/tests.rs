//! What is written, as another project's reader understands it.

use super::{GlbOptions, export};
use crate::format::SurfaceError;
use crate::format::surface::samples::{fill, house, layer, slot};
use crate::format::vox::ExportLayer;
use crate::material::{Material, MaterialTable};
use crate::progress::{Cancelled, Progress};
use crate::volume::Volume;
use crate::voxel::Voxel;

const OPTIONS: GlbOptions<'static> = GlbOptions { name: "my \"house\"", bytes_max: 1 << 30 };

fn write(layers: &[ExportLayer<'_>], materials: &MaterialTable) -> Vec<u8> {
    export(layers, materials, &OPTIONS, &mut ()).expect("a file")
}

fn read(file: &[u8]) -> gltf::Gltf {
    gltf::Gltf::from_slice(file).expect("another reader reads what we write")
}

/// The bytes of a picture out of the file's own buffer.
fn palette(file: &gltf::Gltf) -> Vec<[u8; 3]> {
    let image = file.images().next().expect("a palette");
    let gltf::image::Source::View { view, mime_type: "image/png" } = image.source() else {
        panic!("the palette is in the file");
    };
    let blob = file.blob.as_deref().expect("a buffer");
    let png = &blob[view.offset()..view.offset() + view.length()];
    let mut reader = png::Decoder::new(std::io::Cursor::new(png)).read_info().expect("a picture");
    let mut pixels = vec![0; reader.output_buffer_size().expect("a size")];
    reader.next_frame(&mut pixels).expect("pixels");
    pixels.as_chunks().0.to_vec()
}

#[test]
fn another_reader_sees_nodes_materials_and_bounds() {
    let (walls, lights, materials) = house();
    let empty = Volume::new();
    let mut layers = [
        layer("walls", "house/ground floor", &walls),
        layer("lights", "house", &lights),
        layer("nothing", "", &empty),
        layer("hidden", "", &walls),
    ];
    layers[3].visible = false;
    let file = read(&write(&layers, &materials));
    let scene = file.default_scene().expect("a scene");
    assert_eq!(scene.name(), Some("my \"house\""));
    let tree: Vec<_> = scene.nodes().map(|node| outline(&node)).collect();
    assert_eq!(tree, ["house(ground floor(walls*),lights*)", "nothing"]);
    let looks: Vec<_> =
        file.materials().map(|material| material.name().map(str::to_owned)).collect();
    assert_eq!(
        looks,
        [Some("default".into()), Some("window".into()), Some("a \"lamp\"\u{7}".into())]
    );
    let glass = file.materials().nth(1).expect("glass");
    let through = glass.transmission().expect("light goes through").transmission_factor();
    assert!((through - 195.0 / 255.0).abs() < 1e-6);
    assert_eq!(glass.alpha_mode(), gltf::material::AlphaMode::Opaque);
    let lamp = file.materials().nth(2).expect("a lamp");
    assert_eq!(lamp.emissive_factor(), [0.8; 3]);
    assert!(lamp.emissive_texture().is_some());
    assert_eq!(lamp.pbr_metallic_roughness().metallic_factor(), 1.0);
    assert_eq!(lamp.pbr_metallic_roughness().roughness_factor(), 0.2);
    assert_eq!(file.meshes().map(|mesh| mesh.primitives().count()).collect::<Vec<_>>(), [2, 1]);
}

fn outline(node: &gltf::Node<'_>) -> String {
    let children: Vec<String> = node.children().map(|child| outline(&child)).collect();
    let children =
        if children.is_empty() { String::new() } else { format!("({})", children.join(",")) };
    let mesh = if node.mesh().is_some() { "*" } else { "" };
    format!("{}{mesh}{children}", node.name().expect("a name"))
}

#[test]
fn every_triangle_has_its_place_normal_and_colour() {
    let (walls, lights, materials) = house();
    let layers = [layer("walls", "", &walls), layer("lights", "", &lights)];
    let file = read(&write(&layers, &materials));
    let palette = palette(&file);
    let mut area = std::collections::BTreeMap::new();
    for primitive in file.meshes().flat_map(|mesh| mesh.primitives().collect::<Vec<_>>()) {
        let reader = primitive.reader(|_| file.blob.as_deref());
        let places: Vec<[f32; 3]> = reader.read_positions().expect("places").collect();
        let normals: Vec<[f32; 3]> = reader.read_normals().expect("normals").collect();
        let points: Vec<[f32; 2]> = reader.read_tex_coords(0).expect("points").into_f32().collect();
        let indices: Vec<u32> = reader.read_indices().expect("indices").into_u32().collect();
        let told = primitive.bounding_box();
        for axis in 0..3 {
            let along = || places.iter().map(|place| place[axis]);
            assert_eq!(told.min[axis], along().fold(f32::MAX, f32::min));
            assert_eq!(told.max[axis], along().fold(f32::MIN, f32::max));
        }
        for corners in indices.as_chunks::<3>().0 {
            let [a, b, c] = corners.map(|corner| places[corner as usize]);
            let (u, v) = ([0, 1, 2].map(|i| b[i] - a[i]), [0, 1, 2].map(|i| c[i] - a[i]));
            let cross =
                [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]];
            let normal = normals[corners[0] as usize];
            let doubled: f32 = (0..3).map(|axis| cross[axis] * normal[axis]).sum();
            assert!(doubled > 0.0, "a triangle is wound the wrong way");
            let side = (palette.len() as f32).sqrt();
            let [x, y] = points[corners[0] as usize].map(|part| (part * side) as usize);
            *area.entry(palette[y * side as usize + x]).or_insert(0.0) += doubled / 2.0;
        }
    }
    // A lamp of 2 x 2 x 4; a window of 5 x 8 in a wall one thick.
    assert_eq!(area[&[255, 190, 40]], 2.0 * 4.0 + 4.0 * 8.0);
    assert_eq!(area[&[180, 220, 255]], 2.0 * 40.0);
    assert_eq!(area.len(), 4);
}

#[test]
fn nothing_and_one_voxel_are_files_too() {
    let empty = read(&write(&[], &MaterialTable::default()));
    assert_eq!(
        (empty.nodes().count(), empty.buffers().count(), empty.blob.is_none()),
        (1, 0, true)
    );
    let mut volume = Volume::new();
    fill(&mut volume, [-3, 4, 5], [-3, 4, 5], Voxel::from_rgb([1, 2, 3]));
    let one = write(&[layer("main", "", &volume)], &MaterialTable::default());
    let length = u32::from_le_bytes(one[8..12].try_into().expect("four bytes"));
    assert_eq!(length as usize, one.len());
    let one = read(&one);
    let primitive = one.meshes().next().and_then(|mesh| mesh.primitives().next()).expect("a part");
    let told = primitive.bounding_box();
    assert_eq!((told.min, told.max), ([-3.0, 5.0, -5.0], [-2.0, 6.0, -4.0]));
    assert_eq!(palette(&one), [[1, 2, 3]]);
}

#[test]
fn large_parts_have_long_indices_and_small_ones_short() {
    let (mut large, mut small) = (Volume::new(), Volume::new());
    for number in 0..3_000 {
        let at = [number % 60 * 2, number / 60 * 2, 0];
        fill(&mut large, at, at, Voxel::from_rgb([number as u8, (number / 256) as u8, 0]));
    }
    fill(&mut small, [0, 0, 9], [0, 0, 9], Voxel::new([9, 9, 9], slot(3)));
    let mut materials = MaterialTable::default();
    materials.set(slot(3), Material { alpha: 100, ..Material::default() });
    let file = read(&write(&[layer("large", "", &large), layer("small", "", &small)], &materials));
    let kinds: Vec<_> = file
        .meshes()
        .flat_map(|mesh| mesh.primitives().collect::<Vec<_>>())
        .map(|primitive| {
            let indices = primitive.indices().expect("indices");
            (indices.data_type(), indices.count(), primitive.material().alpha_mode())
        })
        .collect();
    use gltf::accessor::DataType::{U16, U32};
    use gltf::material::AlphaMode::{Blend, Opaque};
    assert_eq!(kinds, [(U32, 3_000 * 36, Opaque), (U16, 36, Blend)]);
}

/// Gives up at the step of this number.
struct Impatient(u32);

impl Progress for Impatient {
    fn step(&mut self, done: u64, total: u64) -> Result<(), Cancelled> {
        assert!(done <= total);
        self.0 -= 1;
        if self.0 > 0 { Ok(()) } else { Err(Cancelled) }
    }
}

#[test]
fn it_is_bounded_and_stops() {
    let (walls, lights, materials) = house();
    let layers = [layer("walls", "", &walls), layer("lights", "", &lights)];
    let bytes = write(&layers, &materials).len() as u64;
    let with =
        |bytes_max| export(&layers, &materials, &GlbOptions { bytes_max, ..OPTIONS }, &mut ());
    assert!(with(bytes).is_ok());
    for max in [0, 1_000, bytes - 1] {
        let refused = with(max);
        assert!(matches!(refused, Err(SurfaceError::TooLarge { .. })), "{max}: {refused:?}");
    }
    for step in 1..4 {
        let stopped = export(&layers, &materials, &OPTIONS, &mut Impatient(step));
        assert_eq!(stopped, Err(SurfaceError::Cancelled(Cancelled)), "at step {step}");
    }
}
