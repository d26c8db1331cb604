//! Which captures a command line means: files, directories, patterns, standard input.

use std::ffi::OsString;
use std::io::{self, IsTerminal};

use nfstream::Input;

use crate::failure::Failure;

/// The inputs that the arguments stand for, in their order.
pub(crate) fn expand(arguments: &[OsString]) -> Result<Vec<Input>, Failure> {
    let mut inputs = Vec::new();
    for argument in arguments {
        if argument == "-" {
            inputs.push(standard_input(&inputs)?);
            continue;
        }
        let captures = nfstream_capture::named(argument).map_err(|error| Failure::Told(error.to_string()))?;
        inputs.extend(captures.into_iter().map(Input::from));
    }
    Ok(inputs)
}

fn standard_input(earlier: &[Input]) -> Result<Input, Failure> {
    if earlier.contains(&Input::Stdin) {
        return Err(Failure::Usage("standard input (-) can be read only once".to_owned()));
    }
    if io::stdin().is_terminal() {
        return Err(Failure::Told(
            "standard input is a terminal, not a capture: pipe one in, as in tcpdump -w - | nfstream -"
                .to_owned(),
        ));
    }
    Ok(Input::Stdin)
}
