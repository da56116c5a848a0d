//! Asking the user before the one thing that cannot be taken back.
//!
//! Only the modern era lets a server ask in the middle of a call, and only of clients that declare
//! it: others hang or fail. Everybody else passes `confirm` with the call. The answer counts only
//! if it is an explicit yes: headless clients answer "cancel" by themselves.

use std::collections::BTreeMap;

use rmcp::{
    RoleServer,
    model::{
        CallToolResponse, ElicitRequest, ElicitRequestParams, ElicitationSchema, InputRequest,
        InputRequiredResult, InputResponses,
    },
    service::RequestContext,
};
use serde_json::{Value, json};

use super::era::is_modern;

/// The name of our question, and of the one field in its form.
const KEY: &str = "confirm";

/// What the user said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reply {
    /// The call is the first of its kind.
    NotAsked,
    /// The user accepted, with a yes.
    Yes,
    /// Anything else.
    No,
}

/// Reads what came back with a call that was sent again.
pub(super) fn reply(responses: Option<&InputResponses>) -> Reply {
    let Some(response) = responses.and_then(|responses| responses.get(KEY)) else {
        return Reply::NotAsked;
    };
    let accepted = response.get("action").and_then(Value::as_str) == Some("accept");
    let yes = response.pointer("/content/confirm") == Some(&Value::Bool(true));
    if accepted && yes { Reply::Yes } else { Reply::No }
}

/// Whether this client can be asked, within this request.
pub(super) fn can_ask(cx: &RequestContext<RoleServer>) -> bool {
    let forms = cx
        .client_capabilities()
        .and_then(|capabilities| capabilities.elicitation)
        // Without a mode it means forms, which are the older one of the two.
        .is_some_and(|elicitation| elicitation.form.is_some() || elicitation.url.is_none());
    is_modern(cx) && forms
}

/// The answer that makes the client ask its user and send the call again.
pub(super) fn ask(question: &str) -> CallToolResponse {
    let form = json!({
        "type": "object",
        "properties": { KEY: { "type": "boolean", "title": "Yes, do it", "default": false } },
        "required": [KEY],
    });
    let requested_schema = serde_json::from_value::<ElicitationSchema>(form)
        .expect("the form is a schema that elicitation knows");
    let request = ElicitRequest::new(ElicitRequestParams::FormElicitationParams {
        meta: None,
        message: question.to_owned(),
        requested_schema,
    });
    let requests = BTreeMap::from([(KEY.to_owned(), InputRequest::Elicitation(request))]);
    InputRequiredResult::from_input_requests(requests).into()
}
