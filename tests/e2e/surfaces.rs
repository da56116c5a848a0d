//! Surfaces written as files, through the command line, the bridge and the wire.

use std::fs;

use goxe_protocol::Code;
use serde_json::{Value, json};

use crate::support::{Bridge, Client, Place};

/// A project with a ball, large enough that its surface is no small file.
fn ball(client: &mut Client, project: &str, radius: u32) {
    client.create(project);
    let ball = json!({
        "edit": "sphere", "center": [0, 0, 0], "radius": radius, "color": "#c81e1e",
    });
    client.call("voxel.edit", json!({ "project": project, "edits": [ball] }));
}

fn names(place: &Place, folder: &str) -> Vec<String> {
    let entries = fs::read_dir(place.beside(folder)).expect("a folder");
    let mut names: Vec<String> = entries
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("a text"))
        .collect();
    names.sort();
    names
}

#[test]
fn the_command_line_writes_what_the_ending_says() {
    let place = Place::new();
    let daemon = place.daemon();
    ball(&mut daemon.client(), "the ball", 9);
    fs::create_dir(place.beside("out")).expect("a folder");
    let file = |name: &str| place.beside("out").join(name).to_str().expect("a text").to_owned();

    let glb = place.json(&["project", "export", "the ball", &file("ball.glb")]);
    let bytes = fs::read(file("ball.glb")).expect("written");
    assert!(bytes.starts_with(b"glTF\x02\0\0\0"));
    assert_eq!(glb["bytes"], bytes.len());

    let told = place.json(&["project", "export", "the ball", &file("my ball.OBJ")]);
    assert_eq!(told["beside"], json!([file("my_ball.mtl")]));
    assert_eq!(names(&place, "out"), ["ball.glb", "my ball.OBJ", "my_ball.mtl"]);
    let (models, materials) = tobj::load_obj(file("my ball.OBJ"), &tobj::GPU_LOAD_OPTIONS)
        .expect("another reader reads it");
    let materials = materials.expect("and finds the materials");
    assert_eq!((models.len(), materials.len()), (1, 1));
    let written =
        [file("my ball.OBJ"), file("my_ball.mtl")].map(|file| fs::read(file).expect("written"));
    assert_eq!(told["bytes"], written[0].len() + written[1].len());

    // Neither is replaced unless one says so, even if only the second is there.
    fs::remove_file(file("my ball.OBJ")).expect("removed");
    let refused = place.output(&["project", "export", "the ball", &file("my ball.OBJ")]);
    assert_eq!(refused.status.code(), Some(1));
    assert_eq!(names(&place, "out"), ["ball.glb", "my_ball.mtl"]);
    place.json(&["project", "export", "the ball", &file("my ball.OBJ"), "--overwrite"]);
    assert_eq!(fs::read(file("my ball.OBJ")).expect("written"), written[0]);

    let unknown = place.output(&["project", "export", "the ball", &file("ball.stl")]);
    assert_eq!(unknown.status.code(), Some(2));
    let said = String::from_utf8_lossy(&unknown.stderr).into_owned();
    assert!(said.contains(".vox, .glb, .obj"), "{said}");
    let unread = place.output(&["project", "import", &file("ball.glb"), "copy"]);
    assert_eq!(unread.status.code(), Some(2), "a .glb is only written");
    daemon.stop();
}

#[test]
fn an_assistant_exports_surfaces() {
    let place = Place::new().with_files();
    let daemon = place.daemon();
    ball(&mut daemon.client(), "ball", 9);
    let mut bridge = Bridge::modern(&place);
    let path = place.beside("a ball.obj").display().to_string();
    let export = json!({ "action": "export", "project": "ball", "path": path });
    let answer = bridge.tool("project", export.clone());
    assert!(!answer.is_error(), "{}", answer.text());
    let mtl = place.beside("a_ball.mtl");
    assert_eq!(answer.data()["beside"], json!([mtl.display().to_string()]));
    let text = fs::read_to_string(&path).expect("written");
    assert!(text.contains("\nmtllib a_ball.mtl\n"), "{text}");
    assert!(fs::read_to_string(mtl).expect("written").starts_with("newmtl "));
    let again = bridge.tool("project", export);
    assert!(again.is_error() && again.text().contains(r#""overwrite":true"#), "{}", again.text());

    let path = place.beside("ball.glb").display().to_string();
    let answer =
        bridge.tool("project", json!({ "action": "export", "project": "ball", "path": path }));
    assert!(!answer.is_error(), "{}", answer.text());
    assert!(answer.data()["beside"].is_null(), "{}", answer.text());
    assert!(fs::read(path).expect("written").starts_with(b"glTF"));
    for (action, path) in [("export", "ball.stl"), ("import", "ball.glb"), ("import", "ball.stl")] {
        let answer =
            bridge.tool("project", json!({ "action": action, "project": "ball", "path": path }));
        assert!(answer.is_error());
        let formats = if action == "export" { "vox, glb, obj" } else { "vox" };
        assert!(answer.text().contains(&format!("takes: {formats}.")), "{}", answer.text());
    }
    assert!(bridge.leave().success());
    daemon.stop();
}

#[test]
fn what_is_larger_than_a_frame_comes_by_ranges() {
    let place = Place::new().set("limits", "reply_bytes_max", 65_536);
    let daemon = place.daemon();
    let mut client = daemon.client();
    ball(&mut client, "ball", 30);
    let export = |format: &str| json!({ "project": "ball", "format": format, "file": "../x y" });
    for format in ["glb", "obj"] {
        let reply = client.call("project.export", export(format));
        let total = reply["bytes"].as_u64().expect("a size");
        assert!(total > 65_536, "{reply}");
        let mut content = Vec::new();
        while (content.len() as u64) < total {
            let read = json!({ "blob": reply["blob"], "offset": content.len(), "bytes": 40_000.min(total - content.len() as u64) });
            let range = client.send("blob.read", read, None, None).expect("a range");
            content.extend(range.attachment.expect("bytes"));
        }
        if format == "glb" {
            assert_eq!(reply["parts"], Value::Null);
            assert_eq!(content[8..12], (total as u32).to_le_bytes());
        } else {
            assert_eq!(reply["parts"][1]["name"], "_x_y.mtl", "{reply}");
            let first = reply["parts"][0]["bytes"].as_u64().expect("a size") as usize;
            assert!(content[first..].starts_with(b"newmtl "));
        }
    }
    let unread = client.refused("project.import", json!({ "project": "ball", "format": "glb" }));
    assert_eq!(unread.code, Code::InvalidParams, "{unread}");
    daemon.stop();
}

#[test]
fn a_surface_that_is_too_large_is_refused_before_it_is_made() {
    let place = Place::new().set("limits", "blob_bytes_max", 1_048_576);
    let daemon = place.daemon();
    let mut client = daemon.client();
    ball(&mut client, "ball", 60);
    for format in ["glb", "obj"] {
        let error =
            client.refused("project.export", json!({ "project": "ball", "format": format }));
        assert_eq!(error.code, Code::TooLarge, "{error}");
        let error = serde_json::to_value(&error).expect("an error is JSON");
        assert_eq!(error["data"]["bytes_max"], 1_048_576, "{error}");
    }
    daemon.stop();
}

#[test]
fn an_assistant_writes_nowhere_but_where_it_may() {
    let place = Place::new();
    let daemon = place.daemon();
    ball(&mut daemon.client(), "ball", 9);
    let home = |name: &str| place.beside("home").join(name);
    fs::create_dir(home(".ssh")).expect("made");
    fs::write(home(".bashrc"), "export A=1\n").expect("written");
    fs::write(home(".ssh/authorized_keys"), "ssh-ed25519 A\n").expect("written");
    fs::create_dir(place.beside("work")).expect("made");
    std::os::unix::fs::symlink(home(""), place.beside("work/link")).expect("a link");
    // Even where its client started it in the home folder.
    for folder in ["work", "home"] {
        let mut command = place.goxe();
        let mut bridge = Bridge::start_with(command.current_dir(place.beside(folder)));
        bridge.initialize();
        for (path, format) in [
            (home(".bashrc"), "obj"),
            (home(".ssh/authorized_keys"), "vox"),
            (place.beside("work/link/.bashrc"), "obj"),
            (place.beside("work/link/ball.vox"), "vox"),
        ] {
            if folder == "home" && path.ends_with("ball.vox") {
                continue;
            }
            let arguments = json!({ "action": "export", "project": "ball", "path": path,
                                    "format": format, "overwrite": true });
            let answer = bridge.tool("project", arguments);
            assert!(answer.is_error(), "{}: {}", path.display(), answer.text());
            assert!(answer.text().contains("Next: project {"), "{}", answer.text());
        }
        assert!(bridge.leave().success());
    }
    assert_eq!(fs::read_to_string(home(".bashrc")).expect("kept"), "export A=1\n");
    assert_eq!(fs::read_to_string(home(".ssh/authorized_keys")).expect("kept"), "ssh-ed25519 A\n");
    assert_eq!(names(&place, "home"), [".bashrc", ".ssh"]);
    daemon.stop();
}
