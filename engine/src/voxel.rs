//! One cell of a volume: a colour and a material slot in 32 bits.

use std::fmt;
use std::num::NonZeroU8;

/// Which of a project's 255 materials a solid voxel is made of.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct MaterialSlot(NonZeroU8);

impl MaterialSlot {
    /// The slot of a voxel whose material nobody chose.
    pub const DEFAULT: Self = Self(NonZeroU8::MIN);

    /// The slot of this number, or `None` for 0, which means an empty voxel.
    pub fn new(number: u8) -> Option<Self> {
        NonZeroU8::new(number).map(Self)
    }

    /// 1 to 255.
    pub fn number(self) -> u8 {
        self.0.get()
    }
}

impl Default for MaterialSlot {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// One cell: red in the lowest byte, then green, blue and the material slot. Slot 0 is the empty
/// cell, and then the colour is 0 too, so that equal cells are equal numbers.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
#[repr(transparent)]
pub struct Voxel(u32);

impl Voxel {
    /// The cell with nothing in it.
    pub const EMPTY: Self = Self(0);

    /// A solid voxel.
    pub fn new(rgb: [u8; 3], slot: MaterialSlot) -> Self {
        Self(u32::from_le_bytes([rgb[0], rgb[1], rgb[2], slot.number()]))
    }

    /// A solid voxel of the default material.
    pub fn from_rgb(rgb: [u8; 3]) -> Self {
        Self::new(rgb, MaterialSlot::DEFAULT)
    }

    /// The voxel that `bits` says; whatever has slot 0 is [`Voxel::EMPTY`].
    #[inline]
    pub fn from_bits(bits: u32) -> Self {
        if bits >> 24 == 0 { Self::EMPTY } else { Self(bits) }
    }

    /// The 32 bits, as [`Voxel::from_bits`] takes them.
    #[inline]
    pub fn bits(self) -> u32 {
        self.0
    }

    /// The colour; black for an empty cell.
    #[inline]
    pub fn rgb(self) -> [u8; 3] {
        let [red, green, blue, _] = self.0.to_le_bytes();
        [red, green, blue]
    }

    /// The material slot; `None` for an empty cell.
    pub fn slot(self) -> Option<MaterialSlot> {
        let [.., slot] = self.0.to_le_bytes();
        MaterialSlot::new(slot)
    }

    /// Whether there is nothing here.
    #[inline]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether there is something here.
    #[inline]
    pub fn is_solid(self) -> bool {
        self.0 != 0
    }
}

impl fmt::Debug for Voxel {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue, slot] = self.0.to_le_bytes();
        match slot {
            0 => out.write_str("empty"),
            _ => write!(out, "#{red:02x}{green:02x}{blue:02x}/{slot}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_come_back() {
        let slot = MaterialSlot::new(7).unwrap();
        let voxel = Voxel::new([1, 2, 3], slot);
        assert_eq!(voxel.rgb(), [1, 2, 3]);
        assert_eq!(voxel.slot(), Some(slot));
        assert_eq!(Voxel::from_bits(voxel.bits()), voxel);
        assert_eq!(voxel.bits(), 0x0703_0201);
    }

    #[test]
    fn slot_zero_is_the_one_empty() {
        assert_eq!(Voxel::from_bits(0x00ff_ffff), Voxel::EMPTY);
        assert_eq!(Voxel::EMPTY.slot(), None);
        assert!(Voxel::default().is_empty());
        assert_eq!(MaterialSlot::new(0), None);
    }

    #[test]
    fn black_is_solid() {
        assert!(Voxel::from_rgb([0, 0, 0]).is_solid());
    }
}
