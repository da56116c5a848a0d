//! Frames: bytes as documented, limits, memory, and every way to cut a stream.

use proptest::prelude::*;

use super::*;

/// What a decoder made of a stream: JSON and attachment of every frame.
type Seen = Vec<(Vec<u8>, Option<Vec<u8>>)>;

fn stream() -> (Vec<u8>, Seen) {
    let mut bytes = Vec::new();
    append_message(&mut bytes, |out| out.extend_from_slice(b"{\"a\":1}")).unwrap();
    append_attached(&mut bytes, |out| out.extend_from_slice(b"{}"), &[0, 1, 255]).unwrap();
    append_message(&mut bytes, |_| {}).unwrap();
    append_attached(&mut bytes, |_| {}, b"").unwrap();
    let seen = vec![
        (b"{\"a\":1}".to_vec(), None),
        (b"{}".to_vec(), Some(vec![0, 1, 255])),
        (Vec::new(), None),
        (Vec::new(), Some(Vec::new())),
    ];
    (bytes, seen)
}

fn collect(decoder: &mut Decoder, mut piece: &[u8], seen: &mut Seen) -> Result<(), FrameError> {
    while let Some(frame) = decoder.decode(&mut piece)? {
        seen.push((frame.json().to_vec(), frame.attachment().map(<[u8]>::to_vec)));
    }
    assert!(piece.is_empty(), "a decoder that wants more has taken everything");
    Ok(())
}

fn decode_pieces<'p>(pieces: impl IntoIterator<Item = &'p [u8]>) -> Result<Seen, FrameError> {
    let mut decoder = Decoder::new(1 << 20);
    let mut seen = Vec::new();
    for piece in pieces {
        collect(&mut decoder, piece, &mut seen)?;
    }
    Ok(seen)
}

#[test]
fn the_bytes_are_those_of_the_document() {
    let mut bytes = Vec::new();
    append_message(&mut bytes, |out| out.extend_from_slice(b"{}")).unwrap();
    assert_eq!(bytes, b"GOXE\0\0\0\x01\0\0\0\x02\0\0\0\0{}");
    bytes.clear();
    append_attached(&mut bytes, |out| out.extend_from_slice(b"{}"), b"raw").unwrap();
    assert_eq!(bytes, b"GOXE\0\0\0\x01\0\0\0\x09\0\0\0\x01\0\0\0\x02{}raw");
    let head = bytes.first_chunk().unwrap();
    let header = Header::parse(head).unwrap();
    assert_eq!(header, Header { length: 9, flags: Flags::ATTACHMENT });
    assert_eq!(&header.encode(), head);
}

#[test]
fn cut_anywhere_equals_the_whole() {
    let (bytes, seen) = stream();
    assert_eq!(decode_pieces([bytes.as_slice()]).unwrap(), seen);
    for first in 0..=bytes.len() {
        for second in first..=bytes.len() {
            let pieces = [&bytes[..first], &bytes[first..second], &bytes[second..]];
            assert_eq!(decode_pieces(pieces).unwrap(), seen, "cut at {first} and {second}");
        }
    }
    assert_eq!(decode_pieces(bytes.chunks(1)).unwrap(), seen);
}

#[test]
fn a_whole_frame_is_borrowed_from_the_input() {
    let (bytes, _) = stream();
    let mut decoder = Decoder::new(1 << 20);
    let mut input = bytes.as_slice();
    let frame = decoder.decode(&mut input).unwrap().unwrap();
    assert!(bytes.as_ptr_range().contains(&frame.json().as_ptr()));
    assert_eq!(decoder.buffered(), 0);
}

#[test]
fn a_frame_in_pieces_gives_its_memory_away() {
    let mut bytes = Vec::new();
    append_message(&mut bytes, |out| out.extend_from_slice(&[b' '; 100_000])).unwrap();
    let mut decoder = Decoder::new(1 << 20);
    let mut input = &bytes[..60_000];
    assert!(decoder.decode(&mut input).unwrap().is_none());
    let mut input = &bytes[60_000..];
    let frame = decoder.decode(&mut input).unwrap().unwrap();
    let at = frame.json().as_ptr();
    let owned = frame.into_owned();
    assert_eq!(owned.json().as_ptr(), at);
    assert_eq!(owned.json().len(), 100_000);
    assert_eq!(decoder.buffered(), 0);
}

#[test]
fn memory_follows_what_arrived_and_is_given_back() {
    let mut decoder = Decoder::new(64 << 20);
    let header = Header { length: 64 << 20, flags: Flags::NONE }.encode();
    let mut input = header.as_slice();
    assert!(decoder.decode(&mut input).unwrap().is_none());
    assert_eq!((decoder.buffered(), decoder.is_partial()), (0, true));
    assert!(decoder.direct().is_none(), "nothing arrived, nothing is reserved");

    let mut decoder = Decoder::new(64 << 20);
    let mut bytes = Vec::new();
    append_message(&mut bytes, |out| out.resize(out.len() + 300_000, b' ')).unwrap();
    for (index, piece) in bytes.chunks(999).enumerate() {
        let mut input = piece;
        let arrived = index * 999 + piece.len();
        let whole = decoder.decode(&mut input).unwrap().is_some();
        assert_eq!(whole, arrived == bytes.len());
        assert!(decoder.buffered() <= 2 * arrived, "{} for {arrived}", decoder.buffered());
    }
    let mut input: &[u8] = &[];
    assert!(decoder.decode(&mut input).unwrap().is_none());
    assert_eq!((decoder.buffered(), decoder.is_partial()), (0, false));
}

#[test]
fn a_large_frame_is_read_past_the_input() {
    use std::io::Read;
    let mut bytes = Vec::new();
    append_message(&mut bytes, |out| out.extend((0..1_000_000u32).map(|i| i.to_le_bytes()[0])))
        .unwrap();
    append_message(&mut bytes, |out| out.extend_from_slice(b"next")).unwrap();
    let mut decoder = Decoder::new(2 << 20);
    let mut input = &bytes[..65_536];
    assert!(decoder.decode(&mut input).unwrap().is_none());
    let mut stream = &bytes[65_536..];
    let mut steps = 0;
    while let Some(direct) = decoder.direct() {
        let arrived = direct.buffer.len();
        assert!(direct.wanted <= arrived.max(TRUST_BYTES_MAX));
        (&mut stream).take(direct.wanted as u64).read_to_end(direct.buffer).unwrap();
        assert!(decoder.buffered() <= arrived + arrived.max(TRUST_BYTES_MAX) + 64);
        steps += 1;
        let mut empty: &[u8] = &[];
        if let Some(frame) = decoder.decode(&mut empty).unwrap() {
            assert_eq!(frame.json().len(), 1_000_000);
            assert_eq!(frame.json()[999_999], 999_999u32.to_le_bytes()[0]);
        }
    }
    assert!(steps <= 5, "doubling takes few steps, not {steps}");
    let frame = decoder.decode(&mut stream).unwrap().unwrap();
    assert_eq!(frame.json(), b"next");
}

#[test]
fn too_much_written_into_the_room_is_an_error() {
    let mut decoder = Decoder::new(2 << 20);
    let mut bytes = Header { length: 100_000, flags: Flags::NONE }.encode().to_vec();
    bytes.resize(60_000, b' ');
    let mut input = bytes.as_slice();
    assert!(decoder.decode(&mut input).unwrap().is_none());
    let direct = decoder.direct().unwrap();
    direct.buffer.resize(100_001, b' ');
    let mut input: &[u8] = &[];
    assert_eq!(decoder.decode(&mut input).unwrap_err(), FrameError::Overfilled { excess: 1 });
}

#[test]
fn wrong_headers_are_refused_as_early_as_they_show() {
    let good = Header { length: 0, flags: Flags::NONE }.encode();
    let wrong = |at: usize, byte: u8| {
        let mut head = good;
        head[at] = byte;
        (head, at)
    };
    let version = FrameError::Version { found: 2 };
    let table = [
        (wrong(0, b'H'), 1, FrameError::Magic { found: FirstBytes::of(b"HOXE") }),
        (wrong(3, b'S'), 4, FrameError::Magic { found: FirstBytes::of(b"GOXS") }),
        (wrong(7, 2), 8, version),
        (wrong(15, 2), 16, FrameError::Flags { reserved: 2 }),
        (wrong(12, 0x80), 16, FrameError::Flags { reserved: 0x8000_0000 }),
        (wrong(8, 1), 16, FrameError::TooLarge { length: 1 << 24, limit: 1 << 20 }),
    ];
    for ((head, _), known_at, error) in table {
        let whole = decode_pieces([head.as_slice()]).unwrap_err();
        match (whole, error) {
            (FrameError::Magic { .. }, FrameError::Magic { .. }) => {}
            (whole, error) => assert_eq!(whole, error),
        }
        let mut decoder = Decoder::new(1 << 20);
        let at = head.chunks(1).position(|byte| {
            let mut byte = byte;
            decoder.decode(&mut byte).is_err()
        });
        assert_eq!(at, Some(known_at - 1), "{error}");
    }
}

#[test]
fn a_json_length_beyond_the_payload_is_refused() {
    for (payload, json) in
        [(&b""[..], 0), (b"\0\0\0", 0), (b"\0\0\0\x01", 1), (b"\xff\0\0\0{}", 0xff00_0000)]
    {
        let length = u32::try_from(payload.len()).unwrap();
        let header = Header { length, flags: Flags::ATTACHMENT }.encode();
        let bytes = [&header, payload].concat();
        let error = FrameError::JsonLength { json, payload: length };
        assert_eq!(decode_pieces([bytes.as_slice()]).unwrap_err(), error);
        assert_eq!(decode_pieces(bytes.chunks(1)).unwrap_err(), error);
    }
}

#[test]
fn a_length_no_header_can_say_leaves_the_output_alone() {
    let mut out = b"before".to_vec();
    let error = append_attached_head(&mut out, |json| json.push(b'1'), usize::MAX).unwrap_err();
    assert!(matches!(error, FrameError::TooLarge { limit: u32::MAX, .. }));
    assert_eq!(out, b"before");
}

#[test]
fn pending_bytes_continue_elsewhere() {
    let (bytes, seen) = stream();
    for cut in 0..=bytes.len() {
        let mut first = Decoder::new(1 << 20);
        let mut got = Vec::new();
        collect(&mut first, &bytes[..cut], &mut got).unwrap();
        let mut second = Decoder::new(1 << 20);
        collect(&mut second, &first.pending(), &mut got).unwrap();
        collect(&mut second, &bytes[cut..], &mut got).unwrap();
        assert_eq!(got, seen, "cut at {cut}");
    }
}

proptest! {
    #[test]
    fn any_cuts_of_any_frames_equal_the_whole(
        frames in prop::collection::vec((prop::collection::vec(any::<u8>(), 0..200), prop::option::of(prop::collection::vec(any::<u8>(), 0..200))), 0..8),
        cuts in prop::collection::vec(1usize..70, 1..40),
    ) {
        let mut bytes = Vec::new();
        for (json, attachment) in &frames {
            let write = |out: &mut Vec<u8>| out.extend_from_slice(json);
            match attachment {
                None => append_message(&mut bytes, write).unwrap(),
                Some(attachment) => append_attached(&mut bytes, write, attachment).unwrap(),
            }
        }
        let mut pieces = Vec::new();
        let (mut rest, mut cuts) = (bytes.as_slice(), cuts.into_iter().cycle());
        while !rest.is_empty() {
            let (piece, after) = rest.split_at(cuts.next().unwrap().min(rest.len()));
            pieces.push(piece);
            rest = after;
        }
        prop_assert_eq!(decode_pieces(pieces).unwrap(), frames);
    }

}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn a_mutated_stream_never_panics(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in any::<prop::sample::Index>(),
    ) {
        let (mut bytes, _) = stream();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let (first, second) = bytes.split_at(cut.index(bytes.len()));
        prop_assert_eq!(decode_pieces([first, second]).ok(), decode_pieces([bytes.as_slice()]).ok());
    }
}
