//! Lines: every cut, blank lines, limits, memory.

use super::*;

fn decode(line_bytes_max: usize, pieces: &[&[u8]]) -> Result<Vec<String>, LineTooLong> {
    let mut decoder = LineDecoder::new(line_bytes_max);
    let mut lines = Vec::new();
    for piece in pieces {
        let mut input = *piece;
        while let Some(line) = decoder.decode(&mut input)? {
            assert_eq!(line.attachment(), None);
            lines.push(String::from_utf8(line.json().to_vec()).unwrap());
        }
        assert!(input.is_empty());
    }
    Ok(lines)
}

#[test]
fn cut_anywhere_equals_the_whole() {
    let bytes = b"\n{\"a\":1}\r\n\n  \t\n[2]\n{\"unfinished\"";
    let whole = decode(99, &[bytes]).unwrap();
    assert_eq!(whole, ["{\"a\":1}\r", "[2]"]);
    for first in 0..=bytes.len() {
        for second in first..=bytes.len() {
            let pieces = [&bytes[..first], &bytes[first..second], &bytes[second..]];
            assert_eq!(decode(99, &pieces).unwrap(), whole, "cut at {first} and {second}");
        }
    }
}

#[test]
fn a_line_over_the_limit_is_refused_with_and_without_its_end() {
    for pieces in [&[&b"12345\n"[..]][..], &[b"12345"], &[b"123", b"45"], &[b"123", b"45\n"]] {
        assert_eq!(decode(4, pieces), Err(LineTooLong { limit: 4 }));
        assert!(decode(5, pieces).is_ok());
    }
    assert!(decode(4, &[b"1234\n1234\n", b"1234\n"]).is_ok());
}

#[test]
fn memory_is_held_for_a_partial_line_only() {
    let mut decoder = LineDecoder::new(1 << 20);
    let mut input: &[u8] = b"{}\n   ";
    assert!(decoder.decode(&mut input).unwrap().is_some());
    assert!(decoder.decode(&mut input).unwrap().is_none());
    assert_eq!((decoder.buffered(), decoder.is_partial()), (0, false));
    let mut input: &[u8] = b"{\"a\":";
    assert!(decoder.decode(&mut input).unwrap().is_none());
    assert!(decoder.is_partial() && decoder.buffered() >= 5);
    assert_eq!(decoder.pending(), b"{\"a\":");
    let mut input: &[u8] = b"1}\n";
    assert!(decoder.decode(&mut input).unwrap().is_some());
    assert!(decoder.decode(&mut input).unwrap().is_none());
    assert_eq!((decoder.buffered(), decoder.is_partial()), (0, false));
}

#[test]
fn a_relayed_line_end_becomes_a_space() {
    let mut out = b"{}\n".to_vec();
    out.extend_from_slice(b"{\n\"a\": 1\n}");
    end_line(&mut out, 3);
    assert_eq!(out, b"{}\n{ \"a\": 1 }\n");
}
