# syntax=docker/dockerfile:1

# One image for every service: `steward serve`, or `steward serve --only auth`.

# The image contains the OpenSSL headers, for TLS to PostgreSQL and Redis (features pg-tls, redis-tls).
FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY . .
# The caches outlive the build, so that a change recompiles only the affected crates.
RUN --mount=type=cache,target=/usr/local/cargo/registry,sharing=locked \
    --mount=type=cache,target=/src/target,sharing=locked \
    cargo build --locked --profile dist --package steward --features pg-tls,redis-tls \
    && cp target/dist/steward /usr/local/bin/steward \
    && mkdir --parents /var/lib/steward

FROM debian:bookworm-slim
# Debian keeps one version of each package, so there is none to pin.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates libssl3 \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /usr/local/bin/steward /usr/local/bin/steward
# The folder of an embedded database. With PostgreSQL nothing is written, and the root file system may be read-only.
COPY --from=build --chown=10001:10001 /var/lib/steward /var/lib/steward
WORKDIR /var/lib/steward
USER 10001:10001
# A service on the loopback address would not be reachable from outside the container.
ENV STEWARD_API_ADDR=0.0.0.0:8000 \
    STEWARD_AUTH_ADDR=0.0.0.0:8001 \
    STEWARD_ADMIN_ADDR=0.0.0.0:8002 \
    STEWARD_WORKER_ADDR=0.0.0.0:8003 \
    STEWARD_CONSOLE_ADDR=0.0.0.0:8501
EXPOSE 8000 8001 8002 8003 8501
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["steward", "doctor", "--live"]
ENTRYPOINT ["steward"]
CMD ["serve"]
