from alembic import context
from sqlalchemy import create_engine

from app.shared.database.connect import url

with create_engine(url()).connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        # web and bot may both be starting
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(17)")
        context.run_migrations()
