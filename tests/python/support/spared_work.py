"""What dbt does anew in every process and for nobody: spared in the processes that tests start.

Nothing here changes what a command computes, prints or returns. A build of the tests takes a third
less with it.
"""

from __future__ import annotations

import hashlib
import marshal
from pathlib import Path
from tempfile import NamedTemporaryFile
from types import CodeType
from typing import Any


def spare_manifest_files() -> None:
    """Write no manifest.json: it takes seconds, and a test that reads it makes it."""
    from dbt.contracts.graph.manifest import Manifest

    Manifest.write = lambda self, path: None


def spare_debug_events() -> None:
    """Drop events of level debug, of which dbt makes thousands, before they are made messages."""
    from dbt_common.events.base_types import EventLevel
    from dbt_common.events.event_manager import EventManager

    fire = EventManager.fire_event

    def fire_what_is_read(self: Any, e: Any, level: Any = None, *rest: Any, **named: Any) -> None:
        if (level or e.level_tag()) != EventLevel.DEBUG:
            fire(self, e, level, *rest, **named)

    EventManager.fire_event = fire_what_is_read


def share_compiled_templates(folder: Path) -> None:
    """Keep compiled Jinja in a folder: the same macros are compiled in every process."""
    from jinja2 import Environment

    compile_anew = Environment.compile

    def compile_once(self: Any, source: Any, *rest: Any, **named: Any) -> CodeType:
        if not isinstance(source, str) or rest or named:
            return compile_anew(self, source, *rest, **named)
        key = hashlib.md5(f"{type(self).__qualname__}\0{source}".encode()).hexdigest()
        kept = folder / key
        try:
            return marshal.loads(kept.read_bytes())
        except FileNotFoundError:
            code = compile_anew(self, source)
            with NamedTemporaryFile(dir=folder, delete=False) as written:
                written.write(marshal.dumps(code))
            Path(written.name).replace(kept)
            return code

    Environment.compile = compile_once


def prepare_schemas() -> None:
    """Make the JSON schemas of dbt's configurations, so that a fork inherits them."""
    from dbt.contracts.graph.model_config import RESOURCE_TYPES

    for config in RESOURCE_TYPES.values():
        config.json_schema()


def prepare_to_read(parse: Path) -> None:
    """Read a parse once: what reads it is made on first use, and a fork inherits it."""
    from dbt.contracts.graph.manifest import Manifest

    Manifest.from_msgpack(parse.read_bytes())
