//! `.vox` files read and written, against dot_vox and the least work that either takes.

use std::hint::black_box;

use goxe_engine::format::vox::{ExportLayer, ExportOptions, VoxLimits, export, import};
use goxe_engine::material::MaterialTable;

use super::seconds;
use crate::table::{Bound, Measure, Row};
use crate::{Choice, Outcome, ROUNDS};

/// Takes the measures of this kind.
pub fn run(choice: &Choice) -> Outcome<Vec<Row>> {
    if !choice.wants("V5") {
        return Ok(Vec::new());
    }
    let data = hills(4);
    let mut bytes = Vec::new();
    data.write_vox(&mut bytes)?;
    let size = bytes.len() as f64 / f64::from(1 << 20);
    let limits = VoxLimits::default();
    let imported = import(&bytes, &limits, &mut ())?;
    let layers: Vec<ExportLayer<'_>> = imported.layers.iter().map(ExportLayer::from).collect();
    let (materials, options) = (MaterialTable::default(), ExportOptions::default());
    let [mut direct, mut theirs, mut written, mut copied] =
        [DIRECT, THEIRS, WRITTEN, COPIED].map(Row::new);
    for _ in 0..ROUNDS {
        let least = size / seconds(|| bricks_of(&bytes))?;
        let dot_vox = size
            / seconds(|| {
                let _ = black_box(dot_vox::load_bytes(black_box(&bytes)));
            })?;
        let goxe = size
            / seconds(|| {
                let _ = black_box(import(black_box(&bytes), &limits, &mut ()));
            })?;
        direct.compare(least, goxe);
        theirs.compare(dot_vox, goxe);
        let copy = size / seconds(|| drop(black_box(bytes.clone())))?;
        let dot_vox = size
            / seconds(|| {
                let mut out = Vec::with_capacity(bytes.len());
                let _ = data.write_vox(&mut out);
                black_box(out);
            })?;
        let goxe = size
            / seconds(|| {
                let _ = black_box(export(&layers, &materials, &options, &mut ()));
            })?;
        written.compare(dot_vox, goxe);
        copied.compare(copy, goxe);
    }
    Ok(vec![direct, theirs, written, copied])
}

/// Models of 128^3 with hills, in the order most writers use; four of them have 4.4 million voxels.
pub fn hills(models: usize) -> dot_vox::DotVoxData {
    let height = |x: u8, y: u8| {
        let (x, y) = (f32::from(x), f32::from(y));
        64.0 + 20.0 * (x / 17.0).sin() + 12.0 * (y / 11.0).cos()
    };
    let color = |depth: f32, spot: u8| match depth {
        depth if depth < 2.0 => 7,
        depth if depth < 9.0 => 20 + spot % 4,
        _ => 20,
    };
    let mut voxels = Vec::new();
    for z in 0..128_u8 {
        for y in 0..128 {
            for x in 0..128 {
                let depth = height(x, y) - f32::from(z);
                if depth > 0.0 {
                    voxels.push(dot_vox::Voxel { x, y, z, i: color(depth, x ^ y ^ z) });
                }
            }
        }
    }
    let size = dot_vox::Size { x: 128, y: 128, z: 128 };
    let model = |_| dot_vox::Model { size, voxels: voxels.clone() };
    dot_vox::DotVoxData {
        version: 150,
        index_map: Vec::new(),
        models: (0..models).map(model).collect(),
        palette: dot_vox::DEFAULT_PALETTE.to_vec(),
        materials: Vec::new(),
        scenes: Vec::new(),
        layers: Vec::new(),
    }
}

/// Each record straight into its brick, with nothing checked but what the language checks.
fn bricks_of(file: &[u8]) {
    let mut rest = &file[20..];
    while let Some((head, content)) = rest.split_first_chunk::<12>() {
        let [n0, n1, n2, n3, s0, s1, s2, s3, ..] = *head;
        let size = usize::try_from(u32::from_le_bytes([s0, s1, s2, s3])).unwrap_or(usize::MAX);
        let Some((content, behind)) = content.split_at_checked(size) else { return };
        rest = behind;
        if [n0, n1, n2, n3] != *b"XYZI" {
            continue;
        }
        let mut bricks: Vec<Option<Box<[u8; 4096]>>> = vec![None; 4096];
        for record in content[4..].chunks_exact(4) {
            let [x, y, z] = [0, 1, 2].map(|axis| usize::from(record[axis]));
            let brick = (z >> 4) << 8 | (y >> 4) << 4 | x >> 4;
            let cell = (z & 15) << 8 | (y & 15) << 4 | (x & 15);
            bricks[brick].get_or_insert_with(|| Box::new([0; 4096]))[cell] = record[3];
        }
        black_box(bricks);
    }
}

const DIRECT: Measure = Measure {
    number: "V5",
    name: "read, against records put into bricks",
    unit: "MiB/s",
    bound: Bound::AtLeast { must: 0.5, goal: 0.95 },
    peer: "dot_vox 0.89, into a list",
};
const THEIRS: Measure = Measure {
    number: "V5",
    name: "read, against dot_vox",
    unit: "MiB/s",
    bound: Bound::Told,
    peer: "-",
};
const WRITTEN: Measure = Measure {
    number: "V5",
    name: "written, against dot_vox",
    unit: "MiB/s",
    bound: Bound::AtLeast { must: 1.0, goal: 4.0 },
    peer: "dot_vox 1",
};
const COPIED: Measure = Measure {
    number: "V5",
    name: "written, against a copy of the bytes",
    unit: "MiB/s",
    bound: Bound::Told,
    peer: "-",
};
