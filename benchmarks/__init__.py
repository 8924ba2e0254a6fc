"""How many steps of the join form one process plays a second: `python -m benchmarks`, see docs/benchmarks.md."""
