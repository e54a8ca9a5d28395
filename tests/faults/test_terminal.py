"""Ctrl-C typed at a terminal, while the board is drawn."""

import os
import signal

import pytest
from own_terminal import INTERRUPT, OwnTerminal
from processes import alive, descendants_of, pending, stopped, wait_until
from slow_dbt import SLOW_MODEL

BOARD = ("━", "─", "running", " of 2 ")  # Nothing that stays has any of these.


@pytest.fixture
def building(dbt_project):
    """A run whose board shows the slow model."""
    terminal = OwnTerminal(
        dbt_project.command("run"),
        dbt_project.environment(TERM="xterm-256color", LC_ALL="C.UTF-8", **SLOW_MODEL),
    )
    with terminal:
        wait_until(lambda: "running slow" in terminal.text, 120, "no board was drawn")
        yield terminal


def expect_the_terminal_as_it_was(terminal) -> list[str]:
    lines, column = terminal.screen()
    assert column == 0, lines
    assert "\x1b[?25l" not in terminal.text  # The cursor was never hidden.
    assert terminal.modes == terminal.modes_before
    return lines


def test_an_interrupted_run_takes_its_board_away(building, dbt_project):
    assert "of 2 tables" in building.text  # Though none was named.
    children = descendants_of(building.process.pid)
    building.type(INTERRUPT)
    assert building.wait(30) == 130
    lines = expect_the_terminal_as_it_was(building)
    drawn = [line for line in lines if any(word in line for word in BOARD)]
    assert drawn == []
    assert any("customers" in line and "2 rows" in line for line in lines), lines
    assert any("interrupted" in line for line in lines), lines
    wait_until(lambda: not any(map(alive, children)), 30, "dbt outlived keelboat")
    assert dbt_project.records()[0]["status"] == "interrupted"
    dbt_project.ok("run")


def test_the_second_ctrl_c_ends_it_at_once(building, dbt_project):
    children = descendants_of(building.process.pid)
    # A dbt that does not come to an end.
    for child in children:
        os.kill(child, signal.SIGSTOP)
    try:
        wait_until(lambda: all(map(stopped, children)), 60, "dbt does not stand still")
        building.type(INTERRUPT)
        # keelboat hands it on to dbt.
        wait_until(
            lambda: any(signal.SIGINT in pending(child) for child in children),
            60,
            "dbt was not interrupted",
        )
        assert building.process.poll() is None
        building.type(INTERRUPT)
        assert building.wait(30) == 130
    finally:
        for child in filter(stopped, children):
            os.kill(child, signal.SIGCONT)
    expect_the_terminal_as_it_was(building)
    wait_until(lambda: not any(map(alive, children)), 30, "dbt outlived keelboat")
    # It did not come to write a word about its end, as it does when it waits for dbt.
    assert dbt_project.ok("history", "--json").json["runs"][0]["status"] == "died"
    dbt_project.ok("run")
