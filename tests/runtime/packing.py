"""Takes a model file apart, and puts a changed one together."""

import hashlib
import io
import json
import zipfile


def parts(content):
    """Returns the bytes of the graph, and the members of the ZIP behind it."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        start = min(info.header_offset for info in archive.infolist())
        return content[:start], {name: archive.read(name) for name in archive.namelist()}


def pack(graph, members):
    """Returns a file of a graph and members."""
    buffer = io.BytesIO(graph)
    with zipfile.ZipFile(buffer, "a", zipfile.ZIP_DEFLATED) as archive:
        for name, member in members.items():
            archive.writestr(name, member)
    return buffer.getvalue()


def repack(content, graph=None, members=None, **changes):
    """Returns a file with parts and keys of `model.json` changed, and with checksums that match."""
    old_graph, old_members = parts(content)
    graph = graph or old_graph
    members = {**old_members, **(members or {})}
    checksums = {
        name: hashlib.sha256(part).hexdigest() for name, part in {"graph": graph, **members}.items()
    }
    document = json.loads(old_members["model.json"])
    document |= {"sha256": checksums, "graph_bytes": len(graph), **changes}
    return pack(graph, {**members, "model.json": json.dumps(document).encode()})
