//! How deep JSON nests, found in one pass over the bytes and before any parser recurses.

use crate::error::{Code, Error, kind};

/// Refuses a payload that nests deeper than `depth_max`.
pub(super) fn check(json: &[u8], depth_max: usize) -> Result<(), Error> {
    // Nearly every message has fewer brackets in all than the limit: counting them runs at memory speed.
    if brackets(json) <= depth_max || deepest(json) <= depth_max {
        return Ok(());
    }
    Err(Error::new(Code::InvalidRequest, "Invalid Request")
        .kind(kind::TOO_DEEP)
        .hint("nest less")
        .with("detail", format!("the message nests deeper than {depth_max}"))
        .with("depth_max", depth_max))
}

/// How many `[` and `{` there are, those in strings too.
fn brackets(json: &[u8]) -> usize {
    let (blocks, rest) = json.as_chunks::<128>();
    let whole: usize = blocks.iter().map(|block| usize::from(count_short(block))).sum();
    whole + usize::from(count_short(rest))
}

/// A count in eight bits over fewer than 256 bytes, which lets the compiler compare 16 at a time. The two brackets differ
/// in one bit, which is set for the comparison.
#[inline(always)]
fn count_short(block: &[u8]) -> u8 {
    block.iter().fold(0, |count: u8, byte| count.wrapping_add(u8::from(byte | 0x20 == b'{')))
}

/// The deepest nesting outside strings. What is not JSON is left to the parser to refuse.
fn deepest(json: &[u8]) -> usize {
    let (mut depth, mut deepest) = (0usize, 0usize);
    let mut in_string = false;
    let mut bytes = json.iter();
    while let Some(byte) = bytes.next() {
        match (in_string, byte) {
            (true, b'\\') => {
                bytes.next();
            }
            (_, b'"') => in_string = !in_string,
            (false, b'[' | b'{') => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            (false, b']' | b'}') => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_outside_strings_only() {
        for (json, depth) in [
            ("", 0),
            ("1", 0),
            ("[]", 1),
            ("[[],[[]]]", 3),
            (r#"{"a":{"[[[[":"}}{{"}}"#, 2),
            (r#"{"a\"[[":"\\"}[[["#, 3),
            ("]]]]]]]]]]]]]]]]]]]]]]]]]][", 1),
        ] {
            assert_eq!(deepest(json.as_bytes()), depth, "{json}");
            assert!(brackets(json.as_bytes()) >= depth, "{json}");
        }
        assert_eq!(brackets("[{".repeat(1000).as_bytes()), 2000);
    }

    #[test]
    fn the_limit_itself_is_allowed() {
        let nested = |depth| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(check(nested(64).as_bytes(), 64).is_ok());
        let error = check(nested(65).as_bytes(), 64).unwrap_err();
        assert_eq!(error.data.kind, "too_deep");
        let wide = format!("[{}1]", "[],".repeat(1000));
        assert!(check(wide.as_bytes(), 64).is_ok());
    }
}
