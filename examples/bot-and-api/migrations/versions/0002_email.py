"""Users have an e-mail address."""
import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade():
    op.add_column("users", sa.Column("email", sa.Text))


def downgrade():
    op.drop_column("users", "email")
