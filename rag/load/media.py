"""Names of files → kinds and media types."""

from __future__ import annotations

from rag.load.junk import suffix_of

TEXT = "text/plain"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

_OF_KIND = {
    "text": TEXT,
    "markdown": "text/markdown",
    "html": "text/html",
    "pdf": "application/pdf",
    "docx": DOCX,
    "csv": "text/csv",
    "json": "application/json",
    "jsonl": "application/jsonl",
    "mail": "message/rfc822",
    "code": TEXT,
}
_SUFFIXES = {
    "text": {
        TEXT: "txt text log rst asc adoc org srt vtt readme nfo",
        "text/x-tex": "tex latex",
    },
    "mail": {"message/rfc822": "eml"},
    "markdown": {"text/markdown": "md markdown mdown mkd mkdn mdx qmd rmd"},
    "html": {"text/html": "html htm", "application/xhtml+xml": "xhtml xht"},
    "pdf": {"application/pdf": "pdf"},
    "docx": {DOCX: "docx docm"},
    "csv": {"text/csv": "csv", "text/tab-separated-values": "tsv tab"},
    "json": {"application/json": "json", "application/geo+json": "geojson"},
    "jsonl": {"application/jsonl": "jsonl ndjson"},
    "code": {
        "text/x-python": "py pyi pyx",
        "text/javascript": "js mjs cjs jsx",
        "text/x-typescript": "ts tsx mts cts",
        "text/x-java": "java",
        "text/x-kotlin": "kt kts",
        "text/x-scala": "scala",
        "text/x-c": "c h",
        "text/x-c++": "cc cpp cxx hh hpp hxx cu",
        "text/x-csharp": "cs",
        "text/x-go": "go",
        "text/x-rust": "rs",
        "text/x-ruby": "rb",
        "text/x-php": "php",
        "text/x-perl": "pl pm",
        "text/x-swift": "swift",
        "text/x-lua": "lua",
        "text/x-r": "r",
        "text/x-haskell": "hs",
        "text/x-sql": "sql",
        "application/x-sh": "sh bash zsh fish",
        "text/x-powershell": "ps1",
        "application/toml": "toml",
        "application/yaml": "yaml yml",
        "text/css": "css scss sass less",
        "application/xml": "xml xsd xsl rss atom",
        "text/x-ini": "ini cfg conf properties env",
        "text/x-diff": "diff patch",
        "text/x-vue": "vue svelte",
        "text/x-makefile": "mk cmake",
        "text/x-proto": "proto graphql",
        "application/json5": "json5 jsonc",
    },
}
_KNOWN = {
    f".{suffix}": (kind, media)
    for kind, medias in _SUFFIXES.items()
    for media, suffixes in medias.items()
    for suffix in suffixes.split()
}
_NAMED = {
    "makefile": "text/x-makefile",
    "gnumakefile": "text/x-makefile",
    "dockerfile": "text/x-dockerfile",
    "jenkinsfile": "text/x-groovy",
    "cmakelists.txt": "text/x-makefile",
}


def expected(name: str) -> tuple[str, str] | None:
    """Returns the kind and media type that a name promises; None if it promises nothing."""
    named = _NAMED.get(name[name.rfind("/") + 1 :].lower())
    return ("code", named) if named else _KNOWN.get(suffix_of(name))


def media_of(name: str, kind: str) -> str:
    """Returns the media type of a file that is of `kind`, whatever its name promises."""
    found = expected(name)
    return found[1] if found is not None and found[0] == kind else _OF_KIND[kind]
