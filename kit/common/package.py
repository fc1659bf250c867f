"""The address of the kit, for pictures that travel without it, from the package's metadata.

``[project.urls]`` of pyproject.toml is the one place for an address.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.metadata import PackageMetadata

__all__ = ["DISTRIBUTION", "drawn_by", "source_of"]

DISTRIBUTION = "unplug-kit"


def source_of(package: PackageMetadata) -> str:
    """Return the first address of a package, else its name and version as pip shows them."""
    fields: list[str] = package.get_all("Project-URL") or []
    addresses = [each.partition(",")[2].strip() for each in fields]
    if addresses:
        return addresses[0]
    return f"Python package {package['Name']} {package['Version']}"


@cache
def drawn_by() -> str:
    """Return the sentence that names what drew a picture, and its address."""
    from importlib import metadata  # here: it reads mail headers, which takes a while to load

    try:
        source = source_of(metadata.metadata(DISTRIBUTION))
    except metadata.PackageNotFoundError:  # a copy of the folder that is not installed
        source = f"Python package {DISTRIBUTION}"
    return f"Drawn by the unplug kit ({source})."
