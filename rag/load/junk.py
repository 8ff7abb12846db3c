"""Which files of a folder nobody means to read, by their names alone."""

from __future__ import annotations

_FOLDERS = frozenset({"__pycache__", "node_modules", "CVS", "_darcs", "__MACOSX"})
_FILES = frozenset({"Thumbs.db", "desktop.ini", "Icon\r"})
ENVIRONMENT = frozenset({"pyvenv.cfg", "conda-meta"})
"""A folder that holds one of these is a virtual environment."""

_BINARY = {
    "an image": "png jpg jpeg gif bmp tif tiff webp ico heic avif psd svg xcf raw cr2 nef eps",
    "a sound": "mp3 wav flac ogg oga opus m4a aac aiff mid midi wma",
    "a video": "mp4 m4v mkv mov avi webm wmv mpg mpeg flv",
    "a font": "ttf otf woff woff2 eot",
    "compiled code": "pyc pyo pyd so dll dylib exe o a obj lib class wasm",
    "an archive that isn't opened (only .zip is)": "tar gz tgz bz2 xz zst 7z rar jar war whl deb rpm iso dmg",
    "a database": "sqlite sqlite3 db mdb accdb",
    "an array or model": "npy npz pkl pickle pt pth ckpt safetensors gguf onnx h5 hdf5 parquet arrow feather",
}
_KINDS = {f".{suffix}": what for what, suffixes in _BINARY.items() for suffix in suffixes.split()}


def is_junk(name: str) -> bool:
    """Says whether a file or folder of this name, without its path, is passed over silently.

    These are hidden ones, those of version control, caches, and what office programs leave while a file is
    open.
    """
    return name.startswith((".", "~$")) or name in _FOLDERS or name in _FILES


def suffix_of(name: str) -> str:
    """Returns the suffix of a name in lower case with its point; "" where there is none."""
    file = name[name.rfind("/") + 1 :]
    place = file.rfind(".")
    return file[place:].lower() if place > 0 else ""


def binary(name: str) -> str | None:
    """Returns what a file is that holds no text by its suffix, such as "an image"; None for all others."""
    return _KINDS.get(suffix_of(name))
