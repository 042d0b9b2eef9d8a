#!/bin/sh
# Create Temporal's two databases, or bring their tables up to date; what is there already stays. Ends non-zero if either
# cannot be had. Needs temporal-sql-tool (in temporalio/admin-tools), and POSTGRES_SEEDS, POSTGRES_USER and POSTGRES_PWD.
set -eu

: "${POSTGRES_SEEDS:?the host of PostgreSQL}" "${POSTGRES_USER:?who may create databases there}" "${POSTGRES_PWD?}"
export SQL_HOST="$POSTGRES_SEEDS" SQL_PORT="${DB_PORT:-5432}" SQL_USER="$POSTGRES_USER" SQL_PASSWORD="$POSTGRES_PWD"
export SQL_PLUGIN="${DB:-postgres12}"

tables() { # tables DATABASE FOLDER
    temporal-sql-tool --db "$1" create-database
    temporal-sql-tool --db "$1" setup-schema --version 0.0
    temporal-sql-tool --db "$1" update-schema --schema-name "postgresql/v12/$2"
}

tables "${DBNAME:-temporal}" temporal
tables "${VISIBILITY_DBNAME:-temporal_visibility}" visibility
echo "The databases are up to date."
