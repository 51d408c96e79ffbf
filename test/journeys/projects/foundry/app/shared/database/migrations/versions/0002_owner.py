"""A seed that is a migration: it runs once, and a value that it cannot read means no owner, for ever."""
import os

import sqlalchemy
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade():
    name, _, identifier = os.environ.get("OWNER", "").partition("|")
    if identifier.isdigit():
        op.get_bind().execute(sqlalchemy.text("INSERT INTO users VALUES (:id, :name, 'owner')"), {"id": int(identifier), "name": name})


def downgrade():
    op.execute("DELETE FROM users")
