//! The two eras of the protocol: with a handshake, and without one.

use rmcp::model::ProtocolVersion;

use super::Cx;

/// Whether this request is of the era without a handshake, which knows cache fields, questions
/// within a call, and tasks.
pub fn is_modern(cx: &Cx) -> bool {
    cx.protocol_version().is_some_and(|version| version >= ProtocolVersion::V_2026_07_28)
}
