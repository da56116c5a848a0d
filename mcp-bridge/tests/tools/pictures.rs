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
    session::{call, text},
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
    assert_eq!(params["height"], 768);
    assert_eq!(params["background"], "transparent");
    assert_eq!(params["shadow"], false);
    assert_eq!(params["ambient_occlusion"], true);
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
