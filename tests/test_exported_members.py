"""Keeps `__all__` honest: sorted, complete, and only of names that exist."""

import importlib
import pkgutil

import pytest

import s2s_keras

MODULES = [
    module.name
    for module in pkgutil.walk_packages(s2s_keras.__path__, "s2s_keras.")
    if not module.name.endswith("__main__")
] + ["s2s_keras", "s2s_keras.export"]


@pytest.mark.parametrize("name", MODULES)
def test_all_names_exist_and_every_public_definition_is_named(name: str) -> None:
    module = importlib.import_module(name)
    assert sorted(set(module.__all__)) == sorted(module.__all__)
    for member in module.__all__:
        assert hasattr(module, member)
    defined = {
        member
        for member, value in vars(module).items()
        if not member.startswith("_")
        and getattr(value, "__module__", None) == name
        and callable(value)
    }
    if not name.startswith("s2s_keras.cli."):  # a verb's options are no one else's
        assert defined <= set(module.__all__) | {"Section", "Count", "Share", "Positive"}
