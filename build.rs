//! What the linker is told.
//!
//! A program that may lie anywhere begins by writing its own address into some seventeen thousand places: a tenth
//! to a fifth of the time from the start of a bridge to its first answer, and a quarter of a MiB that no two
//! bridges share. On Linux with glibc this one lies where it was linked to; its heap, its stack and its
//! libraries lie anywhere as before.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let is = |name: &str, value: &str| std::env::var(name).is_ok_and(|found| found == value);
    if is("CARGO_CFG_TARGET_OS", "linux") && is("CARGO_CFG_TARGET_ENV", "gnu") {
        println!("cargo::rustc-link-arg-bins=-no-pie");
    }
}
