//! A call in rounds: a guest that has to ask somebody answers with questions, and is called again
//! with the answers.
//!
//! In the modern era the questions go back to the client, which makes the call again. In the older
//! one the client is asked while its call waits. Either way only what it declared is asked.

use std::collections::BTreeMap;

use goxe_protocol::api::{
    Method,
    guest::{AskKind, Asks, CallReply, FillReply, Question, ReadReply, Round},
};
use rmcp::model::{
    ClientCapabilities, InputRequest, InputRequests, InputRequiredResult, InputResponses,
    ServerRequest,
};
use serde_json::{Value, json};

use super::{
    exchange::{Exchange, Repeat},
    trouble::Trouble,
};
use crate::source::{Cx, era::is_modern};

/// Rounds that are asked within one call of the older era.
const ROUNDS_MAX: usize = 10;
/// Questions of a round, and answers that are passed on.
const QUESTIONS_MAX: usize = 16;
/// The longest state, and the longest questions together, as JSON.
const ASKS_BYTES_MAX: usize = 64 << 10;

/// How a call ended.
pub(super) enum Asked<T> {
    /// With this reply.
    Done(T),
    /// The client has to answer first, and call again.
    Asks(InputRequiredResult),
}

/// A reply that may ask.
pub(super) trait Asking {
    /// Takes the questions out.
    fn asks(&mut self) -> Option<Asks>;
}

impl Asking for CallReply {
    fn asks(&mut self) -> Option<Asks> {
        self.asks.take()
    }
}

impl Asking for ReadReply {
    fn asks(&mut self) -> Option<Asks> {
        self.asks.take()
    }
}

impl Asking for FillReply {
    fn asks(&mut self) -> Option<Asks> {
        self.asks.take()
    }
}

/// What comes back with a request that is made again. Answers of a wrong form are none: a guest
/// asks for them again.
pub(super) fn first(answers: Option<InputResponses>, state: Option<String>, cx: &Cx) -> Round {
    if !is_modern(cx) {
        return Round::default();
    }
    let answers = answers.into_iter().flatten().filter(|(_, answer)| answer.is_object());
    Round { answers: answers.take(QUESTIONS_MAX).collect(), state, ..Round::default() }
}

/// Calls a method until it asks nothing more, or the client has to be asked.
pub(super) async fn run<M>(
    exchange: &mut Exchange,
    cx: &Cx,
    first: Round,
    repeat: Repeat,
    params: impl Fn(Round) -> M::Params,
) -> Result<Asked<M::Reply>, Trouble>
where
    M: Method,
    M::Reply: Asking,
{
    let able = cx.client_capabilities().unwrap_or_default();
    let log = exchange.log_wish();
    let mut round = Round { may_ask: kinds(&able), log: log.clone(), ..first };
    for _ in 0..ROUNDS_MAX {
        let mut reply = exchange.ask::<M>(&params(round), repeat).await?;
        let Some(asks) = reply.asks() else { return Ok(Asked::Done(reply)) };
        let (requests, state) = checked(asks, &able)?;
        if is_modern(cx) {
            let requests = Some(requests).filter(|requests| !requests.is_empty());
            return Ok(Asked::Asks(InputRequiredResult::new(requests, state)));
        }
        let answers = answer(exchange, cx, requests).await?;
        round = Round { may_ask: kinds(&able), answers, state, log: log.clone() };
    }
    Err(Trouble::Endless(ROUNDS_MAX))
}

/// What a client can be asked.
fn kinds(able: &ClientCapabilities) -> Vec<AskKind> {
    [
        (AskKind::Elicitation, able.elicitation.is_some()),
        (AskKind::Sampling, able.sampling.is_some()),
        (AskKind::Roots, able.roots.is_some()),
    ]
    .into_iter()
    .filter_map(|(kind, declared)| declared.then_some(kind))
    .collect()
}

/// The questions as the requests that they are, if the client can be asked all of them.
fn checked(
    asks: Asks,
    able: &ClientCapabilities,
) -> Result<(InputRequests, Option<String>), Trouble> {
    let Asks { questions, state } = asks;
    let bytes = serde_json::to_string(&questions).map_or(0, |json| json.len());
    let state_bytes = state.as_ref().map_or(0, String::len);
    if questions.len() > QUESTIONS_MAX || bytes + state_bytes > ASKS_BYTES_MAX {
        return Err(Trouble::misread("it asks too much at once"));
    }
    if questions.is_empty() && state.is_none() {
        return Err(Trouble::misread("it asks nothing, and does not answer"));
    }
    let missing: Vec<AskKind> = questions
        .values()
        .filter(|question| !is_able(question, able))
        .map(|question| question.kind)
        .collect();
    if !missing.is_empty() {
        return Err(Trouble::CannotAsk(missing));
    }
    let requests = questions.into_iter().map(|(name, question)| Ok((name, request(&question)?)));
    Ok((requests.collect::<Result<_, Trouble>>()?, state))
}

fn is_able(question: &Question, able: &ClientCapabilities) -> bool {
    match question.kind {
        AskKind::Elicitation => able.elicitation.as_ref().is_some_and(|elicitation| {
            match question.params.get("mode").and_then(Value::as_str) {
                Some("url") => elicitation.url.is_some(),
                // Without a mode it means forms, which are the older one of the two.
                _ => elicitation.form.is_some() || elicitation.url.is_none(),
            }
        }),
        AskKind::Sampling => able.sampling.as_ref().is_some_and(|sampling| {
            let wants_tools =
                ["tools", "toolChoice"].iter().any(|name| question.params.contains_key(*name));
            !wants_tools || sampling.tools.is_some()
        }),
        AskKind::Roots => able.roots.is_some(),
    }
}

fn request(question: &Question) -> Result<InputRequest, Trouble> {
    let method = match question.kind {
        AskKind::Elicitation => "elicitation/create",
        AskKind::Sampling => "sampling/createMessage",
        AskKind::Roots => "roots/list",
    };
    serde_json::from_value(json!({ "method": method, "params": question.params }))
        .map_err(|error| Trouble::misread(&format!("it asks in no form of {method}: {error}")))
}

/// Asks a client of the older era, one question after another.
async fn answer(
    exchange: &Exchange,
    cx: &Cx,
    requests: InputRequests,
) -> Result<BTreeMap<String, Value>, Trouble> {
    let mut answers = BTreeMap::new();
    for (name, request) in requests {
        let request = match request {
            InputRequest::CreateMessage(request) => ServerRequest::CreateMessageRequest(request),
            InputRequest::Elicitation(request) => ServerRequest::ElicitRequest(request),
            InputRequest::ListRoots(request) => ServerRequest::ListRootsRequest(request),
            _ => return Err(Trouble::misread("it asks what no client can be asked")),
        };
        let result = exchange.ask_client(cx, request).await?;
        let result = serde_json::to_value(result).unwrap_or_default();
        answers.insert(name, result);
    }
    Ok(answers)
}

#[cfg(test)]
mod tests;
