"""What calamine does not say of an old .xls."""

import io
import struct

_DATE_1904, _END = 0x0022, 0x000A
"""Types of record in a workbook's stream; the first substream, which ends with the second, is the workbook's own."""


def counts_from_1904(data: bytes) -> bool:
    """What the workbook's Date1904 record says ([MS-XLS] 2.4.77). The reader applies it to cells with a date's format;
    a bare serial number it leaves to us.
    """
    import olefile

    try:
        with olefile.OleFileIO(io.BytesIO(data)) as container:
            stream = container.openstream("Workbook" if container.exists("Workbook") else "Book").read()
    except (OSError, ValueError, struct.error):
        return False  # damaged, as calamine will say
    at, end = 0, len(stream) - 4
    while at <= end:
        kind, size = struct.unpack_from("<HH", stream, at)
        if kind in (_DATE_1904, _END):
            return kind == _DATE_1904 and stream[at + 4 : at + 6] == b"\1\0"
        at += 4 + size
    return False
