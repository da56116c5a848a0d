//! Requests as bytes, made once and sent many times: only the digits of the id change, and those of a
//! colour that is asked to.

/// Ids have this many digits from the first to the last.
const ID_FIRST: u64 = 1_000_000_000;
const ID_DIGITS: usize = 10;
const ID_MARK: &[u8] = br#""id":"#;
const COLOR_DIGITS: usize = 6;
/// The header of a frame: magic, version, length, flags.
pub const HEADER_BYTES: usize = 16;
const MAGIC: u32 = 0x474F_5845;
const ATTACHMENT: u32 = 1;
/// A colour in a request that is another one each time, so that an edit always changes something.
pub const CHANGING_COLOR: &str = "#c0ffee";
/// From this size on a request is sent from where it lies.
const LARGE: usize = 32 << 10;

/// The header of a frame.
pub fn header(payload_bytes: usize, flags: u32) -> [u8; HEADER_BYTES] {
    let length = u32::try_from(payload_bytes).expect("the benchmark's frames are below 4 GiB");
    let mut bytes = [0; HEADER_BYTES];
    for (place, word) in bytes.chunks_exact_mut(4).zip([MAGIC, 1, length, flags]) {
        place.copy_from_slice(&word.to_be_bytes());
    }
    bytes
}

/// Size of the whole frame that begins here, once its header is there; `None` for anything else.
pub fn frame_bytes(input: &[u8]) -> Option<usize> {
    let (head, _) = input.split_first_chunk::<HEADER_BYTES>()?;
    let [m0, m1, m2, m3, _, _, _, _, l0, l1, l2, l3, ..] = *head;
    let length = u32::from_be_bytes([l0, l1, l2, l3]);
    assert_eq!(u32::from_be_bytes([m0, m1, m2, m3]), MAGIC, "an answer is no frame");
    usize::try_from(length).ok()?.checked_add(HEADER_BYTES)
}

/// One request.
#[derive(Clone, Debug)]
pub struct Request {
    bytes: Vec<u8>,
    id_at: usize,
    color_at: Option<usize>,
}

impl Request {
    /// A method with its params as JSON.
    pub fn new(method: &str, params: &str) -> Self {
        let json = message(method, params);
        let frame = [&header(json.len(), 0)[..], json.as_bytes()].concat();
        Self::of(frame)
    }

    /// The same with raw bytes after it.
    pub fn attached(method: &str, params: &str, attachment: &[u8]) -> Self {
        Self::of(attached(&message(method, params), attachment))
    }

    /// The cheapest call, padded so that its payload has this size.
    pub fn echo(payload_bytes: usize) -> Self {
        let bare = message("system.echo", r#"{"d":""}"#).len();
        let padding = "x".repeat(payload_bytes.saturating_sub(bare));
        Self::new("system.echo", &format!(r#"{{"d":"{padding}"}}"#))
    }

    /// A notification with raw bytes, which nobody answers, and a short echo behind it, which tells when
    /// it was taken in.
    pub fn notified(attachment: &[u8]) -> Self {
        let json = r#"{"jsonrpc":"2.0","method":"system.echo","params":{}}"#;
        Self::of([attached(json, attachment), Self::echo(100).bytes].concat())
    }

    fn of(bytes: Vec<u8>) -> Self {
        let near = bytes.len().min(1 << 10);
        let (head, tail) = (&bytes[..near], &bytes[bytes.len() - near..]);
        let id_at = find(head, ID_MARK).or_else(|| Some(bytes.len() - near + find(tail, ID_MARK)?));
        let id_at = id_at.expect("a request has an id near its beginning or its end");
        let color_at = find(head, CHANGING_COLOR.as_bytes()).map(|at| at + 1);
        Self { bytes, id_at: id_at + ID_MARK.len(), color_at }
    }

    /// The frame as it lies, with its first id.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether it is sent from where it lies.
    pub fn is_large(&self) -> bool {
        self.bytes.len() >= LARGE
    }

    /// Puts a number into the id.
    pub fn set_number(&mut self, number: u64) {
        put_digits(&mut self.bytes[self.id_at..], ID_DIGITS, ID_FIRST + number);
    }

    /// Appends the request under another number.
    pub fn append(&self, out: &mut Vec<u8>, number: u64) {
        let at = out.len();
        out.extend_from_slice(&self.bytes);
        put_digits(&mut out[at + self.id_at..], ID_DIGITS, ID_FIRST + number);
        if let Some(color_at) = self.color_at {
            put_digits(&mut out[at + color_at..], COLOR_DIGITS, number);
        }
    }
}

fn attached(json: &str, attachment: &[u8]) -> Vec<u8> {
    let length = u32::try_from(json.len()).expect("JSON of the benchmark is short");
    let payload = 4 + json.len() + attachment.len();
    [&header(payload, ATTACHMENT)[..], &length.to_be_bytes(), json.as_bytes(), attachment].concat()
}

fn message(method: &str, params: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":{ID_FIRST},"method":"{method}","params":{params}}}"#)
}

fn put_digits(place: &mut [u8], digits: usize, number: u64) {
    let mut rest = number;
    for digit in place[..digits].iter_mut().rev() {
        *digit = b'0' + u8::try_from(rest % 10).expect("a digit");
        rest /= 10;
    }
}

/// The number of the request that a frame answers; the error it carries instead of a result.
pub fn read_answer(frame: &[u8]) -> Result<u64, String> {
    let payload = &frame[HEADER_BYTES..];
    let head = &payload[..payload.len().min(160)];
    if find(head, br#""error""#).is_some() {
        return Err(String::from_utf8_lossy(&payload[..payload.len().min(600)]).into_owned());
    }
    let tail = &payload[payload.len().saturating_sub(48)..];
    [head, tail].into_iter().find_map(id_in).ok_or_else(|| "an answer without an id".to_owned())
}

fn id_in(text: &[u8]) -> Option<u64> {
    let digits = &text[find(text, ID_MARK)? + ID_MARK.len()..];
    let digits = digits.iter().take_while(|byte| byte.is_ascii_digit());
    let id = digits.fold(0, |number, digit| number * 10 + u64::from(digit - b'0'));
    id.checked_sub(ID_FIRST)
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|window| window == wanted)
}
