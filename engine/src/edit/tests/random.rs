//! Random edits, near the borders of chunks, and the model's opinion of them.

use proptest::prelude::*;
use proptest::sample::select;

use super::model::Model;
use super::{at, run};
use crate::coords::{Axis, Bounds, VoxelPos};
use crate::edit::{
    Combination, Connectivity, Edit, Empties, End, ImportLayer, Mode, Original, Paint, Turn,
};
use crate::material::Material;
use crate::project::Project;
use crate::shape::{Shape, Taper};
use crate::volume::Volume;
use crate::voxel::{MaterialSlot, Voxel};

fn position() -> impl Strategy<Value = VoxelPos> {
    let coord = || -20..36_i32;
    (coord(), coord(), coord()).prop_map(|(x, y, z)| at(x, y, z))
}

fn cube() -> impl Strategy<Value = Bounds> {
    (position(), 0..24_i32, 0..24_i32, 0..24_i32)
        .prop_map(|(min, x, y, z)| Bounds::from_corners(min, min.checked_add([x, y, z]).unwrap()))
}

fn part() -> impl Strategy<Value = Option<Bounds>> {
    prop_oneof![Just(None), cube().prop_map(Some)]
}

fn layer() -> impl Strategy<Value = String> {
    prop_oneof![12 => Just("main"), 8 => Just("a"), 1 => Just("b")].prop_map(String::from)
}

fn voxel() -> impl Strategy<Value = Voxel> {
    (0..4_u8).prop_map(|red| Voxel::from_rgb([red, 9, 0]))
}

fn paint() -> impl Strategy<Value = Paint> {
    let material = prop_oneof![Just(None), Just(Some(MaterialSlot::DEFAULT))];
    (0..4_u8, material).prop_map(|(red, material)| Paint { rgb: [red, 9, 0], material })
}

fn axis() -> impl Strategy<Value = Axis> {
    select(Axis::ALL.to_vec())
}

fn original() -> impl Strategy<Value = Original> {
    select(vec![Original::Cut, Original::Keep])
}

fn taper() -> impl Strategy<Value = Taper> {
    let ridges = Axis::ALL.map(Taper::Ridge);
    select([vec![Taper::Round, Taper::Square], ridges.to_vec()].concat())
}

fn end() -> impl Strategy<Value = End> {
    select(vec![End::Low, End::High])
}

fn shape() -> impl Strategy<Value = Shape> {
    prop_oneof![
        cube().prop_map(Shape::cuboid),
        cube().prop_map(Shape::ellipsoid),
        (cube(), axis()).prop_map(|(bounds, axis)| Shape::cylinder_in(bounds, axis)),
        (cube(), axis(), taper(), end(), 0..=4_u8).prop_map(|(bounds, axis, taper, end, top)| {
            let top = f64::from(top) / 4.0;
            let shape = Shape::tapered(bounds, axis, taper, end, top);
            shape.unwrap_or(Shape::cuboid(bounds))
        }),
        (position(), position(), 1..4_u32)
            .prop_map(|(from, to, thickness)| Shape::line(from, to, thickness).unwrap()),
    ]
}

fn mode() -> impl Strategy<Value = Mode> {
    prop_oneof![
        4 => voxel().prop_map(Mode::Over),
        1 => Just(Mode::Over(Voxel::EMPTY)),
        2 => Just(Mode::Subtract),
        2 => paint().prop_map(Mode::Paint),
        1 => Just(Mode::Intersect),
        2 => voxel().prop_map(Mode::Replace),
    ]
}

fn drawing() -> impl Strategy<Value = Edit> {
    let cell = prop_oneof![3 => voxel(), 1 => Just(Voxel::EMPTY)];
    let cells = prop::collection::vec((position(), cell), 1..40);
    let places = || prop::collection::vec(position(), 1..40);
    let small = (position(), 1..8_i32, 1..8_i32, 1..8_i32);
    let written = (layer(), small, any::<u32>(), select(vec![Empties::Keep, Empties::Clear]));
    prop_oneof![
        2 => (layer(), cells).prop_map(|(layer, voxels)| Edit::Set { layer, voxels }),
        1 => (layer(), places()).prop_map(|(layer, at)| Edit::Remove { layer, at }),
        1 => (layer(), places(), paint())
            .prop_map(|(layer, at, paint)| Edit::Paint { layer, at, paint }),
        8 => (layer(), shape(), mode())
            .prop_map(|(layer, shape, mode)| Edit::Fill { layer, shape, mode }),
        2 => written.prop_map(|(layer, (min, x, y, z), seed, empties)| {
            let max = min.checked_add([x, y, z]).unwrap();
            let bounds = Bounds::from_corners(min, max);
            let pick = |n: u64| (seed ^ n as u32).wrapping_mul(0x9e37_79b1) >> 29;
            let bits = |n| if pick(n) < 4 { Voxel::from_rgb([pick(n) as u8, 9, 0]).bits() } else { 7 };
            let voxels = (0..bounds.volume()).map(bits).collect();
            Edit::Write { layer, bounds, voxels, empties }
        }),
    ]
}

fn shaping() -> impl Strategy<Value = Edit> {
    let offset = || [-40..40_i32, -40..40, -17..17];
    let turn = select(vec![Turn::Quarter, Turn::Half, Turn::ThreeQuarters]);
    let centre = [-20..20_i32, -20..20, -20..20];
    let by = select(vec![
        Combination::Over,
        Combination::Subtract,
        Combination::Intersect,
        Combination::Paint,
    ]);
    let connectivity = select(vec![Connectivity::Faces, Connectivity::Corners]);
    let flood = (layer(), position(), voxel(), 0..2_u8, connectivity, part());
    let replace = (prop::collection::vec(layer(), 0..2), 0..4_u8, 0..3_u8, paint(), part());
    prop_oneof![
        flood.prop_map(|(layer, start, voxel, tolerance, connectivity, within)| {
            Edit::FloodFill { layer, start, voxel, tolerance, connectivity, within }
        }),
        replace.prop_map(|(layers, red, tolerance, to, within)| {
            Edit::ReplaceColor { layers, from: [red, 9, 0], tolerance, to, within }
        }),
        (layer(), axis(), -70..70_i32, original(), part()).prop_map(
            |(layer, axis, plane_doubled, original, within)| {
                Edit::Mirror { layer, axis, plane_doubled, original, within }
            }
        ),
        (layer(), offset(), original(), part()).prop_map(|(layer, offset, original, within)| {
            Edit::Move { layer, offset, original, within }
        }),
        (layer(), axis(), turn, centre, original(), part()).prop_map(
            |(layer, axis, turn, centre_doubled, original, within)| {
                Edit::Rotate { layer, axis, turn, centre_doubled, original, within }
            }
        ),
        (layer(), axis(), end(), 0..40_u16, part()).prop_map(
            |(layer, axis, end, distance, within)| {
                Edit::Extrude { layer, axis, end, distance, within }
            }
        ),
        (layer(), offset(), 0..4_u32, part()).prop_map(|(layer, offset, count, within)| {
            Edit::Repeat { layer, offset, count, within }
        }),
        (layer(), axis(), 0..4_u8, 0..4_u8, part()).prop_map(|(layer, axis, a, b, within)| {
            let (from, to) = ([a, 9, 0], [b, 9, 0]);
            Edit::Gradient { layer, axis, from, to, within }
        }),
        (layer(), layer(), by).prop_map(|(layer, with, by)| Edit::Combine { layer, with, by }),
    ]
}

fn listing() -> impl Strategy<Value = Edit> {
    let group = || select(vec!["", "x", "x/y"]).prop_map(String::from);
    let position = || prop_oneof![Just(None), (0..4_usize).prop_map(Some)];
    let create = (layer(), group(), any::<bool>(), position());
    let slot = (1..=4_u8).prop_map(|number| MaterialSlot::new(number).unwrap());
    let import = (layer(), group(), any::<bool>(), cube(), voxel());
    prop_oneof![
        4 => create.prop_map(|(name, group, visible, position)| {
            Edit::CreateLayer { name, group, visible, position }
        }),
        3 => (layer(), layer()).prop_map(|(layer, name)| Edit::CopyLayer { layer, name }),
        1 => layer().prop_map(|layer| Edit::DeleteLayer { layer }),
        1 => (layer(), layer()).prop_map(|(layer, to)| Edit::RenameLayer { layer, to }),
        1 => (layer(), group()).prop_map(|(layer, group)| Edit::GroupLayer { layer, group }),
        1 => (layer(), 0..4_usize).prop_map(|(layer, position)| {
            Edit::OrderLayer { layer, position }
        }),
        1 => layer().prop_map(|layer| Edit::ShowLayer { layer }),
        1 => layer().prop_map(|layer| Edit::HideLayer { layer }),
        1 => (slot, "[a-c]").prop_map(|(slot, name)| {
            Edit::SetMaterial { slot, material: Material { name, ..Material::default() } }
        }),
        1 => import.prop_map(|(name, group, visible, bounds, voxel)| {
            let mut volume = Volume::default();
            volume.fill(bounds, voxel);
            let layers = vec![ImportLayer { name, group, visible, volume }];
            Edit::Import { layers, materials: Vec::new() }
        }),
    ]
}

fn any_edit() -> impl Strategy<Value = Edit> {
    prop_oneof![6 => drawing(), 3 => shaping(), 2 => listing()]
}

pub(crate) fn any_edits() -> impl Strategy<Value = Vec<Edit>> {
    prop::collection::vec(any_edit(), 1..4)
}

/// Two layers with something in them.
pub(crate) fn beginning() -> Project {
    let fill = |layer: &str, shape, red| Edit::Fill {
        layer: layer.into(),
        shape,
        mode: Mode::Over(Voxel::from_rgb([red, 9, 0])),
    };
    let copy = Edit::CopyLayer { layer: "main".into(), name: "a".into() };
    let corner = |shift| Bounds::from_corners(at(shift, -3, 2), at(shift + 14, 18, 20));
    let edits = vec![
        fill("main", Shape::cuboid(corner(-9)), 1),
        copy,
        fill("main", Shape::ellipsoid(corner(3)), 2),
        fill("a", Shape::line(at(-19, -19, -19), at(30, 25, 20), 3).unwrap(), 3),
    ];
    super::done(&Project::new(), edits)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn edits_do_what_the_model_does(lists in prop::collection::vec(any_edits(), 1..6)) {
        let mut project = beginning();
        for edits in lists {
            let before = Model::of(project.content());
            let expected = before.run(&edits);
            match (run(&project, edits), expected) {
                (Ok((next, report)), Some(expected)) => {
                    let after = Model::of(next.content());
                    prop_assert_eq!(&after, &expected);
                    let changed = before != expected;
                    prop_assert_eq!(report.group_new.is_some(), changed);
                    project = next;
                }
                (Err(_), None) => {}
                (found, expected) => {
                    prop_assert!(false, "{:?}, and the model says {}", found, expected.is_some());
                }
            }
        }
    }
}
