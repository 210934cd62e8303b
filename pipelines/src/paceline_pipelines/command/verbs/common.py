"""What the verbs share: their arguments, the manifest behind them, and how they fail."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NoReturn

import typer

if TYPE_CHECKING:
    from paceline_pipelines.command.document import Document

__all__ = ["Hint", "Imports", "ManifestFile", "fail", "failing", "import_nodes", "open_manifest"]

ManifestFile = Annotated[Path, typer.Argument(metavar="FILE", help="A manifest: .json, .yaml or .yml.")]
Imports = Annotated[
    list[str] | None,
    typer.Option(
        "--import",
        metavar="MODULE",
        help="Python with nodes of your own: a module's name, or a file. A manifest itself imports nothing.",
    ),
]
Hint = Annotated[
    Literal["auto", "python", "numba", "cython", "rust"] | None,
    typer.Option("--runtime-hint", help="The executor, in place of the manifest's own hint."),
]


def fail(sentence: str, status: int = 2) -> NoReturn:
    """Say why, and end."""
    typer.echo(f"paceline: {sentence}", err=True)
    raise typer.Exit(status)


@contextmanager
def failing() -> Iterator[None]:
    """Turn what a person can do something about into one sentence."""
    from paceline.pipeline import BackendUnavailable, NodeError, PipelineError
    from paceline_pipelines.audio_preprocess.errors import PreprocessError
    from paceline_pipelines.command.errors import CommandError

    try:
        yield
    except NodeError as error:
        fail(str(error), 1)
    except (CommandError, PreprocessError, PipelineError, BackendUnavailable) as error:
        fail(str(error))
    except BrokenPipeError:
        sys.stderr.close()  # whoever read our output has enough of it
        raise typer.Exit(141) from None
    except OSError as error:
        fail(f"{error.filename}: {error.strerror}." if error.filename else f"{error}.")


def import_nodes(names: list[str] | None) -> None:
    """Import Python that registers nodes; the person who typed it asks for its code to be run.

    Raises
    ------
    CommandError
        There is no such module, or it raises.
    """
    from importlib import import_module
    from importlib.util import module_from_spec, spec_from_file_location

    from paceline_pipelines.command.errors import CommandError

    for name in names or ():
        try:
            if not name.endswith(".py"):
                import_module(name)
                continue
            path = Path(name)
            path.stat()  # a missing file raises here, with its name
            spec = spec_from_file_location(path.stem, path)
            assert spec is not None  # of a name that ends in .py there is one
            assert spec.loader is not None
            module = sys.modules[path.stem] = module_from_spec(spec)
            spec.loader.exec_module(module)
        except OSError:
            raise
        except Exception as error:
            raise CommandError(f"{name} cannot be imported: {type(error).__name__}: {error}.") from error


def open_manifest(path: Path, imports: list[str] | None) -> "Document":
    """Read a manifest, or tell its mistakes and end."""
    from paceline_pipelines.command.document import read_document
    from paceline_pipelines.command.verbs.telling import mistake_lines

    import_nodes(imports)
    document = read_document(path)
    if document.mistakes:
        typer.echo("\n".join(mistake_lines(document)), err=True)
        fail(f"{path} has {len(document.mistakes)} mistake{'s' * (len(document.mistakes) > 1)}; see above.", 1)
    return document
