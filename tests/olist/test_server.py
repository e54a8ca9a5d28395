"""The shop's server: what it holds, who may do what, and that it never outlives its user."""

import fcntl
import os
import shlex
import signal
import subprocess
import time

import pyarrow as pa
import pytest
from database import ServerError, open_shop
from generate import write_csv

READ = (
    "mariadb --no-defaults -h $MYSQL_HOST -P $MYSQL_PORT -u $MYSQL_USER -p$MYSQL_PASSWORD"
)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # A zombie still answers to signals.
    with open(f"/proc/{pid}/stat") as stat:
        return stat.read().rsplit(")", 1)[1].split()[0] != "Z"


def wait_until(condition, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def hex_lines(column: pa.ChunkedArray) -> list[str]:
    return [
        "NULL" if value is None else value.encode().hex() for value in column.to_pylist()
    ]


def test_comments_survive_the_load_byte_for_byte(shop_server, small_shop):
    reviews = small_shop["order_reviews"].sort_by(
        [("review_id", "ascending"), ("order_id", "ascending")]
    )
    stored = shop_server.execute(
        "SELECT COALESCE(LOWER(HEX(review_comment_message)), 'NULL') FROM order_reviews"
        " ORDER BY review_id, order_id",
        "olist",
    )
    assert stored.splitlines() == hex_lines(reviews["review_comment_message"])


def test_numbers_survive_the_load_exactly(shop_server, small_shop):
    items = small_shop["order_items"]
    stored = shop_server.execute(
        "SELECT SUM(price), SUM(freight_value) FROM order_items", "olist"
    )
    assert stored.split() == [
        str(sum(items[name].to_pylist())) for name in ("price", "freight_value")
    ]
    stored = shop_server.execute(
        "SELECT geolocation_lat FROM geolocation LIMIT 100", "olist"
    )
    latitudes = set(small_shop["geolocation"]["geolocation_lat"].to_pylist())
    assert all(float(line) in latitudes for line in stored.splitlines())


def test_nulls_are_null(shop_server, small_shop):
    stored = shop_server.execute(
        "SELECT COUNT(*) - COUNT(product_category_name), COUNT(*) - COUNT(product_photos_qty)"
        " FROM products; SELECT COUNT(*) - COUNT(order_delivered_customer_date) FROM orders",
        "olist",
    )
    products, orders = small_shop["products"], small_shop["orders"]
    assert [int(value) for value in stored.split()] == [
        products["product_category_name"].null_count,
        products["product_photos_qty"].null_count,
        orders["order_delivered_customer_date"].null_count,
    ]


def test_the_server_knows_how_big_its_tables_are(shop_server, small_shop):
    stored = shop_server.execute(
        "SELECT table_name, table_rows FROM information_schema.tables"
        " WHERE table_schema = 'olist'"
    )
    estimates = dict(line.split("\t") for line in stored.splitlines())
    for name, rows in small_shop.items():
        assert int(estimates[name]) == pytest.approx(rows.num_rows, rel=0.2), name


def test_the_server_enforces_the_foreign_keys(shop_server):
    constraints = shop_server.execute(
        "SELECT COUNT(*) FROM information_schema.referential_constraints"
        " WHERE constraint_schema = 'olist'"
    )
    assert constraints.strip() == "6"
    with pytest.raises(ServerError, match="foreign key constraint fails"):
        shop_server.execute(
            "INSERT INTO order_payments VALUES (REPEAT('0', 32), 1, 'boleto', 1, 1)",
            "olist",
        )
    orphans = shop_server.execute(
        "SELECT COUNT(*) FROM order_items LEFT JOIN products USING (product_id)"
        " WHERE products.product_id IS NULL",
        "olist",
    )
    assert orphans.strip() == "0"


def test_the_reader_may_read_and_nothing_else(example):
    done = subprocess.run(
        [example / "server", "--scale", "0.01", "--private", "--", "sh", "-c"]
        + [
            f"{READ} olist -N -e 'SELECT COUNT(*) FROM orders; DELETE FROM order_reviews'"
        ],
        capture_output=True,
        text=True,
    )
    assert done.stdout.strip() == "994"
    assert "DELETE command denied" in done.stderr
    assert done.returncode == 1


def test_ends_with_the_commands_exit_code_and_leaves_no_process(example, tmp_path):
    script = f"echo $PPID > {shlex.quote(str(tmp_path / 'parent'))}; exit 7"
    done = subprocess.run(
        [example / "server", "--scale", "0.01", "--", "sh", "-c", script]
    )
    assert done.returncode == 7
    assert not alive(int((tmp_path / "parent").read_text()))


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 130)]
)
def test_stops_the_server_on_a_signal(example, number, code):
    serving = subprocess.Popen(
        [example / "server", "--scale", "0.01", "--private"],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # As from a terminal: a shell's background jobs ignore Ctrl-C, and so would ours.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    lines = [serving.stdout.readline() for _ in range(5)]
    assert lines[4] == "export MYSQL_DATABASE=olist\n"
    children = children_of(serving.pid)
    assert len(children) == 1
    serving.send_signal(number)
    assert serving.wait(90) == code
    assert not any(alive(pid) for pid in children)
    serving.stdout.close()


def test_the_server_ends_when_its_parent_is_killed(example):
    serving = subprocess.Popen(
        [example / "server", "--scale", "0.01", "--private"],
        stdout=subprocess.PIPE,
        text=True,
    )
    for _ in range(5):
        serving.stdout.readline()
    (server,) = children_of(serving.pid)
    serving.kill()
    serving.wait()
    serving.stdout.close()
    wait_until(lambda: not alive(server))


def test_a_second_user_gets_a_copy(tmp_path):
    said = []
    with (
        open_shop(scale=0.001, cache=tmp_path) as first,
        open_shop(scale=0.001, cache=tmp_path, report=said.append) as second,
    ):
        second.execute("DELETE FROM order_reviews", "olist")
        assert (
            first.execute("SELECT COUNT(*) FROM order_reviews", "olist").strip() == "99"
        )
    assert said[0] == "the data directory is in use: working on a copy"
    assert not list(tmp_path.glob("copy-*"))


def test_a_filled_directory_is_used_again_and_a_broken_fill_is_not(tmp_path, monkeypatch):
    import database.filled

    def broken(*_):
        raise ServerError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(database.filled, "load_tables", broken)
        with (
            pytest.raises(ServerError, match="the disk is full"),
            open_shop(scale=0.001, cache=tmp_path),
        ):
            pass
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == []
    said = []
    with open_shop(scale=0.001, cache=tmp_path, report=said.append):
        pass
    assert any("filling" in message for message in said)
    said.clear()
    with open_shop(scale=0.001, cache=tmp_path, report=said.append):
        pass
    assert said == []


def test_old_directories_and_the_remains_of_killed_processes_go(tmp_path):
    for number in range(8):
        old = tmp_path / f"{number:016x}"
        old.mkdir()
        os.utime(old, (number, number))
    gone = subprocess.Popen(["true"])
    gone.wait()
    (tmp_path / f"copy-{gone.pid}-abc").mkdir()
    (tmp_path / f"{8:016x}.filling-{gone.pid}").mkdir()
    (tmp_path / f"copy-{os.getpid()}-abc").mkdir()
    with (tmp_path / f"{0:016x}.used").open("w") as used:
        fcntl.flock(used, fcntl.LOCK_EX)
        with open_shop(scale=0.001, cache=tmp_path):
            pass
    kept = {path.name for path in tmp_path.iterdir() if path.is_dir()}
    assert {name for name in kept if name.startswith("copy")} == {
        f"copy-{os.getpid()}-abc"
    }
    assert not {name for name in kept if "filling" in name}
    # The last five, the new one, and the one in use.
    old = {f"{number:016x}" for number in (0, 3, 4, 5, 6, 7)}
    assert old < kept
    assert len(kept - old) == 2


def test_the_real_files_load_like_the_generated(small_shop, tmp_path):
    write_csv(small_shop, tmp_path / "csv")
    with open_shop(kaggle=tmp_path / "csv", cache=tmp_path) as server:
        counts = server.execute(
            ";".join(f"SELECT COUNT(*) FROM {name}" for name in small_shop), "olist"
        )
    assert [int(count) for count in counts.split()] == [
        rows.num_rows for rows in small_shop.values()
    ]


def test_a_file_that_breaks_a_foreign_key_is_refused(small_shop, tmp_path):
    orphans = {**small_shop, "customers": small_shop["customers"].slice(1)}
    write_csv(orphans, tmp_path / "csv")
    with (
        pytest.raises(ServerError, match="foreign key constraint fails"),
        open_shop(kaggle=tmp_path / "csv", cache=tmp_path),
    ):
        pass


def test_a_missing_csv_file_is_one_line(example, tmp_path):
    done = subprocess.run(
        [example / "server", "--data", tmp_path, "--", "true"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("examples/olist/server: ")
    assert "lacks product_category_name_translation.csv" in done.stderr


def children_of(pid: int) -> list[int]:
    with open(f"/proc/{pid}/task/{pid}/children") as children:
        return [int(child) for child in children.read().split()]
