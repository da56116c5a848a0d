//! `system.echo`, as fast as bytes go: small ones are copied, large ones sent from where they lie.

use std::sync::Arc;

use goxe_protocol::frame;

use super::{
    Router,
    receive::{Call, Later, Turn},
};
use crate::{
    call::{self, Payload, Reply, ReplyForm},
    out::{Outbox, Segment},
};

impl Router {
    /// An echo that is copied.
    pub(super) fn echo(&mut self, turn: &mut Turn<'_>, call: &Call<'_>, params: &str) {
        let Some(id) = call.id else { return };
        match (call.form, call.attachment) {
            (ReplyForm::Whole(form), None) => turn.out.append(|tail| {
                // A message that was just read fits a message of the same size.
                let _ = form.append(tail, |tail| call::write_result(tail, id, params.as_bytes()));
            }),
            (form, attachment) => {
                let attachment = attachment.map(|bytes| bytes.to_vec().into());
                let reply = Reply { json: params.into(), attachment };
                self.send(turn, Some(id), form, Ok(reply));
            }
        }
    }

    /// An echo that is sent from where it lies.
    pub(super) fn echo_large(&mut self, later: &Later, payload: Payload, out: &mut Outbox) {
        let (Some(id), Payload::Frame(frame, params)) = (&later.id, payload) else { return };
        let (frame, params) = (Arc::new(frame), params.unwrap_or_default());
        let json = frame.json().get(params.clone()).unwrap_or(b"{}");
        let mut head = Vec::new();
        match frame.attachment() {
            Some(attachment) => {
                let write = |head: &mut Vec<u8>| call::write_result(head, id, json);
                // What came in one frame goes out in one.
                let _ = frame::append_attached_head(&mut head, write, attachment.len());
                out.push(Segment::Bytes(head));
                out.push(Segment::Attachment(frame));
            }
            None => {
                let tail = call::write_split(&mut head, id, later.form, json.len());
                out.push(Segment::Bytes(head));
                out.push(Segment::Json(frame, params));
                out.push(Segment::Bytes(tail));
            }
        }
    }
}
