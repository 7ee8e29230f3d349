# The program as an image: non-root, read-only, without what built it. docs/image.md says how to build, load and check it.
#
#   docker build --build-arg VERSION=v1 --build-arg REVISION="$(git rev-parse HEAD)" -t promoter-view:v1 .
#
# The Python that the tests run with. A release names it by digest too: PYTHON_IMAGE=python:3.11-slim-bookworm@sha256:...
ARG PYTHON_IMAGE=python:3.11-slim-bookworm

FROM ${PYTHON_IMAGE} AS build
ENV PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_ROOT_USER_ACTION=ignore \
    SOURCE_DATE_EPOCH=1577836800
WORKDIR /build
# One environment builds and one runs: the second has neither pip nor setuptools. Nothing but wheels, each by its hash.
RUN python3 -m venv --without-pip /opt/promoter-view && python3 -m venv tools
COPY requirements.txt requirements-image.txt ./
RUN tools/bin/pip install --require-hashes --only-binary :all: -r requirements-image.txt && \
    tools/bin/pip --python /opt/promoter-view/bin/python3 install --no-compile \
    --require-hashes --only-binary :all: -r requirements.txt
COPY pyproject.toml setup.cfg README.md LICENSE ./
COPY promoter_view promoter_view
COPY twisted twisted
RUN tools/bin/pip wheel --no-deps --no-index --no-build-isolation --wheel-dir wheel . && \
    tools/bin/pip --python /opt/promoter-view/bin/python3 install --no-compile --no-deps --no-index wheel/*.whl
COPY deploy/image/finish.py ./
RUN /opt/promoter-view/bin/python3 finish.py /opt/promoter-view && mkdir -p state/promoter-view

FROM ${PYTHON_IMAGE}
ARG VERSION=dev
ARG REVISION=unknown
LABEL org.opencontainers.image.title="promoter-view" \
      org.opencontainers.image.description="Kubernetes watch streams as an event log, served as a resumable aggregated API and a dashboard" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
ENV PATH=/opt/promoter-view/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
COPY --from=build /opt/promoter-view /opt/promoter-view
# What the options' defaults write (log, self-signed certificate) goes here: mount a volume on it.
COPY --from=build --chown=65532:65532 /build/state /var/lib
WORKDIR /var/lib/promoter-view
# Numeric, so that runAsNonRoot can be checked without looking into the image.
USER 65532:65532
EXPOSE 6443 8080
STOPSIGNAL SIGTERM
# twistd is process 1: it handles TERM. No pid file: one that a killed container left would name process 1, and so
# stop each start after it. There is no HEALTHCHECK: the kubelet's probes ask /livez and /readyz.
ENTRYPOINT ["/opt/promoter-view/bin/twistd", "-n", "--pidfile=", "promoter-view"]
