//! Asking the user before the one thing that cannot be taken back.
//!
//! Only clients that declare it are asked: others hang or fail. In the modern era the call is
//! answered with the question and sent again with the reply; in the older one the client is asked
//! while the call waits. Everybody else passes `confirm` with the call. The reply counts only if it
//! is an explicit yes: headless clients answer "cancel" by themselves.

use std::{collections::BTreeMap, time::Duration};

use rmcp::{
    model::{
        CallToolResponse, ClientResult, ElicitRequest, ElicitRequestParams, ElicitationSchema,
        InputRequest, InputRequiredResult, InputResponses, ServerRequest,
    },
    service::PeerRequestOptions,
};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::{source::Cx, tools::Failure};

/// The name of our question, and of the one field in its form.
const KEY: &str = "confirm";
/// How long a user may think.
const PATIENCE: Duration = Duration::from_secs(300);

/// What the user said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum UserWord {
    /// The call is the first of its kind.
    NotAsked,
    /// The user accepted, with a yes.
    Yes,
    /// The user said no.
    No,
    /// Nobody was there to answer.
    Unanswered,
}

/// Reads what came back with a call that was sent again.
pub(super) fn reply(responses: Option<&InputResponses>) -> UserWord {
    match responses.and_then(|responses| responses.get(KEY)) {
        None => UserWord::NotAsked,
        Some(response) => weigh(response),
    }
}

/// What a reply to the form means.
fn weigh(reply: &Value) -> UserWord {
    let yes = reply.pointer("/content/confirm") == Some(&Value::Bool(true));
    match reply.get("action").and_then(Value::as_str) {
        Some("accept") if yes => UserWord::Yes,
        Some("accept" | "decline") => UserWord::No,
        _ => UserWord::Unanswered,
    }
}

/// Whether this client can be asked, within this request.
pub(super) fn can_ask(cx: &Cx) -> bool {
    cx.client_capabilities()
        .and_then(|capabilities| capabilities.elicitation)
        // Without a mode it means forms, which are the older one of the two.
        .is_some_and(|elicitation| elicitation.form.is_some() || elicitation.url.is_none())
}

/// The answer that makes a client of the modern era ask its user and send the call again.
pub(super) fn ask(question: &str) -> CallToolResponse {
    let request = ElicitRequest::new(form(question));
    let requests = BTreeMap::from([(KEY.to_owned(), InputRequest::Elicitation(request))]);
    InputRequiredResult::from_input_requests(requests).into()
}

/// Asks a client of the older era while its call waits.
pub(super) async fn ask_now(question: &str, cx: &Cx, gone: &CancellationToken) -> UserWord {
    let request = ServerRequest::ElicitRequest(ElicitRequest::new(form(question)));
    let options = PeerRequestOptions::with_timeout(PATIENCE);
    let Ok(asked) = cx.peer.send_cancellable_request(request, options).await else {
        return UserWord::Unanswered;
    };
    let (peer, id) = (asked.peer.clone(), asked.id.clone());
    tokio::select! {
        reply = asked.await_response() => match reply {
            Ok(ClientResult::ElicitResult(result)) => {
                weigh(&serde_json::to_value(result).unwrap_or_default())
            }
            _ => UserWord::Unanswered,
        },
        () = cx.ct.cancelled() => {
            // The user should not be left with a question that nobody wants to have answered.
            let note = rmcp::model::CancelledNotificationParam::new(Some(id), None);
            let _ = peer.notify_cancelled(note).await;
            UserWord::Unanswered
        }
        () = gone.cancelled() => UserWord::Unanswered,
    }
}

/// What a call is answered whose question had no yes.
pub(super) fn refused(failure: Failure, reply: UserWord) -> Failure {
    match reply {
        UserWord::No => Failure {
            // Some clients answer by themselves where nobody sits before them.
            why: "the client was asked for the user's yes and said no. \
                  Not done: nothing was changed."
                .to_owned(),
            next: "leave it, and tell the user that it was left".to_owned(),
            ..failure
        },
        UserWord::NotAsked | UserWord::Yes | UserWord::Unanswered => failure,
    }
}

fn form(question: &str) -> ElicitRequestParams {
    let form = json!({
        "type": "object",
        "properties": { KEY: { "type": "boolean", "title": "Yes, do it", "default": false } },
        "required": [KEY],
    });
    let requested_schema = serde_json::from_value::<ElicitationSchema>(form)
        .expect("the form is a schema that elicitation knows");
    ElicitRequestParams::FormElicitationParams {
        meta: None,
        message: question.to_owned(),
        requested_schema,
    }
}
