//! What runs: the processes of a place, their memory and their files.

use std::fs;

use super::place::{Place, is_goxe};

/// Processes that run the program on the data of a place, whatever they do.
pub fn of_place(place: &Place) -> Vec<u32> {
    let data = place.data().to_string_lossy().into_owned();
    let concerns = |pid: u32| words_of(pid).contains(&data);
    all().into_iter().filter(|pid| is_goxe(*pid) && concerns(*pid)).collect()
}

/// Those of them that are daemons.
pub fn daemons(place: &Place) -> Vec<u32> {
    let serves = |pid: &u32| words_of(*pid).contains("daemon\0run");
    of_place(place).into_iter().filter(serves).collect()
}

fn all() -> Vec<u32> {
    let processes = fs::read_dir("/proc").expect("processes are listed").flatten();
    processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

/// Its arguments and its variables.
fn words_of(pid: u32) -> String {
    let read = |file: &str| fs::read(format!("/proc/{pid}/{file}")).unwrap_or_default();
    String::from_utf8_lossy(&[read("cmdline"), read("environ")].concat()).into_owned()
}

/// Kilobytes of memory that are a process's own: what of the program it shares depends on who else runs it just now.
pub fn own_kib(pid: u32) -> u64 {
    let text =
        fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).expect("it runs and is ours");
    let line = text.lines().find_map(|line| line.strip_prefix("Anonymous:")).expect("a line of it");
    let number = line.split_whitespace().next().and_then(|number| number.parse().ok());
    number.expect("a number of kilobytes")
}

/// Kilobytes of memory that a process takes, shared ones too (RSS).
pub fn rss_kib(pid: u32) -> u64 {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).expect("it runs");
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a line of it");
    let number = line.split_whitespace().next().and_then(|number| number.parse().ok());
    number.expect("a number of kilobytes")
}

/// How many files a process has open.
pub fn files(pid: u32) -> usize {
    fs::read_dir(format!("/proc/{pid}/fd")).expect("its files are listed").count()
}
