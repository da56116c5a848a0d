//! Which of the 255 colour indices a voxel is written with.

use std::collections::HashMap;

use super::palette::Palette;
use super::quantize::quantize;
use crate::material::{Material, MaterialTable};
use crate::voxel::{MaterialSlot, Voxel};

/// Colour indices of a file: 1 to 255.
pub(super) const COLOURS_MAX: usize = 255;

/// Places of the look-up in front of the map: one multiplication finds one.
const CACHE: usize = 1 << CACHE_BITS;
const CACHE_BITS: u32 = 10;

/// Gives voxels their colour index, first come, first served.
pub(super) struct Colours {
    cache: Box<[(u32, u8); CACHE]>,
    /// The number of each colour and material, from 0.
    known: HashMap<u32, usize>,
    /// The same, by number.
    pairs: Vec<Voxel>,
    /// The slot that stands for each slot: the first with an equal material.
    slots: [MaterialSlot; 256],
}

impl Colours {
    pub fn new(materials: &MaterialTable) -> Self {
        // Nothing solid has the bits of the empty voxel, so that an unused place matches nothing.
        let cache = Box::new([(Voxel::EMPTY.bits(), 0); CACHE]);
        let slots = representatives(materials);
        Self { cache, known: HashMap::new(), pairs: Vec::new(), slots }
    }

    /// The index of a solid voxel. Beyond 255 pairs it means nothing; see [`Colours::len`].
    #[inline]
    pub fn index(&mut self, voxel: Voxel) -> u8 {
        // The upper bits of a product with this odd number depend on every bit of the voxel.
        let place = (voxel.bits().wrapping_mul(0x9e37_79b1) >> (32 - CACHE_BITS)) as usize;
        match self.cache[place] {
            (bits, index) if bits == voxel.bits() => index,
            _ => self.look_up(voxel, place),
        }
    }

    #[cold]
    fn look_up(&mut self, voxel: Voxel, place: usize) -> u8 {
        let pair = self.pair(voxel);
        let next = self.pairs.len();
        let number = *self.known.entry(pair.bits()).or_insert(next);
        if number == next {
            self.pairs.push(pair);
        }
        let index = u8::try_from(number + 1).unwrap_or(0);
        self.cache[place] = (voxel.bits(), index);
        index
    }

    fn pair(&self, voxel: Voxel) -> Voxel {
        let slot = voxel.slot().unwrap_or_default();
        Voxel::new(voxel.rgb(), self.slots[usize::from(slot.number())])
    }

    /// How many different pairs of colour and material there were.
    pub fn len(&self) -> usize {
        self.pairs.len()
    }

    /// Maps all pairs onto at most 255 of them. `counts` says how often each voxel appears.
    pub fn reduce(&mut self, counts: &HashMap<Voxel, u64>) {
        let mut by_pair = HashMap::new();
        for (voxel, count) in counts {
            *by_pair.entry(self.pair(*voxel)).or_insert(0) += count;
        }
        let reduced = quantize(by_pair, COLOURS_MAX);
        self.pairs = reduced.palette;
        self.known = reduced.numbers.into_iter().map(|(pair, at)| (pair.bits(), at)).collect();
        self.cache.fill((Voxel::EMPTY.bits(), 0));
    }

    /// The colours as a file stores them; unused ones are black.
    pub fn palette(&self) -> Palette {
        let mut palette = [[0, 0, 0, 0xff]; 256];
        for (entry, pair) in palette.iter_mut().zip(&self.pairs) {
            let [r, g, b] = pair.rgb();
            *entry = [r, g, b, 0xff];
        }
        palette
    }

    /// The slot of each index in use, from index 1 on.
    pub fn slots(&self) -> impl Iterator<Item = MaterialSlot> + '_ {
        self.pairs.iter().map(|pair| pair.slot().unwrap_or_default())
    }
}

/// For each slot the first one that looks the same; a slot never set looks like the default.
fn representatives(materials: &MaterialTable) -> [MaterialSlot; 256] {
    let mut slots = [MaterialSlot::DEFAULT; 256];
    let fallback = Material::default();
    let mut first: HashMap<&Material, MaterialSlot> = HashMap::new();
    for slot in (1..=u8::MAX).filter_map(MaterialSlot::new) {
        let material = materials.get(slot).unwrap_or(&fallback);
        slots[usize::from(slot.number())] = *first.entry(material).or_insert(slot);
    }
    slots
}
