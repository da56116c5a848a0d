//! Import and export: files are read and written here, and their content travels.

use std::{fs, path::Path, sync::Arc};

use goxe_mcp_bridge::manager::CallError;
use goxe_protocol::api::{Method, blob, project};
use serde_json::{Value, json};
use tempfile::tempdir;

use crate::{
    fake::{Fake, Script},
    session::{call_in, modern, start, text},
};

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8"))
        .collect();
    names.sort();
    names
}

fn import(path: &str) -> Value {
    json!({ "action": "import", "project": "castle", "path": path, "if_revision": "5.9f3a12cc" })
}

fn export(path: &str) -> Value {
    json!({ "action": "export", "project": "castle", "path": path })
}

#[tokio::test]
async fn a_file_comes_in_as_an_attachment() {
    let folder = tempdir().expect("a folder");
    fs::write(folder.path().join("house.VOX"), b"VOX content").expect("written");
    let fake = Fake::new();
    let result = call_in(&fake, folder.path(), "project", import("house.VOX")).await;
    let structured = result.structured_content.expect("structured");
    assert_eq!((&structured["voxels"], &structured["done"]), (&json!(5), &json!(true)));
    let seen = fake.seen();
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].attachment.as_deref(), Some(&b"VOX content"[..]));
    assert_eq!(seen[0].params["format"], "vox");
    assert_eq!(seen[0].params["if_revision"], "5.9f3a12cc");
    assert!(seen[0].key.is_some());
}

#[tokio::test]
async fn a_file_above_the_frame_limit_comes_in_as_a_blob() {
    let folder = tempdir().expect("a folder");
    let bytes: usize = (32 << 20) + 5;
    let content: Vec<u8> = (0..bytes).map(|index| (index % 251) as u8).collect();
    fs::write(folder.path().join("huge.vox"), &content).expect("written");
    let fake = Fake::new();
    let result = call_in(&fake, folder.path(), "project", import("huge.vox")).await;
    assert_eq!(result.is_error, Some(false), "{}", text(&result));
    assert_eq!(fake.asked(blob::Create::NAME), Some(json!({ "bytes": bytes })));
    assert!(*fake.blob() == content, "the content differs");
    let asked = fake.asked(project::Import::NAME).expect("asked");
    assert_eq!(asked["blob"], "b1");
    // Only the import itself writes what is kept.
    assert_eq!(fake.seen().iter().filter(|seen| seen.key.is_some()).count(), 1);
}

#[tokio::test]
async fn a_file_that_cannot_be_read_changes_nothing() {
    let folder = tempdir().expect("a folder");
    fs::write(folder.path().join("notes.txt"), b"text").expect("written");
    fs::create_dir(folder.path().join("folder.vox")).expect("made");
    let pipe = folder.path().join("pipe.vox");
    nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).expect("made");
    for path in ["missing.vox", "notes.txt", "folder.vox", "pipe.vox", "a/b/c.vox"] {
        let fake = Fake::new();
        let result = call_in(&fake, folder.path(), "project", import(path)).await;
        assert_eq!(result.is_error, Some(true), "{path}");
        assert!(text(&result).contains("Next: project {"), "{}", text(&result));
        // Whether the project is there is all that was asked.
        assert!(fake.seen().iter().all(|seen| seen.method == project::Info::NAME), "{path}");
        // There is no other file to take.
        assert!(text(&result).contains(r#"Next: project {"action":"list"}"#), "{}", text(&result));
    }
}

/// The arguments of the call that an error names.
fn next(result: &rmcp::model::CallToolResult) -> Value {
    let text = text(result);
    let next = text.lines().find_map(|line| line.strip_prefix("Next: ")).expect("a next call");
    serde_json::from_str(next.split_once(' ').expect("a call").1).expect("JSON")
}

#[tokio::test]
async fn the_file_that_is_proposed_can_be_used_as_it_stands() {
    let folder = tempdir().expect("a folder");
    let inside = folder.path().join("inside");
    fs::create_dir(&inside).expect("made");
    fs::write(folder.path().join("barn.vox"), b"VOX content").expect("written");
    fs::write(folder.path().join("castle.vox"), b"VOX content").expect("written");
    fs::write(folder.path().join("x.png"), b"picture").expect("written");
    for path in ["missing.vox", "inside/missing.vox", "none/missing.vox", "barn.txt", "~/x.vox"] {
        let refused = call_in(&Fake::new(), folder.path(), "project", import(path)).await;
        let right = next(&refused);
        assert_eq!(right["path"], "barn.vox", "{path}: {right}");
        let done = call_in(&Fake::new(), folder.path(), "project", right).await;
        assert_eq!(done.is_error, Some(false), "{path}: {}", text(&done));
    }
    for (path, expect) in [
        ("~/castle.vox", "castle-2.vox"),
        ("none/house.obj", "house.obj"),
        ("house.txt", "house.vox"),
        ("", "castle-3.vox"),
        ("..", "castle-4.vox"),
    ] {
        let refused = call_in(&Fake::new(), folder.path(), "project", export(path)).await;
        let right = next(&refused);
        assert_eq!(right["path"], expect, "{path}: {}", text(&refused));
        let done = call_in(&Fake::new(), folder.path(), "project", right).await;
        assert_eq!(done.is_error, Some(false), "{path}: {}", text(&done));
    }
    for (path, expect) in [
        ("x.gif", "x-2.png"),
        ("none/x.png", "x-2.png"),
        ("none/y.gif", "y.png"),
        ("inside/x.gif", "inside/x.png"),
        ("", "picture.png"),
    ] {
        for argument in ["path", "turntable"] {
            let arguments = json!({ "project": "castle", argument: path });
            let refused = call_in(&Fake::new(), folder.path(), "render_view", arguments).await;
            assert_eq!(next(&refused)[argument], expect, "{path}: {}", text(&refused));
        }
    }
}

#[tokio::test]
async fn an_import_into_a_project_that_is_not_there_names_the_project_first() {
    let folder = tempdir().expect("a folder");
    fs::write(folder.path().join("barn.vox"), b"VOX content").expect("written");
    let fake = Fake::new();
    let error = goxe_protocol::Error::not_found("project", "castle");
    let fail = move || CallError::Answer(error.clone());
    fake.script(project::Info::NAME, Script::Fail(Arc::new(fail)));
    let refused = call_in(&fake, folder.path(), "project", import("missing.vox")).await;
    let expect = json!({ "action": "create", "project": "castle" });
    assert_eq!(next(&refused), expect, "{}", text(&refused));
}

#[tokio::test]
async fn a_file_goes_out_whole_and_replaces_nothing() {
    let folder = tempdir().expect("a folder");
    let fake = Fake::new();
    let result = call_in(&fake, folder.path(), "project", export("out.vox")).await;
    let structured = result.structured_content.expect("structured");
    assert_eq!(structured["bytes"], 8);
    let place = folder.path().join("out.vox");
    assert_eq!(structured["path"], place.display().to_string());
    assert_eq!(fs::read(&place).expect("written"), b"VOX file");
    assert_eq!(names(folder.path()), ["out.vox"]);

    fs::write(&place, b"VOX mine").expect("written");
    let asked = fake.seen().len();
    let refused = call_in(&fake, folder.path(), "project", export("out.vox")).await;
    assert_eq!(refused.is_error, Some(true));
    assert!(text(&refused).contains(r#""overwrite":true"#), "{}", text(&refused));
    assert_eq!(fake.seen().len(), asked, "refused before any work");
    assert_eq!(fs::read(&place).expect("kept"), b"VOX mine");

    let mut again = export("out.vox");
    again["overwrite"] = json!(true);
    let result = call_in(&fake, folder.path(), "project", again).await;
    assert_eq!(result.is_error, Some(false), "{}", text(&result));
    assert_eq!(fs::read(&place).expect("replaced"), b"VOX file");
    assert_eq!(names(folder.path()), ["out.vox"]);
}

#[tokio::test]
async fn large_content_goes_out_by_ranges_and_its_blob_is_removed() {
    let folder = tempdir().expect("a folder");
    let content: Vec<u8> = (0..(20_usize << 20)).map(|index| (index % 249) as u8).collect();
    let fake = Fake::new();
    fake.blob().clone_from(&content);
    let reply = json!({ "revision": "5.9f3a12cc", "bytes": content.len(), "blob": "b1" });
    fake.script(project::Export::NAME, Script::Reply(reply, None));
    let result = call_in(&fake, folder.path(), "project", export("big.vox")).await;
    assert_eq!(result.is_error, Some(false), "{}", text(&result));
    assert!(fs::read(folder.path().join("big.vox")).expect("written") == content);
    let reads = fake.seen().iter().filter(|seen| seen.method == blob::Read::NAME).count();
    assert_eq!(reads, 3);
    assert!(fake.blob().is_empty(), "the blob is removed");
}

#[tokio::test]
async fn what_fails_leaves_no_file() {
    let folder = tempdir().expect("a folder");
    let short = json!({ "bytes": 9 });
    let error = goxe_protocol::Error::new(goxe_protocol::Code::Conflict, "300 colours");
    let scripts = [
        Script::Reply(short, Some(b"VOX".to_vec())),
        Script::Fail(Arc::new(move || CallError::Answer(error.clone()))),
    ];
    for script in scripts {
        let fake = Fake::new();
        fake.script(project::Export::NAME, script);
        let result = call_in(&fake, folder.path(), "project", export("out.vox")).await;
        assert_eq!(result.is_error, Some(true));
        assert!(text(&result).contains("Next: "), "{}", text(&result));
        assert_eq!(names(folder.path()), Vec::<String>::new());
    }
    for path in ["missing/out.vox", "out.txt", "/dev/null/out.vox", ".."] {
        let fake = Fake::new();
        let result = call_in(&fake, folder.path(), "project", export(path)).await;
        assert_eq!(result.is_error, Some(true), "{path}");
        assert!(fake.seen().is_empty(), "{path}");
    }
}

#[tokio::test]
async fn files_stay_in_the_folders_of_the_client() {
    let (inside, home) = (tempdir().expect("a folder"), tempdir().expect("a folder"));
    let secret = home.path().join("secret.vox");
    fs::write(&secret, b"VOX secret").expect("written");
    std::os::unix::fs::symlink(home.path(), inside.path().join("link")).expect("a link");
    let outside = |name: &str| home.path().join(name).display().to_string();
    let allowed = fs::canonicalize(inside.path()).expect("a path").display().to_string();
    let calls = [
        ("project", "path", export(&outside("a.vox"))),
        ("project", "path", export("link/a.vox")),
        (
            "project",
            "path",
            export(&format!("../{}/a.vox", home.path().file_name().unwrap().display())),
        ),
        ("render_view", "path", json!({ "project": "castle", "path": outside("a.png") })),
        ("render_view", "turntable", json!({ "project": "castle", "turntable": "link/a.png" })),
    ];
    for (tool, argument, mut arguments) in calls {
        arguments["overwrite"] = json!(true);
        let fake = Fake::new();
        let refused = call_in(&fake, inside.path(), tool, arguments.clone()).await;
        assert_eq!(refused.is_error, Some(true), "{arguments}");
        assert!(fake.seen().is_empty(), "refused before any work: {arguments}");
        let text = text(&refused);
        assert!(text.contains(&format!("allowed folders: {allowed};")), "{text}");
        // The caller's own call, corrected.
        let right = next(&refused);
        assert_eq!(right["overwrite"], json!(true), "{text}");
        assert!(!right[argument].as_str().expect("a path").contains('/'), "{text}");
        let done = call_in(&Fake::new(), inside.path(), tool, right).await;
        assert_eq!(done.is_error, Some(false), "{text}");
    }
    for path in [outside("secret.vox"), "link/secret.vox".to_owned()] {
        let fake = Fake::new();
        let refused = call_in(&fake, inside.path(), "project", import(&path)).await;
        assert!(text(&refused).contains("allowed folders"), "{}", text(&refused));
        let told = text(&refused).replace(&path, "");
        assert!(!told.contains("secret"), "names of files outside are not told: {told}");
        assert!(fake.seen().iter().all(|seen| seen.method == project::Info::NAME), "{path}");
    }
    assert_eq!(names(home.path()), ["secret.vox"]);
}

#[tokio::test]
async fn a_name_ends_as_its_format_does_and_only_its_kind_is_replaced() {
    let folder = tempdir().expect("a folder");
    fs::write(folder.path().join(".bashrc"), b"export A=1").expect("written");
    fs::write(folder.path().join("authorized_keys"), b"ssh-ed25519 A").expect("written");
    fs::write(folder.path().join("mine.obj"), b"export A=1").expect("written");
    for (path, format, expect) in [
        (".bashrc", Some("obj"), "castle.obj"),
        ("authorized_keys", Some("vox"), "authorized_keys.vox"),
        ("house.vox", Some("glb"), "house.glb"),
        ("mine.obj", None, "mine-2.obj"),
    ] {
        let mut arguments = export(path);
        arguments["overwrite"] = json!(true);
        arguments["format"] = json!(format);
        let fake = Fake::new();
        let refused = call_in(&fake, folder.path(), "project", arguments).await;
        assert_eq!(refused.is_error, Some(true), "{path}");
        assert!(fake.seen().is_empty(), "{path}: refused before any work");
        let right = next(&refused);
        assert_eq!(right["path"], expect, "{}", text(&refused));
        let done = call_in(&Fake::new(), folder.path(), "project", right).await;
        assert_eq!(done.is_error, Some(false), "{path}: {}", text(&done));
    }
    assert_eq!(fs::read(folder.path().join(".bashrc")).expect("kept"), b"export A=1");
    assert_eq!(fs::read(folder.path().join("mine.obj")).expect("kept"), b"export A=1");
    // What is read ends so, too.
    let mut arguments = import("authorized_keys");
    arguments["format"] = json!("vox");
    let fake = Fake::new();
    let refused = call_in(&fake, folder.path(), "project", arguments).await;
    assert_eq!(refused.is_error, Some(true), "{}", text(&refused));
    assert!(fake.seen().iter().all(|seen| seen.attachment.is_none()));
}

/// What `roots/list` says.
fn roots(folder: &Path) -> Value {
    json!({ "roots": [{ "uri": format!("file://{}", folder.display()) }] })
}

#[tokio::test]
async fn the_roots_of_a_client_of_the_older_era_count_until_they_change() {
    let (inside, root) = (tempdir().expect("a folder"), tempdir().expect("a folder"));
    let mut raw = start(Fake::new(), inside.path());
    raw.initialize(json!({ "roots": { "listChanged": true } })).await;
    let call = |id: i64, name: &str| {
        let arguments = export(&root.path().join(name).display().to_string());
        let params = json!({ "name": "project", "arguments": arguments });
        json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params })
    };
    // The client is asked once, while the first call that needs it waits.
    raw.send(call(1, "a.vox")).await;
    let asked = raw.next().await;
    assert_eq!(asked["method"], "roots/list", "{asked}");
    raw.send(json!({ "jsonrpc": "2.0", "id": asked["id"], "result": roots(root.path()) })).await;
    let done = raw.next().await;
    assert_eq!((&done["id"], &done["result"]["isError"]), (&json!(1), &json!(false)), "{done}");
    raw.send(call(2, "b.vox")).await;
    let done = raw.next().await;
    assert_eq!((&done["id"], &done["result"]["isError"]), (&json!(2), &json!(false)), "{done}");
    // And once more after it said that they have changed: now there is none.
    raw.send(json!({ "jsonrpc": "2.0", "method": "notifications/roots/list_changed" })).await;
    // What follows shows that it was taken.
    raw.request(3, "tools/list", json!({})).await;
    raw.send(call(4, "c.vox")).await;
    let asked = raw.next().await;
    assert_eq!(asked["method"], "roots/list", "{asked}");
    raw.send(json!({ "jsonrpc": "2.0", "id": asked["id"], "result": { "roots": [] } })).await;
    let refused = raw.next().await;
    assert_eq!(refused["result"]["isError"], json!(true), "{refused}");
    assert_eq!(names(root.path()), ["a.vox", "b.vox"]);
}

#[tokio::test]
async fn a_client_of_the_modern_era_sends_its_roots_with_the_call() {
    let (inside, root) = (tempdir().expect("a folder"), tempdir().expect("a folder"));
    let mut raw = start(Fake::new(), inside.path());
    let arguments = export(&root.path().join("a.vox").display().to_string());
    let meta = modern(&json!({ "roots": {} }));
    let mut params = json!({ "name": "project", "arguments": arguments, "_meta": meta });
    let asked = raw.request(1, "tools/call", params.clone()).await;
    let question = &asked["result"]["inputRequests"]["roots"];
    assert_eq!(question["method"], "roots/list", "{asked}");
    params["inputResponses"] = json!({ "roots": roots(root.path()) });
    let done = raw.request(2, "tools/call", params.clone()).await;
    assert_eq!(done["result"]["isError"], json!(false), "{done}");
    assert_eq!(names(root.path()), ["a.vox"]);
    // One that says nothing useful is not asked again.
    params["inputResponses"] = json!({ "roots": {} });
    let refused = raw.request(3, "tools/call", params).await;
    assert_eq!(refused["result"]["isError"], json!(true), "{refused}");
}
