FROM python:3.13-slim AS build
WORKDIR /attune
COPY requirements.txt .
RUN python -m venv .venv && .venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.txt

FROM python:3.13-slim
# Nobody in particular: the server needs no rights of its own.
RUN useradd --system --uid 10001 --no-create-home attune
WORKDIR /attune
COPY --from=build /attune/.venv .venv
COPY . .
RUN mkdir -p data && chown attune data
USER attune
ENV PATH=/attune/.venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
EXPOSE 8501
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://localhost:8501/health', timeout=8)"]
# Listens for the proxy; without [auth] in the mounted secrets it ends with a sentence instead.
CMD ["streamlit", "run", "serve.py", "--server.headless", "true", "--server.address", "0.0.0.0", "--server.port", "8501"]
