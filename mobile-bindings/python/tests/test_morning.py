"""The sample in this package's README, as it stands there."""

import asyncio
import re
import secrets
from pathlib import Path


def test_the_sample_of_the_readme_runs(tmp_path, office):
    page = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
    [sample] = re.findall(r"^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    scope, said = {}, []
    exec(compile(sample, "README.md", "exec"), scope)
    key, code = secrets.token_bytes(32), office.code("lin")
    done = scope["morning"](str(tmp_path / "a.doorstep"), key, office.base, code, lambda *words: said.append(words))
    assert asyncio.run(done)
    first = [words[0] for words in said]
    assert "synced" in first and "F01" in first, said
