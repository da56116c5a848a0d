//! `[socket]` and `[tcp]`: where clients connect.

use std::net::SocketAddr;
use std::path::PathBuf;

use serde::{Deserialize, Deserializer, de};

use crate::schema::{Kind, section};

section! {
    /// The Unix socket of local clients.
    Socket "socket" {
        /// Path of the socket: the platform's where nobody chose one.
        path: PathBuf = Kind::SocketPath,
        /// Permission bits of the socket.
        #[serde(deserialize_with = "octal")]
        mode: u32 = Kind::Choice(&["0600", "0660"]),
    }
}

section! {
    /// TCP, for clients that cannot open a Unix socket.
    Tcp "tcp" {
        /// Whether the daemon listens on TCP.
        enabled: bool = Kind::Switch,
        /// Loopback address and port; port 0 takes a free one.
        address: SocketAddr = Kind::Loopback,
        /// File with the token that clients present; always there where TCP is enabled.
        #[serde(deserialize_with = "optional_path")]
        token_file: Option<PathBuf> = Kind::Path,
    }
}

fn octal<'de, D: Deserializer<'de>>(input: D) -> Result<u32, D::Error> {
    let digits = String::deserialize(input)?;
    u32::from_str_radix(&digits, 8).map_err(de::Error::custom)
}

fn optional_path<'de, D: Deserializer<'de>>(input: D) -> Result<Option<PathBuf>, D::Error> {
    let path = PathBuf::deserialize(input)?;
    Ok(Some(path).filter(|path| !path.as_os_str().is_empty()))
}
