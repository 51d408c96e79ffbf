from alembic import op

revision = "0001"
down_revision = None


def upgrade():
    op.execute("CREATE TABLE users (id bigint PRIMARY KEY, name text NOT NULL, role text NOT NULL)")
    op.execute("CREATE TABLE notes (id serial PRIMARY KEY, text text NOT NULL)")
    op.execute("CREATE TABLE sessions (id serial PRIMARY KEY, version text NOT NULL, opened timestamptz NOT NULL, closed timestamptz)")


def downgrade():
    op.execute("DROP TABLE users, notes, sessions")
