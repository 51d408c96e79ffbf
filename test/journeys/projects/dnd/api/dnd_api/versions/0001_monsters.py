from alembic import op

revision = "0001"
down_revision = None


def upgrade():
    op.execute("CREATE TABLE monsters (name text PRIMARY KEY, level integer NOT NULL)")


def downgrade():
    op.execute("DROP TABLE monsters")
