//! Writing: letters of voxels, five wide and seven high.

mod glyphs;

use super::draft::{Draft, checked_bounds};
use super::{Lettering, Mode};
use crate::coords::Axis;
use crate::error::EditFault;
use crate::shape::Shape;
use glyphs::{GLYPH_HEIGHT, columns};

/// The longest text, in characters.
pub const TEXT_CHARS_MAX: usize = 64;

/// Columns between two letters.
const GAP: u32 = 1;
/// Columns of a blank.
const BLANK: u32 = 3;

impl Draft<'_> {
    pub(super) fn text(
        &mut self,
        layer: &str,
        lettering: &Lettering,
        mode: Mode,
    ) -> Result<(), EditFault> {
        for shape in blocks(lettering)? {
            self.fill(layer, &shape, mode)?;
        }
        Ok(())
    }
}

/// The strokes of a text as upright boxes, one for each run of dots in a column.
fn blocks(lettering: &Lettering) -> Result<Vec<Shape>, EditFault> {
    let count = lettering.text.chars().count();
    if count > TEXT_CHARS_MAX {
        return Err(EditFault::TextTooLong { max: TEXT_CHARS_MAX });
    }
    let mut shapes = Vec::new();
    let mut left = 0;
    for letter in lettering.text.chars() {
        if letter == ' ' {
            left += BLANK + GAP;
            continue;
        }
        let columns = columns(letter).ok_or(EditFault::LetterUnknown { letter })?;
        for (number, column) in (0_u32..).zip(&columns) {
            for (low, high) in runs(*column) {
                shapes.push(block(lettering, left + number, low, high)?);
            }
        }
        left += u32::try_from(columns.len()).unwrap_or(BLANK) + GAP;
    }
    Ok(shapes)
}

/// The runs of set bits: bit 0 is the lowest dot.
fn runs(column: u8) -> Vec<(u32, u32)> {
    let is_set = |row: u32| column >> row & 1 == 1;
    let starts = (0..GLYPH_HEIGHT).filter(|row| is_set(*row) && (*row == 0 || !is_set(row - 1)));
    let end = |low: u32| (low..GLYPH_HEIGHT).take_while(|row| is_set(*row)).last().unwrap_or(low);
    starts.map(|low| (low, end(low))).collect()
}

/// Dots from `low` to `high` of a column, as a box.
fn block(lettering: &Lettering, column: u32, low: u32, high: u32) -> Result<Shape, EditFault> {
    let size = i64::from(lettering.size.max(1));
    let (first, last) = (i64::from(column) * size, (i64::from(column) + 1) * size - 1);
    let (bottom, top) = (i64::from(low) * size, (i64::from(high) + 1) * size - 1);
    let place = |along: i64, up: i64| {
        let step = match lettering.faces {
            // Upright, and read from the front or from the right.
            Axis::Y => [along, 0, up],
            Axis::X => [0, along, up],
            // Lying, and read from above.
            Axis::Z => [along, up, 0],
        };
        let at = lettering.at.to_array();
        std::array::from_fn(|axis| i64::from(at[axis]) + step[axis])
    };
    Ok(Shape::cuboid(checked_bounds(place(first, bottom), place(last, top))?))
}

#[cfg(test)]
mod tests;
