"""Check for another distribution that has its files in this package: nfstream is imported by the same name."""

import os
import sys


def check() -> None:
    """Looks for a distribution named ``nfstream`` where this package is installed. It costs only one listing of a folder.

    Raises
    ------
    ImportError
        When there is one. Each has then replaced files of the other, and uninstalling one removes files of the other.
    """
    folder = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    try:
        names = os.listdir(folder)
    except OSError:
        return  # It is imported from an archive.
    for name in names:
        # Ours is called nfstream_rs-VERSION.dist-info.
        if name.startswith("nfstream-") and name.endswith((".dist-info", ".egg-info")):
            version = name.split("-")[1].removesuffix(".dist").removesuffix(".egg")
            python = sys.executable or "python"
            message = (
                f"nfstream {version} and nfstream-rs are both installed in {folder}. Both are imported as nfstream, so each has replaced "
                "files of the other. Remove both, then install the one to keep:\n"
                f"    {python} -m pip uninstall --yes nfstream nfstream-rs\n"
                f"    {python} -m pip install nfstream-rs"
            )
            raise ImportError(message)
