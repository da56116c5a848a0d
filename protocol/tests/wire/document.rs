//! PROTOCOL.md holds what the code does: bytes, tables, the example client.
//!
//! `GOXE_BLESS=1 cargo test -p goxe-protocol` writes the generated tables anew.

use std::path::Path;
use std::process::Command;
use std::{env, fs};

use goxe_protocol::frame::{FrameError, append_attached, append_message};
use goxe_protocol::reference;

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../PROTOCOL.md");

fn document() -> String {
    fs::read_to_string(DOCUMENT).expect("PROTOCOL.md lies at the root of the workspace")
}

/// The text of the code block whose fence ends with `info`.
fn block(document: &str, info: &str) -> String {
    let opening = format!("```{info}\n");
    let (_, rest) = document.split_once(&opening).expect("a block of each name");
    rest.split_once("```").expect("every block ends").0.to_owned()
}

/// The bytes of a `hex` block.
fn golden(name: &str) -> Vec<u8> {
    let text = block(&document(), &format!("hex {name}"));
    let byte = |digits| u8::from_str_radix(digits, 16).expect("a byte in hexadecimal digits");
    text.split_whitespace().map(byte).collect()
}

/// A frame in bytes, as the blocks write it.
fn hex(bytes: &[u8]) -> String {
    let lines: Vec<_> = bytes
        .chunks(16)
        .map(|line| line.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" "))
        .collect();
    lines.join("\n")
}

const REQUEST: &str = r#"{"jsonrpc":"2.0","id":1,"method":"system.echo","params":{"text":"hi"}}"#;
const REPLY: &str = r#"{"jsonrpc":"2.0","id":1,"result":{"text":"hi"}}"#;
const WRITE: &str = r#"{"jsonrpc":"2.0","id":2,"method":"voxel.write","params":{"project":"castle","bounds":{"min":[0,0,0],"max":[0,0,0]}}}"#;
const RED: [u8; 4] = [0xc8, 0x1e, 0x1e, 1];

fn frame(json: &str, attachment: Option<&[u8]>) -> Result<Vec<u8>, FrameError> {
    let mut bytes = Vec::new();
    let write = |out: &mut Vec<u8>| out.extend_from_slice(json.as_bytes());
    match attachment {
        None => append_message(&mut bytes, write)?,
        Some(attachment) => append_attached(&mut bytes, write, attachment)?,
    }
    Ok(bytes)
}

#[test]
fn the_documented_bytes_are_the_encoded_ones() {
    for (name, json, attachment) in
        [("request", REQUEST, None), ("reply", REPLY, None), ("attachment", WRITE, Some(&RED[..]))]
    {
        let bytes = frame(json, attachment).unwrap();
        assert_eq!(golden(name), bytes, "the block {name} should hold\n{}", hex(&bytes));
    }
}

#[test]
fn the_python_client_packs_and_unpacks_the_documented_bytes() {
    let python = block(&document(), "python");
    assert!(python.lines().count() < 60, "the example stays short");
    let harness = format!(
        r#"{python}
import io
request, reply, attached = (bytes.fromhex(text) for text in {hexes:?})
message = {{"jsonrpc": "2.0", "id": 1, "method": "system.echo", "params": {{"text": "hi"}}}}
assert pack(message) == request
assert unpack(io.BytesIO(request).read) == (message, None)
assert unpack(io.BytesIO(reply).read) == ({{"jsonrpc": "2.0", "id": 1, "result": {{"text": "hi"}}}}, None)
message, raw = unpack(io.BytesIO(attached).read)
assert message["method"] == "voxel.write" and raw == bytes([200, 30, 30, 1])
assert pack(message, raw) == attached
here, there = socket.socketpair()
client = Goxe.__new__(Goxe)
client.socket, client.stream, client.ids, client.notifications = here, here.makefile("rb"), 0, []
there.sendall(pack({{"jsonrpc": "2.0", "method": "event", "params": {{}}}}) + reply)
assert client.call("system.echo", {{"text": "hi"}}) == ({{"text": "hi"}}, None)
assert there.recv(1000) == request and len(client.notifications) == 1
"#,
        hexes =
            ["request", "reply", "attachment"].map(|name| hex(&golden(name)).replace('\n', " "))
    );
    match Command::new("python3").args(["-c", &harness]).output() {
        Ok(output) => {
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
        Err(error) => eprintln!("python3 is not here ({error}): the example is not run"),
    }
}

#[test]
fn the_generated_tables_are_up_to_date() {
    let document = document();
    let mut fresh = document.clone();
    for (marker, table) in [
        ("errors", reference::errors_markdown()),
        ("kinds", reference::kinds_markdown()),
        ("methods", reference::markdown()),
        ("guests", reference::guests_markdown()),
    ] {
        let (opening, closing) = (format!("<!-- {marker} -->"), format!("<!-- /{marker} -->"));
        let (before, rest) = fresh.split_once(&opening).expect("the opening marker");
        let (_, after) = rest.split_once(&closing).expect("the closing marker");
        fresh = format!("{before}{opening}\n{table}{closing}{after}");
    }
    if fresh != document {
        if env::var_os("GOXE_BLESS").is_some() {
            fs::write(Path::new(DOCUMENT), fresh).unwrap();
        } else {
            panic!("PROTOCOL.md is behind the code: run GOXE_BLESS=1 cargo test -p goxe-protocol");
        }
    }
}
