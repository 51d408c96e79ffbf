/** What each version of the sample brings: version 1 is the example as it is, version 2 has a schema revision. */
import { type Files, withEveryText, withFile, withText } from './files.ts'

const REVISION_0003 = `"""Users have a day on which they joined."""
import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade():
    op.add_column("users", sa.Column("joined", sa.Date, server_default=sa.func.current_date()))


def downgrade():
    op.drop_column("users", "joined")
`

/** Old code runs on the new schema, as anybody wants it who may have to roll back. */
const withJoined = (files: Files): Files => {
  let next = withFile(files, 'migrations/versions/0003_joined.py', REVISION_0003)
  next = withText(next, 'api/app/models.py', 'import Column, DateTime,', 'import Column, Date, DateTime,')
  next = withText(
    next,
    'api/app/models.py',
    '    Column("email", Text),\n',
    '    Column("email", Text),\n    Column("joined", Date, server_default=func.current_date()),\n',
  )
  next = withText(next, 'api/app/main.py', 'select(users.c.name, users.c.email)', 'select(users.c.name, users.c.email, users.c.joined)')
  return withText(
    next,
    'api/app/main.py',
    '[{"name": name, "email": email} for name, email in rows]',
    '[{"name": name, "email": email, "joined": joined} for name, email, joined in rows]',
  )
}

/** The newest schema revision of a version that no fault was put into. */
export const schemaOf = (version: number): string => (version < 2 ? '0002' : '0003')

export const releaseFiles = (example: Files, version: number): Files => {
  if (version === 1) return example
  const numbered = withEveryText(example, 'deploy.yml', 'APP_VERSION: 1.0.0', `APP_VERSION: ${version}.0.0`)
  return withJoined(withText(numbered, 'api/app/main.py', '"Welcome to the shop"', `"Welcome to the shop, edition ${version}"`))
}
