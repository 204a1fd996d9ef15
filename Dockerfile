# One image for web, workers, scheduler and migrations; docker-compose.yml says which does what.
FROM python:3.11-slim

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HEED_HOME=/var/lib/heed

RUN useradd --system --create-home --home-dir /var/lib/heed heed
WORKDIR /opt/heed
COPY requirements/base.txt requirements/base.txt
RUN pip install --no-cache-dir --require-hashes -r requirements/base.txt
COPY . .

# HEED_HOME keeps the keys, so it is a volume: the same one for every container of one installation.
USER heed
VOLUME /var/lib/heed
EXPOSE 8000
CMD ["sh", "-c", "python manage.py collectstatic --no-input --verbosity 0 && exec gunicorn config.wsgi \
  --worker-class gthread --workers 2 --threads 8 --preload --no-control-socket \
  --bind 0.0.0.0:${PORT:-8000}"]
