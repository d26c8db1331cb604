"""Lines that differ from nfstream 6.6.0's on purpose: of each script what nfstream prints, what this package prints, and why."""

DIFFERENCES: dict[str, list[tuple[str, str, str]]] = {}
