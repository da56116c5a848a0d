//! What tells this process from every other one, for whoever has to find or stop it.

use std::{fs, io};

/// A random number that no other start of the daemon has, as hex.
pub fn epoch() -> io::Result<String> {
    let random = getrandom::u64().map_err(io::Error::other)?;
    Ok(format!("{random:016x}"))
}

/// When a process started, in clock ticks since the machine did: with the process id and the
/// machine's boot it names one process for ever.
pub fn start_time(pid: u32) -> io::Result<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name in parentheses may itself hold spaces and parentheses; the 22nd field is the 20th
    // after it.
    let after = stat.rsplit_once(')').map(|(_, after)| after).unwrap_or_default();
    let field = after.split_whitespace().nth(19).and_then(|field| field.parse().ok());
    field.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "no start time in stat"))
}

/// Which boot of the machine this is.
pub fn boot_id() -> io::Result<String> {
    Ok(fs::read_to_string("/proc/sys/kernel/random/boot_id")?.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_has_an_identity() {
        assert!(start_time(std::process::id()).unwrap() > 0);
        assert_eq!(boot_id().unwrap().len(), 36);
        assert_ne!(epoch().unwrap(), epoch().unwrap());
    }
}
