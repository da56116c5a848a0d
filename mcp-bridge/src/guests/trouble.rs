//! What can go wrong with a guest, and what the client is told: what, why, and what to do next.

use goxe_protocol::{Code, api::guest::AskKind};
use rmcp::{
    ErrorData,
    model::{CallToolResult, ClientCapabilities, ContentBlock},
};
use serde_json::json;

use super::translate;
use crate::{
    manager::CallError,
    source::{Cx, era::is_modern, unknown_tool},
};

/// The longest text of an error, in characters: guests write into it.
const TEXT_CHARS_MAX: usize = 1_000;

/// Why there is no reply.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The call failed, or the daemon answered with an error.
    Call(CallError),
    /// What was answered is not what the protocol has for it.
    Misread(String),
    /// It was done, and the answer fell with the daemon.
    AnswerLost,
    /// It has to ask what this client cannot be asked.
    CannotAsk(Vec<AskKind>),
    /// The client did not answer a question.
    Client(String),
    /// It asks and asks.
    Endless(usize),
}

impl Trouble {
    pub(super) fn misread(why: &str) -> Self {
        Trouble::Misread(why.to_owned())
    }

    /// Whether the daemon knows no such thing.
    pub(super) fn is_not_found(&self) -> bool {
        self.is_answered_with(|code| matches!(code, Code::NotFound | Code::MethodNotFound))
    }

    fn is_answered_with(&self, which: impl Fn(Code) -> bool) -> bool {
        matches!(self, Trouble::Call(CallError::Answer(error)) if which(error.code))
    }

    /// What the caller of a tool gets. Only what no model can mend is an error of the protocol;
    /// `resumed` says that a state came back with the call, which is none of the model's doing.
    pub(super) fn of_tool(
        self,
        name: &str,
        resumed: bool,
        cx: &Cx,
    ) -> Result<CallToolResult, ErrorData> {
        match &self {
            Trouble::CannotAsk(kinds) if is_modern(cx) => {
                return Err(ErrorData::missing_required_client_capability(required(kinds)));
            }
            _ if self.is_answered_with(|code| code == Code::MethodNotFound) => {
                return Err(unknown_tool(name));
            }
            _ if resumed && self.is_answered_with(|code| code == Code::InvalidParams) => {
                return Err(ErrorData::invalid_params(self.why(), None));
            }
            Trouble::AnswerLost => {
                let text = format!("{name} was done, and its answer was lost with the daemon.");
                return Ok(CallToolResult::success(vec![ContentBlock::text(text)]));
            }
            _ => {}
        }
        let text = format!("{name} failed.\n{}\nNext: {}", self.why(), self.next());
        Ok(CallToolResult::error(vec![ContentBlock::text(text)]))
    }

    /// What a request that is no call of a tool is answered with.
    pub(super) fn of_request(self, about: &str) -> ErrorData {
        let text = self.why();
        match self {
            Trouble::CannotAsk(kinds) => {
                ErrorData::missing_required_client_capability(required(&kinds))
            }
            Trouble::Call(CallError::Answer(error))
                if matches!(error.code, Code::InvalidParams | Code::NotFound) =>
            {
                ErrorData::invalid_params(text, Some(json!({ "about": about })))
            }
            _ => ErrorData::internal_error(text, Some(json!({ "about": about }))),
        }
    }

    fn why(&self) -> String {
        let text = match self {
            Trouble::Call(CallError::Answer(error)) if error.data.hint.is_empty() => {
                format!("{error}.")
            }
            Trouble::Call(CallError::Answer(error)) => format!("{error}: {}.", error.data.hint),
            Trouble::Call(error) => error.to_string(),
            Trouble::Misread(why) => {
                format!("The service behind it does not answer properly: {why}.")
            }
            Trouble::AnswerLost => {
                "It was done, and its answer was lost with the daemon.".to_owned()
            }
            Trouble::CannotAsk(kinds) => {
                format!("It has to ask, and this client does not offer {}.", names(kinds))
            }
            Trouble::Client(why) => format!("The client did not answer its question: {why}."),
            Trouble::Endless(rounds) => format!("It asked {rounds} times and is not done."),
        };
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        translate::words(&text, TEXT_CHARS_MAX)
    }

    fn next(&self) -> &'static str {
        match self {
            Trouble::Call(CallError::Lost(_)) => {
                "look whether it was done before you call it again"
            }
            Trouble::Call(CallError::Answer(error)) if error.code == Code::InvalidParams => {
                "change the arguments and call it again"
            }
            Trouble::CannotAsk(_) => "do without it, or tell the user which client can do this",
            Trouble::Client(_) => "ask the user, then call it again",
            Trouble::Call(_) | Trouble::Misread(_) | Trouble::AnswerLost | Trouble::Endless(_) => {
                "engine_health {}"
            }
        }
    }
}

fn names(kinds: &[AskKind]) -> String {
    let name = |kind: &AskKind| match kind {
        AskKind::Elicitation => "elicitation",
        AskKind::Sampling => "sampling",
        AskKind::Roots => "roots",
    };
    let mut names: Vec<&str> = kinds.iter().map(name).collect();
    names.dedup();
    names.join(", ")
}

/// The capabilities that are missing.
fn required(kinds: &[AskKind]) -> ClientCapabilities {
    let mut required = ClientCapabilities::default();
    for kind in kinds {
        match kind {
            AskKind::Elicitation => required.elicitation = Some(Default::default()),
            AskKind::Sampling => required.sampling = Some(Default::default()),
            AskKind::Roots => required.roots = Some(Default::default()),
        }
    }
    required
}
