//! The 256 colours of a file.

/// Red, green, blue, alpha as the file stores them: entry `i` is the colour of index `i + 1`, and
/// the last entry is unused.
pub type Palette = [[u8; 4]; 256];

/// The palette of a file that brings none: the 6 x 6 x 6 cube from white down to, but without,
/// black, then ten steps each of red, green, blue and grey between the cube's.
#[must_use]
pub fn default_palette() -> Palette {
    const CUBE: [u8; 6] = [0xff, 0xcc, 0x99, 0x66, 0x33, 0x00];
    const RAMP: [u8; 10] = [0xee, 0xdd, 0xbb, 0xaa, 0x88, 0x77, 0x55, 0x44, 0x22, 0x11];
    let cube = CUBE
        .iter()
        .flat_map(|&r| CUBE.iter().flat_map(move |&g| CUBE.iter().map(move |&b| [r, g, b, 0xff])))
        .filter(|colour| *colour != [0, 0, 0, 0xff]);
    let ramps = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 1]].into_iter().flat_map(|on: [u8; 3]| {
        RAMP.iter().map(move |&step| [on[0] * step, on[1] * step, on[2] * step, 0xff])
    });
    let mut palette = [[0; 4]; 256];
    for (entry, colour) in palette.iter_mut().zip(cube.chain(ramps)) {
        *entry = colour;
    }
    palette
}

/// The red, green and blue of colour index `index`; index 0 has none and gives the unused entry.
pub(super) fn colour(palette: &Palette, index: u8) -> [u8; 3] {
    let [r, g, b, _] = palette[usize::from(index.wrapping_sub(1))];
    [r, g, b]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_palette_is_the_one_of_dot_vox() {
        let theirs: Vec<[u8; 4]> = dot_vox::DEFAULT_PALETTE.iter().map(Into::into).collect();
        assert_eq!(default_palette().as_slice(), theirs);
    }

    #[test]
    fn index_one_is_the_first_entry() {
        let mut palette = [[0; 4]; 256];
        palette[0] = [1, 2, 3, 255];
        palette[254] = [4, 5, 6, 255];
        assert_eq!(colour(&palette, 1), [1, 2, 3]);
        assert_eq!(colour(&palette, 255), [4, 5, 6]);
    }
}
