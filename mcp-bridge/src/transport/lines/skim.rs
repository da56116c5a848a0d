//! The id of a request that is too long to be kept: its outermost object is followed byte by byte,
//! and nothing but the id is remembered.

use rmcp::model::RequestId;

/// The longest id that is remembered, in bytes.
const ID_BYTES_MAX: usize = 256;
/// The longest name of a member that can be `id`, escapes included.
const NAME_BYTES_MAX: usize = 16;

/// Where a line is.
#[derive(Debug, Default)]
pub(super) struct Skim {
    bytes: u64,
    depth: u32,
    in_string: bool,
    is_escaped: bool,
    /// The next string of the outermost object is the name of a member.
    at_name: bool,
    name: Vec<u8>,
    /// The value that comes belongs to `id`.
    at_id: bool,
    id: Vec<u8>,
}

impl Skim {
    /// Takes the next part of the line.
    pub(super) fn take(&mut self, part: &[u8]) {
        self.bytes = self.bytes.saturating_add(u64::try_from(part.len()).unwrap_or(u64::MAX));
        for byte in part {
            self.step(*byte);
        }
    }

    /// How long the line is.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The id, once the line is at its end.
    pub(super) fn id(&self) -> Option<RequestId> {
        serde_json::from_slice(&self.id).ok()
    }

    fn step(&mut self, byte: u8) {
        if self.in_string {
            let ends = byte == b'"' && !self.is_escaped;
            self.is_escaped = byte == b'\\' && !self.is_escaped;
            if !ends && self.at_name && self.depth == 1 && self.name.len() < NAME_BYTES_MAX {
                self.name.push(byte);
            }
            self.keep(byte);
            self.in_string = !ends;
            return;
        }
        match byte {
            b'"' => {
                self.in_string = true;
                self.is_escaped = false;
                if self.at_name && self.depth == 1 {
                    self.name.clear();
                }
                self.keep(byte);
            }
            b'{' | b'[' => {
                self.depth = self.depth.saturating_add(1);
                self.at_name = self.depth == 1 && byte == b'{';
                // No id is an object or a list.
                self.at_id = false;
            }
            b'}' | b']' => {
                self.depth = self.depth.saturating_sub(1);
                self.at_id = false;
            }
            b':' if self.depth == 1 => {
                self.at_name = false;
                self.at_id = self.name == b"id" && self.id.is_empty();
            }
            b',' if self.depth == 1 => {
                self.at_name = true;
                self.at_id = false;
            }
            other => self.keep(other),
        }
    }

    fn keep(&mut self, byte: u8) {
        if self.at_id && self.depth == 1 && self.id.len() < ID_BYTES_MAX {
            self.id.push(byte);
        }
    }
}
