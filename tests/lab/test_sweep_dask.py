"""A sweep by the workers of Dask: two processes of a real cluster, one of them killed."""

import os
import signal
import threading
import time

import pytest

from lrdecay.__main__ import main
from lrdecay.lab import sweep
from lrdecay.lab.sweep import Grid, Store, workers

distributed = pytest.importorskip("distributed", reason="Dask is not installed: lrdecay[dask]")

pytestmark = [
    pytest.mark.tensorflow,
    # A port for its page, or a worker that ends while the cluster does, is no fault of a sweep.
    pytest.mark.filterwarnings("default:::distributed"),
    pytest.mark.filterwarnings("default::pytest.PytestUnraisableExceptionWarning"),
]

GRID = """
task = "tiny_task:TINY"
epochs = 20
seed = [0, 1, 2, 3]

[[arms]]
name = "linear"
schedule = "LinearDecay({rate}, {updates})"
rate = [0.1, 0.2, 0.3]
"""


@pytest.fixture(scope="module")
def cluster():
    options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
    with distributed.LocalCluster(**options, silence_logs=50) as made:
        yield made


def of_workers(cluster):
    return {nanny.pid for nanny in cluster.workers.values()}


def test_all_runs_finish_when_a_worker_is_killed(cluster, tmp_path, record_property):
    store = Store(tmp_path / "by dask")
    grid = Grid.read(GRID)
    killed = []

    def kill():
        while len(store.hashes()) < 3:
            time.sleep(0.01)
        with distributed.Client(cluster.scheduler_address, set_as_default=False) as client:
            busy = [worker for worker, runs in client.processing().items() if runs]
        pids = {nanny.worker_address: nanny.pid for nanny in cluster.workers.values()}
        killed.append((pids[busy[0]], len(store.hashes())))
        os.kill(pids[busy[0]], signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    records = sweep.sweep(grid, store.folder, bar=False, dask=cluster.scheduler_address)
    killer.join()
    ((pid, finished),) = killed
    record_property("measured", f"Dask: a busy worker killed after {finished} of 12 runs")
    assert 3 <= finished < 12
    assert pid not in of_workers(cluster)
    assert len(records) == 12
    undisturbed = sweep.sweep(grid, tmp_path / "here", bar=False)
    assert sweep.runs_table(records) == sweep.runs_table(undisturbed)
    assert sweep.epochs_table(records) == sweep.epochs_table(undisturbed)


def test_a_worker_without_the_data_is_told_and_no_run_is_lost(cluster, tmp_path, capsys):
    path, folder = tmp_path / "grid.toml", tmp_path / "grid"
    command = ["sweep", str(path), "--dask", cluster.scheduler_address]
    path.write_text(GRID.replace("[0.1, 0.2, 0.3]", "0.1").replace("[0, 1, 2, 3]", "0"))
    assert main(command) == 0
    assert "about 0.0 min with one worker of Dask" in capsys.readouterr().out
    path.write_text(GRID)
    assert main([*command, "--data", str(tmp_path / "nowhere")]) == 2
    assert "nowhere: no such file on process" in capsys.readouterr().err
    other = tmp_path / "other data"
    other.write_text("5")
    assert main([*command, "--data", str(other)]) == 2
    assert "has tiny 5" in capsys.readouterr().err
    assert len(list(folder.glob("*.json"))) == 1


def test_a_call_that_ends_every_worker_is_told(cluster):
    cluster.scheduler.allowed_failures, before = 0, cluster.scheduler.allowed_failures
    try:
        with (
            pytest.raises(ChildProcessError, match="one worker after the other was killed"),
            workers.by_dask(cluster.scheduler_address) as each,
        ):
            list(each(os._exit, [(1,)]))
    finally:
        cluster.scheduler.allowed_failures = before


def test_one_worker_is_enough_and_this_process_does_nothing():
    options = {"n_workers": 1, "threads_per_worker": 1, "dashboard_address": None}
    with (
        distributed.LocalCluster(**options, silence_logs=50) as made,
        workers.by_dask(made.scheduler_address) as each,
    ):
        assert list(each(os.getpid, [(), ()])) == 2 * list(of_workers(made))


def test_a_worker_of_two_threads_is_refused(tmp_path):
    options = {"n_workers": 1, "threads_per_worker": 2, "dashboard_address": None}
    with (
        distributed.LocalCluster(**options, processes=False, silence_logs=50) as made,
        pytest.raises(ValueError, match=r"has 2 threads.*--nthreads 1"),
    ):
        sweep.sweep(Grid.read(GRID), tmp_path, dask=made.scheduler_address)


def test_a_cluster_without_workers_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(workers, "_SECONDS_TO_COME", 0.1)
    with (
        distributed.LocalCluster(n_workers=0, dashboard_address=None, silence_logs=50) as made,
        pytest.raises(ValueError, match=r"no worker has come.*dask worker tcp://"),
    ):
        sweep.sweep(Grid.read(GRID), tmp_path, dask=made.scheduler_address)
