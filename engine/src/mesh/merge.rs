//! Rows of faces to rectangles.

use super::masks::Masks;
use super::quad::{Quad, Side};
use super::region::{Region, SIDE};

/// The faces of one plane: bit b of row f. Bits and rows go along the axes [`Side::beside`] names.
type Faces = [u64; SIDE];

/// The quads of opaque voxels.
pub(super) fn opaque_faces(region: &Region<'_>, opaque: &Masks, quads: &mut Vec<Quad>) {
    opaque_along::<0>(region, opaque, [Side::Left, Side::Right], quads);
    opaque_along::<1>(region, opaque, [Side::Front, Side::Back], quads);
    opaque_along::<2>(region, opaque, [Side::Bottom, Side::Top], quads);
}

/// The quads of clear voxels.
pub(super) fn clear_faces(
    region: &Region<'_>,
    opaque: &Masks,
    clear: &Masks,
    quads: &mut Vec<Quad>,
) {
    clear_along::<0>(region, opaque, clear, [Side::Left, Side::Right], quads);
    clear_along::<1>(region, opaque, clear, [Side::Front, Side::Back], quads);
    clear_along::<2>(region, opaque, clear, [Side::Bottom, Side::Top], quads);
}

fn opaque_along<const AXIS: usize>(
    region: &Region<'_>,
    opaque: &Masks,
    sides: [Side; 2],
    quads: &mut Vec<Quad>,
) {
    for plane in 0..SIDE {
        for (side, beyond) in sides.into_iter().zip([plane, plane + 2]) {
            let mut faces = [0; SIDE];
            let mut any = 0;
            for (row, faces) in faces.iter_mut().enumerate() {
                *faces = bits::<AXIS>(opaque, plane + 1, row) & !bits::<AXIS>(opaque, beyond, row);
                any |= *faces;
            }
            if any != 0 {
                merge::<AXIS>(region, side, plane, &mut faces, quads);
            }
        }
    }
}

fn clear_along<const AXIS: usize>(
    region: &Region<'_>,
    opaque: &Masks,
    clear: &Masks,
    sides: [Side; 2],
    quads: &mut Vec<Quad>,
) {
    for plane in 0..SIDE {
        for (side, beyond) in sides.into_iter().zip([plane, plane + 2]) {
            let mut faces = [0; SIDE];
            for (row, faces) in faces.iter_mut().enumerate() {
                let uncovered =
                    bits::<AXIS>(clear, plane + 1, row) & !bits::<AXIS>(opaque, beyond, row);
                let both = uncovered & bits::<AXIS>(clear, beyond, row);
                *faces = uncovered & !both | differing::<AXIS>(region, side, plane, row, both);
            }
            merge::<AXIS>(region, side, plane, &mut faces, quads);
        }
    }
}

/// The row of a plane, which is counted from one cell outside the region.
#[inline]
fn bits<const AXIS: usize>(masks: &Masks, plane: usize, row: usize) -> u64 {
    match AXIS {
        0 => masks.along_y(plane, row + 1),
        1 => masks.along_x(plane, row + 1),
        _ => masks.along_x(row + 1, plane),
    }
}

/// Where in the region a cell of a plane is.
#[inline]
fn cell<const AXIS: usize>(plane: usize, row: usize, bit: usize) -> [usize; 3] {
    match AXIS {
        0 => [plane, bit, row],
        1 => [bit, plane, row],
        _ => [bit, row, plane],
    }
}

/// Of these cells, which are clear as their neighbours are, those whose neighbour is of another
/// material.
fn differing<const AXIS: usize>(
    region: &Region<'_>,
    side: Side,
    plane: usize,
    row: usize,
    cells: u64,
) -> u64 {
    let (mut rest, mut found) = (cells, 0);
    while rest != 0 {
        let bit = rest.trailing_zeros();
        rest &= rest - 1;
        let at = cell::<AXIS>(plane, row, bit as usize);
        if region.voxel(at).slot() != region.voxel_beside(at, side).slot() {
            found |= 1 << bit;
        }
    }
    found
}

/// Takes rectangles of equal voxels out of `faces` until there are none: from each first face as far
/// along its row as it goes, then as many rows as have all of that.
fn merge<const AXIS: usize>(
    region: &Region<'_>,
    side: Side,
    plane: usize,
    faces: &mut Faces,
    quads: &mut Vec<Quad>,
) {
    let voxel = |row, bit| region.voxel(cell::<AXIS>(plane, row, bit));
    let origin = region.origin();
    for row in 0..SIDE {
        while faces[row] != 0 {
            let first = faces[row].trailing_zeros() as usize;
            let value = voxel(row, first);
            let run = (faces[row] >> first).trailing_ones() as usize;
            let same = (1..run).take_while(|step| voxel(row, first + step) == value).count();
            let width = 1 + same;
            let mask = u64::MAX >> (SIDE - width) << first;
            faces[row] &= !mask;
            let mut end = row + 1;
            while end < SIDE
                && faces[end] & mask == mask
                && (first..first + width).all(|bit| voxel(end, bit) == value)
            {
                faces[end] &= !mask;
                end += 1;
            }
            let at = cell::<AXIS>(plane, row, first);
            quads.push(Quad {
                voxel: value,
                // Coordinates fit, because they are those of voxels; a size is at most 64.
                min: [0, 1, 2].map(|axis| (origin[axis] + at[axis] as i32) as i16),
                size: [width as u8, (end - row) as u8],
                side,
            });
        }
    }
}
