//! Any text as a file of rules, then its lines as names to look up: no panic, and an error that names a line of the file.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nfstream_dpi::Rules;

fuzz_target!(|text: &str| {
    let mut rules = Rules::default();
    if let Err(error) = rules.add(text, "rules.toml") {
        let lines = 1 + text.bytes().filter(|byte| *byte == b'\n').count();
        assert!((1..=lines).contains(&error.line), "{error} of {lines}");
        return;
    }
    for line in text.lines() {
        let name = line.trim_matches(['"', ' ', ',']).to_lowercase();
        let found = rules.host(&name);
        assert!(!rules.name(found.application).is_empty());
        rules.user_agent(line.as_bytes());
        rules.certificate(&name);
        rules.alpn(line.as_bytes());
    }
});
