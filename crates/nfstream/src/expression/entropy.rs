//! Entropy (C. E. Shannon, "A mathematical theory of communication", Bell System Technical Journal 27, 1948).

use std::sync::LazyLock;

/// Number of counts whose `n log n` is looked up instead of computed: enough for most payloads.
const LOOKED_UP: usize = 2048;

static N_LOG_N: LazyLock<Box<[f64]>> = LazyLock::new(|| (0..LOOKED_UP).map(n_log_n).collect());

fn n_log_n(n: usize) -> f64 {
    if n < 2 { 0.0 } else { n as f64 * (n as f64).log2() }
}

/// The entropy of some bytes, in bits per byte; 0 for no bytes.
pub(super) fn of(bytes: &[u8]) -> f64 {
    if bytes.is_empty() {
        return 0.0;
    }
    let mut counts = [0_u32; 256];
    for &byte in bytes {
        counts[usize::from(byte)] += 1;
    }
    let table = &**N_LOG_N;
    let looked_up = |n: usize| table.get(n).copied().unwrap_or_else(|| n_log_n(n));
    let apart: f64 = counts.iter().map(|&count| looked_up(count as usize)).sum();
    // Rounding errors must not lead out of the range.
    ((looked_up(bytes.len()) - apart) / bytes.len() as f64).clamp(0.0, 8.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_per_byte() {
        let all: Vec<u8> = (0..=255).collect();
        let long = all.repeat(10);
        let cases: [(&[u8], f64); 6] =
            [(b"", 0.0), (b"aaaa", 0.0), (b"ab", 1.0), (b"aabc", 1.5), (&all, 8.0), (&long, 8.0)];
        for (bytes, expected) in cases {
            assert!((of(bytes) - expected).abs() < 1e-12, "{expected}");
        }
    }
}
