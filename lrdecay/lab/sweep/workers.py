"""Who trains: processes of this machine by joblib's loky, or of several by joblib's Dask."""

import os
import warnings
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import BrokenExecutor, Future, as_completed
from contextlib import contextmanager
from typing import Any

# Processes are what runs side by side, and one thread gives the same bits each time.
_ONE_THREAD = dict.fromkeys(
    ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"),
    "1",
)
_SECONDS_TO_COME = 10

Each = Callable[[Callable[..., Any], Iterable[tuple[Any, ...]]], Iterator[Any]]
"""Given a function and the arguments of each call, the results as they come, or what was raised."""


@contextmanager
def here(jobs: int) -> Iterator[Each]:
    """Start processes on this machine, also where one is enough: this one never trains.

    Raises
    ------
    ChildProcessError
        When a process is killed.

    Notes
    -----
    TensorFlow keeps what it has compiled, about 17 MB a setting. Loky replaces a process that has
    grown by 300 MB, where psutil is installed.
    """
    from joblib.externals.loky import get_reusable_executor  # noqa: PLC0415

    executor = get_reusable_executor(max_workers=jobs, env=_ONE_THREAD, reuse=False)

    def each(function: Callable[..., Any], calls: Iterable[tuple[Any, ...]]) -> Iterator[Any]:
        started = [executor.submit(function, *call) for call in calls]
        try:
            for finished in as_completed(started):
                yield finished.result()
        except BrokenExecutor as error:
            raise ChildProcessError(
                "a worker was killed, as when memory runs out; the finished runs are kept: start "
                "the sweep again, with fewer jobs"
            ) from error

    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "A worker stopped", UserWarning)  # it had grown
            yield each
    finally:
        executor.shutdown(wait=True, kill_workers=True)


@contextmanager
def by_dask(address: str) -> Iterator[Each]:
    """Use the workers of a Dask scheduler, such as ``tcp://10.0.0.1:8786``.

    Raises
    ------
    ImportError
        When Dask is not installed.
    OSError
        When there is no scheduler, or a call ends one worker after the other.
    ValueError
        When there is no worker, or one has more than one thread.
    """
    try:
        from distributed import Client, KilledWorker  # noqa: PLC0415
    except ImportError as error:
        raise ImportError(f"dask = {address!r}: needs pip install 'lrdecay[dask]'") from error
    from joblib import Parallel, delayed, parallel_config  # noqa: PLC0415

    def each(function: Callable[..., Any], calls: Iterable[tuple[Any, ...]]) -> Iterator[Any]:
        with parallel_config(backend=_backend(client)):
            # A batch would lose more with its worker than one call; and workers may come later.
            how = {"batch_size": 1, "pre_dispatch": "all", "return_as": "generator_unordered"}
            results = Parallel(n_jobs=-1, **how)(delayed(_alone)(function, *call) for call in calls)
        try:
            yield from results
        except KilledWorker as error:
            raise ChildProcessError(
                f"dask = {address!r}: one worker after the other was killed, as when memory runs "
                "out; the finished runs are kept: start the sweep again"
            ) from error

    with Client(address, set_as_default=False) as client:  # type: ignore[no-untyped-call]
        _check(client, address)
        yield each


def _check(client: Any, address: str) -> None:
    try:
        client.wait_for_workers(1, timeout=_SECONDS_TO_COME)
    except TimeoutError as error:
        raise ValueError(
            f"dask = {address!r}: no worker has come in {_SECONDS_TO_COME} s; start some: dask "
            f"worker {address} --nworkers 2 --nthreads 1"
        ) from error
    for worker, threads in client.nthreads().items():
        if threads != 1:
            raise ValueError(
                f"dask = {address!r}: worker {worker} has {threads} threads, and trainings in one "
                "process disturb each other; start it with --nthreads 1, and --nworkers for more"
            )


def _backend(client: Any) -> Any:
    """Return joblib's backend, mended in two places of joblib 1.6."""
    from joblib._dask import DaskDistributedBackend  # noqa: PLC0415

    backend = DaskDistributedBackend(client=client)
    submit, count = backend.submit, backend.effective_n_jobs

    def telling(call: Any, callback: Any = None) -> Future[Any]:
        future: Future[Any] = submit(call, callback)
        # Else it would wait for ever for a call that has ended its workers.
        future.add_done_callback(lambda done: done.exception() and callback(done.exception()))
        return future

    backend.submit = telling
    # Of one worker it would make none, and call in this process.
    backend.effective_n_jobs = lambda jobs: max(2, count(jobs))
    return backend


def _alone(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function in a worker of Dask, whose TensorFlow shall have one thread."""
    os.environ.update(_ONE_THREAD)  # read when TensorFlow is imported, by the first call
    return function(*arguments)
