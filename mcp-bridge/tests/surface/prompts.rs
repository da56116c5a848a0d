//! Prompts over the wire.

use serde_json::json;

use crate::{
    lively::Lively,
    session::{connect, eras, start},
};
use rmcp::model::GetPromptRequestParams;

#[tokio::test]
async fn both_eras_get_prompts_without_a_daemon() {
    for era in eras() {
        let daemon = Lively::absent();
        let (client, _) = connect(daemon.clone(), &std::env::temp_dir(), era).await;
        let prompts = client.list_all_prompts().await.expect("a list");
        let names: Vec<&str> = prompts.iter().map(|prompt| prompt.name.as_str()).collect();
        assert_eq!(names, ["build_model", "review_model"]);
        assert!(prompts.iter().all(|it| it.title.is_some() && it.description.is_some()));
        let goal = json!({ "goal": "a fox" }).as_object().cloned().expect("an object");
        let request = GetPromptRequestParams::new("build_model").with_arguments(goal);
        let prompt = client.get_prompt(request).await.expect("a prompt");
        assert!(prompt.messages[0].content.as_text().expect("text").text.contains("a fox"));
        assert_eq!(daemon.fake.seen().len(), 0);
        let _ = client.cancel().await;
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_prompt_is_an_error_of_the_protocol() {
    let mut raw = start(Lively::absent(), &std::env::temp_dir());
    raw.initialize(json!({})).await;
    for params in [
        json!({ "name": "destroy_model" }),
        json!({ "name": "build_model" }),
        json!({ "name": "review_model", "arguments": { "project": "" } }),
    ] {
        let refused = raw.request(1, "prompts/get", params.clone()).await;
        assert_eq!(refused["error"]["code"], -32602, "{params}: {refused}");
    }
}
