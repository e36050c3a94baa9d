"""A real S3 server over HTTP for the tests: moto's, on loopback, with one bucket."""

import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3
from moto.server import ThreadedMotoServer

BUCKET = "broadsheet-tests"
ACCESS_KEY_ID = "tests"
SECRET_ACCESS_KEY = "tests-secret"


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Server:
    """Where it listens, and a client that looks behind the product's back."""

    endpoint_url: str
    client: Any

    def settings(self) -> dict[str, str]:
        """Settings that lead there."""
        return {
            "s3_bucket": BUCKET,
            "s3_region": "us-east-1",
            "s3_endpoint_url": self.endpoint_url,
            "s3_access_key_id": ACCESS_KEY_ID,
            "s3_secret_access_key": SECRET_ACCESS_KEY,
        }


@contextmanager
def s3_server() -> Iterator[S3Server]:
    """Start a server with an empty bucket; it ends with the context."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        endpoint_url = f"http://{host}:{port}"
        client = boto3.client(
            "s3",
            endpoint_url=endpoint_url,
            region_name="us-east-1",
            aws_access_key_id=ACCESS_KEY_ID,
            aws_secret_access_key=SECRET_ACCESS_KEY,
        )
        # What it keeps belongs to the process, so it may still hold what an earlier server was given.
        urllib.request.urlopen(urllib.request.Request(f"{endpoint_url}/moto-api/reset", method="POST")).close()
        client.create_bucket(Bucket=BUCKET)
        yield S3Server(endpoint_url=endpoint_url, client=client)
        client.close()
    finally:
        server.stop()
