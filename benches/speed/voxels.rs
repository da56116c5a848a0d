//! The engine by itself, on one thread: single voxels, boxes, surfaces, files, pictures.

mod bricks;
mod fill;
mod mesh;
mod picture;
mod vox;

use std::time::Duration;

use crate::table::print;
use crate::{Choice, Outcome, machine};

/// How long one measure runs in one round at least.
const DURATION: Duration = Duration::from_millis(100);

/// Runs the group.
pub fn run(choice: &Choice) -> Outcome<()> {
    machine::pin(0)?;
    print(
        "voxels: single voxels in box order, against plain bricks behind a map",
        &bricks::run(choice)?,
    );
    print("voxels: a box of 128^3 through the wire", &fill::run(choice)?);
    print("voxels: a surface, against binary-greedy-meshing", &mesh::run(choice)?);
    print("voxels: a .vox file of 4.4 million voxels", &vox::run(choice)?);
    print("voxels: a picture of 768 x 768", &picture::run(choice)?);
    Ok(machine::unpin()?)
}

/// Processor seconds that one run of `work` takes, repeated until it is long enough to time.
fn seconds(mut work: impl FnMut()) -> Outcome<f64> {
    let own = std::process::id();
    let before = machine::cpu(own)?;
    let mut runs = 0_u32;
    loop {
        work();
        runs += 1;
        let spent = machine::cpu(own)? - before;
        if spent >= DURATION {
            return Ok(spent.as_secs_f64() / f64::from(runs));
        }
    }
}
