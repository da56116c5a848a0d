//! Thousands of broken files: each is refused or imported, quickly, and without a panic.

use std::time::{Duration, Instant};

use goxe_engine::format::vox::{ImportError, VoxLimits, import};

use crate::corpus;

const MUTATIONS: u64 = 20_000;
/// Far more than any of these files takes.
const EACH_MAX: Duration = Duration::from_secs(5);

/// xorshift: the same numbers on every run.
fn next(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}

fn place(state: &mut u64, len: usize) -> usize {
    usize::try_from(next(state) % u64::try_from(len.max(1)).unwrap()).unwrap()
}

/// One to four changes of the kinds that files suffer.
fn mutate(bytes: &mut Vec<u8>, state: &mut u64) {
    for _ in 0..=next(state) % 4 {
        let at = place(state, bytes.len());
        match next(state) % 6 {
            0 => bytes.truncate(at),
            1 => bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 1 << (at % 8)),
            2 => {
                // A count, a size or an id that is far off.
                let extreme = [0, 1, 255, 256, 257, 0x7fff_ffff, 0x8000_0000, u32::MAX];
                let value = extreme[place(state, extreme.len())].to_le_bytes();
                let word = at / 4 * 4;
                bytes.iter_mut().skip(word).zip(value).for_each(|(byte, new)| *byte = new);
            }
            3 => {
                let end = (at + place(state, 64)).min(bytes.len());
                bytes.drain(at.min(end)..end);
            }
            4 => {
                let end = (at + place(state, 64)).min(bytes.len());
                let copy = bytes[at.min(end)..end].to_vec();
                let to = place(state, bytes.len());
                bytes.splice(to..to, copy);
            }
            _ => {
                let value = next(state).to_le_bytes()[0];
                bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte = value);
            }
        }
    }
}

#[test]
fn broken_files_never_break_us() {
    let files = corpus::files();
    let limits = VoxLimits { bytes_max: 1 << 26, ..VoxLimits::default() };
    let (mut imported, mut refused) = (0u32, 0u32);
    for seed in 1..=MUTATIONS {
        let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut bytes = files[place(&mut state, files.len())].1.clone();
        mutate(&mut bytes, &mut state);
        let start = Instant::now();
        match import(&bytes, &limits, &mut ()) {
            Ok(_) => imported += 1,
            Err(ImportError::File(error)) => {
                assert!(error.offset <= bytes.len(), "seed {seed}: {error}");
                assert!(!error.to_string().is_empty());
                refused += 1;
            }
            Err(ImportError::Cancelled(_)) => panic!("seed {seed}: nobody cancelled"),
        }
        assert!(start.elapsed() < EACH_MAX, "seed {seed} took {:?}", start.elapsed());
    }
    // Both ways must have been gone often for this to mean anything.
    assert!(imported > 1000 && refused > 1000, "{imported} imported, {refused} refused");
}

#[test]
fn every_cut_is_refused() {
    for (name, bytes) in corpus::files() {
        for end in 0..bytes.len() {
            match import(&bytes[..end], &VoxLimits::default(), &mut ()) {
                Err(ImportError::File(error)) => {
                    assert!(error.offset <= end, "{name} cut at {end}");
                }
                other => panic!("{name} cut at {end}: {other:?}"),
            }
        }
    }
}
