import pytest
from fastapi.testclient import TestClient

from app import database, main


@pytest.fixture
def client():
    return TestClient(main.app)


@pytest.fixture
def nothing_answers(monkeypatch):
    """A machine on which neither the database nor the cache runs."""
    for name in ("USER", "PASSWORD", "DB"):
        monkeypatch.setenv(f"POSTGRES_{name}", "nobody")
    monkeypatch.setenv("POSTGRES_HOST", "127.0.0.1")
    monkeypatch.setenv("POSTGRES_PORT", "1")
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1/0")
    forget_connections()
    yield
    forget_connections()


def forget_connections():
    database.engine.cache_clear()
    database.cache.cache_clear()


def test_version_is_told(client):
    assert client.get("/version").json() == {"version": main.VERSION}


def test_health_is_503_without_a_database(client, nothing_answers):
    answer = client.get("/health")
    assert answer.status_code == 503
    assert answer.json()["reason"] == "OperationalError"


def test_version_needs_no_database(client, nothing_answers):
    assert client.get("/version").status_code == 200
