//! How fast `.vox` files are read and written, as ratios to dot_vox and to the least work possible.

use std::hint::black_box;
use std::time::Instant;

use goxe_engine::format::vox::{ExportLayer, ExportOptions, VoxLimits, export, import};
use goxe_engine::material::MaterialTable;

/// Four models of 128^3 with hills, two colours: 4.4 million voxels, in the order most writers use.
fn hills() -> dot_vox::DotVoxData {
    let height = |x: u8, y: u8| {
        let (x, y) = (f32::from(x), f32::from(y));
        64.0 + 20.0 * (x / 17.0).sin() + 12.0 * (y / 11.0).cos()
    };
    let mut voxels = Vec::new();
    for z in 0..128u8 {
        for y in 0..128u8 {
            for x in 0..128u8 {
                let depth = height(x, y) - f32::from(z);
                if depth > 0.0 {
                    let i =
                        if depth < 2.0 { 7 } else { 20 + (x ^ y ^ z) % 4 * u8::from(depth < 9.0) };
                    voxels.push(dot_vox::Voxel { x, y, z, i });
                }
            }
        }
    }
    let size = dot_vox::Size { x: 128, y: 128, z: 128 };
    let models = (0..4).map(|_| dot_vox::Model { size, voxels: voxels.clone() }).collect();
    dot_vox::DotVoxData {
        version: 150,
        index_map: Vec::new(),
        models,
        palette: dot_vox::DEFAULT_PALETTE.to_vec(),
        materials: Vec::new(),
        scenes: Vec::new(),
        layers: Vec::new(),
    }
}

/// Each record straight into its brick, with nothing checked but what the language checks.
fn direct(bytes: &[u8]) {
    let mut at = 20;
    while at + 12 <= bytes.len() {
        let size = u32::from_le_bytes(bytes[at + 4..at + 8].try_into().unwrap()) as usize;
        if &bytes[at..at + 4] == b"XYZI" {
            let mut bricks: Vec<Option<Box<[u8; 4096]>>> = (0..4096).map(|_| None).collect();
            for record in bytes[at + 16..at + 12 + size].chunks_exact(4) {
                let [x, y, z] = [0, 1, 2].map(|axis| usize::from(record[axis]));
                let brick = (z >> 4) << 8 | (y >> 4) << 4 | x >> 4;
                let cell = (z & 15) << 8 | (y & 15) << 4 | (x & 15);
                bricks[brick].get_or_insert_with(|| Box::new([0; 4096]))[cell] = record[3];
            }
            black_box(bricks);
        }
        at += 12 + size;
    }
}

/// The median time of each run. One after the other, so that none pays for the memory that another
/// gave back to the system.
fn medians<const N: usize>(rounds: usize, runs: [(&str, &mut dyn FnMut()); N]) -> [f64; N] {
    runs.map(|(name, run)| {
        let mut times: Vec<f64> = (0..rounds)
            .map(|_| {
                let start = Instant::now();
                run();
                start.elapsed().as_secs_f64()
            })
            .collect();
        times.sort_by(f64::total_cmp);
        println!("{name:32} {:8.3} ms", times[rounds / 2] * 1e3);
        times[rounds / 2]
    })
}

#[test]
#[ignore = "a measurement: cargo test --release -p goxe-engine --test vox_speed -- --ignored --nocapture"]
fn reading_and_writing_beat_dot_vox() {
    let data = hills();
    let mut bytes = Vec::new();
    data.write_vox(&mut bytes).unwrap();
    println!("{} bytes", bytes.len());
    let limits = VoxLimits::default();
    let [least, theirs, ours] = medians(
        21,
        [
            ("records straight into bricks", &mut || direct(&bytes)),
            ("dot_vox reads", &mut || {
                black_box(dot_vox::load_bytes(&bytes).unwrap());
            }),
            ("import", &mut || {
                black_box(import(&bytes, &limits, &mut ()).unwrap());
            }),
        ],
    );
    println!("import: {:.2} x direct, {:.2} x dot_vox", least / ours, theirs / ours);
    let imported = import(&bytes, &limits, &mut ()).unwrap();
    let layers: Vec<_> = imported.layers.iter().map(ExportLayer::from).collect();
    let (materials, options) = (MaterialTable::default(), ExportOptions::default());
    let [copied, written, exported] = medians(
        21,
        [
            ("a copy of the bytes", &mut || {
                black_box(bytes.clone());
            }),
            ("dot_vox writes", &mut || {
                let mut out = Vec::with_capacity(bytes.len());
                data.write_vox(&mut out).unwrap();
                black_box(out);
            }),
            ("export", &mut || {
                black_box(export(&layers, &materials, &options, &mut ()).unwrap());
            }),
        ],
    );
    println!("export: {:.2} x dot_vox, {:.2} x a copy", written / exported, copied / exported);
    assert!(exported < written, "writing is slower than dot_vox");
    assert!(ours < theirs, "reading is slower than dot_vox");
    assert!(least / ours > 0.5, "reading is below half of the direct loop");
}
