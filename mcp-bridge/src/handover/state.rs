//! What a session is to its next process, as bytes. Format 1:
//!
//! ```text
//! goxe-mcp-handover 1\n     the format's number: one that is newer is refused
//! {"lines":[...],"tried":[...]}\n
//! bytes of the client that no message was made of yet
//! ```
//!
//! `lines` are requests and notifications of the client, in their order and as it wrote them: its
//! `initialize` and what belongs to it, and every subscription that is open. `tried` names the
//! files that were tried as successors. Members that a later program adds are passed over.

use serde::{Deserialize, Serialize};

/// The number of the format that is written, and the highest that is read.
pub const FORMAT: u32 = 1;
/// What a state begins with.
const MAGIC: &str = "goxe-mcp-handover";
/// The largest state that is read.
pub const STATE_BYTES_MAX: usize = 64 << 20;
/// Files that are remembered as tried.
const TRIED_MAX: usize = 16;

/// A session between two processes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SessionState {
    /// What the client said that still counts.
    pub lines: Vec<String>,
    /// Files that were tried as successors, so that none is tried twice.
    pub tried: Vec<String>,
    /// What came in and is not read yet.
    pub input: Vec<u8>,
}

/// Why bytes are no state that can be taken over.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each message says it")]
pub enum StateError {
    #[error("this is no session of goxe mcp")]
    Foreign,
    #[error("the session has format {found}, and at most {FORMAT} is understood")]
    Newer { found: u32 },
    #[error("the session cannot be understood: {0}")]
    Malformed(String),
}

#[derive(Serialize, Deserialize)]
struct Head {
    lines: Vec<String>,
    #[serde(default)]
    tried: Vec<String>,
}

impl SessionState {
    /// As bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let skipped = self.tried.len().saturating_sub(TRIED_MAX);
        let tried = self.tried.get(skipped..).unwrap_or_default().to_vec();
        let head = Head { lines: self.lines.clone(), tried };
        let head = serde_json::to_string(&head).expect("texts are JSON");
        let mut bytes = format!("{MAGIC} {FORMAT}\n{head}\n").into_bytes();
        bytes.extend_from_slice(&self.input);
        bytes
    }

    /// From bytes.
    ///
    /// # Errors
    /// Why they cannot be taken over.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, StateError> {
        let (first, rest) = line(bytes).ok_or(StateError::Foreign)?;
        let number = first.strip_prefix(MAGIC).and_then(|rest| rest.strip_prefix(' '));
        let found: u32 =
            number.and_then(|number| number.parse().ok()).ok_or(StateError::Foreign)?;
        if found > FORMAT {
            return Err(StateError::Newer { found });
        }
        let cut = || StateError::Malformed("it is cut off".to_owned());
        let (head, input) = line(rest).ok_or_else(cut)?;
        let Head { lines, mut tried } =
            serde_json::from_str(head).map_err(|error| StateError::Malformed(error.to_string()))?;
        tried.truncate(TRIED_MAX);
        Ok(SessionState { lines, tried, input: input.to_vec() })
    }
}

/// The first line, and what follows it.
fn line(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    let (line, rest) = bytes.split_at_checked(end)?;
    Some((std::str::from_utf8(line).ok()?, rest.get(1..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state() -> SessionState {
        SessionState {
            lines: vec!["{\"a\":\"ü\\n\"}".to_owned(), "{}".to_owned()],
            tried: vec!["1-2-3-4".to_owned()],
            input: b"{\"half\xff".to_vec(),
        }
    }

    #[test]
    fn a_state_survives_its_way_through_bytes() {
        for state in [state(), SessionState::default()] {
            assert_eq!(SessionState::from_bytes(&state.to_bytes()), Ok(state));
        }
    }

    #[test]
    fn a_newer_format_is_refused_and_an_unknown_member_passed_over() {
        let newer = b"goxe-mcp-handover 2\nwhatever";
        assert_eq!(SessionState::from_bytes(newer), Err(StateError::Newer { found: 2 }));
        let more = b"goxe-mcp-handover 1\n{\"lines\":[],\"later\":{}}\nrest";
        assert_eq!(SessionState::from_bytes(more).unwrap().input, b"rest");
    }

    #[test]
    fn anything_else_is_told_apart_wherever_it_is_cut() {
        let whole = state().to_bytes();
        let head = whole.len() - state().input.len();
        for end in 0..head {
            assert!(SessionState::from_bytes(&whole[..end]).is_err(), "cut at {end}");
        }
        for foreign in
            ["", "\n", "goxe-mcp-handover\n{}\n", "goxe-mcp-handover -1\n{}\n", "x 1\n{}\n"]
        {
            assert_eq!(
                SessionState::from_bytes(foreign.as_bytes()),
                Err(StateError::Foreign),
                "{foreign}"
            );
        }
    }

    #[test]
    fn only_so_many_files_are_remembered() {
        let tried: Vec<String> = (0..100).map(|number| number.to_string()).collect();
        let found =
            SessionState::from_bytes(&SessionState { tried, ..SessionState::default() }.to_bytes())
                .unwrap();
        assert_eq!(found.tried.len(), TRIED_MAX);
        assert_eq!(found.tried.last().map(String::as_str), Some("99"));
    }
}
