//! The writer of chunks: little-endian values into one buffer, sizes filled in afterwards.

/// A `.vox` file being written.
pub(super) struct Writer {
    out: Vec<u8>,
}

/// A chunk whose size is not known yet.
#[must_use]
pub(super) struct Open {
    /// What the size is counted from.
    content: usize,
    /// Where the size goes: content and children have their own places.
    size_at: usize,
}

impl Writer {
    pub fn with_capacity(bytes: usize) -> Self {
        Self { out: Vec::with_capacity(bytes) }
    }

    pub fn finish(self) -> Vec<u8> {
        self.out
    }

    pub fn bytes(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    pub fn u32(&mut self, value: u32) {
        self.bytes(&value.to_le_bytes());
    }

    /// A length or count. Everything that is written has been counted before it was begun.
    pub fn count(&mut self, count: usize) {
        self.u32(u32::try_from(count).expect("bounded by the size that was checked"));
    }

    pub fn text(&mut self, text: &str) {
        self.count(text.len());
        self.bytes(text.as_bytes());
    }

    pub fn dict<V: AsRef<str>>(&mut self, entries: &[(&str, V)]) {
        self.count(entries.len());
        for (key, value) in entries {
            self.text(key);
            self.text(value.as_ref());
        }
    }

    /// Begins a chunk with content and no children.
    pub fn open(&mut self, name: &[u8; 4]) -> Open {
        let at = self.header(name);
        Open { content: at + 12, size_at: at + 4 }
    }

    /// Begins a chunk with children and no content.
    pub fn open_parent(&mut self, name: &[u8; 4]) -> Open {
        let at = self.header(name);
        Open { content: at + 12, size_at: at + 8 }
    }

    fn header(&mut self, name: &[u8; 4]) -> usize {
        let at = self.out.len();
        self.bytes(name);
        self.bytes(&[0; 8]);
        at
    }

    pub fn close(&mut self, Open { content, size_at }: Open) {
        let size = self.out.len() - content;
        self.patch(size_at, size);
    }

    /// Leaves room for a count that is known later.
    pub fn reserve_count(&mut self) -> usize {
        let at = self.out.len();
        self.bytes(&[0; 4]);
        at
    }

    pub fn patch(&mut self, at: usize, value: usize) {
        let value = u32::try_from(value).expect("bounded by the size that was checked");
        self.out[at..at + 4].copy_from_slice(&value.to_le_bytes());
    }
}
