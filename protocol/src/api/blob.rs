//! `blob.*`: content larger than a frame, read and written by ranges.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{method, types::Done};

method! {
    /// Makes an empty blob to write to. It belongs to the principal, and goes when it has not
    /// been used for a while.
    Create = "blob.create", Edit, Read, false, None, CreateParams => CreateReply
}
method! {
    /// Writes the attachment into a blob at an offset.
    Write = "blob.write", Edit, Read, false, In, WriteParams => Done
}
method! {
    /// Reads a range of a blob as the reply's attachment.
    Read = "blob.read", Read, Read, false, Out, ReadParams => ReadReply
}
method! {
    /// Removes a blob.
    Delete = "blob.delete", Read, Inline, false, None, DeleteParams => Done
}

/// Params of `blob.create`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateParams {
    /// Its size in bytes.
    pub bytes: u64,
}

/// Reply of `blob.create`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CreateReply {
    /// Its id.
    pub blob: String,
}

/// Params of `blob.write`; the bytes are the attachment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WriteParams {
    /// The blob.
    pub blob: String,
    /// Where the attachment goes.
    pub offset: u64,
}

/// Params of `blob.read`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadParams {
    /// The blob.
    pub blob: String,
    /// Where to begin.
    pub offset: u64,
    /// How many bytes at most; as many as fit a frame when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
}

/// Reply of `blob.read`; the bytes are the attachment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReadReply {
    /// The blob's size in bytes.
    pub total: u64,
}

/// Params of `blob.delete`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeleteParams {
    /// The blob.
    pub blob: String,
}
