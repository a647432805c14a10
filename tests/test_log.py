"""Loggers in MXNet's format."""

from __future__ import annotations

import logging
import re

import pytest

from gluonish import log


@pytest.fixture
def name(request):
    yield request.node.name
    logger = logging.getLogger(request.node.name)
    for handler in list(logger.handlers):
        handler.close()
        logger.removeHandler(handler)


def test_a_line_begins_with_the_letter_of_its_level_and_its_place(name, tmp_path):
    file = tmp_path / "out.log"
    logger = log.get_logger(name, str(file), level=log.INFO)
    logger.info("hello %s", "you")
    logger.debug("not this")
    assert re.fullmatch(
        r"I\d{4} \d\d:\d\d:\d\d \d+ .*test_log.py:test_a_line_begins\w+:\d+\] hello you\n", file.read_text()
    )


def test_an_error_is_written_with_its_traceback(name, tmp_path):
    file = tmp_path / "out.log"
    logger = log.get_logger(name, str(file))
    try:
        {}["inside"]
    except KeyError:
        logger.exception("outside")
    assert "outside\nTraceback" in file.read_text()
    assert file.read_text().endswith("KeyError: 'inside'\n")


def test_a_file_is_continued_unless_another_mode_is_given(name, tmp_path):
    file = tmp_path / "out.log"
    file.write_text("before\n")
    log.get_logger(name, str(file)).warning("after")
    assert file.read_text().startswith("before\n")
    log.get_logger(name + "2", str(file), "w").warning("alone")
    assert "before" not in file.read_text()


def test_a_logger_asked_for_again_writes_each_line_once(name, capsys):
    logger = log.get_logger(name)
    assert log.get_logger(name) is logger
    logger.warning("cheese")
    assert capsys.readouterr().err.count("cheese") == 1


def test_without_a_name_it_is_the_root_logger_as_it_is():
    before = list(logging.getLogger().handlers)
    assert log.get_logger() is logging.getLogger()
    assert logging.getLogger().handlers == before


def test_levels_have_their_colours():
    formatter = log._Formatter(colored=True)
    starts = {}
    for level in (log.DEBUG, log.INFO, log.WARNING, log.ERROR):
        record = logging.LogRecord("x", level, "p", 1, "m", None, None)
        starts[level] = formatter.format(record)[:5]
    assert starts == {10: "\x1b[34m", 20: "\x1b[32m", 30: "\x1b[31m", 40: "\x1b[31m"}


def test_the_old_name_warns(name):
    with pytest.warns(DeprecationWarning, match="use get_logger"):
        assert log.getLogger(name) is logging.getLogger(name)
