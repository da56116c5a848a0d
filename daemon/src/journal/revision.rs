//! A revision: a counter that only rises, and the chain hash that says which history it counts.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use super::ProjectId;
use super::chain::{self, ChangeDigest};

/// A committed state of one project. Written `105.9f3a12cc`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Revision {
    /// Commits so far.
    pub number: u64,
    /// Chain hash: a number that is used again after a loss of power has another one.
    pub chain: u32,
}

impl Revision {
    /// Before the first commit.
    pub const START: Self = Self { number: 0, chain: 0 };

    /// The revision that a change makes of this one.
    pub fn next(
        self,
        project: ProjectId,
        author: &str,
        time_ms: i64,
        change: &ChangeDigest,
    ) -> Self {
        let number = self.number.saturating_add(1);
        Self { number, chain: chain::next(self.chain, project, number, author, time_ms, change) }
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:08x}", self.number, self.chain)
    }
}

/// A text that is not a revision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a revision is written NUMBER.HASH, as in 105.9f3a12cc")]
pub struct NotARevision;

impl FromStr for Revision {
    type Err = NotARevision;

    fn from_str(text: &str) -> Result<Self, NotARevision> {
        let (number, chain) = text.split_once('.').ok_or(NotARevision)?;
        let digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        let hex =
            chain.len() == 8 && chain.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if !digits || !hex || (number.len() > 1 && number.starts_with('0')) {
            return Err(NotARevision);
        }
        let number = number.parse().map_err(|_| NotARevision)?;
        let chain = u32::from_str_radix(chain, 16).map_err(|_| NotARevision)?;
        Ok(Self { number, chain })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_round_trips() {
        for revision in [
            Revision::START,
            Revision { number: 105, chain: 0x9f3a_12cc },
            Revision { number: u64::MAX, chain: u32::MAX },
        ] {
            assert_eq!(revision.to_string().parse(), Ok(revision));
        }
        assert_eq!(Revision { number: 105, chain: 0x9f3a_12cc }.to_string(), "105.9f3a12cc");
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            ".",
            "1",
            "1.",
            ".00000000",
            "1.0000000",
            "1.000000000",
            "+1.00000000",
            "01.00000000",
            "1.0000000G",
            "1.0000000A",
            "1.+0000000",
            " 1.00000000",
            "18446744073709551616.00000000",
            "-1.00000000",
        ] {
            assert_eq!(text.parse::<Revision>(), Err(NotARevision), "{text:?}");
        }
    }
}
