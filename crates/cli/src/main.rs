//! nfstream.
fn main() {}
