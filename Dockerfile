# Broadsheet in one image: the web process by default, the daemon with `python scheduler_daemon.py`.
# Fonts for files lie in the repository; Chromium draws charts.
FROM python:3.12-slim-bookworm AS packages
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
COPY requirements.txt .
RUN python -m venv /opt/venv && /opt/venv/bin/pip install -r requirements.txt \
    && find /opt/venv -name tests -type d -prune -exec rm -rf {} +

FROM python:3.12-slim-bookworm
RUN apt-get update \
    && apt-get install -y --no-install-recommends chromium tini \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10001 broadsheet \
    && useradd --uid 10001 --gid 10001 --create-home --shell /usr/sbin/nologin broadsheet \
    && install -d -o broadsheet -g broadsheet -m 0700 /data
COPY --from=packages /opt/venv /opt/venv
WORKDIR /app
COPY .streamlit .streamlit
COPY core core
COPY pages pages
COPY app.py scheduler_daemon.py LICENSE ./
# Compiled here, because the container's user may not write into /app.
RUN /opt/venv/bin/python -m compileall -q core pages app.py scheduler_daemon.py
ENV PATH=/opt/venv/bin:$PATH DATA_DIR=/data PORT=8501 LOG_FORMAT=json PYTHONUNBUFFERED=1
USER 10001:10001
VOLUME /data
EXPOSE 8501
# The web process lives; whether database, storage and daemon are fine is what /readyz says, for the proxy.
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request, os; urllib.request.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/healthz', timeout=4)"]
ENTRYPOINT ["tini", "--"]
CMD ["sh", "-c", "exec streamlit run app.py --server.port=$PORT --server.headless=true --browser.serverAddress=localhost"]
