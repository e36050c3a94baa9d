"""What saved SQL may be made of: lists only, of everything known to be harmless on every engine."""

import re

from sqlglot import exp

#: Comments that MySQL and MariaDB run.
EXECUTED_COMMENTS = ("/*!", "/*M!")

#: Kinds of parts. Whatever the parser makes of a text that is none of these is refused.
HARMLESS_NODES = (
    exp.Select,
    exp.SetOperation,
    exp.Subquery,
    exp.With,
    exp.CTE,
    exp.From,
    exp.Table,
    exp.TableAlias,
    exp.Values,
    exp.Lateral,
    exp.Final,
    exp.Join,
    exp.Where,
    exp.Group,
    exp.GroupingSets,
    exp.Cube,
    exp.Rollup,
    exp.Having,
    exp.Qualify,
    exp.Order,
    exp.Ordered,
    exp.Limit,
    exp.Fetch,
    exp.Offset,
    exp.Distinct,
    exp.Window,
    exp.WindowSpec,
    exp.Column,
    exp.Identifier,
    exp.Literal,
    exp.National,
    exp.Boolean,
    exp.Null,
    exp.Star,
    exp.Except,
    exp.Alias,
    exp.Aliases,
    exp.Paren,
    exp.Tuple,
    exp.Interval,
    exp.IntervalSpan,
    exp.IntervalOp,
    exp.Var,
    exp.DataType,
    exp.DataTypeParam,
    exp.ColumnDef,
    exp.Binary,
    exp.Unary,
    exp.Predicate,
    exp.Func,
    exp.Bracket,
    exp.Slice,
    exp.Filter,
    exp.WithinGroup,
    exp.IgnoreNulls,
    exp.RespectNulls,
    exp.Lambda,
    exp.AtTimeZone,
    exp.Between,
    exp.In,
    exp.Escape,
    exp.ParseJSON,
    exp.JSONPath,
    exp.JSONPathPart,
    exp.ByteString,
    exp.HexString,
)

#: Of those, what is not: assignments, files, sequences that move on when they are read, names looked up in the engine's
#: own tables, operators that somebody else made.
REFUSED_NODES = (
    exp.PropertyEQ,
    exp.NextValueFor,
    exp.ReadCSV,
    exp.ReadParquet,
    exp.ToFile,
    exp.Pragma,
    exp.ObjectIdentifier,
    exp.Operator,
)

_QUERY_TAIL = frozenset(
    {"with_", "joins", "laterals", "where", "group", "having", "qualify", "order", "limit", "offset"}
)
#: What parts that take clauses may have; INTO, FOR UPDATE, SETTINGS, FORMAT, SAMPLE and the like are no members.
HARMLESS_PARTS: dict[type[exp.Expression], frozenset[str]] = {
    exp.Select: _QUERY_TAIL | {"expressions", "from_", "distinct", "windows"},
    exp.SetOperation: _QUERY_TAIL | {"this", "expression", "distinct", "by_name", "side", "kind", "on"},
    exp.Subquery: _QUERY_TAIL | {"this", "alias"},
    exp.Table: frozenset({"this", "db", "catalog", "alias", "joins", "laterals", "ordinality"}),
}

#: What may stand where a table stands: rows made of nothing but numbers and dates.
TABLE_FUNCTIONS = (exp.GenerateSeries, exp.ExplodingGenerateSeries)

#: Schemas and databases of the engines themselves.
SYSTEM_SCHEMAS = frozenset(
    {"information_schema", "performance_schema", "mysql", "sys", "system", "temp", "pg_catalog", "pg_toast"}
)
SYSTEM_PREFIXES = ("pg_", "duckdb_", "pragma_", "sqlite_", "_temporary_and_external_tables")
SYSTEM_NAMES = frozenset({"sqlite_master", "sqlite_schema"})
SYSTEM_TYPES = re.compile(
    r"\breg(class|proc|procedure|oper|operator|type|role|namespace|config|dictionary|collation)\b", re.IGNORECASE
)
#: DuckDB takes these for tables in parentheses: `FROM (SHOW TABLES)`.
STATEMENT_WORDS = frozenset({"show", "describe", "desc", "summarize"})

#: DuckDB reads a file where a table's name looks like one.
FILE_NAME = re.compile(
    r"[/\\*?:]|\.(csv|tsv|txt|json|jsonl|ndjson|parquet|xlsx?|arrow|feather|ipc|avro|orc|gz|zst|bz2|zip|db|duckdb|sqlite)$"
)

#: Functions that the parser knows, and that reach further than their arguments.
REFUSED_FUNCTIONS = re.compile(r"read_|to_file|next_value|a_?i_|m_?l_|predict|generate_embedding|secret|vector_search")

_PURE = """
    abs adddate adddays addhours addminutes addmonths addquarters addseconds addtime addweeks
    addyears age and any anyheavy anyif anylast approx_quantile arg_max arg_min argmax argmin
    array_agg array_length array_to_string arrayelement arrayexists arrayjoin asin assumenotnull
    avg avgif bar bin bit_length bitand bitor bitxor bool_and bool_or bool_xor btrim cbrt century
    char_length coalesce concat concat_ws convert_tz corr cosinedistance count countdistinct
    countif covar_pop crc32 current_date cutquerystring date_add date_bin date_diff date_format
    date_part date_sub dateadd datediff datename datepart datesub datetime dayname dayofmonth
    dayofweek dayofyear daysbetween decade degrees div divide domain empty ends_with endswith epoch
    epoch_ms equals every exact_count extract extractall factorial field find_in_set first
    firstvalue format formatdatetime formatreadablequantity formatreadablesize from_days
    from_unixtime fromunixtimestamp gcd greatest grouparray grouping groupuniqarray hamming hash
    hex histogram ifnotfinite ifnull ilike in initcap instr intdiv isfinite isinf isnan isnotnull
    isnull isodow isoweek isoyear json_array_length json_extract json_extract_string json_length
    json_object json_quote json_typeof json_unquote json_valid json_value jsonb_array_length
    jsonb_typeof jsonextractbool jsonextractfloat jsonextractint jsonextractstring jsonhas
    jsonlength julian justify_days justify_hours justify_interval laginframe last last_day
    lastvalue lcm leadinframe least left len length lengthutf8 levenshtein like list list_aggregate
    list_avg list_contains list_count list_sort list_sum ln log lower lowerutf8 lpad ltrim
    make_date make_interval make_time make_timestamp makedate makedatetime makeinterval match max
    maxif md5 median medianexact microsecond mid millisecond min minif minus minute mod mode modulo
    monthname multiif multiply negate neighbor not notempty notin notlike now now64 nullif nullin
    num_nonnulls num_nulls numnonnulls octet_length or ord overlay parsedatetimebesteffort
    parsedatetimebesteffortornull path percent_rank percentile_cont percentile_disc period_add
    period_diff pi plus position positioncaseinsensitive positionutf8 pow power printf quantile
    quantileexact quantileexactinclusive quantiles quantiletdigest quarter quote radians
    regexp_count regexp_extract regexp_full_match regexp_instr regexp_like regexp_matches
    regexp_replace regexp_split_to_array regexp_substr repeat replace replaceall replaceone
    replaceregexpall replaceregexpone reverse reverseutf8 right round roundbankers
    rownumberinallblocks rpad rtrim runningdifference scale sec_to_time second sha1 sha256 sign
    split_part splitbychar splitbystring starts_with startswith statement_timestamp stddev
    str_to_date strcmp strftime string_agg string_split string_to_array strip_accents strlen strpos
    strptime subdate substr substring substringindex substringutf8 subtime subtractdays
    subtracthours subtractmonths subtractweeks subtractyears sum sumdistinct sumif summerge
    time_bucket time_format time_to_sec timediff timestamp timestampadd timestampdiff timezone
    to_char to_date to_days to_months to_number to_seconds to_timestamp to_years todate todate32
    todatetime todatetime64 todayofmonth todayofweek todayofyear todaysinmonth todecimal128
    todecimal32 todecimal64 tofloat32 tofloat64 tofloat64ornull tohour toint16 toint32
    toint32ornull toint64 toint64ornull toint8 toisoweek toisoyear tolowercase tominute tomonday
    tomonth tonullable toquarter torelativedaynum tosecond tostartofday tostartoffifteenminutes
    tostartoffiveminutes tostartofhour tostartofinterval tostartofminute tostartofmonth
    tostartofquarter tostartofsecond tostartofweek tostartofyear tostring totimezone touint16
    touint32 touint64 touint8 tounixtimestamp toweek toyear toyyyymm toyyyymmdd toyyyymmddhhmmss
    transaction_timestamp translate trim trim_array trim_scale trunc truncate try_strptime tuple
    tupleelement typeof ucase unaccent uniq uniqcombined uniqexact uniqif unnest upper upperutf8
    utc_date utc_time utc_timestamp uuid_extract_timestamp variance visitparamextractstring week
    weekday weekofyear width_bucket xor year yearweek
"""
#: Functions that the parser has no name for: pure ones, of all engines.
HARMLESS_FUNCTIONS = frozenset(_PURE.split())
