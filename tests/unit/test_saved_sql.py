"""Saved SQL: what reads tables may run; what writes, reaches out, looks inside or hides something may not."""

import pytest

from core.errors import InvalidDataset
from core.query.relation.saved_sql import MAX_CHARACTERS, check_sql

ENGINES = ("duckdb", "postgres", "mysql", "clickhouse")

ALLOWED = [
    "SELECT 1 AS one",
    "select country, sum(amount) from orders group by country having sum(amount) > 10",
    "SELECT o.*, c.name FROM orders o LEFT JOIN crm.customers AS c ON o.customer_id = c.id WHERE c.name LIKE 'a%'",
    "WITH recent AS (SELECT * FROM orders WHERE at >= '2026-01-01') SELECT count(*) AS n FROM recent",
    "SELECT a FROM x UNION ALL SELECT a FROM y ORDER BY a LIMIT 5",
    "SELECT CASE WHEN a IS NULL THEN 0 ELSE coalesce(b, 1) END AS c FROM t WHERE a IN (SELECT a FROM u)",
    "SELECT row_number() OVER (PARTITION BY a ORDER BY b) AS n FROM t",
    "(SELECT a FROM t)",
    "SELECT cast(a AS decimal(10, 2)) AS a, upper(b) AS b, extract(year FROM c) AS y FROM t",
    "SELECT 'drop table; -- /* not a comment */' AS words FROM t",
    "SELECT * FROM (SELECT a FROM t) AS inner_rows",
    "SELECT count(DISTINCT a), avg(b), round(b, 2), concat(a, 'x'), substring(a, 1, 2) FROM t GROUP BY a, b",
    "SELECT EXISTS (SELECT 1 FROM u WHERE u.a = t.a) AS has, t.a BETWEEN 1 AND 2 AS is_between FROM t",
]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("sql", ALLOWED)
def test_a_question_about_tables_runs_as_it_was_written(sql: str, engine: str) -> None:
    assert check_sql(sql, engine) == sql


ON_ONE_ENGINE_ALLOWED = [
    ("duckdb", "SELECT list_contains([1, 2], a), strftime(at, '%Y') FROM t"),
    ("duckdb", "FROM t SELECT a"),
    ("duckdb", "SELECT * EXCLUDE (a) FROM t"),
    ("duckdb", "SELECT * FROM generate_series(1, 3) AS g(n)"),
    ("postgres", "SELECT a::text, data->>'key' AS k, date_trunc('month', at) FROM t"),
    ("postgres", "SELECT DISTINCT ON (a) a, b FROM t ORDER BY a, b DESC"),
    ("postgres", "SELECT x.n FROM t, LATERAL (SELECT count(*) AS n FROM u WHERE u.a = t.a) AS x"),
    ("postgres", "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY a) FILTER (WHERE b) FROM t"),
    ("postgres", "SELECT a::region, b::reg FROM t"),
    ("clickhouse", "SELECT a IN (1, 2), b IN (SELECT c FROM u), t.d IN u FROM t"),
    ("mysql", "SELECT `a`, ifnull(b, 0), date_format(at, '%Y-%m') FROM `shop`.`orders`"),
    ("mysql", "SELECT 5--3"),
    ("mysql", "SELECT group_concat(a SEPARATOR ', ') FROM t GROUP BY b"),
    ("clickhouse", "SELECT uniqExact(a), quantile(0.9)(b), toStartOfMonth(at), countIf(b) FROM t FINAL GROUP BY at"),
]


@pytest.mark.parametrize(("engine", "sql"), ON_ONE_ENGINE_ALLOWED)
def test_an_engines_own_words_are_known(engine: str, sql: str) -> None:
    assert check_sql(sql, engine) == sql


REFUSED_EVERYWHERE = [
    "",
    ";",
    "-- nothing",
    "SELECT 1; SELECT 2",
    "SELECT 1; DROP TABLE orders",
    "INSERT INTO orders VALUES (1)",
    "UPDATE orders SET a = 1",
    "DELETE FROM orders",
    "DROP TABLE orders",
    "CREATE TABLE x AS SELECT 1",
    "ALTER TABLE orders ADD COLUMN x INT",
    "TRUNCATE TABLE orders",
    "SET x = 1",
    "BEGIN",
    "COMMIT",
    "EXPLAIN SELECT 1",
    "CALL pay(1)",
    "GRANT SELECT ON orders TO eve",
    "WITH gone AS (DELETE FROM orders RETURNING *) SELECT * FROM gone",
    "SELECT * INTO copy FROM orders",
    "SELECT * FROM orders FOR UPDATE",
    "SELECT * FROM information_schema.tables",
    "SELECT * FROM INFORMATION_SCHEMA.tables",
    'SELECT * FROM "information_schema"."tables"',
    "SELECT (SELECT count(*) FROM information_schema.tables) AS n",
    "SELECT * FROM unheard_of('x')",
    "SELECT unheard_of(a) FROM t",
    "SELECT evil.lower(a) FROM t",
    "SELECT * FROM t WHERE a = ?",
    "SELECT * FROM t WHERE a = :name",
    "SELECT 1) AS x, (SELECT 2",
    "SELECT 1 FROM (SELECT 1",
    "SELECT " + "(" * 200 + "1" + ")" * 200,
    "SELECT " + "- " * 20_000 + "1",
    "SELECT a\x00 FROM t",
    "SELECT a\u200b FROM t",
    "SELECT a\u2028FROM t",
    "SELECT '" + "x" * MAX_CHARACTERS + "'",
    "SELECT 'a\\' OR 1=1 -- '",
]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("sql", REFUSED_EVERYWHERE, ids=lambda sql: sql[:40].encode("ascii", "replace").decode())
def test_whatever_does_more_than_read_tables_is_refused(sql: str, engine: str) -> None:
    with pytest.raises(InvalidDataset) as refused:
        check_sql(sql, engine)
    assert refused.value.place == "origin.sql"


REFUSED = [
    # Files, networks and other servers.
    ("duckdb", "SELECT * FROM 'data.csv'"),
    ("duckdb", "SELECT * FROM '/etc/passwd'"),
    ("duckdb", 'SELECT * FROM "https://example.com/x.parquet"'),
    ("duckdb", 'SELECT * FROM "s3://bucket/x"'),
    ("duckdb", "SELECT * FROM data.csv"),
    ("duckdb", 'SELECT * FROM "Data.PARQUET"'),
    ("duckdb", "SELECT * FROM read_csv('a.csv')"),
    ("duckdb", "SELECT * FROM read_csv_auto('a.csv')"),
    ("duckdb", "SELECT * FROM read_parquet(['a', 'b'])"),
    ("duckdb", "SELECT * FROM read_json('a')"),
    ("duckdb", "SELECT * FROM read_text('/etc/passwd')"),
    ("duckdb", "FROM read_blob('/etc/shadow')"),
    ("duckdb", "SELECT * FROM glob('/etc/*')"),
    ("duckdb", "SELECT * FROM sniff_csv('a')"),
    ("duckdb", "SELECT * FROM parquet_metadata('a')"),
    ("duckdb", "SELECT * FROM query('DROP TABLE orders')"),
    ("duckdb", "SELECT * FROM query_table('orders')"),
    ("duckdb", "SELECT * FROM postgres_scan('host=x', 'public', 't')"),
    ("duckdb", "SELECT * FROM sqlite_scan('a.db', 't')"),
    ("duckdb", "SELECT getenv('SECRET_KEY')"),
    ("duckdb", "SELECT 'SECRET_KEY'.getenv()"),
    ("duckdb", "SELECT getvariable('x')"),
    ("duckdb", "SELECT current_setting('home_directory')"),
    ("duckdb", "SELECT * FROM duckdb_settings()"),
    ("duckdb", "SELECT * FROM duckdb_secrets()"),
    ("duckdb", "SELECT * FROM duckdb_tables"),
    ("duckdb", "SELECT * FROM sqlite_master"),
    ("duckdb", "SELECT * FROM pragma_table_info('orders')"),
    ("duckdb", "SELECT nextval('serial')"),
    ("duckdb", "PRAGMA database_list"),
    ("duckdb", "ATTACH 'x.db'"),
    ("duckdb", "COPY orders TO 'x.csv'"),
    ("duckdb", "EXPORT DATABASE 'x'"),
    ("duckdb", "INSTALL httpfs"),
    ("duckdb", "LOAD httpfs"),
    ("duckdb", "SUMMARIZE orders"),
    ("duckdb", "DESCRIBE orders"),
    ("duckdb", "SELECT $1"),
    ("duckdb", "SELECT $name"),
    ("duckdb", "SELECT * FROM t USING SAMPLE 10%"),
    ("postgres", "SELECT pg_read_file('/etc/passwd')"),
    ("postgres", "SELECT pg_catalog.pg_read_file('/etc/passwd')"),
    ("postgres", "SELECT \"pg_read_file\"('/etc/passwd')"),
    ("postgres", "SELECT PG_SLEEP(100)"),
    ("postgres", "SELECT pg_sleep/**/(100)"),
    ("postgres", "SELECT pg_terminate_backend(1)"),
    ("postgres", "SELECT lo_import('/etc/passwd')"),
    ("postgres", "SELECT * FROM dblink('host=x', 'SELECT 1') AS t(a int)"),
    ("postgres", "SELECT * FROM ROWS FROM (pg_ls_dir('/')) AS x"),
    ("postgres", "SELECT * FROM t, LATERAL pg_ls_dir('/') AS x"),
    ("postgres", "SELECT query_to_xml('DELETE FROM orders', true, true, '')"),
    ("postgres", "SELECT set_config('role', 'admin', false)"),
    ("postgres", "SELECT current_setting('data_directory')"),
    ("postgres", "SELECT nextval('orders_id_seq')"),
    ("postgres", "SELECT txid_current()"),
    ("postgres", "SELECT * FROM pg_catalog.pg_authid"),
    ("postgres", "SELECT * FROM pg_shadow"),
    ("postgres", "TABLE pg_shadow"),
    ("postgres", "SELECT (SELECT passwd FROM Pg_Shadow LIMIT 1)"),
    ("postgres", "SELECT * FROM t FOR SHARE"),
    ("postgres", "SELECT * INTO TEMP x FROM t"),
    ("postgres", "COPY t TO PROGRAM 'sh'"),
    ("postgres", "DO $$ BEGIN END $$"),
    ("postgres", "SELECT $$x$$"),
    ("postgres", "SELECT $tag$ FROM x $tag$"),
    ("postgres", "SELECT E'a\\'b'"),
    ("postgres", "LISTEN x"),
    ("postgres", "SHOW ALL"),
    ("postgres", "SELECT $1"),
    ("postgres", "SELECT * FROM t TABLESAMPLE SYSTEM (1)"),
    ("mysql", "SELECT LOAD_FILE('/etc/passwd')"),
    ("mysql", "SELECT load_file ('/etc/passwd')"),
    ("mysql", "SELECT 1 INTO OUTFILE '/tmp/x'"),
    ("mysql", "SELECT 1 INTO DUMPFILE '/tmp/x'"),
    ("mysql", "SELECT 1 INTO @x"),
    ("mysql", "SELECT SLEEP(100)"),
    ("mysql", "SELECT BENCHMARK(1000000000, md5('x'))"),
    ("mysql", "SELECT GET_LOCK('x', 100)"),
    ("mysql", "SELECT @x := 1"),
    ("mysql", "SELECT @@version"),
    ("mysql", "SELECT @@global.secure_file_priv"),
    ("mysql", "SELECT NEXT VALUE FOR serial"),
    ("mysql", "SELECT NEXTVAL(serial)"),
    ("mysql", "SELECT sys_exec('id')"),
    ("mysql", "SELECT * FROM mysql.user"),
    ("mysql", "SELECT * FROM `mysql`.`user`"),
    ("mysql", "SELECT * FROM performance_schema.threads"),
    ("mysql", "SELECT * FROM sys.session"),
    ("mysql", "SELECT 1 /*! INTO OUTFILE '/tmp/x' */"),
    ("mysql", "SELECT 1 /*!50000 UNION SELECT 2 */"),
    ("mysql", "SELECT 1 /*M! UNION SELECT 2 */"),
    ("mysql", "SELECT 1 -- x\n /*! UNION SELECT 2 */"),
    ("mysql", "SELECT /*+ SET_VAR(max_execution_time = 0) */ 1"),
    ("mysql", "SELECT * FROM t LOCK IN SHARE MODE"),
    ("mysql", "SELECT * FROM t PROCEDURE analyse()"),
    ("mysql", "HANDLER t OPEN"),
    ("mysql", "SHOW TABLES"),
    ("mysql", "LOAD DATA INFILE 'x' INTO TABLE t"),
    ("mysql", "SELECT 'a\\' UNION SELECT load_file(0x2f) -- '"),
    ("mysql", 'SELECT "a\\" UNION SELECT 1 -- "'),
    ("clickhouse", "SELECT * FROM url('http://x', CSV)"),
    ("clickhouse", "SELECT * FROM file('/etc/passwd')"),
    ("clickhouse", "SELECT file('/etc/passwd')"),
    ("clickhouse", "SELECT * FROM s3('http://x')"),
    ("clickhouse", "SELECT * FROM remote('10.0.0.1', db, t)"),
    ("clickhouse", "SELECT * FROM remoteSecure('10.0.0.1', db, t)"),
    ("clickhouse", "SELECT * FROM mysql('h', 'd', 't', 'u', 'p')"),
    ("clickhouse", "SELECT * FROM postgresql('h', 'd', 't', 'u', 'p')"),
    ("clickhouse", "SELECT * FROM cluster('c', db, t)"),
    ("clickhouse", "SELECT * FROM executable('x.sh', CSV, 'a Int8')"),
    ("clickhouse", "SELECT * FROM merge('system', '.*')"),
    ("clickhouse", "SELECT * FROM numbers(10)"),
    ("clickhouse", "SELECT * FROM input('a Int8')"),
    ("clickhouse", "SELECT * FROM view(SELECT 1)"),
    ("clickhouse", "SELECT dictGet('d', 'a', 1)"),
    ("clickhouse", "SELECT joinGet('d', 'a', 1)"),
    ("clickhouse", "SELECT sleep(3)"),
    ("clickhouse", "SELECT sleepEachRow(3) FROM t"),
    ("clickhouse", "SELECT getSetting('x')"),
    ("clickhouse", "SELECT hostName()"),
    ("clickhouse", "SELECT catboostEvaluate('/x', 1)"),
    ("clickhouse", "SELECT * FROM system.users"),
    ("clickhouse", "SELECT * FROM `system`.`users`"),
    ("clickhouse", "SELECT * FROM t SETTINGS max_execution_time = 0"),
    ("clickhouse", "SELECT * FROM (SELECT 1 SETTINGS readonly = 0)"),
    ("clickhouse", "SELECT * FROM t FORMAT CSV"),
    ("clickhouse", "SELECT * FROM t INTO OUTFILE '/tmp/x'"),
    ("clickhouse", "SELECT {x:UInt8}"),
    ("clickhouse", "SELECT 'a\\' OR 1 = 1 -- '"),
    ("clickhouse", "SELECT * FROM t SAMPLE 0.1"),
    ("clickhouse", "KILL QUERY WHERE 1"),
    # Where ClickHouse reads a table although the parser sees a column.
    ("clickhouse", "SELECT 'eve' IN system.users"),
    ("clickhouse", "SELECT a NOT IN (System.users) FROM t"),
    ("clickhouse", "SELECT a GLOBAL IN `system`.`users` FROM t"),
    ("clickhouse", "SELECT notIn(a, system.users) FROM t"),
    # Where the parser sees a table although it is a function or a statement.
    ("clickhouse", "SELECT * FROM dictionary('x')"),
    ("duckdb", "SELECT * FROM (SHOW TABLES)"),
    ("duckdb", "SELECT * FROM (SHOW DATABASES)"),
    ("postgres", "SELECT 1259::regclass::text"),
    ("postgres", "SELECT CAST('x' AS pg_catalog.regrole)"),
    ("postgres", "SELECT 1 OPERATOR(evil.+) 2"),
    # What makes the parser stumble.
    ("clickhouse", "SELECT map('a', 'b', 1)"),
    ("clickhouse", "SELECT xor()"),
    ("clickhouse", "SELECT * FROM values()"),
    ("clickhouse", "OPTIMIZE TABLE t"),
]


@pytest.mark.parametrize(("engine", "sql"), REFUSED)
def test_an_engines_ways_out_are_shut(engine: str, sql: str) -> None:
    with pytest.raises(InvalidDataset):
        check_sql(sql, engine)


@pytest.mark.parametrize("engine", ENGINES)
def test_comments_do_not_reach_the_engine(engine: str) -> None:
    sql = "-- first\nSELECT a, -- the a\n  b /* and; /* b */\nFROM t -- last"
    if engine in ("duckdb", "postgres", "clickhouse"):
        sql = sql.replace("/* and; /* b */", "/* and; /* nested */ b */")
    assert check_sql(sql, engine) == "SELECT a,\nb\nFROM t"


def test_a_comment_at_the_end_cannot_swallow_what_follows() -> None:
    assert check_sql("SELECT a FROM t --", "postgres") == "SELECT a FROM t"
    assert check_sql("SELECT a FROM t ; -- done", "duckdb") == "SELECT a FROM t"
    assert check_sql("SELECT a FROM t;;", "duckdb") == "SELECT a FROM t"


def test_blanks_that_engines_read_differently_become_plain_ones() -> None:
    assert check_sql("SELECT\ta\r\nFROM t", "mysql") == "SELECT a\nFROM t"


def test_texts_keep_every_character() -> None:
    assert check_sql("SELECT 'a  --b', 'it''s', 'back\\slash'", "postgres") == "SELECT 'a  --b', 'it''s', 'back\\slash'"


def test_a_source_without_saved_sql_takes_none() -> None:
    with pytest.raises(InvalidDataset, match="runs no saved SQL"):
        check_sql("SELECT 1", "")
