# A thin face over cargo and xtask: `just` lists what there is.

[private]
default:
    @just --list --unsorted

# Everything in one process, on SQLite: http://127.0.0.1:8000
run *arguments:
    cargo run --release -- {{ arguments }}

# All tests, against private PostgreSQL and Redis servers
test *arguments:
    cargo xtask test {{ arguments }}

# Format and lint
lint:
    cargo fmt --all
    cargo clippy --workspace --all-targets -- -D warnings

# Write openapi/steward.json
openapi:
    cargo xtask openapi

# What a change has to pass
ci:
    .ci/run
