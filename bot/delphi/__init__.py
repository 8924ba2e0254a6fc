"""The Delphi method: pure functions over numpy arrays, and what they may not compute they refuse with a reason.

docs/delphi.md has the conventions. Nothing here reads, writes, waits or knows the chat; only `command` touches files.
"""
