"""The logins that may come in by key. Standard library only: what asks for keys starts often."""

from __future__ import annotations

import re

SAFE_LOGIN = re.compile(r"\w[\w.@+-]{0,63}")
"""The name is a word of a command that a shell reads: nothing in it may mean more to one."""
