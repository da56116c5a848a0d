//! A peer as the router and the other end see it: what it sent, what it still waits for.

use std::collections::BTreeMap;

use goxe_daemon::call::PeerId;
use goxe_protocol::frame;
use goxe_protocol::inbound::{Form, Inbound, InboundLimits};
use serde_json::Value;

use crate::oracle::Floors;

/// A request whose answer is waited for.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: String,
    pub params: Value,
    pub meta: Value,
    /// Which call of its session it became, once that is known.
    pub call: Option<u32>,
    /// What was answered to anybody before it was sent.
    pub floors: Floors,
    /// Requests of the same peer about the same project that were sent before it.
    pub earlier: Vec<u64>,
}

impl Request {
    pub fn project(&self) -> Option<&str> {
        self.params["project"].as_str()
    }

    pub fn key(&self) -> Option<&str> {
        self.meta["idempotency_key"].as_str()
    }
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Answer {
    pub request: Request,
    pub json: Value,
    pub attachment: Option<Vec<u8>>,
}

impl Answer {
    pub fn result(&self) -> &Value {
        assert!(self.json["error"].is_null(), "{}: {}", self.request.method, self.json);
        &self.json["result"]
    }

    /// The error's code by name, with its kind: `conflict/revision`.
    pub fn error(&self) -> String {
        let error = &self.json["error"];
        assert!(error.is_object(), "{}: {}", self.request.method, self.json);
        error["data"]["kind"].as_str().unwrap_or_default().to_owned()
    }
}

/// One connected client.
pub struct Client {
    pub id: PeerId,
    pub principal: String,
    pub form: Form,
    pub open: bool,
    pub outstanding: BTreeMap<u64, Request>,
    pub answers: BTreeMap<u64, Answer>,
    /// Answers without an id that was asked.
    pub loose: Vec<Value>,
    pub notes: Vec<Value>,
    pub cursors: Vec<(String, String)>,
    pub jobs: Vec<String>,
    pub blobs: Vec<String>,
    pub subscriptions: Vec<String>,
    /// Bytes that the router has not taken.
    pub unread: Vec<u8>,
    pub paused: bool,
    /// Set to hear messages as they are, whoever asked for them.
    pub raw: Option<Vec<Value>>,
    incoming: Inbound,
}

impl Client {
    pub fn new(id: PeerId, principal: &str, form: Form) -> Self {
        Client {
            id,
            principal: principal.to_owned(),
            form,
            open: true,
            outstanding: BTreeMap::new(),
            answers: BTreeMap::new(),
            loose: Vec::new(),
            notes: Vec::new(),
            cursors: Vec::new(),
            jobs: Vec::new(),
            blobs: Vec::new(),
            subscriptions: Vec::new(),
            unread: Vec::new(),
            paused: false,
            raw: None,
            incoming: Inbound::with_form(InboundLimits::default(), form),
        }
    }

    /// One message in this client's form.
    pub fn message(&self, json: &Value, attachment: Option<&[u8]>) -> Vec<u8> {
        let mut bytes = Vec::new();
        let write = |out: &mut Vec<u8>| out.extend_from_slice(json.to_string().as_bytes());
        match attachment {
            Some(attachment) => frame::append_attached(&mut bytes, write, attachment).unwrap(),
            None => self.form.append(&mut bytes, write).unwrap(),
        }
        bytes
    }

    /// Whole messages out of what the daemon sent.
    pub fn hear(&mut self, mut bytes: &[u8]) -> Vec<(Value, Option<Vec<u8>>)> {
        let mut messages = Vec::new();
        while let Some(frame) = self.incoming.decode(&mut bytes).unwrap() {
            let json = serde_json::from_slice(frame.json()).unwrap();
            messages.push((json, frame.attachment().map(<[u8]>::to_vec)));
        }
        messages
    }

    /// Whether a message has begun to come and is not whole.
    pub fn is_half_answered(&self) -> bool {
        self.incoming.is_partial()
    }
}
