//! `goxe://guide`: how to build well.

/// The text, as Markdown.
pub(super) const TEXT: &str = crate::guide::GUIDE;
