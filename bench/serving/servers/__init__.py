"""What runs inside the servers' own environments: our handlers, the bare loop, and each peer's.

Nothing here is imported by the bench. A server finds the model in `BENCH_MODEL`, the port in
`BENCH_PORT`, and, where its documentation has it gather requests or start workers by number, those
in `BENCH_BATCH` and `BENCH_WORKERS`.
"""
