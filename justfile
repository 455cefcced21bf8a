# Shortcuts for cargo and xtask: `just` lists them.

[private]
default:
    @just --list --unsorted

# Run everything in one process, on SQLite: http://127.0.0.1:8000 and :8501
run *arguments:
    cargo run --release -- {{ arguments }}

# Run all tests, against private PostgreSQL and Redis servers
test *arguments:
    cargo xtask test {{ arguments }}

# Run the unit tests of one crate, without servers: `just unit steward-domain`
unit package *arguments:
    cargo test --package {{ package }} --lib {{ arguments }}

# Format and lint
lint:
    cargo fmt --all
    cargo clippy --workspace --all-targets --locked -- -D warnings

# Write openapi/steward.json and docs/configuration.md
generate:
    cargo xtask openapi
    cargo xtask docs

# Check the settings, the database and Redis of this folder's .env
doctor *arguments:
    cargo run --release -- doctor {{ arguments }}

# Run a short benchmark
bench *arguments="--smoke":
    cargo xtask bench {{ arguments }}

# Take the screenshots in docs/screenshots
screenshots:
    cargo xtask screenshots

# Start the stack of the guide
up:
    docker-compose up -d

# Stop the stack; `just down -v` deletes its data
down *arguments:
    docker-compose down {{ arguments }}

# Run all checks that a change must pass
ci:
    .ci/run
