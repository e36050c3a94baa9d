"""The queue's workers: they take wake-ups and hand them to the pipeline and the outbox, in threads."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

from procrastinate import App
from procrastinate.exceptions import ConnectorException, ProcrastinateException

from core.db.queue import DELIVERY_QUEUE, DELIVERY_TASK, RUN_QUEUE, RUN_TASK

logger = logging.getLogger(__name__)

#: Notifications can be lost after a restart of the database, so every worker looks by itself as well.
_POLL_S = 2.0
_RESTART_S = 2.0


class Workers:
    """Works on runs and deliveries until it is stopped; a database that goes away and comes back does not end it."""

    def __init__(
        self,
        app: App,
        *,
        run: Callable[[UUID], None],
        deliver: Callable[[UUID], None],
        runs_at_once: int,
        deliveries_at_once: int = 4,
    ) -> None:
        self._app = app
        self._queues = {RUN_QUEUE: runs_at_once, DELIVERY_QUEUE: deliveries_at_once}
        self._stopping = asyncio.Event()
        self._serving: list[asyncio.Task[None]] = []

        @app.task(name=RUN_TASK, queue=RUN_QUEUE)
        def run_task(run_id: str) -> None:
            run(UUID(run_id))

        @app.task(name=DELIVERY_TASK, queue=DELIVERY_QUEUE)
        def deliver_task(delivery_id: str) -> None:
            deliver(UUID(delivery_id))

    async def serve(self) -> None:
        """Work until `stop`. The work itself blocks, so it runs in threads and the loop stays free for heartbeats."""
        threads = ThreadPoolExecutor(max_workers=sum(self._queues.values()), thread_name_prefix="worker")
        asyncio.get_running_loop().set_default_executor(threads)
        async with self._app.open_async():
            self._serving = [
                asyncio.create_task(self._serve_queue(queue, at_once)) for queue, at_once in self._queues.items()
            ]
            await asyncio.gather(*self._serving, return_exceptions=True)

    def stop(self) -> None:
        """Take no more wake-ups; what is being worked on goes on. Call it on the event loop."""
        self._stopping.set()
        for task in self._serving:
            task.cancel()

    async def _serve_queue(self, queue: str, at_once: int) -> None:
        while not self._stopping.is_set():
            try:
                await self._app.run_worker_async(
                    queues=[queue],
                    concurrency=at_once,
                    fetch_job_polling_interval=_POLL_S,
                    delete_jobs="always",
                    install_signal_handlers=False,
                )
            except ConnectorException as error:  # the database is away: the duties say so, too
                logger.warning("worker_stopped queue=%s error=%s", queue, type(error.__cause__ or error).__name__)
            except ProcrastinateException:
                logger.exception("worker_stopped queue=%s", queue)
            await asyncio.sleep(_RESTART_S)
