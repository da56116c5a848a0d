//! The protocol crate's own client, with calls in JSON as the documents write them.

use std::io;
use std::os::unix::net::UnixStream;
use std::path::Path;

use goxe_protocol::blocking::{Blocking, CallError, Options};
use goxe_protocol::client::ClientLimits;
use goxe_protocol::rpc::Meta;
use goxe_protocol::{Code, Error};
use serde_json::{Value, json};

use super::wait::{PATIENCE, until};

/// A connection to a daemon.
pub struct Client {
    pub blocking: Blocking<UnixStream>,
}

/// A result with the raw bytes that came with it.
#[derive(Debug)]
pub struct Answered {
    pub reply: Value,
    pub attachment: Option<Vec<u8>>,
}

impl Client {
    /// Connects to a socket.
    pub fn connect(socket: &Path) -> io::Result<Self> {
        let stream = UnixStream::connect(socket)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Client { blocking: Blocking::new(stream, ClientLimits::default()) })
    }

    /// Whether the daemon answers, and has recovered.
    pub fn is_ready(&mut self) -> bool {
        self.try_call("system.status", json!({})).is_ok_and(|status| status["state"] == "ready")
    }

    /// A call that may fail.
    pub fn try_call(&mut self, method: &str, params: Value) -> Result<Value, CallError> {
        self.send(method, params, None, None).map(|answered| answered.reply)
    }

    /// A call that must not fail.
    #[track_caller]
    pub fn call(&mut self, method: &str, params: Value) -> Value {
        match self.try_call(method, params) {
            Ok(reply) => reply,
            Err(error) => panic!("{method} failed: {error}"),
        }
    }

    /// A call that may be told to come again shortly, as while its project is brought into memory.
    #[track_caller]
    pub fn call_patiently(&mut self, method: &str, params: Value) -> Value {
        until(method, PATIENCE, || match self.try_call(method, params.clone()) {
            Ok(reply) => Some(reply),
            Err(CallError::Remote(error)) if error.code == Code::Busy => None,
            Err(error) => panic!("{method} failed: {error}"),
        })
    }

    /// A call with everything that may go with it.
    pub fn send(
        &mut self,
        method: &str,
        params: Value,
        key: Option<&str>,
        attachment: Option<&[u8]>,
    ) -> Result<Answered, CallError> {
        let meta = Meta { idempotency_key: key.map(Into::into), ..Meta::default() };
        let options = Options { meta, attachment, on_progress: None };
        let answer = self.blocking.call_raw(method, &params, options)?;
        let reply = answer.parse().map_err(CallError::Shape)?;
        Ok(Answered { reply, attachment: answer.attachment().map(<[u8]>::to_vec) })
    }

    /// A call that must be refused, and its error.
    #[track_caller]
    pub fn refused(&mut self, method: &str, params: Value) -> Error {
        match self.try_call(method, params) {
            Err(CallError::Remote(error)) => error,
            other => panic!("{method} was not refused: {other:?}"),
        }
    }

    /// Makes a project.
    #[track_caller]
    pub fn create(&mut self, project: &str) {
        self.call("project.create", json!({ "project": project }));
    }

    /// Sets one voxel; which one and its colour are made from a number.
    #[track_caller]
    pub fn mark(&mut self, project: &str, number: u64) -> Value {
        self.call("voxel.edit", mark(project, number))
    }

    /// The least box, count and colours: what two states must agree in to count as equal.
    #[track_caller]
    pub fn content(&mut self, project: &str) -> Content {
        let scope = json!({ "project": project });
        let bounds = self.call("voxel.bounds", scope.clone())["bounds"].clone();
        let mut voxels = Vec::new();
        if bounds.is_object() {
            let dense = json!({ "project": project, "form": "dense" });
            let read = self.send("voxel.read", dense, None, None);
            let read = read.unwrap_or_else(|error| panic!("voxel.read failed: {error}"));
            voxels = read.attachment.expect("a dense read has an attachment");
        }
        let layers = self.call("layer.list", scope)["layers"].clone();
        Content { bounds, voxels, layers }
    }

    /// The revision of a project.
    #[track_caller]
    pub fn revision(&mut self, project: &str) -> String {
        let info = self.call("project.info", json!({ "project": project }));
        info["revision"].as_str().expect("a revision").to_owned()
    }
}

/// What a project holds, voxel by voxel.
#[derive(Clone, Debug, PartialEq)]
pub struct Content {
    pub bounds: Value,
    pub voxels: Vec<u8>,
    pub layers: Value,
}

/// Params of an edit that sets the voxel of this number.
pub fn mark(project: &str, number: u64) -> Value {
    let (x, y, z) = (number % 1000, number / 1000 % 1000, number / 1_000_000);
    let color = format!("#{:06x}", number % 0xff_ffff + 1);
    json!({
        "project": project,
        "label": format!("mark {number}"),
        "edits": [{ "edit": "set", "voxels": [{ "at": [x, y, z], "color": color }] }],
    })
}

/// Whether a call failed because of the connection, so that nobody knows whether it ran.
pub fn is_lost(error: &CallError) -> bool {
    match error {
        CallError::Io(_) | CallError::Client(_) => true,
        CallError::Remote(error) => error.code == Code::ShuttingDown,
        CallError::Shape(_) => false,
    }
}
