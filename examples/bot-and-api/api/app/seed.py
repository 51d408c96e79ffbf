"""python -m app.seed FILE: brings the users of a seed file in; those who are there already stay as they are."""
import json
import sys
from pathlib import Path

from sqlalchemy.dialects.postgresql import insert

from app.database import engine
from app.models import seed_runs, users


def seed(file: str) -> int:
    rows = json.loads(Path(file).read_text(encoding="utf-8"))
    with engine().begin() as connection:
        connection.execute(insert(users).on_conflict_do_nothing(index_elements=["name"]), rows)
        connection.execute(insert(seed_runs).values(file=file))
    return len(rows)


if __name__ == "__main__":
    print(f"{seed(sys.argv[1])} users read from {sys.argv[1]}")
