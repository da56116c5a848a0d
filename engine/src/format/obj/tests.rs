//! What is written, as another project's reader understands it.

use std::io::Cursor;

use super::{ObjFiles, ObjOptions, export};
use crate::format::SurfaceError;
use crate::format::surface::samples::{fill, house, layer};
use crate::format::vox::ExportLayer;
use crate::material::MaterialTable;
use crate::progress::{Cancelled, Progress};
use crate::volume::Volume;
use crate::voxel::Voxel;

const OPTIONS: ObjOptions<'static> = ObjOptions { library: "house.mtl", bytes_max: 1 << 30 };

fn write(layers: &[ExportLayer<'_>], materials: &MaterialTable) -> ObjFiles {
    export(layers, materials, &OPTIONS, &mut ()).expect("files")
}

fn read(files: &ObjFiles) -> (Vec<tobj::Model>, Vec<tobj::Material>) {
    let options = tobj::LoadOptions { triangulate: true, ..tobj::LoadOptions::default() };
    let (models, materials) = tobj::load_obj_buf(&mut Cursor::new(&files.obj), &options, |path| {
        assert_eq!(path.to_str(), Some("house.mtl"));
        tobj::load_mtl_buf(&mut Cursor::new(&files.mtl))
    })
    .expect("another reader reads what we write");
    (models, materials.expect("it reads the materials too"))
}

#[test]
fn another_reader_sees_layers_colours_and_bounds() {
    let (walls, lights, materials) = house();
    let layers = [layer("walls", "the house", &walls), layer("lights", "", &lights)];
    let files = write(&layers, &materials);
    let (models, theirs) = read(&files);
    let names: Vec<&str> = models.iter().map(|model| model.name.as_str()).collect();
    assert_eq!(names, ["the_house/walls", "the_house/walls", "the_house/walls", "lights"]);
    let sides: Vec<&str> = theirs.iter().map(|material| material.name.as_str()).collect();
    assert_eq!(
        sides,
        ["default_1_5a3c1e", "default_1_c8c8be", "window_2_b4dcff", "a__lamp___7_ffbe28"]
    );
    let close = |a: f32, b: f32| (a - b).abs() < 1e-6;
    assert!(
        theirs[0]
            .diffuse
            .expect("a colour")
            .iter()
            .zip([90.0, 60.0, 30.0])
            .all(|(a, b)| close(*a, b / 255.0))
    );
    assert!(close(theirs[2].dissolve.expect("alpha"), 60.0 / 255.0));

    // Up is y, and the front is z.
    let mut low = [f32::MAX; 3];
    let mut high = [f32::MIN; 3];
    let mut doubled_area = 0.0;
    for mesh in models.iter().map(|model| &model.mesh) {
        let at = |index: u32| [0, 1, 2].map(|axis| mesh.positions[3 * index as usize + axis]);
        for (corners, normals) in mesh.indices.chunks(3).zip(mesh.normal_indices.chunks(3)) {
            let [a, b, c] = [0, 1, 2].map(|corner| at(corners[corner]));
            for axis in 0..3 {
                low[axis] = low[axis].min(a[axis]).min(b[axis]).min(c[axis]);
                high[axis] = high[axis].max(a[axis]).max(b[axis]).max(c[axis]);
            }
            let (u, v) = ([0, 1, 2].map(|i| b[i] - a[i]), [0, 1, 2].map(|i| c[i] - a[i]));
            let cross =
                [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]];
            let normal = [0, 1, 2].map(|axis| mesh.normals[3 * normals[0] as usize + axis]);
            let along: f32 = (0..3).map(|axis| cross[axis] * normal[axis]).sum();
            assert!(along > 0.0, "a triangle is wound the wrong way");
            doubled_area += along;
        }
    }
    assert_eq!((low, high), ([-8.0, -1.0, -8.0], [41.0, 21.0, 8.0]));
    assert_eq!(doubled_area / 2.0, expected_area(&layers, &materials));
}

/// The area of the quads that the mesher finds.
fn expected_area(layers: &[ExportLayer<'_>], materials: &MaterialTable) -> f32 {
    let surface = super::Surface::new(layers, materials, &mut ()).expect("done");
    let mut area = 0;
    let mut add = |_: usize, quads: &[super::Quad]| {
        area += quads.iter().map(super::Quad::area).sum::<u32>();
        Ok::<(), Cancelled>(())
    };
    surface.mesh(&mut (), &mut add).expect("done");
    area as f32
}

#[test]
fn nothing_is_a_file_too() {
    let files = write(&[], &MaterialTable::default());
    assert!(files.mtl.is_empty());
    let text = String::from_utf8(files.obj).expect("text");
    assert_eq!(text.lines().nth(1), Some("mtllib house.mtl"));
    assert!(!text.lines().any(|line| line.starts_with(['o', 'f'])), "{text}");
}

#[test]
fn one_voxel_has_eight_places_and_six_faces() {
    let mut volume = Volume::new();
    fill(&mut volume, [5, 6, 7], [5, 6, 7], Voxel::from_rgb([1, 2, 3]));
    let files = write(&[layer("main", "", &volume)], &MaterialTable::default());
    let text = String::from_utf8(files.obj).expect("text");
    let count = |start: &str| text.lines().filter(|line| line.starts_with(start)).count();
    assert_eq!(
        [count("v "), count("vn "), count("f "), count("usemtl "), count("o ")],
        [8, 6, 6, 1, 1]
    );
}

/// Gives up at once.
struct Unwanted;

impl Progress for Unwanted {
    fn step(&mut self, _done: u64, _total: u64) -> Result<(), Cancelled> {
        Err(Cancelled)
    }
}

#[test]
fn it_is_bounded_and_stops() {
    let (walls, _, materials) = house();
    let layers = [layer("walls", "", &walls)];
    let small = ObjOptions { bytes_max: 500, ..OPTIONS };
    let refused = export(&layers, &materials, &small, &mut ());
    assert!(matches!(refused, Err(SurfaceError::TooLarge { max: 500, .. })), "{refused:?}");
    let stopped = export(&layers, &materials, &OPTIONS, &mut Unwanted);
    assert_eq!(stopped, Err(SurfaceError::Cancelled(Cancelled)));
}
