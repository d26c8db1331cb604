"""Lines that differ from nfstream 6.6.0's on purpose: of each script what nfstream prints, what this package prints, and why."""

DIFFERENCES = {
    "flow_objects": [
        ("False False", "True True", "Flows are equal when all their columns are, also those of another run."),
    ],
    "packets": [
        ("is a tuple True", "is a tuple False", "Packets compute their fields when they are asked for."),
    ],
    "set_columns": [
        ("https", "TypeError", "A column keeps its type: in files and tables all its values are of one."),
    ],
}
