//! What may return a picture: renders and jobs.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use goxe_protocol::api::{
    Method,
    job::{self, JobState},
    render,
};
use rmcp::model::CallToolResult;
use serde_json::{Value, json};

use crate::{
    fake::{self, Fake, PNG, Script},
    session::{call, call_in, text},
};

#[tokio::test]
async fn a_picture_is_shown_without_structure() {
    let fake = Fake::new();
    let arguments = json!({ "project": "castle", "view": "top", "width": 400, "background": "transparent",
        "layers": ["roof"], "checkpoint": "c", "shadow": false });
    let result = call(&fake, "render_view", arguments).await;
    check_picture(&result);
    let params = fake.asked(render::Image::NAME).expect("asked");
    assert_eq!(params["width"], 400);
    // Whoever asked for no height gets what suits the model.
    assert!(params.get("height").is_none() && params.get("eye").is_none(), "{params}");
    assert_eq!(params["background"], "transparent");
    assert_eq!(params["shadow"], false);
    assert_eq!(params["ambient_occlusion"], true);
}

#[tokio::test]
async fn a_picture_tells_what_changed() {
    let fake = Fake::new();
    let reply = json!({ "revision": "5.9f3a12cc", "width": 400, "height": 300, "bytes": 68, "voxels": 30,
        "changes": { "added": 3, "removed": 2, "changed": 1, "bounds": { "min": [0, 1, 2], "max": [3, 4, 5] } } });
    fake.script(render::Image::NAME, Script::Reply(reply, Some(PNG.to_vec())));
    let arguments = json!({ "project": "castle", "changed_since": "last", "eye": [1.5, -20, 9], "up": [0, 0, 1] });
    let result = call(&fake, "render_view", arguments).await;
    let told = text(&result);
    assert!(told.contains("3 added") && told.contains("2 removed"), "{told}");
    assert!(told.contains("1 recoloured") && told.contains(r#""max":[3,4,5]"#), "{told}");
    let params = fake.asked(render::Image::NAME).expect("asked");
    assert_eq!(params["changed_since"], "last");
    assert_eq!(params["eye"], json!([1.5, -20.0, 9.0]));
    assert_eq!(params["up"], json!([0.0, 0.0, 1.0]), "taken, though no schema tells of it");
}

#[tokio::test]
async fn a_picture_of_many_bytes_is_drawn_smaller_unless_its_size_was_asked_for() {
    for (arguments, is_asked_twice) in [
        (json!({ "project": "castle" }), true),
        (json!({ "project": "castle", "width": 1000 }), false),
    ] {
        let fake = Fake::new();
        let reply = json!({ "width": 1000, "height": 800, "bytes": 68, "voxels": 30 });
        fake.script(render::Image::NAME, Script::Reply(reply, Some(vec![0; 600 << 10])));
        let result = call(&fake, "render_view", arguments).await;
        assert_eq!(result.is_error, Some(false), "{}", text(&result));
        let params = fake.asked(render::Image::NAME).expect("asked");
        assert_eq!(params["height"] == 560, is_asked_twice, "{params}");
    }
}

#[tokio::test]
async fn a_picture_goes_to_a_file_whole_and_over_no_other_one() {
    let (fake, folder) = (Fake::new(), tempfile::tempdir().expect("a folder"));
    let arguments = json!({ "project": "castle", "path": "castle.png" });
    let result = call_in(&fake, folder.path(), "render_view", arguments.clone()).await;
    check_picture(&result);
    assert_eq!(std::fs::read(folder.path().join("castle.png")).expect("written"), PNG);
    assert!(text(&result).contains("Saved as"), "{}", text(&result));
    let again = text(&call_in(&fake, folder.path(), "render_view", arguments).await);
    assert!(again.contains(r#""overwrite":true"#), "{again}");
    for (arguments, next) in [
        (json!({ "project": "castle", "path": "castle.jpg" }), r#""path":"castle-2.png""#),
        (json!({ "project": "castle", "path": "b.png", "job": true }), r#""job":false"#),
        (json!({ "project": "castle", "path": "none/there.png" }), r#""path":"there.png""#),
    ] {
        let told = text(&call_in(&fake, folder.path(), "render_view", arguments).await);
        assert!(told.contains(next), "{told}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 1);
}

#[tokio::test]
async fn a_turntable_is_a_file_and_one_still() {
    let folder = tempfile::tempdir().expect("a folder");
    let fake = Fake::new();
    let arguments =
        json!({ "project": "castle", "turntable": "turn.png", "frames": 12, "outline": true });
    let result = call_in(&fake, folder.path(), "render_view", arguments.clone()).await;
    let told = text(&result);
    let file = folder.path().join("turn.png");
    assert!(told.contains(&file.display().to_string()), "{told}");
    assert_eq!(std::fs::read(&file).expect("written"), PNG);
    assert!(result.content[1].as_image().is_some(), "one still beside it");
    let params = fake.asked(render::Turntable::NAME).expect("asked");
    assert_eq!((&params["frames"], &params["outline"]), (&json!(12), &json!(true)));

    // What is there is kept, and other names and jobs are refused with a call that passes.
    let wrong = [
        (arguments, r#""overwrite":true"#),
        (json!({ "project": "castle", "turntable": "turn.gif" }), r#""turntable":"turn-2.png""#),
        (json!({ "project": "castle", "turntable": "b.png", "job": true }), r#""job":false"#),
    ];
    for (arguments, next) in wrong {
        let result = call_in(&fake, folder.path(), "render_view", arguments).await;
        assert_eq!(result.is_error, Some(true));
        assert!(text(&result).contains(next), "{}", text(&result));
    }
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 1);
}

fn check_picture(result: &CallToolResult) {
    assert_eq!(result.is_error, Some(false), "{}", text(result));
    assert!(result.structured_content.is_none());
    assert!(text(result).contains("5.9f3a12cc") && text(result).contains("768 x 768"));
    let image = result.content[1].as_image().expect("an image after the text");
    assert_eq!(image.mime_type, "image/png");
    assert_eq!(BASE64.decode(&image.data).as_deref(), Ok(PNG));
}

#[tokio::test]
async fn a_render_in_the_background_names_its_job() {
    let fake = Fake::new();
    let reply = json!({ "width": 1, "height": 1, "bytes": 0, "voxels": 0, "job": "j1" });
    fake.script(render::Image::NAME, Script::Reply(reply, None));
    let result = call(&fake, "render_view", json!({ "project": "castle", "job": true })).await;
    let next = r#"Next: job {"action":"status","job":"j1","wait_ms":30000}"#;
    assert!(text(&result).contains(next), "{}", text(&result));

    let done = call(&fake, "job", json!({ "action": "status", "job": "j1" })).await;
    check_picture(&done);
}

#[tokio::test]
async fn jobs_tell_how_they_stand() {
    let fake = Fake::new();
    for arguments in [json!({ "action": "list" }), json!({ "action": "cancel", "job": "j1" })] {
        let result = call(&fake, "job", arguments).await;
        assert_eq!(result.is_error, Some(false));
        assert!(result.structured_content.is_none());
        assert!(serde_json::from_str::<Value>(&text(&result)).is_ok());
    }
    let running = job::StatusReply {
        job: fake::job_item(render::Image::NAME, JobState::Running),
        reply: None,
        error: None,
    };
    fake.script(job::Status::NAME, Script::Reply(fake::value(&running), None));
    let result = call(&fake, "job", json!({ "action": "status", "job": "j1" })).await;
    assert!(text(&result).contains("running") && text(&result).contains("wait_ms"));

    let error = goxe_protocol::Error::new(goxe_protocol::Code::EngineFault, "the engine failed");
    let failed = job::StatusReply {
        job: fake::job_item(render::Image::NAME, JobState::Failed),
        reply: None,
        error: Some(fake::value(&error)),
    };
    fake.script(job::Status::NAME, Script::Reply(fake::value(&failed), None));
    let result = call(&fake, "job", json!({ "action": "status", "job": "j1" })).await;
    assert_eq!(result.is_error, Some(true));
    assert!(text(&result).contains("the engine failed") && text(&result).contains("Next: "));
}
