# Two images from one file: the front end (--target api) and the workers (--target worker).

FROM python:3.12-slim AS base
ENV PATH=/opt/digitq/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONSAFEPATH=1 \
    PYTHONUNBUFFERED=1

FROM base AS build
ENV UV_COMPILE_BYTECODE=1 \
    UV_LINK_MODE=copy \
    UV_NO_CACHE=1 \
    VIRTUAL_ENV=/opt/digitq
WORKDIR /build
COPY requirements/uv.txt requirements/
RUN python -m pip install --no-cache-dir --require-hashes --requirement requirements/uv.txt \
 && uv venv "$VIRTUAL_ENV"

FROM build AS build-api
COPY requirements/api.txt requirements/
RUN uv pip install --require-hashes --requirement requirements/api.txt
COPY . .
RUN uv pip install --no-deps --no-build-isolation .

FROM build AS build-worker
COPY requirements/worker.txt requirements/tensorflow.txt requirements/
RUN uv pip install --require-hashes --requirement requirements/worker.txt
# The images carry no TensorFlow; --build-arg TENSORFLOW=yes adds it, for DIGITQ_ENGINE=tensorflow.
ARG TENSORFLOW=no
RUN if [ "$TENSORFLOW" = yes ]; then uv pip install --require-hashes --requirement requirements/tensorflow.txt; fi
COPY . .
RUN uv pip install --no-deps --no-build-isolation .

FROM base AS service
# The home becomes the volume of the packs: it begins empty.
RUN useradd --system --uid 10001 --user-group --home-dir /var/lib/digitq --create-home --skel /dev/null digitq
ENV DIGITQ_DATA=/var/lib/digitq \
    DIGITQ_MODELS=/models
WORKDIR /var/lib/digitq
COPY models /models
USER digitq
STOPSIGNAL SIGTERM

FROM service AS worker
COPY --from=build-worker /opt/digitq /opt/digitq
# A fresh file is a sign of life; worker/alive.py says of what. DIGITQ_SWEEP_SECONDS must stay below the age it may have.
ENV DIGITQ_ALIVE_FILE=/tmp/digitq-alive
HEALTHCHECK --interval=5s --timeout=10s --start-period=180s --retries=6 CMD test -n "$(find "$DIGITQ_ALIVE_FILE" -mmin -0.5)"
CMD ["python", "-m", "worker"]

FROM service AS api
COPY --from=build-api /opt/digitq /opt/digitq
ENV DIGITQ_HOST=0.0.0.0
EXPOSE 8000
HEALTHCHECK --interval=5s --timeout=10s --start-period=180s --retries=6 \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/readyz', timeout=4)"]
CMD ["python", "-m", "api"]
