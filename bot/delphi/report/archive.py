"""Files in one archive that is the same whenever it is made."""

import io
import zipfile
from collections.abc import Mapping

EARLIEST = (1980, 1, 1, 0, 0, 0)


def archive(files: Mapping[str, bytes]) -> bytes:
    """A ZIP of these files, in the order of their names."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as made:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, EARLIEST)
            entry.external_attr = 0o644 << 16
            made.writestr(entry, files[name], zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def unpacked(packed: bytes) -> dict[str, bytes]:
    """The files of a ZIP by name."""
    with zipfile.ZipFile(io.BytesIO(packed)) as made:
        return {name: made.read(name) for name in made.namelist()}
