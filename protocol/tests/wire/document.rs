//! PROTOCOL.md holds what the code does.
