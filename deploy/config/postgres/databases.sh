#!/bin/sh
# Runs once, while PostgreSQL makes an empty volume its own: one role for the Temporal server, which makes its databases
# itself, and one for Signalbox with the ledger and, apart from it, the sandbox's books. Neither can read the other's tables.
set -eu

temporal="$(cat "${SECRETS:-/run/secrets}/temporal_password")"
signalbox="$(cat "${SECRETS:-/run/secrets}/signalbox_password")"
psql --quiet --no-psqlrc --set ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname postgres \
    --set temporal="$temporal" --set signalbox="$signalbox" <<'SQL'
CREATE ROLE temporal LOGIN CREATEDB PASSWORD :'temporal';
CREATE ROLE signalbox LOGIN PASSWORD :'signalbox';
CREATE DATABASE signalbox OWNER signalbox;
CREATE DATABASE books OWNER signalbox;
REVOKE ALL ON DATABASE signalbox, books FROM PUBLIC;
SQL
