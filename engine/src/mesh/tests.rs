//! Surfaces against the plainest way to find them: look at every side of every voxel.

use super::{Look, Looks, Mesher, Quad, Side};
use crate::coords::{Bounds, VoxelPos};
use crate::material::{Material, MaterialTable};
use crate::progress::{Cancelled, Progress};
use crate::volume::Volume;
use crate::voxel::{MaterialSlot, Voxel};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// Faces by where the voxel is and the way they look.
type Faces = BTreeMap<([i32; 3], Side), Voxel>;

fn slot(number: u8) -> MaterialSlot {
    MaterialSlot::new(number).expect("not 0")
}

fn pos(x: i32, y: i32, z: i32) -> VoxelPos {
    VoxelPos::new(x, y, z).expect("within range")
}

fn red() -> Voxel {
    Voxel::from_rgb([200, 10, 10])
}

/// Slot 1 is opaque, 2 is glass, 3 is half clear, 4 is nothing to see.
fn materials() -> MaterialTable {
    let mut table = MaterialTable::default();
    let clear = |alpha, glass| Material { alpha, glass, ..Material::default() };
    table.set(slot(2), clear(0, true));
    table.set(slot(3), clear(128, false));
    table.set(slot(4), clear(0, false));
    table
}

fn mesh(volume: &Volume, looks: &Looks) -> Vec<Quad> {
    let mut quads = Vec::new();
    let mut keep = |part: &[Quad]| {
        quads.extend_from_slice(part);
        Ok::<(), Cancelled>(())
    };
    Mesher::new().mesh(volume, looks, &mut (), &mut keep).expect("nobody cancels");
    quads
}

/// The faces that a surface has by the rules.
fn plain_faces(volume: &Volume, looks: &Looks) -> Faces {
    let mut faces = Faces::new();
    let solid = volume.chunks().flat_map(|(at, chunk)| {
        chunk.solid().map(move |(local, voxel)| (at.voxel(local).to_array(), voxel))
    });
    for (at, voxel) in solid {
        for side in Side::ALL {
            let normal = side.normal();
            let [x, y, z] = [0, 1, 2].map(|axis| at[axis] + normal[axis]);
            let beside = VoxelPos::new(x, y, z).map_or(Voxel::EMPTY, |pos| volume.get(pos));
            let is_seen = match (looks.of(voxel), looks.of(beside)) {
                (Look::Unseen, _) | (_, Look::Opaque) => false,
                (Look::Opaque, _) | (Look::Clear, Look::Unseen) => true,
                (Look::Clear, Look::Clear) => voxel.slot() != beside.slot(),
            };
            if is_seen {
                faces.insert((at, side), voxel);
            }
        }
    }
    faces
}

/// The faces that quads cover. None may be covered twice.
fn covered_faces(quads: &[Quad]) -> Faces {
    let mut faces = Faces::new();
    for quad in quads {
        let [first, second] = quad.side.beside();
        for (a, b) in (0..quad.size[0]).flat_map(|a| (0..quad.size[1]).map(move |b| (a, b))) {
            let mut at = quad.min.map(i32::from);
            at[first.index()] += i32::from(a);
            at[second.index()] += i32::from(b);
            let before = faces.insert((at, quad.side), quad.voxel);
            assert_eq!(before, None, "{at:?} {:?} is covered twice", quad.side);
        }
    }
    faces
}

/// The corners go round the normal to the left and span what the size says.
fn check_winding(quad: &Quad) {
    let corners = quad.corners();
    let from_first = |corner: usize| [0, 1, 2].map(|axis| corners[corner][axis] - corners[0][axis]);
    let (a, b) = (from_first(1), from_first(3));
    let cross = [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
    assert_eq!(cross, quad.side.normal().map(|part| part * quad.area() as i32), "{quad:?}");
    assert_eq!(from_first(2), [0, 1, 2].map(|axis| a[axis] + b[axis]), "{quad:?}");
}

/// Every edge is walked as often one way as the other: the surface has no hole and no flap.
fn check_closed(quads: &[Quad]) {
    let mut walks = BTreeMap::new();
    for quad in quads {
        let corners = quad.corners();
        for (from, to) in (0..4).map(|corner| (corners[corner], corners[(corner + 1) % 4])) {
            let step = [0, 1, 2].map(|axis| (to[axis] - from[axis]).signum());
            let mut at = from;
            while at != to {
                let next = [0, 1, 2].map(|axis| at[axis] + step[axis]);
                *walks.entry((at.min(next), at.max(next))).or_insert(0) +=
                    if at < next { 1 } else { -1 };
                at = next;
            }
        }
    }
    let open = walks.iter().find(|(_, sum)| **sum != 0);
    assert_eq!(open, None, "an edge of the surface is open");
}

/// What a closed surface encloses, by the sum of places times normals: three times the volume.
fn enclosed(quads: &[Quad]) -> i64 {
    let term = |quad: &Quad| {
        let (corner, normal) = (quad.corners()[0], quad.side.normal());
        let height: i32 = (0..3).map(|axis| corner[axis] * normal[axis]).sum();
        i64::from(height) * i64::from(quad.area())
    };
    quads.iter().map(term).sum::<i64>()
}

fn check(volume: &Volume, looks: &Looks) -> Vec<Quad> {
    let quads = mesh(volume, looks);
    quads.iter().for_each(check_winding);
    assert!(covered_faces(&quads) == plain_faces(volume, looks), "other faces than the plain way");
    quads
}

/// A box of voxels, or of nothing.
#[derive(Debug, Clone)]
struct Stroke {
    corner: [i32; 3],
    size: [i32; 3],
    color: u8,
    slot: u8,
}

fn strokes(slots: u8) -> impl Strategy<Value = Vec<Stroke>> {
    let corner = prop::array::uniform3(-70..70_i32);
    // Thin things, single voxels and bodies that fill whole chunks.
    let size = prop_oneof![prop::array::uniform3(1..4_i32), prop::array::uniform3(1..50_i32)];
    let stroke = (corner, size, 0..3_u8, 0..=slots);
    let stroke =
        stroke.prop_map(|(corner, size, color, slot)| Stroke { corner, size, color, slot });
    prop::collection::vec(stroke, 1..25)
}

fn draw(strokes: &[Stroke]) -> Volume {
    let mut volume = Volume::new();
    for Stroke { corner, size, color, slot } in strokes {
        let last = [0, 1, 2].map(|axis| corner[axis] + size[axis] - 1);
        let [a, b] = [*corner, last].map(|[x, y, z]| pos(x, y, z));
        let rgb = [color * 100, 50, 50];
        let voxel = MaterialSlot::new(*slot).map_or(Voxel::EMPTY, |slot| Voxel::new(rgb, slot));
        volume.fill(Bounds::from_corners(a, b), voxel);
    }
    volume
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn opaque_surfaces_are_those_of_the_plain_way(strokes in strokes(1)) {
        let volume = draw(&strokes);
        let quads = check(&volume, &Looks::OPAQUE);
        check_closed(&quads);
        prop_assert_eq!(enclosed(&quads), 3 * volume.count() as i64);
    }

    #[test]
    fn clear_surfaces_are_those_of_the_plain_way(strokes in strokes(4)) {
        let looks = Looks::new(&materials());
        let volume = draw(&strokes);
        let quads = check(&volume, &looks);
        // The opaque body is closed by itself, whatever stands around it.
        let opaque: Vec<Quad> =
            quads.iter().filter(|quad| looks.of(quad.voxel) == Look::Opaque).copied().collect();
        check_closed(&opaque);
    }

    #[test]
    fn noise_is_meshed_as_by_the_plain_way(bits in prop::collection::vec(0..8_u32, 9 * 9 * 40)) {
        let mut volume = Volume::new();
        for (number, bits) in (0_i32..).zip(bits) {
            let at = pos(number % 9 - 5, number / 9 % 9 + 60, number / 81 - 70);
            volume.set(at, Voxel::from_bits(bits << 24 & 0x0300_0000 | bits & 1));
        }
        check(&volume, &Looks::new(&materials()));
    }
}

#[test]
fn a_box_has_six_quads_wherever_it_lies_in_a_region() {
    for (from, to) in [(-64, -1), (0, 63), (-40, -3), (17, 17)] {
        let mut volume = Volume::new();
        volume.fill(Bounds::from_corners(pos(from, from, from), pos(to, to, to)), red());
        let quads = check(&volume, &Looks::OPAQUE);
        assert_eq!(quads.len(), 6);
        let sides: Vec<Side> = quads.iter().map(|quad| quad.side).collect();
        assert_eq!(sides, Side::ALL);
    }
}

#[test]
fn faces_of_other_colours_and_materials_are_not_merged() {
    let mut volume = Volume::new();
    volume.set(pos(0, 0, 0), red());
    volume.set(pos(1, 0, 0), Voxel::from_rgb([200, 10, 11]));
    assert_eq!(check(&volume, &Looks::OPAQUE).len(), 10);
    volume.set(pos(1, 0, 0), Voxel::new(red().rgb(), slot(9)));
    assert_eq!(check(&volume, &Looks::OPAQUE).len(), 10);
    volume.set(pos(1, 0, 0), red());
    assert_eq!(check(&volume, &Looks::OPAQUE).len(), 6);
}

#[test]
fn voxels_at_the_ends_of_space_have_all_their_sides() {
    let mut volume = Volume::new();
    volume.set(VoxelPos::MIN, red());
    volume.set(VoxelPos::MAX, red());
    let quads = check(&volume, &Looks::OPAQUE);
    assert_eq!(quads.len(), 12);
    check_closed(&quads);
    let far = quads.iter().flat_map(|quad| quad.corners()).flatten().max();
    assert_eq!(far, Some(32_768));
}

#[test]
fn glass_around_a_core_shows_both() {
    let mut volume = Volume::new();
    volume.fill(Bounds::from_corners(pos(0, 0, 0), pos(2, 2, 2)), Voxel::new([9, 9, 9], slot(2)));
    volume.set(pos(1, 1, 1), red());
    let looks = Looks::new(&materials());
    let quads = check(&volume, &looks);
    let of = |voxel: Voxel| quads.iter().filter(|quad| quad.voxel == voxel).count();
    assert_eq!((of(red()), quads.len()), (6, 12), "six faces of the core, six of the glass");
    // Side by side, two kinds of glass have a face each between them, two panes of one have none.
    let mut panes = Volume::new();
    panes.set(pos(0, 0, 0), Voxel::new([9, 9, 9], slot(2)));
    panes.set(pos(1, 0, 0), Voxel::new([9, 9, 9], slot(3)));
    assert_eq!(check(&panes, &looks).len(), 12);
    panes.set(pos(1, 0, 0), Voxel::new([8, 8, 8], slot(2)));
    assert_eq!(check(&panes, &looks).len(), 10);
    panes.set(pos(1, 0, 0), Voxel::new([8, 8, 8], slot(4)));
    assert_eq!(check(&panes, &looks).len(), 6);
}

#[test]
fn nothing_has_no_surface() {
    assert!(mesh(&Volume::new(), &Looks::OPAQUE).is_empty());
}

/// Gives up at the second step.
struct Impatient(u32);

impl Progress for Impatient {
    fn step(&mut self, done: u64, total: u64) -> Result<(), Cancelled> {
        assert!(done <= total, "{done} of {total}");
        self.0 += 1;
        if self.0 < 2 { Ok(()) } else { Err(Cancelled) }
    }
}

#[test]
fn it_stops_between_regions() {
    let mut volume = Volume::new();
    volume.fill(Bounds::from_corners(pos(0, 0, 0), pos(999, 0, 0)), red());
    let mut parts = 0;
    let mut count = |_: &[Quad]| {
        parts += 1;
        Ok::<(), Cancelled>(())
    };
    let stopped = Mesher::new().mesh(&volume, &Looks::OPAQUE, &mut Impatient(0), &mut count);
    assert_eq!((stopped, parts), (Err(Cancelled), 2));
}
