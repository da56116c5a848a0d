//! The suite's tools that ask before they answer.

use std::collections::BTreeMap;

use goxe_protocol::api::guest::{AskKind, Asks, CallReply, FillReply, Question, Round};
use goxe_protocol::error::Error;
use serde_json::{Map, Value, json};

use super::content::{message, text};
use super::{Suite, object};

impl Suite {
    /// Runs a tool that asks.
    pub(super) fn ask(
        &self,
        tool: &str,
        arguments: &Map<String, Value>,
        round: &Round,
    ) -> Result<CallReply, Error> {
        let argument =
            |name: &str| arguments.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        match tool {
            "test_sampling" => {
                Ok(once(round, &[("reply", sampling(&argument("prompt"), 100))], "LLM response:"))
            }
            "test_elicitation" => {
                let fields = json!({
                    "username": { "type": "string", "description": "User's response" },
                    "email": { "type": "string", "description": "User's email address" },
                });
                let form = form(&argument("message"), &fields, &["username", "email"]);
                Ok(once(round, &[("user", form)], "User response:"))
            }
            "test_elicitation_sep1034_defaults" => {
                Ok(once(round, &[("user", defaults())], "Elicitation completed:"))
            }
            "test_elicitation_sep1330_enums" => {
                Ok(once(round, &[("user", choices())], "Elicitation completed:"))
            }
            "test_missing_capability" => {
                Ok(once(round, &[("reply", sampling("Hello", 10))], "LLM response:"))
            }
            "test_streaming_elicitation" | "test_input_required_result_elicitation" => {
                Ok(once(round, &[("user_name", name("What is your name?"))], "Hello,"))
            }
            "test_input_required_result_sampling" => {
                let question = sampling("What is the capital of France?", 100);
                Ok(once(round, &[("capital_question", question)], "It is"))
            }
            "test_input_required_result_list_roots" => {
                Ok(once(round, &[("client_roots", roots())], "Folders:"))
            }
            "test_input_required_result_capabilities" => {
                let able = |(_, question): &(_, Question)| round.may_ask.contains(&question.kind);
                let all = [
                    ("user_name", name("What is your name?")),
                    ("greeting", sampling("Generate a greeting", 50)),
                ];
                let questions: Vec<_> = all.into_iter().filter(able).collect();
                Ok(once(round, &questions, "Together:"))
            }
            "test_input_required_result_request_state"
            | "test_input_required_result_tampered_state" => self.confirm(round),
            "test_input_required_result_multiple_inputs" => {
                let questions = [
                    ("user_name", name("What is your name?")),
                    ("greeting", sampling("Generate a greeting", 50)),
                    ("client_roots", roots()),
                ];
                let mut reply = once(round, &questions, "All of it:");
                match &mut reply.asks {
                    Some(asks) => asks.state = Some(self.sign("all")),
                    None => drop(self.signed(round.state.as_deref())?),
                }
                Ok(reply)
            }
            "test_input_required_result_multi_round" => self.twice(round),
            other => Err(Error::invalid_params(format!("tool: there is no {other}"))),
        }
    }

    fn confirm(&self, round: &Round) -> Result<CallReply, Error> {
        let fields = json!({ "ok": { "type": "boolean" } });
        let mut reply = once(round, &[("confirm", form("Please confirm", &fields, &["ok"]))], "");
        match (&mut reply.asks, &round.state) {
            (Some(asks), None) => asks.state = Some(self.sign("confirm")),
            (_, state) => {
                self.signed(state.as_deref())?;
                reply = said("state-ok");
            }
        }
        Ok(reply)
    }

    fn twice(&self, round: &Round) -> Result<CallReply, Error> {
        let Some(state) = round.state.as_deref() else {
            return Ok(self.step("step1", name("Step 1: What is your name?"), "one"));
        };
        match self.signed(Some(state))? {
            "one" => {
                let fields = json!({ "color": { "type": "string" } });
                let question = form("Step 2: What is your favorite color?", &fields, &["color"]);
                Ok(self.step("step2", question, "two"))
            }
            _ => Ok(said("Both steps are done.")),
        }
    }

    fn step(&self, key: &str, question: Question, state: &str) -> CallReply {
        let asks = Asks {
            questions: BTreeMap::from([(key.to_owned(), question)]),
            state: Some(self.sign(state)),
        };
        CallReply { asks: Some(asks), ..CallReply::default() }
    }
}

/// The prompt that asks.
pub(super) fn prompt(round: &Round) -> FillReply {
    let fields = json!({ "context": { "type": "string" } });
    let question = form("What context should the prompt use?", &fields, &["context"]);
    let reply = once(round, &[("user_context", question)], "Use this:");
    let messages = reply.content.into_iter().map(message).collect();
    FillReply { description: None, messages, asks: reply.asks }
}

/// Asks what is not answered yet; says the answers once all are there.
fn once(round: &Round, questions: &[(&str, Question)], words: &str) -> CallReply {
    let open: BTreeMap<String, Question> = questions
        .iter()
        .filter(|(key, _)| !round.answers.contains_key(*key))
        .map(|(key, question)| ((*key).to_owned(), question.clone()))
        .collect();
    if !open.is_empty() {
        let asks = Asks { questions: open, state: None };
        return CallReply { asks: Some(asks), ..CallReply::default() };
    }
    let answers: Vec<String> = questions
        .iter()
        .filter_map(|(key, _)| round.answers.get(*key))
        .map(Value::to_string)
        .collect();
    said(&format!("{words} {}", answers.join(", ")))
}

fn said(words: &str) -> CallReply {
    CallReply { content: vec![text(words)], ..CallReply::default() }
}

fn form(message: &str, fields: &Value, required: &[&str]) -> Question {
    let schema = json!({ "type": "object", "properties": fields, "required": required });
    let params = object(json!({ "message": message, "requestedSchema": schema }));
    Question { kind: AskKind::Elicitation, params }
}

fn name(message: &str) -> Question {
    form(message, &json!({ "name": { "type": "string" } }), &["name"])
}

fn sampling(words: &str, tokens: u32) -> Question {
    let content = json!({ "type": "text", "text": words });
    let params =
        json!({ "messages": [{ "role": "user", "content": content }], "maxTokens": tokens });
    Question { kind: AskKind::Sampling, params: object(params) }
}

fn roots() -> Question {
    Question { kind: AskKind::Roots, params: Map::new() }
}

fn defaults() -> Question {
    let status = ["active", "inactive", "pending"];
    let fields = json!({
        "name": { "type": "string", "default": "John Doe" },
        "age": { "type": "integer", "default": 30 },
        "score": { "type": "number", "default": 95.5 },
        "status": { "type": "string", "enum": status, "default": "active" },
        "verified": { "type": "boolean", "default": true },
    });
    form("Please check these values", &fields, &[])
}

fn choices() -> Question {
    let options = ["option1", "option2", "option3"];
    let titled = |word: &str| {
        let title =
            |(number, value)| json!({ "const": value, "title": format!("{number} {word}") });
        Value::from_iter(
            [("First", "value1"), ("Second", "value2"), ("Third", "value3")].map(title),
        )
    };
    let fields = json!({
        "untitledSingle": { "type": "string", "enum": options },
        "titledSingle": { "type": "string", "oneOf": titled("Option") },
        "legacyEnum": {
            "type": "string",
            "enum": ["opt1", "opt2", "opt3"],
            "enumNames": ["Option One", "Option Two", "Option Three"],
        },
        "untitledMulti": { "type": "array", "items": { "type": "string", "enum": options } },
        "titledMulti": { "type": "array", "items": { "anyOf": titled("Choice") } },
    });
    form("Please choose", &fields, &[])
}
