#!/bin/sh
# Runs once, when the database's volume is new (docs/operations.md has the same for a PostgreSQL of the operating system).
# ops_owner owns the schema and migrates; ops_app is the web's and the worker's role: no right but what migrations grant.
set -eu

psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 \
  --set=owner_password="$OPS_OWNER_PASSWORD" --set=app_password="$OPS_APP_PASSWORD" \
  --username="${POSTGRES_USER:-postgres}" --dbname=postgres <<'SQL'
CREATE ROLE ops_owner LOGIN CREATEDB NOSUPERUSER NOCREATEROLE PASSWORD :'owner_password';
CREATE ROLE ops_app LOGIN NOCREATEDB NOSUPERUSER NOCREATEROLE PASSWORD :'app_password';
CREATE DATABASE ops_platform OWNER ops_owner TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8';
\connect ops_platform
ALTER SCHEMA public OWNER TO ops_owner;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
SQL
