#!/bin/sh
# Runs once, when the database is made: its owner, who migrates, and the app's role, which owns nothing. No superuser.
set -eu
psql -v ON_ERROR_STOP=1 -v owner="$OWNER_PASSWORD" -v app="$APP_PASSWORD" -U postgres -d broadsheet <<'SQL'
CREATE ROLE broadsheet_owner LOGIN PASSWORD :'owner';
CREATE ROLE broadsheet_app LOGIN PASSWORD :'app';
ALTER DATABASE broadsheet OWNER TO broadsheet_owner;
REVOKE ALL ON DATABASE broadsheet FROM PUBLIC;
SQL
