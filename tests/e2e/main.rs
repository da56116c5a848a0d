//! The real binary from outside: a module a subject.
