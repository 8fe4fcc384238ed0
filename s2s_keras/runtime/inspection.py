"""What is in a model file."""

from __future__ import annotations

import zipfile
from typing import Any

from s2s_keras.runtime.artifact import LEXICON_FILE, SHORTLIST_FILE, TOKENIZER_FILES, Artifact
from s2s_keras.runtime.compatibility import missing_operators
from s2s_keras.runtime.graph import (
    builtin_operators,
    constants,
    embeddings,
    operator_versions,
    operators_by_part,
    runtime_version,
)
from s2s_keras.runtime.machine import interpreter_name
from s2s_keras.runtime.session import TFLiteSession

__all__ = ["inspect_artifact"]


def inspect_artifact(artifact: Artifact) -> dict[str, Any]:
    """Describes a model file, ready for JSON.

    | key | value |
    |---|---|
    | `size_bytes` | part -> bytes: `total`, and what adds up to it |
    | `source_lengths`, `beam_widths` | those that the file holds signatures for |
    | `signatures` | see `TFLiteSession.signatures` |
    | `operators`, `operator_versions`, `operators_by_part` | see `runtime.graph` |
    | `oldest_runtime` | what the converter says, or `None`; see `runtime_version` |
    | `loaded_by` | the interpreter that has just loaded the file |
    | `runtimes` | runtime -> `knows_operators`, `missing`; see `missing_operators` |
    | `metadata` | `model.json` |

    Args:
        artifact: what `read_artifact` returned.

    Raises:
        ArtifactError: the interpreter refuses the graph.
        MissingDependencyError: no interpreter is installed.
    """
    session = TFLiteSession(artifact)
    versions = operator_versions(artifact.graph)
    return {
        "path": str(artifact.path),
        "size_bytes": _sizes(artifact),
        "source_lengths": session.source_lengths,
        "beam_widths": session.beam_widths,
        "signatures": session.signatures(),
        "operators": builtin_operators(artifact.graph),
        "operator_versions": versions,
        "operators_by_part": operators_by_part(artifact.graph),
        "oldest_runtime": runtime_version(artifact.graph),
        "loaded_by": interpreter_name(),
        "runtimes": {
            runtime: {"knows_operators": not missing, "missing": missing}
            for runtime, missing in missing_operators(versions).items()
        },
        "metadata": artifact.metadata,
    }


def _sizes(artifact: Artifact) -> dict[str, int]:
    """Returns part -> bytes; the parts after the first, the total, add up to it."""
    total = artifact.path.stat().st_size
    sizes = {"total": total, "embeddings": 0}
    looked_up = embeddings(artifact.graph)
    tensors = constants(artifact.graph)
    for tensor in tensors:
        part = "embeddings" if tensor.buffer in looked_up else f"other {tensor.dtype} constants"
        sizes[part] = sizes.get(part, 0) + tensor.size_bytes
    sizes["graph structure"] = len(artifact.graph) - sum(t.size_bytes for t in tensors)
    with zipfile.ZipFile(artifact.path) as archive:
        names = TOKENIZER_FILES.values()
        sizes["vocabularies"] = sum(archive.getinfo(name).compress_size for name in names)
        optional = {"shortlist": SHORTLIST_FILE, "lexicon": LEXICON_FILE}
        present = {part: name for part, name in optional.items() if name in archive.namelist()}
        sizes |= {part: archive.getinfo(name).compress_size for part, name in present.items()}
    members = sum(sizes[part] for part in ("vocabularies", *present))
    sizes["metadata"] = total - len(artifact.graph) - members
    return sizes
