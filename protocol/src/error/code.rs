//! The table of error codes: number, name, meaning, what a caller can do.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What a caller may do about an error. A method that writes is sent again only with its idempotency key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Retry {
    /// The same request will fail again.
    Never,
    /// Change the request first.
    Changed,
    /// The same request may succeed later; wait `data.retry_ms`, or back off.
    Later,
    /// Connect again, then send it with the same idempotency key: it runs once at most.
    Reconnect,
    /// It may have run. Send it with the same idempotency key, or ask `history.outcome`.
    SameKey,
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct CodeInfo {
    /// The code.
    pub code: Code,
    /// Its number on the wire, fixed for ever.
    pub number: i64,
    /// Its name: `data.kind` when nothing finer is known.
    pub name: &'static str,
    /// When it is answered.
    pub meaning: &'static str,
    /// What to do next, as `data.hint` when nothing finer is known.
    pub hint: &'static str,
    /// Whether sending again can help.
    pub retry: Retry,
}

/// Declares the codes once: the enum, the table and the way back from a number are made from the same rows.
macro_rules! codes {
    ($($variant:ident = $number:literal $name:literal $retry:ident
        $meaning:literal $hint:literal;)*) => {
        /// The cause of an error.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code {
            $(#[doc = $meaning] $variant,)*
            /// A code of another implementation, relayed as it came.
            Other(i64),
        }

        /// Every code of this protocol.
        pub const CODES: &[CodeInfo] = &[$(CodeInfo {
            code: Code::$variant,
            number: $number,
            name: $name,
            meaning: $meaning,
            hint: $hint,
            retry: Retry::$retry,
        }),*];

        impl Code {
            /// The code with this number.
            #[must_use]
            pub fn from_number(number: i64) -> Self {
                match number {
                    $($number => Self::$variant,)*
                    other => Self::Other(other),
                }
            }

            /// The number on the wire.
            #[must_use]
            pub fn number(self) -> i64 {
                match self {
                    $(Self::$variant => $number,)*
                    Self::Other(number) => number,
                }
            }

            /// The name by which programs and people know it.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                    Self::Other(_) => "other",
                }
            }

            /// What to do next, in general.
            #[must_use]
            pub fn hint(self) -> &'static str {
                match self {
                    $(Self::$variant => $hint,)*
                    Self::Other(_) => "",
                }
            }

            /// Whether sending again can help.
            #[must_use]
            pub fn retry(self) -> Retry {
                match self {
                    $(Self::$variant => Retry::$retry,)*
                    Self::Other(_) => Retry::Never,
                }
            }
        }
    };
}

codes! {
    ParseError = -32700 "parse_error" Changed
        "The payload is not JSON in UTF-8." "send one JSON-RPC 2.0 message";
    InvalidRequest = -32600 "invalid_request" Changed
        "The JSON is not a JSON-RPC 2.0 request." "see `data.detail` for the member that is wrong";
    MethodNotFound = -32601 "method_not_found" Changed
        "No method has this name." "call `system.describe` for the methods";
    InvalidParams = -32602 "invalid_params" Changed
        "The params do not fit the method." "compare the params with the schema in `system.describe`";
    InternalError = -32603 "internal_error" Never
        "The daemon is at fault." "report it, with the daemon's log";
    Busy = 1001 "busy" Later
        "What all peers share is used up; nothing was done." "send it again after a short wait";
    Timeout = 1002 "timeout" SameKey
        "The deadline passed before the answer was ready." "send it again with the same idempotency key and a longer deadline";
    Cancelled = 1003 "cancelled" Never
        "The call was cancelled before it took effect; nothing was done." "send it again if it is still wanted";
    ShuttingDown = 1004 "shutting_down" Reconnect
        "The daemon is about to leave and takes no new work." "connect again and send it with the same idempotency key";
    Unauthenticated = 1005 "unauthenticated" Changed
        "The peer has not said who it is." "call `system.hello` with a valid token first";
    Forbidden = 1006 "forbidden" Never
        "The peer's role does not allow this method." "use a token of the role in `data.role`";
    RateLimited = 1007 "rate_limited" Later
        "The peer sends more than its share." "wait `data.retry_ms`";
    Unsupported = 1008 "unsupported" Changed
        "The version, flag, form or feature is not served here." "see `data` for what is served";
    TooLarge = 1009 "too_large" Changed
        "One message is larger than the limit." "split the request, or move the content as a blob by ranges";
    NotFound = 1010 "not_found" Changed
        "A thing named in the params does not exist." "list what exists, then name one of these";
    Conflict = 1011 "conflict" Changed
        "The state is not what the request supposes." "read the state again, then decide; `data.kind` says what differs";
    LimitExceeded = 1012 "limit_exceeded" Changed
        "The work is over a named limit; nothing was done." "ask for less, or raise the key in `data.limit`";
    BadFile = 1013 "bad_file" Changed
        "The content is not a sound file of its format." "check the file at `data.offset`";
    Io = 1014 "io" Later
        "The disk refused; the edit did not happen." "free space or repair the disk, then send it again";
    Corrupt = 1015 "corrupt" Never
        "Stored data is damaged; the project opens at its last sound revision, read-only." "restore the project from an image or a backup";
    EngineFault = 1016 "engine_fault" Never
        "The engine failed on this request; the project came back from the journal." "report it, with the request";
    ServiceUnavailable = 1017 "service_unavailable" Later
        "No instance of the service is ready." "look at `service.status`, or send it again later";
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(self.number())
    }
}

impl<'de> Deserialize<'de> for Code {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        i64::deserialize(deserializer).map(Self::from_number)
    }
}
