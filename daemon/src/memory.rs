//! What all peers together make the daemon hold: queued calls, partial frames, unsent answers.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

/// The sum, and its bound.
#[derive(Debug)]
pub struct Memory {
    used: AtomicUsize,
    bytes_max: usize,
}

/// A part of the sum that goes back when it is dropped.
#[derive(Debug)]
pub struct Charge {
    memory: Arc<Memory>,
    bytes: usize,
}

impl Memory {
    /// An empty sum.
    pub fn new(bytes_max: usize) -> Arc<Self> {
        Arc::new(Memory { used: AtomicUsize::new(0), bytes_max })
    }

    /// Bytes held.
    pub fn used(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }

    /// The bound.
    pub fn bytes_max(&self) -> usize {
        self.bytes_max
    }

    /// Whether the bound is reached.
    pub fn is_full(&self) -> bool {
        self.used() >= self.bytes_max
    }

    /// Adds `bytes` until the charge is dropped, if they fit.
    pub fn charge(self: &Arc<Self>, bytes: usize) -> Option<Charge> {
        let fits = |used: usize| used.checked_add(bytes).filter(|&sum| sum <= self.bytes_max);
        self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits).ok()?;
        Some(Charge { memory: Arc::clone(self), bytes })
    }

    /// Adds `bytes` until the charge is dropped, whatever the bound: what is there already must be
    /// counted.
    pub fn hold(self: &Arc<Self>, bytes: usize) -> Charge {
        self.used.fetch_add(bytes, Ordering::Relaxed);
        Charge { memory: Arc::clone(self), bytes }
    }

    /// Replaces a part of the sum, whatever the bound: what is there already must be counted.
    pub fn replace(&self, before: usize, after: usize) {
        if after >= before {
            self.used.fetch_add(after - before, Ordering::Relaxed);
        } else {
            self.used.fetch_sub(before - after, Ordering::Relaxed);
        }
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        self.memory.used.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn charges_are_bounded_and_come_back() {
        let memory = Memory::new(100);
        let first = memory.charge(60).unwrap();
        assert!(memory.charge(41).is_none());
        let second = memory.charge(40).unwrap();
        assert!(memory.is_full());
        drop(first);
        assert_eq!(memory.used(), 40);
        memory.replace(0, 500);
        assert!(memory.charge(1).is_none());
        memory.replace(500, 0);
        drop(second);
        assert_eq!(memory.used(), 0);
    }
}
