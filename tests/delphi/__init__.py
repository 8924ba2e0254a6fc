"""The Delphi method against published cases and against recomputation by other ways."""
