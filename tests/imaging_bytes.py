"""Image files as bytes, as cameras write them."""

import struct

import cv2
import numpy as np


def jpeg(width=8, height=6) -> bytes:
    """Return a black JPEG."""
    return cv2.imencode(".jpg", np.zeros((height, width, 3), np.uint8))[1].tobytes()


def with_exif(data: bytes, orientation: int, order: str = "<") -> bytes:
    """Return a JPEG with an EXIF block that holds only the orientation; `order` is its byte order."""
    tiff = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(
        f"{order}IHHHIHHI", 8, 1, 0x0112, 3, 1, orientation, 0, 0
    )
    body = b"Exif\0\0" + tiff
    return data[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + data[2:]


def turned_jpeg(width: int, height: int) -> bytes:
    """Return a JPEG that is stored turned by a quarter."""
    return with_exif(jpeg(width, height), 6)
