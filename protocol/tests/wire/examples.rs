//! Section 7 of the JSON-RPC 2.0 specification against parse and encode.

use goxe_protocol::Error;
use goxe_protocol::rpc::{
    self, BatchReply, Message, Rejected, Request, RpcLimits, encode_error, encode_reply,
};
use serde_json::Value;

use crate::jsonrpc_examples::{EXAMPLES, call, plain};

/// The answer to one request as JSON, or `None` to a notification.
fn answer(request: Result<Request<'_>, Rejected<'_>>) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    match request {
        Err(rejected) => encode_error(&mut out, &rejected.id, &rejected.error),
        Ok(request) => {
            let params = match request.params {
                None => Value::Null,
                Some(params) => serde_json::from_str(params).expect("params were checked"),
            };
            let result = call(&request.method, &params);
            let id = request.id?;
            match result {
                Some(result) => encode_reply(&mut out, &id, &result),
                None => encode_error(&mut out, &id, &Error::method_not_found(&request.method)),
            }
        }
    }
    Some(out)
}

fn serve(payload: &[u8]) -> Option<Vec<u8>> {
    match rpc::parse(payload, &RpcLimits::default()) {
        Err(rejected) => answer(Err(rejected)),
        Ok(Message::Single(request)) => answer(Ok(request)),
        Ok(Message::Batch(batch)) => {
            let answers: Vec<_> = batch.requests().filter_map(answer).collect();
            let mut reply = BatchReply::new(answers.len());
            answers.iter().for_each(|answer| reply.push(answer));
            assert!(reply.is_complete());
            reply.finish()
        }
    }
}

#[test]
fn every_example_is_answered_as_the_specification_says() {
    assert_eq!(EXAMPLES.len(), 15);
    for example in EXAMPLES {
        let answer = serve(example.request.as_bytes()).unwrap_or_default();
        assert_eq!(plain(&answer), plain(example.answer.as_bytes()), "{}", example.name);
    }
}
