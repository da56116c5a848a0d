//! A server in memory: a stream whose other end answers, with reads cut as small as a test wants.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};

use goxe_protocol::Error;
use goxe_protocol::frame::append_attached;
use goxe_protocol::inbound::{Form, Inbound, InboundLimits};
use goxe_protocol::rpc::{self, Message, Request, RpcLimits, encode_error, encode_notification};
use serde_json::{Value, json, value::RawValue};

/// The client's end of the stream.
#[derive(Debug)]
pub struct Stream {
    inbound: Inbound,
    output: VecDeque<u8>,
    /// Most bytes that one read gives.
    pub read_bytes: usize,
}

impl Stream {
    /// A connection to a server that speaks frames.
    pub fn new(read_bytes: usize) -> Self {
        let inbound = Inbound::new(InboundLimits::default());
        Self { inbound, output: VecDeque::new(), read_bytes }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut input = bytes;
        let mut answers = Vec::new();
        while let Some(frame) = self.inbound.decode(&mut input).map_err(io::Error::other)? {
            let message = rpc::parse_frame(&frame, &RpcLimits::default());
            let Ok(Message::Single(request)) = message else {
                return Err(io::Error::other("not a request"));
            };
            answer(&mut answers, &request, frame.attachment());
        }
        self.output.extend(answers);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.output.is_empty() {
            return Err(ErrorKind::WouldBlock.into());
        }
        let limit = buffer.len().min(self.read_bytes);
        self.output.read(&mut buffer[..limit])
    }
}

/// What the methods of this server do.
fn answer(out: &mut Vec<u8>, request: &Request<'_>, attachment: Option<&[u8]>) {
    let id = request.id.clone().expect("the client waits for every answer");
    let send = |out: &mut Vec<u8>, result: &Value| {
        Form::Frames.append(out, |out| rpc::encode_reply(out, &id, result)).expect("it is short");
    };
    match &*request.method {
        "system.echo" => {
            let params = request.params.expect("params are sent");
            let params: &RawValue = serde_json::from_str(params).expect("params were checked");
            let write = |out: &mut Vec<u8>| rpc::encode_raw_reply(out, &id, params);
            append_attached(out, write, attachment.unwrap_or_default()).expect("it is short");
        }
        "system.hello" => send(
            out,
            &json!({
                "protocol": 1, "server": "goxe 0", "build": "b", "epoch": "e", "store": "s", "pid": 1,
                "session": 1, "role": "edit", "limits": {"frame_bytes_max": 300_000},
            }),
        ),
        "slow.work" => {
            for (method, params) in [
                (
                    "progress",
                    json!({"id": id.as_number(), "done": 1, "total": 2, "message": "half"}),
                ),
                (
                    "progress",
                    json!({"id": 999, "done": 1, "total": 2, "message": "of another call"}),
                ),
                ("event", json!({"subscription": "s", "seq": 1, "topic": "job", "data": {}})),
            ] {
                let mut write = Ok(());
                let frame = Form::Frames
                    .append(out, |out| write = encode_notification(out, method, &params));
                write.expect("it is JSON");
                frame.expect("it is short");
            }
            send(
                out,
                &json!({"meta": request.meta.as_ref().is_some_and(|meta| meta.progress.is_some())}),
            );
        }
        "never.answered" => {}
        other => {
            let error = Error::method_not_found(other);
            let frame = Form::Frames.append(out, |out| encode_error(out, &id, &error));
            frame.expect("it is short");
        }
    }
}
