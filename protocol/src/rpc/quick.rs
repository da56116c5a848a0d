//! The quick way to read a request: plain JSON, as nearly every client writes it, in one pass over the bytes.
//!
//! Anything unusual (an escape in a name, an unknown member, a fraction for an id, an error) makes it give up, and
//! the strict parser decides. So it may only ever accept what that one accepts, with the same outcome; a test holds
//! the two together.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::id::{ID_BYTES_MAX, Id};
use super::meta::Meta;
use super::request::Request;
use super::skim;

/// Reads a request, or gives up.
pub(super) fn parse(text: &str) -> Option<Request<'_>> {
    let mut scan = Scan { text, at: 0 };
    let (mut jsonrpc, mut id, mut method, mut params, mut meta) = (None, None, None, None, None);
    scan.eat(b'{')?;
    loop {
        scan.peek()?;
        let doubled = if scan.eat_name(b"\"jsonrpc\"")? {
            jsonrpc.replace(scan.plain_string()?).is_some()
        } else if scan.eat_name(b"\"id\"")? {
            id.replace(scan.id()?).is_some()
        } else if scan.eat_name(b"\"method\"")? {
            method.replace(scan.plain_string()?).is_some()
        } else if scan.eat_name(b"\"params\"")? {
            params.replace(scan.structured()?).is_some()
        } else if scan.eat_name(b"\"meta\"")? {
            meta.replace(scan.meta()?).is_some()
        } else {
            return None;
        };
        if doubled {
            return None;
        }
        match scan.next()? {
            b',' => {}
            b'}' => break,
            _ => return None,
        }
    }
    if scan.peek().is_some() || jsonrpc? != "2.0" {
        return None;
    }
    Some(Request { id, method: Cow::Borrowed(method?), params, meta })
}

struct Scan<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scan<'a> {
    /// The next byte that is not white space.
    fn peek(&mut self) -> Option<u8> {
        loop {
            match *self.text.as_bytes().get(self.at)? {
                b' ' | b'\t' | b'\r' | b'\n' => self.at += 1,
                byte => return Some(byte),
            }
        }
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    fn eat(&mut self, wanted: u8) -> Option<()> {
        (self.next()? == wanted).then_some(())
    }

    /// Takes a member's name and its colon, or neither. The length is a constant, so that this is two or three
    /// comparisons of words.
    #[inline(always)]
    fn eat_name<const LENGTH: usize>(&mut self, quoted: &[u8; LENGTH]) -> Option<bool> {
        if self.text.as_bytes().get(self.at..)?.first_chunk::<LENGTH>() != Some(quoted) {
            return Some(false);
        }
        self.at += LENGTH;
        self.eat(b':')?;
        Some(true)
    }

    /// A string in which nothing is escaped.
    fn plain_string(&mut self) -> Option<&'a str> {
        self.eat(b'"')?;
        let start = self.at;
        let rest = self.text.as_bytes().get(start..)?;
        let length = skim::plain_length(rest)?;
        self.at = start + length + 1;
        self.text.get(start..start + length)
    }

    /// A whole number or a plain string, as its JSON text.
    fn id(&mut self) -> Option<Id<'a>> {
        let start = match self.peek()? {
            b'"' => {
                let start = self.at;
                self.plain_string()?;
                start
            }
            b'1'..=b'9' => {
                let start = self.at;
                let rest = self.text.as_bytes().get(start..)?;
                self.at += rest.iter().position(|byte| !byte.is_ascii_digit())?;
                start
            }
            _ => return None,
        };
        let json = self.text.get(start..self.at)?;
        if json.len() > ID_BYTES_MAX { None } else { Id::from_json(json).ok() }
    }

    /// An object or an array, checked to be sound JSON.
    fn structured(&mut self) -> Option<&'a str> {
        if !matches!(self.peek()?, b'{' | b'[') {
            return None;
        }
        let rest = self.text.get(self.at..)?;
        let length = match skim::structured(rest.as_bytes()) {
            Some(length) => length,
            None => {
                let mut values = serde_json::Deserializer::from_str(rest).into_iter::<&RawValue>();
                values.next()?.ok()?.get().len()
            }
        };
        self.at += length;
        rest.get(..length)
    }

    fn meta(&mut self) -> Option<Box<Meta<'a>>> {
        Meta::from_json(serde_json::from_str(self.structured()?).ok()?).ok()?
    }
}
