//! .vox files through the command line: in, out, in again, and read by another project's reader.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::support::{Client, Place, skip};

/// Every .vox file of a folder.
fn vox_files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let is_vox = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "vox");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(is_vox).collect();
    files.sort();
    files
}

/// The corpus in the tree.
fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("engine/tests/corpus")
}

/// Real files of other people, where somebody put them.
fn samples() -> PathBuf {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/samples");
    std::env::var_os("GOXE_SAMPLES").map_or_else(beside, PathBuf::from)
}

/// A layer's voxels, each with its place, colour and what its material looks like.
type Leaf = Vec<([i64; 3], String)>;

/// Every layer by name; layers of one name are told apart by their order.
fn leaves(client: &mut Client, project: &str) -> BTreeMap<String, Leaf> {
    let mut leaves = BTreeMap::new();
    let layers = client.call("layer.list", json!({ "project": project }));
    for layer in layers["layers"].as_array().expect("layers") {
        let name = layer["layer"].as_str().expect("a name");
        if layer["voxels"] == 0 {
            continue;
        }
        let params = json!({ "project": project, "layer": name, "limit": 10_000 });
        let mut voxels = Vec::new();
        let mut cursor = Value::Null;
        loop {
            let mut page = params.clone();
            if cursor.is_string() {
                page["cursor"] = cursor;
            }
            let read = client.call("voxel.read", page);
            voxels.extend(read["voxels"].as_array().expect("voxels").iter().map(|voxel| {
                let at = voxel["at"].as_array().expect("a place");
                let at = [0, 1, 2].map(|axis| at[axis].as_i64().expect("a number"));
                (at, voxel["color"].as_str().expect("a colour").to_owned())
            }));
            cursor = read["cursor"].clone();
            if !cursor.is_string() {
                break;
            }
        }
        voxels.sort();
        leaves.insert(name.to_owned(), voxels);
    }
    leaves
}

/// Imports, exports, imports again, and compares. Returns whether the file was taken.
fn round(place: &Place, client: &mut Client, file: &Path, number: usize) -> bool {
    let (first, second) = (format!("first {number}"), format!("second {number}"));
    let path = file.to_str().expect("a text");
    let imported = place.goxe().args(["--json", "project", "import", path, &first]).output();
    let imported = imported.expect("goxe runs");
    if !imported.status.success() {
        let error: Value = serde_json::from_slice(&imported.stderr).expect("an error as JSON");
        assert_eq!(imported.status.code(), Some(1), "{}: {error}", file.display());
        let reason = error["error"]["message"].as_str().expect("a reason");
        assert!(reason.len() > 10, "{}: {error}", file.display());
        return false;
    }
    let out = place.beside(&format!("{number}.vox"));
    let out_path = out.to_str().expect("a text");
    place.json(&["project", "export", &first, out_path]);
    place.json(&["project", "import", out_path, &second]);
    let (before, after) = (leaves(client, &first), leaves(client, &second));
    assert!(!before.is_empty(), "{}: nothing came in", file.display());
    assert_eq!(before.keys().collect::<Vec<_>>(), after.keys().collect::<Vec<_>>());
    for (name, leaf) in &before {
        assert!(*leaf == after[name], "{}: the layer {name} differs", file.display());
    }

    // Another project's reader sees as many voxels, and every colour.
    let theirs = dot_vox::load(out_path).expect("another reader reads what we write");
    assert!(!theirs.models.is_empty());
    let colours: std::collections::BTreeSet<String> = theirs
        .models
        .iter()
        .flat_map(|model| &model.voxels)
        .map(|voxel| {
            let colour = &theirs.palette[usize::from(voxel.i)];
            format!("#{:02x}{:02x}{:02x}", colour.r, colour.g, colour.b)
        })
        .collect();
    let ours = before.values().flatten().map(|(_, colour)| colour.clone()).collect();
    assert_eq!(colours, ours, "{}: colours as another reader sees them", file.display());

    // A file that is there is kept unless one says otherwise.
    assert!(!place.output(&["project", "export", &first, out_path]).status.success());
    place.json(&["project", "export", &first, out_path, "--overwrite"]);
    true
}

#[test]
fn the_corpus_comes_in_and_out_unchanged() {
    let place = Place::new();
    let daemon = place.daemon();
    let mut client = daemon.client();
    let files = vox_files(&corpus());
    assert!(files.len() >= 8, "the corpus is gone");
    for (number, file) in files.iter().enumerate() {
        assert!(round(&place, &mut client, file, number), "{} was refused", file.display());
    }
    daemon.stop();
}

#[test]
fn real_files_come_in_or_are_refused_with_a_reason() {
    let files = vox_files(&samples());
    if files.is_empty() {
        return skip("no sample files: name their folder in GOXE_SAMPLES");
    }
    let place = Place::new();
    let daemon = place.daemon();
    let mut client = daemon.client();
    let mut refused = Vec::new();
    for (number, file) in files.iter().enumerate() {
        if !round(&place, &mut client, file, number) {
            refused.push(file.file_name().expect("a name").to_string_lossy().into_owned());
        }
    }
    assert_eq!(refused, ["not_a.vox"]);
    daemon.stop();
}

#[test]
fn a_file_that_is_cut_is_refused_with_the_offset() {
    let place = Place::new();
    let daemon = place.daemon();
    let mut client = daemon.client();
    client.create("castle");
    let before = client.revision("castle");
    let whole = fs::read(corpus().join("groups.vox")).expect("a file of the corpus");
    let import = json!({ "project": "castle", "format": "vox" });
    for cut in (0..whole.len()).step_by(whole.len() / 40 + 1) {
        let sent = client.send("project.import", import.clone(), None, Some(&whole[..cut]));
        match sent {
            Err(goxe_protocol::blocking::CallError::Remote(error)) => {
                assert_eq!(error.code, goxe_protocol::Code::BadFile, "cut at {cut}: {error}");
                let data = serde_json::to_value(&error).expect("an error is JSON");
                assert!(data["data"]["offset"].is_u64(), "cut at {cut}: no offset in {data}");
            }
            other => panic!("cut at {cut}: {other:?}"),
        }
    }
    assert_eq!(client.revision("castle"), before);
    daemon.stop();
}
