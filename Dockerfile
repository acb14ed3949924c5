# The sandbox in a container: `docker build --tag returns-sandbox .`, or `docker compose up` with compose.yaml.
# Everything that is installed is in requirements.lock, and its hash is checked.

FROM python:3.11.13-slim-bookworm@sha256:86adf8dbadc3d6e82ee5dd2c74bec2e1c2467cdad47886280501df722372d2e1 AS build
WORKDIR /build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 UV_NO_CACHE=1
COPY requirements.lock ./
RUN python -m venv /tools && /tools/bin/pip install --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY openapi openapi
COPY connector connector
COPY mock_server mock_server
RUN /tools/bin/python -m build --no-isolation --wheel --outdir dist \
    && python -m venv --without-pip /opt/returns \
    && /tools/bin/uv pip install --python /opt/returns/bin/python --compile-bytecode \
        --constraints requirements.lock "$(ls dist/*.whl)[hub]"

FROM python:3.11.13-slim-bookworm@sha256:86adf8dbadc3d6e82ee5dd2c74bec2e1c2467cdad47886280501df722372d2e1
LABEL org.opencontainers.image.title="returns-connector" \
      org.opencontainers.image.description="A sandbox that behaves like five returns services, and the hub." \
      org.opencontainers.image.licenses="MIT"
COPY --from=build /opt/returns /opt/returns
RUN useradd --system --uid 10001 --user-group --no-create-home --home-dir /data --shell /usr/sbin/nologin returns \
    && install --directory --owner=returns --group=returns --mode=0700 /data
ENV PATH="/opt/returns/bin:$PATH" \
    PYTHONUNBUFFERED=1 \
    RETURNS_HOST=0.0.0.0 \
    RETURNS_DATABASE=sqlite:////data/sandbox.sqlite3
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 4010
# Exit code 3: the sandbox works, and requires a control token that is not in RETURNS_CONTROL_TOKEN.
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s --start-interval=1s --retries=3 \
    CMD ["/bin/sh", "-c", "returns sandbox health >/dev/null || [ $? -eq 3 ]"]
ENTRYPOINT ["returns"]
CMD ["serve"]
