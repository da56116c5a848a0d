//! Random choices that can be made again, counts that a soak raises, and tests that cannot run here.

use std::env;
use std::fs::OpenOptions;
use std::io::Write;
use std::time::{SystemTime, UNIX_EPOCH};

/// Random numbers from a seed (splitmix64): enough to vary a test, and the same on every machine.
#[derive(Clone, Debug)]
pub struct Rng(u64);

impl Rng {
    /// The numbers of `GOXE_TEST_SEED`, or new ones whose seed is printed.
    pub fn of_test() -> Self {
        let given = env::var("GOXE_TEST_SEED").ok().map(|seed| seed.parse());
        let seed = match given {
            Some(seed) => seed.expect("GOXE_TEST_SEED is a number"),
            None => {
                let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is set");
                u64::from(now.subsec_nanos())
            }
        };
        println!("seed {seed}: GOXE_TEST_SEED={seed} makes the same choices again");
        Rng(seed)
    }

    /// The numbers of a seed.
    pub fn new(seed: u64) -> Self {
        Rng(seed)
    }

    /// The next number.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }

    /// An index below `end`.
    pub fn index(&mut self, end: usize) -> usize {
        let end = u64::try_from(end).expect("a length is a number");
        usize::try_from(self.below(end)).expect("an index below a length")
    }

    /// A byte.
    pub fn byte(&mut self) -> u8 {
        self.next().to_le_bytes()[0]
    }
}

/// How often a counted test repeats: `GOXE_TEST_COUNT`, or what fits an ordinary run.
pub fn count(ordinary: u64) -> u64 {
    match env::var("GOXE_TEST_COUNT") {
        Ok(count) => count.parse().expect("GOXE_TEST_COUNT is a number"),
        Err(_) => ordinary,
    }
}

/// Says that this test cannot run here, and why; `tests/run` counts it as skipped.
pub fn skip(reason: &str) {
    let thread = std::thread::current();
    let line = format!("{}: {reason}\n", thread.name().unwrap_or("a test"));
    print!("skipped: {line}");
    if let Ok(path) = env::var("GOXE_TEST_SKIPS") {
        let file = OpenOptions::new().create(true).append(true).open(path);
        file.and_then(|mut file| file.write_all(line.as_bytes())).expect("the skip is noted");
    }
}
