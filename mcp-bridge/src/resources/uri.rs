//! The addresses of resources: `goxe://` and a path whose names are percent-encoded.

use std::fmt::Write as _;

/// What every address begins with.
const SCHEME: &str = "goxe://";

/// What can be read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Address {
    /// How bridge and daemon are.
    Status,
    /// The projects by name.
    Projects,
    /// What one project holds.
    Project(String),
    /// What one layer of a project holds.
    Layer(String, String),
    /// How a job in the background is.
    Job(String),
    /// A picture that was rendered.
    Render(String),
    /// What happened last.
    Events,
    /// The configuration.
    Config,
    /// How to build well.
    Guide,
}

impl Address {
    /// Reads an address. None if nothing here has one like it.
    pub fn parse(uri: &str) -> Option<Self> {
        let parts: Vec<&str> = uri.strip_prefix(SCHEME)?.split('/').collect();
        Some(match parts.as_slice() {
            ["status"] => Address::Status,
            ["projects"] => Address::Projects,
            ["projects", project] => Address::Project(decode(project)?),
            ["projects", project, "layers", layer] => {
                Address::Layer(decode(project)?, decode(layer)?)
            }
            ["jobs", job] => Address::Job(decode(job)?),
            ["renders", file] => Address::Render(decode(file.strip_suffix(".png")?)?),
            ["events", "recent"] => Address::Events,
            ["config"] => Address::Config,
            ["guide"] => Address::Guide,
            _ => return None,
        })
    }

    /// The address as text.
    pub fn uri(&self) -> String {
        let path = match self {
            Address::Status => "status".to_owned(),
            Address::Projects => "projects".to_owned(),
            Address::Project(project) => format!("projects/{}", encode(project)),
            Address::Layer(project, layer) => {
                format!("projects/{}/layers/{}", encode(project), encode(layer))
            }
            Address::Job(job) => format!("jobs/{}", encode(job)),
            Address::Render(id) => format!("renders/{}.png", encode(id)),
            Address::Events => "events/recent".to_owned(),
            Address::Config => "config".to_owned(),
            Address::Guide => "guide".to_owned(),
        };
        format!("{SCHEME}{path}")
    }
}

/// A name as one part of a path.
fn encode(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                text.push(char::from(byte));
            }
            // Writing to a string cannot fail.
            _ => drop(write!(text, "%{byte:02X}")),
        }
    }
    text
}

/// The name that a part of a path stands for; what is not encoded stands for itself.
fn decode(part: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(part.len());
    let mut rest = part.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let high = char::from(rest.next()?).to_digit(16)?;
                let low = char::from(rest.next()?).to_digit(16)?;
                u8::try_from(high * 16 + low).ok()?
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok().filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests;
