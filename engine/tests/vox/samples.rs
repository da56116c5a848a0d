//! Real files of other people, where they are at hand: in the folder that `GOXE_SAMPLES` names, or
//! beside the repository.

use std::path::PathBuf;

use goxe_engine::format::vox::{VoxLimits, import};

use crate::corpus::assert_leaves;
use crate::oracle;

/// The sample files: name and bytes. None where the folder is absent.
pub fn files() -> Vec<(String, Vec<u8>)> {
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/samples");
    let folder = std::env::var_os("GOXE_SAMPLES").map_or_else(beside, PathBuf::from);
    let Ok(entries) = std::fs::read_dir(&folder) else {
        println!("skipped: samples not present");
        return Vec::new();
    };
    let paths = entries.map(|entry| entry.unwrap().path());
    let voxels = paths.filter(|path| path.extension().is_some_and(|end| end == "vox"));
    let mut files: Vec<_> = voxels
        .map(|path| {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            (name, std::fs::read(path).unwrap())
        })
        .collect();
    files.sort();
    files
}

#[test]
fn every_sample_is_what_the_oracle_says_or_is_refused() {
    for (name, bytes) in files() {
        match import(&bytes, &VoxLimits::default(), &mut ()) {
            Ok(imported) => {
                let data = dot_vox::load_bytes(&bytes).unwrap();
                assert_leaves(&name, &oracle::imported(&imported), &oracle::leaves(&data));
                assert_ne!(name, "not_a");
            }
            Err(error) => {
                assert!(dot_vox::load_bytes(&bytes).is_err(), "{name}: {error}");
                println!("{name}: {error}");
            }
        }
    }
}
