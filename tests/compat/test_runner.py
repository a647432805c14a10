"""``python -m gluonish run``: a script that imports MXNet, unchanged."""

from __future__ import annotations

import textwrap

import pytest

from compat.scripts import gluonish_command


@pytest.fixture
def run(tmp_path):
    def run(source, *arguments, where="script.py"):
        script = tmp_path / where
        script.parent.mkdir(exist_ok=True)
        script.write_text(textwrap.dedent(source))
        return gluonish_command("run", where, *arguments, cwd=tmp_path)

    return run


def test_a_script_finds_mxnet_its_arguments_and_itself_as_main(run):
    result = run(
        """
        import sys
        import mxnet as mx
        from mxnet import gluon
        if __name__ == "__main__":
            print(sys.argv, __file__, mx.__version__, gluon.nn.Dense(2, in_units=3, prefix="d_").weight)
        """,
        "--lr",
        "0.1",
        "-h",
    )
    assert result.stderr == ""
    assert result.stdout == (
        "['script.py', '--lr', '0.1', '-h'] script.py 1.9.1 "
        "Parameter d_weight (shape=(2, 3), dtype=float32)\n"
    )
    assert result.returncode == 0


def test_modules_beside_the_script_are_found(run, tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "helper.py").write_text("from mxnet import nd\nones = nd.ones((2,))\n")
    result = run("from helper import ones\nprint(ones.shape)", where="folder/script.py")
    assert result.stdout == "(2,)\n", result.stderr


@pytest.mark.parametrize(
    ("leave", "status"), [("sys.exit(7)", 7), ("sys.exit()", 0), ("raise SystemExit(3)", 3)]
)
def test_the_exit_status_is_that_of_the_script(run, leave, status):
    assert run(f"import sys\n{leave}").returncode == status


def test_an_error_shows_the_traceback_of_the_script_alone(run):
    result = run(
        """\
        def fail():
            raise ValueError("out of cheese")
        fail()
        """
    )
    assert result.returncode == 1
    lines = result.stderr.splitlines()
    assert lines[0] == "Traceback (most recent call last):"
    assert 'File "script.py", line 3, in <module>' in lines[1]
    assert lines[-1] == "ValueError: out of cheese"
    assert "runner.py" not in result.stderr


def test_a_script_that_is_no_python_is_reported_like_one(run):
    result = run("x = = 1")
    assert result.returncode == 1
    assert result.stderr.splitlines()[0] == '  File "script.py", line 1'
    assert result.stderr.splitlines()[-1].startswith("SyntaxError")


def test_objects_of_the_script_can_be_pickled(run):
    result = run(
        """
        import pickle
        import mxnet as mx
        class Net(mx.gluon.nn.Dense):
            pass
        net = Net(1, in_units=1)
        print(type(pickle.loads(pickle.dumps(net))) is Net)
        """
    )
    assert result.stdout == "True\n", result.stderr


def test_data_loaders_take_datasets_of_the_script_to_their_processes(run):
    result = run(
        """
        from mxnet.gluon import data
        class Numbers(data.Dataset):
            def __len__(self):
                return 4
            def __getitem__(self, i):
                return float(i)
        print([batch.sum().asscalar() for batch in data.DataLoader(Numbers(), 2, num_workers=1)])
        """
    )
    assert "1.0" in result.stdout, result.stderr
    assert "5.0" in result.stdout, result.stderr


def test_a_process_that_is_started_anew_finds_mxnet_too(run):
    result = run(
        """
        import multiprocessing
        import mxnet as mx
        def double(i):
            return (mx.nd.ones(1) * 2 * i).asscalar(), mx.__version__
        if __name__ == "__main__":
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                print(pool.map(double, [1, 2]))
        """
    )
    assert result.stdout == "[(np.float32(2.0), '1.9.1'), (np.float32(4.0), '1.9.1')]\n", result.stderr


def test_a_script_that_is_not_there_is_named(tmp_path):
    result = gluonish_command("run", "nowhere.py", cwd=tmp_path)
    assert result.returncode == 2
    assert "Script cannot be read" in result.stderr
    assert "nowhere.py" in result.stderr


def test_a_file_that_is_no_text_is_refused(tmp_path):
    (tmp_path / "binary.py").write_bytes(b"x = 1\0\n")
    result = gluonish_command("run", "binary.py", cwd=tmp_path)
    assert result.returncode in (1, 2)
    assert "null bytes" in result.stderr
