//! Chunks as bytes, each distinct one once.
//!
//! A dense chunk is a palette and the runs of its indices, or one index a voxel, or its voxels as
//! they are, whichever is small. A [`ChunkPool`] gives equal numbers to chunks that share memory,
//! and so what was shared is shared again after reading.

use rustc_hash::FxHashMap;

use super::bytes::{Reader, Writer};
use crate::chunk::Chunk;
use crate::coords::CHUNK_VOXELS;
use crate::error::DecodeError;
use crate::voxel::Voxel;

const RUNS: u8 = 0;
const INDICES: u8 = 1;
const VOXELS: u8 = 2;

/// Fewest bytes that a chunk of more than one value takes: form, palette size, two values, two runs.
pub(crate) const DENSE_BYTES_MIN: usize = 14;

/// The distinct dense chunks of a change or image, in the order they were first met.
#[derive(Default)]
pub(crate) struct ChunkPool {
    numbers: FxHashMap<usize, u64>,
    /// Held, so that no address is given to another chunk meanwhile.
    chunks: Vec<Chunk>,
}

impl ChunkPool {
    /// The number of a chunk; `None` for a chunk of one value, which needs none.
    pub(crate) fn number(&mut self, chunk: &Chunk) -> Option<u64> {
        let next = self.chunks.len() as u64;
        let number = *self.numbers.entry(chunk.address()?).or_insert(next);
        if number == next {
            self.chunks.push(chunk.clone());
        }
        Some(number)
    }

    pub(crate) fn chunks(&self) -> &[Chunk] {
        &self.chunks
    }
}

/// Writes a chunk of any kind.
pub(crate) fn encode_chunk(chunk: &Chunk, out: &mut Writer) {
    let uniform;
    let voxels = match chunk.as_dense() {
        Some(voxels) => voxels,
        None => {
            uniform = [chunk.as_uniform().unwrap_or_default(); CHUNK_VOXELS];
            &uniform
        }
    };
    let mut palette = Palette::default();
    let mut indices = [0_u8; CHUNK_VOXELS];
    let mut runs: Vec<(u8, usize)> = Vec::with_capacity(64);
    let mut rest = &mut indices[..];
    for run in voxels.chunk_by(|a, b| a == b) {
        let Some(index) = palette.index(run[0]) else {
            out.u8(VOXELS);
            voxels.iter().for_each(|voxel| out.u32(voxel.bits()));
            return;
        };
        let (place, behind) = rest.split_at_mut(run.len());
        place.fill(index);
        rest = behind;
        runs.push((index, run.len()));
    }
    let short = runs.len() * 2 < CHUNK_VOXELS;
    out.u8(if short { RUNS } else { INDICES });
    out.u8((palette.values.len() - 1) as u8);
    palette.values.iter().for_each(|voxel| out.u32(voxel.bits()));
    if short {
        for (index, len) in runs {
            out.u8(index);
            out.len(len);
        }
    } else {
        out.0.extend_from_slice(&indices);
    }
}

/// Reads what [`encode_chunk`] wrote.
pub(crate) fn decode_chunk(reader: &mut Reader<'_>) -> Result<Chunk, DecodeError> {
    let form = reader.u8("the form of a chunk")?;
    let mut voxels = [Voxel::EMPTY; CHUNK_VOXELS];
    if form == VOXELS {
        let bytes = reader.take(CHUNK_VOXELS * 4, "the voxels of a chunk")?;
        for (voxel, bits) in voxels.iter_mut().zip(bytes.as_chunks::<4>().0) {
            *voxel = Voxel::from_bits(u32::from_le_bytes(*bits));
        }
        return Ok(Chunk::from_voxels(&voxels));
    }
    let len = usize::from(reader.u8("the palette of a chunk")?) + 1;
    let mut palette = [Voxel::EMPTY; 256];
    for voxel in &mut palette[..len] {
        *voxel = Voxel::from_bits(reader.u32("the palette of a chunk")?);
    }
    let colour = |index: u8| palette[..len].get(usize::from(index)).copied();
    match form {
        RUNS => {
            let mut filled = 0;
            while filled < CHUNK_VOXELS {
                let index = reader.u8("a run of voxels")?;
                let run = usize::try_from(reader.varint("a run of voxels")?).unwrap_or(usize::MAX);
                let place = voxels[filled..].get_mut(..run).filter(|place| !place.is_empty());
                let (Some(place), Some(colour)) = (place, colour(index)) else {
                    return Err(reader.invalid("a run of voxels"));
                };
                place.fill(colour);
                filled += run;
            }
        }
        INDICES => {
            let indices = reader.take(CHUNK_VOXELS, "the voxels of a chunk")?;
            for (voxel, index) in voxels.iter_mut().zip(indices) {
                *voxel = colour(*index).ok_or_else(|| reader.invalid("the voxels of a chunk"))?;
            }
        }
        _ => return Err(reader.invalid("the form of a chunk")),
    }
    Ok(Chunk::from_voxels(&voxels))
}

/// The values of a chunk in the order they were met, at most 256.
#[derive(Default)]
struct Palette {
    values: Vec<Voxel>,
    indices: FxHashMap<Voxel, u8>,
}

/// Up to so many values a look at each is quicker than a hash.
const FEW: usize = 8;

impl Palette {
    fn index(&mut self, voxel: Voxel) -> Option<u8> {
        let among_few = self.values.iter().take(FEW).position(|value| *value == voxel);
        let known = match among_few {
            Some(index) => Some(index as u8),
            None => self.indices.get(&voxel).copied(),
        };
        known.or_else(|| {
            let index = u8::try_from(self.values.len()).ok()?;
            self.values.push(voxel);
            if self.values.len() > FEW {
                self.indices.insert(voxel, index);
            }
            Some(index)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{ChunkPool, DENSE_BYTES_MIN, decode_chunk, encode_chunk};
    use crate::change::bytes::{Reader, Writer};
    use crate::chunk::Chunk;
    use crate::coords::CHUNK_VOXELS;
    use crate::voxel::Voxel;

    fn chunk(voxel: impl Fn(usize) -> u32) -> Chunk {
        Chunk::from_voxels(&std::array::from_fn::<_, CHUNK_VOXELS, _>(|index| {
            Voxel::from_bits(voxel(index))
        }))
    }

    #[test]
    fn every_form_comes_back() {
        let solid = 1 << 24;
        let two = chunk(|index| if index < 9 { 0 } else { solid });
        let noise = chunk(|index| solid | (index as u32).wrapping_mul(2_654_435_761) >> 26);
        let many = chunk(|index| solid | index as u32);
        let sizes = [&two, &noise, &many].map(|chunk| {
            let mut writer = Writer::default();
            encode_chunk(chunk, &mut writer);
            let mut reader = Reader::new(&writer.0);
            assert_eq!(decode_chunk(&mut reader).as_ref(), Ok(chunk));
            assert_eq!(reader.end("chunk"), Ok(()));
            for cut in 0..writer.0.len() {
                assert!(decode_chunk(&mut Reader::new(&writer.0[..cut])).is_err());
            }
            writer.0.len()
        });
        assert_eq!(sizes, [DENSE_BYTES_MIN + 1, 2 + 64 * 4 + 4096, 1 + 16_384]);
    }

    #[test]
    fn shared_chunks_get_one_number() {
        let mut pool = ChunkPool::default();
        let first = chunk(|index| (index as u32) << 24);
        let equal = chunk(|index| (index as u32) << 24);
        assert_eq!(pool.number(&first), Some(0));
        assert_eq!(pool.number(&equal), Some(1));
        assert_eq!(pool.number(&first.clone()), Some(0));
        assert_eq!(pool.number(&Chunk::EMPTY), None);
        assert_eq!(pool.chunks().len(), 2);
    }
}
