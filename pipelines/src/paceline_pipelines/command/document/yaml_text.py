"""YAML with the place of every part: plain data without tags, anchors and aliases, as manifests are."""

from typing import Any

from paceline_pipelines.command.document.places import DocumentError, Lines, Parsed, child

__all__ = ["parse_yaml"]


def parse_yaml(text: str) -> Parsed:
    """Read YAML; after an error of its grammar nothing more is read.

    Raises
    ------
    ModuleNotFoundError
        PyYAML is not installed.
    """
    import yaml

    reader = _Reader(text.removeprefix("\ufeff"), getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    try:
        reader.read()
    except yaml.reader.ReaderError as error:
        found = yaml.reader.Reader.NON_PRINTABLE.search(reader.text)
        character = f"U+{ord(found[0]):04X}" if found else str(error.character)
        reader.refuse(f"The character {character} is not accepted in YAML.", found.start() if found else 0)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        sentence = " ".join(filter(None, ("This is no valid YAML:", error.context, error.problem)))
        at = mark.index if mark else 0
        tab = " YAML is indented by spaces, not by tabs." if reader.text[at : at + 1] == "\t" else ""
        reader.refuse(f"{sentence}.{tab}", at)
    except (yaml.YAMLError, RecursionError) as error:
        reader.refuse(f"This is no valid YAML: {' '.join(str(error).split())}.", 0)
    return reader.parsed


class _Reader:
    def __init__(self, text: str, loader_type: Any) -> None:
        self.text, self.loader_type = text, loader_type
        self.place = Lines(text).place
        self.parsed = Parsed()

    def refuse(self, sentence: str, at: int) -> None:
        self.parsed.errors.append(DocumentError(sentence, self.place(at)))

    def read(self) -> None:
        import yaml

        for event in yaml.parse(self.text, Loader=self.loader_type):
            if isinstance(event, yaml.AliasEvent) and event.start_mark is not None:
                sentence = f"The manifest has the alias *{event.anchor}; accepted is YAML without aliases."
                self.refuse(sentence, event.start_mark.index)
        if self.parsed.errors:
            return
        loader = self.loader_type(self.text)
        try:
            root = loader.get_single_node()
            scalars = self._walk(root, "") if root is not None else []
            try:
                self.parsed.data = loader.construct_document(root) if root is not None else None
            except (ValueError, OverflowError):  # a date that is none, a number too long: they do not say where
                for scalar in scalars:
                    try:
                        self.loader_type("").construct_document(scalar)
                    except (ValueError, OverflowError) as error:
                        self.refuse(f"The value {scalar.value!r} cannot be read: {error}.", scalar.start_mark.index)
        finally:
            loader.dispose()

    def _walk(self, root: Any, path: str) -> list[Any]:
        """Note where each part of a tree of nodes begins; return its scalars."""
        import yaml

        stack, scalars = [(root, path)], []
        while stack:
            node, path = stack.pop()
            self.parsed.values[path] = self.place(node.start_mark.index)
            if isinstance(node, yaml.SequenceNode):
                stack += [(each, child(path, number)) for number, each in enumerate(node.value)][::-1]
            elif isinstance(node, yaml.MappingNode):
                seen, inner = set(), []
                for key, value in node.value:
                    name = key.value if isinstance(key, yaml.ScalarNode) else "?"
                    if (key.tag, name) in seen and name != "?":
                        sentence = f"The key {name!r} stands here for the second time; accepted is once."
                        self.refuse(sentence, key.start_mark.index)
                    seen.add((key.tag, name))
                    self.parsed.keys[child(path, name)] = self.place(key.start_mark.index)
                    inner.append((value, child(path, name)))
                stack += inner[::-1]  # in the order of the text: of two with one key the last counts
            else:
                scalars.append(node)
        return scalars
