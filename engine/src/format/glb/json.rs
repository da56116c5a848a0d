//! Text of the one kind that the format asks for. Values are written as they come; nothing is read.

use std::fmt::{Display, Write};

/// A list or an object being written.
pub(super) struct Members {
    text: String,
    close: char,
}

impl Members {
    pub fn list() -> Self {
        Self { text: "[".into(), close: ']' }
    }

    pub fn object() -> Self {
        Self { text: "{".into(), close: '}' }
    }

    fn next(&mut self) -> &mut String {
        if self.text.len() > 1 {
            self.text.push(',');
        }
        &mut self.text
    }

    /// Adds a number, or text that is a value already, to a list.
    pub fn add(&mut self, value: impl Display) {
        write!(self.next(), "{value}").expect("a string takes all");
    }

    /// Adds a member to an object; its value is a number, or text that is a value already.
    pub fn set(mut self, key: &str, value: impl Display) -> Self {
        write!(self.next(), "\"{key}\":{value}").expect("a string takes all");
        self
    }

    pub fn finish(mut self) -> String {
        self.text.push(self.close);
        self.text
    }
}

/// A list of numbers, or of texts that are values already.
pub(super) fn list(values: impl IntoIterator<Item = impl Display>) -> String {
    let mut members = Members::list();
    values.into_iter().for_each(|value| members.add(value));
    members.finish()
}

/// A name, quoted.
pub(super) fn string(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for char in text.chars() {
        match char {
            '"' | '\\' => quoted.extend(['\\', char]),
            char if char.is_control() => {
                write!(quoted, "\\u{:04x}", u32::from(char)).expect("a string takes all");
            }
            char => quoted.push(char),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted() {
        assert_eq!(string("a \"b\" \\ \n ü"), r#""a \"b\" \\ \u000a ü""#);
        assert_eq!(list([1, 2]), "[1,2]");
        assert_eq!(list([0; 0]), "[]");
        let object = Members::object().set("a", string("x")).set("b", 0.5_f32);
        assert_eq!(object.finish(), r#"{"a":"x","b":0.5}"#);
    }
}
