# syntax=docker/dockerfile:1
# One image for the worker and for everything typed at starter.py; what it runs is said where it is run.
# Build it with `make image`, which hands in the version and the commit.
ARG PYTHON_VERSION=3.11.17
ARG UV_VERSION=0.13.9

FROM ghcr.io/astral-sh/uv:${UV_VERSION} AS uv

FROM python:${PYTHON_VERSION}-slim-bookworm AS packages
COPY --from=uv /uv /usr/local/bin/uv
ENV UV_CACHE_DIR=/var/cache/uv \
    UV_COMPILE_BYTECODE=1 \
    UV_LINK_MODE=copy \
    UV_PYTHON_DOWNLOADS=never
COPY requirements.txt /tmp/requirements.txt
RUN --mount=type=cache,target=/var/cache/uv \
    uv venv /opt/venv && \
    uv pip install --python /opt/venv/bin/python --require-hashes --requirement /tmp/requirements.txt

FROM python:${PYTHON_VERSION}-slim-bookworm AS code
WORKDIR /app
COPY . .
RUN python -m compileall -q .

FROM python:${PYTHON_VERSION}-slim-bookworm
ARG VERSION
ARG COMMIT
# A worker's version in the Temporal server: two builds with one id would be one version, so an image without is not built.
RUN test -n "${VERSION}" && test -n "${COMMIT}" || { echo "build with --build-arg VERSION=… --build-arg COMMIT=…"; exit 1; }
LABEL org.opencontainers.image.title="signalbox" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${COMMIT}"

# The home exists, and belongs to the user, so that a new volume put there does too.
RUN groupadd --system --gid 10001 signalbox && \
    useradd --system --uid 10001 --gid 10001 --no-create-home --home-dir /var/lib/signalbox signalbox && \
    install --directory --owner=10001 --group=10001 --mode=0750 /var/lib/signalbox
COPY --from=packages /opt/venv /opt/venv
COPY --from=code /app /app
WORKDIR /app

# Nothing is written outside SIGNALBOX_HOME and /tmp: the root file system may be read-only. LOGNAME is who calls the server
# and signs what is stopped, also where a platform chooses a user that has no name here.
ENV LOGNAME=signalbox \
    PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    SIGNALBOX_BUILD_ID=${VERSION}-${COMMIT} \
    SIGNALBOX_HOME=/var/lib/signalbox \
    SIGNALBOX_OPS_ADDRESS=0.0.0.0:9464
VOLUME /var/lib/signalbox
EXPOSE 9464
USER 10001:10001
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:9464/livez', timeout=4)"]
CMD ["python", "worker.py"]
