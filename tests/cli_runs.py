"""Run commands as a user would and look at what they print."""

import json

from tailwise.cli import run


class Shell:
    """Runs commands in this process; `out` and `err` are what the last one printed."""

    def __init__(self, capsys):
        self._capsys = capsys
        self.out = self.err = ""

    def __call__(self, *arguments, code=0):
        self._capsys.readouterr()
        found = run([str(a) for a in arguments])
        self.out, self.err = self._capsys.readouterr()
        assert found == code, f"{arguments} ended with {found}: {self.err}"
        return self.out

    def json(self, *arguments):
        """Run with --json and return the document; nothing else may be on stdout."""
        return json.loads(self(*arguments, "--json"))
