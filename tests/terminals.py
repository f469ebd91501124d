"""What programs wrote to a terminal of the test's own."""

import os


def read_all(main: int) -> str:
    """What was written to the terminal whose other side has been closed; closes this side.

    A terminal hands over what was written in pieces of its own choosing: one read may get only the first.
    """
    shown = b""
    os.set_blocking(main, True)
    try:
        while piece := os.read(main, 4096):
            shown += piece
    except OSError:  # Linux answers EIO where nobody holds the other side
        pass
    finally:
        os.close(main)
    return shown.decode()
