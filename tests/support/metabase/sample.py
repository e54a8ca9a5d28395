"""The databases behind the server: seeded tables, so that every run has the same rows."""

# Every value depends on the row's number and the seed only.
_TABLES = {
    # order_id has gaps; created_at is in no order; vendors and cities are skewed.
    "orders": """
        CREATE TABLE shop.orders (
            order_id UInt64, vendor_id UInt32, customer_id UInt64,
            city LowCardinality(String), status LowCardinality(String),
            created_at DateTime64(3, 'UTC'), delivered_at Nullable(DateTime), order_date Date,
            item_count UInt8, total Decimal(12, 2), discount Nullable(Float64), note String
        ) ENGINE = MergeTree ORDER BY order_id AS
        WITH toDateTime64('2024-01-01 00:00:00', 3, 'UTC') AS first_day,
            first_day + (random(5) % 63072000000) / 1000 AS created
        SELECT number * 3 + 1 AS order_id,
            toUInt32(pow(random(1) % 1000000 / 1000000, 2) * {vendors}) + 1 AS vendor_id,
            random(2) % intDiv({orders} + 3, 3) + 1 AS customer_id,
            ['Tehran', 'Tehran', 'Berlin', 'Lyon', 'Malmö', 'Åre'][random(3) % 6 + 1] AS city,
            ['delivered', 'delivered', 'open', 'cancelled'][random(4) % 4 + 1] AS status,
            created AS created_at,
            if(status = 'delivered', toDateTime(created) + random(7) % 500000, NULL)
                AS delivered_at,
            toDate(created) AS order_date,
            random(9) % 12 + 1 AS item_count,
            toDecimal64(random(10) % 1000000, 2) / 100 AS total,
            if(random(11) % 5 = 0, NULL, (random(12) % 1000) / 7) AS discount,
            multiIf(random(13) % 4 = 0, '', random(13) % 97 = 0, 'said "soon",\\nthen left',
                concat('note ', toString(random(14) % 100000))) AS note
        FROM numbers({orders})
    """,
    "vendors": """
        CREATE TABLE shop.vendors (
            vendor_id UInt32, name String, city LowCardinality(String), rating Float32,
            is_active Bool, opened_on Date, tags Array(String), latitude Float64,
            longitude Float64, commission Decimal(5, 4), uuid UUID
        ) ENGINE = MergeTree ORDER BY vendor_id AS
        SELECT number + 1 AS vendor_id, concat('Vendor ', toString(number + 1)) AS name,
            ['Tehran', 'Berlin', 'Lyon', 'Malmö', 'Åre'][random(1) % 5 + 1] AS city,
            toFloat32((random(2) % 41) / 10 + 1) AS rating, random(3) % 10 > 0 AS is_active,
            toDate('2015-01-01') + random(4) % 3000 AS opened_on,
            arraySlice(['fast', 'cheap', 'late'], 1, random(5) % 4) AS tags,
            35 + (random(6) % 2000000) / 100000 AS latitude,
            5 + (random(7) % 5000000) / 100000 AS longitude,
            toDecimal32(random(8) % 3000, 4) / 10000 AS commission,
            reinterpretAsUUID(unhex(concat(hex(random(9)), hex(random(10))))) AS uuid
        FROM numbers({vendors})
    """,
    # A vendor's days; days without orders are missing.
    "vdom": """
        CREATE TABLE shop.vdom (
            vendor_id UInt32, day Date, city LowCardinality(String), orders UInt32,
            items UInt64, revenue Decimal(38, 2), cancelled_share Nullable(Float64)
        ) ENGINE = MergeTree ORDER BY (vendor_id, day) AS
        SELECT vendor_id, order_date AS day, any(city) AS city, count() AS orders,
            sum(item_count) AS items, sum(total) AS revenue,
            if(count() > 1, countIf(status = 'cancelled') / count(), NULL) AS cancelled_share
        FROM shop.orders GROUP BY vendor_id, day
    """,
    # No key at all, whole rows twice, and NULL in what looks like one.
    "events": """
        CREATE TABLE shop.events (session Nullable(Int64), kind String, at DateTime)
        ENGINE = MergeTree ORDER BY tuple() AS
        SELECT if(random(1) % 10 = 0, NULL, toInt64(random(2) % 50) - 25) AS session,
            ['view', 'click'][random(3) % 2 + 1] AS kind,
            toDateTime('2024-01-01 00:00:00') + intDiv(number, 2) % 1000 AS at
        FROM numbers({events})
    """,
    # Ninety-nine of a hundred rows share one id, which is no key but called so.
    "skewed": """
        CREATE TABLE shop.skewed (id Int64, part UInt8, word String)
        ENGINE = MergeTree ORDER BY part AS
        SELECT if(number % 100 > 0, 7, toInt64(random(1)) % 1000000000000) AS id,
            number % 10 AS part, concat('w', toString(random(2) % 1000)) AS word
        FROM numbers({events})
    """,
}

# A column per type, a row per oddity.
_TYPES = """
    CREATE TABLE shop.types (
        id UInt64, int64 Int64, uint128 UInt128, int256 Int256, float32 Float32, float64 Float64,
        decimal Decimal(38, 10), bool Bool, string String, fixed FixedString(4), day Date,
        old_day Date32, moment DateTime, exact DateTime64(9, 'Asia/Tokyo'), uuid UUID, ip4 IPv4,
        ip6 IPv6, words Array(String), numbers Map(String, UInt64), pair Tuple(UInt8, String),
        colour Enum8('red' = 1, 'blue' = 2), document JSON, nothing Nullable(Int32)
    ) ENGINE = MergeTree ORDER BY id AS
    SELECT number + 1,
        [0, 9007199254740993, -9223372036854775808][number + 1],
        toUInt128(['0', '5', '340282366920938463463374607431768211455'][number + 1]),
        toInt256(['0', '-5', '-57896044618658097711785492504343953926634992332820282019728792003956564819968'][number + 1]),
        [0, 1.1, 3.4e38][number + 1], [nan, -inf, 1e-7][number + 1],
        [toDecimal128('0', 10), toDecimal128('-0.0000001', 10),
            toDecimal128('12345678901234567890.5', 10)][number + 1],
        number = 1, ['', 'a "quoted"\\nline, \\\\ \u2028 é', 'NULL'][number + 1],
        ['ab', '', 'abcd'][number + 1]::FixedString(4), ['1970-01-01', '2024-02-29', '2149-06-06'][number + 1]::Date,
        ['1900-01-01', '2024-02-29', '2299-12-31'][number + 1]::Date32,
        ['1970-01-01 00:00:00', '2024-03-31 01:30:00', '2106-02-07 06:28:15'][number + 1]::DateTime('UTC'),
        ['1970-01-01 09:00:00', '2024-07-02 03:04:05.123456789', '2024-01-02 03:04:05.1'][number + 1]::DateTime64(9, 'Asia/Tokyo'),
        ['00000000-0000-0000-0000-000000000000', '61f0c404-5cb3-11e7-907b-a6006ad3dba0',
            'ffffffff-ffff-ffff-ffff-ffffffffffff'][number + 1]::UUID,
        ['0.0.0.0', '192.168.0.1', '255.255.255.255'][number + 1]::IPv4,
        ['::', '2001:db8::1', '::ffff:1.2.3.4'][number + 1]::IPv6,
        [[], ['a', 'b'], ['a, b', '']][number + 1],
        [map(), map('a', 1), map('x"y', 18446744073709551615)][number + 1],
        (number, toString(number)), number % 2 + 1, '{"a": {"b": 1}}', if(number = 1, 5, NULL)
    FROM numbers(3)
"""

# Postgres values over the same engine; see clickhouse_type for which type plays which.
_ACCOUNTS = """
    CREATE TABLE crm.accounts (
        id Int64, uuid UUID, name String, data Map(String, UInt8), tags Array(UInt8),
        picture FixedString(5), born Date, created DateTime64(6), seen DateTime64(6, 'UTC'),
        balance Decimal(38, 4)
    ) ENGINE = MergeTree ORDER BY id AS
    SELECT number + 1, toUUID(concat('61f0c404-5cb3-11e7-907b-a6006ad3dba', toString(number))),
        concat('Name ', toString(number)), map('k', number), [1, 2], unhex('C42360D7FF'),
        toDate('2024-01-02') + number,
        toDateTime64('2024-01-02 03:04:05.5', 6, 'UTC') + number,
        toDateTime64('2024-01-02 03:04:05.5', 6, 'UTC') + number, toDecimal64(number, 4)
    FROM numbers(10)
"""


def create_tables(engine, orders: int, seed: int) -> None:
    sizes = {
        "orders": orders,
        "vendors": max(10, min(5000, orders // 20)),
        "events": max(100, min(100_000, orders)),
    }
    engine.execute(
        f"CREATE FUNCTION random AS (salt) -> cityHash64(number, salt, {seed})"
    )
    engine.execute("CREATE DATABASE shop")
    engine.execute("CREATE DATABASE crm")
    for statement in _TABLES.values():
        engine.execute(statement.format(**sizes))
    engine.execute(_TYPES)
    engine.execute("DROP FUNCTION random")
    engine.execute(_ACCOUNTS)
