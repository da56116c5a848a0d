//! First bytes, however they are split, and the state that outlives a process.

use super::*;
use crate::frame::append_message;

fn frames() -> Vec<u8> {
    let mut bytes = Vec::new();
    for json in ["{}", "[1]"] {
        append_message(&mut bytes, |out| out.extend_from_slice(json.as_bytes())).unwrap();
    }
    bytes
}

fn read(inbound: &mut Inbound, mut input: &[u8]) -> Result<Vec<Vec<u8>>, InboundError> {
    let mut messages = Vec::new();
    while let Some(frame) = inbound.decode(&mut input)? {
        messages.push(frame.json().to_vec());
    }
    Ok(messages)
}

fn limits() -> InboundLimits {
    InboundLimits { payload_bytes_max: 64, line_bytes_max: 64 }
}

fn first(bytes: &[u8]) -> FirstBytes {
    FirstBytes::of(bytes)
}

#[test]
fn first_bytes_decide_however_they_are_split() {
    let frames = frames();
    let table: [(&[u8], Result<Form, InboundError>); 9] = [
        (&frames, Ok(Form::Frames)),
        (b"{}\n[1]\n", Ok(Form::Lines)),
        (b" \r\n\t{}\n[1]\n", Ok(Form::Lines)),
        (b"\x16\x03\x01\x02\x00", Err(InboundError::Tls)),
        (b" \x16\x03\x01", Err(InboundError::Garbage(first(b"\x16\x03\x01")))),
        (b"\nGOXE", Err(InboundError::Garbage(first(b"GOXE")))),
        (b"GET / HTTP/1.1\r\n\r\n", Err(InboundError::Garbage(first(b"GET ")))),
        (b"SSH-2.0-x\r\n", Err(InboundError::Garbage(first(b"SSH-")))),
        (b"GOXE\0\0\0\x02", Err(InboundError::Frame(FrameError::Version { found: 2 }))),
    ];
    for (bytes, expected) in table {
        for cut in 0..=bytes.len() {
            let mut inbound = Inbound::new(limits());
            let outcome = read(&mut inbound, &bytes[..cut]).and_then(|mut messages| {
                messages.extend(read(&mut inbound, &bytes[cut..])?);
                Ok(messages)
            });
            match (outcome, expected) {
                (Ok(messages), Ok(form)) => {
                    assert_eq!(inbound.form(), Some(form));
                    assert_eq!(messages, [b"{}".to_vec(), b"[1]".to_vec()]);
                }
                // How many of the wrong letters were there depends on the cut.
                (Err(InboundError::Garbage(found)), Err(InboundError::Garbage(wanted))) => {
                    let (found, wanted) = (found.to_string(), wanted.to_string());
                    assert!(wanted.starts_with(&found), "{found:?} of {wanted:?}");
                    assert!(cut != 0 || found == wanted, "{found:?} of {wanted:?}");
                }
                (outcome, expected) => assert_eq!(outcome.unwrap_err(), expected.unwrap_err()),
            }
        }
    }
}

#[test]
fn tls_stays_in_the_input() {
    let mut inbound = Inbound::new(limits());
    let mut input: &[u8] = b"\x16\x03\x01";
    assert_eq!(inbound.decode(&mut input).unwrap_err(), InboundError::Tls);
    assert_eq!(input.len(), 3);
}

#[test]
fn last_words_take_the_form_the_peer_reads() {
    let words = |error: InboundError| {
        error.farewell().map(|(form, error)| (form, error.code, error.data.kind.into_owned()))
    };
    assert_eq!(words(InboundError::Tls), None);
    assert_eq!(
        words(InboundError::Garbage(first(b"GET "))),
        Some((Form::Lines, Code::Unsupported, "protocol".to_owned()))
    );
    assert_eq!(
        words(InboundError::Frame(FrameError::Version { found: 7 })),
        Some((Form::Frames, Code::Unsupported, "version".to_owned()))
    );
    assert_eq!(
        words(InboundError::Line(LineTooLong { limit: 1 })),
        Some((Form::Lines, Code::TooLarge, "too_large".to_owned()))
    );
}

#[test]
fn wrong_bytes_after_a_message_are_a_broken_stream() {
    let mut inbound = Inbound::new(limits());
    let mut bytes = frames();
    bytes.extend_from_slice(b"GET ");
    let error = read(&mut inbound, &bytes).unwrap_err();
    assert!(matches!(error, InboundError::Frame(FrameError::Magic { .. })));
}

#[test]
fn state_goes_on_at_any_byte() {
    for bytes in [frames(), b"  {}\n[1]\n".to_vec()] {
        for cut in 0..=bytes.len() {
            let mut before = Inbound::new(limits());
            let mut messages = read(&mut before, &bytes[..cut]).unwrap();
            let state = before.to_state();
            let mut after = Inbound::from_state(limits(), &state).unwrap();
            assert_eq!(after.to_state(), state);
            assert_eq!(after.form(), before.form());
            assert_eq!(after.is_partial(), before.is_partial());
            messages.extend(read(&mut after, &bytes[cut..]).unwrap());
            assert_eq!(messages, [b"{}".to_vec(), b"[1]".to_vec()], "cut at {cut}");
        }
    }
    for state in [&b""[..], b"x", b"fHTTP", b"l{}\n", b"u{}\n"] {
        assert!(Inbound::from_state(limits(), state).is_none(), "{state:?}");
    }
}

#[test]
fn limits_change_for_the_next_message() {
    let mut inbound = Inbound::new(InboundLimits { payload_bytes_max: 2, line_bytes_max: 2 });
    let bytes = frames();
    let error = read(&mut inbound, &bytes).unwrap_err();
    assert_eq!(error, InboundError::Frame(FrameError::TooLarge { length: 3, limit: 2 }));
    let mut inbound = Inbound::new(InboundLimits { payload_bytes_max: 2, line_bytes_max: 2 });
    assert_eq!(read(&mut inbound, &bytes[..18]).unwrap().len(), 1);
    inbound.set_limits(limits());
    assert_eq!(read(&mut inbound, &bytes[18..]).unwrap().len(), 1);
}
