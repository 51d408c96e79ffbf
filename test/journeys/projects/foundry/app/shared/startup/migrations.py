"""Every image brings the database up to date when it starts."""
from alembic import command
from alembic.config import Config

INI = "/app/shared/database/migrations/alembic.ini"


def upgrade():
    command.upgrade(Config(INI), "head")
