"""EXIF blocks as cameras write them, in either byte order, and image files that carry them."""

import struct
import zlib
from fractions import Fraction

from imaging_bytes import jpeg

SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1}


def entry(tag, kind, value):
    return tag, kind, value


def block(main=(), exif=(), gps=(), order="<"):
    """Build a TIFF block; values are texts (2), ints (3, 4) or lists of fractions (5)."""
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}I", 8)
    main = [*main]
    if exif:
        main.append(entry(34665, 4, 0))
    if gps:
        main.append(entry(34853, 4, 0))
    start = 8
    first, _ = directory(main, start, order)
    exif_at = start + len(first)
    second, _ = directory(list(exif), exif_at, order)
    gps_at = exif_at + len(second)
    third, _ = directory(list(gps), gps_at, order)
    places = {34665: exif_at, 34853: gps_at}
    first, _ = directory([(t, k, places.get(t, v)) for t, k, v in main], start, order)
    return head + first + second + third


def directory(entries, start, order):
    rows, rest = [], b""
    at = start + 2 + 12 * len(entries) + 4
    for tag, kind, value in entries:
        if kind == 2:
            data = value.encode() + b"\0"
            count = len(data)
        elif kind == 5:
            fractions = [f if isinstance(f, tuple) else Fraction(f).limit_denominator(10**6) for f in value]
            pairs = [f if isinstance(f, tuple) else (f.numerator, f.denominator) for f in fractions]
            data = b"".join(struct.pack(f"{order}II", *pair) for pair in pairs)
            count = len(pairs)
        else:
            data = struct.pack(f"{order}{'H' if kind == 3 else 'I'}", value)
            count = 1
        if len(data) <= 4:
            field = data.ljust(4, b"\0")
        else:
            field, rest = struct.pack(f"{order}I", at + len(rest)), rest + data
        rows.append(struct.pack(f"{order}HHI", tag, kind, count) + field)
    return struct.pack(f"{order}H", len(entries)) + b"".join(rows) + b"\0\0\0\0" + rest, start


def photo(make="Canon", model="EOS R5", taken="2024:06:01 13:05:09", offset="", place=None, gps_utc=None, **more):
    """Return the block of a photo; `place` is (latitude, longitude) in degrees."""
    order = more.pop("order", "<")
    exif = [entry(36867, 2, taken)] if taken else []
    exif += [entry(36881, 2, offset)] if offset else []
    exif += [entry(tag, 5, [more[name]]) for tag, name in ((33434, "exposure"), (33437, "f_number")) if name in more]
    exif += [entry(tag, 3, more[name]) for tag, name in ((34855, "iso"), (37385, "flash")) if name in more]
    gps = []
    if place is not None:
        for (ref_tag, tag), value, signs in zip(((1, 2), (3, 4)), place, ("NS", "EW"), strict=True):
            gps.append(entry(ref_tag, 2, signs[value < 0]))
            gps.append(entry(tag, 5, [int(abs(value)), Fraction(abs(value)) % 1 * 60, 0]))
    if gps_utc:
        day, clock = gps_utc.split(" ")
        gps += [entry(7, 5, [int(part) for part in clock.split(":")]), entry(29, 2, day)]
    return block([entry(271, 2, make), entry(272, 2, model)], exif, gps, order)


def jpeg_with(tiff):
    body = b"Exif\0\0" + tiff
    data = jpeg()
    return data[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + data[2:]


def png_with(tiff):
    def chunk(name, body):
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress(b"\0\0"))
    return b"\x89PNG\r\n\x1a\n" + head + pixels + chunk(b"eXIf", tiff) + chunk(b"IEND", b"")


def webp_with(tiff):
    body = b"WEBP" + b"VP8X" + struct.pack("<I", 10) + bytes(10)
    body += b"EXIF" + struct.pack("<I", len(tiff)) + tiff + b"\0" * (len(tiff) % 2)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def stamped(data, second, camera="EOS R5"):
    """Return a JPEG that says when on the first of June 2024, in seconds from noon, and by which camera."""
    taken = f"2024:06:01 {12 + second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}"
    body = b"Exif\0\0" + photo(model=camera, taken=taken)
    return data[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + data[2:]
