# The image of web, worker, beat and migrate: run packages only, an unprivileged user, assets inside, no network at start.

FROM node:22-slim AS browser-packages
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts --no-audit --no-fund

FROM python:3.11-slim AS python-packages
COPY requirements/run.txt /build/run.txt
RUN python -m venv /opt/venv \
 && /opt/venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r /build/run.txt

FROM python-packages AS assets
WORKDIR /srv/ops-platform
COPY . .
COPY --from=browser-packages /build/node_modules node_modules
# collectstatic asks for no secret and no database; the values below only satisfy the settings and stay in this stage.
RUN python tools/browser_assets.py \
 && SECRET_KEY=build ALLOWED_HOSTS=build DATABASE_URL=postgresql://build/build REDIS_URL=redis://build \
    STATIC_ROOT=/srv/static DJANGO_SETTINGS_MODULE=ops_platform.settings.production \
    /opt/venv/bin/python manage.py collectstatic --no-input

FROM python:3.11-slim
RUN useradd --system --uid 10001 --home-dir /var/lib/ops-platform --create-home ops-platform \
 && install --directory --owner=ops-platform /var/lib/ops-platform/audit-heads
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=ops_platform.settings.production \
    STATE_DIR=/var/lib/ops-platform \
    STATIC_ROOT=/srv/static
WORKDIR /srv/ops-platform
COPY --from=python-packages /opt/venv /opt/venv
COPY --from=assets /srv/static /srv/static
COPY . .
USER ops-platform
EXPOSE 8000
# The number of processes is WEB_CONCURRENCY, which gunicorn reads itself.
CMD ["gunicorn", "ops_platform.wsgi", "--bind", "0.0.0.0:8000", "--worker-class", "gthread", "--threads", "4", \
     "--timeout", "120", "--worker-tmp-dir", "/dev/shm", "--no-control-socket", "--access-logfile", "-"]
