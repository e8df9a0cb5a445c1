"""The field's protobuf messages for Python, generated from proto/ by protoc when first used."""
import base64
import importlib
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
KIND_REPORT = 16
KIND_EVENT = 21
KIND_VERDICT = 22
HEADER_SIZE = 160

_modules = {}


def load(name):
    """The module of proto/NAME.proto."""
    if name not in _modules:
        folder = tempfile.TemporaryDirectory(prefix="nganam-proto-")
        subprocess.run(
            [
                "protoc",
                f"--proto_path={ROOT / 'proto'}",
                f"--python_out={folder.name}",
                f"{name}.proto",
            ],
            check=True,
        )
        sys.path.insert(0, folder.name)
        _modules[name] = (importlib.import_module(f"{name}_pb2"), folder)
    return _modules[name][0]


def acts(stage, index):
    """The acts of the statement at an index of the log."""
    shown = stage.broker("log", "show", index, "--json").json()
    message = load("par").Acts()
    message.ParseFromString(base64.b64decode(shown["payload"]))
    return message.acts


def verdicts(stage, index):
    return [act.verdict for act in acts(stage, index) if act.WhichOneof("act") == "verdict"]
