//! Any text as the expression of a feature, or the name of a column: no panic, and an error that can be shown.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nfstream::{Streamer, visible};

fuzz_target!(|text: &str| {
    let built = Streamer::builder().source("none.pcap").n_dissections(0).feature("fuzzed", text).build();
    match built {
        Ok(streamer) => {
            let column = streamer.schema().index_of("fuzzed").expect("the feature is a column");
            assert_eq!(&*streamer.schema().columns()[column].name, "fuzzed");
            let _ = streamer.selected(text.split(','));
        }
        Err(error) => assert!(!visible(&error.to_string()).is_empty()),
    }
});
