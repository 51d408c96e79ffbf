from pathlib import Path

from fastapi.testclient import TestClient
from sqlalchemy import func, select

from app.database import engine
from app.main import app
from app.models import seed_runs
from app.seed import seed

client = TestClient(app)


def newest_revision() -> str:
    return max(path.name for path in Path("migrations/versions").glob("[0-9]*.py"))[:4]


def test_health_tells_the_newest_schema_revision():
    answer = client.get("/health")
    assert answer.status_code == 200
    assert answer.json()["schema"] == newest_revision()


def test_seeding_twice_brings_each_user_once():
    count = seed("seed/users.json")
    seed("seed/users.json")
    names = [user["name"] for user in client.get("/users").json()]
    assert len(names) == len(set(names)) == count


def test_each_run_of_the_seed_is_recorded():
    def runs():
        with engine().connect() as connection:
            return connection.execute(select(func.count()).select_from(seed_runs)).scalar_one()

    before = runs()
    seed("seed/users.json")
    assert runs() == before + 1
