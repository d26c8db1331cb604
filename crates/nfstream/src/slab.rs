//! Storage by slot number that grows without moving what it holds.

use std::ops::{Index, IndexMut};

/// Number of elements in a chunk: a power of two, so that a shift and a mask find a slot.
pub(crate) const CHUNK: usize = 4096;

/// Elements by slot number, in chunks. Growing copies nothing, so the peak memory is that of the elements.
#[derive(Debug)]
pub(crate) struct Slab<T> {
    chunks: Vec<Vec<T>>,
}

impl<T> Default for Slab<T> {
    fn default() -> Self {
        Self { chunks: Vec::new() }
    }
}

impl<T> Slab<T> {
    /// Number of slots.
    pub(crate) fn len(&self) -> usize {
        self.chunks.last().map_or(0, |last| (self.chunks.len() - 1) * CHUNK + last.len())
    }

    /// Adds a slot at the end.
    pub(crate) fn push(&mut self, element: T) {
        match self.chunks.last_mut() {
            Some(chunk) if chunk.len() < CHUNK => chunk.push(element),
            _ => {
                let mut chunk = Vec::with_capacity(CHUNK);
                chunk.push(element);
                self.chunks.push(chunk);
            }
        }
    }

    /// Puts an element into a slot that exists, or into the next one.
    pub(crate) fn insert(&mut self, slot: u32, element: T) {
        if slot as usize == self.len() {
            self.push(element);
        } else {
            self[slot] = element;
        }
    }
}

impl<T> Index<u32> for Slab<T> {
    type Output = T;

    #[inline]
    fn index(&self, slot: u32) -> &T {
        &self.chunks[slot as usize / CHUNK][slot as usize % CHUNK]
    }
}

impl<T> IndexMut<u32> for Slab<T> {
    #[inline]
    fn index_mut(&mut self, slot: u32) -> &mut T {
        &mut self.chunks[slot as usize / CHUNK][slot as usize % CHUNK]
    }
}

/// Rows of a fixed number of words by slot, in chunks as in [`Slab`].
#[derive(Debug)]
pub(crate) struct Rows {
    width: usize,
    chunks: Vec<Vec<i64>>,
}

impl Rows {
    /// Rows of `width` words.
    pub(crate) fn new(width: usize) -> Self {
        Self { width, chunks: Vec::new() }
    }

    /// Bytes of a row.
    pub(crate) fn slot_size(&self) -> usize {
        self.width * size_of::<i64>()
    }

    /// Sets the words in a slot to zero. The slot is one that exists, or the next one.
    pub(crate) fn clear(&mut self, slot: u32) {
        let (chunk, row) = (slot as usize / CHUNK, slot as usize % CHUNK);
        if chunk == self.chunks.len() {
            self.chunks.push(Vec::with_capacity(CHUNK * self.width));
        }
        let words = &mut self.chunks[chunk];
        if words.len() == row * self.width {
            words.resize(words.len() + self.width, 0);
        } else {
            self.row_mut(slot).fill(0);
        }
    }

    #[inline]
    pub(crate) fn row(&self, slot: u32) -> &[i64] {
        &self.chunks[slot as usize / CHUNK][slot as usize % CHUNK * self.width..][..self.width]
    }

    #[inline]
    pub(crate) fn row_mut(&mut self, slot: u32) -> &mut [i64] {
        &mut self.chunks[slot as usize / CHUNK][slot as usize % CHUNK * self.width..][..self.width]
    }
}
