//! The memory that rules take, computed from the sizes of what keeps them.

use std::collections::HashMap;

use super::section::Text;

/// Bytes of a hash table, without those that its entries point to.
pub(super) fn of_table<K, V, S>(table: &HashMap<K, V, S>) -> usize {
    // A table keeps an eighth of its places free, and a byte for each place beside the entry.
    table.capacity() / 7 * 8 * (size_of::<(K, V)>() + 1)
}

/// Bytes that texts point to.
pub(super) fn of_texts<'t>(texts: impl Iterator<Item = &'t Text>) -> usize {
    let of_text = |text: &Text| match text {
        Text::Borrowed(_) => 0,
        Text::Owned(text) => of_block(text.capacity()),
    };
    texts.map(of_text).sum()
}

/// Bytes that the allocator gives for a block of `size` bytes.
pub(super) fn of_block(size: usize) -> usize {
    size.next_multiple_of(16)
}
