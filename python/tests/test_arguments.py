"""What a caller gives that is nothing to ask a server with, and what nearly is."""

import copy
import datetime
import pickle
from pathlib import Path

import keelboat
import numpy
import pandas
import pytest
from keelboat import MetabaseConfig
from keelboat._parameters import all_typed, typed


@pytest.fixture(autouse=True)
def login(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("METABASE_API_KEY", "mb_none")


# Nobody listens there: whoever asks gets another error.
_NOWHERE = "http://127.0.0.1:9"


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"database": ["growth"]}, "database is a name or a number, not"),
        ({"database": True}, "database is a name or a number, not True"),
        ({"limit": 2.5}, "limit is a whole number, not 2.5"),
        ({"limit": "5"}, "limit is a whole number, not '5'"),
        ({"workers": True}, "workers is a whole number, not True"),
        ({"strategy": 3}, "strategy is a text, not 3"),
        ({"partition_on": 3}, "partition_on is a text, not 3"),
        ({"params": ["x"]}, "params is values by their names, not of type list"),
        ({"params": {1: "x"}}, "the name of a parameter is a text, not 1"),
        ({"timeout": "5"}, "timeout is seconds, more than none of them: not '5'"),
        (
            {"timeout": float("nan")},
            "timeout is seconds, more than none of them: not nan",
        ),
        ({"timeout": True}, "timeout is seconds, more than none of them: not True"),
    ],
    ids=str,
)
def test_options_of_another_type_are_named(options, told):
    with pytest.raises((TypeError, ValueError)) as caught:
        keelboat.fetch(_NOWHERE, "SELECT 1", **options)
    assert told in str(caught.value)


@pytest.mark.parametrize("given", [None, b"x", 5], ids=repr)
def test_a_source_is_a_text(given):
    with pytest.raises(TypeError, match="a source is a name, a URL or a keelboat.Source"):
        keelboat.fetch(given, "SELECT 1")


def test_a_source_is_found_as_it_is_pasted():
    for url in (f" {_NOWHERE}\n", _NOWHERE + "/", "HTTP" + _NOWHERE[4:]):
        assert keelboat.Source(url).name == _NOWHERE
    with pytest.raises(keelboat.ConfigError, match="the source is empty"):
        keelboat.Source(" ")


def test_an_address_without_a_scheme_is_told_what_it_lacks():
    for _ in ("no project", "a project"):
        with pytest.raises(keelboat.Error, match="URL.* begins with https://"):
            keelboat.Source("bi.example.org")
        with pytest.raises(keelboat.Error, match=" begins with https://") as caught:
            keelboat.Source("ann:hunter2@db.example.org/shop")
        assert "hunter2" not in str(caught.value) + str(caught.value.details)
        with pytest.raises(keelboat.Error) as caught:
            keelboat.Source("shop")
        assert "https" not in str(caught.value)
        Path("keelboat.yaml").write_text("source: {host: db.example.org, database: d}\n")


def test_a_source_is_neither_copied_nor_pickled():
    source = keelboat.Source(_NOWHERE)
    for take in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError, match="make another one"):
            take(source)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (numpy.int64(5), ("integer", "5")),
        (numpy.bool_(True), ("boolean", "true")),
        (numpy.float32(0.5), ("number", "0.5")),
        (numpy.str_("x"), ("text", "x")),
        (numpy.array(5), ("integer", "5")),
        (numpy.datetime64("2024-01-31"), ("date", "2024-01-31")),
        (numpy.datetime64("2024-01-31T10:00", "s"), ("datetime", "2024-01-31 10:00:00")),
        (numpy.datetime64("2024-01-31", "ns"), ("datetime", "2024-01-31 00:00:00")),
        (pandas.Timestamp("2024-01-31"), ("datetime", "2024-01-31 00:00:00")),
    ],
    ids=repr,
)
def test_values_of_numpy_and_pandas_are_parameters(value, expected):
    assert typed("v", value) == expected


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (pandas.NaT, "is NaT"),
        (numpy.datetime64("NaT"), "is NaT"),
        (numpy.datetime64("2024-01-31T00:00:00.000000001"), "servers take"),
        (numpy.datetime64(2**62, "s"), "servers take"),
        (numpy.timedelta64(5, "ns"), "is a timedelta64"),
        (numpy.array([5]), "is a ndarray"),
        (pandas.NA, "is a NAType"),
    ],
    ids=repr,
)
def test_what_is_no_single_value_is_refused(value, told):
    with pytest.raises(keelboat.ConfigError, match="parameter v") as caught:
        typed("v", value)
    assert told in str(caught.value)


def test_none_leaves_a_parameter_out():
    assert all_typed({"a": None, "b": 1}) == {"b": ("integer", "1")}
    assert all_typed(None) == {}


def test_midnight_is_a_date():
    day = pandas.Timestamp("2024-01-31")
    sql = keelboat.QueryRegistry.X_MAP_ORDER(since=day)
    assert sql == keelboat.QueryRegistry.X_MAP_ORDER(since="2024-01-31")
    with pytest.raises(keelboat.ConfigError, match="is no date"):
        keelboat.QueryRegistry.X_MAP_ORDER(since=day + datetime.timedelta(hours=1))


@pytest.mark.parametrize("missing", ["url", "password"])
def test_a_configuration_with_none_says_of_what(missing):
    given = {"url": _NOWHERE, "username": "ann", "password": "x"} | {missing: None}
    client = keelboat.MetabaseClient(MetabaseConfig(**given))
    with pytest.raises(keelboat.ConfigError, match=f"the {missing} of MetabaseConfig"):
        client.authenticate()
