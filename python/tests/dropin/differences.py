"""Lines that differ from nfstream 6.6.0's on purpose: of each script what nfstream prints, what this package prints, and why."""

DIFFERENCES = {
    "anonymisation": [
        ("a typo: 12", "a typo: ValueError", "The column that was meant would be in the clear."),
    ],
    "flow_objects": [
        ("False False", "True True", "Flows are equal when all their columns are, also those of another run."),
    ],
    "frames": [
        ("udps.digits int64 0 [7, 7, 7, 7]", "udps.digits text 0 ['007', '007', '007', '007']", "Text of digits stays text."),
        ("udps.digits int64 0 [7, 7]", "udps.digits text 0 ['007', '007']", "Text of digits stays text."),
        ("udps.code nothing 12 []", "udps.code text 0 ['NA', 'NA', 'NA', 'NA']", "Only empty text is NaN."),
        ("udps.code nothing 2 []", "udps.code text 0 ['NA', 'NA']", "Only empty text is NaN."),
    ],
    "parameters": [
        *(
            (
                f"{name}_timeout ['ValueError', 'ValueError', 'ValueError', 'ValueError', 'ValueError'] True",
                f"{name}_timeout ['ValueError', 'ValueError', 'ValueError', 'taken', 'ValueError'] True",
                "Timeouts take fractions of a second.",
            )
            for name in ("idle", "active")
        ),
        (
            "n_dissections ['ValueError', 'ValueError', 'ValueError', 'ValueError'] True",
            "n_dissections ['ValueError', 'ValueError', 'taken', 'ValueError'] True",
            "Up to 65,535 packets of a flow may be inspected, as with the command.",
        ),
    ],
    "packets": [
        ("is a tuple True", "is a tuple False", "Packets compute their fields when they are asked for."),
    ],
    "plugins_of_the_package": [
        (
            "65.50.125.227 224.0.0.251 []",
            "65.50.125.227 224.0.0.251 ['Apple TV (2)._airplay._tcp.local', '5855CA049B7A@Apple TV._raop._tcp.local', "
            "'70-35-60-63 Apple TV (2)._sleep-proxy._udp.local']",
            "MDNS reads a message that nfstream's cannot read, and leaves out.",
        ),
    ],
    "set_columns": [
        ("https", "TypeError", "A column keeps its type: in files and tables all its values are of one."),
    ],
}
